package fund_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/fund"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// nothing is a fund without a portfolio.
type nothing struct{}

func (nothing) Holdings(context.Context, bun.IDB, uuid.UUID, calendar.Date) ([]fund.Holding, error) {
	return nil, nil
}

func (nothing) Seen(_ context.Context, _ bun.IDB, ids []uuid.UUID) ([]uuid.UUID, error) {
	return ids, nil
}

func (nothing) Pipeline(context.Context, bun.IDB, uuid.UUID) ([]fund.Stage, error) { return nil, nil }

// house is a fund of 200 tỷ with its people, the State at most 49 %, on a budget line that holds 100 tỷ.
type house struct {
	*fund.Service
	t                                               *testing.T
	db                                              *bun.DB
	acc                                             *access.Access
	f                                               *fund.Fund
	line                                            *budget.Line
	finance, accountant, manager, board, leader, sa context.Context
}

const bn = 1_000_000_000

func build(t *testing.T) *house {
	db, acc := dbtest.New(t), accesstest.New(t)
	h := &house{Service: fund.New(db, acc, calendar.NewHolidays(nil), nothing{}), t: t, db: db, acc: acc}
	budgets := budget.New(db, acc)
	as := func(r access.Role, f uuid.UUID) context.Context {
		return accesstest.As(t, context.Background(), db, accesstest.Person{Roles: []access.Role{r}, Fund: f})
	}
	h.finance, h.accountant, h.leader, h.sa = as(access.FinanceOfficer, uuid.Nil), as(access.ChiefAccountant, uuid.Nil), as(access.ProvinceLeader, uuid.Nil), as(access.ProgrammeOfficer, uuid.Nil)
	var err error
	h.line, err = budgets.Plan(h.finance, budget.PlanInput{Year: today(t, db).Year(), Code: "DTPT", NameVI: "Đầu tư phát triển", NameEN: "Development investment",
		SourceCode: budget.StateBudget, Amount: money.VND(100 * bn)})
	h.must(err)
	h.must(budgets.Approve(h.accountant, h.line.ID, h.line.Version, "01/QĐ-UBND", today(t, db)))
	h.f, err = h.Create(h.sa, charter(h.line.ID))
	h.must(err)
	h.must(h.Approve(h.leader, h.f.ID, "02/QĐ-UBND", today(t, db)))
	h.f, err = fund.Get(context.Background(), db, h.f.ID)
	h.must(err)
	h.manager, h.board = as(access.FundManager, h.f.ID), as(access.InvestmentBoard, h.f.ID)
	return h
}

func charter(line uuid.UUID) fund.NewFund {
	return fund.NewFund{Code: "BN01", NameVI: "Quỹ đầu tư mạo hiểm tỉnh Bắc Ninh", NameEN: "Bắc Ninh Venture Fund", LegalForm: fund.JSC,
		CharterCapital: money.VND(200 * bn), StateCap: decimal.NewFromInt(49), LossCeiling: decimal.NewFromInt(50), CycleYears: 10, BudgetLineID: line}
}

func today(t *testing.T, db *bun.DB) (d calendar.Date) {
	if err := db.NewRaw("SELECT (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date").Scan(context.Background(), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// record writes an entry of an investor by name, new ones included, and gives its id.
func (h *house) record(name string, class fund.Class, kind fund.EntryKind, amount money.Amount, document string) uuid.UUID {
	h.t.Helper()
	in := fund.NewEntry{Name: name, Class: class, Kind: kind, Amount: amount, DocumentNo: document, DocumentOn: today(h.t, h.db)}
	f, err := fund.Get(context.Background(), h.db, h.f.ID)
	h.must(err)
	for _, i := range f.Investors {
		if i.Name == name {
			in.Investor = i.ID
		}
	}
	e, err := h.Record(h.finance, h.f.ID, in)
	h.must(err)
	return e.ID
}

func (h *house) approved(name string, class fund.Class, kind fund.EntryKind, amount money.Amount, document string) {
	h.t.Helper()
	h.must(h.ApproveEntry(h.accountant, h.record(name, class, kind, amount, document)))
}

// founded commits 102 tỷ of two private investors and 98 tỷ of the State: 49 % exactly.
func founded(t *testing.T) *house {
	h := build(t)
	h.approved("Kinh Bắc Hà", fund.Private, fund.Commitment, money.VND(60*bn), "HĐ-01")
	h.approved("Sông Cầu", fund.Private, fund.Commitment, money.VND(42*bn), "HĐ-02")
	h.approved("Ngân sách tỉnh", fund.State, fund.Commitment, money.VND(98*bn), "HĐ-03")
	return h
}

func (h *house) lineState() ledger.State {
	h.t.Helper()
	st, err := ledger.Line(context.Background(), h.db, h.line.ControlLine)
	h.must(err)
	return st
}

func TestCharterRefusals(t *testing.T) {
	h := build(t)
	for name, edit := range map[string]func(*fund.NewFund){
		"no state share given":   func(c *fund.NewFund) { c.StateCap = decimal.Zero },
		"a state share over 100": func(c *fund.NewFund) { c.StateCap = decimal.RequireFromString("100.01") },
		"three decimals":         func(c *fund.NewFund) { c.StateCap = decimal.RequireFromString("49.001") },
		"losses over 50 %":       func(c *fund.NewFund) { c.LossCeiling = decimal.RequireFromString("50.01") },
		"a cycle of 11 years":    func(c *fund.NewFund) { c.CycleYears = 11 },
		"no capital":             func(c *fund.NewFund) { c.CharterCapital = money.VND(0) },
		"no such budget line":    func(c *fund.NewFund) { c.BudgetLineID = uuid.New() },
		"a code that is taken":   func(c *fund.NewFund) { c.Code = "bn01" },
	} {
		in := charter(h.line.ID)
		in.Code = "BN02"
		edit(&in)
		if _, err := h.Create(h.sa, in); errs.From(err).Kind != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := charter(h.line.ID)
	in.Code = "BN03"
	f, err := h.Create(h.sa, in)
	h.must(err)
	both := access.From(h.sa)
	both.Grants = append(both.Grants, access.Grant{Role: access.ProvinceLeader, Unit: access.UnitProvince})
	if err := h.Approve(access.With(h.sa, both), f.ID, "04/QĐ-UBND", today(t, h.db)); !errors.Is(err, access.ErrNotMaker) { // not as if it were not there
		t.Errorf("approved by who drafted it: %v", err)
	}
	if err := h.Approve(h.leader, h.f.ID, "03/QĐ-UBND", today(t, h.db)); !errors.Is(err, fund.ErrNotDraft) {
		t.Errorf("approved twice: %v", err)
	}
}

func TestStateShareCommitted(t *testing.T) {
	h := build(t)
	h.approved("Kinh Bắc Hà", fund.Private, fund.Commitment, money.VND(102*bn-51), "HĐ-01")
	over := h.record("Ngân sách tỉnh", fund.State, fund.Commitment, money.VND(98*bn-48), "HĐ-02")
	if err := h.ApproveEntry(h.accountant, over); !errors.Is(err, fund.ErrStateShare) {
		t.Fatalf("one đồng above 49 %%: %v", err)
	}
	if st := h.lineState(); !st.Committed.IsZero() {
		t.Errorf("a refused commitment moved the budget line: %+v", st)
	}
	h.approved("Ngân sách tỉnh", fund.State, fund.Commitment, money.VND(98*bn-49), "HĐ-03")
	if st := h.lineState(); !st.Committed.Equal(money.VND(98*bn - 49)) {
		t.Errorf("the line has %s committed", st.Committed)
	}
	over = h.record("Kinh Bắc Hà", fund.Private, fund.Commitment, money.VND(101), "HĐ-04")
	if err := h.ApproveEntry(h.accountant, over); !errors.Is(err, fund.ErrOverCharter) {
		t.Errorf("one đồng above the charter capital: %v", err)
	}
	h.approved("Kinh Bắc Hà", fund.Private, fund.Commitment, money.VND(100), "HĐ-05")
}

func TestStateSharePaid(t *testing.T) {
	h := founded(t)
	first := h.record("Ngân sách tỉnh", fund.State, fund.Contribution, money.VND(1), "BC-01")
	if err := h.ApproveEntry(h.accountant, first); !errors.Is(err, fund.ErrStateShare) {
		t.Errorf("the State may not pay first: %v", err)
	}
	h.approved("Kinh Bắc Hà", fund.Private, fund.Contribution, money.VND(51*bn), "BC-02")
	over := h.record("Ngân sách tỉnh", fund.State, fund.Contribution, money.VND(49*bn+1), "BC-03")
	err := h.ApproveEntry(h.accountant, over)
	if !errors.Is(err, fund.ErrStateShare) || errs.From(err).Rule == nil || !errs.From(err).Rule.Unverified {
		t.Fatalf("one đồng above 49 %% of what is paid: %v", err)
	}
	h.approved("Ngân sách tỉnh", fund.State, fund.Contribution, money.VND(49*bn), "BC-04")
	if st := h.lineState(); !st.Disbursed.Equal(money.VND(49*bn)) || !st.Committed.Equal(money.VND(49*bn)) || !st.Requested.IsZero() {
		t.Errorf("the line has %s disbursed and %s committed", st.Disbursed, st.Committed)
	}
	p, err := fund.PositionOn(context.Background(), h.db, h.f, calendar.Date{})
	h.must(err)
	if !p.NAV.Equal(money.VND(100*bn)) || !p.Cash.Equal(p.NAV) {
		t.Errorf("the book has NAV %s, cash %s", p.NAV, p.Cash)
	}
	bs, err := ledger.Balances(context.Background(), h.db, "ACTUAL", time.Time{})
	h.must(err)
	stake := money.VND(0)
	for _, b := range bs {
		if b.Account == "fund_contribution" {
			stake = stake.Add(b.Amount)
		}
	}
	if !stake.Equal(money.VND(49 * bn)) {
		t.Errorf("ACTUAL shows a stake of %s", stake)
	}
}

func TestContributionWithinCommitment(t *testing.T) {
	h := founded(t)
	h.approved("Kinh Bắc Hà", fund.Private, fund.Contribution, money.VND(60*bn), "BC-01")
	over := h.record("Kinh Bắc Hà", fund.Private, fund.Contribution, money.VND(1), "BC-02")
	if err := h.ApproveEntry(h.accountant, over); !errors.Is(err, fund.ErrOverCommitment) {
		t.Errorf("one đồng above the commitment: %v", err)
	}
}

func TestCapitalIsCheckedByAnother(t *testing.T) {
	h := build(t)
	both := accesstest.As(t, context.Background(), h.db, accesstest.Person{Roles: []access.Role{access.FinanceOfficer}})
	e, err := h.Record(both, h.f.ID, fund.NewEntry{Name: "A", Class: fund.Private, Kind: fund.Commitment, Amount: money.VND(5), DocumentNo: "1", DocumentOn: today(t, h.db)})
	h.must(err)
	s := access.From(both)
	s.Grants = append(s.Grants, access.Grant{Role: access.ChiefAccountant, Unit: access.UnitFinance})
	if err := h.ApproveEntry(access.With(both, s), e.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("who recorded it approved it: %v", err)
	}
	if err := h.ApproveEntry(h.finance, e.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a finance officer approved it: %v", err)
	}
	if _, err := h.Record(h.manager, h.f.ID, fund.NewEntry{}); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a manager recorded capital: %v", err)
	}
	stranger := accesstest.As(t, context.Background(), h.db, accesstest.Person{Roles: []access.Role{access.FundManager}, Fund: uuid.New()})
	if _, err := h.DraftCall(stranger, h.f.ID, fund.NewCall{}); !errors.Is(err, errs.ErrNotFound) && errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a manager of another fund drafted a call: %v", err)
	}
	h.must(h.ApproveEntry(h.accountant, e.ID))
	if err := h.ApproveEntry(h.accountant, e.ID); err == nil {
		t.Error("approved twice")
	}
	if _, err := h.Record(h.finance, h.f.ID, fund.NewEntry{Investor: e.InvestorID, Kind: fund.Commitment, Amount: money.VND(5), DocumentNo: "1", DocumentOn: today(t, h.db)}); !errors.Is(err, fund.ErrDocumentTaken) {
		t.Errorf("the same document twice: %v", err)
	}
}

// Two commitments of the State that fit alone but not together: exactly one passes.
func TestStateShareTwoAtOnce(t *testing.T) {
	h := build(t)
	h.approved("Kinh Bắc Hà", fund.Private, fund.Commitment, money.VND(51*bn), "HĐ-0")
	h.approved("Ngân sách tỉnh", fund.State, fund.Commitment, money.VND(9*bn), "HĐ-1")
	for round := range 10 {
		a := h.record("Ngân sách tỉnh", fund.State, fund.Commitment, money.VND(30*bn), "A"+string(rune('0'+round)))
		b := h.record("Ngân sách tỉnh", fund.State, fund.Commitment, money.VND(30*bn), "B"+string(rune('0'+round)))
		var wg sync.WaitGroup
		out := make([]error, 2)
		for i, id := range []uuid.UUID{a, b} {
			wg.Go(func() { out[i] = h.ApproveEntry(h.accountant, id) })
		}
		wg.Wait()
		passed := 0
		for _, err := range out {
			if err == nil {
				passed++
			} else if !errors.Is(err, fund.ErrStateShare) {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		if want := map[bool]int{true: 1, false: 0}[round == 0]; passed != want {
			t.Fatalf("round %d: %d passed", round, passed)
		}
	}
}

// The CHECK stands behind the statement: hand-written SQL cannot pass the cap either.
func TestStateShareIsHeldByTheDatabase(t *testing.T) {
	h := founded(t)
	if _, err := h.db.NewRaw("UPDATE fund_capitals SET state = state + 1 WHERE fund_id = ? AND side = 'committed'", h.f.ID).Exec(context.Background()); err == nil {
		t.Error("the State's part was raised by one đồng past the cap")
	}
	if _, err := h.db.NewRaw("DELETE FROM fund_flows").Exec(context.Background()); err == nil {
		t.Error("flows can be deleted")
	}
}
