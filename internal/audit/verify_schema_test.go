package audit

import (
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/migrations"
)

// schema runs the probes of functions and triggers as the program would.
func schema(t *testing.T, db *bun.DB) (first Check) {
	t.Helper()
	err := Snapshot(t.Context(), db, func(tx bun.Tx) error {
		for _, p := range []Probe{functions(), triggers()} {
			cs, err := p.Run(t.Context(), Look{Tx: tx, Step: func(int64) {}})
			if err != nil {
				return err
			}
			if first.Break == "" {
				first = cs[0]
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return first
}

// A guard that its owner made harmless is named, however its name, its trigger and its rights still look.
func TestVerifyNamesAReplacedGuard(t *testing.T) {
	for _, c := range []struct{ name, sql, row, stands, wanted string }{
		{"nothing", "SELECT 1", "", "", ""},
		{"an empty body", "CREATE OR REPLACE FUNCTION ledger.check_legs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
			"ledger.check_legs()", "line 1 BEGIN RETURN NULL; END", "line 1"},
		{"refusing nothing", "CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    RETURN NEW;\nEND $$",
			"audit.refuse_change()", "line 3 RETURN NEW;", "line 3 RAISE EXCEPTION"},
		{"another clock", "CREATE OR REPLACE FUNCTION kb.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() - interval '1 day' $$",
			"kb.now()", "line 1 SELECT now() - interval", "line 1 SELECT now() + (SELECT shift"},
		{"a room's guard", "CREATE OR REPLACE FUNCTION payment_orders_four_people() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
			"public.payment_orders_four_people()", "line 1", "line 1"},
		{"rights of the caller", "ALTER FUNCTION ledger.post SECURITY INVOKER", "ledger.post()", "runs SETOF ledger.answer plpgsql SET", "runs SETOF ledger.answer plpgsql SECURITY DEFINER"},
		{"another search path", "ALTER FUNCTION ledger.commitment SET search_path = public, pg_catalog", "ledger.commitment()", "runs ", "runs "},
		{"said to be constant", "ALTER FUNCTION kb.now() IMMUTABLE", "kb.now()", "runs ", "runs "},
		{"arguments swapped", "DROP FUNCTION ledger.year_lock(int, int); CREATE FUNCTION ledger.year_lock(p_year int, p_book int) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 1; END $$",
			"ledger.year_lock()", "arguments p_year integer, p_book integer", "arguments p_book integer, p_year integer"},
		{"a guard gone", "DROP FUNCTION council_barred(uuid, uuid)", "public.council_barred()", "none", "a function"},
		{"one more of the name", "CREATE FUNCTION ledger.post(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "ledger.post()", "functions 2", "functions 1"},
		{"one that nobody knows", "CREATE FUNCTION ledger.quiet() RETURNS int LANGUAGE sql AS 'SELECT 1'", "ledger.quiet()", "a function", "none"},
		{"a trigger off", "ALTER TABLE payment_orders DISABLE TRIGGER payment_orders_four_people", "public.payment_orders payment_orders_four_people", "BEFORE", "BEFORE INSERT OR UPDATE ROW"},
		{"a trigger gone", "DROP TRIGGER hold ON ledger.periods", "ledger.periods hold", "none", "BEFORE UPDATE ROW ledger.hold_period()"},
		{"a trigger for fewer acts", "CREATE OR REPLACE TRIGGER written_once BEFORE DELETE OR TRUNCATE ON ledger.journals EXECUTE FUNCTION audit.refuse_change()",
			"ledger.journals written_once", "BEFORE DELETE OR TRUNCATE STATEMENT", "BEFORE DELETE OR TRUNCATE OR UPDATE STATEMENT"},
		{"a trigger that never runs", "CREATE OR REPLACE TRIGGER lives BEFORE INSERT OR UPDATE ON advance_vouchers FOR EACH ROW WHEN (false) EXECUTE FUNCTION advance_voucher_lives()",
			"public.advance_vouchers lives", "BEFORE INSERT OR UPDATE ROW WHEN false", "BEFORE INSERT OR UPDATE ROW public.advance_voucher_lives()"},
		{"a trigger beside the others", "CREATE TRIGGER aa BEFORE INSERT ON ledger.postings FOR EACH ROW EXECUTE FUNCTION audit.stamp()", "ledger.postings aa", "BEFORE INSERT ROW", "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			if err := (session{t, dbtest.Owner(t, db)}).run(c.sql); err != nil {
				t.Fatal(err)
			}
			got := schema(t, db)
			if got.Break != c.row || !strings.HasPrefix(got.Stands, c.stands) || !strings.HasPrefix(got.Wanted, c.wanted) {
				t.Errorf("found %q: stands %q, should be %q", got.Break, got.Stands, got.Wanted)
			}
		})
	}
}

// Every function and trigger of the migrations is held; how long that takes is told, not judged.
func TestWholeSchemaIsHeld(t *testing.T) {
	db := dbtest.New(t)
	best := time.Hour
	for range 5 {
		start := time.Now()
		schema(t, db)
		best = min(best, time.Since(start))
	}
	fs, err := migrations.Functions()
	if err != nil || len(fs) < 60 {
		t.Errorf("%d functions, error %v", len(fs), err)
	}
	ts, loops, err := migrations.Triggers()
	if err != nil || len(ts) < 30 || !loops["audit.keep_rows"] {
		t.Errorf("%d triggers, in loops %v, error %v", len(ts), loops, err)
	}
	t.Logf("%d functions, %d triggers: %s", len(fs), len(ts), best)
}
