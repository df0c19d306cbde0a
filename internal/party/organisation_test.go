package party

import (
	"testing"
	"time"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

func TestTooOld(t *testing.T) {
	for _, c := range []struct {
		name                  string
		registered, reference calendar.Date
		want                  bool
	}{
		{"day before the fifth anniversary", calendar.On(2021, time.March, 10), calendar.On(2026, time.March, 9), false},
		{"fifth anniversary", calendar.On(2021, time.March, 10), calendar.On(2026, time.March, 10), false},
		{"day after", calendar.On(2021, time.March, 10), calendar.On(2026, time.March, 11), true},
		{"29/02, last day of February", calendar.On(2020, time.February, 29), calendar.On(2025, time.February, 28), false},
		{"29/02, first of March", calendar.On(2020, time.February, 29), calendar.On(2025, time.March, 1), true},
		{"28/02 before a leap year", calendar.On(2023, time.February, 28), calendar.On(2028, time.February, 29), true},
		{"registered after the reference day", calendar.On(2026, time.May, 1), calendar.On(2026, time.March, 1), false},
	} {
		if got := TooOld(c.registered, c.reference, 5); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

var today = calendar.On(2026, time.March, 2)

func firm() Profile {
	return Profile{Name: "Công ty Cổ phần Giải pháp Sông Cầu", Kind: Firm, TaxCode: "0100 109 106", RegisteredOn: calendar.On(2023, time.May, 4),
		Commune: "07210", Address: "Số 1", HeadName: "Ngô Anh Dũng", Email: "lienhe@songcau.example", Phone: "0912 000 111"}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name  string
		edit  func(*Profile)
		field string
		want  *errs.Error
	}{
		{name: "a firm", edit: func(*Profile) {}},
		{name: "registered today", edit: func(p *Profile) { p.RegisteredOn = today }},
		{"registered tomorrow", func(p *Profile) { p.RegisteredOn = today.AddDays(1) }, "registered_on", ErrFuture},
		{"no registration", func(p *Profile) { p.RegisteredOn = calendar.Date{} }, "registered_on", ErrNeedsRegistration},
		{"no tax code", func(p *Profile) { p.TaxCode = "" }, "tax_code", ErrNeedsTaxCode},
		{"wrong check digit", func(p *Profile) { p.TaxCode = "0100109105" }, "tax_code", ErrTaxCodeCheck},
		{"eleven digits", func(p *Profile) { p.TaxCode = "01001091061" }, "tax_code", ErrTaxCodeForm},
		{"a person with a tax code", func(p *Profile) { p.Kind = Person }, "tax_code", ErrNoTaxCode},
		{name: "a group", edit: func(p *Profile) { p.Kind, p.TaxCode, p.RegisteredOn = Group, "", calendar.Date{} }},
		{"no such kind", func(p *Profile) { p.Kind = "bank" }, "kind", ErrKind},
		{"head starts tomorrow", func(p *Profile) { p.HeadSince = today.AddDays(1) }, "head_since", ErrFuture},
		{"no address of mail", func(p *Profile) { p.Email = "songcau" }, "email", ErrEmail},
	} {
		p := firm()
		c.edit(&p)
		var o Organisation
		err := o.Describe(p, today)
		if c.want == nil {
			if err != nil || o.Name != p.Name {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		e := errs.From(err)
		found := false
		for _, f := range e.Fields {
			found = found || f.Name == c.field && f.Code == c.want.Code
		}
		if !found {
			t.Errorf("%s: got %+v", c.name, e.Fields)
		}
		if o.Name != "" {
			t.Errorf("%s: changed although refused", c.name)
		}
	}
}

func TestKindStays(t *testing.T) {
	o := Organisation{Kind: Group}
	if err := o.Describe(firm(), today); err == nil || errs.From(err).Fields[0].Code != ErrKindFixed.Code {
		t.Errorf("got %v", err)
	}
}

func TestBarStands(t *testing.T) {
	b := Bar{Since: calendar.On(2026, 1, 10), LiftedOn: calendar.On(2026, 3, 1)}
	for day, want := range map[calendar.Date]bool{
		calendar.On(2026, 1, 9): false, calendar.On(2026, 1, 10): true, calendar.On(2026, 2, 28): true, calendar.On(2026, 3, 1): false,
	} {
		if b.StandsOn(day) != want {
			t.Errorf("%s: got %v", day, !want)
		}
	}
}
