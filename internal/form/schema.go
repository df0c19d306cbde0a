package form

import (
	"encoding/json"
	"errors"
	"fmt"
)

// draft is the dialect of JSON Schema that a form is kept in.
const draft = "https://json-schema.org/draft/2020-12/schema"

// The words of a schema that a form uses; every x- keyword is the house's own.
type (
	schema struct {
		Dialect    string              `json:"$schema"`
		Type       string              `json:"type"`
		Properties map[string]property `json:"properties"`
		Closed     bool                `json:"additionalProperties"`
		Required   []string            `json:"required,omitempty"`
		All        []rule              `json:"allOf,omitempty"`
		Sections   []sectionWords      `json:"x-sections"`
	}
	property struct {
		Kind    Kind            `json:"x-kind"`
		VI      string          `json:"title"`
		EN      string          `json:"x-title-en"`
		HelpVI  string          `json:"description,omitempty"`
		HelpEN  string          `json:"x-description-en,omitempty"`
		Words   int             `json:"x-words,omitempty"`
		Type    string          `json:"type"`
		Min     int             `json:"minLength,omitempty"`
		Max     int             `json:"maxLength,omitempty"`
		Pattern string          `json:"pattern,omitempty"`
		Enum    []string        `json:"enum,omitempty"`
		Items   *items          `json:"items,omitempty"`
		Least   int             `json:"minItems,omitempty"`
		Most    int             `json:"maxItems,omitempty"`
		Unique  bool            `json:"uniqueItems,omitempty"`
		Options []words         `json:"x-options,omitempty"`
		When    *conditionWords `json:"x-when,omitempty"`
	}
	items struct {
		Type    string   `json:"type"`
		Enum    []string `json:"enum,omitempty"`
		Cells   []cell   `json:"prefixItems,omitempty"`
		Least   int      `json:"minItems,omitempty"`
		Most    int      `json:"maxItems,omitempty"`
		Columns []words  `json:"x-columns,omitempty"`
	}
	cell struct {
		Kind    Kind   `json:"x-kind"`
		Type    string `json:"type"`
		Max     int    `json:"maxLength,omitempty"`
		Pattern string `json:"pattern,omitempty"`
	}
	words struct {
		Key string `json:"key"`
		VI  string `json:"vi"`
		EN  string `json:"en"`
	}
	conditionWords struct {
		Field string `json:"field"`
		Is    string `json:"is"`
	}
	sectionWords struct {
		Key    string   `json:"key"`
		VI     string   `json:"title"`
		EN     string   `json:"x-title-en"`
		HelpVI string   `json:"description,omitempty"`
		HelpEN string   `json:"x-description-en,omitempty"`
		Fields []string `json:"fields"`
	}
	// rule: only who gave the answer of the condition answers, and answers if it is required.
	rule struct {
		If   json.RawMessage `json:"if"`
		Then json.RawMessage `json:"then"`
		Else json.RawMessage `json:"else"`
	}
)

// Patterns of answers as they are kept; an empty cell of a table is the empty text.
var patterns = map[Kind]string{
	Money:  `^(0|[1-9][0-9]{0,14})$`,
	Number: `^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,8})?$`,
	Date:   `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`,
}

// Schema is the form as a JSON Schema of complete answers; equal forms give equal bytes.
func (f *Form) Schema() ([]byte, error) {
	s := schema{Dialect: draft, Type: "object", Properties: map[string]property{}, Sections: []sectionWords{}}
	for _, sec := range f.Sections {
		w := sectionWords{Key: sec.Key, VI: sec.TitleVI, EN: sec.TitleEN, HelpVI: sec.HelpVI, HelpEN: sec.HelpEN, Fields: []string{}}
		for i := range sec.Fields {
			q := &sec.Fields[i]
			w.Fields = append(w.Fields, q.Key)
			s.Properties[q.Key] = q.property()
			switch {
			case q.When != nil:
				s.All = append(s.All, f.rule(q))
			case q.Required:
				s.Required = append(s.Required, q.Key)
			}
		}
		s.Sections = append(s.Sections, w)
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("schema of a form: %w", err)
	}
	return b, nil
}

func (q *Field) property() property {
	p := property{Kind: q.Kind, VI: q.LabelVI, EN: q.LabelEN, HelpVI: q.HelpVI, HelpEN: q.HelpEN, Words: q.Words, Type: "string", Pattern: patterns[q.Kind]}
	for _, o := range q.Options {
		p.Options = append(p.Options, words(o))
	}
	switch q.Kind {
	case Text:
		p.Min, p.Max = 1, textRunes
	case Long:
		p.Min, p.Max = 1, longRunes
	case Choice:
		p.Enum = q.keys()
	case Choices:
		p.Type, p.Items, p.Least, p.Unique = "array", &items{Type: "string", Enum: q.keys()}, 1, true
	case Table:
		row := &items{Type: "array", Least: len(q.Columns), Most: len(q.Columns)}
		for _, c := range q.Columns {
			in := cell{Kind: c.Kind, Type: "string", Pattern: patterns[c.Kind]}
			if c.Kind == Text {
				in.Max = textRunes
			} else {
				in.Pattern = "^$|" + in.Pattern
			}
			row.Cells, row.Columns = append(row.Cells, in), append(row.Columns, words{c.Key, c.VI, c.EN})
		}
		p.Type, p.Items, p.Least, p.Most = "array", row, 1, MaxRows
	}
	if q.When != nil {
		p.When = &conditionWords{q.When.Field, q.When.Is}
	}
	return p
}

func (q *Field) keys() (ks []string) {
	for _, o := range q.Options {
		ks = append(ks, o.Key)
	}
	return ks
}

// rule says in the schema that a conditional question is answered only under its condition.
func (f *Form) rule(q *Field) (r rule) {
	given := fmt.Sprintf(`{"const":%q}`, q.When.Is)
	if on := f.Field(q.When.Field); on != nil && on.Kind == Choices {
		given = fmt.Sprintf(`{"contains":%s}`, given)
	}
	r.If = fmt.Appendf(nil, `{"properties":{%q:%s},"required":[%q]}`, q.When.Field, given, q.When.Field)
	r.Then, r.Else = json.RawMessage(`true`), fmt.Appendf(nil, `{"properties":{%q:false}}`, q.Key)
	if q.Required {
		r.Then = fmt.Appendf(nil, `{"required":[%q]}`, q.Key)
	}
	return r
}

// Parse reads a form from the schema that Schema gave.
func Parse(b []byte) (*Form, error) {
	var s schema
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("read a form: %w", err)
	}
	if s.Dialect != draft {
		return nil, errors.New("read a form: another dialect of JSON Schema")
	}
	required := map[string]bool{}
	for _, k := range s.Required {
		required[k] = true
	}
	for _, r := range s.All {
		var then struct{ Required []string }
		if string(r.Then) != "true" {
			if err := json.Unmarshal(r.Then, &then); err != nil {
				return nil, fmt.Errorf("read a rule of a form: %w", err)
			}
		}
		for _, k := range then.Required {
			required[k] = true
		}
	}
	f := &Form{}
	for _, w := range s.Sections {
		sec := Section{Key: w.Key, TitleVI: w.VI, TitleEN: w.EN, HelpVI: w.HelpVI, HelpEN: w.HelpEN}
		for _, k := range w.Fields {
			p, ok := s.Properties[k]
			if !ok {
				return nil, fmt.Errorf("read a form: section %s names question %s, which is not there", w.Key, k)
			}
			sec.Fields = append(sec.Fields, p.field(k, required[k]))
		}
		f.Sections = append(f.Sections, sec)
	}
	return f, nil
}

func (p property) field(key string, required bool) Field {
	q := Field{Key: key, Kind: p.Kind, LabelVI: p.VI, LabelEN: p.EN, HelpVI: p.HelpVI, HelpEN: p.HelpEN, Required: required, Words: p.Words}
	for _, o := range p.Options {
		q.Options = append(q.Options, Option(o))
	}
	if p.Kind == Table && p.Items != nil {
		for i, c := range p.Items.Columns {
			q.Columns = append(q.Columns, Column{c.Key, p.Items.Cells[i].Kind, c.VI, c.EN})
		}
	}
	if p.When != nil {
		q.When = &Condition{p.When.Field, p.When.Is}
	}
	return q
}
