package fund

import (
	"context"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// showPage is a fund, or the list of funds when several are visible.
type showPage struct {
	web.Base
	Funds                          []Fund
	Fund                           *Fund
	O                              *Overview
	J                              *jcurve
	Cost, Fair                     money.Amount
	Multiple                       *decimal.Decimal
	Calls                          []callRow
	PipelineTotal, PipelineMax     int
	LossRule                       *errs.Rule
	NoRate                         string // why IRR is missing, ready words
	CanApprove, CanCall, CanRecord bool
	CanDeals, CanDistributions     bool // the reader's role opens their pages
}

type callRow struct {
	CapitalCall
	Total, PaidIn money.Amount
}

func (h handler) home(ctx context.Context, r web.Req) (*showPage, error) {
	fs, err := h.svc.Visible(ctx)
	if err != nil {
		return nil, err
	}
	if len(fs) == 1 {
		return h.page(ctx, fs[0].Code)
	}
	return &showPage{Funds: fs}, nil
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	return h.page(ctx, r.Param("code"))
}

func (h handler) page(ctx context.Context, code string) (*showPage, error) {
	got, err := h.svc.Show(ctx, code)
	if err != nil {
		return nil, err
	}
	f, s := got.Fund, h.svc
	p := &showPage{Fund: f, O: got.Overview}
	p.CanApprove = f.Status == Draft && s.access.Can(ctx, s.db, "fund", "approve", f)
	if p.O == nil {
		return p, nil
	}
	p.CanCall = s.access.Can(ctx, s.db, "capital_call", "draft", f)
	_, refused := s.access.RequireRole(ctx, "deal", "read")
	p.CanDeals = refused == nil
	_, refused = s.access.RequireRole(ctx, "distribution", "read")
	p.CanDistributions = refused == nil
	p.CanRecord = s.access.Can(ctx, s.db, "fund_capital", "record", f)
	for _, c := range got.Calls {
		p.Calls = append(p.Calls, callRow{c, c.Total(), c.Paid()})
	}
	for _, hd := range p.O.Holdings {
		p.Cost, p.Fair = p.Cost.Add(hd.Cost), p.Fair.Add(hd.Fair)
	}
	p.Multiple = ratio(p.Fair.Decimal(), p.Cost.Decimal(), 2)
	for _, st := range p.O.Pipeline {
		p.PipelineTotal += st.Count
		p.PipelineMax = max(p.PipelineMax, st.Count)
	}
	p.J = draw(p.O.Quarters, quarterLabel, func(a money.Amount) string { return billions(a, 1) })
	switch {
	case p.O.Metrics.Early:
		p.NoRate = i18n.T(ctx, "fund.not_enough_data")
	case p.O.Metrics.Rate == ErrRateNotUnique:
		p.NoRate = i18n.T(ctx, "fund.rate_not_unique")
	case p.O.Metrics.Rate != nil:
		p.NoRate = i18n.T(ctx, "fund.rate_undefined")
	}
	rule := p.O.Loss.Rule.Rule()
	p.LossRule = &rule
	return p, nil
}

// Width is the bar of a stage of the pipeline in a box of 90.
func (p *showPage) Width(n int) int {
	if p.PipelineMax == 0 {
		return 0
	}
	return 90 * n / p.PipelineMax
}

// Bar is a holding's fair value against its cost, both in the coordinates of a box of 100 that fits the largest.
type Bar struct{ Fair, Cost string }

// Bar draws one holding beside the others.
func (p *showPage) Bar(h Holding) Bar {
	top := money.VND(1)
	for _, o := range p.O.Holdings {
		for _, a := range []money.Amount{o.Cost, o.Fair} {
			if a.Cmp(top) > 0 {
				top = a
			}
		}
	}
	part := func(a money.Amount) decimal.Decimal { return a.Decimal().Shift(2).DivRound(top.Decimal(), 1) }
	return Bar{part(h.Fair).String(), decimal.Max(decimal.Zero, part(h.Cost).Sub(decimal.New(4, -1))).String()}
}

var roman = [...]string{"", "I", "II", "III", "IV"}

func quarterLabel(q Quarter, first bool) string {
	n := (int(q.End.Month()) - 1) / 3
	if first || n == 0 {
		return roman[n+1] + "/" + strconv.Itoa(q.End.Year())[2:]
	}
	return roman[n+1]
}

// billions prints an amount in tỷ with a sign and places decimals, as the charts do.
func billions(a money.Amount, places int32) string {
	d := a.Decimal().Shift(-9).Round(places)
	s := strings.ReplaceAll(d.Abs().String(), ".", ",")
	switch d.Sign() {
	case -1:
		return "−" + s
	case 1:
		return "+" + s
	}
	return s
}

// Short prints an amount of a fund statement in tỷ with two decimals; a negative stands in brackets.
func (p *showPage) Short(a money.Amount) string {
	s := strings.ReplaceAll(a.Decimal().Abs().Shift(-9).StringFixed(2), ".", ",")
	if a.Sign() < 0 {
		return "(" + s + ")"
	}
	return s
}

// charterPage drafts a charter and lists those of the unit.
type charterPage struct {
	web.Base
	Funds []Fund
	Lines []web.Option
	Forms []web.Option
}

func (h handler) charter(ctx context.Context, _ web.Req) (*charterPage, error) {
	fs, err := h.svc.drafts(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := budgetLines(ctx, h.svc.db)
	if err != nil {
		return nil, err
	}
	p := &charterPage{Funds: fs, Forms: options(ctx, "fund.form_", string(LLC), string(JSC), string(BCC))}
	for _, l := range lines {
		name := l.NameVI
		if en(ctx) && l.NameEN != "" {
			name = l.NameEN
		}
		p.Lines = append(p.Lines, web.Option{Value: l.ID.String(), Label: strconv.Itoa(l.Year) + " · " + l.Code + " · " + name})
	}
	return p, nil
}

func options(ctx context.Context, prefix string, values ...string) (os []web.Option) {
	for _, v := range values {
		os = append(os, web.Option{Value: v, Label: i18n.T(ctx, prefix+v)})
	}
	return os
}

// capitalPage is the record of charter capital.
type capitalPage struct {
	web.Base
	Fund            *Fund
	Committed, Paid Capital
	Entries         []entryRow
	List            web.List
	Investors       []web.Option
	Classes, Kinds  []web.Option
	Statuses        []web.Option
	CanRecord       bool
}

type entryRow struct {
	Entry
	CanApprove bool
}

func (h handler) capital(ctx context.Context, r web.Req) (*capitalPage, error) {
	s := h.svc
	f, err := s.Read(ctx, r.Param("code"))
	if err != nil {
		return nil, err
	}
	if f.Status != Active {
		return nil, ErrNotActive
	}
	p := &capitalPage{Fund: f, CanRecord: s.access.Can(ctx, s.db, "fund_capital", "record", f)}
	if p.Committed, err = capital(ctx, s.db, f.ID, "committed"); err != nil {
		return nil, err
	}
	if p.Paid, err = capital(ctx, s.db, f.ID, "paid"); err != nil {
		return nil, err
	}
	p.List = r.List("-recorded_at", "status", "kind")
	p.Statuses = states(r.Lang(), Recorded, Approved)
	es, err := s.Entries(ctx, f.ID, &p.List)
	if err != nil {
		return nil, err
	}
	for _, e := range es {
		p.Entries = append(p.Entries, entryRow{e, e.Status == Recorded && s.access.Can(ctx, s.db, "fund_capital", "approve", &e)})
	}
	p.Investors = []web.Option{{Value: "", Label: i18n.T(ctx, "fund.new_investor")}}
	for _, i := range f.Investors {
		p.Investors = append(p.Investors, web.Option{Value: i.ID.String(), Label: i.Name})
	}
	p.Classes = append([]web.Option{{Value: "", Label: "–"}}, options(ctx, "fund.class_", string(State), string(Private))...)
	p.Kinds = options(ctx, "fund.kind_", string(Commitment), string(Contribution))
	return p, nil
}

// callsPage lists the calls of the funds the reader serves.
type callsPage struct {
	web.Base
	List            web.List
	Calls           []listedCall
	Funds, Statuses []web.Option
}

func (h handler) calls(ctx context.Context, r web.Req) (*callsPage, error) {
	fs, err := h.svc.Visible(ctx)
	if err != nil {
		return nil, err
	}
	p := &callsPage{List: r.List("-due_on", "status", "fund"), Statuses: states(r.Lang(), CallDraft, CallApproved, CallIssued, CallClosed)}
	for _, f := range fs {
		p.Funds = append(p.Funds, web.Option{Value: f.Code, Label: web.Pick(r.Lang(), f.NameVI, f.NameEN)})
	}
	p.Calls, err = h.svc.callRows(ctx, &p.List)
	return p, err
}

// callPage is one capital call.
type callPage struct {
	web.Base
	Call                         *CapitalCall
	Fund                         *Fund
	Total, PaidIn, Due           money.Amount
	Lines                        []lineRow
	Open                         []web.Option // lines still owed
	Track                        []web.Stage
	CanApprove, CanIssue, CanPay bool
}

type lineRow struct {
	CallLine
	Due   money.Amount
	State string
}

// Tone is the shape of a line's state.
func (l lineRow) Tone() string {
	switch l.State {
	case "paid", "paid_late":
		return "ok"
	case "partial":
		return "run"
	case "overdue":
		return "warn"
	}
	return ""
}

func (h handler) call(ctx context.Context, r web.Req) (*callPage, error) {
	s := h.svc
	c, err := s.ReadCall(ctx, r.Param("code"))
	if err != nil {
		return nil, err
	}
	f, err := Get(ctx, s.db, c.FundID)
	if err != nil {
		return nil, err
	}
	today, err := s.today(ctx)
	if err != nil {
		return nil, err
	}
	p := &callPage{Call: c, Fund: f, Total: c.Total(), PaidIn: c.Paid(), Due: c.Total().Sub(c.Paid())}
	for _, l := range c.Lines {
		p.Lines = append(p.Lines, lineRow{l, l.Due(), l.State(c.DueOn, today)})
		if l.Due().Sign() > 0 {
			p.Open = append(p.Open, web.Option{Value: l.ID.String(), Label: l.Investor.Name + " · " + l.Due().Format() + " đ"})
		}
	}
	p.CanApprove = c.Status == CallDraft && s.access.Can(ctx, s.db, "capital_call", "approve", c)
	p.CanIssue = c.Status == CallApproved && s.access.Can(ctx, s.db, "capital_call", "issue", c)
	p.CanPay = c.Status == CallIssued && s.access.Can(ctx, s.db, "capital_call", "record_payment", c)
	p.Track = track(ctx, c.Status)
	return p, nil
}

func track(ctx context.Context, now CallStatus) (st []web.Stage) {
	state := "done"
	for _, v := range []CallStatus{CallDraft, CallApproved, CallIssued, CallClosed} {
		s := state
		if v == now {
			s, state = "now", ""
		}
		st = append(st, web.Stage{Label: i18n.T(ctx, "fund.status."+string(v)), State: s})
	}
	return st
}

// today is the day of kb.now() in Asia/Ho_Chi_Minh.
func (s *Service) today(ctx context.Context) (d calendar.Date, err error) {
	return d, s.db.NewRaw("SELECT (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date").Scan(ctx, &d)
}

// distributionsPage lists and drafts the distributions of a fund.
type distributionsPage struct {
	web.Base
	Fund     *Fund
	List     web.List
	Rows     []distributionRow
	Kinds    []web.Option
	Statuses []web.Option
	CanDraft bool
}

type distributionRow struct {
	Distribution
	CanApprove bool
}

func (h handler) distributions(ctx context.Context, r web.Req) (*distributionsPage, error) {
	s := h.svc
	f, err := s.Read(ctx, r.Param("code"))
	if err != nil {
		return nil, err
	}
	l := r.List("-number", "status", "kind")
	ds, err := s.Distributions(ctx, f.ID, &l)
	if err != nil {
		return nil, err
	}
	p := &distributionsPage{Fund: f, List: l, Statuses: states(r.Lang(), DistributionDraft, DistributionApproved), Kinds: options(ctx, "fund.distribution_", "return_of_capital", "gain", "income"),
		CanDraft: f.Status == Active && s.access.Can(ctx, s.db, "distribution", "draft", f)}
	for _, d := range ds {
		p.Rows = append(p.Rows, distributionRow{d, d.Status == DistributionDraft && s.access.Can(ctx, s.db, "distribution", "approve", &d)})
	}
	return p, nil
}

// Percent prints basis points as percent.
func (p *showPage) Percent(bp int) string { return percentOf(bp) + "%" }

// Percent prints basis points as percent.
func (p *capitalPage) Percent(bp int) string { return percentOf(bp) + "%" }

// Two prints a multiple with two decimals, as figures do.
func (p *showPage) Two(d *decimal.Decimal) string {
	return strings.ReplaceAll(d.StringFixed(2), ".", ",")
}
