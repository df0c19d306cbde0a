package investment

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/council"
	"kinhbac/internal/errs"
	"kinhbac/internal/fund"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// pipelinePage lists deals and, for an analyst, sources a new one.
type pipelinePage struct {
	web.Base
	Deals                        []Deal
	List                         web.List
	Statuses, Instruments, Funds []web.Option
	CanCreate                    bool
}

func (h handler) pipeline(ctx context.Context, r web.Req) (*pipelinePage, error) {
	s := h.svc
	p := &pipelinePage{List: r.List("-code", "status"), Statuses: options(ctx, "investment.status.", statuses()...),
		Instruments: options(ctx, "investment.instrument_", Instruments...)}
	var err error
	if p.Deals, err = s.deals(ctx, &p.List); err != nil {
		return nil, err
	}
	fs, err := s.funds.Visible(ctx)
	if err != nil {
		return nil, err
	}
	for i := range fs {
		if s.access.Can(ctx, s.db, "deal", "create", &fs[i]) {
			p.Funds, p.CanCreate = append(p.Funds, web.Option{Value: fs[i].ID.String(), Label: fs[i].NameVI}), true
		}
	}
	return p, nil
}

func statuses() (out []string) {
	for _, s := range append(append([]Status{}, Stages...), Contracted, Rejected) {
		out = append(out, string(s))
	}
	return out
}

func options(ctx context.Context, prefix string, values ...string) (os []web.Option) {
	for _, v := range values {
		os = append(os, web.Option{Value: v, Label: i18n.T(ctx, prefix+v)})
	}
	return os
}

// dealPage is one deal with what may be done to it now.
type dealPage struct {
	web.Base
	Deal                                                                    *Deal
	Fund                                                                    *fund.Fund
	Left                                                                    money.Amount
	Matter                                                                  *council.Matter
	Tranches                                                                []trancheRow
	Track                                                                   []web.Stage
	CanScreen, CanExamine, CanRecommend, CanApprove, CanContract, CanRecord bool
}

type trancheRow struct {
	Tranche
	CanConfirm bool
}

func (h handler) deal(ctx context.Context, r web.Req) (*dealPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	s := h.svc
	d, err := s.readDeal(ctx, id)
	if err != nil {
		return nil, err
	}
	p := &dealPage{Deal: d, Left: d.Amount.Sub(d.Drawn), Track: track(ctx, d.Status)}
	if p.Fund, err = fund.Get(ctx, s.db, d.FundID); err != nil {
		return nil, err
	}
	if p.Matter, err = matter(ctx, s.db, d.ID); err != nil {
		return nil, err
	}
	ts, err := tranchesOf(ctx, s.db, "deal_id", d.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range ts {
		p.Tranches = append(p.Tranches, trancheRow{t, t.Status == "recorded" && s.access.Can(ctx, s.db, "investment", "confirm", &t)})
	}
	can := func(resource, action string, at Status) bool {
		return d.Status == at && s.access.Can(ctx, s.db, resource, action, d)
	}
	p.CanScreen, p.CanExamine = can("deal", "diligence", Sourced), can("deal", "diligence", Screened)
	p.CanRecommend, p.CanApprove = can("deal", "recommend", DueDiligence), can("deal", "approve", Voted)
	p.CanContract = can("investment", "contract", Approved)
	p.CanRecord = p.Left.Sign() > 0 && can("investment", "record", Contracted)
	return p, nil
}

func track(ctx context.Context, now Status) (st []web.Stage) {
	state := "done"
	if now == Rejected {
		state = ""
	}
	for _, v := range append(append([]Status{}, Stages...), Contracted) {
		s := state
		if v == now && now != Contracted { // the last stage is an end, not a step under way
			s, state = "now", ""
		}
		st = append(st, web.Stage{Label: i18n.T(ctx, "investment.status."+string(v)), State: s})
	}
	return st
}

// holdingsPage is the portfolio.
type holdingsPage struct {
	web.Base
	Holdings []Holding
	List     web.List
	Waiting  []Tranche // payments the reader may confirm: the chief accountant does not read deals
}

func (h handler) holdings(ctx context.Context, r web.Req) (*holdingsPage, error) {
	p := &holdingsPage{List: r.List("-cost")}
	var err error
	if p.Holdings, err = h.svc.holdings(ctx, &p.List); err != nil {
		return nil, err
	}
	p.Waiting, err = h.svc.waiting(ctx)
	return p, err
}

// holdingPage is one holding: rounds, valuations and the step chart.
type holdingPage struct {
	web.Base
	Holding    *Holding
	Tranches   []Tranche
	Valuations []Valuation
	Newest     *Deal // under which the newest tranche was paid
	Chart      *steps
	IRR        *decimal.Decimal
	NoRate     string
	Since      calendar.Date
	Methods    []web.Option
	CanPropose bool
	Tab        string
	Tabs       []string
	Deals      []*Deal // whose contracts the holding stands on, newest first
	Log        []web.Event
}

// holdingTabs are the parts of a holding of which the room keeps something.
var holdingTabs = []string{"rounds", "capital", "rights", "log"}

func (h handler) holding(ctx context.Context, r web.Req) (*holdingPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	s := h.svc
	hd, err := s.readHolding(ctx, id)
	if err != nil {
		return nil, err
	}
	p := &holdingPage{Holding: hd, Methods: options(ctx, "investment.method_", Methods...), CanPropose: s.access.Can(ctx, s.db, "valuation", "propose", hd)}
	if p.Tranches, err = tranchesOf(ctx, s.db, "holding_id", id); err != nil {
		return nil, err
	}
	if p.Valuations, err = s.valuationsOf(ctx, id); err != nil {
		return nil, err
	}
	if len(p.Tranches) > 0 {
		p.Since, p.Newest = p.Tranches[0].PaidOn, p.Tranches[len(p.Tranches)-1].Deal
	}
	p.Tabs, p.Tab = holdingTabs, holdingTabs[0]
	if slices.Contains(holdingTabs, r.Query("tab")) {
		p.Tab = r.Query("tab")
	}
	for _, t := range slices.Backward(p.Tranches) {
		if !slices.ContainsFunc(p.Deals, func(d *Deal) bool { return d.ID == t.Deal.ID }) {
			p.Deals = append(p.Deals, t.Deal)
		}
	}
	if p.Tab == "log" {
		if p.Log, err = s.history(ctx, p.Tranches, p.Valuations); err != nil {
			return nil, err
		}
	}
	p.Chart = drawSteps(p.Tranches, p.Valuations)
	p.IRR, p.NoRate = gross(ctx, hd, p.Tranches)
	return p, nil
}

// gross is the holding's own rate in percent with one decimal, from its tranches to the value of its newest
// valuation; nil with the reason before four quarters or where no single rate exists.
func gross(ctx context.Context, h *Holding, ts []Tranche) (*decimal.Decimal, string) {
	if len(ts) == 0 || h.ValuedOn.IsZero() || fund.Quarters(ts[0].PaidOn, h.ValuedOn) < 4 {
		return nil, i18n.T(ctx, "fund.not_enough_data")
	}
	value := h.Fair()
	var flows []fund.Dated
	for _, t := range ts {
		if t.PaidOn.After(h.ValuedOn) {
			value = value.Sub(t.Amount)
			continue
		}
		flows = append(flows, fund.Dated{On: t.PaidOn, Amount: t.Amount.Neg().Decimal()})
	}
	rate, err := fund.XIRR(append(flows, fund.Dated{On: h.ValuedOn, Amount: value.Decimal()}))
	if err != nil {
		return nil, i18n.T(ctx, "fund.rate_undefined")
	}
	rate = rate.Shift(2).Round(1)
	return &rate, ""
}

// quartersPage lists the quarters that have valuations.
type quartersPage struct {
	web.Base
	Quarters []quarter
}

func (h handler) quarters(ctx context.Context, _ web.Req) (*quartersPage, error) {
	qs, err := h.svc.quarters(ctx)
	return &quartersPage{Quarters: qs}, err
}

// quarterPage is the valuation of every holding at one quarter's end.
type quarterPage struct {
	web.Base
	Name                         string
	End                          calendar.Date
	List                         web.List
	Statuses                     []web.Option
	Rows                         []valuationRow
	Cost, Previous, Fair, Change money.Amount
}

type valuationRow struct {
	Valuation
	Change              money.Amount
	CanApprove, CanLock bool
}

func (h handler) quarter(ctx context.Context, r web.Req) (*quarterPage, error) {
	s := h.svc
	end, err := parseQuarter(r.Param("quarter"))
	if err != nil {
		return nil, err
	}
	p := &quarterPage{Name: quarterName(end), End: end, List: r.List("firm", "status")}
	vs, err := s.valuationsOn(ctx, end, &p.List)
	if err != nil {
		return nil, err
	}
	all := p.List.All() // the sums are of the whole filter, not of the page
	whole, err := s.valuationsOn(ctx, end, &all)
	if err != nil {
		return nil, err
	}
	if len(whole) == 0 && !p.List.Filtered() {
		return nil, errs.ErrNotFound
	}
	for _, st := range []string{"proposed", "approved", "locked"} {
		p.Statuses = append(p.Statuses, web.Option{Value: st, Label: web.StateWord(r.Lang(), "investment", st)})
	}
	for _, v := range vs {
		p.Rows = append(p.Rows, valuationRow{v, v.Change(),
			v.Status == "proposed" && s.access.Can(ctx, s.db, "valuation", "approve", &v),
			v.Status == "approved" && s.access.Can(ctx, s.db, "valuation", "lock", &v)})
	}
	for _, v := range whole {
		p.Cost, p.Previous, p.Fair = p.Cost.Add(v.Cost), p.Previous.Add(v.Previous), p.Fair.Add(v.Fair)
	}
	p.Change = p.Fair.Sub(p.Previous)
	return p, nil
}

// publicPage is what everybody may read: the firms the funds have invested in.
type publicPage struct {
	web.Base
	Investees []investee
}

func (h handler) public(ctx context.Context, _ web.Req) (*publicPage, error) {
	is, err := h.svc.investees(ctx)
	return &publicPage{Investees: is}, err
}

type dealOut struct {
	ID           uuid.UUID    `json:"id"`
	Code         string       `json:"code"`
	Organisation string       `json:"organisation"`
	Title        string       `json:"title"`
	Status       Status       `json:"status"`
	Amount       money.Amount `json:"amount"`
}

func (h handler) apiDeals(ctx context.Context, r web.Req) ([]dealOut, error) {
	l := r.List("-code", "status")
	ds, err := h.svc.deals(ctx, &l)
	out := make([]dealOut, len(ds))
	for i, d := range ds {
		out[i] = dealOut{d.ID, d.Code, d.Organisation.Name, d.Title, d.Status, d.Amount}
	}
	return out, err
}

type holdingOut struct {
	ID           uuid.UUID        `json:"id"`
	Organisation string           `json:"organisation"`
	Sector       string           `json:"sector"`
	Cost         money.Amount     `json:"cost"`
	Fair         money.Amount     `json:"fair"`
	Ownership    *decimal.Decimal `json:"ownership_percent"`
	ValuedOn     calendar.Date    `json:"valued_on"`
}

func (h handler) apiHoldings(ctx context.Context, r web.Req) ([]holdingOut, error) {
	l := r.List("-cost")
	hs, err := h.svc.holdings(ctx, &l)
	out := make([]holdingOut, len(hs))
	for i, v := range hs {
		out[i] = holdingOut{v.ID, v.Organisation.Name, v.Sector, v.Cost, v.Fair(), v.Ownership, v.ValuedOn}
	}
	return out, err
}

type investeeOut struct {
	Name   string        `json:"name"`
	Sector string        `json:"sector"`
	Since  calendar.Date `json:"since"`
}

func (h handler) apiPublic(ctx context.Context, _ web.Req) ([]investeeOut, error) {
	is, err := h.svc.investees(ctx)
	out := make([]investeeOut, len(is))
	for i, v := range is {
		out[i] = investeeOut{v.Name, v.Sector, v.Since}
	}
	return out, err
}

func (h handler) pipelineCSV(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-code", "status").All()
	ds, err := h.svc.deals(ctx, &l)
	if err != nil {
		return web.File{}, err
	}
	rows := make([][]string, len(ds))
	for i, d := range ds {
		rows[i] = []string{d.Code, d.Organisation.Name, d.Title, d.Sector, d.Round, d.Amount.String(), i18n.T(ctx, "investment.status."+string(d.Status))}
	}
	return r.CSV(ctx, "co-hoi-dau-tu", i18n.T(ctx, "investment.pipeline"), l, heads(ctx, "code", "firm", "title", "sector", "round", "amount_d", "state"), rows), nil
}

func (h handler) holdingsCSV(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-cost").All()
	hs, err := h.svc.holdings(ctx, &l)
	if err != nil {
		return web.File{}, err
	}
	rows := make([][]string, len(hs))
	for i, v := range hs {
		own := ""
		if v.Ownership != nil {
			own = v.Ownership.StringFixed(2)
		}
		rows[i] = []string{v.Organisation.Name, v.Sector, v.Round, own, v.Cost.String(), v.Fair().String(), v.ValuedOn.Format()}
	}
	return r.CSV(ctx, "danh-muc-dau-tu", i18n.T(ctx, "investment.portfolio"), l, heads(ctx, "firm", "sector", "round", "ownership", "cost_d", "fair_d", "valued_on"), rows), nil
}

func (h handler) publicCSV(ctx context.Context, r web.Req) (web.File, error) {
	is, err := h.svc.investees(ctx)
	if err != nil {
		return web.File{}, err
	}
	rows := make([][]string, len(is))
	for i, v := range is {
		rows[i] = []string{strconv.Itoa(i + 1), v.Name, v.Sector, v.Since.Format()}
	}
	return r.CSV(ctx, "doanh-nghiep-nhan-dau-tu", i18n.T(ctx, "investment.public"), web.List{}, heads(ctx, "no", "firm", "sector", "since"), rows), nil
}

func heads(ctx context.Context, codes ...string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = i18n.T(ctx, "investment."+c)
	}
	return out
}

// signed prints a change with its sign, a fall in brackets as fund statements do.
func signed(a money.Amount) string {
	switch a.Sign() {
	case 0:
		return "–"
	case 1:
		return "+" + a.Format()
	}
	return "(" + a.Neg().Format() + ")"
}

// Two prints a multiple with two decimals, as figures do.
func (p *holdingPage) Two(d decimal.Decimal) string {
	return strings.ReplaceAll(d.StringFixed(2), ".", ",")
}

// Signed prints a change with its sign, a fall in brackets.
func (p *holdingPage) Signed(a money.Amount) string { return signed(a) }

// Signed prints a change with its sign, a fall in brackets.
func (p *quarterPage) Signed(a money.Amount) string { return signed(a) }
