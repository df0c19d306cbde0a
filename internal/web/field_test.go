package web

import (
	"testing"

	"kinhbac/internal/i18n"
)

type fieldPage struct{ Base }

// An amount that is typed says its unit; two inputs of one name in a page have ids of their own.
func TestFieldWords(t *testing.T) {
	p := &fieldPage{}
	for _, c := range []struct{ label, options, want, id string }{
		{"budget.amount", "money required", "Số tiền (đ)", "f-amount"},
		{"investment.fair_d", "money", "Giá trị hợp lý (đ)", "f-amount"},
		{"budget.amount", "text second", "Số tiền", "f-amount-2"},
	} {
		f, err := field(i18n.VI, p, "amount", c.label, c.options, "")
		if err != nil || f.Label != c.want || f.ID() != c.id {
			t.Errorf("%s %q: %q %s, %v; want %q %s", c.label, c.options, f.Label, f.ID(), err, c.want, c.id)
		}
	}
}
