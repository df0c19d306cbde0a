package budget

import (
	"context"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// paid is what the year has spent by the end of each month against its plan of spending, in tỷ đồng; nil when nothing is
// paid or planned.
func (h handler) paid(ctx context.Context, year int) (*web.LineChart, error) {
	months, err := h.paidByMonth(ctx, year)
	if err != nil {
		return nil, err
	}
	plan, _, err := spendingPlan(ctx, h.db, year)
	if err != nil || len(months) == 0 && plan.Total().IsZero() {
		return nil, err
	}
	last := 0
	for m := range months {
		last = max(last, m)
	}
	c := &web.LineChart{MinX: 1, MaxX: 12, Steps: 5}
	actual, path := web.Line{Kind: "actual"}, web.Line{Kind: "path"}
	var paid, planned, due money.Amount
	for m := 1; m <= 12; m++ {
		c.Ticks = append(c.Ticks, web.Point{X: float64(m), Tick: strconv.Itoa(m)})
		planned = planned.Add(plan[m-1])
		path.Points = append(path.Points, web.Point{X: float64(m), Y: web.Position(planned.Decimal().Shift(-9))})
		if m <= last {
			paid, due = paid.Add(months[m]), planned
			actual.Points = append(actual.Points, web.Point{X: float64(m), Y: web.Position(paid.Decimal().Shift(-9))})
		}
	}
	words := func(a money.Amount) string {
		number, unit := web.Short(i18n.From(ctx), a)
		return number + " " + unit
	}
	if !planned.IsZero() {
		path.Points[11].Label = i18n.T(ctx, "budget.plan")
		c.Lines = append(c.Lines, path)
		c.Finding = i18n.T(ctx, "budget.plan_finding", words(planned))
	}
	if last > 0 {
		actual.Points[last-1].Label = words(paid)
		c.Lines = append(c.Lines, actual)
		c.Finding = i18n.T(ctx, "budget.paid_finding", strconv.Itoa(last), words(paid))
		if !planned.IsZero() {
			c.Finding = i18n.T(ctx, "budget.paid_plan_finding", strconv.Itoa(last), words(paid), words(due))
		}
	}
	return c, nil
}

// SpendingPlan is what a year means to spend in each month, January first, in đồng.
type SpendingPlan [12]money.Amount

// Total is the sum of the months.
func (p SpendingPlan) Total() money.Amount { return money.Sum(p[:]...) }

// against lists the months in which a plan differs from the one that stands.
func (p SpendingPlan) against(stands SpendingPlan) (ds []errs.Difference) {
	for i := range p {
		if !p[i].Equal(stands[i]) {
			ds = append(ds, errs.Difference{Label: fmt.Sprintf("budget.month_%d", i+1), Yours: p[i].Format() + " đ", Current: stands[i].Format() + " đ"})
		}
	}
	return ds
}

// spendingPlan reads the plan of a year and its version; zeros when there is none.
func spendingPlan(ctx context.Context, db bun.IDB, year int) (p SpendingPlan, version int, err error) {
	var rows []struct {
		Month   int
		Amount  money.Amount
		Version int
	}
	err = db.NewRaw("SELECT month, amount, version FROM budget_spending_plans WHERE year = ?", year).Scan(ctx, &rows)
	if err != nil {
		return p, 0, fmt.Errorf("plan of spending of %d: %w", year, err)
	}
	for _, r := range rows {
		p[r.Month-1], version = r.Amount, max(version, r.Version)
	}
	return p, version, nil
}
