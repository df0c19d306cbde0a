package budget

import (
	"context"
	"strconv"

	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// paid is what the year has spent by the end of each month, in tỷ đồng, up to the last month with a payment; nil when
// nothing is paid.
func (h handler) paid(ctx context.Context, t *Tree) (*web.LineChart, error) {
	var lines []int64
	t.Walk(func(*Node) bool { return true }, func(n *Node) { lines = append(lines, n.Line.ControlLine) })
	months, err := ledger.PaidByMonth(ctx, storage.Joined(ctx, h.db), t.Year, lines)
	if err != nil || len(months) == 0 {
		return nil, err
	}
	last := 1
	for m := range months {
		last = max(last, m)
	}
	c := &web.LineChart{MinX: 1, MaxX: 12, Steps: 5}
	line, sum := web.Line{Kind: "actual"}, money.Amount{}
	for m := 1; m <= 12; m++ {
		c.Ticks = append(c.Ticks, web.Point{X: float64(m), Tick: strconv.Itoa(m)})
		if m > last {
			continue
		}
		sum = sum.Add(months[m])
		line.Points = append(line.Points, web.Point{X: float64(m), Y: web.Position(sum.Decimal().Shift(-9))})
	}
	number, unit := web.Short(i18n.From(ctx), sum)
	words := number + " " + unit
	line.Points[len(line.Points)-1].Label = words
	c.Lines = []web.Line{line}
	c.Finding = i18n.T(ctx, "budget.paid_finding", strconv.Itoa(last), words)
	return c, nil
}
