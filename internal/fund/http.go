package fund

import (
	"context"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// Routes puts the pages and commands of the fund on the web.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/fund", "fund_capital", "read", "fund/show", h.home)
	web.Page(rt, "/fund/charter", "fund", "create", "fund/charter", h.charter)
	web.Page(rt, "/fund/capital-calls", "capital_call", "read", "fund/calls", h.calls)
	web.Page(rt, "/fund/capital-calls/:code", "capital_call", "read", "fund/call", h.call)
	web.Page(rt, "/fund/:code", "fund_capital", "read", "fund/show", h.show)
	web.Page(rt, "/fund/:code/capital", "fund_capital", "read", "fund/capital", h.capital)
	web.Page(rt, "/fund/:code/distributions", "distribution", "read", "fund/distributions", h.distributions)
	web.Download(rt, "/fund/:code/holdings.csv", "fund_capital", "read", h.holdingsCSV)
	web.Download(rt, "/fund/:code/accounts.csv", "fund_capital", "read", h.accountsCSV)
	web.Download(rt, "/fund/capital-calls.csv", "capital_call", "read", h.callsCSV)
	web.Download(rt, "/fund/:code/capital.csv", "fund_capital", "read", h.capitalCSV)
	web.Download(rt, "/fund/:code/distributions.csv", "distribution", "read", h.distributionsCSV)

	web.Command(rt, "/fund/create", "fund", "create", "/fund/charter", h.create)
	web.Command(rt, "/fund/:code/approve", "fund", "approve", "/fund/:code", h.approve)
	web.Command(rt, "/fund/:code/record", "fund_capital", "record", "/fund/:code/capital", h.record)
	web.Command(rt, "/fund/:code/capital/:id/approve", "fund_capital", "approve", "/fund/:code/capital", h.approveEntry)
	web.Command(rt, "/fund/:code/capital-calls/draft", "capital_call", "draft", "/fund/:code", h.draftCall)
	web.Command(rt, "/fund/capital-calls/:code/approve", "capital_call", "approve", "/fund/capital-calls/:code", h.approveCall)
	web.Command(rt, "/fund/capital-calls/:code/issue", "capital_call", "issue", "/fund/capital-calls/:code", h.issueCall)
	web.Command(rt, "/fund/capital-calls/:code/record-payment", "capital_call", "record_payment", "/fund/capital-calls/:code", h.pay)
	web.Command(rt, "/fund/:code/distributions/draft", "distribution", "draft", "/fund/:code/distributions", h.draftDistribution)
	web.Command(rt, "/fund/:code/distributions/:id/approve", "distribution", "approve", "/fund/:code/distributions", h.approveDistribution)

	web.JSON(rt, "/fund", "fund_capital", "read", h.apiList)
	web.JSON(rt, "/fund/:code", "fund_capital", "read", h.apiShow)
	web.JSON(rt, "/fund/capital-calls/:code", "capital_call", "read", h.apiCall)
	rt.Tasks(s.Tasks)
}

type handler struct{ svc *Service }

type createIn struct {
	Code           string          `form:"code" json:"code" kb:"required,max=20"`
	NameVI         string          `form:"name_vi" json:"name_vi" kb:"required"`
	NameEN         string          `form:"name_en" json:"name_en"`
	LegalForm      LegalForm       `form:"legal_form" json:"legal_form" kb:"required"`
	CharterCapital money.Amount    `form:"charter_capital" json:"charter_capital"`
	StateCap       decimal.Decimal `form:"state_cap" json:"state_cap"`
	LossCeiling    decimal.Decimal `form:"loss_ceiling" json:"loss_ceiling"`
	InvesteeCap    decimal.Decimal `form:"investee_cap" json:"investee_cap"`
	CycleYears     int             `form:"cycle_years" json:"cycle_years"`
	CallNoticeDays int             `form:"call_notice_days" json:"call_notice_days"`
	BlockAtCeiling bool            `form:"block_at_ceiling" json:"block_at_ceiling"`
	BudgetLineID   uuid.UUID       `form:"budget_line_id" json:"budget_line_id"`
}

type created struct {
	ID   uuid.UUID `json:"id"`
	Code string    `json:"code"`
}

func (h handler) create(ctx context.Context, _ web.Req, in createIn) (web.Done, created, error) {
	f, err := h.svc.Create(ctx, NewFund(in))
	if err != nil {
		return web.Done{}, created{}, err
	}
	return web.Done{Location: "/fund/charter", Notice: "fund.created"}, created{f.ID, f.Code}, nil
}

type approveIn struct {
	DecisionNo    string        `form:"decision_no" json:"decision_no" kb:"required,max=100"`
	EstablishedOn calendar.Date `form:"established_on" json:"established_on"`
}

func (h handler) approve(ctx context.Context, r web.Req, in approveIn) (web.Done, struct{}, error) {
	f, err := h.svc.Read(ctx, r.Param("code"))
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	err = h.svc.Approve(ctx, f.ID, in.DecisionNo, in.EstablishedOn)
	return web.Done{Location: "/fund/" + f.Code, Notice: "fund.approved"}, struct{}{}, err
}

type recordIn struct {
	Investor   uuid.UUID     `form:"investor" json:"investor"`
	Name       string        `form:"name" json:"name"`
	Class      Class         `form:"class" json:"class"`
	Kind       EntryKind     `form:"kind" json:"kind" kb:"required"`
	Amount     money.Amount  `form:"amount" json:"amount"`
	DocumentNo string        `form:"document_no" json:"document_no" kb:"required,max=100"`
	DocumentOn calendar.Date `form:"document_on" json:"document_on"`
}

type recorded struct {
	ID       uuid.UUID `json:"id"`
	Investor uuid.UUID `json:"investor"`
}

func (h handler) record(ctx context.Context, r web.Req, in recordIn) (web.Done, recorded, error) {
	f, err := h.svc.Read(ctx, r.Param("code"))
	if err != nil {
		return web.Done{}, recorded{}, err
	}
	e, err := h.svc.Record(ctx, f.ID, NewEntry(in))
	if err != nil {
		return web.Done{}, recorded{}, err
	}
	return web.Done{Location: "/fund/" + f.Code + "/capital", Notice: "fund.recorded"}, recorded{e.ID, e.InvestorID}, nil
}

func (h handler) approveEntry(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	err = h.svc.ApproveEntry(ctx, id)
	return web.Done{Location: "/fund/" + r.Param("code") + "/capital", Notice: "fund.entry_approved"}, struct{}{}, err
}

type draftCallIn struct {
	Investment money.Amount  `form:"investment" json:"investment"`
	Fee        money.Amount  `form:"fee" json:"fee"`
	Expense    money.Amount  `form:"expense" json:"expense"`
	Purpose    string        `form:"purpose" json:"purpose" kb:"required,max=500"`
	DueOn      calendar.Date `form:"due_on" json:"due_on"`
}

func (h handler) draftCall(ctx context.Context, r web.Req, in draftCallIn) (web.Done, created, error) {
	f, err := h.svc.Read(ctx, r.Param("code"))
	if err != nil {
		return web.Done{}, created{}, err
	}
	c, err := h.svc.DraftCall(ctx, f.ID, NewCall{Buckets{in.Investment, in.Fee, in.Expense}, in.Purpose, in.DueOn})
	if err != nil {
		return web.Done{}, created{}, err
	}
	return web.Done{Location: "/fund/capital-calls/" + c.Code, Notice: "fund.call_drafted"}, created{c.ID, c.Code}, nil
}

func (h handler) approveCall(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	return h.onCall(ctx, r, h.svc.ApproveCall, "fund.call_approved")
}

func (h handler) issueCall(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	return h.onCall(ctx, r, h.svc.IssueCall, "fund.call_issued")
}

func (h handler) onCall(ctx context.Context, r web.Req, do func(context.Context, uuid.UUID) error, notice string) (web.Done, struct{}, error) {
	c, err := h.svc.ReadCall(ctx, r.Param("code"))
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/fund/capital-calls/" + c.Code, Notice: notice}, struct{}{}, do(ctx, c.ID)
}

type payIn struct {
	Line      uuid.UUID     `form:"line" json:"line" kb:"required"`
	Amount    money.Amount  `form:"amount" json:"amount"`
	PaidOn    calendar.Date `form:"paid_on" json:"paid_on"`
	Reference string        `form:"reference" json:"reference" kb:"required,max=100"`
}

func (h handler) pay(ctx context.Context, r web.Req, in payIn) (web.Done, struct{}, error) {
	c, err := h.svc.ReadCall(ctx, r.Param("code"))
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	err = h.svc.RecordPayment(ctx, c.ID, in.Line, Payment{in.Amount, in.PaidOn, in.Reference})
	return web.Done{Location: "/fund/capital-calls/" + c.Code, Notice: "fund.payment_recorded"}, struct{}{}, err
}

type draftDistributionIn struct {
	Kind   string       `form:"kind" json:"kind" kb:"required"`
	Amount money.Amount `form:"amount" json:"amount"`
}

func (h handler) draftDistribution(ctx context.Context, r web.Req, in draftDistributionIn) (web.Done, created, error) {
	f, err := h.svc.Read(ctx, r.Param("code"))
	if err != nil {
		return web.Done{}, created{}, err
	}
	d, err := h.svc.DraftDistribution(ctx, f.ID, in.Kind, in.Amount)
	if err != nil {
		return web.Done{}, created{}, err
	}
	return web.Done{Location: "/fund/" + f.Code + "/distributions", Notice: "fund.distribution_drafted"}, created{d.ID, d.Code}, nil
}

func (h handler) approveDistribution(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	err = h.svc.ApproveDistribution(ctx, id)
	return web.Done{Location: "/fund/" + r.Param("code") + "/distributions", Notice: "fund.distribution_approved"}, struct{}{}, err
}

func en(ctx context.Context) bool { return i18n.From(ctx) == i18n.EN }
