package disbursement_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// lines is the budget room with the rooms whose documents follow a carry-over.
func (h *house) lines() *budget.Service {
	s := budget.New(h.DB, h.Access)
	s.Follow(agreement.Awards{}, disbursement.Agreements{})
	return s
}

// nextYear opens a root that receives what is carried over, with a line below it.
func (h *house) nextYear(s *budget.Service) *budget.Line {
	h.T.Helper()
	year, today := h.Line.Year+1, counciltest.Today()
	root, err := s.Plan(h.Finance, budget.PlanInput{Year: year, Code: "CN", NameVI: "Chuyển nguồn", NameEN: "Carried over", SourceCode: budget.StateBudget,
		ProgrammeCode: "CT-01", Carried: true})
	h.Must(err, "plan the root")
	h.Must(s.Approve(h.Accountant, root.ID, root.Version, "02/QĐ-UBND", today), "approve the root")
	l, err := s.Plan(h.Finance, budget.PlanInput{Code: "CN.1", NameVI: "Đợt 1", NameEN: "Round 1", Parent: root.ID})
	h.Must(err, "plan the line")
	return l
}

func (h *house) carry(s *budget.Service, to uuid.UUID, unused int64) {
	h.T.Helper()
	a, err := s.Propose(h.Finance, h.Line.ID, budget.ProposeInput{Kind: budget.CarryOver, To: to, Amount: money.VND(unused), Reason: "Tạm ứng còn hiệu lực"})
	h.Must(err, "propose the carry-over")
	h.Must(s.Decide(h.Accountant, a.ID, "03/QĐ-STC", counciltest.Today()), "decide the carry-over")
}

func (h *house) line(id int64) ledger.State {
	h.T.Helper()
	s, err := ledger.Line(context.Background(), h.DB, id)
	h.Must(err, "read a line")
	return s
}

// TestCarryOverOfAnAdvance carries a line over whose advance is settled in part: the open rest, the commitment and what
// was asked anew stand in the next year, where the rest is settled and paid back and the content is paid.
func TestCarryOverOfAnAdvance(t *testing.T) {
	h := advancing(t, 1000, 400)
	r := h.advanced(0)
	h.settled(r.ID, "HD-1", 150)
	waiting := h.toConfirm(r.ID, "HD-2", 100) // checked before, confirmed after
	s := h.lines()
	to := h.nextYear(s)
	h.carry(s, to.ID, 50)

	old := h.Budget()
	holds(t, "the old line", old, 8950, 0, 0, 150, 0)
	if !old.Closing.Equal(money.VND(900)) { // 600 committed, 250 advanced, 50 unused
		t.Errorf("closing %s, want 900", old.Closing)
	}
	holds(t, "the new line", h.line(to.ControlLine), 50, 600, 250, 0, 0)
	holds(t, "the contract", h.Contract(), 600, 0, 250, 150, 0)
	if !h.actual("advances").Equal(money.VND(250)) {
		t.Errorf("advances %s: a carry-over moves no cash", h.actual("advances"))
	}
	h.proved()
	for year, want := range map[int]int{h.Line.Year: 0, h.Line.Year + 1: 1} {
		list, err := disbursement.Agreements{}.Blockers(t.Context(), h.DB, year)
		h.Must(err, "read the blockers")
		n := 0
		for _, b := range list {
			if b.Code == "advance" {
				n++
			}
		}
		if n != want {
			t.Errorf("%d advances keep %d open, want %d", n, year, want)
		}
	}

	_, err := h.svc.ConfirmSettlement(h.Accountant, waiting)
	h.Must(err, "confirm what was checked before")
	holds(t, "the new line", h.line(to.ControlLine), 50, 600, 150, 100, 0)
	back, err := h.svc.RecordRefund(h.Finance, r.ID, money.VND(30), "KB-B1", counciltest.Today())
	h.Must(err, "record money paid back")
	_, err = h.svc.ConfirmSettlement(h.Accountant, back.ID)
	h.Must(err, "confirm money paid back")
	holds(t, "the new line after the refund", h.line(to.ControlLine), 80, 600, 120, 100, 0)
	h.settled(r.ID, "HD-3", 120)
	h.Accept(1)
	_, err = dbtest.Owner(t, h.DB).NewRaw("ALTER TABLE kb.clock_shift DROP CONSTRAINT clock_shift_shift_check").Exec(t.Context())
	h.Must(err, "let the clock of this database run ahead") // a server's clock never does
	h.noon(calendar.On(h.Line.Year+1, 1, 15))               // the new line pays in its year
	o := h.released(1)
	_, err = h.svc.RecordPaid(h.Finance, o.ID, "KB-9", h.today())
	h.Must(err, "pay the content")
	holds(t, "the new line at the end", h.line(to.ControlLine), 80, 0, 0, 820, 0)
	holds(t, "the old line at the end", h.Budget(), 8950, 0, 0, 150, 0)
	if !h.actual("advances").IsZero() || !h.actual("grant_expense").Equal(money.VND(970)) || !h.actual("cash_treasury").Equal(money.VND(-970)) {
		t.Errorf("advances %s, expense %s, cash %s", h.actual("advances"), h.actual("grant_expense"), h.actual("cash_treasury"))
	}
	years := map[int]string{}
	var rows []struct {
		Year    int
		Account string
		Sum     money.Amount
	}
	h.Must(h.DB.NewRaw(`SELECT coalesce(d.budget_year, 0) AS year, a.code AS account, sum(p.amount)::numeric(24,0) AS sum FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id
		JOIN ledger.books b ON b.id = a.book_id AND b.code = 'ACTUAL' JOIN ledger.dim_sets d ON d.id = p.dim_id
		WHERE a.code IN ('advances', 'grant_expense') GROUP BY 1, 2 HAVING sum(p.amount) <> 0 ORDER BY 1, 2`).Scan(t.Context(), &rows), "read the years of ACTUAL")
	for _, x := range rows {
		years[x.Year] += x.Account + " " + x.Sum.String() + "; "
	}
	if years[h.Line.Year] != "grant_expense 150; " || years[h.Line.Year+1] != "grant_expense 820; " {
		t.Errorf("ACTUAL by year %v", years)
	}
	h.proved()
	checks, err := ledger.Verify(t.Context(), h.DB, nil)
	h.Must(err, "verify the ledger")
	for _, c := range checks {
		if c.Break != "" {
			t.Errorf("%s: %s", c.Code, c.Break)
		}
	}
}

// TestCarryOverWaitsForTheAdvance settles vouchers between proposal and decision of a carry-over, which then no longer
// says what is held.
func TestCarryOverWaitsForTheAdvance(t *testing.T) {
	h := advancing(t, 1000, 400)
	r := h.advanced(0)
	s := h.lines()
	to := h.nextYear(s)
	a, err := s.Propose(h.Finance, h.Line.ID, budget.ProposeInput{Kind: budget.CarryOver, To: to.ID, Reason: "Tạm ứng"})
	h.Must(err, "propose")
	h.settled(r.ID, "HD-1", 10)
	want(t, s.Decide(h.Accountant, a.ID, "03/QĐ-STC", calendar.On(2026, 1, 5)), budget.ErrMoved)
	one := h.toConfirm(r.ID, "HD-2", 40)
	other := h.As(access.ChiefAccountant)
	b, err := s.Propose(h.Finance, h.Line.ID, budget.ProposeInput{Kind: budget.CarryOver, To: to.ID, Reason: "Tạm ứng"})
	h.Must(err, "propose again")
	got := make(chan error, 2)
	go func() { _, err := h.svc.ConfirmSettlement(h.Accountant, one); got <- err }()
	go func() { got <- s.Decide(other, b.ID, "04/QĐ-STC", calendar.On(2026, 1, 5)) }()
	for range 2 {
		if err := <-got; err != nil {
			want(t, err, budget.ErrMoved)
		}
	}
	sum := money.Sum(h.Budget().Advanced, h.Budget().Disbursed, h.line(to.ControlLine).Advanced, h.line(to.ControlLine).Disbursed)
	if !sum.Equal(money.VND(400)) {
		t.Errorf("advanced and spent in both years %s, want 400", sum)
	}
	h.proved()
}
