package fund

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/money"
)

// jcurve is the geometry of the J-curve: bars of calls and distributions and the line of the net gain, in the
// coordinates of a 720 × 316 box. All numbers are ready text.
type jcurve struct {
	Zero   string // y of zero
	Grid   []mark
	Bars   []bar
	Line   string // path data
	Dots   []mark
	Lowest *mark // label of the lowest gain, when it is a loss
	Last   *mark
	Labels []mark
}

type mark struct{ X, Y, Text string }

type bar struct{ X, Y, H, Class string }

const (
	plotLeft, plotRight = 50, 714
	plotTop, plotBottom = 20, 284
)

// draw lays the quarters out; nil without quarters. billions prints an amount in tỷ with a sign.
func draw(qs []Quarter, label func(Quarter, bool) string, billions func(money.Amount) string) *jcurve {
	if len(qs) == 0 {
		return nil
	}
	high, low := money.VND(0), money.VND(0)
	for _, q := range qs {
		for _, a := range []money.Amount{q.Gain, q.Distributed} {
			if a.Cmp(high) > 0 {
				high = a
			}
		}
		for _, a := range []money.Amount{q.Gain, q.Called.Neg()} {
			if a.Cmp(low) < 0 {
				low = a
			}
		}
	}
	step := niceStep(high.Sub(low))
	top := ceilTo(high, step)
	bottom := ceilTo(low.Neg(), step).Neg()
	if top.Equal(bottom) {
		top = step
	}
	span := top.Sub(bottom).Decimal()
	y := func(a money.Amount) decimal.Decimal {
		return decimal.NewFromInt(plotTop).Add(top.Sub(a).Decimal().Mul(decimal.NewFromInt(plotBottom-plotTop)).DivRound(span, 1))
	}
	width := decimal.NewFromInt(plotRight-plotLeft).DivRound(decimal.NewFromInt(int64(len(qs))), 2)
	zero := y(money.VND(0))
	c := &jcurve{Zero: zero.String()}
	for a := top; a.Cmp(bottom) >= 0; a = a.Sub(step) {
		c.Grid = append(c.Grid, mark{Y: y(a).String(), X: y(a).Add(decimal.NewFromInt(4)).String(), Text: strings.TrimPrefix(billions(a), "+")})
	}
	var line strings.Builder
	lowest := 0
	for i, q := range qs {
		x := decimal.NewFromInt(plotLeft).Add(width.Mul(decimal.New(int64(2*i+1)*5, -1))).Round(1)
		left := x.Sub(decimal.NewFromInt(9)).String()
		if q.Called.Sign() > 0 {
			c.Bars = append(c.Bars, bar{left, zero.String(), y(q.Called.Neg()).Sub(zero).String(), "f-cham3"})
		}
		if q.Distributed.Sign() > 0 {
			c.Bars = append(c.Bars, bar{left, y(q.Distributed).String(), zero.Sub(y(q.Distributed)).String(), "f-dong"})
		}
		verb := "L"
		if i == 0 {
			verb = "M"
		}
		fmt.Fprintf(&line, "%s%s %s", verb, x, y(q.Gain))
		c.Dots = append(c.Dots, mark{X: x.String(), Y: y(q.Gain).String()})
		c.Labels = append(c.Labels, mark{X: x.String(), Text: label(q, i == 0)})
		if q.Gain.Cmp(qs[lowest].Gain) < 0 {
			lowest = i
		}
	}
	c.Line = line.String()
	point := func(i int, dy int64) *mark {
		return &mark{X: c.Dots[i].X, Y: y(qs[i].Gain).Add(decimal.NewFromInt(dy)).String(), Text: billions(qs[i].Gain)}
	}
	c.Last = point(len(qs)-1, -12)
	if qs[lowest].Gain.Sign() < 0 && lowest != len(qs)-1 {
		c.Lowest = point(lowest, 22)
	}
	return c
}

// niceStep is a round grid step that divides span into three to six parts; 1 tỷ for an empty span.
func niceStep(span money.Amount) money.Amount {
	step := money.VND(1)
	if span.IsZero() {
		return money.VND(1_000_000_000)
	}
	for i := 0; step.Times(5).Cmp(span) < 0; i++ {
		step = step.Times([]int64{2, 5, 2}[i%3])
		if i%3 == 1 { // 2 × 5 ÷ 2 keeps the row 1, 2, 5, 10
			step = money.Round(step.Decimal().DivRound(decimal.NewFromInt(2), 0))
		}
	}
	return step
}

// ceilTo rounds a non-negative amount up to a multiple of step.
func ceilTo(a, step money.Amount) money.Amount {
	n := a.Decimal().DivRound(step.Decimal(), 6).Ceil()
	return money.Round(n.Mul(step.Decimal()))
}
