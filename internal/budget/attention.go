package budget

import (
	"context"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
)

// attention is one line of the panel "Cần chú ý".
type attention struct {
	Tone, Label string // catalogue code
	Title, Text string
	Href        string
}

// The panel's own thresholds, in percent: they point, they refuse nothing.
var (
	slowBehind    = decimal.NewFromInt(25) // paid share behind the share of the year that has passed
	nearCommitted = decimal.NewFromInt(95) // committed of the allocated
	latePaid      = decimal.NewFromInt(50) // paid of the committed, with nearly all of it committed
)

const attentionSize = 5

// attention points at lines below a source among those shown: money that lies still, spending behind the year,
// commitments that nobody pays.
func (h handler) attention(ctx context.Context, year int, rows []row) ([]attention, error) {
	now, err := h.now(ctx)
	if err != nil {
		return nil, err
	}
	first := calendar.On(year, 1, 1)
	days, whole := first.Days(calendar.DateOf(now)), first.Days(calendar.On(year+1, 1, 1))
	if days <= 0 || days > whole {
		return nil, nil
	}
	passed := decimal.NewFromInt(int64(days)).Shift(2).DivRound(decimal.NewFromInt(int64(whole)), 1)
	english := i18n.From(ctx) == i18n.EN
	var list []attention
	for _, r := range rows {
		if r.Kept || r.Rest || r.Level == 0 && r.Line.Lines > 0 || r.Sums.Allocated.IsZero() || len(list) == attentionSize {
			continue
		}
		s, paid := r.Sums, Share(r.Sums.Disbursed, r.Sums.Authorised)
		committed, spent := Share(s.Committed, s.Allocated), Share(s.Disbursed, s.Committed)
		name := r.Line.Name(english)
		switch {
		case committed.Cmp(nearCommitted) >= 0 && spent.Cmp(latePaid) < 0:
			list = append(list, attention{"bad", "budget.note_unpaid", i18n.T(ctx, "budget.note_unpaid_title", name, percent(committed), percent(spent)),
				i18n.T(ctx, "budget.note_unpaid_text", s.Committed.Sub(s.Disbursed).Format()), r.Href})
		case passed.Sub(paid).Cmp(slowBehind) >= 0:
			list = append(list, attention{"warn", "budget.note_slow", i18n.T(ctx, "budget.note_slow_title", name, percent(paid)),
				i18n.T(ctx, "budget.note_slow_text", strconv.Itoa(whole-days), s.Available.Format()), r.Href})
		}
	}
	return list, nil
}

func percent(d decimal.Decimal) string { return strings.Replace(d.String(), ".", ",", 1) + "%" }
