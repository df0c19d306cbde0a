package form

import (
	"fmt"
	"strings"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
)

// Input is one question as a page shows it, in the page's language. Name is what its values are sent under.
type Input struct {
	*Field
	Name        string // answers[n]
	Label, Help string
	Value       string   // as typed in Vietnam
	Choices     []Chosen // of Choice and Choices
	Heads       []string // of Table
	Lines       [][]Cell
	Lead        string // what must be answered before this is asked, "" when it is always asked
}

// Chosen is one option and whether it was taken.
type Chosen struct {
	Key, Label string
	Taken      bool
}

// Cell is one cell of a table.
type Cell struct {
	Column, Label, Value string
	Kind                 Kind
}

// spareRows is how many empty rows stand below those filled.
const spareRows = 3

// Inputs are the questions of the section with what was answered so far.
func (s *Section) Inputs(as Answers, lang i18n.Lang) []Input {
	ins := make([]Input, len(s.Fields))
	for i := range s.Fields {
		q := &s.Fields[i]
		a := as[q.Key]
		in := Input{Field: q, Name: fmt.Sprintf("answers[%d]", i), Label: pick(lang, q.LabelVI, q.LabelEN), Help: pick(lang, q.HelpVI, q.HelpEN),
			Value: shown(q.Kind, a.Text)}
		if q.Kind == Money {
			in.Label += " (đ)"
		}
		if q.Words > 0 {
			in.Help = strings.TrimSpace(in.Help + " " + i18n.Text(lang, "form.at_most_words", q.Words))
		}
		for _, o := range q.Options {
			taken := a.Text == o.Key
			for _, k := range a.Many {
				taken = taken || k == o.Key
			}
			in.Choices = append(in.Choices, Chosen{o.Key, pick(lang, o.VI, o.EN), taken})
		}
		if q.Kind == Table {
			in.table(a, lang)
		}
		ins[i] = in
	}
	return ins
}

func (in *Input) table(a Answer, lang i18n.Lang) {
	for _, c := range in.Columns {
		in.Heads = append(in.Heads, c.head(lang))
	}
	for n := range min(len(a.Rows)+spareRows, MaxRows) {
		line := make([]Cell, len(in.Columns))
		for c, col := range in.Columns {
			line[c] = Cell{Column: col.Key, Label: in.Heads[c], Kind: col.Kind}
			if n < len(a.Rows) && c < len(a.Rows[n]) {
				line[c].Value = shown(col.Kind, a.Rows[n][c])
			}
		}
		in.Lines = append(in.Lines, line)
	}
}

// head is the column's name; an amount is never without its unit.
func (c Column) head(lang i18n.Lang) string {
	name := pick(lang, c.VI, c.EN)
	if c.Kind == Money {
		name += " (đ)"
	}
	return name
}

// Leads fills in after which answer each question is asked.
func (f *Form) Leads(ins []Input, lang i18n.Lang) {
	for i, in := range ins {
		if in.When == nil {
			continue
		}
		on := f.Field(in.When.Field)
		for _, o := range on.Options {
			if o.Key == in.When.Is {
				ins[i].Lead = i18n.Text(lang, "form.asked_when", pick(lang, on.LabelVI, on.LabelEN), pick(lang, o.VI, o.EN))
			}
		}
	}
}

// Reading is one answer to be read: its question, its text, or the rows of its table.
type Reading struct {
	Label string
	Text  string
	Heads []string
	Rows  [][]string
	Money []bool // which columns are amounts
}

// Readings are the answers of complete in the order of the form.
func (f *Form) Readings(complete Answers, lang i18n.Lang) (out []Reading) {
	for _, q := range f.Fields() {
		a, ok := complete[q.Key]
		if !ok {
			continue
		}
		r := Reading{Label: pick(lang, q.LabelVI, q.LabelEN), Text: shown(q.Kind, a.Text)}
		var chosen []string
		for _, o := range q.Options {
			if a.Text == o.Key {
				r.Text = pick(lang, o.VI, o.EN)
			}
			for _, k := range a.Many {
				if k == o.Key {
					chosen = append(chosen, pick(lang, o.VI, o.EN))
				}
			}
		}
		if q.Kind == Choices {
			r.Text = strings.Join(chosen, "; ")
		}
		if q.Kind == Money {
			r.Text += " đ"
		}
		for _, c := range q.Columns {
			r.Heads, r.Money = append(r.Heads, c.head(lang)), append(r.Money, c.Kind == Money || c.Kind == Number)
		}
		for _, row := range a.Rows {
			line := make([]string, len(row))
			for i, v := range row {
				line[i] = shown(q.Columns[i].Kind, v)
			}
			r.Rows = append(r.Rows, line)
		}
		out = append(out, r)
	}
	return out
}

// shown writes a kept value as it is read and typed in Vietnam.
func shown(k Kind, v string) string {
	if v == "" {
		return ""
	}
	switch k {
	case Money:
		if a, err := money.Parse(v); err == nil {
			return a.Format()
		}
	case Number:
		return strings.Replace(v, ".", ",", 1)
	case Date:
		if d, err := calendar.ParseDate(v); err == nil {
			return d.Format()
		}
	}
	return v
}

func pick(lang i18n.Lang, vi, en string) string {
	if lang == i18n.EN && en != "" {
		return en
	}
	return vi
}
