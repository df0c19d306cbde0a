package party

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// granted writes the grants of the tests straight into the table.
type granted struct{}

func (granted) GrantOrganisation(ctx context.Context, tx bun.IDB, person, organisation uuid.UUID, roles ...access.Role) error {
	for _, r := range roles {
		_, err := tx.NewRaw("INSERT INTO role_grants (id, user_id, role, organisation_id) VALUES (?, ?, ?, ?)", uuid.New(), person, r, organisation).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (granted) RevokeOrganisation(ctx context.Context, tx bun.IDB, person, organisation uuid.UUID) error {
	_, err := tx.NewRaw("UPDATE role_grants SET valid_to = kb.now() WHERE user_id = ? AND organisation_id = ?", person, organisation).Exec(ctx)
	return err
}

func signing(p Profile) Profile { p.Signatory = true; return p }

func start(t *testing.T) (context.Context, *bun.DB, *Service) {
	db := dbtest.New(t)
	return context.Background(), db, New(db, accesstest.New(t), granted{})
}

func person(t *testing.T, db *bun.DB, roles ...access.Role) context.Context {
	return accesstest.As(t, context.Background(), db, accesstest.Person{Roles: roles})
}

// acting is the same person signed in again, with the grants for an organisation.
func acting(ctx context.Context, o *Organisation, roles ...access.Role) context.Context {
	s := access.From(ctx)
	s.Grants = nil
	for _, r := range roles {
		s.Grants = append(s.Grants, access.Grant{Role: r, Organisation: o.ID})
	}
	return access.With(ctx, s)
}

func TestRegister(t *testing.T) {
	_, db, s := start(t)
	applicant := person(t, db, access.Applicant)
	o, err := s.Register(applicant, signing(firm()))
	if err != nil {
		t.Fatal(err)
	}
	if o.TaxCode != "0100109106" || o.Version != 1 {
		t.Errorf("%+v", o)
	}
	ms, err := Members(applicant, db, o.ID)
	if err != nil || len(ms) != 1 || !ms[0].Signatory || ms[0].UserID != access.From(applicant).ID {
		t.Errorf("members %+v, %v", ms, err)
	}
	var roles int
	if err := db.NewRaw("SELECT count(*) FROM role_grants WHERE organisation_id = ?", o.ID).Scan(applicant, &roles); err != nil || roles != 2 {
		t.Errorf("%d grants, %v", roles, err)
	}
	if got, err := s.Read(acting(applicant, o, access.Applicant), o.ID); err != nil || got.Name != o.Name {
		t.Errorf("reads its own: %v", err)
	}
	stranger := person(t, db, access.Applicant)
	if _, err := s.Read(stranger, o.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a stranger reads: %v", err)
	}
	again := firm()
	again.TaxCode = "0100109106"
	_, err = s.Register(stranger, again)
	if err == nil || errs.From(err).Fields[0].Code != ErrTaxCodeTaken.Code {
		t.Errorf("the same tax code twice: %v", err)
	}
	for name, ctx := range map[string]context.Context{"a guest": context.Background(), "a finance officer": person(t, db, access.FinanceOfficer)} {
		if _, err := s.Register(ctx, firm()); err == nil {
			t.Errorf("%s registers", name)
		}
	}
	var n int
	if err := db.NewRaw("SELECT count(*) FROM organisations").Scan(applicant, &n); err != nil || n != 1 {
		t.Errorf("%d organisations, %v", n, err)
	}
}

func TestRegisterUnknownCommune(t *testing.T) {
	_, db, s := start(t)
	p := firm()
	p.Commune = "99999"
	_, err := s.Register(person(t, db, access.Applicant), p)
	if err == nil || errs.From(err).Fields[0].Name != "commune" {
		t.Errorf("got %v", err)
	}
}

func TestUpdate(t *testing.T) {
	_, db, s := start(t)
	applicant := person(t, db, access.Applicant)
	o, err := s.Register(applicant, firm())
	if err != nil {
		t.Fatal(err)
	}
	own := acting(applicant, o, access.Applicant)
	p := firm()
	p.Address, p.Version = "Số 2", 1
	if _, err := s.Update(own, o.ID, p); err != nil {
		t.Fatal(err)
	}
	p.Address = "Số 3"
	_, err = s.Update(own, o.ID, p)
	if e := errs.From(err); !errors.Is(err, errs.ErrStale) || len(e.Differences) != 1 || e.Differences[0].Current != "Số 2" || e.Differences[0].Yours != "Số 3" {
		t.Errorf("a stale form: %v %+v", err, e.Differences)
	}
	for name, ctx := range map[string]context.Context{
		"a stranger": person(t, db, access.Applicant), "an officer": person(t, db, access.ProgrammeOfficer),
	} {
		if _, err := s.Update(ctx, o.ID, p); err == nil {
			t.Errorf("%s updates", name)
		}
	}
	if got, _ := Get(own, db, o.ID); got.Address != "Số 2" || got.Version != 2 {
		t.Errorf("%+v", got)
	}
}

func TestMembers(t *testing.T) {
	_, db, s := start(t)
	applicant := person(t, db, access.Applicant)
	o, err := s.Register(applicant, firm())
	if err != nil {
		t.Fatal(err)
	}
	own := acting(applicant, o, access.Applicant)
	signer := person(t, db, access.Applicant)
	m, err := s.Invite(own, o.ID, access.From(signer).Login, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Invite(own, o.ID, access.From(signer).Login, false); !errors.Is(err, ErrInvited) {
		t.Errorf("invited twice: %v", err)
	}
	if _, err := s.Accept(person(t, db, access.Applicant), m.ID); !errors.Is(err, ErrNotMember) {
		t.Errorf("somebody else accepts: %v", err)
	}
	if waiting, err := s.Invitations(signer); err != nil || len(waiting) != 1 || waiting[0].Organisation != o.Name {
		t.Errorf("%+v, %v", waiting, err)
	}
	if _, err := s.Accept(signer, m.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accept(signer, m.ID); !errors.Is(err, ErrNotMember) {
		t.Errorf("accepted twice: %v", err)
	}
	signing := acting(signer, o, access.Applicant, access.OrgSignatory)
	if _, err := s.Read(signing, o.ID); err != nil {
		t.Errorf("a member reads: %v", err)
	}
	if err := s.Leave(own, o.ID, m.ID); err != nil {
		t.Fatal(err)
	}
	ms, _ := Members(own, db, o.ID)
	if err := s.Leave(own, o.ID, ms[0].ID); !errors.Is(err, ErrLast) {
		t.Errorf("the last one leaves: %v", err)
	}
	if _, err := s.Read(person(t, db, access.Applicant), o.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a stranger reads: %v", err)
	}
}

func TestBars(t *testing.T) {
	_, db, s := start(t)
	o, err := s.Register(person(t, db, access.Applicant), firm())
	if err != nil {
		t.Fatal(err)
	}
	officer, head := person(t, db, access.ProgrammeOfficer), person(t, db, access.DepartmentHead)
	b := &Bar{OrganisationID: o.ID, Kind: Unrepaid, Since: calendar.On(2025, time.May, 1), Document: "12/QĐ-UBND"}
	if err := s.Bar(officer, b); err == nil {
		t.Error("a debt of 0 đồng")
	}
	b.Amount = money.VND(1)
	if err := s.Bar(officer, b); err != nil {
		t.Fatal(err)
	}
	if err := s.Bar(person(t, db, access.Applicant), b); err == nil {
		t.Error("an applicant bars")
	}
	if err := s.Lift(officer, b.ID, "13/QĐ-UBND"); err == nil {
		t.Error("an officer lifts")
	}
	if err := s.Lift(head, b.ID, "13/QĐ-UBND"); err != nil {
		t.Fatal(err)
	}
	if err := s.Lift(head, b.ID, "14/QĐ-UBND"); !errors.Is(err, ErrBarLifted) {
		t.Errorf("lifted twice: %v", err)
	}
	bs, err := Bars(officer, db, o.ID)
	if err != nil || len(bs) != 1 || bs[0].StandsOn(calendar.DateOf(time.Now())) {
		t.Errorf("%+v, %v", bs, err)
	}
}
