package allocation

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// The picture of a ranking: width of a bar is money, height is the score from 50 to 100, a whisker from the lowest
// to the highest ballot, and a line in son where the ceiling is. Lengths are decimals with one place.
const (
	chartLeft, chartRight = 44, 1100
	chartBase             = 200 // y of score 50
	chartUnit             = 36  // tenths of a pixel a point
)

func draw(lang i18n.Lang, r *Ranking, passMark decimal.Decimal) template.HTML {
	total := r.Ceiling.Decimal()
	for _, l := range r.Lines {
		if l.Rank > 0 && l.Cumulative.Decimal().GreaterThan(total) {
			total = l.Cumulative.Decimal()
		}
	}
	if r.Passed() == 0 || total.IsZero() {
		return ""
	}
	x := func(d decimal.Decimal) decimal.Decimal {
		return d.Mul(decimal.NewFromInt(chartRight-chartLeft)).DivRound(total, 1).Add(decimal.NewFromInt(chartLeft))
	}
	y := func(d decimal.Decimal) decimal.Decimal {
		points := decimal.Max(d.Sub(decimal.NewFromInt(50)), decimal.Zero)
		return decimal.NewFromInt(chartBase).Sub(points.Mul(decimal.New(chartUnit, -1))).Round(1)
	}
	var b strings.Builder
	finding := i18n.Text(lang, "allocation.finding", r.Passed(), countFunded(r), r.Funding().Format(), r.Ceiling.Format())
	fmt.Fprintf(&b, `<svg class="chart minw" viewBox="0 0 1120 250" role="img" aria-label="%s"><g class="ax"><path d="M44 20H1100M44 56H1100M44 92H1100M44 128H1100M44 164H1100"/></g>`, template.HTMLEscapeString(finding))
	for i, s := range []int64{100, 90, 80, 70, 60} {
		fmt.Fprintf(&b, `<text x="36" y="%d" text-anchor="end">%d</text>`, 24+36*i, s)
	}
	for _, l := range r.Lines {
		if l.Rank == 0 || l.Score == nil {
			continue
		}
		left, right, top := x(l.Cumulative.Sub(l.Proposed).Decimal()), x(l.Cumulative.Decimal()), y(*l.Score)
		class := "f-cham"
		if l.Outcome != Funded {
			class = "f-cham3"
		}
		middle := left.Add(right).DivRound(decimal.NewFromInt(2), 1)
		width := decimal.Max(right.Sub(left).Sub(decimal.NewFromInt(2)), decimal.NewFromInt(1))
		fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" class="%s"/>`, left, top, width, decimal.NewFromInt(chartBase).Sub(top), class)
		if l.Lowest != nil && l.Highest != nil {
			fmt.Fprintf(&b, `<path class="ax0" d="M%s %sV%s"/>`, middle, y(decimal.NewFromInt(int64(*l.Lowest))), y(decimal.NewFromInt(int64(*l.Highest))))
		}
		fmt.Fprintf(&b, `<text x="%s" y="215" text-anchor="middle">%d</text>`, middle, l.Rank)
	}
	mark, limit := y(passMark), x(r.Ceiling.Decimal())
	fmt.Fprintf(&b, `<path class="l-dash" d="M44 %sH1100"/><text x="1100" y="%s" text-anchor="end">%s</text><path class="ax0" d="M44 200H1100"/>`,
		mark, mark.Sub(decimal.NewFromInt(6)), template.HTMLEscapeString(i18n.Text(lang, "allocation.pass_mark_is", passMark.String())))
	fmt.Fprintf(&b, `<path class="l-son" d="M%s 8V222"/><text class="t-son strong" x="%s" y="238" text-anchor="end">%s</text></svg>`,
		limit, limit, template.HTMLEscapeString(i18n.Text(lang, "allocation.ceiling_is", r.Ceiling.Format())))
	return template.HTML(b.String())
}

func countFunded(r *Ranking) (n int) {
	for _, l := range r.Lines {
		if l.Outcome == Funded {
			n++
		}
	}
	return n
}

func stats(lang i18n.Lang, pairs ...[3]string) []web.Stat {
	out := make([]web.Stat, len(pairs))
	for i, p := range pairs {
		out[i] = web.Stat{Label: i18n.Text(lang, p[0]), Value: p[1], Note: p[2]}
	}
	return out
}
