package budget

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

func in(ids []uuid.UUID) schema.QueryAppender { return bun.List(ids) }

// unseen are the legs on the lines of a year that the snapshot of its sums did not see: d (line, parent, leaf, stage,
// month, amount). ?0 is the year, ?1 the snapshot: as a constant, so that the planner knows how few journals came since.
const unseen = `d AS MATERIALIZED (
	SELECT bl.id, bl.parent_id, bl.lines = 0 AS leaf, a.code AS stage,
	       CASE WHEN extract(year FROM j.effective_on) > ?0 THEN 12 ELSE extract(month FROM j.effective_on)::int END AS month, sum(p.amount) AS amount
	  FROM ledger.journals j
	  JOIN ledger.postings p ON p.journal_id = j.id AND p.line_id IS NOT NULL
	  JOIN ledger.accounts a ON a.id = p.account_id
	  JOIN budget_lines bl ON bl.control_line = p.line_id AND bl.year = ?0
	 WHERE j.recorded_xid >= pg_snapshot_xmin(?1::pg_snapshot) AND NOT pg_visible_in_snapshot(j.recorded_xid, ?1::pg_snapshot)
	 GROUP BY bl.id, a.code, 5)`

// unseenColumns sums legs into the four columns of budget_sums.
const unseenColumns = `
	COALESCE(-sum(amount) FILTER (WHERE stage = 'source' AND leaf), 0) AS allocated,
	COALESCE(sum(amount) FILTER (WHERE stage IN ('reserved', 'committed', 'requested', 'advanced', 'disbursed')), 0) AS committed,
	COALESCE(sum(amount) FILTER (WHERE stage = 'disbursed'), 0) AS disbursed,
	COALESCE(sum(amount) FILTER (WHERE stage = 'available' AND leaf), 0) AS available`

// fill completes the sums of nodes that have lines below: the sums as their snapshot saw them, and what came since.
func (s *Service) fill(ctx context.Context, year int, nodes []*Node) error {
	branches := map[uuid.UUID]*Node{}
	var ids []uuid.UUID
	for _, n := range nodes {
		if n.Line.Lines > 0 {
			branches[n.Line.ID], ids = n, append(ids, n.Line.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	seen, err := s.seen(ctx, year)
	if err != nil {
		return err
	}
	var rows []struct {
		ID                                         uuid.UUID
		Allocated, Committed, Disbursed, Available money.Amount
	}
	err = s.db.NewRaw(`WITH RECURSIVE `+unseen+`,
		up AS (SELECT d.id AS node, d.parent_id, d.leaf, d.stage, d.amount FROM d
		       UNION ALL SELECT p.id, p.parent_id, up.leaf, up.stage, up.amount FROM up JOIN budget_lines p ON p.id = up.parent_id)
		SELECT id, sum(allocated) AS allocated, sum(committed) AS committed, sum(disbursed) AS disbursed, sum(available) AS available FROM (
			SELECT line_id AS id, allocated, committed, disbursed, available FROM budget_sums WHERE line_id IN (?2)
			UNION ALL SELECT node, `+unseenColumns+` FROM up WHERE node IN (?2) GROUP BY node) x GROUP BY id`, year, seen, in(ids)).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("sums of the budget of %d: %w", year, err)
	}
	for _, r := range rows {
		n := branches[r.ID]
		n.Sums = Sums{n.Own.Authorised, r.Allocated, r.Committed, r.Disbursed, r.Available}
	}
	return nil
}

// seen is the snapshot that the sums of a year were made of; they are made when there are none.
func (s *Service) seen(ctx context.Context, year int) (snapshot string, err error) {
	for try := 1; ; try++ {
		err = s.db.NewRaw("SELECT seen::text FROM budget_sum_marks WHERE year = ?", year).Scan(ctx, &snapshot)
		if !errors.Is(err, sql.ErrNoRows) || try == 3 {
			break
		}
		if err = s.remember(ctx, year); err != nil && storage.Code(err) != "40001" && storage.Code(err) != "23505" { // somebody else makes them
			return "", err
		}
	}
	if err != nil {
		return "", fmt.Errorf("find the sums of %d: %w", year, err)
	}
	return snapshot, nil
}

// remember sums a year as one snapshot of the database sees it. Of two at once one fails with 40001 or 23505.
func (s *Service) remember(ctx context.Context, year int) error {
	return s.db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, func(ctx context.Context, tx bun.Tx) error {
		for _, q := range []string{
			`DELETE FROM budget_sums WHERE year = ?0`,
			`INSERT INTO budget_sums (line_id, year, allocated, committed, disbursed, available)
			WITH RECURSIVE up AS (
				SELECT bl.id AS node, bl.id AS line, bl.parent_id FROM budget_lines bl WHERE bl.year = ?0
				UNION ALL SELECT p.id, up.line, p.parent_id FROM up JOIN budget_lines p ON p.id = up.parent_id)
			SELECT up.node, ?0, sum(cl.authorised) FILTER (WHERE l.lines = 0),
			       sum(cl.reserved + cl.committed + cl.requested + cl.advanced + cl.disbursed), sum(cl.disbursed),
			       sum(cl.authorised - cl.allocated - cl.reserved - cl.committed - cl.requested - cl.advanced - cl.disbursed - cl.returned - cl.closing)
			           FILTER (WHERE l.lines = 0)
			  FROM up JOIN budget_lines l ON l.id = up.line JOIN ledger.control_lines cl ON cl.id = l.control_line
			  JOIN budget_lines n ON n.id = up.node AND n.lines > 0
			 GROUP BY up.node`,
			`DELETE FROM budget_paid_months WHERE year = ?0`,
			`INSERT INTO budget_paid_months (year, month, amount)
			SELECT ?0, CASE WHEN extract(year FROM p.effective_on) > ?0 THEN 12 ELSE extract(month FROM p.effective_on)::int END, sum(p.amount)
			  FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id AND a.code = 'disbursed'
			  JOIN budget_lines bl ON bl.control_line = p.line_id AND bl.year = ?0 GROUP BY 2`,
			`INSERT INTO budget_sum_marks (year, seen) VALUES (?0, pg_current_snapshot())
			ON CONFLICT (year) DO UPDATE SET seen = excluded.seen, made_at = clock_timestamp()`,
		} {
			if _, err := tx.NewRaw(q, year).Exec(ctx); err != nil {
				return fmt.Errorf("remember the sums of %d: %w", year, err)
			}
		}
		return nil
	})
}

// staleJournals is how many journals a page adds before the sums are made anew.
const staleJournals = 200

// RefreshSums makes the sums of a year anew once enough journals came since, and those of the years about now that have
// none, and the trial balances that were asked for; a job calls it.
func (s *Service) RefreshSums(ctx context.Context) error {
	var years []int
	err := s.db.NewRaw(`SELECT m.year FROM budget_sum_marks m WHERE (SELECT count(*) FROM (
		SELECT FROM ledger.journals j WHERE j.recorded_xid >= pg_snapshot_xmin(m.seen) AND NOT pg_visible_in_snapshot(j.recorded_xid, m.seen)
		LIMIT ?) x) = ?
		UNION SELECT y FROM generate_series(extract(year FROM kb.today())::int - 1, extract(year FROM kb.today())::int + 1) y
		WHERE EXISTS (SELECT FROM budget_lines l WHERE l.year = y) AND NOT EXISTS (SELECT FROM budget_sum_marks m WHERE m.year = y)`,
		staleJournals, staleJournals).Scan(ctx, &years)
	if err != nil {
		return fmt.Errorf("find stale sums: %w", err)
	}
	for _, y := range years {
		if err := s.remember(ctx, y); err != nil {
			return err
		}
	}
	return s.trials.Refresh(ctx, s.db)
}

// paidByMonth is what a year spent in each month, in đồng; months without a payment are missing.
func (s *Service) paidByMonth(ctx context.Context, year int) (map[int]money.Amount, error) {
	var rows []struct {
		Month  int
		Amount money.Amount
	}
	seen, err := s.seen(ctx, year)
	if err != nil {
		return nil, err
	}
	err = s.db.NewRaw(`WITH `+unseen+`
		SELECT month, sum(amount) AS amount FROM (
			SELECT month, amount FROM budget_paid_months WHERE year = ?0
			UNION ALL SELECT month, amount FROM d WHERE stage = 'disbursed') x GROUP BY month HAVING sum(amount) <> 0`, year, seen).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("payments of %d by month: %w", year, err)
	}
	out := map[int]money.Amount{}
	for _, r := range rows {
		out[r.Month] = r.Amount
	}
	return out, nil
}
