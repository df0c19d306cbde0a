package rulebook

import (
	"strconv"
	"strings"

	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
)

// Words is a value as a person reads it: "5 năm", "≥ 2/3 số phiếu đã bỏ", "5.000.000.000 đ", "có". A value that is
// not of its kind's form is given as it stands.
func Words(lang i18n.Lang, kind, unit, text string) string {
	switch kind {
	case "threshold":
		t, err := ParseThreshold(text)
		if err != nil {
			return text
		}
		sign := "≥ "
		if t.Strict {
			sign = "> "
		}
		share := strconv.FormatInt(t.Num, 10)
		if t.Den != 1 {
			share += "/" + strconv.FormatInt(t.Den, 10)
		}
		return sign + share + " " + i18n.Text(lang, "rulebook.base."+t.Base)
	case "number":
		if unit == "đồng" {
			if a, err := money.Parse(text); err == nil {
				return a.Format() + "\u00a0đ"
			}
		}
		n := strings.Replace(text, ".", ",", 1)
		if unit == "" {
			return n
		}
		if code := "rulebook.unit." + unit; i18n.Has(code) {
			return n + " " + i18n.Text(lang, code)
		}
		return n + unit
	case "word":
		if code := "rulebook.word." + text; i18n.Has(code) {
			return i18n.Text(lang, code)
		}
	}
	return text
}

// Words is the value as a person reads it.
func (v Value) Words(lang i18n.Lang) string { return Words(lang, v.Kind, v.Unit, v.Text) }
