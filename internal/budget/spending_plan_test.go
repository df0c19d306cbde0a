package budget

import (
	"errors"
	"net/url"
	"sync"
	"testing"

	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// TestSpendingPlanVersions sets a plan at the version it was read at, and neither at an older nor at a newer one: both
// versions are shown, by form and API, and nothing is written.
func TestSpendingPlanVersions(t *testing.T) {
	o := open(t)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	const at = "/budgets/2026/spending-plan"
	month := func(version, amount string) url.Values {
		return url.Values{"version": {version}, "months[0].month": {"1"}, "months[0].amount": {amount}}
	}
	w.Get(o.officer, at).Status(200).Has(`name="version"`)
	w.Post(o.officer, at, month("1", "5")).Status(409)
	w.Post(o.officer, at, month("0", "5")).Location("/budgets/2026")
	w.Post(o.officer, at, month("0", "7")).Status(409).Has("Tháng 1").Has("7 đ").Has("5 đ")
	w.Post(o.officer, at, month("2", "7")).Status(409)
	w.Post(o.officer, at, month("1", "7")).Location("/budgets/2026")

	var out PlanAnswer
	w.API(o.officer, "GET", at, nil, &out).Status(200)
	if out.Version != 2 || len(out.Months) != 12 || !out.Months[0].Equal(money.VND(7)) {
		t.Errorf("the plan is %+v", out)
	}
	type named struct {
		Month  int    `json:"month"`
		Amount string `json:"amount"`
	}
	type in struct {
		Version int     `json:"version"`
		Months  []named `json:"months"`
	}
	w.API(o.officer, "POST", at, in{1, []named{{2, "9"}}}, nil).Status(409)
	w.API(o.officer, "POST", at, in{2, []named{{2, "9"}}}, &out).Status(200)
	if out.Version != 3 || !out.Months[0].Equal(money.VND(7)) || !out.Months[1].Equal(money.VND(9)) {
		t.Errorf("the API answers %+v", out)
	}

	// Two at once, also over a year without a plan: one passes.
	for year, version := range map[int]int{2026: 3, 2027: 0} {
		var wg sync.WaitGroup
		got := make([]error, 2)
		for i := range got {
			wg.Go(func() { got[i] = o.svc.SetSpendingPlan(o.officer, year, version, SpendingPlan{money.VND(int64(i))}) })
		}
		wg.Wait()
		if (got[0] == nil) == (got[1] == nil) || !errors.Is(errors.Join(got...), errs.ErrStale) {
			t.Errorf("%d: %v and %v", year, got[0], got[1])
		}
	}
}
