package investment

import (
	"context"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// Routes puts the pages and commands of investments on the web.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/fund/pipeline", "deal", "read", "investment/pipeline", h.pipeline)
	web.Page(rt, "/fund/deals/:id", "deal", "read", "investment/deal", h.deal)
	web.Page(rt, "/fund/investments", "investment", "read", "investment/holdings", h.holdings)
	web.Page(rt, "/fund/investments/:id", "investment", "read", "investment/holding", h.holding)
	web.Page(rt, "/fund/valuations", "valuation", "read", "investment/quarters", h.quarters)
	web.Page(rt, "/fund/valuations/:quarter", "valuation", "read", "investment/quarter", h.quarter)
	web.Page(rt, "/investments", "investment", "read_public", "investment/public", h.public)
	web.Download(rt, "/fund/valuations/:quarter/table.csv", "valuation", "read", h.quarterCSV)
	web.Download(rt, "/fund/pipeline.csv", "deal", "read", h.pipelineCSV)
	web.Download(rt, "/fund/investments.csv", "investment", "read", h.holdingsCSV)
	web.Download(rt, "/investments.csv", "investment", "read_public", h.publicCSV)

	web.Command(rt, "/fund/deals/create", "deal", "create", "/fund/pipeline", h.create)
	web.Command(rt, "/fund/deals/:id/screen", "deal", "diligence", "/fund/deals/:id", h.screen)
	web.Command(rt, "/fund/deals/:id/diligence", "deal", "diligence", "/fund/deals/:id", h.examine)
	web.Command(rt, "/fund/deals/:id/recommend", "deal", "recommend", "/fund/deals/:id", h.recommend)
	web.Command(rt, "/fund/deals/:id/approve", "deal", "approve", "/fund/deals/:id", h.approve)
	web.Command(rt, "/fund/deals/:id/contract", "investment", "contract", "/fund/deals/:id", h.contract)
	web.Command(rt, "/fund/deals/:id/record", "investment", "record", "/fund/deals/:id", h.record)
	web.Command(rt, "/fund/deals/:id/tranches/:tranche/confirm", "investment", "confirm", "/fund/deals/:id", h.confirm)
	web.Command(rt, "/fund/investments/:id/propose-valuation", "valuation", "propose", "/fund/investments/:id", h.propose)
	web.Command(rt, "/fund/valuations/:quarter/:id/approve", "valuation", "approve", "/fund/valuations/:quarter", h.approveValuation)
	web.Command(rt, "/fund/valuations/:quarter/:id/lock", "valuation", "lock", "/fund/valuations/:quarter", h.lockValuation)

	web.JSON(rt, "/fund/pipeline", "deal", "read", h.apiDeals)
	web.JSON(rt, "/fund/investments", "investment", "read", h.apiHoldings)
	web.JSON(rt, "/investments", "investment", "read_public", h.apiPublic)
	rt.Tasks(s.Tasks)
}

type handler struct{ svc *Service }

type none = struct{}

type createIn struct {
	Fund       uuid.UUID    `form:"fund" json:"fund" kb:"required"`
	TaxCode    string       `form:"tax_code" json:"tax_code" kb:"required,max=20"`
	Title      string       `form:"title" json:"title" kb:"required"`
	Sector     string       `form:"sector" json:"sector"`
	Round      string       `form:"round" json:"round" kb:"required,max=60"`
	Instrument string       `form:"instrument" json:"instrument" kb:"required"`
	Amount     money.Amount `form:"amount" json:"amount"`
	PreMoney   money.Amount `form:"pre_money" json:"pre_money"`
	Summary    string       `form:"summary" json:"summary" kb:"required,long"`
}

type created struct {
	ID   uuid.UUID `json:"id"`
	Code string    `json:"code"`
}

func (h handler) create(ctx context.Context, _ web.Req, in createIn) (web.Done, created, error) {
	d, err := h.svc.Create(ctx, in.Fund, NewDeal{TaxCode: in.TaxCode, Title: in.Title, Sector: in.Sector, Round: in.Round,
		Instrument: in.Instrument, Summary: in.Summary, Amount: in.Amount, PreMoney: in.PreMoney})
	if err != nil {
		return web.Done{}, created{}, err
	}
	return web.Done{Location: "/fund/deals/" + d.ID.String(), Notice: "investment.created"}, created{d.ID, d.Code}, nil
}

// onDeal runs a command on the deal of the path and goes back to its page.
func (h handler) onDeal(r web.Req, notice string, do func(id uuid.UUID) error) (web.Done, none, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, none{}, err
	}
	return web.Done{Location: "/fund/deals/" + id.String(), Notice: notice}, none{}, do(id)
}

type screenIn struct {
	Screening string `form:"screening" json:"screening" kb:"required,long"`
	Pass      bool   `form:"pass" json:"pass"`
}

func (h handler) screen(ctx context.Context, r web.Req, in screenIn) (web.Done, none, error) {
	return h.onDeal(r, "investment.screened", func(id uuid.UUID) error { return h.svc.Screen(ctx, id, in.Screening, in.Pass) })
}

type examineIn struct {
	Findings string `form:"findings" json:"findings" kb:"required,long"`
}

func (h handler) examine(ctx context.Context, r web.Req, in examineIn) (web.Done, none, error) {
	return h.onDeal(r, "investment.examined", func(id uuid.UUID) error { return h.svc.Examine(ctx, id, in.Findings) })
}

type recommendIn struct {
	Terms string `form:"terms" json:"terms" kb:"required,long"`
}

func (h handler) recommend(ctx context.Context, r web.Req, in recommendIn) (web.Done, none, error) {
	return h.onDeal(r, "investment.recommended", func(id uuid.UUID) error { return h.svc.Recommend(ctx, id, in.Terms) })
}

func (h handler) approve(ctx context.Context, r web.Req, _ none) (web.Done, none, error) {
	return h.onDeal(r, "investment.approved", func(id uuid.UUID) error { return h.svc.Approve(ctx, id) })
}

type contractIn struct {
	ContractNo string        `form:"contract_no" json:"contract_no" kb:"required,max=100"`
	ContractOn calendar.Date `form:"contract_on" json:"contract_on"`
}

func (h handler) contract(ctx context.Context, r web.Req, in contractIn) (web.Done, none, error) {
	return h.onDeal(r, "investment.contracted", func(id uuid.UUID) error { return h.svc.Contract(ctx, id, in.ContractNo, in.ContractOn) })
}

type recordIn struct {
	Amount      money.Amount    `form:"amount" json:"amount"`
	Shares      money.Amount    `form:"shares" json:"shares"`
	Price       money.Amount    `form:"price" json:"price"`
	RoundTotal  money.Amount    `form:"round_total" json:"round_total"`
	Ownership   decimal.Decimal `form:"ownership" json:"ownership"`
	CoInvestors string          `form:"co_investors" json:"co_investors"`
	PaidOn      calendar.Date   `form:"paid_on" json:"paid_on"`
	Reference   string          `form:"reference" json:"reference" kb:"required,max=100"`
}

func (h handler) record(ctx context.Context, r web.Req, in recordIn) (web.Done, created, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, created{}, err
	}
	t, err := h.svc.Record(ctx, id, NewTranche(in))
	if err != nil {
		return web.Done{}, created{}, err
	}
	return web.Done{Location: "/fund/deals/" + id.String(), Notice: "investment.recorded"}, created{t.ID, t.Reference}, nil
}

func (h handler) confirm(ctx context.Context, r web.Req, _ none) (web.Done, none, error) {
	id, err := r.ID("tranche")
	if err == nil {
		err = h.svc.Confirm(ctx, id)
	}
	return web.Done{Location: "/fund/investments", Notice: "investment.tranche_confirmed"}, none{}, err
}

type proposeIn struct {
	QuarterEnd calendar.Date `form:"quarter_end" json:"quarter_end"`
	Method     string        `form:"method" json:"method" kb:"required"`
	Inputs     string        `form:"inputs" json:"inputs" kb:"required,long"`
	Fair       money.Amount  `form:"fair" json:"fair"`
}

func (h handler) propose(ctx context.Context, r web.Req, in proposeIn) (web.Done, created, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, created{}, err
	}
	v, err := h.svc.Propose(ctx, id, NewValuation(in))
	if err != nil {
		return web.Done{}, created{}, err
	}
	return web.Done{Location: "/fund/investments/" + id.String(), Notice: "investment.valuation_proposed"}, created{v.ID, quarterName(v.QuarterEnd)}, nil
}

func (h handler) approveValuation(ctx context.Context, r web.Req, _ none) (web.Done, none, error) {
	return h.onValuation(ctx, r, "investment.valuation_approved", h.svc.ApproveValuation)
}

func (h handler) lockValuation(ctx context.Context, r web.Req, _ none) (web.Done, none, error) {
	return h.onValuation(ctx, r, "investment.valuation_locked", h.svc.LockValuation)
}

func (h handler) onValuation(ctx context.Context, r web.Req, notice string, do func(context.Context, uuid.UUID) error) (web.Done, none, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, none{}, err
	}
	return web.Done{Location: "/fund/valuations/" + r.Param("quarter"), Notice: notice}, none{}, do(ctx, id)
}
