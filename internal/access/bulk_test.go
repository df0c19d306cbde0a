package access_test

import (
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
)

// Many people asked about at once get the answer each gets alone: makers, people in conflict and strangers among them.
func TestRequireAllSaysWhatRequireSays(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	a := requests(t, db)
	var people []access.Subject
	for _, roles := range [][]access.Role{{access.FinanceOfficer}, {access.FinanceOfficer}, {access.ChiefAccountant}, {access.Reviewer}, {access.FinanceOfficer}} {
		people = append(people, access.From(accesstest.As(t, ctx, db, accesstest.Person{Roles: roles})))
	}
	maker := access.Actor{ID: people[1].ID}
	plain, made, elsewhere := insert(t, db, "state:milestone_ok"), insert(t, db, "state:milestone_ok"), insert(t, db, "state:milestone_ok")
	for _, err := range []error{
		access.Step(ctx, db, access.Ref{Kind: "disbursement_request", ID: made.ID}, "submit", maker),
		exec(db.NewUpdate().Model(elsewhere).Set("finance = ?", access.UnitScience).WherePK().Exec(ctx)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var asks []access.Ask
	for _, s := range people {
		for _, id := range []uuid.UUID{plain.ID, made.ID, elsewhere.ID, uuid.New()} {
			asks = append(asks, access.Ask{Subject: s, ID: id})
		}
	}
	asks = append(asks, asks[0]) // the same question twice
	actors, err := a.RequireAll(ctx, db, "disbursement_request", "check", "disbursement_request", asks)
	if err != nil || len(actors) != len(asks) {
		t.Fatalf("%d actors, %v", len(actors), err)
	}
	allowed := 0
	for i, ask := range asks {
		one, err := a.Require(access.With(ctx, ask.Subject), db, "disbursement_request", "check", access.Ref{Kind: "disbursement_request", ID: ask.ID})
		if err != nil {
			one = access.Actor{}
		} else {
			allowed++
		}
		if actors[i] != one {
			t.Errorf("question %d: %+v, alone %+v (%v)", i, actors[i], one, err)
		}
	}
	if allowed != 6 {
		t.Errorf("%d questions allowed, want 6", allowed)
	}
}
