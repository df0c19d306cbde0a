// Package form describes the questions that a call asks beyond the fixed parts of a dossier (biểu mẫu riêng của đợt),
// and reads, checks and shows the answers. It knows no call and no dossier.
//
// # Decisions
//
// A form is kept as a JSON Schema of its answers, so that anybody can check an answer with a tool of their own. What the
// schema language has no word for, sections, both languages, limits in words, stands in keywords that begin with x-.
//
// Keys are given by the house and never reused: an answer is found by its key whatever the question is renamed to.
//
// A draft may hold answers that are too long or none at all; they keep it from being submitted, not from being saved. What
// is not of the question's kind, a date that is none, is never kept.
package form

import (
	"fmt"
	"regexp"
	"slices"

	"kinhbac/internal/errs"
)

// Kind is what an answer is.
type Kind string

// The kinds of answer.
const (
	Text    Kind = "text"    // one line
	Long    Kind = "long"    // paragraphs, with a limit in words
	Money   Kind = "money"   // whole đồng, not negative
	Number  Kind = "number"  // decimal with at most 8 places
	Date    Kind = "date"    // a day
	Choice  Kind = "choice"  // one option
	Choices Kind = "choices" // any of the options
	Table   Kind = "table"   // rows of columns
)

// Kinds are all kinds in the order they are offered, CellKinds those of a column of a table.
var (
	Kinds     = []Kind{Text, Long, Money, Number, Date, Choice, Choices, Table}
	CellKinds = []Kind{Text, Money, Number, Date}
)

// Limits of a form.
const (
	MaxSections = 20
	MaxFields   = 100 // of the whole form
	MaxOptions  = 30
	MaxColumns  = 6
	MaxRows     = 50
	MaxWords    = 3000
	textRunes   = 300
	longRunes   = 20_000
)

// Form is the questions of a call in the order they are asked. The zero value asks nothing.
type Form struct{ Sections []Section }

// Section is one part of the dossier.
type Section struct {
	Key              string
	TitleVI, TitleEN string
	HelpVI, HelpEN   string
	Fields           []Field
}

// Field is one question. Words is the most words of a Long answer, 0 for no limit but the house's; Options are of Choice
// and Choices, Columns of Table. With When the question is asked only of those who gave that answer.
type Field struct {
	Key              string
	Kind             Kind
	LabelVI, LabelEN string
	HelpVI, HelpEN   string
	Required         bool
	Words            int
	Options          []Option
	Columns          []Column
	When             *Condition
}

// Option is one answer to choose.
type Option struct{ Key, VI, EN string }

// Column is one column of a table.
type Column struct {
	Key    string
	Kind   Kind
	VI, EN string
}

// Condition is the option Is chosen at the question Field, a Choice or Choices that is asked earlier.
type Condition struct{ Field, Is string }

// Refusals of a form and of answers.
var (
	ErrForm   = errs.New(errs.Invalid, "form.invalid")
	ErrAnswer = errs.New(errs.Invalid, "form.answer_invalid")
)

var key = regexp.MustCompile(`^[a-z][a-z0-9]{0,19}$`)

// Check refuses a form that cannot be asked; its fields name what to mend, by key.
func (f *Form) Check() error {
	var bad []errs.Field
	mend := func(wrong bool, name, code string, args ...any) {
		if wrong {
			bad = append(bad, errs.Field{Name: name, Code: code, Args: args})
		}
	}
	mend(len(f.Sections) > MaxSections, "sections", "form.too_many_sections", MaxSections)
	mend(len(f.Fields()) > MaxFields, "sections", "form.too_many_fields", MaxFields)
	seen := map[string]bool{}
	unique := func(k string) {
		mend(!key.MatchString(k) || seen[k], k, "form.key")
		seen[k] = true
	}
	asked := map[string]*Field{}
	for i := range f.Sections {
		s := &f.Sections[i]
		unique(s.Key)
		mend(s.TitleVI == "" || s.TitleEN == "", s.Key, "form.need_title")
		for j := range s.Fields {
			q := &s.Fields[j]
			unique(q.Key)
			q.check(asked, mend)
			asked[q.Key] = q
		}
	}
	if len(bad) > 0 {
		return ErrForm.At(bad...)
	}
	return nil
}

func (q *Field) check(asked map[string]*Field, mend func(bool, string, string, ...any)) {
	mend(q.LabelVI == "" || q.LabelEN == "", q.Key, "form.need_label")
	mend(!slices.Contains(Kinds, q.Kind), q.Key, "form.need_kind")
	mend(q.Words < 0 || q.Words > MaxWords, q.Key, "form.words_range", MaxWords)
	mend(q.Words > 0 && q.Kind != Long, q.Key, "form.words_kind")
	choice := q.Kind == Choice || q.Kind == Choices
	mend(choice && (len(q.Options) < 2 || len(q.Options) > MaxOptions), q.Key, "form.need_options", MaxOptions)
	mend(!choice && len(q.Options) > 0, q.Key, "form.no_options")
	mend(q.Kind == Table && (len(q.Columns) == 0 || len(q.Columns) > MaxColumns), q.Key, "form.need_columns", MaxColumns)
	mend(q.Kind != Table && len(q.Columns) > 0, q.Key, "form.no_columns")
	keys := map[string]bool{}
	for _, o := range q.Options {
		mend(!key.MatchString(o.Key) || keys[o.Key], q.Key, "form.key")
		mend(o.VI == "" || o.EN == "", q.Key, "form.option_both")
		keys[o.Key] = true
	}
	for _, c := range q.Columns {
		mend(!key.MatchString(c.Key) || keys[c.Key], q.Key, "form.key")
		mend(c.VI == "" || c.EN == "", q.Key, "form.column_both")
		mend(!slices.Contains(CellKinds, c.Kind), q.Key, "form.column_kind")
		keys[c.Key] = true
	}
	if q.When != nil {
		on := asked[q.When.Field]
		mend(on == nil || !on.has(q.When.Is), q.Key, "form.condition")
	}
}

func (q *Field) has(option string) bool {
	return slices.ContainsFunc(q.Options, func(o Option) bool { return o.Key == option })
}

// Fields are all questions in order.
func (f *Form) Fields() (all []*Field) {
	for i := range f.Sections {
		for j := range f.Sections[i].Fields {
			all = append(all, &f.Sections[i].Fields[j])
		}
	}
	return all
}

// Section finds a section by its key, nil when there is none.
func (f *Form) Section(key string) *Section {
	for i := range f.Sections {
		if f.Sections[i].Key == key {
			return &f.Sections[i]
		}
	}
	return nil
}

// Field finds a question by its key, nil when there is none.
func (f *Form) Field(key string) *Field {
	for _, q := range f.Fields() {
		if q.Key == key {
			return q
		}
	}
	return nil
}

// NextKey gives a key that prefix begins and that stands nowhere in the form or in used, which names the keys of questions
// that were taken out.
func (f *Form) NextKey(prefix string, used []string) string {
	for n := 1; ; n++ {
		k := fmt.Sprint(prefix, n)
		if f.Section(k) == nil && f.Field(k) == nil && !slices.Contains(used, k) {
			return k
		}
	}
}
