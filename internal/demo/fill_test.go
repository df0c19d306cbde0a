package demo_test

import (
	"testing"

	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/demo"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The whole example plays through the services, the clock ends at now, and everything verify asks for holds on it.
func TestFill(t *testing.T) {
	db, c := dbtest.New(t), demo.Clock()
	a, err := app.Build(t.Context(), app.Parts{DB: db, Data: t.TempDir(), Clock: c, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Access.Check(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if err := demo.Fill(t.Context(), a, dbtest.Owner(t, db), c, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if behind, err := storage.Shift(t.Context(), db); err != nil || behind != 0 {
		t.Errorf("the clock ends %s behind: %v", behind, err)
	}
	for what, want := range map[string]int{
		"SELECT count(*) FROM calls WHERE status IN ('open', 'evaluating', 'decided')":                                  4,
		"SELECT count(*) FROM council_matters m JOIN council_sessions s ON s.id = m.session_id WHERE s.status = 'open'": 15,
		"SELECT count(*) FROM payment_orders WHERE status = 'paid'":                                                     4,
		"SELECT count(*) FROM advance_settlements WHERE status = 'confirmed'":                                           1,
		"SELECT (sum(advanced) / 1000000)::int FROM ledger.control_lines WHERE kind = 'contract'":                       120, // of the second advance
		"SELECT count(*) FROM fund_investors":                                                                           4,
		"SELECT count(*) FROM holdings":                                                                                 5,
		"SELECT count(DISTINCT quarter_end) FROM valuations WHERE status = 'locked'":                                    8,
		"SELECT count(*) FROM indicators":                                                                               15,
		"SELECT count(*) FROM programmes WHERE status = 'approved'":                                                     8,
		"SELECT count(*) FROM indicator_targets":                                                                        5*15 - 7, // the annex leaves seven milestones blank
	} {
		var got int
		if err := db.NewRaw(what).Scan(t.Context(), &got); err != nil || got != want {
			t.Errorf("%s: %d, want %d (%v)", what, got, want, err)
		}
	}
	acts, err := audit.Verify(t.Context(), db, a.Signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	books, err := ledger.Verify(t.Context(), db, a.Signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range append(acts, books...) {
		if check.Break != "" {
			t.Errorf("%s: %s", check.Code, check.Break)
		}
	}
}
