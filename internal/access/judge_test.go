package access_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/clock"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
)

// requests makes a noun that stands for requests for payment: read by owners and units, checked by finance.
func requests(t *testing.T, db *bun.DB) *access.Access {
	if _, err := dbtest.Owner(t, db).NewRaw(createThings).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := accesstest.New(t)
	states := map[string]string{}
	for _, name := range []string{"state:draft", "state:milestone_ok", "state:open", "state:approved", "state:unreleased", "state:new", "state:paid"} {
		states[name] = "'" + name + "' = ANY(th.holds)"
	}
	states["after_close"] = "true"
	for _, kind := range []string{"disbursement_request", "payment_order", "review", "proposal"} {
		a.Register(access.Noun{Kind: kind, Table: "things", Alias: "th", Managing: "th.managing", Finance: "th.finance", Fund: "th.fund",
			Conflict: []access.Link{{Kind: "organisation", ID: "th.party"}}, Steps: []access.Link{{Kind: "disbursement_request", ID: "th.parent"}}, When: states})
	}
	return a
}

func insert(t *testing.T, db *bun.DB, holds ...string) *thing {
	th := &thing{ID: uuid.New(), Managing: access.UnitScience, Finance: access.UnitFinance, Party: uuid.New(), Parent: uuid.New(), Holds: holds}
	if holds == nil {
		th.Holds = []string{}
	}
	if _, err := db.NewInsert().Model(th).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	return th
}

func TestRefusals(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	a := requests(t, db)
	as := func(p accesstest.Person) context.Context { return accesstest.As(t, ctx, db, p) }
	firm := uuid.New()
	finance := as(accesstest.Person{Roles: []access.Role{access.FinanceOfficer}})
	applicant := as(accesstest.Person{Roles: []access.Role{access.Applicant}, Organisation: firm})
	signatory := as(accesstest.Person{Roles: []access.Role{access.OrgSignatory}, Organisation: firm})
	reviewer := as(accesstest.Person{Roles: []access.Role{access.Reviewer}})
	request := func(th *thing) access.Ref { return access.Ref{Kind: "disbursement_request", ID: th.ID} }
	me := func(ctx context.Context) access.Actor { return access.Actor{ID: access.From(ctx).ID} }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		as     context.Context
		action string
		holds  []string
		world  func(th *thing)
		want   error
	}{
		{name: "finance officer checks", as: finance, action: "check"},
		{name: "who checked an earlier line may go on", as: finance, action: "check",
			world: func(th *thing) { must(access.Step(ctx, db, request(th), "check", me(finance))) }},
		{name: "who prepared it may not", as: finance, action: "check", want: access.ErrNotMaker,
			world: func(th *thing) { must(access.Step(ctx, db, request(th), "submit", me(finance))) }},
		{name: "nor who made a step of its parent", as: finance, action: "check", want: access.ErrNotMaker,
			world: func(th *thing) {
				must(access.Step(ctx, db, access.Ref{Kind: "disbursement_request", ID: th.Parent}, "prepare", me(finance)))
			}},
		{name: "a chain that was reset is forgotten", as: finance, action: "check",
			world: func(th *thing) {
				must(access.Step(ctx, db, request(th), "submit", me(finance)))
				must(access.ClearSteps(ctx, db, request(th)))
			}},
		{name: "another unit's row is not there", as: finance, action: "check", want: access.ErrNotFound,
			world: func(th *thing) {
				must(exec(db.NewUpdate().Model(th).Set("finance = ?", access.UnitScience).WherePK().Exec(ctx)))
			}},
		{name: "a conflict hides the row from staff", as: finance, action: "check", want: access.ErrNotFound,
			world: func(th *thing) {
				must(access.AddTie(ctx, db, access.Tie{Kind: "conflict", Who: me(finance).ID, Object: access.Ref{Kind: "organisation", ID: th.Party}}))
			}},
		{name: "so does owning a party", as: finance, action: "check", want: access.ErrNotFound,
			world: func(th *thing) {
				must(access.AddTie(ctx, db, access.Tie{Kind: "own", Who: me(finance).ID, Object: access.Ref{Kind: "organisation", ID: th.Party}}))
			}},
		{name: "owner of no such role", as: applicant, action: "check", want: access.ErrForbidden,
			world: func(th *thing) {
				must(access.AddTie(ctx, db, access.Tie{Kind: "own", Who: me(applicant).ID, Object: request(th)}))
			}},
		{name: "stranger of no such role", as: applicant, action: "check", want: access.ErrNotFound},
		{name: "owner at the wrong step", as: applicant, action: "submit", want: access.ErrState,
			world: func(th *thing) {
				must(access.AddTie(ctx, db, access.Tie{Kind: "own", Who: me(applicant).ID, Object: request(th)}))
			}},
		{name: "owner", as: applicant, action: "submit", holds: []string{"state:draft"},
			world: func(th *thing) {
				must(access.AddTie(ctx, db, access.Tie{Kind: "own", Who: me(applicant).ID, Object: request(th)}))
			}},
		{name: "owner once more after leaving", as: applicant, action: "submit", holds: []string{"state:draft"}, want: access.ErrNotFound,
			world: func(th *thing) {
				must(access.AddTie(ctx, db, access.Tie{Kind: "own", Who: me(applicant).ID, Object: request(th)}))
				must(access.EndTie(ctx, db, access.Tie{Kind: "own", Who: me(applicant).ID, Object: request(th)}))
			}},
		{name: "signatory through the firm", as: signatory, action: "submit", holds: []string{"state:draft"},
			world: func(th *thing) {
				must(access.AddTie(ctx, db, access.Tie{Kind: "own", Who: firm, Object: request(th)}))
			}},
		{name: "signatory of another firm", as: signatory, action: "submit", holds: []string{"state:draft"}, want: access.ErrNotFound,
			world: func(th *thing) {
				must(access.AddTie(ctx, db, access.Tie{Kind: "own", Who: uuid.New(), Object: request(th)}))
			}},
		{name: "guest", as: ctx, action: "read", want: access.ErrNotFound},
		{name: "row that never was", as: finance, action: "check", want: access.ErrNotFound, world: func(th *thing) { th.ID = uuid.New() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			th := insert(t, db, c.holds...)
			if c.world != nil {
				c.world(th)
			}
			actor, err := a.Require(c.as, db, "disbursement_request", c.action, request(th))
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && actor.ID != access.From(c.as).ID {
				t.Errorf("the actor is %+v", actor)
			}
		})
	}

	t.Run("an assigned reviewer with a conflict is told", func(t *testing.T) {
		th := insert(t, db, "state:open")
		sheet, who := access.Ref{Kind: "review", ID: th.ID}, access.From(reviewer).ID
		must(access.AddTie(ctx, db, access.Tie{Kind: "assigned", Who: who, Object: sheet}))
		must(access.AddTie(ctx, db, access.Tie{Kind: "coi_declared", Who: who, Object: sheet}))
		_, err := a.Require(reviewer, db, "review", "submit", sheet)
		must(err)
		must(access.AddTie(ctx, db, access.Tie{Kind: "conflict", Who: who, Object: access.Ref{Kind: "organisation", ID: th.Party}, Reason: "kin"}))
		if _, err := a.Require(reviewer, db, "review", "submit", sheet); !errors.Is(err, access.ErrConflict) {
			t.Errorf("got %v", err)
		}
		proposal := access.Ref{Kind: "proposal", ID: th.ID}
		must(access.AddTie(ctx, db, access.Tie{Kind: "assigned", Who: who, Object: proposal}))
		for _, c := range [][2]string{{"proposal", "read"}, {"proposal", "list"}, {"proposal_file", "download"}} {
			if _, err := a.Require(reviewer, db, c[0], c[1], proposal); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%s %s = %v, not as a row that never was", c[0], c[1], err)
			}
		}
	})
	t.Run("a second account of one person counts as the same", func(t *testing.T) {
		other := as(accesstest.Person{Roles: []access.Role{access.FinanceOfficer}})
		th := insert(t, db)
		must(access.Step(ctx, db, request(th), "submit", me(other)))
		_, err := a.Require(finance, db, "disbursement_request", "check", request(th))
		must(err)
		third := as(accesstest.Person{Roles: []access.Role{access.FinanceOfficer}})
		must(exec(db.NewRaw("UPDATE users SET person_id = (SELECT person_id FROM users WHERE id = ?) WHERE id = ?", me(other).ID, me(third).ID).Exec(ctx)))
		th = insert(t, db)
		must(access.Step(ctx, db, request(th), "submit", me(third)))
		if _, err := a.Require(other, db, "disbursement_request", "check", request(th)); !errors.Is(err, access.ErrNotMaker) {
			t.Errorf("got %v", err)
		}
	})
}

// TestFreshness holds the second factor for less than five minutes, by the clock of the machine.
func TestFreshness(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	a := requests(t, db)
	now := clock.NewFake(time.Now())
	a.SetClock(now)
	s := access.From(accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ChiefAccountant}}))
	s.Proved = now.Now()
	order := access.Ref{Kind: "payment_order", ID: insert(t, db).ID}
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{0, nil}, {5*time.Minute - time.Nanosecond, nil}, {time.Nanosecond, access.ErrStepUp}} {
		now.Advance(c.after)
		if _, err := a.Require(access.With(ctx, s), db, "payment_order", "check", order); !errors.Is(err, c.want) {
			t.Errorf("after %v: got %v, want %v", c.after, err, c.want)
		}
	}
	if !a.Can(access.With(ctx, s), db, "payment_order", "check", order) {
		t.Error("a button is not hidden for want of a code")
	}
	s.Proved = time.Time{}
	if _, err := a.Require(access.With(ctx, s), db, "payment_order", "check", order); !errors.Is(err, access.ErrStepUp) || errs.From(err).Kind != errs.StepUp {
		t.Errorf("never proven: got %v", err)
	}
}

func TestRequireRole(t *testing.T) {
	a := accesstest.New(t)
	of := func(gs ...access.Grant) context.Context {
		return access.With(t.Context(), access.Subject{ID: uuid.New(), Grants: gs})
	}
	to := time.Now().Add(time.Hour)
	for _, c := range []struct {
		name, resource, action string
		ctx                    context.Context
		want                   error
	}{
		{"guest reads the open calls", "call", "read_public", t.Context(), nil},
		{"guest signs in first", "call", "create", t.Context(), access.ErrSignIn},
		{"officer", "call", "create", of(access.Grant{Role: access.ProgrammeOfficer}), nil},
		{"finance officer", "call", "create", of(access.Grant{Role: access.FinanceOfficer}), access.ErrForbidden},
		{"a right of guests is everybody's", "complaint", "create", t.Context(), access.ErrSignIn},
		{"system administrator sees no content", "proposal", "read", of(access.Grant{Role: access.SystemAdmin}), access.ErrForbidden},
		{"auditor without a purpose", "audit_log", "read", of(access.Grant{Role: access.Auditor, From: to.Add(-2 * time.Hour), To: to}), access.ErrPurpose},
		{"act without a line", "audit_log", "delete", of(access.Grant{Role: access.SystemAdmin}), access.ErrForbidden},
		{"the program itself", "ranking", "compute", access.With(t.Context(), access.System()), nil},
	} {
		if _, err := a.RequireRole(c.ctx, c.resource, c.action); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if a.Known("audit_log", "delete") || !a.Known("proposal", "submit") {
		t.Error("Known does not follow the policies")
	}
}

func exec[R any](_ R, err error) error { return err }

// TestReadingOfANoun gives a refusal its own words to whoever may see the row by the right its noun names, and answers
// the others as a row that never was.
func TestReadingOfANoun(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	a := requests(t, db)
	leader := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ProvinceLeader}})
	analyst := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.FundAnalyst}, Fund: uuid.New()})
	n := access.Noun{Kind: "fund", Table: "things", Alias: "th", Managing: "th.managing", Finance: "th.finance", Fund: "th.fund"}
	f := access.Ref{Kind: "fund", ID: insert(t, db).ID}
	if err := access.Step(ctx, db, f, "create", access.Actor{ID: access.From(leader).ID}); err != nil {
		t.Fatal(err)
	}
	a.Register(n)
	if _, err := a.Require(leader, db, "fund", "approve", f); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("without a reading: %v", err)
	}
	n.Reading = []access.Right{{Resource: "fund_capital", Action: "read"}}
	a.Register(n)
	if _, err := a.Require(leader, db, "fund", "approve", f); !errors.Is(err, access.ErrNotMaker) {
		t.Errorf("who made it: %v", err)
	}
	if _, err := a.Require(analyst, db, "fund", "approve", f); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("the analyst of another fund: %v", err)
	}
}
