package fund_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/fund"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// issued is a call of 40 tỷ, 1 tỷ of it fees, that is out to the investors.
func (h *house) issued() *fund.CapitalCall {
	h.t.Helper()
	c, err := h.DraftCall(h.manager, h.f.ID, fund.NewCall{Buckets: fund.Buckets{Investment: money.VND(38 * bn), Fee: money.VND(bn), Expense: money.VND(bn)},
		Purpose: "Vòng đầu", DueOn: today(h.t, h.db).AddDays(30)})
	h.must(err)
	h.must(h.ApproveCall(h.board, c.ID))
	h.must(h.IssueCall(h.manager, c.ID))
	c, err = h.ReadCall(h.manager, c.Code)
	h.must(err)
	return c
}

func TestCapitalCall(t *testing.T) {
	h := founded(t)
	c := h.issued()
	day, sum := today(t, h.db), money.VND(0)
	for _, l := range c.Lines {
		sum = sum.Add(l.Amount)
	}
	if !sum.Equal(money.VND(40 * bn)) {
		t.Fatalf("the lines add up to %s", sum)
	}
	state := c.Lines[2]
	pay := func(l fund.CallLine, amount money.Amount, ref string) error {
		return h.RecordPayment(h.finance, c.ID, l.ID, fund.Payment{Amount: amount, PaidOn: day, Reference: ref})
	}
	if err := pay(state, state.Amount, "S0"); !errors.Is(err, fund.ErrStateShare) {
		t.Errorf("the State pays first: %v", err)
	}
	if err := pay(c.Lines[0], c.Lines[0].Amount.Add(money.VND(1)), "P0"); !errors.Is(err, fund.ErrOverLine) {
		t.Errorf("one đồng more than due: %v", err)
	}
	h.must(pay(c.Lines[0], money.VND(bn), "P1"))
	if err := pay(c.Lines[0], money.VND(bn), "P1"); !errors.Is(err, fund.ErrReferenceTaken) {
		t.Errorf("the same payment twice: %v", err)
	}
	if err := pay(c.Lines[0], money.VND(bn), " p1 "); !errors.Is(err, fund.ErrReferenceTaken) {
		t.Errorf("the same payment typed otherwise: %v", err)
	}
	early := fund.Payment{Amount: money.VND(bn), PaidOn: day.AddDays(-1), Reference: "P9"}
	if err := h.RecordPayment(h.finance, c.ID, c.Lines[0].ID, early); !errors.Is(err, fund.ErrPaidBefore) {
		t.Errorf("paid before the call went out: %v", err)
	}
	h.must(pay(c.Lines[0], c.Lines[0].Amount.Sub(money.VND(bn)), "P2"))
	h.must(pay(c.Lines[1], c.Lines[1].Amount, "P3"))
	if err := h.RecordPayment(h.manager, c.ID, state.ID, fund.Payment{Amount: state.Amount, PaidOn: day, Reference: "S1"}); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a manager recorded a payment: %v", err)
	}
	h.must(pay(state, state.Amount, "S2"))
	c, err := h.ReadCall(h.board, c.Code)
	h.must(err)
	if c.Status != fund.CallClosed {
		t.Errorf("paid whole, the call is %s", c.Status)
	}
	if err := pay(state, money.VND(1), "S3"); !errors.Is(err, fund.ErrCallState) {
		t.Errorf("a payment on a closed call: %v", err)
	}
	got, err := h.Show(h.board, h.f.Code)
	h.must(err)
	m := got.Overview.Metrics
	if !m.PaidIn.Equal(money.VND(40*bn)) || !m.NAV.Equal(money.VND(38*bn)) || m.TVPI.String() != "0.95" || !m.Early {
		t.Errorf("figures after the call: %+v", m)
	}
	if st := h.lineState(); !st.Disbursed.Equal(state.Amount) {
		t.Errorf("the budget line has %s disbursed, the State paid %s", st.Disbursed, state.Amount)
	}
	h.agrees(got)
}

// agrees says that the book's cash is what the flows left, that the accounts add up and that the bridge closes.
func (h *house) agrees(got *fund.Shown) {
	h.t.Helper()
	flows, err := fund.Flows(context.Background(), h.db, h.f.ID, calendar.Date{})
	h.must(err)
	cash := money.VND(0)
	for _, f := range flows {
		if f.Kind == fund.FlowContribution || f.Kind == fund.FlowProceeds {
			cash = cash.Add(f.Amount)
		} else {
			cash = cash.Sub(f.Amount)
		}
	}
	p, err := fund.PositionOn(context.Background(), h.db, h.f, calendar.Date{})
	h.must(err)
	line, err := ledger.Line(context.Background(), h.db, h.f.CashLine)
	h.must(err)
	if !p.Cash.Equal(cash) || !line.Available.Equal(cash) {
		h.t.Errorf("cash: book %s, flows %s, line %s", p.Cash, cash, line.Available)
	}
	o, sum := got.Overview, money.VND(0)
	for _, a := range o.Accounts {
		sum = sum.Add(a.NAV)
	}
	if !sum.Equal(o.Metrics.NAV) {
		h.t.Errorf("capital accounts add up to %s of %s", sum, o.Metrics.NAV)
	}
	sum = o.Bridge.Open
	for _, l := range o.Bridge.Lines {
		sum = sum.Add(l.Amount)
	}
	if !sum.Equal(o.Bridge.Close) {
		h.t.Errorf("the bridge ends at %s, NAV is %s", sum, o.Bridge.Close)
	}
}

func TestCallIsCheckedByAnother(t *testing.T) {
	h := founded(t)
	in := fund.NewCall{Buckets: fund.Buckets{Investment: money.VND(bn)}, DueOn: today(t, h.db).AddDays(30)}
	c, err := h.DraftCall(h.manager, h.f.ID, in)
	h.must(err)
	if err := h.IssueCall(h.manager, c.ID); errs.From(err).Kind != errs.Conflict {
		t.Errorf("issued before the approval: %v", err)
	}
	s := access.From(h.manager)
	s.Grants = append(s.Grants, access.Grant{Role: access.InvestmentBoard, Fund: h.f.ID})
	if err := h.ApproveCall(access.With(h.manager, s), c.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("who drafted it approved it: %v", err)
	}
	h.must(h.ApproveCall(h.board, c.ID))
	if err := h.ApproveCall(h.board, c.ID); err == nil {
		t.Error("approved twice")
	}
}

func TestCallNotice(t *testing.T) {
	h := founded(t)
	first := calendar.NewHolidays(nil).AddWorkingDays(today(t, h.db), 10)
	for day, want := range map[calendar.Date]error{first: nil, first.AddDays(-1): fund.ErrNotice} {
		c, err := h.DraftCall(h.manager, h.f.ID, fund.NewCall{Buckets: fund.Buckets{Investment: money.VND(bn)}, DueOn: day})
		h.must(err)
		h.must(h.ApproveCall(h.board, c.ID))
		if err := h.IssueCall(h.manager, c.ID); !errors.Is(err, want) {
			t.Errorf("due on %s, first day %s: %v", day, first, err)
		}
	}
}

func TestDistribution(t *testing.T) {
	h := founded(t)
	h.approved("Kinh Bắc Hà", fund.Private, fund.Contribution, money.VND(2*bn), "BC-01")
	h.approved("Sông Cầu", fund.Private, fund.Contribution, money.VND(bn), "BC-02")
	d, err := h.DraftDistribution(h.manager, h.f.ID, "gain", money.VND(bn+1))
	h.must(err)
	s := access.From(h.manager)
	s.Grants = append(s.Grants, access.Grant{Role: access.InvestmentBoard, Fund: h.f.ID})
	if err := h.ApproveDistribution(access.With(h.manager, s), d.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("who drafted it approved it: %v", err)
	}
	h.must(h.ApproveDistribution(h.board, d.ID))
	if err := h.ApproveDistribution(h.board, d.ID); err == nil {
		t.Error("paid twice")
	}
	f, err := fund.Get(context.Background(), h.db, h.f.ID)
	h.must(err)
	if a, b := f.Investors[0].Distributed, f.Investors[1].Distributed; !a.Equal(money.VND(666_666_667)) || !b.Equal(money.VND(333_333_334)) {
		t.Errorf("divided into %s and %s", a, b)
	}
	more, err := h.DraftDistribution(h.manager, h.f.ID, "gain", money.VND(2*bn))
	h.must(err)
	if err := h.ApproveDistribution(h.board, more.ID); !errors.Is(err, ledger.ErrInsufficient) {
		t.Errorf("one đồng more than the cash: %v", err)
	}
	got, err := h.Show(h.board, h.f.Code)
	h.must(err)
	if got.Overview.Metrics.DPI.String() != "0.33" {
		t.Errorf("DPI = %s", got.Overview.Metrics.DPI)
	}
	h.agrees(got)
}

func TestPages(t *testing.T) {
	h := founded(t)
	h.approved("Kinh Bắc Hà", fund.Private, fund.Contribution, money.VND(20*bn), "BC-01")
	c := h.issued()
	w := webtest.New(t, h.db, h.acc, h.Service.Routes)
	w.Get(h.manager, "/fund").Status(200).Has("Quỹ đầu tư mạo hiểm tỉnh Bắc Ninh").Has("chưa đủ dữ liệu").Has("cần xác minh")
	w.Get(h.board, "/fund/BN01").Status(200).Has("Kinh Bắc Hà").Has(c.Code)
	w.Get(h.finance, "/fund/BN01/capital").Status(200).Has("HĐ-03")
	w.Get(h.manager, "/fund/capital-calls").Status(200).Has(c.Code)
	w.Get(h.manager, "/fund/capital-calls?status=draft&sort=code").Status(200).Lacks(c.Code)
	w.Get(h.manager, "/fund/capital-calls.csv?fund=bn01").Status(200).Has(c.Code)
	w.Get(h.finance, "/fund/BN01/capital?q=HD-03&kind=commitment&sort=-amount").Status(200).Has("HĐ-03")
	w.Get(h.finance, "/fund/BN01/capital.csv?status=recorded").Status(200)
	w.Get(h.manager, "/fund/BN01/distributions.csv").Status(200)
	w.Get(h.finance, "/fund/capital-calls/"+c.Code).Status(200).Has("Ghi nhận tiền góp")
	w.Get(h.manager, "/fund/BN01/distributions").Status(200)
	w.Get(h.sa, "/fund/charter").Status(200).Has("BN01")
	w.Get(h.finance, "/fund/BN01/accounts.csv").Status(200).Has("Kinh Bắc Hà")
	w.Get(context.Background(), "/fund").Status(401)
	stranger := accesstest.As(t, context.Background(), h.db, accesstest.Person{Roles: []access.Role{access.FundManager}, Fund: h.f.BudgetLineID})
	w.Get(stranger, "/fund/BN01").Status(404)
	w.Get(h.sa, "/fund").Status(403)
	day := today(t, h.db).Format()
	w.Post(h.finance, "/fund/BN01/record", url.Values{"name": {"Như Nguyệt"}, "class": {"private"}, "kind": {"contribution"}, "amount": {"1.234,5"},
		"document_no": {"BC-9"}, "document_on": {day}}).Status(422)
	pay := func(l fund.CallLine, ref string) url.Values {
		return url.Values{"line": {l.ID.String()}, "amount": {l.Amount.Format()}, "paid_on": {day}, "reference": {ref}}
	}
	to := "/fund/capital-calls/" + c.Code
	w.Post(h.finance, to+"/record-payment", pay(c.Lines[2], "KB-1")).Status(409).Has("vượt trần 49% của điều lệ")
	w.Post(h.finance, to+"/record-payment", pay(c.Lines[0], "KB-2")).Location(to)
	w.Post(h.finance, to+"/record-payment", pay(c.Lines[1], "KB-2")).Status(409)
	w.Post(h.manager, "/fund/BN01/capital-calls/draft", url.Values{"investment": {"5.000.000.000"}, "fee": {"0"}, "expense": {"0"}, "purpose": {"Vòng hai"},
		"due_on": {today(t, h.db).AddDays(40).Format()}}).Location("/fund/capital-calls/GV-BN01-02")
	w.Post(h.board, "/fund/capital-calls/GV-BN01-02/approve", nil).Location("/fund/capital-calls/GV-BN01-02")
	w.Post(h.manager, "/fund/capital-calls/GV-BN01-02/approve", nil).Status(403)
}

func TestAPI(t *testing.T) {
	h := founded(t)
	w := webtest.New(t, h.db, h.acc, h.Service.Routes)
	w.API(h.manager, "GET", "/fund", nil, nil).Status(200).Has(`"code":"BN01"`)
	w.API(h.manager, "GET", "/fund/BN01", nil, nil).Status(200).Has(`"committed":"200000000000"`).Has(`"tvpi":null`)
	in := map[string]string{"investor": h.investors()[0].ID.String(), "name": "", "class": "private", "kind": "contribution", "amount": "20000000000",
		"document_no": "BC-1", "document_on": today(t, h.db).String()}
	var made struct{ ID, Investor string }
	w.API(h.finance, "POST", "/fund/BN01/record", in, &made).Status(200)
	w.API(h.accountant, "POST", "/fund/BN01/capital/"+made.ID+"/approve", nil, nil).Status(200)
	w.API(h.accountant, "POST", "/fund/BN01/capital/"+made.ID+"/approve", nil, nil).Status(409).Has("fund.entry_done")
	w.API(h.manager, "GET", "/fund/BN01", nil, nil).Status(200).Has(`"nav":"20000000000"`)
	c := h.issued()
	w.API(h.manager, "GET", "/fund/capital-calls/"+c.Code, nil, nil).Status(200).Has(`"amount":"40000000000"`)
}

func (h *house) investors() []fund.Investor {
	h.t.Helper()
	f, err := fund.Get(context.Background(), h.db, h.f.ID)
	h.must(err)
	return f.Investors
}

func TestTasks(t *testing.T) {
	h := founded(t)
	h.record("Kinh Bắc Hà", fund.Private, fund.Contribution, money.VND(bn), "BC-1")
	c, err := h.DraftCall(h.manager, h.f.ID, fund.NewCall{Buckets: fund.Buckets{Investment: money.VND(bn)}, DueOn: today(t, h.db).AddDays(30)})
	h.must(err)
	d, err := h.DraftDistribution(h.manager, h.f.ID, "income", money.VND(1))
	h.must(err)
	for who, want := range map[string]struct {
		ctx   context.Context
		hrefs []string
	}{
		"accountant": {h.accountant, []string{"/fund/BN01/capital"}},
		"board":      {h.board, []string{"/fund/capital-calls/" + c.Code, "/fund/BN01/distributions"}},
		"manager":    {h.manager, nil},
		"finance":    {h.finance, nil},
	} {
		got, err := h.Tasks(want.ctx)
		h.must(err)
		if len(got) != len(want.hrefs) {
			t.Errorf("%s: %+v", who, got)
			continue
		}
		for i, href := range want.hrefs {
			if got[i].Href != href || got[i].Title == "" || got[i].Action == "" {
				t.Errorf("%s: %+v, want %s", who, got[i], href)
			}
		}
	}
	h.must(h.ApproveCall(h.board, c.ID))
	if got, err := h.Tasks(h.manager); err != nil || len(got) != 1 {
		t.Errorf("to be issued: %+v, %v (distribution %s)", got, err, d.Code)
	}
}
