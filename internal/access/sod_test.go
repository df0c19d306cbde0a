package access_test

import (
	"context"
	"encoding/csv"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/storage"
	"kinhbac/policies"
)

func pairs(t *testing.T) [][]string {
	f, err := policies.FS.Open("sod.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[1:]
}

func grant(ctx context.Context, db bun.IDB, user uuid.UUID, role access.Role, unit, fund *uuid.UUID) error {
	return exec(db.NewRaw(`INSERT INTO role_grants (id, user_id, role, unit_id, fund_id, valid_to) VALUES (?, ?, ?, ?, ?, ?)`,
		uuid.New(), user, role, unit, fund, until(role)).Exec(ctx))
}

// until gives an auditor's grant its last day.
func until(role access.Role) any {
	if role == access.Auditor {
		return bun.Safe("kb.now() + interval '1 day'")
	}
	return nil
}

func person(t *testing.T, db *bun.DB) uuid.UUID {
	return access.From(accesstest.As(t, t.Context(), db, accesstest.Person{Name: "Nobody yet"})).ID
}

// TestToxicPairs refuses every pair of sod.csv, in both orders.
func TestToxicPairs(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	all := pairs(t)
	var stored int
	if err := db.NewRaw("SELECT count(*) FROM sod_pairs").Scan(ctx, &stored); err != nil || stored != len(all) {
		t.Errorf("sod_pairs has %d rows, sod.csv %d, %v", stored, len(all), err)
	}
	for _, p := range all {
		var n int
		if err := db.NewRaw("SELECT count(*) FROM sod_pairs WHERE role_a = ? AND role_b = ? AND scope = ? AND reason = ? AND source = ?",
			p[0], p[1], p[2], p[3], p[4]).Scan(ctx, &n); err != nil || n != 1 {
			t.Errorf("sod_pairs lacks %v: %v", p, err)
		}
		if p[1] == "*" {
			continue
		}
		for _, order := range [][2]string{{p[0], p[1]}, {p[1], p[0]}} {
			who := person(t, db)
			if err := grant(ctx, db, who, access.Role(order[0]), nil, nil); err != nil {
				t.Fatalf("%v alone: %v", order[0], err)
			}
			if err := grant(ctx, db, who, access.Role(order[1]), nil, nil); storage.Constraint(err) != "sod_ok" {
				t.Errorf("%v then %v: %v", order[0], order[1], err)
			}
		}
	}
	if err := grant(ctx, db, person(t, db), access.Service, nil, nil); err == nil {
		t.Error("a person holds service")
	}
}

func TestToxicPairsByScope(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	science, finance := access.UnitScience, access.UnitFinance
	a, b := uuid.New(), uuid.New()
	for _, c := range []struct {
		name           string
		one, two       access.Role
		unit1, unit2   *uuid.UUID
		fund1, fund2   *uuid.UUID
		ended, refused bool
	}{
		{name: "officer and head of one unit", one: access.ProgrammeOfficer, two: access.DepartmentHead, unit1: &science, unit2: &science, refused: true},
		{name: "officer here and head there", one: access.ProgrammeOfficer, two: access.DepartmentHead, unit1: &science, unit2: &finance},
		{name: "analyst and manager of one fund", one: access.FundAnalyst, two: access.FundManager, fund1: &a, fund2: &a, refused: true},
		{name: "analyst here and manager there", one: access.FundAnalyst, two: access.FundManager, fund1: &a, fund2: &b},
		{name: "a scope left open covers all", one: access.FundAnalyst, two: access.FundManager, fund1: &a, refused: true},
		{name: "the first ended before", one: access.FinanceOfficer, two: access.ChiefAccountant, ended: true},
	} {
		who := person(t, db)
		if err := grant(ctx, db, who, c.one, c.unit1, c.fund1); err != nil {
			t.Fatal(err)
		}
		if c.ended {
			if err := exec(db.NewRaw("UPDATE role_grants SET valid_to = kb.now() WHERE user_id = ?", who).Exec(ctx)); err != nil {
				t.Fatal(err)
			}
		}
		err := grant(ctx, db, who, c.two, c.unit2, c.fund2)
		if (storage.Constraint(err) == "sod_ok") != c.refused || !c.refused && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestToxicPairThroughAccounts counts the accounts of one person together, also when they are joined afterwards.
func TestToxicPairThroughAccounts(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	one, two := person(t, db), person(t, db)
	if err := grant(ctx, db, one, access.FinanceOfficer, nil, nil); err != nil {
		t.Fatal(err)
	}
	join := func() error {
		return exec(db.NewRaw("UPDATE users SET person_id = ? WHERE id = ?", one, two).Exec(ctx))
	}
	if err := join(); err != nil {
		t.Fatal(err)
	}
	if err := grant(ctx, db, two, access.ChiefAccountant, nil, nil); storage.Constraint(err) != "sod_ok" {
		t.Errorf("second account: %v", err)
	}
	three := person(t, db)
	if err := grant(ctx, db, three, access.AccountHolder, nil, nil); err != nil {
		t.Fatal(err)
	}
	two = three
	if err := join(); storage.Constraint(err) != "sod_ok" {
		t.Errorf("joined afterwards: %v", err)
	}
}

// TestTwoGrantsAtOnce lets exactly one of two pass that fit alone but not together.
func TestTwoGrantsAtOnce(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	for range 20 {
		who := person(t, db)
		var wg sync.WaitGroup
		failures := make([]error, 2)
		for i, role := range []access.Role{access.FinanceOfficer, access.ChiefAccountant} {
			wg.Go(func() {
				failures[i] = storage.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error { return grant(ctx, tx, who, role, nil, nil) })
			})
		}
		wg.Wait()
		if (failures[0] == nil) == (failures[1] == nil) {
			t.Fatalf("both or none: %v, %v", failures[0], failures[1])
		}
	}
}
