package web

import (
	"fmt"
	"html/template"
	"time"

	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
)

// functions are what templates may call, bound to the language of the page.
func (a assets) functions(lang i18n.Lang) template.FuncMap {
	return template.FuncMap{
		"t":          func(code string, args ...any) string { return i18n.Text(lang, code, args...) },
		"has":        i18n.Has,
		"lang":       func() string { return string(lang) },
		"pick":       func(vi, en string) string { return Pick(lang, vi, en) },
		"asset":      a.href,
		"icon":       icon,
		"money":      showMoney,
		"cell":       cell,
		"moneyShort": func(v any) (template.HTML, error) { return shortMoney(lang, v) },
		"moneyWords": func(v any) (string, error) { return moneyWords(lang, v) },
		"date":       at("02/01/2006"),
		"datetime":   at("15:04, 02/01/2006"),
		"logtime":    at("02/01/2006 15:04:05"),
		"clocktime":  at("15:04"),
		"until": func(v any) (string, error) {
			t, ok, err := instantOf(v)
			if err != nil || !ok {
				return "", err
			}
			return untilText(lang, calendar.DateOf(t), calendar.DateOf(time.Now())), nil
		},
		"number":  numeric(numberText),
		"percent": numeric(func(d decimal.Decimal) string { return numberText(d.Round(2)) + "%" }),
		"share":   numeric(func(d decimal.Decimal) string { return fixed(d, 1) + "%" }), // percent in a column: one decimal in every row
		"multiple": numeric(func(d decimal.Decimal) string {
			return fixed(d, 2) + "x"
		}),
		"int":     numeric(func(d decimal.Decimal) string { return fixed(d, 0) }),
		"taxcode": spaced(4, 3, 3),
		"account": spaced(4),
		"tag":     func(noun string, state any) template.HTML { return statusTag(lang, noun, fmt.Sprint(state), "") },
		"pill":    func(noun string, state any) template.HTML { return statusTag(lang, noun, fmt.Sprint(state), " pill") },
		"mark": func(tone string, text any) template.HTML {
			return template.HTML(`<span class="` + classes("tag", tone) + `">` + template.HTMLEscapeString(fmt.Sprint(text)) + `</span>`)
		},
		"add":   func(a, b int) int { return a + b },
		"lines": paragraphs,
		"chart": func(c Chart) template.HTML { return c.SVG() },
		"mbar":  meterBar,
		"field": func(page based, name, label, options string, value any) (Field, error) {
			return field(lang, page, name, label, options, value)
		},
		"choose": func(page based, name, label, options string, value any, choices []Option) (Field, error) {
			return choose(lang, page, name, label, options, value, choices)
		},
		"named":    func(f Field, label, hint string) Field { f.Label, f.Hint = label, hint; return f },
		"optional": func(required bool) string { return map[bool]string{false: "optional"}[required] },
		"inputMode": func(kind any) string {
			return map[string]string{"money": "money", "number": "decimal", "date": "date"}[fmt.Sprint(kind)]
		},
		"ask":      func(page based, input any) Question { return Question{page, input} },
		"problems": func(page based) []Problem { return problems(lang, page) },
		"crumbs":   crumbs,
		"note":     func(tone string, text any) Note { return Note{tone, text} },
		"empty":    func(title, text, href, button string) Empty { return Empty{title, text, href, button} },
		"statTone": tone,
	}
}

// Question is one input that a call made up, with the page it stands on.
type Question struct {
	Page  based
	Input any
}

// Pick gives the text in the page's language, the Vietnamese one when there is no other.
func Pick(lang i18n.Lang, vi, en string) string {
	if lang == i18n.EN && en != "" {
		return en
	}
	return vi
}

// crumbs takes pairs of address and label; the last address is "".
func crumbs(pairs ...string) ([]Crumb, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("crumbs: %d texts are not pairs", len(pairs))
	}
	var out []Crumb
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Crumb{Href: pairs[i], Label: pairs[i+1]})
	}
	return out, nil
}

func classes(base, more string) string {
	if more == "" {
		return base
	}
	return base + " " + template.HTMLEscapeString(more)
}

var icons = map[string]string{
	"plus":     "M12 5v14M5 12h14",
	"download": "M12 4v11M7 11l5 5 5-5M5 20h14",
	"search":   "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.3 15.3 20 20",
	"check":    "M4.5 12.5 10 18 19.5 7",
	"close":    "M6 6l12 12M18 6 6 18",
	"bell":     "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 21h4",
	"theme":    "M12 3a9 9 0 1 0 0 18V3Z",
	"print":    "M7 9V4h10v5M7 17H4v-7h16v7h-3M7 14h10v6H7z",
	"arrow":    "M5 12h14M13 6l6 6-6 6",
	"warn":     "M12 4 21 20H3L12 4ZM12 10v5M12 17.5v.5",
	"file":     "M7 3h7l4 4v14H7zM14 3v5h4",
	"next":     "m9 5 7 7-7 7",
	"edit":     "M5 19h3L19 8l-3-3L5 16z",
}

// icon is one of the line drawings of the design, always beside a word.
func icon(name string) (template.HTML, error) {
	d, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q", name)
	}
	return template.HTML(`<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="` + d + `"/></svg>`), nil
}
