package investment_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/fund"
	"kinhbac/internal/investment"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/web/webtest"
)

// agrees says that the fund's page, its book and its flows tell the same: NAV = cash + fair values.
func (h *house) agrees() *fund.Overview {
	h.t.Helper()
	got, err := h.funds.Show(h.board[0], "BN01")
	h.must(err)
	p, err := fund.PositionOn(context.Background(), h.db, h.f, calendar.Date{})
	h.must(err)
	flows, err := fund.Flows(context.Background(), h.db, h.f.ID, calendar.Date{})
	h.must(err)
	want := money.VND(0)
	for _, f := range flows {
		if f.Kind == fund.FlowContribution || f.Kind == fund.FlowProceeds {
			want = want.Add(f.Amount)
		} else {
			want = want.Sub(f.Amount)
		}
	}
	cost := money.VND(0)
	for _, hd := range got.Overview.Holdings {
		want, cost = want.Add(hd.Fair), cost.Add(hd.Cost)
	}
	if !p.NAV.Equal(want) || !got.Overview.Metrics.NAV.Equal(want) || !p.Cost.Equal(cost) {
		h.t.Errorf("NAV: book %s, page %s, cash and fair values %s; cost %s and %s", p.NAV, got.Overview.Metrics.NAV, want, p.Cost, cost)
	}
	sum := got.Overview.Bridge.Open
	for _, l := range got.Overview.Bridge.Lines {
		sum = sum.Add(l.Amount)
	}
	if !sum.Equal(got.Overview.Bridge.Close) {
		h.t.Errorf("the bridge ends at %s, NAV was %s", sum, got.Overview.Bridge.Close)
	}
	return got.Overview
}

func (h *house) status(d *investment.Deal) investment.Status {
	h.t.Helper()
	got, err := investment.Get(context.Background(), h.db, d.ID)
	h.must(err)
	return got.Status
}

func TestDealToValuation(t *testing.T) {
	h := build(t)
	holding := h.held(1, money.VND(15*bn))
	o := h.agrees()
	if !o.Metrics.NAV.Equal(money.VND(40*bn)) || len(o.Holdings) != 1 || o.Holdings[0].Watch() != "new" {
		t.Errorf("an investment at cost changes no NAV: %+v", o.Metrics)
	}
	h.valued(holding, money.VND(22*bn))
	o = h.agrees()
	if !o.Metrics.NAV.Equal(money.VND(47*bn)) || o.Metrics.TVPI.String() != "1.18" || !o.Holdings[0].Fair.Equal(money.VND(22*bn)) || o.Loss.Level != 0 {
		t.Errorf("after a gain of 7 tỷ: %+v, loss %+v", o.Metrics, o.Loss)
	}
	// A second tranche after the quarter counts at cost until it is valued.
	d := h.contracted(2, money.VND(5*bn))
	tr, err := h.Record(h.manager, d.ID, investment.NewTranche{Amount: money.VND(5 * bn), PaidOn: h.today, Reference: "UNC-2"})
	h.must(err)
	h.must(h.Confirm(h.accountant, tr.ID))
	h.agrees()
}

func TestBoardVotesItDown(t *testing.T) {
	h := build(t)
	d := h.recommended(1, money.VND(5*bn))
	if err := h.Approve(h.board[0], d.ID); errs.From(err).Kind != errs.Conflict && errs.From(err).Kind != errs.Forbidden {
		t.Errorf("approved before the vote: %v", err)
	}
	h.vote(false, d)
	if s := h.status(d); s != investment.Rejected {
		t.Errorf("voted down, the deal is %s", s)
	}
	if err := h.Approve(h.board[0], d.ID); err == nil {
		t.Error("a deal that was voted down was approved")
	}
}

func TestDealLimit(t *testing.T) {
	h := build(t)
	h.exec("UPDATE rule_values SET value = '5000000000' WHERE rule_id = 'deal.limit'")
	at, over := h.recommended(1, money.VND(5*bn)), h.recommended(2, money.VND(5*bn+1))
	h.vote(true, at, over)
	err := h.Approve(h.board[0], over.ID)
	if !errors.Is(err, investment.ErrLimit) || errs.From(err).Rule == nil {
		t.Errorf("one đồng above the limit: %v", err)
	}
	h.must(h.Approve(h.board[0], at.ID))
	h.exec("UPDATE rule_values SET status = 'refused', since_version = NULL, proposed_by = (SELECT min(id::text)::uuid FROM users), decided_by = (SELECT max(id::text)::uuid FROM users) WHERE rule_id = 'deal.limit'")
	if err := h.Approve(h.board[0], over.ID); !errors.Is(err, rulebook.ErrNoRule) {
		t.Errorf("without a limit: %v", err)
	}
}

func TestInvesteeCap(t *testing.T) {
	h := build(t) // 10 % of 200 tỷ
	at, over := h.recommended(1, money.VND(20*bn)), h.recommended(2, money.VND(20*bn+1))
	h.vote(true, at, over)
	h.must(h.Approve(h.board[0], at.ID))
	if err := h.Approve(h.board[0], over.ID); !errors.Is(err, investment.ErrInvesteeCap) {
		t.Errorf("one đồng above the cap of one firm: %v", err)
	}
	if s := h.status(over); s != investment.Voted {
		t.Errorf("a refused deal became %s", s)
	}
}

func TestDealIsCheckedByOthers(t *testing.T) {
	h := build(t)
	lend := func(ctx context.Context, r access.Role) context.Context {
		s := access.From(ctx)
		s.Grants = append(append([]access.Grant{}, s.Grants...), access.Grant{Role: r, Fund: h.f.ID})
		return access.With(ctx, s)
	}
	d := h.sourced(1, money.VND(5*bn))
	if err := h.Recommend(h.manager, d.ID, "x"); !errors.Is(err, investment.ErrMove) {
		t.Errorf("recommended before the due diligence: %v", err)
	}
	if err := h.Screen(h.manager, d.ID, "x", true); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a manager screened: %v", err)
	}
	h.must(h.Screen(h.analyst, d.ID, "x", true))
	h.must(h.Examine(h.analyst, d.ID, "x"))
	if err := h.Recommend(lend(h.analyst, access.FundManager), d.ID, "x"); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("who sourced it recommended it: %v", err)
	}
	h.must(h.Recommend(h.manager, d.ID, "x"))
	h.vote(true, d)
	if err := h.Approve(h.board[1], d.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a member approved for the chair: %v", err)
	}
	h.must(h.Approve(h.board[0], d.ID))
	if _, err := h.Record(h.manager, d.ID, investment.NewTranche{}); !errors.Is(err, investment.ErrMove) {
		t.Errorf("a tranche without a contract: %v", err)
	}
	h.must(h.Contract(h.manager, d.ID, "01/HĐ", h.paid))
	tr, err := h.Record(h.manager, d.ID, investment.NewTranche{Amount: money.VND(5 * bn), PaidOn: h.paid, Reference: "A"})
	h.must(err)
	s := access.From(h.manager)
	s.Grants = append(append([]access.Grant{}, s.Grants...), access.Grant{Role: access.ChiefAccountant, Unit: access.UnitFinance})
	if err := h.Confirm(access.With(h.manager, s), tr.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("who recorded it confirmed it: %v", err)
	}
	if err := h.Confirm(h.finance, tr.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a finance officer confirmed it: %v", err)
	}
	h.must(h.Confirm(h.accountant, tr.ID))
	if err := h.Confirm(h.accountant, tr.ID); !errors.Is(err, investment.ErrConfirmed) {
		t.Errorf("confirmed twice: %v", err)
	}
}

func TestTrancheRefusals(t *testing.T) {
	h := build(t)
	d := h.contracted(1, money.VND(10*bn))
	in := investment.NewTranche{Amount: money.VND(4 * bn), PaidOn: h.paid, Reference: "A"}
	first, err := h.Record(h.manager, d.ID, in)
	h.must(err)
	if _, err := h.Record(h.manager, d.ID, in); !errors.Is(err, investment.ErrReferenceTaken) {
		t.Errorf("the same payment twice: %v", err)
	}
	in.Reference, in.Amount = "B", money.VND(6*bn+1)
	if _, err := h.Record(h.manager, d.ID, in); !errors.Is(err, investment.ErrOverDeal) {
		t.Errorf("one đồng above the deal: %v", err)
	}
	in.Amount = money.VND(6 * bn)
	second, err := h.Record(h.manager, d.ID, in)
	h.must(err)
	h.must(h.Confirm(h.accountant, first.ID))
	var holding uuid.UUID
	h.must(h.db.NewRaw("SELECT id FROM holdings").Scan(context.Background(), &holding))
	h.valued(holding, money.VND(4*bn))
	if err := h.Confirm(h.accountant, second.ID); !errors.Is(err, investment.ErrQuarterLocked) {
		t.Errorf("a payment inside a locked quarter: %v", err)
	}
}

// Two payments that the fund's cash covers alone but not together: exactly one passes.
func TestCashTwoAtOnce(t *testing.T) {
	h := build(t) // 40 tỷ of cash
	deals := []*investment.Deal{h.contracted(1, money.VND(20*bn)), h.contracted(2, money.VND(20*bn)), h.contracted(3, money.VND(20*bn))}
	var ids []uuid.UUID
	for i, d := range deals {
		tr, err := h.Record(h.manager, d.ID, investment.NewTranche{Amount: money.VND(20 * bn), PaidOn: h.today, Reference: string(rune('A' + i))})
		h.must(err)
		ids = append(ids, tr.ID)
	}
	h.must(h.Confirm(h.accountant, ids[0]))
	h.must(h.Confirm(h.accountant, ids[1]))
	if err := h.Confirm(h.accountant, ids[2]); !errors.Is(err, investment.ErrNoCash) {
		t.Errorf("one đồng more than the cash: %v", err)
	}
	h.capital("Sông Cầu", money.VND(20*bn))
	var wg sync.WaitGroup
	out := make([]error, 2)
	for i := range out {
		wg.Go(func() { out[i] = h.Confirm(h.accountant, ids[2]) })
	}
	wg.Wait()
	if (out[0] == nil) == (out[1] == nil) {
		t.Errorf("the same payment confirmed twice at once: %v, %v", out[0], out[1])
	}
	h.agrees()
}

func TestValuationRefusals(t *testing.T) {
	h := build(t)
	holding := h.held(1, money.VND(10*bn))
	in := investment.NewValuation{QuarterEnd: h.quarter, Method: "multiples", Inputs: "x", Fair: money.VND(11 * bn)}
	for name, c := range map[string]struct {
		edit func(*investment.NewValuation)
		want error
	}{
		"a day inside a quarter":   {func(v *investment.NewValuation) { v.QuarterEnd = h.quarter.AddDays(-1) }, nil},
		"a quarter that runs":      {func(v *investment.NewValuation) { v.QuarterEnd = fund.QuarterEnd(h.today.AddDays(1)) }, nil},
		"before anything was held": {func(v *investment.NewValuation) { v.QuarterEnd = fund.QuarterEnd(h.paid.AddDays(-120)) }, investment.ErrNotHeld},
		"no inputs":                {func(v *investment.NewValuation) { v.Inputs = "" }, nil},
		"an unknown method":        {func(v *investment.NewValuation) { v.Method = "guess" }, nil},
	} {
		v := in
		c.edit(&v)
		if _, err := h.Propose(h.analyst, holding, v); c.want != nil && !errors.Is(err, c.want) || c.want == nil && errs.From(err).Kind != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	v, err := h.Propose(h.analyst, holding, in)
	h.must(err)
	if _, err := h.Propose(h.analyst, holding, in); !errors.Is(err, investment.ErrQuarterTaken) {
		t.Errorf("two valuations of a quarter: %v", err)
	}
	if err := h.LockValuation(h.accountant, v.ID); err == nil {
		t.Error("locked before the board approved")
	}
	if err := h.ApproveValuation(h.manager, v.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a manager approved: %v", err)
	}
	s := access.From(h.analyst)
	s.Grants = append(append([]access.Grant{}, s.Grants...), access.Grant{Role: access.InvestmentBoard, Fund: h.f.ID})
	if err := h.ApproveValuation(access.With(h.analyst, s), v.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("who proposed it approved it: %v", err)
	}
	h.must(h.ApproveValuation(h.board[0], v.ID))
	if err := h.LockValuation(h.board[0], v.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("the board locked: %v", err)
	}
	h.must(h.LockValuation(h.accountant, v.ID))
	if err := h.LockValuation(h.accountant, v.ID); err == nil {
		t.Error("locked twice")
	}
	if _, err := h.Propose(h.analyst, holding, in); !errors.Is(err, investment.ErrQuarterOrder) {
		t.Errorf("a quarter that is locked: %v", err)
	}
}

func TestLossMeter(t *testing.T) {
	h := build(t)
	h.capital("Sông Cầu", money.VND(80*bn))
	for n := 1; n <= 5; n++ { // 20 tỷ each; the ceiling is 100 tỷ
		h.valued(h.held(n, money.VND(20*bn)), money.VND(0))
		o := h.agrees()
		want := map[int]int{1: 0, 2: 0, 3: 30, 4: 40, 5: 50}[n]
		if o.Loss.Level != want || o.Loss.Over != (n == 5) {
			t.Errorf("%d firms written off: level %d over %v, want %d", n, o.Loss.Level, o.Loss.Over, want)
		}
	}
	d := h.recommended(6, money.VND(bn))
	h.vote(true, d)
	if err := h.Approve(h.board[0], d.ID); !errors.Is(err, investment.ErrLossCeiling) {
		t.Errorf("a deal after the ceiling: %v", err)
	}
	st, err := ledger.Line(context.Background(), h.db, h.f.LossLine)
	h.must(err)
	if !st.Reserved.Equal(money.VND(100 * bn)) {
		t.Errorf("the meter stands at %s", st.Reserved)
	}
}

// Scaling every amount scales the outputs: multiples stay, amounts grow with the unit.
func TestScaling(t *testing.T) {
	var seen []*fund.Overview
	for _, unit := range []int64{1_000, bn / 10} {
		h := build(t)
		h.valued(h.held(1, money.VND(15*unit)), money.VND(21*unit))
		seen = append(seen, h.agrees())
	}
	small, big := seen[0].Holdings[0], seen[1].Holdings[0]
	if !small.Multiple().Equal(*big.Multiple()) || !small.Fair.Times(bn/10/1_000).Equal(big.Fair) {
		t.Errorf("%+v and %+v", small, big)
	}
}

func TestPages(t *testing.T) {
	h := build(t)
	w := webtest.New(t, h.db, h.acc, h.Service.Routes, h.funds.Routes)
	d := h.sourced(1, money.VND(5*bn))
	deal := "/fund/deals/" + d.ID.String()
	w.Get(h.analyst, "/fund/pipeline").Status(200).Has(d.Code)
	w.Get(h.analyst, "/fund/pipeline?status=voted").Status(200)
	w.Get(h.analyst, "/fund/pipeline?q=GaN&sort=-amount").Status(200).Has(d.Code)
	w.Get(h.analyst, "/fund/pipeline.csv").Status(200).Has(d.Code)
	w.Get(h.finance, "/fund/pipeline").Status(403)
	w.Get(h.analyst, deal).Status(200).Has("Ghi kết quả sàng lọc")
	w.Post(h.analyst, "/fund/deals/create", url.Values{"fund": {h.f.ID.String()}, "tax_code": {"123"}, "title": {"x"}, "round": {"Seed"}, "instrument": {"safe"},
		"amount": {"1"}, "summary": {"x"}}).Status(422).Has("Nhập mã số thuế")
	w.Post(h.analyst, deal+"/screen", url.Values{"screening": {"Đạt"}, "pass": {"true"}}).Location(deal)
	w.Post(h.analyst, deal+"/diligence", url.Values{"findings": {"Đủ"}}).Location(deal)
	w.Post(h.manager, deal+"/recommend", url.Values{"terms": {"Ưu đãi"}}).Location(deal)
	h.vote(true, d)
	w.Get(h.board[0], deal).Status(200).Has("Phê duyệt")
	w.Post(h.board[0], deal+"/approve", nil).Location(deal)
	w.Post(h.manager, deal+"/contract", url.Values{"contract_no": {"01/HĐ"}, "contract_on": {h.paid.Format()}}).Location(deal)
	w.Post(h.manager, deal+"/record", url.Values{"amount": {"5.000.000.000"}, "shares": {"0"}, "price": {"0"}, "round_total": {"0"}, "ownership": {"12,5"},
		"paid_on": {h.paid.Format()}, "reference": {"UNC-1"}}).Location(deal)
	var tranche, holding, valuation uuid.UUID
	h.must(h.db.NewRaw("SELECT id FROM investments").Scan(context.Background(), &tranche))
	w.Post(h.accountant, deal+"/tranches/"+tranche.String()+"/confirm", nil).Location("/fund/investments")
	h.must(h.db.NewRaw("SELECT id FROM holdings").Scan(context.Background(), &holding))
	page := "/fund/investments/" + holding.String()
	w.Post(h.analyst, page+"/propose-valuation", url.Values{"quarter_end": {h.quarter.Format()}, "method": {"multiples"}, "inputs": {"Doanh thu"}, "fair": {"6.500.000.000"}}).Location(page)
	h.must(h.db.NewRaw("SELECT id FROM valuations").Scan(context.Background(), &valuation))
	list := "/fund/valuations"
	w.Get(h.board[0], list).Status(200)
	q := list + "/" + h.name()
	w.Get(h.board[0], q).Status(200).Has("Phê duyệt").Has("1.500.000.000")
	w.Get(h.board[0], q+"?status=locked&sort=-change").Status(200).Lacks("1.500.000.000")
	w.Get(h.board[0], q+"/table.csv").Status(200).Has("1500000000")
	w.Post(h.board[0], q+"/"+valuation.String()+"/approve", nil).Location(q)
	w.Post(h.accountant, q+"/"+valuation.String()+"/lock", nil).Location(q)
	w.Get(h.manager, list+"/2026-Q5").Status(404)
	w.Get(h.manager, page).Status(200).Has("Các vòng").Lacks("UNC-1")
	w.Get(h.manager, page+"?tab=capital").Status(200).Has("Số cổ phần", "12,5%")
	w.Get(h.manager, page+"?tab=rights").Status(200).Has("01/HĐ", "Ưu đãi")
	w.Get(h.manager, page+"?tab=log").Status(200).Has("UNC-1", "Khóa định giá", "6.500.000.000")
	w.Get(h.manager, "/fund/investments").Status(200).Has("Công ty Cổ phần")
	w.Get(h.manager, "/fund/investments.csv").Status(200).Has("6500000000")
	w.Get(h.manager, page).Status(200).Has("Giá trị khoản đầu tư").Has("Bậc thang")
	w.Get(h.manager, "/fund/BN01").Status(200).Has("Đường cong chữ J").Has("6,50")
	w.API(h.analyst, "GET", "/fund/pipeline", nil, nil).Status(200).Has(d.Code)
	w.API(h.manager, "GET", "/fund/investments", nil, nil).Status(200).Has(`"fair":"6500000000"`)
	w.API(context.Background(), "GET", "/investments", nil, nil).Status(200).Has("Công ty Cổ phần")
	w.Get(context.Background(), "/investments").Status(200).Has("Công ty Cổ phần")
	w.Get(h.person(uuid.New(), access.FundManager), deal).Status(404)
	w.Get(h.person(uuid.New(), access.FundManager), page).Status(404)
}

// TestConflictWithADealReachesWhatCameOfIt: the holding, its valuations and the rows of the fund are gone for a person
// in conflict with the deal alone, in every form they are read in; another person of the same role keeps them.
func TestConflictWithADealReachesWhatCameOfIt(t *testing.T) {
	h := build(t)
	w := webtest.New(t, h.db, h.acc, h.Service.Routes, h.funds.Routes)
	holding := h.held(1, money.VND(5*bn))
	var deal uuid.UUID
	h.must(h.db.NewRaw("SELECT deal_id FROM investments WHERE holding_id = ?", holding).Scan(t.Context(), &deal))
	page, quarter := "/fund/investments/"+holding.String(), "/fund/valuations/"+h.name()
	h.valued(holding, money.VND(6_500_000_000))
	const name, value = "2400000015", "6500000000"
	look := func(who context.Context, shown bool) {
		t.Helper()
		status := map[bool]int{true: 200, false: 404}[shown]
		w.Get(who, page).Status(status)
		w.Get(who, quarter).Status(status) // of one valuation
		for _, path := range []string{"/fund/investments", "/fund/investments.csv", "/fund/BN01", "/fund/BN01/holdings.csv", quarter + "/table.csv"} {
			if got := w.Get(who, path).Status(200); shown {
				got.Has(name)
			} else {
				got.Lacks(name, value, "6.500.000.000", holding.String())
			}
		}
		if got := w.API(who, "GET", "/fund/investments", nil, nil).Status(200); shown {
			got.Has(name)
		} else {
			got.Lacks(name)
		}
	}
	for _, role := range []access.Role{access.FundManager, access.InvestmentBoard, access.FinanceOfficer} {
		f := h.f.ID
		if role == access.FinanceOfficer {
			f = uuid.Nil // of the unit
		}
		free, tied := h.person(f, role), h.person(f, role)
		look(free, true)
		look(tied, true)
		h.must(access.AddTie(t.Context(), h.db, access.Tie{Kind: "conflict", Who: access.From(tied).ID, Object: access.Ref{Kind: "deal", ID: deal}, Reason: "người thân"}))
		look(tied, false)
		look(free, true)
	}
}

func (h *house) name() string {
	return fmt.Sprintf("%d-Q%d", h.quarter.Year(), h.quarter.Month()/3)
}

func TestTasks(t *testing.T) {
	h := build(t)
	tasks := func(ctx context.Context, n int, what string) {
		t.Helper()
		got, err := h.Tasks(ctx)
		h.must(err)
		if len(got) != n {
			t.Errorf("%s: %d tasks, want %d: %+v", what, len(got), n, got)
		}
	}
	d := h.sourced(1, money.VND(5*bn))
	tasks(h.analyst, 1, "to screen")
	h.must(h.Screen(h.analyst, d.ID, "x", true))
	h.must(h.Examine(h.analyst, d.ID, "x"))
	tasks(h.analyst, 0, "examined")
	tasks(h.manager, 1, "to recommend")
	h.must(h.Recommend(h.manager, d.ID, "x"))
	h.vote(true, d)
	tasks(h.board[0], 1, "to approve")
	tasks(h.board[1], 0, "a member approves nothing")
	h.must(h.Approve(h.board[0], d.ID))
	tasks(h.manager, 1, "to contract")
	h.must(h.Contract(h.manager, d.ID, "1", h.paid))
	tasks(h.manager, 1, "to record")
	tr, err := h.Record(h.manager, d.ID, investment.NewTranche{Amount: money.VND(5 * bn), PaidOn: h.paid, Reference: "A"})
	h.must(err)
	tasks(h.manager, 0, "recorded")
	tasks(h.accountant, 1, "to confirm")
	h.must(h.Confirm(h.accountant, tr.ID))
	var holding uuid.UUID
	h.must(h.db.NewRaw("SELECT id FROM holdings").Scan(context.Background(), &holding))
	v, err := h.Propose(h.analyst, holding, investment.NewValuation{QuarterEnd: h.quarter, Method: "multiples", Inputs: "x", Fair: money.VND(1)})
	h.must(err)
	tasks(h.board[1], 1, "to approve the valuation")
	h.must(h.ApproveValuation(h.board[1], v.ID))
	tasks(h.accountant, 1, "to lock")
}
