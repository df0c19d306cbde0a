package investment

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

// steps is the geometry of the step chart of a holding in a 680 × 240 box: cost as an area, fair value as a line.
// Value changes only on the day of a payment or of a locked valuation.
type steps struct {
	Grid   []mark
	Area   string
	Line   string
	Dots   []mark
	Labels []mark
	Last   mark
	Name   struct{ Cost, Fair string } // the finding, in tỷ
}

type mark struct{ X, Y, Text string }

type step struct {
	on         calendar.Date
	cost, fair money.Amount
}

const (
	left, right = 50, 650
	top, bottom = 30, 198
)

// history folds payments and locked valuations, given newest first, into the steps of a holding.
func history(ts []Tranche, vs []Valuation) (out []step) {
	type event struct {
		on     calendar.Date
		amount money.Amount // of a tranche
		v      *Valuation
	}
	var all []event
	for _, t := range ts {
		if t.Status == "confirmed" {
			all = append(all, event{on: t.PaidOn, amount: t.Amount})
		}
	}
	for i := range vs {
		if vs[i].Status == "locked" {
			all = append(all, event{on: vs[i].QuarterEnd, v: &vs[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return b.on.Days(a.on) })
	var cost, adjustment money.Amount
	for _, e := range all {
		cost = cost.Add(e.amount)
		if e.v != nil {
			adjustment = e.v.Fair.Sub(e.v.Cost)
		}
		out = append(out, step{e.on, cost, cost.Add(adjustment)})
	}
	return out
}

// drawSteps lays a holding's history out; nil without a payment.
func drawSteps(ts []Tranche, vs []Valuation) *steps {
	hs := history(ts, vs)
	if len(hs) == 0 {
		return nil
	}
	high := money.VND(1)
	for _, s := range hs {
		for _, a := range []money.Amount{s.cost, s.fair} {
			if a.Cmp(high) > 0 {
				high = a
			}
		}
	}
	unit := scale(high)
	lines := high.Decimal().DivRound(unit.Decimal(), 6).Ceil()
	full := lines.Mul(unit.Decimal())
	y := func(a money.Amount) string {
		return decimal.NewFromInt(bottom).Sub(a.Decimal().Mul(decimal.NewFromInt(bottom-top)).DivRound(full, 1)).String()
	}
	days := max(1, hs[0].on.Days(hs[len(hs)-1].on))
	x := func(d calendar.Date) string {
		return decimal.NewFromInt(int64(hs[0].on.Days(d))).Mul(decimal.NewFromInt(right-left)).DivRound(decimal.NewFromInt(int64(days)), 1).Add(decimal.NewFromInt(left)).String()
	}
	c := &steps{}
	for n := int64(0); n <= lines.IntPart(); n++ {
		a := unit.Times(n)
		c.Grid = append(c.Grid, mark{Y: y(a), Text: inBillions(a)})
	}
	var area, line strings.Builder
	area.WriteString("M" + x(hs[0].on) + " " + y(money.VND(0)))
	for i, s := range hs {
		at := x(s.on)
		if i == 0 {
			line.WriteString("M" + at + " " + y(s.fair))
			area.WriteString("V" + y(s.cost))
		} else {
			line.WriteString("H" + at + "V" + y(s.fair))
			area.WriteString("H" + at + "V" + y(s.cost))
		}
		c.Dots = append(c.Dots, mark{X: at, Y: y(s.fair)})
		if i == 0 || i == len(hs)-1 || i == len(hs)/2 {
			c.Labels = append(c.Labels, mark{X: at, Text: s.on.Format()[3:]})
		}
	}
	end := hs[len(hs)-1]
	c.Line, c.Area = line.String()+"H650", area.String()+"H650V"+y(money.VND(0))+"Z"
	c.Last = mark{X: "650", Y: y(end.fair), Text: inBillions(end.fair)}
	c.Name.Cost, c.Name.Fair = inBillions(end.cost), inBillions(end.fair)
	return c
}

// scale is a round grid step, 1, 2 or 5 times a power of ten, that needs at most five lines up to high.
func scale(high money.Amount) money.Amount {
	for unit := money.VND(1); ; unit = unit.Times(10) {
		for _, n := range []int64{1, 2, 5} {
			if unit.Times(5*n).Cmp(high) >= 0 {
				return unit.Times(n)
			}
		}
	}
}

// inBillions prints an amount in tỷ with two decimals at most.
func inBillions(a money.Amount) string {
	return strings.ReplaceAll(a.Decimal().Shift(-9).Round(2).String(), ".", ",")
}
