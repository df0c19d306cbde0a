package web

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/shopspring/decimal"
)

var hundred = decimal.NewFromInt(100)

// meterBar is a bar in a table cell: value of 100, and a limit line in son when limit is a number. label is read aloud.
func meterBar(value, limit any, label string) (template.HTML, error) {
	v, ok, err := decimalOf(value)
	if err != nil {
		return "", err
	}
	if !ok {
		return dash, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="mbar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="%s"><rect width="100" height="10" class="f-sunk"/><rect width="%s" y="2" height="6" class="f-cham2"/>`, esc(label), clamp(v))
	l, ok, err := decimalOf(limit)
	if err != nil {
		return "", err
	}
	if ok {
		fmt.Fprintf(&b, `<rect x="%s" width="1.4" height="10" class="f-son"/>`, clamp(l))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()), nil
}

// clamp is a share of 100 as an SVG length between 0 and 100.
func clamp(d decimal.Decimal) string {
	switch {
	case d.IsNegative():
		return "0"
	case d.GreaterThan(hundred):
		return "100"
	}
	return d.Round(1).String()
}

// Share is one part of a nested bar: Part of the bar's Whole, drawn over the ones before it.
type Share struct {
	Part decimal.Decimal
	Kind string // cham, cham2, cham3, son, dong
}

// NestedBar draws shares of one whole over each other, the widest first: assigned, allocated, committed, paid.
type NestedBar struct {
	Whole   decimal.Decimal
	Shares  []Share
	Finding string
}

// SVG draws the bar; an empty whole draws an empty bar.
func (n NestedBar) SVG() template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="mbar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="%s"><rect width="100" height="10" class="f-sunk"/>`, esc(n.Finding))
	for i, s := range n.Shares {
		if n.Whole.IsPositive() {
			inset := min(i, 3)
			fmt.Fprintf(&b, `<rect width="%s" y="%d" height="%d" class="f-%s"/>`, clamp(s.Part.Mul(hundred).DivRound(n.Whole, 2)), inset, 10-2*inset, esc(s.Kind))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// Ranked is one bar of a ranking: width by money, height by score, whisker from the lowest to the highest score.
type Ranked struct {
	Label              string
	Money              decimal.Decimal
	Score, Low, High   decimal.Decimal
	Funded, Ineligible bool
}

// RankingChart draws the ranking under a ceiling: the vertical line is the limit of money, the horizontal one the
// pass mark.
type RankingChart struct {
	Finding   string
	Bars      []Ranked
	Limit     decimal.Decimal
	LimitText string
	PassMark  decimal.Decimal
	PassText  string
	MaxScore  decimal.Decimal // 0 = 100
}

// SVG draws the ranking in the order given.
func (r RankingChart) SVG() template.HTML {
	total, top := r.Limit, r.MaxScore
	sum := decimal.Zero
	for _, bar := range r.Bars {
		sum = sum.Add(bar.Money)
	}
	if sum.GreaterThan(total) {
		total = sum
	}
	if !top.IsPositive() {
		top = hundred
	}
	const left, right, base, high = 44.0, 706.0, 228.0, 32.0
	width := Position(total)
	if width <= 0 {
		width = 1
	}
	sx := func(d decimal.Decimal) float64 { return left + Position(d)/width*(right-left) }
	sy := func(d decimal.Decimal) float64 { return base - Position(d.DivRound(top, 6))*(base-high) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %g %g" role="img" aria-label="%s"><g class="ax">`, chartW, chartH, esc(r.Finding))
	for i := 1; i <= 4; i++ {
		fmt.Fprintf(&b, `<path d="M%g %sH%g"/>`, left, px(sy(top.Mul(decimal.NewFromInt(int64(i))).DivRound(decimal.NewFromInt(4), 4))), right)
	}
	b.WriteString(`</g>`)
	for i := 0; i <= 4; i++ {
		y := top.Mul(decimal.NewFromInt(int64(i))).DivRound(decimal.NewFromInt(4), 2)
		fmt.Fprintf(&b, `<text x="%g" y="%s" text-anchor="end">%s</text>`, left-8, px(sy(y)+4), esc(numberText(y)))
	}
	at := decimal.Zero
	for _, bar := range r.Bars {
		x0, x1 := sx(at), sx(at.Add(bar.Money))
		at = at.Add(bar.Money)
		class := "f-cham3"
		switch {
		case bar.Funded:
			class = "f-cham"
		case bar.Ineligible:
			class = "f-sunk"
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`, class, px(x0+1), px(sy(bar.Score)), px(max(x1-x0-2, 1)), px(base-sy(bar.Score)))
		if bar.High.GreaterThan(bar.Low) {
			fmt.Fprintf(&b, `<path class="ax0" d="M%s %sV%s"/>`, px((x0+x1)/2), px(sy(bar.High)), px(sy(bar.Low)))
		}
		if x1-x0 > 16 {
			fmt.Fprintf(&b, `<text x="%s" y="244" text-anchor="middle">%s</text>`, px((x0+x1)/2), esc(bar.Label))
		}
	}
	fmt.Fprintf(&b, `<path class="ax0" d="M%g %gH%g"/>`, left, base, right)
	if r.PassMark.IsPositive() {
		fmt.Fprintf(&b, `<path class="l-dash" d="M%g %sH%g"/><text x="%g" y="%s" text-anchor="end">%s</text>`, left, px(sy(r.PassMark)), right, right, px(sy(r.PassMark)-5), esc(r.PassText))
	}
	if r.Limit.IsPositive() {
		fmt.Fprintf(&b, `<path class="l-son" d="M%s 14V%g"/><text class="t-son" x="%s" y="12" text-anchor="end">%s</text>`, px(sx(r.Limit)), base, px(sx(r.Limit)-4), esc(r.LimitText))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
