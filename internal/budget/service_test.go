package budget

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

func TestFromPlanToCommitment(t *testing.T) {
	o := open(t)
	root := o.root(t, "NS", 1_000_000)
	group := o.child(t, root, "NS-1", 700_000)
	call := o.child(t, group, "NS-1-1", 500_000)
	leader := access.From(o.chief).ID

	in := CommitInput{Amount: money.VND(500_001), Approver: leader, DocumentNo: "29/2026/HĐ-ĐMST"}
	if _, err := o.svc.Commit(o.officer, call.ID, in); !errors.Is(err, ledger.ErrInsufficient) {
		t.Fatalf("one đồng over = %v", err)
	}
	in.Amount = money.VND(500_000)
	in.Approver = access.From(o.officer).ID
	if _, err := o.svc.Commit(o.officer, call.ID, in); !errors.Is(err, ledger.ErrSamePerson) {
		t.Fatalf("the signer commits = %v", err)
	}
	applicant := access.From(accesstest.As(t, t.Context(), o.db, accesstest.Person{Roles: []access.Role{access.Applicant}})).ID
	for _, nobody := range []uuid.UUID{uuid.Nil, uuid.New(), applicant, access.From(o.officer2).ID} {
		in.Approver = nobody
		if _, err := o.svc.Commit(o.officer, call.ID, in); !errors.Is(err, ErrSigner) {
			t.Fatalf("signed by %s = %v", nobody, err)
		}
	}
	in.Approver = leader
	if _, err := o.svc.Commit(o.officer, call.ID, CommitInput{Approver: leader}); errs.From(err).Kind != errs.Invalid {
		t.Fatalf("nothing committed = %v", err)
	}
	if _, err := o.svc.Commit(o.officer, group.ID, in); !errors.Is(err, ErrHasLines) {
		t.Fatalf("on a line with lines below = %v", err)
	}
	out, err := o.svc.Commit(o.officer, call.ID, in)
	if err != nil || !out.Available.IsZero() || !out.Committed.Equal(money.VND(500_000)) {
		t.Fatalf("all of it = %+v, %v", out, err)
	}

	tree, err := o.svc.Tree(o.officer, 2026)
	if err != nil || len(tree.Roots) != 1 {
		t.Fatalf("tree %+v, %v", tree, err)
	}
	top := tree.Roots[0]
	for _, c := range []struct {
		name string
		got  money.Amount
		want int64
	}{
		{"assigned", top.Sums.Authorised, 1_000_000}, {"allocated to leaves", top.Sums.Allocated, 500_000},
		{"committed", top.Sums.Committed, 500_000}, {"available of leaves", top.Sums.Available, 0},
		{"kept by the root", top.Kept(), 300_000}, {"kept by the group", top.Children[0].Kept(), 200_000},
	} {
		if !c.got.Equal(money.VND(c.want)) {
			t.Errorf("%s = %s, want %d", c.name, c.got, c.want)
		}
	}
	st, err := o.svc.Statement(o.officer, call.ID, "")
	if err != nil || len(st.Movements) != 2 || st.Movements[0].To != ledger.Committed || !st.Movements[0].Available.IsZero() ||
		st.Movements[0].Actor == "" {
		t.Fatalf("statement %+v, %v", st, err)
	}
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

// TestAmountChangedAlone finds a document that says another amount than it posted.
func TestAmountChangedAlone(t *testing.T) {
	o := open(t)
	o.root(t, "NS", 1_000_000)
	if _, err := dbtest.Owner(t, o.db).NewRaw("UPDATE budget_acts SET amount = amount + 1").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	checks, err := ledger.Verify(t.Context(), o.db, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Code == "ledger.check.documents" && !strings.HasPrefix(c.Break, "budget_act ") {
			t.Errorf("break %q", c.Break)
		}
	}
}

func TestWhoMayNot(t *testing.T) {
	o := open(t)
	plan := PlanInput{Year: 2026, Code: "NS", NameVI: "a", NameEN: "b", SourceCode: StateBudget, Amount: money.VND(10)}
	if _, err := o.svc.Plan(o.chief, plan); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the chief accountant plans = %v", err)
	}
	l, err := o.svc.Plan(o.officer, plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.svc.Approve(o.officer, l.ID, 1, "1/QĐ", decided); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the planner approves = %v", err)
	}
	applicant := accesstest.As(t, t.Context(), o.db, accesstest.Person{Roles: []access.Role{access.Applicant}})
	if _, err := o.svc.Statement(applicant, l.ID, ""); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("an applicant reads = %v", err)
	}
	if s, err := ledger.Line(t.Context(), o.db, l.ControlLine); err != nil || s.Version != 0 {
		t.Errorf("the line moved: %+v, %v", s, err)
	}
}

func TestWhatMustBeMended(t *testing.T) {
	o := open(t)
	ok := PlanInput{Year: 2026, Code: "NS", NameVI: "a", NameEN: "b", SourceCode: StateBudget, Amount: money.VND(10)}
	for _, c := range []struct {
		name string
		edit func(*PlanInput)
		want string
	}{
		{"year", func(p *PlanInput) { p.Year = 1999 }, "year"},
		{"code", func(p *PlanInput) { p.Code = "ns 1" }, "code"},
		{"name", func(p *PlanInput) { p.NameVI = " " }, "name_vi"},
		{"source", func(p *PlanInput) { p.SourceCode = "X" }, "source_code"},
		{"amount", func(p *PlanInput) { p.Amount = money.VND(0) }, "amount"},
	} {
		in := ok
		c.edit(&in)
		_, err := o.svc.Plan(o.officer, in)
		if e := errs.From(err); e.Kind != errs.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != c.want {
			t.Errorf("%s = %v", c.name, err)
		}
	}
	o.root(t, "NS", 10)
	if _, err := o.svc.Plan(o.officer, ok); !errors.Is(err, ErrTaken) {
		t.Errorf("the same code again = %v", err)
	}
}

func TestActs(t *testing.T) {
	o := open(t)
	root := o.root(t, "NS", 100)
	child := o.child(t, root, "NS-1", 60)
	propose := func(l *Line, k ActKind, amount int64) *Act {
		t.Helper()
		a, err := o.svc.Propose(o.officer, l.ID, ProposeInput{Kind: k, Amount: money.VND(amount), Reason: "điều chỉnh"})
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		return a
	}
	decide := func(a *Act) error { return o.svc.Decide(o.chief, a.ID, "9/QĐ", decided) }
	if err := decide(propose(child, Allocate, 41)); !errors.Is(err, ledger.ErrInsufficient) {
		t.Errorf("more than the parent has = %v", err)
	}
	cut := propose(child, Cut, 25)
	if err := decide(cut); err != nil {
		t.Fatal(err)
	}
	if err := decide(cut); !errors.Is(err, ErrDecided) {
		t.Errorf("twice = %v", err)
	}
	if err := decide(propose(root, Adjust, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.svc.Propose(o.officer, child.ID, ProposeInput{Kind: Adjust, Amount: money.VND(1), Reason: "x"}); !errors.Is(err, ErrNotLeaf) {
		t.Errorf("a child is adjusted = %v", err)
	}
	gone := propose(root, Cut, 1)
	if err := o.svc.Decline(o.chief, gone.ID, "chưa đủ căn cứ"); err != nil {
		t.Fatal(err)
	}
	r, _ := ledger.Line(t.Context(), o.db, root.ControlLine)
	c, _ := ledger.Line(t.Context(), o.db, child.ControlLine)
	if r.Available.Cmp(money.VND(70)) != 0 || r.Allocated.Cmp(money.VND(35)) != 0 || c.Authorised.Cmp(money.VND(35)) != 0 {
		t.Errorf("root %+v child %+v", r, c)
	}
}
