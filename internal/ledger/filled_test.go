package ledger

import (
	"testing"
	"time"

	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
)

// Reading stays quick in a filled ledger; -filled 500000 measures it at a million legs.
func TestReadsOfAFilledLedger(t *testing.T) {
	db := dbtest.New(t)
	ctx := t.Context()
	if err := Fill(ctx, dbtest.Owner(t, db), Filling{Journals: *filled, Lines: min(10_000, *filled/10), Year: 2026}); err != nil {
		t.Fatal(err)
	}
	var id int64
	if err := db.NewRaw("SELECT max(id) FROM ledger.control_lines").Scan(ctx, &id); err != nil {
		t.Fatal(err)
	}
	slowest := map[string]time.Duration{}
	timed := func(what string, f func() error) {
		for range 5 {
			start := time.Now()
			if err := f(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			slowest[what] = max(slowest[what], time.Since(start))
		}
		t.Logf("%-40s at most %v", what, slowest[what].Round(100*time.Microsecond))
	}
	timed("trial balance of the year, budget", func() error {
		rows, err := TrialBalance(ctx, db, "BUDGET", calendar.On(2026, 1, 1), calendar.On(2026, 12, 31))
		if err == nil && len(rows) != 3 {
			t.Errorf("%d rows", len(rows))
		}
		return err
	})
	timed("trial balance of the year, payments", func() error {
		_, err := TrialBalance(ctx, db, "ACTUAL", calendar.On(2026, 1, 1), calendar.On(2026, 12, 31))
		return err
	})
	timed("a line as of a day", func() error {
		_, err := LineAsOf(ctx, db, id, calendar.On(2026, 7, 1))
		return err
	})
	timed("a page of a line's statement", func() error {
		page, err := StatementPage(ctx, db, id, "", 50)
		if err == nil && len(page) > 5 {
			_, err = StatementPage(ctx, db, id, page[5].Cursor, 50)
		}
		return err
	})
	timed("balances of now", func() error {
		_, err := Balances(ctx, db, "ACTUAL", time.Time{})
		return err
	})
}
