package revision

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/rulebook"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestNormal(t *testing.T) {
	for _, c := range []struct{ kind, unit, typed, want, refused string }{
		{kind: "number", unit: "đồng", typed: "5.000.000.000", want: "5000000000"},
		{kind: "number", unit: "đồng", typed: "5.000,5", refused: "money.syntax"},
		{kind: "number", unit: "đồng", typed: "1e9", refused: "money.syntax"},
		{kind: "number", unit: "%", typed: "6,5", want: "6.5"},
		{kind: "number", unit: "d", typed: "30", want: "30"},
		{kind: "number", unit: "d", typed: "-1", refused: ErrNumber.Code},
		{kind: "number", unit: "d", typed: "1.000.000", refused: ErrNumber.Code},
		{kind: "threshold", typed: ">= 2/3 cast", want: ">= 2/3 cast"},
		{kind: "threshold", typed: "2/3", refused: ErrThreshold.Code},
		{kind: "word", typed: "yes", want: "yes"},
		{kind: "word", typed: "<b>", refused: ErrWord.Code},
		{kind: "list", typed: "requested criterion:1", want: "requested criterion:1"},
	} {
		got, err := normal(c.kind, c.unit, c.typed)
		if c.refused == "" && (err != nil || got != c.want) {
			t.Errorf("%s %s %q: got %q, %v", c.kind, c.unit, c.typed, got, err)
		}
		if c.refused != "" && (err == nil || errs.From(err).Fields[0].Code != c.refused) {
			t.Errorf("%s %s %q: got %q, %v", c.kind, c.unit, c.typed, got, err)
		}
	}
}

func TestConfirm(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := Revision{Status: Proposed, Confidence: "M"}
	if err := r.Confirm("", calendar.Date{}, 2, uuid.New(), now); err == nil || r.Status != Proposed {
		t.Errorf("without a document: %v, %s", err, r.Status)
	}
	if err := r.Confirm("12/QĐ-STC", calendar.On(2026, 3, 1), 2, uuid.New(), now); err != nil || r.Confidence != "C" || r.Instrument != "12/QĐ-STC" {
		t.Errorf("%v, %+v", err, r)
	}
	if err := r.Confirm("13/QĐ-STC", calendar.Date{}, 3, uuid.New(), now); !errors.Is(err, ErrNotPending) {
		t.Errorf("twice: %v", err)
	}
	if err := r.Refuse(uuid.New(), now); !errors.Is(err, ErrNotPending) {
		t.Errorf("refused after: %v", err)
	}
}

func TestLimitFromNothingToConfirmed(t *testing.T) {
	ctx, db := context.Background(), dbtest.New(t)
	s := New(db, accesstest.New(t))
	finance := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.FinanceOfficer}})
	chief := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ChiefAccountant}})
	applicant := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.Applicant}})

	const rule = "payment.limit.act"
	now := time.Now()
	if _, err := rulebook.Get(ctx, db, rule, now); !errors.Is(err, rulebook.ErrNoRule) {
		t.Fatalf("a limit that nobody set: %v", err)
	}
	before, err := rulebook.Current(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Propose(applicant, rule, Typed{Value: "5.000.000.000"}); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("an applicant proposes: %v", err)
	}
	if _, err := s.Propose(finance, "payment.limit.none", Typed{Value: "1"}); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("no such rule: %v", err)
	}
	r, err := s.Propose(finance, rule, Typed{Value: "5.000.000.000"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Propose(finance, rule, Typed{Value: "6.000.000.000"}); !errors.Is(err, ErrPending) {
		t.Errorf("a second proposal: %v", err)
	}
	if _, err := rulebook.Get(ctx, db, rule, now); !errors.Is(err, rulebook.ErrNoRule) {
		t.Errorf("a proposal counts already: %v", err)
	}
	if err := s.Confirm(finance, r.ID, "12/QĐ-STC", calendar.Date{}); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("an officer confirms: %v", err)
	}
	both := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	if err := s.Confirm(both, r.ID, "12/QĐ-STC", calendar.Date{}); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("a programme officer confirms: %v", err)
	}
	if err := s.Confirm(chief, r.ID, "", calendar.Date{}); err == nil {
		t.Error("confirmed without a document")
	}
	if err := s.Confirm(chief, r.ID, "12/QĐ-STC ngày 02/01/2026", calendar.On(2026, 1, 2)); err != nil {
		t.Fatal(err)
	}
	v, err := rulebook.Get(ctx, db, rule, now)
	if err != nil || v.Text != "5000000000" || v.Confidence != "C" || v.Unverified() || v.Version == before {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := rulebook.GetVersion(ctx, db, rule, before, now); !errors.Is(err, rulebook.ErrNoRule) {
		t.Errorf("a case bound before sees it: %v", err)
	}
}

func TestMakerDoesNotConfirm(t *testing.T) {
	ctx, db := context.Background(), dbtest.New(t)
	s := New(db, accesstest.New(t))
	maker := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.FinanceOfficer}})
	r, err := s.Propose(maker, "deal.limit", Typed{Value: "20.000.000.000"})
	if err != nil {
		t.Fatal(err)
	}
	subject := access.From(maker)
	subject.Grants = append(subject.Grants, access.Grant{Role: access.ChiefAccountant, Unit: access.UnitFinance})
	if err := s.Confirm(access.With(ctx, subject), r.ID, "12/QĐ-STC", calendar.Date{}); !errors.Is(err, access.ErrNotMaker) {
		t.Errorf("got %v", err)
	}
	chief := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ChiefAccountant}})
	if err := s.Refuse(chief, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Propose(maker, "deal.limit", Typed{Value: "10.000.000.000"}); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}

func TestVersionsReplay(t *testing.T) {
	ctx, db := context.Background(), dbtest.New(t)
	s := New(db, accesstest.New(t))
	officer := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	head := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.DepartmentHead}})
	const rule = "eligibility.startup.max_age_years"
	day := calendar.On(2026, 3, 2).Start()
	old, err := rulebook.Get(ctx, db, rule, day)
	if err != nil || old.Text != "5" || old.Unverified() {
		t.Fatalf("%+v, %v", old, err)
	}
	if _, err := rulebook.Get(ctx, db, rule, calendar.On(2025, 12, 1).Start()); !errors.Is(err, rulebook.ErrNoRule) {
		t.Errorf("the day before the plan: %v", err)
	}
	r, err := s.Propose(officer, rule, Typed{Value: "7", Instrument: "Nghị quyết X", ValidFrom: calendar.On(2026, 7, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Confirm(head, r.ID, "01/NQ-HĐND", calendar.On(2026, 6, 1)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		version string
		day     calendar.Date
		want    string
	}{
		{"", calendar.On(2026, 6, 30), "5"},
		{"", calendar.On(2026, 7, 1), "7"},
		{old.Version, calendar.On(2026, 7, 1), "5"},
	} {
		v, err := rulebook.GetVersion(ctx, db, rule, c.version, c.day.Start())
		if err != nil || v.Text != c.want {
			t.Errorf("version %q on %s: got %q, %v", c.version, c.day, v.Text, err)
		}
	}
}
