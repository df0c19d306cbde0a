package call

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// formPage is the form of a call with what may be changed of it.
type formPage struct {
	web.Base
	Call      *Call
	Asked     *form.Form
	CanEdit   bool
	Version   formVersion
	Section   *form.Section // whose question is edited or added
	Field     *form.Field   // the edited question; its zero value is a new one
	Kinds     []web.Option
	Answers   []web.Option // conditions that the question may have
	Condition string
	Options   string // one line each, as typed
	Columns   string
	Preview   []form.Input
}

// act is one button of the page: its path, what it is about, and the version it was read at.
type act struct {
	Page       *formPage
	Path, Name string
	Version    int
}

// Act makes a button of the page.
func (p *formPage) Act(path, name string) act { return act{p, path, name, p.Call.Version} }

// Asks says after which answer a question is asked, "" when always.
func (p *formPage) Asks(when *form.Condition) string {
	if when == nil {
		return ""
	}
	ins := []form.Input{{Field: &form.Field{When: when}}}
	p.Asked.Leads(ins, p.Lang)
	return ins[0].Lead
}

// Action is where the form of the question is sent.
func (p *formPage) Action() string {
	base := "/calls/" + p.Call.Code + "/form/"
	if p.Field.Key == "" {
		return base + "sections/" + p.Section.Key + "/fields"
	}
	return base + "fields/" + p.Field.Key + "/update"
}

func (h handler) readForm(ctx context.Context, r web.Req) (*formPage, error) {
	c, err := h.Read(ctx, r.Param("code"))
	if err != nil {
		return nil, err
	}
	if _, err := h.access.Require(ctx, h.db, "call", "read_draft", c); err != nil {
		return nil, err
	}
	p := &formPage{Call: c, Asked: &form.Form{}, CanEdit: h.access.Can(ctx, h.db, "call", "update", c)}
	row, err := formInWork(ctx, h.db, c.ID)
	if err != nil {
		return nil, err
	}
	if p.Version, err = h.version(ctx, c, row); err != nil || row == nil {
		return p, err
	}
	p.CanEdit = p.CanEdit || p.Version.CanSend
	p.Asked, err = row.Questions()
	return p, err
}

// question opens the page of one question; a section's key in the path means a new one.
func (h handler) question(ctx context.Context, r web.Req) (*formPage, error) {
	p, err := h.readForm(ctx, r)
	if err != nil {
		return nil, err
	}
	if !p.CanEdit {
		return nil, errs.ErrNotFound
	}
	if key := r.Param("field"); key != "" {
		p.Field = p.Asked.Field(key)
		for i := range p.Asked.Sections {
			if slices.ContainsFunc(p.Asked.Sections[i].Fields, func(q form.Field) bool { return q.Key == key }) {
				p.Section = &p.Asked.Sections[i]
			}
		}
	} else {
		p.Section, p.Field = p.Asked.Section(r.Param("section")), &form.Field{Kind: form.Text}
	}
	if p.Section == nil || p.Field == nil {
		return nil, errs.ErrNotFound
	}
	for _, k := range form.Kinds {
		p.Kinds = append(p.Kinds, web.Option{Value: string(k), Label: i18n.T(ctx, "form.kind."+string(k))})
	}
	for _, q := range p.Asked.Fields() {
		if q.Key == p.Field.Key {
			break // the ones below come too late to depend on
		}
		for _, o := range q.Options {
			p.Answers = append(p.Answers, web.Option{Value: q.Key + "=" + o.Key, Label: web.Pick(r.Lang(), q.LabelVI, q.LabelEN) + ": " + web.Pick(r.Lang(), o.VI, o.EN)})
		}
	}
	if w := p.Field.When; w != nil {
		p.Condition = w.Field + "=" + w.Is
	}
	p.Options, p.Columns = optionLines(p.Field.Options), columnLines(p.Field.Columns)
	return p, nil
}

// preview shows the form as an applicant sees it; nothing is sent from it.
func (h handler) preview(ctx context.Context, r web.Req) (*formPage, error) {
	p, err := h.readForm(ctx, r)
	if err != nil {
		return nil, err
	}
	if p.Section = p.Asked.Section(r.Param("section")); p.Section == nil {
		return nil, errs.ErrNotFound
	}
	p.Preview = p.Section.Inputs(form.Answers{}, r.Lang())
	p.Asked.Leads(p.Preview, r.Lang())
	return p, nil
}

type (
	versionIn struct {
		Version int `form:"version" json:"version"`
	}
	sectionIn struct {
		Version int    `form:"version" json:"version"`
		TitleVI string `form:"title_vi" json:"title_vi" kb:"required,max=120"`
		TitleEN string `form:"title_en" json:"title_en" kb:"required,max=120"`
		HelpVI  string `form:"help_vi" json:"help_vi" kb:"max=1000"`
		HelpEN  string `form:"help_en" json:"help_en" kb:"max=1000"`
	}
	moveIn struct {
		Version int    `form:"version" json:"version"`
		Way     string `form:"way" json:"way" kb:"required,max=4"` // up or down
	}
	// fieldIn is a question as typed. Options has one "tiếng Việt | English" a line, Columns "kind | tiếng Việt | English".
	fieldIn struct {
		Version  int    `form:"version" json:"version"`
		Kind     string `form:"kind" json:"kind" kb:"required,max=20"`
		LabelVI  string `form:"label_vi" json:"label_vi" kb:"required,max=300"`
		LabelEN  string `form:"label_en" json:"label_en" kb:"required,max=300"`
		HelpVI   string `form:"help_vi" json:"help_vi" kb:"max=1000"`
		HelpEN   string `form:"help_en" json:"help_en" kb:"max=1000"`
		Required bool   `form:"required" json:"required"`
		Words    int    `form:"words" json:"words"`
		Options  string `form:"options" json:"options" kb:"max=6000"`
		Columns  string `form:"columns" json:"columns" kb:"max=2000"`
		When     string `form:"when" json:"when" kb:"max=50"` // question=option
	}
)

// reform runs one change and answers with the page of the form.
func (h handler) reform(ctx context.Context, r web.Req, version int, change reform) (web.Done, callOut, error) {
	done, out, err := h.do(ctx, r, "call.form_saved", func(ctx context.Context, id uuid.UUID) error { return h.Reform(ctx, id, version, change) })
	done.Location += "/form"
	return done, out, err
}

func (h handler) addSection(ctx context.Context, r web.Req, in sectionIn) (web.Done, callOut, error) {
	return h.reform(ctx, r, in.Version, func(f *form.Form, next func(string) string, _ func(string)) error {
		f.Sections = append(f.Sections, form.Section{Key: next("s"), TitleVI: in.TitleVI, TitleEN: in.TitleEN, HelpVI: in.HelpVI, HelpEN: in.HelpEN})
		return nil
	})
}

func (h handler) saveSection(ctx context.Context, r web.Req, in sectionIn) (web.Done, callOut, error) {
	return h.reform(ctx, r, in.Version, func(f *form.Form, _ func(string) string, _ func(string)) error {
		s := f.Section(r.Param("section"))
		if s == nil {
			return errs.ErrNotFound
		}
		s.TitleVI, s.TitleEN, s.HelpVI, s.HelpEN = in.TitleVI, in.TitleEN, in.HelpVI, in.HelpEN
		return nil
	})
}

func (h handler) dropSection(ctx context.Context, r web.Req, in versionIn) (web.Done, callOut, error) {
	return h.reform(ctx, r, in.Version, func(f *form.Form, _ func(string) string, retire func(string)) error {
		s := f.Section(r.Param("section"))
		if s == nil {
			return errs.ErrNotFound
		}
		retire(s.Key)
		for _, q := range s.Fields {
			retire(q.Key)
		}
		f.Sections = slices.DeleteFunc(f.Sections, func(x form.Section) bool { return x.Key == r.Param("section") })
		return nil
	})
}

func (h handler) moveSection(ctx context.Context, r web.Req, in moveIn) (web.Done, callOut, error) {
	return h.reform(ctx, r, in.Version, func(f *form.Form, _ func(string) string, _ func(string)) error {
		return shift(f.Sections, in.Way, func(s form.Section) bool { return s.Key == r.Param("section") })
	})
}

func (h handler) addField(ctx context.Context, r web.Req, in fieldIn) (web.Done, callOut, error) {
	return h.reform(ctx, r, in.Version, func(f *form.Form, next func(string) string, _ func(string)) error {
		s := f.Section(r.Param("section"))
		if s == nil {
			return errs.ErrNotFound
		}
		q := form.Field{Key: next("q")}
		if err := in.fill(&q); err != nil {
			return err
		}
		s.Fields = append(s.Fields, q)
		return nil
	})
}

func (h handler) saveField(ctx context.Context, r web.Req, in fieldIn) (web.Done, callOut, error) {
	return h.reform(ctx, r, in.Version, func(f *form.Form, _ func(string) string, _ func(string)) error {
		q := f.Field(r.Param("field"))
		if q == nil {
			return errs.ErrNotFound
		}
		return in.fill(q)
	})
}

func (h handler) dropField(ctx context.Context, r web.Req, in versionIn) (web.Done, callOut, error) {
	return h.reform(ctx, r, in.Version, func(f *form.Form, _ func(string) string, retire func(string)) error {
		if f.Field(r.Param("field")) == nil {
			return errs.ErrNotFound
		}
		retire(r.Param("field"))
		for i := range f.Sections {
			f.Sections[i].Fields = slices.DeleteFunc(f.Sections[i].Fields, func(q form.Field) bool { return q.Key == r.Param("field") })
		}
		return nil
	})
}

func (h handler) moveField(ctx context.Context, r web.Req, in moveIn) (web.Done, callOut, error) {
	return h.reform(ctx, r, in.Version, func(f *form.Form, _ func(string) string, _ func(string)) error {
		for i := range f.Sections {
			if err := shift(f.Sections[i].Fields, in.Way, func(q form.Field) bool { return q.Key == r.Param("field") }); err == nil {
				return nil
			}
		}
		return errs.ErrNotFound
	})
}

// shift moves the item that is meant one place up or down; at the end of the list it stays.
func shift[T any](list []T, way string, meant func(T) bool) error {
	at := slices.IndexFunc(list, meant)
	if at < 0 {
		return errs.ErrNotFound
	}
	to := at + 1
	if way == "up" {
		to = at - 1
	}
	if to >= 0 && to < len(list) {
		list[at], list[to] = list[to], list[at]
	}
	return nil
}

// fill takes over a question as typed. Options and columns keep the keys they had by their place.
func (in fieldIn) fill(q *form.Field) error {
	options, columns := q.Options, q.Columns
	q.Kind, q.LabelVI, q.LabelEN, q.HelpVI, q.HelpEN, q.Required = form.Kind(in.Kind), in.LabelVI, in.LabelEN, in.HelpVI, in.HelpEN, in.Required
	q.Words, q.Options, q.Columns, q.When = 0, nil, nil, nil
	switch q.Kind {
	case form.Long:
		q.Words = in.Words
	case form.Choice, form.Choices:
		for n, line := range cells(in.Options) {
			if len(line) != 2 {
				return errs.FieldError("options", "form.option_both")
			}
			o := form.Option{Key: keyAt("o", n, options, func(o form.Option) string { return o.Key }), VI: line[0], EN: line[1]}
			q.Options = append(q.Options, o)
		}
	case form.Table:
		for n, line := range cells(in.Columns) {
			if len(line) != 3 {
				return errs.FieldError("columns", "form.column_both")
			}
			c := form.Column{Key: keyAt("c", n, columns, func(c form.Column) string { return c.Key }), Kind: form.Kind(line[0]), VI: line[1], EN: line[2]}
			q.Columns = append(q.Columns, c)
		}
	}
	if field, is, ok := strings.Cut(in.When, "="); ok {
		q.When = &form.Condition{Field: field, Is: is}
	}
	return nil
}

func keyAt[T any](prefix string, n int, had []T, key func(T) string) string {
	if n < len(had) {
		return key(had[n])
	}
	f := form.Form{}
	used := make([]string, len(had))
	for i, h := range had {
		used[i] = key(h)
	}
	for range n - len(had) {
		used = append(used, f.NextKey(prefix, used))
	}
	return f.NextKey(prefix, used)
}

// cells splits typed lines at their bars; empty lines are left out.
func cells(text string) (lines [][]string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		parts := strings.Split(line, "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		lines = append(lines, parts)
	}
	return lines
}

func optionLines(os []form.Option) string {
	var b strings.Builder
	for _, o := range os {
		b.WriteString(o.VI + " | " + o.EN + "\n")
	}
	return b.String()
}

func columnLines(cs []form.Column) string {
	var b strings.Builder
	for _, c := range cs {
		b.WriteString(string(c.Kind) + " | " + c.VI + " | " + c.EN + "\n")
	}
	return b.String()
}
