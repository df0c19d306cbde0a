package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
)

const (
	noBreak = "\u00a0"
	minus   = "\u2212"
	dash    = "–"
)

// moneyText is 1.234.567 đ with a no-break space.
func moneyText(a money.Amount) string { return a.Format() + noBreak + "đ" }

// amountOf takes an amount or a pointer to one; nil is ok = false.
func amountOf(v any) (money.Amount, bool, error) {
	switch a := v.(type) {
	case money.Amount:
		return a, true, nil
	case *money.Amount:
		if a == nil {
			return money.Amount{}, false, nil
		}
		return *a, true, nil
	}
	return money.Amount{}, false, fmt.Errorf("%T is not an amount", v)
}

func showMoney(v any) (string, error) {
	a, ok, err := amountOf(v)
	if err != nil || !ok {
		return dash, err
	}
	return moneyText(a), nil
}

// cell is an amount in a table whose head carries the unit: zero is –, a negative amount is red.
func cell(v any) (template.HTML, error) {
	a, ok, err := amountOf(v)
	switch {
	case err != nil:
		return "", err
	case !ok || a.IsZero():
		return dash, nil
	case a.Sign() < 0:
		return template.HTML(`<span class="neg">` + a.Format() + `</span>`), nil
	}
	return template.HTML(a.Format()), nil
}

var (
	billion = decimal.New(1, 9)
	million = decimal.New(1, 6)
)

// Short is an amount for figures and charts: 392 triệu, 1,18 tỷ, 54,70 tỷ; English million and billion.
func Short(lang i18n.Lang, a money.Amount) (number, unit string) {
	d := a.Decimal()
	switch abs := d.Abs(); {
	case abs.GreaterThanOrEqual(billion):
		return fixed(d.DivRound(billion, 2), 2), i18n.Text(lang, "web.unit_billion")
	case abs.GreaterThanOrEqual(million):
		return fixed(d.DivRound(million, 0), 0), i18n.Text(lang, "web.unit_million")
	}
	return a.Format(), "đ"
}

func shortMoney(lang i18n.Lang, v any) (template.HTML, error) {
	a, ok, err := amountOf(v)
	if err != nil || !ok {
		return dash, err
	}
	n, u := Short(lang, a)
	return template.HTML(`<abbr title="` + moneyText(a) + `">` + n + noBreak + template.HTMLEscapeString(u) + `</abbr>`), nil
}

// MoneyStat is a figure in the short form of money with its unit apart; the exact amount stands behind the number.
func MoneyStat(lang i18n.Lang, label string, a money.Amount, note string) Stat {
	n, u := Short(lang, a)
	return Stat{Label: label, Value: template.HTML(`<abbr title="` + moneyText(a) + `">` + n + `</abbr>`), Unit: u, Note: note}
}

// moneyWords is an amount in Vietnamese words; in English the digits with the currency, which need no words.
func moneyWords(lang i18n.Lang, v any) (string, error) {
	a, ok, err := amountOf(v)
	if err != nil || !ok {
		return dash, err
	}
	if lang == i18n.EN {
		return "VND " + a.Format(), nil
	}
	return money.Words(a), nil
}

// fixed writes a decimal with exactly places digits after the comma, grouped by dots.
func fixed(d decimal.Decimal, places int32) string {
	whole, frac, _ := strings.Cut(d.Abs().StringFixed(places), ".")
	s := group(whole, ".")
	if frac != "" {
		s += "," + frac
	}
	if d.Sign() < 0 && strings.Trim(s, "0.,") != "" {
		return minus + s
	}
	return s
}

// numberText writes a decimal as it is: 1.234,5.
func numberText(d decimal.Decimal) string {
	places := int32(0)
	if e := d.Exponent(); e < 0 {
		places = -e
	}
	s := fixed(d, places)
	if strings.Contains(s, ",") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ",")
	}
	return s
}

func group(digits, sep string) string {
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// decimalOf takes the numbers templates have.
func decimalOf(v any) (decimal.Decimal, bool, error) {
	switch n := v.(type) {
	case nil:
		return decimal.Decimal{}, false, nil
	case decimal.Decimal:
		return n, true, nil
	case *decimal.Decimal:
		if n == nil {
			return decimal.Decimal{}, false, nil
		}
		return *n, true, nil
	case decimal.NullDecimal:
		return n.Decimal, n.Valid, nil
	case int:
		return decimal.NewFromInt(int64(n)), true, nil
	case int64:
		return decimal.NewFromInt(n), true, nil
	}
	return decimal.Decimal{}, false, fmt.Errorf("%T is not a number", v)
}

func numeric(write func(decimal.Decimal) string) func(any) (string, error) {
	return func(v any) (string, error) {
		d, ok, err := decimalOf(v)
		if err != nil || !ok {
			return dash, err
		}
		return write(d), nil
	}
}

// instantOf takes the times templates have; a calendar.Date counts from its first instant.
func instantOf(v any) (time.Time, bool, error) {
	switch t := v.(type) {
	case nil:
		return time.Time{}, false, nil
	case time.Time:
		return t, !t.IsZero(), nil
	case *time.Time:
		if t == nil {
			return time.Time{}, false, nil
		}
		return *t, !t.IsZero(), nil
	case bun.NullTime:
		return t.Time, !t.IsZero(), nil
	case calendar.Date:
		return t.Start(), !t.IsZero(), nil
	case *calendar.Date:
		if t == nil {
			return time.Time{}, false, nil
		}
		return t.Start(), !t.IsZero(), nil
	}
	return time.Time{}, false, fmt.Errorf("%T is not a time", v)
}

func at(layout string) func(any) (string, error) {
	return func(v any) (string, error) {
		t, ok, err := instantOf(v)
		if err != nil || !ok {
			return dash, err
		}
		return t.In(calendar.Zone).Format(layout), nil
	}
}

// Logtime is an instant as the log shows it: 16/10/2028 10:42:17.
func Logtime(t time.Time) string { return t.In(calendar.Zone).Format("02/01/2006 15:04:05") }

// untilText says how far a day is from today, in calendar days.
func untilText(lang i18n.Lang, day, today calendar.Date) string {
	switch n := today.Days(day); {
	case n == 0:
		return i18n.Text(lang, "web.today")
	case n > 0:
		return i18n.Text(lang, "web.days_left", n)
	default:
		return i18n.Text(lang, "web.days_over", -n)
	}
}

// spaced groups a number for reading: sizes counts the digits of each group.
func spaced(sizes ...int) func(string) string {
	return func(s string) string {
		digits := strings.ReplaceAll(s, " ", "")
		var parts []string
		for i := 0; digits != ""; i++ {
			n := min(sizes[min(i, len(sizes)-1)], len(digits))
			parts, digits = append(parts, digits[:n]), digits[n:]
		}
		return strings.Join(parts, noBreak)
	}
}
