package budget

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/document"
	"kinhbac/internal/money"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// office is a database with the service and the people of a budget.
type office struct {
	db                       *bun.DB
	acc                      *access.Access
	svc                      *Service
	officer, chief, officer2 context.Context
}

func open(t *testing.T) *office {
	db := dbtest.New(t)
	acc := accesstest.New(t)
	as := func(r access.Role) context.Context {
		return accesstest.As(t, t.Context(), db, accesstest.Person{Roles: []access.Role{r}})
	}
	return &office{db: db, acc: acc, svc: New(db, acc), officer: as(access.FinanceOfficer), chief: as(access.ChiefAccountant),
		officer2: as(access.FinanceOfficer)}
}

var decided = calendar.On(2025, 12, 12)

// root plans and approves a source with an amount.
func (o *office) root(t *testing.T, code string, amount int64) *Line {
	t.Helper()
	l, err := o.svc.Plan(o.officer, PlanInput{Year: 2026, Code: code, NameVI: "Ngân sách tỉnh", NameEN: "Provincial budget",
		SourceCode: StateBudget, Amount: money.VND(amount)})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.svc.Approve(o.chief, l.ID, l.Version, "2406/QĐ-UBND", decided); err != nil {
		t.Fatal(err)
	}
	return l
}

// child plans a line below p and gives it an amount.
func (o *office) child(t *testing.T, p *Line, code string, amount int64) *Line {
	t.Helper()
	l, err := o.svc.Plan(o.officer, PlanInput{Parent: p.ID, Code: code, NameVI: "Nhóm " + code, NameEN: "Group " + code,
		ProgrammeCode: "1", Amount: money.VND(amount)})
	if err != nil {
		t.Fatal(err)
	}
	a, err := o.svc.Propose(o.officer, l.ID, ProposeInput{Kind: Allocate, Amount: money.VND(amount), Reason: "kế hoạch năm"})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.svc.Decide(o.chief, a.ID, "15/QĐ-STC", decided); err != nil {
		t.Fatal(err)
	}
	return l
}

// seal puts what was posted under a signed head.
func (o *office) seal(t *testing.T) {
	t.Helper()
	signer, err := document.NewSigner(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	for left := 1; left > 0; { // the sealer waits for transactions of other tests on the same server
		if _, err := audit.Seal(t.Context(), o.db, signer); err != nil {
			t.Fatal(err)
		}
		if err := o.db.NewRaw(`SELECT count(*) FROM ledger.journals j WHERE NOT EXISTS (SELECT FROM seal_leaves s
			WHERE s.tree = 'ledger' AND s.row_id = j.id)`).Scan(t.Context(), &left); err != nil {
			t.Fatal(err)
		}
	}
}

func userOf(ctx context.Context) string { return access.From(ctx).ID.String() }
