package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/dbtest"
)

// unkept are the tables whose rows leave no versions, and why. Everything else is kept.
var unkept = map[string]string{
	"ledger.journals": "digested and sealed", "ledger.postings": "in the digest of their journal", "ledger.account_balances": "sums of postings",
	"ledger.period_balances": "in the digest of their closing",
	"ledger.commitments":     "held in every column against the sealed journal",
	"audit_log":              "digested and sealed", "row_versions": "digested and sealed",
	"seal_trees": "the trees themselves", "seal_leaves": "the trees themselves", "seal_hashes": "the trees themselves", "seal_heads": "the trees themselves",
	"signing_keys": "public keys, heads are held against the key of this machine",
	"sessions":     "who is signed in, not what they did", "step_ups": "who is signed in", "used_codes": "who is signed in", "user_factors": "secrets",
	"confirmations": "secrets", "attempts": "counters of limits",
	"messages": "letters, not decisions", "held_forms": "forms not yet sent", "command_keys": "held against the books by app.check.keys",
	"jobs": "work to be done", "job_ticks": "work done",
	"agreement_serials": "counters", "disbursement_serials": "counters", "proposal_serials": "counters", "proposal_code_key": "a secret",
	"budget_sums": "a cache of the ledger", "budget_sum_marks": "a cache of the ledger", "budget_paid_months": "a cache of the ledger", "public_changes": "marks of a cache",
	"banks": "reference data of a release", "communes": "reference data of a release", "departments": "reference data of a release", "holidays": "reference data of a release",
}

// A new table is kept, or stands above with the reason why it need not be.
func TestEveryTableIsKept(t *testing.T) {
	var bare []string
	err := dbtest.New(t).NewRaw(`SELECT x.name FROM (SELECT CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name, c.oid
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname IN ('public', 'ledger')) x
		WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = x.oid AND t.tgname = 'keep_insert') ORDER BY 1`).Scan(t.Context(), &bare)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range bare {
		if unkept[name] == "" {
			t.Errorf("%s: nothing keeps its rows: a migration calls audit.keep, the probes of its room name it", name)
		}
	}
	for name := range unkept {
		if !slices.Contains(bare, name) {
			t.Errorf("%s is kept", name)
		}
	}
}

// column is one column of a kept table.
type column struct{ Name, Type string }

// other is SQL for another value of the column than the one that stands.
func (c column) other() string {
	for _, k := range []struct{ types, sql string }{
		{"numeric", "coalesce(%s, 0) + 1"}, {"int2 int4 int8", "coalesce(%s, 0) + 1000"}, {"text", "coalesce(%s, '') || 'x'"}, {"uuid", "gen_random_uuid()"},
		{"bool", "NOT coalesce(%s, false)"}, {"date", "coalesce(%s, '2026-01-01') + 1"},
		{"timestamptz", "coalesce(%s, now()) + interval '1 second'"}, {"jsonb", `jsonb_build_object('x', 1)`}, {"_text", "array_append(%s, 'x')"},
		{"bytea", `coalesce(%s, '') || '\x00'::bytea`}, {"daterange", "'empty'"}, {"regclass", "'pg_class'"},
	} {
		if slices.Contains(strings.Fields(k.types), c.Type) {
			return c.Name + " = " + strings.Replace(k.sql, "%s", c.Name, 1)
		}
	}
	return c.Name + " = NULL"
}

// proveColumns changes every column of one row of every kept table with its triggers and constraints off: its room names
// the row and each of the columns. Then the row is deleted.
func proveColumns(t *testing.T, owner *bun.DB) {
	rows := map[string]audit.Probe{} // by table
	for _, p := range app.Probes() {
		for _, table := range p.Kept {
			rows[table] = p
		}
	}
	var relations []string
	if err := owner.NewRaw("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'keep_insert' ORDER BY 1").Scan(t.Context(), &relations); err != nil {
		t.Fatal(err)
	}
	tried, empty := 0, []string(nil)
	for _, rel := range relations {
		if _, ok := rows[rel]; !ok {
			t.Errorf("%s is kept, but no probe proves it", rel)
			continue
		}
		err := owner.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			n, err := proveTable(t, ctx, tx, rel, rows[rel])
			if tried += n; n == 0 {
				empty = append(empty, rel)
			}
			return errors.Join(err, errUndo)
		})
		if !errors.Is(err, errUndo) || strings.Contains(err.Error(), "ERROR") {
			t.Errorf("%s: %v", rel, err)
		}
	}
	t.Logf("%d tables, %d columns named; without rows in the example: %s", len(relations), tried, strings.Join(empty, " "))
}

func proveTable(t *testing.T, ctx context.Context, tx bun.Tx, rel string, p audit.Probe) (int, error) {
	var cs []column
	err := tx.NewRaw(`SELECT a.attname AS name, y.typname AS type FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
		WHERE a.attrelid = ?0::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		  AND a.attname IN (SELECT jsonb_object_keys(v.content) FROM row_versions v WHERE v.relation = ?0)
		  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)) ORDER BY a.attname`, rel).Scan(ctx, &cs)
	if err != nil || len(cs) == 0 {
		return 0, err
	}
	var loose []string
	if err := tx.NewRaw(`SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
		WHERE ?::regclass IN (conrelid, confrelid) AND contype IN ('c', 'f', 'x')`, rel).Scan(ctx, &loose); err != nil {
		return 0, err
	}
	sets := make([]string, len(cs))
	for i, c := range cs {
		sets[i] = c.other()
	}
	for _, act := range []struct{ sql, stands, wanted string }{
		{fmt.Sprintf("UPDATE %[1]s SET %[2]s WHERE ctid = (SELECT ctid FROM %[1]s LIMIT 1)", rel, strings.Join(sets, ", ")), "", ""},
		{fmt.Sprintf("DELETE FROM %[1]s WHERE ctid = (SELECT ctid FROM %[1]s LIMIT 1)", rel), "no row", "the row"},
	} {
		if _, err := tx.ExecContext(ctx, "SAVEPOINT s; "+strings.Join(append(loose, "ALTER TABLE "+rel+" DISABLE TRIGGER USER", act.sql), "; ")); err != nil {
			return 0, err
		}
		checks, err := p.Run(ctx, audit.Look{Tx: tx, Step: func(int64) {}})
		if err != nil {
			return 0, err
		}
		i := slices.IndexFunc(checks, func(c audit.Check) bool { return strings.HasPrefix(c.Break, rel+" ") })
		switch {
		case i < 0:
			t.Errorf("%s: nobody noticed: %s", rel, act.sql)
		case act.stands != "" && (checks[i].Stands != act.stands || checks[i].Wanted != act.wanted):
			t.Errorf("%s: stands %s, should be %s", checks[i].Break, checks[i].Stands, checks[i].Wanted)
		case act.stands == "":
			for _, c := range cs {
				if !strings.Contains(", "+checks[i].Stands, ", "+c.Name+" ") || !strings.Contains(", "+checks[i].Wanted, ", "+c.Name+" ") {
					t.Errorf("%s: %s is not named: %s", checks[i].Break, c.Name, checks[i].Stands)
				}
			}
		}
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO s"); err != nil {
			return 0, err
		}
	}
	return len(cs), nil
}
