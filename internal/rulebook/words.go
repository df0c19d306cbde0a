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
		if month, day, ok := strings.Cut(text, "-"); ok && len(month) == 2 && len(day) == 2 { // a day of the year
			return day + "/" + month
		}
		for _, year := range []string{"this", "next"} { // a day counted from the end of the budget year
			if month, day, ok := strings.Cut(strings.TrimPrefix(text, year+"-"), "-"); ok && len(month) == 2 && len(day) == 2 {
				return i18n.Text(lang, "rulebook.day_"+year, day+"/"+month)
			}
		}
	case "list":
		return listWords(lang, text)
	}
	return text
}

// listWords puts the items that have words into words, "criterion:1" as that of its place, and separates them by commas.
func listWords(lang i18n.Lang, text string) string {
	items, known := strings.Fields(text), false
	for i, item := range items {
		name, place, _ := strings.Cut(item, ":")
		if code := "rulebook.item." + item; i18n.Has(code) {
			known = true
			items[i] = i18n.Text(lang, code)
			continue
		}
		if code := "rulebook.item." + name; i18n.Has(code) {
			known = true
			items[i] = strings.TrimSpace(i18n.Text(lang, code) + " " + place)
		}
	}
	if !known {
		return text
	}
	return strings.Join(items, ", ")
}

// Words is the value as a person reads it.
func (v Value) Words(lang i18n.Lang) string { return Words(lang, v.Kind, v.Unit, v.Text) }
