package budget

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// line plans a line of a year, approves a root and allocates to a child.
func (o *office) line(t *testing.T, year int, p *Line, code, source string, amount int64) *Line {
	t.Helper()
	in := PlanInput{Year: year, Code: code, NameVI: "Dòng " + code, NameEN: "Line " + code, SourceCode: source, Amount: money.VND(amount)}
	if p != nil {
		in.Parent = p.ID
	}
	l, err := o.svc.Plan(o.officer, in)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case p == nil:
		err = o.svc.Approve(o.chief, l.ID, l.Version, "1/QĐ-UBND", decided)
	case amount > 0:
		o.do(t, l, ProposeInput{Kind: Allocate, Amount: money.VND(amount)})
	}
	if err != nil {
		t.Fatal(err)
	}
	return o.get(t, l.ID)
}

func (o *office) get(t *testing.T, id uuid.UUID) *Line {
	t.Helper()
	l, err := Get(t.Context(), o.db, id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (o *office) propose(t *testing.T, l *Line, in ProposeInput) *Act {
	t.Helper()
	in.Reason = "lý do"
	a, err := o.svc.Propose(o.officer, l.ID, in)
	if err != nil {
		t.Fatalf("propose %s on %s: %v", in.Kind, l.Code, err)
	}
	return a
}

func (o *office) do(t *testing.T, l *Line, in ProposeInput) *Act {
	t.Helper()
	a := o.propose(t, l, in)
	if err := o.svc.Decide(o.chief, a.ID, "9/QĐ", decided); err != nil {
		t.Fatalf("decide %s on %s: %v", in.Kind, l.Code, err)
	}
	return a
}

func (o *office) held(t *testing.T, l *Line) ledger.State {
	t.Helper()
	s, err := ledger.Line(t.Context(), o.db, l.ControlLine)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (o *office) commit(t *testing.T, l *Line, amount int64) error {
	t.Helper()
	_, err := o.svc.Commit(o.officer, l.ID, CommitInput{Amount: money.VND(amount), Approver: access.From(o.chief).ID, DocumentNo: "01/HĐ"})
	return err
}

func (o *office) proved(t *testing.T) {
	t.Helper()
	checks, err := ledger.Verify(t.Context(), o.db, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Break != "" {
			t.Errorf("%s: %s", c.Code, c.Break)
		}
	}
}

func is(t *testing.T, name string, got money.Amount, want int64) {
	t.Helper()
	if !got.Equal(money.VND(want)) {
		t.Errorf("%s = %s, want %d", name, got, want)
	}
}

func TestTransfer(t *testing.T) {
	o := open(t)
	a := o.line(t, 2026, nil, "A", StateBudget, 1000)
	a1, a2 := o.line(t, 2026, a, "A.1", "", 400), o.line(t, 2026, a, "A.2", "", 300)
	a11 := o.line(t, 2026, a1, "A.1.1", "", 200)
	b := o.line(t, 2026, nil, "B", Sponsorship, 100)
	o.do(t, a1, ProposeInput{Kind: Transfer, Amount: money.VND(50), To: a2.ID}) // one branch: the chief accountant
	is(t, "A.1", o.held(t, a1).Authorised, 350)
	is(t, "A.2", o.held(t, a2).Authorised, 350)
	is(t, "A keeps what it allocated", o.held(t, a).Allocated, 700)

	leader := accesstest.As(t, t.Context(), o.db, accesstest.Person{Roles: []access.Role{access.ProvinceLeader}})
	across := o.propose(t, a11, ProposeInput{Kind: Transfer, Amount: money.VND(200), To: a2.ID})
	if across.Decider() != "transfer_across" || across.BasisArticle == "" {
		t.Errorf("decided by %s on %q", across.Decider(), across.BasisArticle)
	}
	if err := o.svc.Decide(o.chief, across.ID, "9/QĐ", decided); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the chief accountant decides between branches = %v", err)
	}
	if err := o.svc.Decide(leader, across.ID, "9/QĐ", decided); err != nil {
		t.Fatal(err)
	}
	is(t, "A.1.1", o.held(t, a11).Authorised, 0)
	is(t, "A.1 passes it on", o.held(t, a1).Authorised, 150)
	is(t, "A.1 allocated", o.held(t, a1).Allocated, 0)
	is(t, "A.2", o.held(t, a2).Authorised, 550)
	more := o.propose(t, a2, ProposeInput{Kind: Transfer, Amount: money.VND(551), To: a1.ID})
	if err := o.svc.Decide(o.chief, more.ID, "9/QĐ", decided); !errors.Is(err, ledger.ErrInsufficient) {
		t.Errorf("one đồng more = %v", err)
	}
	for name, c := range map[string]struct {
		from, to *Line
		want     error
	}{"another source": {a2, b, ErrOtherSource}, "its own parent": {a11, a1, ErrNotTransfer}} {
		in := ProposeInput{Kind: Transfer, Amount: money.VND(1), To: c.to.ID, Reason: "x"}
		if _, err := o.svc.Propose(o.officer, c.from.ID, in); !errors.Is(err, c.want) {
			t.Errorf("to %s = %v", name, err)
		}
	}
	if _, err := o.svc.Propose(o.officer, a2.ID, ProposeInput{Kind: Transfer, Amount: money.VND(1), To: a1.ID, Reason: "x", Basis: "budget.act.cut"}); err == nil {
		t.Error("a basis of another kind is taken")
	}
	o.proved(t)
}

func TestReleaseNamesItsDocument(t *testing.T) {
	o := open(t)
	a := o.line(t, 2026, nil, "A", StateBudget, 1000)
	if err := o.commit(t, a, 300); err != nil {
		t.Fatal(err)
	}
	claims, err := o.svc.Claims(t.Context(), o.db, a)
	if err != nil || len(claims) != 1 {
		t.Fatalf("claims %+v, %v", claims, err)
	}
	c := claims[0]
	release := func(kind string, id uuid.UUID, amount int64) error {
		_, err := o.svc.Propose(o.officer, a.ID, ProposeInput{Kind: Release, Amount: money.VND(amount), Reason: "x", FreesKind: kind, Frees: id})
		return err
	}
	if err := release("", uuid.Nil, 1); err == nil || !strings.Contains(err.Error(), "invalid") {
		t.Errorf("nothing named = %v", err)
	}
	if err := release("commitment", uuid.New(), 1); !errors.Is(err, ErrNotHeld) {
		t.Errorf("a stranger named = %v", err)
	}
	if err := release("commitment", c.ID, 301); !errors.Is(err, ErrNeeded) {
		t.Errorf("more than it holds = %v", err)
	}
	o.do(t, a, ProposeInput{Kind: Release, Amount: money.VND(120), FreesKind: "commitment", Frees: c.ID})
	is(t, "committed", o.held(t, a).Committed, 180)
	if err := release("commitment", c.ID, 181); !errors.Is(err, ErrNeeded) {
		t.Errorf("what was released before = %v", err)
	}
	o.svc.Follow(needy{c.ID})
	if err := release("award", c.ID, 11); !errors.Is(err, ErrNeeded) || !strings.Contains(err.Error(), "still_needed") {
		t.Errorf("what an award needs = %v", err)
	}
	one, two := o.propose(t, a, ProposeInput{Kind: Release, Amount: money.VND(100), FreesKind: "commitment", Frees: c.ID}),
		o.propose(t, a, ProposeInput{Kind: Release, Amount: money.VND(100), FreesKind: "commitment", Frees: c.ID})
	errs := atOnce(func() error { return o.svc.Decide(o.chief, one.ID, "1/QĐ", decided) }, func() error { return o.svc.Decide(o.chief, two.ID, "2/QĐ", decided) })
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("two releases of one document = %v", errs)
	}
	is(t, "committed after both", o.held(t, a).Committed, 80)
}

// needy is a room with an award that holds 100 of a line and needs 90 of it.
type needy struct{ id uuid.UUID }

func (n needy) LockClaim(_ context.Context, _ bun.IDB, _ uuid.UUID, kind string, id uuid.UUID) (*Claim, error) {
	if kind != "award" || id != n.id {
		return nil, nil
	}
	return &Claim{Kind: "award", ID: id, No: "H05", Stage: ledger.Committed, Held: money.VND(220), Need: money.VND(90)}, nil
}
func (needy) Claims(context.Context, bun.IDB, uuid.UUID) ([]Claim, error)    { return nil, nil }
func (needy) CarryOver(context.Context, bun.IDB, uuid.UUID, uuid.UUID) error { return nil }
func (needy) Blockers(context.Context, bun.IDB, int) ([]Blocker, error)      { return nil, nil }

func atOnce(fs ...func() error) []error {
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errs
}

// TestPlanAndCommitAtOnce lets either the commitment or the line below come, never both.
func TestPlanAndCommitAtOnce(t *testing.T) {
	o := open(t)
	for i := range 8 {
		l := o.line(t, 2026, nil, "R"+string(rune('A'+i)), StateBudget, 100)
		errs := atOnce(func() error { return o.commit(t, l, 10) }, func() error {
			_, err := o.svc.Plan(o.officer, PlanInput{Code: l.Code + ".1", NameVI: "a", NameEN: "b", Parent: l.ID})
			return err
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("commit = %v, plan = %v", errs[0], errs[1])
		}
		if errs[0] != nil && !errors.Is(errs[0], ErrHasLines) || errs[1] != nil && !errors.Is(errs[1], ErrHolds) {
			t.Errorf("refused with %v, %v", errs[0], errs[1])
		}
	}
}

func TestSponsorship(t *testing.T) {
	o := open(t)
	root := o.line(t, 2026, nil, "B", Sponsorship, 10)
	l := o.line(t, 2026, root, "B.1", "", 0)
	other := o.line(t, 2026, root, "B.2", "", 0)
	ns := o.line(t, 2026, nil, "A", StateBudget, 10)
	in := PledgeInput{Donor: "Công ty Kinh Bắc", Purpose: "vườn ươm", Restriction: "chỉ mua thiết bị", DocumentNo: "5/TT", DocumentOn: decided, Pledged: money.VND(500)}
	if _, err := o.svc.Pledge(o.officer, ns.ID, in); !errors.Is(err, ErrNotSponsored) {
		t.Errorf("on the State's line = %v", err)
	}
	if _, err := o.svc.Pledge(o.chief, l.ID, in); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("by the chief accountant = %v", err)
	}
	sp, err := o.svc.Pledge(o.officer, l.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.svc.Pledge(o.officer, l.ID, in); !errors.Is(err, ErrPledged) {
		t.Errorf("the same promise again = %v", err)
	}
	rec := ReceiptInput{Amount: money.VND(200), Account: "cash_treasury", Reference: "KB-1", ReceivedOn: calendar.On(2026, 3, 1)}
	later := rec
	later.ReceivedOn = calendar.On(2199, 1, 1)
	if _, err := o.svc.RecordReceipt(o.officer, sp.ID, later); err == nil {
		t.Error("money of the future is taken")
	}
	r, err := o.svc.RecordReceipt(o.officer, sp.ID, rec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.svc.RecordReceipt(o.officer, sp.ID, rec); !errors.Is(err, ErrReference) {
		t.Errorf("the same reference = %v", err)
	}
	wide := rec
	wide.Reference = " ｋｂ－１ "
	if _, err := o.svc.RecordReceipt(o.officer, sp.ID, wide); !errors.Is(err, ErrReference) {
		t.Errorf("the same reference in wide letters = %v", err)
	}
	is(t, "before it is confirmed", o.held(t, l).Authorised, 0)
	if err := o.svc.ConfirmReceipt(o.officer, r.ID); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the recorder confirms = %v", err)
	}
	errs := atOnce(func() error { return o.svc.ConfirmReceipt(o.chief, r.ID) }, func() error { return o.svc.ConfirmReceipt(o.chief, r.ID) })
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("confirmed twice = %v", errs)
	}
	is(t, "on the line", o.held(t, l).Available, 200)
	is(t, "root", o.held(t, root).Authorised, 210)
	cash, err := ledger.Balances(t.Context(), o.db, "ACTUAL", time.Time{})
	if err != nil || len(cash) != 2 {
		t.Fatalf("ACTUAL %+v, %v", cash, err)
	}
	if _, err := o.svc.Propose(o.officer, l.ID, ProposeInput{Kind: Transfer, Amount: money.VND(1), To: other.ID, Reason: "x"}); !errors.Is(err, ErrRestricted) {
		t.Errorf("restricted money is moved = %v", err)
	}
	rec.Reference = "KB-2"
	r, err = o.svc.RecordReceipt(o.officer, sp.ID, rec)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.svc.DeclineReceipt(o.chief, r.ID, " "); err == nil {
		t.Error("declined without a reason")
	}
	if err := o.svc.DeclineReceipt(o.chief, r.ID, "sai chứng từ"); err != nil {
		t.Fatal(err)
	}
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	w.Get(o.officer, "/budgets/2026/sponsorships").Status(200).Has("Công ty Kinh Bắc").Has("500").Has("300")
	w.Get(o.officer, "/sponsorships/"+sp.ID.String()).Status(200).Has("KB-1").Has("Ghi nhận tiền về")
	w.Get(o.chief, "/sponsorship-receipts/"+r.ID.String()).Status(200).Has("sai chứng từ")
	w.Get(o.officer, "/budgets/2026/sponsorships.csv").Status(200).Has("500")
	w.Post(o.officer, "/sponsorships/"+sp.ID.String()+"/receive", url.Values{"amount": {"0"}, "account": {"cash_bank"}, "reference": {"x"},
		"received_on": {"01/03/2026"}, "basis": {""}}).Status(422).Has("Nhập số tiền")
	o.proved(t)
}

// TestYearEnd closes 2025: money goes over with its commitment, the rest is cancelled, two people close and reopen.
func TestYearEnd(t *testing.T) {
	o := open(t)
	holder := accesstest.As(t, t.Context(), o.db, accesstest.Person{Roles: []access.Role{access.AccountHolder}})
	a := o.line(t, 2025, nil, "A", StateBudget, 1000)
	l := o.line(t, 2025, a, "A.1", "", 400)
	if err := o.commit(t, l, 300); err != nil {
		t.Fatal(err)
	}
	next := o.line(t, 2026, nil, "A", StateBudget, 50)
	to := o.line(t, 2026, next, "A.1", "", 50)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	w.Get(o.chief, "/budgets/2025/year-end").Status(200).Has("Điều 19 khoản 3").Has("Cam kết chưa chuyển nguồn").Has("Mở thời gian chỉnh lý").
		Has("31/12/2025").Has("Cần xác minh")
	if err := o.svc.StartAdjusting(o.officer, 2025); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the officer starts = %v", err)
	}
	if err := o.svc.StartAdjusting(o.chief, 2026); !errors.Is(err, ErrTooEarly) {
		t.Errorf("before the last day of spending = %v", err)
	}
	if err := o.svc.StartAdjusting(o.chief, 2025); err != nil {
		t.Fatal(err)
	}
	if err := o.svc.StartAdjusting(o.chief, 2025); !errors.Is(err, ErrStarted) {
		t.Errorf("twice = %v", err)
	}
	if err := o.commit(t, l, 1); err == nil {
		t.Error("an adjusting year takes a commitment")
	}
	if err := o.svc.CloseYear(holder, 2025); !errors.Is(err, ErrBlocked) {
		t.Errorf("with money open = %v", err)
	}
	if o.get(t, l.ID).Status != Open {
		t.Error("a refused close closed a line")
	}
	if _, err := o.svc.Propose(o.officer, l.ID, ProposeInput{Kind: CarryOver, To: l.ID, Reason: "x"}); !errors.Is(err, ErrNotNextYear) {
		t.Errorf("into the same year = %v", err)
	}
	if _, err := o.svc.Propose(o.officer, l.ID, ProposeInput{Kind: CarryOver, To: to.ID, Amount: money.VND(101), Reason: "x"}); !errors.Is(err, ledger.ErrInsufficient) {
		t.Errorf("more than is unused = %v", err)
	}
	o.do(t, l, ProposeInput{Kind: CarryOver, To: to.ID, Amount: money.VND(20)})
	is(t, "old year committed", o.held(t, l).Committed, 0)
	is(t, "old year out", o.held(t, l).Closing, 320)
	is(t, "new year committed", o.held(t, to).Committed, 300)
	is(t, "new year available", o.held(t, to).Available, 70)
	is(t, "new root", o.held(t, next).Authorised, 370)
	o.do(t, l, ProposeInput{Kind: Cancel})
	o.do(t, a, ProposeInput{Kind: Cancel})
	if _, err := o.svc.Propose(o.officer, a.ID, ProposeInput{Kind: Cancel, Reason: "x"}); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing left = %v", err)
	}
	left, err := o.svc.Blockers(t.Context(), 2025)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range left {
		if b.Code != "unsealed" {
			t.Errorf("still blocks: %+v", b)
		}
	}
	o.seal(t)
	if err := o.svc.CloseYear(o.chief, 2025); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("who started closes = %v", err)
	}
	if err := o.svc.CloseYear(holder, 2025); err != nil {
		t.Fatal(err)
	}
	if o.get(t, l.ID).Status != Closed {
		t.Error("the lines are not closed")
	}
	w.Get(holder, "/budgets/2025/year-end").Status(200).Has("Đã khóa")
	w.Get(o.chief, "/budgets/2026/trial-balance").Status(200).Has("Niêm phong").Has("2.140")
	w.Get(o.chief, "/budgets/2026/trial-balance.csv").Status(200).Has("available")
	if err := o.svc.ReopenYear(holder, 2025); !errors.Is(err, ErrNoReopen) {
		t.Errorf("nobody asked = %v", err)
	}
	if err := o.svc.AskReopen(o.chief, 2025, ""); err == nil {
		t.Error("asked without a reason")
	}
	if err := o.svc.AskReopen(o.chief, 2025, "sót chứng từ"); err != nil {
		t.Fatal(err)
	}
	if err := o.svc.ReopenYear(o.chief, 2025); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("who asked reopens = %v", err)
	}
	if err := o.svc.ReopenYear(holder, 2025); err != nil {
		t.Fatal(err)
	}
	if y, err := ledger.YearOf(t.Context(), o.db, "BUDGET", 2025); err != nil || y.State != ledger.YearAdjusting || o.get(t, l.ID).Status != Open {
		t.Errorf("reopened %+v, %v", y, err)
	}
	o.proved(t)
}

// TestCalendar counts the days of the law, with holidays.
func TestCalendar(t *testing.T) {
	o := open(t)
	days, err := Calendar(t.Context(), o.db, 2025, calendar.On(2025, 12, 29).Start())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range days {
		got[strings.TrimPrefix(d.Rule.ID, "budget.year_end.")] = d.Day.String()
		if d.Rule.Source() == "" {
			t.Errorf("%s has no source", d.Rule.ID)
		}
	}
	for id, want := range map[string]string{"papers_by": "2025-12-30", "last_spending": "2025-12-31", "adjusting_ends": "2026-01-31",
		"adjusting_papers": "2026-01-29", "reconcile_by": "2026-02-10", "advances_back_before": "2026-02-15", "treasury_reports_by": "2026-02-20"} {
		if got[id] != want {
			t.Errorf("%s = %s, want %s", id, got[id], want)
		}
	}
	if !days[2].Rule.Unverified() && !days[3].Rule.Unverified() {
		t.Error("the inferred day says that it was read")
	}
}
