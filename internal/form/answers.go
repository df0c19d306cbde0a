package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Answer is what was answered to one question: Text of most kinds, Many of Choices, Rows of Table. Amounts are digits,
// numbers have a decimal point, days are YYYY-MM-DD. The zero value is no answer.
type Answer struct {
	Text string
	Many []string
	Rows [][]string
}

// Answers are answers by the key of their question; a question without one is left out.
type Answers map[string]Answer

// Blank says that nothing was answered.
func (a Answer) Blank() bool { return a.Text == "" && len(a.Many) == 0 && len(a.Rows) == 0 }

// MarshalJSON writes a text, a list of options or a list of rows, as the form's schema has it.
func (a Answer) MarshalJSON() ([]byte, error) {
	switch {
	case a.Rows != nil:
		return json.Marshal(a.Rows)
	case a.Many != nil:
		return json.Marshal(a.Many)
	}
	return json.Marshal(a.Text)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *Answer) UnmarshalJSON(b []byte) error {
	*a = Answer{}
	switch b = bytes.TrimSpace(b); {
	case bytes.HasPrefix(b, []byte("[[")):
		return json.Unmarshal(b, &a.Rows)
	case bytes.HasPrefix(b, []byte("[")):
		return json.Unmarshal(b, &a.Many)
	}
	return json.Unmarshal(b, &a.Text)
}

// Typed is what came for one question of a section.
type Typed struct {
	Key   string     `form:"key" json:"key" kb:"required,max=20"`
	Value string     `form:"value" json:"value" kb:"long"`
	Many  []string   `form:"many" json:"many" kb:"max=30"`
	Rows  []TypedRow `form:"rows" json:"rows" kb:"max=60"`
}

// TypedRow is one row of a table.
type TypedRow struct {
	Cells []TypedCell `form:"cells" json:"cells" kb:"max=6"`
}

// TypedCell is one cell; Column is the key of its column.
type TypedCell struct {
	Column string `form:"column" json:"column" kb:"required,max=20"`
	Value  string `form:"value" json:"value"`
}

// Read makes answers of what was typed into a section, written as in Vietnam or, with plain, as in JSON. It refuses with
// ErrAnswer what is not of a question's kind; its fields are named as the inputs are.
func (s *Section) Read(typed []Typed, plain bool) (Answers, error) {
	as := Answers{}
	var bad []errs.Field
	for i, t := range typed {
		at := fmt.Sprintf("answers[%d].", i)
		n := slices.IndexFunc(s.Fields, func(q Field) bool { return q.Key == t.Key })
		if _, twice := as[t.Key]; n < 0 || twice {
			bad = append(bad, errs.Field{Name: at + "key", Code: "form.unknown_question"})
			continue
		}
		a, wrong := s.Fields[n].read(t, at, plain)
		bad = append(bad, wrong...)
		as[t.Key] = a
	}
	if len(bad) > 0 {
		return nil, ErrAnswer.At(bad...)
	}
	return as, nil
}

func (q *Field) read(t Typed, at string, plain bool) (a Answer, bad []errs.Field) {
	wrong := func(name string, err error) {
		e := errs.From(err)
		bad = append(bad, errs.Field{Name: at + name, Code: e.Code, Args: e.Args})
	}
	odd := q.Kind != Choices && len(t.Many) > 0 || q.Kind != Table && len(t.Rows) > 0 || (q.Kind == Choices || q.Kind == Table) && t.Value != ""
	switch {
	case odd:
		wrong("value", errOtherKind)
	case q.Kind == Choices:
		for _, o := range q.Options { // in the order they are offered, each once
			if slices.Contains(t.Many, o.Key) {
				a.Many = append(a.Many, o.Key)
			}
		}
		if slices.ContainsFunc(t.Many, func(k string) bool { return !q.has(k) }) {
			wrong("many", errNoOption)
		}
	case q.Kind == Table:
		for r, row := range t.Rows {
			cells := make([]string, len(q.Columns))
			for c, in := range row.Cells {
				n := slices.IndexFunc(q.Columns, func(col Column) bool { return col.Key == in.Column })
				name := fmt.Sprintf("rows[%d].cells[%d].value", r, c)
				if n < 0 {
					wrong(name, errNoColumn)
					continue
				}
				v, err := read(q.Columns[n].Kind, in.Value, plain)
				if err != nil {
					wrong(name, err)
				}
				cells[n] = v
			}
			if slices.ContainsFunc(cells, func(v string) bool { return v != "" }) {
				a.Rows = append(a.Rows, cells)
			}
		}
		if len(a.Rows) > MaxRows {
			wrong("rows", errRows.With(MaxRows))
		}
	case q.Kind == Choice:
		if a.Text = t.Value; a.Text != "" && !q.has(a.Text) {
			wrong("value", errNoOption)
		}
	default:
		var err error
		if a.Text, err = read(q.Kind, t.Value, plain); err != nil {
			wrong("value", err)
		}
	}
	return a, bad
}

var (
	errOtherKind = errs.New(errs.Invalid, "form.other_kind")
	errNoOption  = errs.New(errs.Invalid, "form.no_such_option")
	errNoColumn  = errs.New(errs.Invalid, "form.no_such_column")
	errRows      = errs.New(errs.Invalid, "form.too_many_rows") // Args: how many at most
	errTooLong   = errs.New(errs.Invalid, "web.too_long")       // Args: characters
	errDecimal   = errs.New(errs.Invalid, "web.decimal")

	typedNumber = regexp.MustCompile(`^[-\x{2212}]?(\d{1,15}|\d{1,3}(\.\d{3}){1,4})(,\d{1,8})?$`)
	plainNumber = regexp.MustCompile(patterns[Number])
	plainMoney  = regexp.MustCompile(patterns[Money])
)

// read makes the kept form of one value, "" of nothing typed.
func read(k Kind, typed string, plain bool) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", nil
	}
	switch k {
	case Money:
		if plain && !plainMoney.MatchString(typed) {
			return "", money.ErrSyntax
		}
		a, err := money.Parse(typed)
		if err != nil {
			return "", err
		}
		if a.Sign() < 0 {
			return "", money.ErrSyntax
		}
		return a.String(), nil
	case Number:
		if !plain {
			if !typedNumber.MatchString(typed) {
				return "", errDecimal
			}
			typed = strings.NewReplacer(".", "", ",", ".", "\u2212", "-").Replace(typed)
			typed = leadingZeros.ReplaceAllString(typed, "$1$2")
		}
		if !plainNumber.MatchString(typed) {
			return "", errDecimal
		}
		return typed, nil
	case Date:
		d, err := calendar.ParseDate(typed)
		if err != nil {
			return "", err
		}
		return d.String(), nil
	case Long:
		return short(typed, longRunes)
	}
	return short(typed, textRunes)
}

var leadingZeros = regexp.MustCompile(`^(-?)0+([0-9])`)

func short(s string, limit int) (string, error) {
	if utf8.RuneCountInString(s) > limit {
		return "", errTooLong.With(limit)
	}
	return s, nil
}

// Asked says whether a question is asked of who gave these answers: its condition holds, and so does that of the question
// it hangs on.
func (f *Form) Asked(q *Field, as Answers) bool {
	if q.When == nil {
		return true
	}
	on := f.Field(q.When.Field)
	if on == nil || !f.Asked(on, as) {
		return false
	}
	given := as[on.Key]
	return given.Text == q.When.Is || slices.Contains(given.Many, q.When.Is)
}

// Lack is a question whose answer keeps the dossier from being submitted.
type Lack struct {
	Section *Section
	Field   *Field
	Words   int // that the answer has, when it has too many; 0 when it is missing
}

// Lacks lists what is missing or too long in the answers, in the order of the form.
func (f *Form) Lacks(as Answers) (ls []Lack) {
	for i := range f.Sections {
		s := &f.Sections[i]
		for j := range s.Fields {
			q := &s.Fields[j]
			if !f.Asked(q, as) {
				continue
			}
			a := as[q.Key]
			if q.Required && a.Blank() {
				ls = append(ls, Lack{s, q, 0})
			}
			if n := len(strings.Fields(a.Text)); q.Words > 0 && n > q.Words {
				ls = append(ls, Lack{s, q, n})
			}
		}
	}
	return ls
}

// Complete gives the answers as they are submitted: those of questions that are asked, without blanks.
func (f *Form) Complete(as Answers) Answers {
	out := Answers{}
	for _, q := range f.Fields() {
		if a := as[q.Key]; !a.Blank() && f.Asked(q, as) {
			out[q.Key] = a
		}
	}
	return out
}
