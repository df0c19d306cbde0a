package ledger

import (
	"testing"
	"time"

	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

// The trial balances that months were closed with are held against the postings, each other and their digests.
func TestVerifyFindsAForgedTrialBalance(t *testing.T) {
	for _, c := range []struct{ name, sql, check string }{
		{"nothing", "", ""},
		{"a turnover", "UPDATE ledger.period_balances SET debit = debit + 1, credit = credit + 1 WHERE change_id = (SELECT max(change_id) FROM ledger.period_balances)", "ledger.check.turnovers"},
		{"a row", "DELETE FROM ledger.period_balances WHERE change_id = (SELECT max(change_id) FROM ledger.period_balances)", "ledger.check.turnovers"},
		{"an earlier month", "UPDATE ledger.period_balances SET debit = debit + 1 WHERE change_id = (SELECT min(change_id) FROM ledger.period_balances)", "ledger.check.chained"},
		{"a turnover both ways", "UPDATE ledger.period_balances SET debit = debit + 1, credit = credit + 1 WHERE change_id = (SELECT min(change_id) FROM ledger.period_balances)", "ledger.check.closings"},
		{"a month opened", "UPDATE ledger.periods SET state = 'open' WHERE state = 'closed'", "ledger.check.states"},
		{"a year closed", "UPDATE ledger.budget_years SET state = 'closed'", "ledger.check.states"},
		{"a change", "DELETE FROM ledger.state_changes WHERE to_state = 'soft_closed'", "ledger.check.states"},
		{"a digest", "UPDATE ledger.state_changes SET digest = sha256('x') WHERE version IS NOT NULL", "ledger.check.closings"},
		{"a root", "UPDATE ledger.state_changes SET tree_root = sha256('x') WHERE tree_root IS NOT NULL", "ledger.check.closings"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			id := line(t, db, 0)
			j := journal("appropriate", Move{id, Source, Available, money.VND(1000)})
			j.On = calendar.On(2026, 1, 5).Start()
			if _, err := Post(t.Context(), db, j); err != nil {
				t.Fatal(err)
			}
			for m := time.January; m <= time.February; m++ {
				want(t, "post", on(t, db, id, calendar.On(2026, m, 20)), nil)
			}
			seal(t, db)
			for m := time.January; m <= time.February; m++ {
				for _, to := range []PeriodState{PeriodSoftClosed, PeriodClosed} {
					want(t, "close", MovePeriod(t.Context(), db, "BUDGET", calendar.On(2026, m, 1), to, alone), nil)
				}
			}
			if c.sql != "" {
				off := "ALTER TABLE ledger.period_balances DISABLE TRIGGER USER; ALTER TABLE ledger.state_changes DISABLE TRIGGER USER;" +
					"ALTER TABLE ledger.periods DISABLE TRIGGER USER; ALTER TABLE ledger.budget_years DISABLE TRIGGER USER;"
				if _, err := dbtest.Owner(t, db).ExecContext(t.Context(), off+c.sql); err != nil {
					t.Fatal(err)
				}
			}
			checks, err := Verify(t.Context(), db, nil)
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]audit.Check{}
			for _, got := range checks {
				if got.Break != "" {
					found[got.Code] = got
				}
			}
			if _, ok := found[c.check]; c.check != "" && !ok || c.check == "" && len(found) > 0 {
				t.Errorf("found %+v", found)
			}
		})
	}
}
