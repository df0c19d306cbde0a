package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
)

// Field is one input of a form as the partials field, textarea, select, radios, check, file and hidden show it.
type Field struct {
	Name, Label, Hint, Error, Value string
	Type, Class, Mode, Complete     string
	Required, Optional, ReadOnly    bool
	Focus                           bool
	Second                          bool // the page holds another input of this name
	Options                         []Option
}

// Option is one choice of a select or of radio buttons.
type Option struct {
	Value, Label string
	Selected     bool
}

// ID is the input's id in the page.
func (f Field) ID() string {
	id := "f-" + strings.NewReplacer("[", "-", "]", "", ".", "-").Replace(f.Name)
	if f.Second {
		id += "-2"
	}
	return id
}

// Describe lists the ids that explain the input.
func (f Field) Describe() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-h")
	}
	if f.Error != "" {
		ids = append(ids, f.ID()+"-e")
	}
	return strings.Join(ids, " ")
}

// field makes an input of a page: the typed value and its error after a refusal, else value.
func field(lang i18n.Lang, page based, name, label, options string, value any) (Field, error) {
	f := Field{Name: name, Type: "text", Class: "in"}
	if label != "" {
		f.Label = i18n.Text(lang, label)
		if i18n.Has(label + "_hint") {
			f.Hint = i18n.Text(lang, label+"_hint")
		}
	}
	for _, o := range strings.Fields(options) {
		switch o {
		case "money":
			f.Class, f.Mode = f.Class+" money", "numeric"
		case "date", "datetime":
			f.Class, f.Mode = f.Class+" w-m", "numeric"
		case "number":
			f.Class, f.Mode = f.Class+" n", "numeric"
		case "decimal":
			f.Class, f.Mode = f.Class+" n", "decimal"
		case "email", "tel", "password", "search", "text":
			f.Type = o
		case "required":
			f.Required = true
		case "optional":
			f.Optional = true
		case "readonly":
			f.ReadOnly = true
		case "second":
			f.Second = true
		case "autofocus":
			f.Focus = true
		case "w-s", "w-m":
			f.Class += " " + o
		case "one-time-code":
			f.Complete, f.Mode = o, "numeric"
		case "new-password", "current-password":
			f.Complete, f.Type = o, "password"
		case "username":
			f.Complete = o
		default:
			return f, fmt.Errorf("field %s: unknown option %q", name, o)
		}
	}
	if f.Mode == "numeric" && strings.Contains(f.Class, "money") && f.Label != "" && !strings.Contains(f.Label, "đ)") && !strings.Contains(f.Label, "VND") {
		f.Label += " (đ)" // a number is never alone
	}
	var err error
	if f.Value, err = inputText(value, strings.Contains(options, "datetime")); err != nil {
		return f, fmt.Errorf("field %s: %w", name, err)
	}
	form := page.base().Form
	if form.Values != nil && f.Type != "password" && f.Complete != "one-time-code" {
		f.Value = form.Values[name]
	}
	for _, e := range form.Errors {
		if e.Name == name {
			f.Error = fieldWords(lang, form, e.Code, e.Args)
			break
		}
	}
	return f, nil
}

func fieldWords(lang i18n.Lang, form Form, code string, args []any) string {
	if code == "" {
		return form.Message
	}
	return i18n.Text(lang, code, args...)
}

func choose(lang i18n.Lang, page based, name, label, options string, value any, choices []Option) (Field, error) {
	f, err := field(lang, page, name, label, options, value)
	if err != nil {
		return f, err
	}
	f.Options = make([]Option, len(choices))
	for i, o := range choices {
		o.Selected = o.Value == f.Value
		f.Options[i] = o
	}
	return f, nil
}

// inputText writes a value as it would be typed.
func inputText(value any, withTime bool) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case money.Amount:
		if v.IsZero() {
			return "", nil
		}
		return v.Format(), nil
	case *money.Amount:
		if v == nil {
			return "", nil
		}
		return v.Format(), nil
	case decimal.Decimal:
		return numberText(v), nil
	case *decimal.Decimal:
		if v == nil {
			return "", nil
		}
		return numberText(*v), nil
	case calendar.Date:
		return v.Format(), nil
	case time.Time:
		if v.IsZero() {
			return "", nil
		}
		if withTime {
			return v.In(calendar.Zone).Format("02/01/2006 15:04"), nil
		}
		return calendar.DateOf(v).Format(), nil
	case *time.Time:
		if v == nil {
			return "", nil
		}
		return inputText(*v, withTime)
	case uuid.UUID:
		if v == uuid.Nil {
			return "", nil
		}
		return v.String(), nil
	case *uuid.UUID:
		if v == nil {
			return "", nil
		}
		return v.String(), nil
	case fmt.Stringer:
		return v.String(), nil
	}
	if s := fmt.Sprint(value); !strings.HasPrefix(s, "{") {
		return s, nil
	}
	return "", fmt.Errorf("%T is not an input value", value)
}

// Problem is one line of the error summary.
type Problem struct{ Href, Text string }

// problems lists what must be mended, in the order it was found.
func problems(lang i18n.Lang, page based) []Problem {
	form := page.base().Form
	var out []Problem
	for _, e := range form.Errors {
		out = append(out, Problem{Href: "#" + Field{Name: e.Name}.ID(), Text: fieldWords(lang, form, e.Code, e.Args)})
	}
	if form.Message != "" && len(out) == 0 {
		out = append(out, Problem{Text: form.Message})
	}
	return out
}

// paragraphs makes <p> of text with line breaks.
func paragraphs(s string) template.HTML {
	var b strings.Builder
	for _, p := range strings.Split(s, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			b.WriteString("<p>" + template.HTMLEscapeString(p) + "</p>")
		}
	}
	return template.HTML(b.String())
}
