package budget

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// The size of the measured year; -budget.lines 100000 -budget.journals 500000 -budget.requests 100 is
// the one of the goals: a million postings.
var (
	measuredLines    = flag.Int("budget.lines", 1_000, "lines of the measured budget year")
	measuredJournals = flag.Int("budget.journals", 4_000, "journals on them")
	measuredRequests = flag.Int("budget.requests", 3, "times each page is asked for")
)

// fill makes a year of three levels, 2 sources of 50 programmes each and the lines below, and commitments on those. The
// journals are written straight into the tables: nothing is verified here.
func (o *office) fill(t *testing.T) (root *Line) {
	t.Helper()
	owner := dbtest.Owner(t, o.db)
	run := func(q string, args ...any) {
		t.Helper()
		if _, err := owner.NewRaw(q, args...).Exec(t.Context()); err != nil {
			t.Fatalf("%.60s: %v", q, err)
		}
	}
	run(`INSERT INTO ledger.dim_sets (budget_year, programme_code, source_code) SELECT 2026, 'L' || i, 'NS' FROM generate_series(1, ?) i`, *measuredLines)
	run(`INSERT INTO ledger.control_lines (book_id, kind, dim_id, year) SELECT b.id, 'budget', d.id, 2026 FROM ledger.dim_sets d, ledger.books b
		WHERE b.code = 'BUDGET' AND d.programme_code ~ '^L[0-9]+$'`)
	run(`SELECT ledger.open_period(b.id, make_date(2026, m, 1)) FROM ledger.books b, generate_series(1, 12) m WHERE b.code = 'BUDGET'`)
	run(`CREATE TABLE filled AS SELECT c.id, c.dim_id, row_number() OVER (ORDER BY c.id) AS n FROM ledger.control_lines c
		JOIN ledger.dim_sets d ON d.id = c.dim_id AND d.programme_code ~ '^L[0-9]+$'`)
	run(`CREATE UNIQUE INDEX ON filled (n)`)
	for _, table := range []string{"journals", "postings", "control_lines"} {
		run("ALTER TABLE ledger." + table + " DISABLE TRIGGER USER")
	}
	const part = 25_000
	for from := 0; from < *measuredJournals; from += part {
		run(`WITH j AS (INSERT INTO ledger.journals (id, book_id, number, kind, effective_on, period_id, document_kind, document_id, document_no, request_key,
				content_hash, leg_count, reason, actor_id, approver_id, at, budget_year, recorded_at, recorded_xid, digest)
			SELECT nextval('ledger.journals_id_seq'), b.id, 'F-' || i, 'commit', p.starts_on, p.id, 'commitment', gen_random_uuid(), 'F-' || i, 'fill/' || i,
				sha256('x'), 2, '', ?2, ?3, now(), 2026, clock_timestamp(), pg_current_xact_id(), sha256('x')
			  FROM generate_series(?0, ?1) i, ledger.books b JOIN ledger.periods p ON p.book_id = b.id
			 WHERE b.code = 'BUDGET' AND p.starts_on = make_date(2026, 1 + i % 12, 1) RETURNING id, effective_on, substr(number, 3)::int AS i)
			INSERT INTO ledger.postings (journal_id, leg, account_id, dim_id, line_id, amount, currency, minor_units, effective_on)
			SELECT j.id, x.leg, a.id, f.dim_id, f.id, x.sign * 1000, 'VND', 0, j.effective_on FROM j JOIN filled f ON f.n = 103 + j.i % (?4 - 102)
			 CROSS JOIN LATERAL (VALUES (1, 'available', -1), (2, 'committed', 1)) x (leg, code, sign)
			  JOIN ledger.accounts a ON a.book_id = (SELECT id FROM ledger.books WHERE code = 'BUDGET') AND a.code = x.code`,
			from+1, min(from+part, *measuredJournals), access.From(o.officer).ID, access.From(o.chief).ID, *measuredLines)
	}
	run(`UPDATE ledger.control_lines c SET authorised = 1000000000, committed = 1000 * (SELECT count(*) FROM ledger.postings p WHERE p.line_id = c.id AND p.amount > 0)
		FROM filled f WHERE f.id = c.id`)
	for _, table := range []string{"journals", "postings", "control_lines"} {
		run("ALTER TABLE ledger." + table + " ENABLE TRIGGER USER")
		run("ANALYZE ledger." + table)
	}
	for _, q := range []string{
		`CREATE TABLE pile AS SELECT f.id, f.n, gen_random_uuid() AS line FROM filled f`,
		`CREATE UNIQUE INDEX ON pile (n)`,
		`INSERT INTO budget_lines (id, year, code, name_vi, name_en, parent_id, control_line, source_code, programme_code, chapter, managing_unit_id,
			finance_unit_id, planned, status, planned_by, approved_by, decision_no, decided_on, lines)
		SELECT p.line, 2026, CASE WHEN p.n <= 2 THEN 'R' || p.n WHEN p.n <= 102 THEN 'R' || (1 + p.n % 2) || '.' || p.n ELSE 'L' || p.n END, 'Dòng ' || p.n, 'Line ' || p.n,
			CASE WHEN p.n > 102 THEN (SELECT line FROM pile u WHERE u.n = 3 + p.n % 100) WHEN p.n > 2 THEN (SELECT line FROM pile u WHERE u.n = 1 + p.n % 2) END,
			p.id, 'NS', '', '', ?0, ?1, 0, 'open', ?2, ?3, '1/QĐ', '2026-01-02',
			CASE WHEN p.n <= 2 THEN 50 WHEN p.n <= 102 THEN (?4 - 102) / 100 ELSE 0 END FROM pile p ORDER BY p.n`,
		"ANALYZE budget_lines",
	} {
		run(q, access.UnitScience, access.UnitFinance, access.From(o.officer).ID, access.From(o.chief).ID, *measuredLines)
	}
	var id uuid.UUID
	if err := o.db.NewRaw("SELECT id FROM budget_lines WHERE code = 'R1'").Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return o.get(t, id)
}

// TestLargePages asks the money pages of a large year again and again and says how long the slowest hundredth took.
func TestLargePages(t *testing.T) {
	o := open(t)
	root := o.fill(t)
	start := time.Now()
	if err := o.svc.remember(t.Context(), 2026); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lines, %d journals: sums remembered in %s", *measuredLines, *measuredJournals, time.Since(start).Round(time.Millisecond))
	var leaf uuid.UUID
	if err := o.db.NewRaw("SELECT id FROM budget_lines WHERE lines = 0 ORDER BY code LIMIT 1").Scan(t.Context(), &leaf); err != nil {
		t.Fatal(err)
	}
	for i := range 5 { // journals that the sums did not see
		if _, err := o.svc.Commit(o.officer, leaf, CommitInput{Amount: money.VND(1000), Approver: access.From(o.chief).ID, DocumentNo: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	one := "/budgets/2026/lines/" + leaf.String()
	var voucher string
	if err := o.db.NewRaw("SELECT number FROM ledger.journals ORDER BY id DESC LIMIT 1").Scan(t.Context(), &voucher); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"/budgets/2026", "/budgets/2026?open=R1,R1.10", "/budgets/2026?q=L777", href(root), one, one + "/acts/new",
		"/budgets/2026/acts/new?q=L777", "/budgets/2026/lines.csv?open=R1", "/budgets/2026/what-if", "/budgets/2026/year-end", "/budgets/2026/sponsorships", "/budgets/2026/spending-plan",
		"/budgets/2026/trial-balance", "/vouchers/" + voucher, "/estimates/2026", "/budget-imports"} {
		var took []time.Duration
		for range *measuredRequests {
			took = append(took, w.Get(o.officer, page).Status(200).Took)
		}
		slices.Sort(took)
		t.Logf("%-60s p50 %s, p99 %s", page, took[len(took)/2].Round(100*time.Microsecond), took[(len(took)*99-1)/100].Round(100*time.Microsecond))
	}
}
