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

type fundOut struct {
	ID             uuid.UUID    `json:"id"`
	Code           string       `json:"code"`
	NameVI         string       `json:"name_vi"`
	NameEN         string       `json:"name_en"`
	Status         Status       `json:"status"`
	CharterCapital money.Amount `json:"charter_capital"`
	StateCapBP     int          `json:"state_cap_bp"`
}

type figuresOut struct {
	fundOut
	AsOf        calendar.Date    `json:"as_of"`
	Committed   money.Amount     `json:"committed"`
	PaidIn      money.Amount     `json:"paid_in"`
	Distributed money.Amount     `json:"distributed"`
	NAV         string           `json:"nav"` // may be negative
	TVPI        *decimal.Decimal `json:"tvpi"`
	DPI         *decimal.Decimal `json:"dpi"`
	RVPI        *decimal.Decimal `json:"rvpi"`
	IRR         *decimal.Decimal `json:"irr_percent"`
	StatePaid   money.Amount     `json:"state_paid"`
	Loss        *decimal.Decimal `json:"loss_percent"`
}

func outOf(f *Fund) fundOut {
	return fundOut{f.ID, f.Code, f.NameVI, f.NameEN, f.Status, f.CharterCapital, f.StateCapBP}
}

func (h handler) apiList(ctx context.Context, _ web.Req) ([]fundOut, error) {
	fs, err := h.svc.Visible(ctx)
	out := make([]fundOut, len(fs))
	for i := range fs {
		out[i] = outOf(&fs[i])
	}
	return out, err
}

func (h handler) apiShow(ctx context.Context, r web.Req) (figuresOut, error) {
	got, err := h.svc.Show(ctx, r.Param("code"))
	if err != nil {
		return figuresOut{}, err
	}
	out := figuresOut{fundOut: outOf(got.Fund), AsOf: got.Today, NAV: "0"}
	if o := got.Overview; o != nil {
		m := o.Metrics
		out.Committed, out.PaidIn, out.Distributed, out.NAV = m.Committed, m.PaidIn, m.Distributed, m.NAV.String()
		out.TVPI, out.DPI, out.RVPI, out.IRR = m.TVPI, m.DPI, m.RVPI, m.IRR
		out.StatePaid, out.Loss = o.Paid.State, o.Loss.Share
	}
	return out, nil
}

type callOut struct {
	ID     uuid.UUID     `json:"id"`
	Code   string        `json:"code"`
	Status CallStatus    `json:"status"`
	DueOn  calendar.Date `json:"due_on"`
	Amount money.Amount  `json:"amount"`
	Paid   money.Amount  `json:"paid"`
	Lines  []lineOut     `json:"lines"`
}

type lineOut struct {
	ID         uuid.UUID    `json:"id"`
	Investor   string       `json:"investor"`
	Investment money.Amount `json:"investment"`
	Fee        money.Amount `json:"fee"`
	Expense    money.Amount `json:"expense"`
	Amount     money.Amount `json:"amount"`
	Paid       money.Amount `json:"paid"`
}

func (h handler) apiCall(ctx context.Context, r web.Req) (callOut, error) {
	c, err := h.svc.ReadCall(ctx, r.Param("code"))
	if err != nil {
		return callOut{}, err
	}
	out := callOut{c.ID, c.Code, c.Status, c.DueOn, c.Total(), c.Paid(), nil}
	for _, l := range c.Lines {
		out.Lines = append(out.Lines, lineOut{l.ID, l.Investor.Name, l.Investment, l.Fee, l.Expense, l.Amount, l.Paid})
	}
	return out, nil
}

func (h handler) holdingsCSV(ctx context.Context, r web.Req) (web.File, error) {
	got, err := h.svc.Show(ctx, r.Param("code"))
	if err != nil {
		return web.File{}, err
	}
	header := []string{i18n.T(ctx, "fund.holding"), i18n.T(ctx, "fund.sector"), i18n.T(ctx, "fund.ownership"), i18n.T(ctx, "fund.cost_d"),
		i18n.T(ctx, "fund.fair_d"), "MOIC"}
	var rows [][]string
	if got.Overview != nil {
		for _, hd := range got.Overview.Holdings {
			rows = append(rows, []string{hd.Name, hd.Sector, figure(hd.Ownership), hd.Cost.String(), hd.Fair.String(), figure(hd.Multiple())})
		}
	}
	return r.CSV(ctx, "danh-muc-"+got.Fund.Code, i18n.T(ctx, "fund.portfolio"), web.List{}, header, rows), nil
}

func (h handler) accountsCSV(ctx context.Context, r web.Req) (web.File, error) {
	got, err := h.svc.Show(ctx, r.Param("code"))
	if err != nil {
		return web.File{}, err
	}
	header := []string{i18n.T(ctx, "fund.investor"), i18n.T(ctx, "fund.committed_d"), i18n.T(ctx, "fund.paid_d"), i18n.T(ctx, "fund.distributed_d"),
		"NAV", i18n.T(ctx, "fund.unfunded_d")}
	var rows [][]string
	if got.Overview != nil {
		for _, a := range got.Overview.Accounts {
			rows = append(rows, []string{a.Name, a.Committed.String(), a.Paid.String(), a.Distributed.String(), a.NAV.String(), a.Unfunded().String()})
		}
	}
	return r.CSV(ctx, "tai-khoan-von-"+got.Fund.Code, i18n.T(ctx, "fund.accounts"), web.List{}, header, rows), nil
}

func figure(d *decimal.Decimal) string {
	if d == nil {
		return ""
	}
	return d.StringFixed(2)
}
