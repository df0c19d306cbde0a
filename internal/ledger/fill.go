package ledger

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Filling is what Fill writes.
type Filling struct {
	Journals int // at least 10; four of five commit on a budget line, the fifth pays in the book ACTUAL
	Lines    int // control lines they are spread over, at least 1
	Year     int
	Done     func(journals int) // told after each part; nil = no
}

// fillPart is how many journals are written in one transaction.
const fillPart = 50_000

// Fill writes journals straight into the tables, many times faster than the kernel, so that something of a nation's size
// can be measured. db is the owner's connection to a database made for it: the guards are off while it runs, but what it
// writes is whole and Verify passes. Journals wait for the sealer afterwards.
func Fill(ctx context.Context, db *bun.DB, f Filling) error {
	err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return f.prepare(ctx, tx) })
	for from := 0; err == nil && from < f.Journals; from += fillPart {
		n := min(fillPart, f.Journals-from)
		err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return f.part(ctx, tx, from, n) })
		if err == nil && f.Done != nil {
			f.Done(from + n)
		}
	}
	if err == nil {
		err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return f.settle(ctx, tx) })
	}
	if err != nil {
		return fmt.Errorf("fill the ledger: %w", err)
	}
	return nil
}

// guarded are the tables whose triggers are off while Fill writes.
var guarded = []string{"journals", "postings", "control_lines", "account_balances"}

func (f Filling) run(ctx context.Context, tx bun.Tx, statements ...string) error {
	all := []string{"SET LOCAL statement_timeout = 0", "SET LOCAL work_mem = '64MB'"}
	for _, t := range guarded {
		all = append(all, "ALTER TABLE ledger."+t+" DISABLE TRIGGER USER")
	}
	all = append(all, statements...)
	for _, t := range guarded {
		all = append(all, "ALTER TABLE ledger."+t+" ENABLE TRIGGER USER")
	}
	for _, s := range all {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
	}
	return nil
}

// prepare opens the lines and the months, and gives every line what it will need by one journal.
func (f Filling) prepare(ctx context.Context, tx bun.Tx) error {
	each := int64(f.Journals/f.Lines+1) * 2_000_000
	// The lines come under their guards, which keep the first version of each.
	for _, q := range []string{
		fmt.Sprintf(`INSERT INTO ledger.dim_sets (budget_year, programme_code, source_code) SELECT %d, 'L' || i, 'NS' FROM generate_series(1, %d) i
			ON CONFLICT DO NOTHING`, f.Year, f.Lines),
		fmt.Sprintf(`INSERT INTO ledger.control_lines (book_id, kind, dim_id, year) SELECT b.id, 'budget', d.id, d.budget_year
			FROM ledger.dim_sets d, ledger.books b WHERE b.code = 'BUDGET' AND d.programme_code ~ '^L[0-9]+$' AND d.budget_year = %d ON CONFLICT DO NOTHING`, f.Year),
	} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("open the lines: %w", err)
		}
	}
	return f.run(ctx, tx,
		fmt.Sprintf(`SELECT ledger.open_period(b.id, make_date(%d, m, 1)) FROM ledger.books b, generate_series(1, 12) m WHERE b.code IN ('BUDGET', 'ACTUAL')`, f.Year),
		`CREATE TEMP TABLE fill_line ON COMMIT DROP AS SELECT c.id, c.dim_id, row_number() OVER (ORDER BY c.id) AS n FROM ledger.control_lines c
			JOIN ledger.dim_sets d ON d.id = c.dim_id AND d.programme_code ~ '^L[0-9]+$'`,
		f.journals(`SELECT nextval('ledger.journals_id_seq') AS id, b.id AS book_id, 'BUDGET' AS book, 'appropriate' AS kind, 0 AS i,
			l.id AS line, l.dim_id AS dim, 'source' AS from_code, 'available' AS to_code, `+fmt.Sprint(each)+`::numeric AS amount,
			make_date(`+fmt.Sprint(f.Year)+`, 1, 1) AS day FROM fill_line l, ledger.books b WHERE b.code = 'BUDGET'`))
}

// part writes journals from+1 to from+n.
func (f Filling) part(ctx context.Context, tx bun.Tx, from, n int) error {
	return f.run(ctx, tx,
		`CREATE TEMP TABLE fill_line ON COMMIT DROP AS SELECT c.id, c.dim_id, row_number() OVER (ORDER BY c.id) AS n FROM ledger.control_lines c
			JOIN ledger.dim_sets d ON d.id = c.dim_id AND d.programme_code ~ '^L[0-9]+$'`,
		f.journals(fmt.Sprintf(`SELECT nextval('ledger.journals_id_seq') AS id, b.id AS book_id, b.code AS book,
			CASE WHEN i %% 5 = 0 THEN 'pay' ELSE 'commit' END AS kind, i, CASE WHEN i %% 5 <> 0 THEN l.id END AS line, l.dim_id AS dim,
			CASE WHEN i %% 5 = 0 THEN 'cash_treasury' ELSE 'available' END AS from_code,
			CASE WHEN i %% 5 = 0 THEN 'grant_expense' ELSE 'committed' END AS to_code, (1000 + i %% 999983)::numeric AS amount,
			make_date(%d, 1, 1) + (i::bigint * 365 / %d)::int AS day
			FROM generate_series(%d, %d) i JOIN fill_line l ON l.n = 1 + i %% %d
			JOIN ledger.books b ON b.code = CASE WHEN i %% 5 = 0 THEN 'ACTUAL' ELSE 'BUDGET' END ORDER BY i`,
			f.Year, f.Journals+1, from+1, from+n, f.Lines)))
}

// journals writes what a query of journals of two legs gives, with digests as the kernel makes them.
func (f Filling) journals(query string) string {
	return `WITH f AS MATERIALIZED (` + query + `), legs AS (
		INSERT INTO ledger.postings (journal_id, leg, account_id, dim_id, line_id, amount, currency, minor_units, effective_on)
		SELECT f.id, x.leg, a.id, f.dim, f.line, x.sign * f.amount, 'VND', 0, f.day FROM f
		 CROSS JOIN LATERAL (VALUES (1, f.from_code, -1), (2, f.to_code, 1)) x (leg, code, sign)
		  JOIN ledger.accounts a ON a.book_id = f.book_id AND a.code = x.code AND a.currency = 'VND'), j AS (
		SELECT f.id, f.book_id, f.book || '-F' || '-' || f.id AS number, f.kind, f.day AS effective_on,
		       'filling' AS document_kind, 'f1110000-0000-4000-8000-000000000001'::uuid AS document_id, 'F-' || f.i AS document_no,
		       'fill/' || f.id AS request_key, sha256(convert_to('fill/' || f.id, 'UTF8')) AS content_hash, 2 AS leg_count,
		       NULL::bigint AS reverses_id, NULL::bigint AS adjusts_id, '' AS reason, '' AS legal_basis, 'f1110000-0000-4000-8000-000000000002'::uuid AS actor_id,
		       'f1110000-0000-4000-8000-000000000003'::uuid AS approver_id, now() AS at, p.id AS period_id, (SELECT c.year FROM ledger.control_lines c WHERE c.id = f.line) AS budget_year,
		       ARRAY[ARRAY['i1', 't' || f.from_code, 'i' || f.dim, 'i' || f.line, 'n' || trim_scale(-f.amount), 'tVND'],
		             ARRAY['i2', 't' || f.to_code, 'i' || f.dim, 'i' || f.line, 'n' || trim_scale(f.amount), 'tVND']] AS legs
		  FROM f JOIN ledger.periods p ON p.book_id = f.book_id AND p.starts_on = date_trunc('month', f.day)::date)
		INSERT INTO ledger.journals (id, book_id, number, kind, effective_on, period_id, document_kind, document_id, document_no,
		       request_key, content_hash, leg_count, reason, actor_id, approver_id, at, budget_year, recorded_at, recorded_xid, digest)
		SELECT j.id, j.book_id, j.number, j.kind, j.effective_on, j.period_id, j.document_kind, j.document_id, j.document_no,
		       j.request_key, j.content_hash, j.leg_count, j.reason, j.actor_id, j.approver_id, j.at, j.budget_year, clock_timestamp(), pg_current_xact_id(),
		       ` + journalDigest + ` FROM j CROSS JOIN LATERAL (SELECT j.legs) l`
}

// settle brings control lines and balances to what was posted.
func (f Filling) settle(ctx context.Context, tx bun.Tx) error {
	return f.run(ctx, tx,
		`UPDATE ledger.control_lines c SET authorised = s.authorised, committed = s.committed, version = s.version
		   FROM (SELECT p.line_id, count(DISTINCT p.journal_id) AS version, -coalesce(sum(p.amount) FILTER (WHERE a.code = 'source'), 0) AS authorised,
		                coalesce(sum(p.amount) FILTER (WHERE a.code = 'committed'), 0) AS committed
		           FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.line_id IS NOT NULL GROUP BY p.line_id) s,
		        ledger.dim_sets d WHERE s.line_id = c.id AND d.id = c.dim_id AND d.programme_code ~ '^L[0-9]+$'`,
		`INSERT INTO ledger.account_balances AS b (account_id, dim_id, period_id, debit, credit)
		 SELECT p.account_id, p.dim_id, j.period_id, coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0), coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0)
		   FROM ledger.postings p JOIN ledger.journals j ON j.id = p.journal_id AND j.document_kind = 'filling' WHERE p.line_id IS NULL
		  GROUP BY p.account_id, p.dim_id, j.period_id
		 ON CONFLICT (account_id, dim_id, period_id) DO UPDATE SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit, version = b.version + 1`,
		"ANALYZE ledger.journals", "ANALYZE ledger.postings", "ANALYZE ledger.control_lines", "ANALYZE ledger.account_balances")
}
