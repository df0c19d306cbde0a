// Package accesstest lends tests people with rights. It writes accounts and grants straight into the tables,
// through the same constraints as the program; tests alone may.
package accesstest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/policies"
)

// Person is who a test acts as. A zero Name becomes the roles; zero scopes stay empty, except that Unit falls
// back to the unit in which the role works (Sở KH&CN, Sở Tài chính, UBND tỉnh, Thanh tra tỉnh).
type Person struct {
	Name                     string
	Roles                    []access.Role
	Unit, Organisation, Fund uuid.UUID
}

// New compiles the policies of the house.
func New(t testing.TB) *access.Access {
	t.Helper()
	a, err := access.New(policies.FS)
	if err != nil {
		t.Fatalf("compile the policies: %v", err)
	}
	return a
}

// As makes a person with an account and grants and returns a context in which that person acts with a second
// factor proven just now; who reads for a purpose has given one, and an auditor's grant has a first and a last day.
// The id is access.From(ctx).ID.
func As(t testing.TB, ctx context.Context, db bun.IDB, p Person) context.Context {
	t.Helper()
	s := access.Subject{ID: uuid.New(), Name: p.Name, Proved: time.Now().Add(time.Minute)}
	if s.Name == "" {
		s.Name = fmt.Sprint(p.Roles)
	}
	s.Login = "test-" + s.ID.String()
	exec(t, ctx, db, `INSERT INTO users (id, person_id, login, name, origin, password_hash, password_changed_at, confirmed_at)
		VALUES (?, ?, ?, ?, ?, '$argon2id$none', kb.now(), kb.now())`, s.ID, s.ID, s.Login, s.Name, origin(p.Roles))
	for i, role := range p.Roles {
		g := access.Grant{Role: role, Unit: p.Unit, Organisation: p.Organisation, Fund: p.Fund}
		if g.Unit == uuid.Nil {
			g.Unit = home[role]
		}
		if i == 0 {
			s.Active = role
		}
		if role == access.Auditor || role == access.DPO || role == access.SecurityOfficer {
			s.Purpose = "KH-THANH-TRA 01/2026"
		}
		if role == access.Auditor {
			g.From, g.To = time.Now().AddDate(-20, 0, 0).UTC(), time.Now().AddDate(20, 0, 0).UTC()
			exec(t, ctx, db, `INSERT INTO role_grants (id, user_id, role, unit_id, valid_from, valid_to) VALUES (?, ?, ?, ?, ?, ?)`,
				uuid.New(), s.ID, role, null(g.Unit), g.From, g.To)
		} else {
			exec(t, ctx, db, `INSERT INTO role_grants (id, user_id, role, unit_id, organisation_id, fund_id) VALUES (?, ?, ?, ?, ?, ?)`,
				uuid.New(), s.ID, role, null(g.Unit), null(g.Organisation), null(g.Fund))
		}
		s.Grants = append(s.Grants, g)
	}
	return access.With(ctx, s)
}

var home = map[access.Role]uuid.UUID{
	access.ProgrammeOfficer: access.UnitScience, access.DepartmentHead: access.UnitScience, access.CouncilSecretary: access.UnitScience,
	access.FinanceOfficer: access.UnitFinance, access.ChiefAccountant: access.UnitFinance, access.AccountHolder: access.UnitFinance,
	access.ProvinceLeader: access.UnitProvince, access.Auditor: access.UnitInspectorate,
	access.DPO: access.UnitScience, access.SystemAdmin: access.UnitScience, access.SecurityOfficer: access.UnitScience,
}

func origin(roles []access.Role) string {
	for _, r := range roles {
		if r == access.Applicant || r == access.OrgSignatory {
			return "public"
		}
	}
	return "office"
}

func null(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func exec(t testing.TB, ctx context.Context, db bun.IDB, query string, args ...any) {
	t.Helper()
	if _, err := db.NewRaw(query, args...).Exec(ctx); err != nil {
		t.Fatalf("make a test person: %v", err)
	}
}
