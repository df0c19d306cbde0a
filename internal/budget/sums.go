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
)

func in(ids []uuid.UUID) schema.QueryAppender { return bun.List(ids) }

// unseen are the legs on the lines of a year that the snapshot of its sums did not see: d (line, parent, leaf, stage,
// month, amount). One year, the placeholder ?0.
const unseen = `d AS MATERIALIZED (
	SELECT bl.id, bl.parent_id, bl.lines = 0 AS leaf, a.code AS stage,
	       CASE WHEN extract(year FROM j.effective_on) > ?0 THEN 12 ELSE extract(month FROM j.effective_on)::int END AS month, sum(p.amount) AS amount
	  FROM budget_sum_marks m
	  JOIN ledger.journals j ON j.recorded_xid >= pg_snapshot_xmin(m.seen) AND NOT pg_visible_in_snapshot(j.recorded_xid, m.seen)
	  JOIN ledger.postings p ON p.journal_id = j.id AND p.line_id IS NOT NULL
	  JOIN ledger.accounts a ON a.id = p.account_id
	  JOIN budget_lines bl ON bl.control_line = p.line_id AND bl.year = m.year
	 WHERE m.year = ?0 GROUP BY bl.id, a.code, 5)`

// columns sums legs or stages into the four columns of budget_sums.
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
	if err := s.marked(ctx, year); err != nil {
		return err
	}
	var rows []struct {
		ID                                         uuid.UUID
		Allocated, Committed, Disbursed, Available money.Amount
	}
	err := s.db.NewRaw(`WITH RECURSIVE `+unseen+`,
		up AS (SELECT d.id AS node, d.parent_id, d.leaf, d.stage, d.amount FROM d
		       UNION ALL SELECT p.id, p.parent_id, up.leaf, up.stage, up.amount FROM up JOIN budget_lines p ON p.id = up.parent_id)
		SELECT id, sum(allocated) AS allocated, sum(committed) AS committed, sum(disbursed) AS disbursed, sum(available) AS available FROM (
			SELECT line_id AS id, allocated, committed, disbursed, available FROM budget_sums WHERE line_id IN (?1)
			UNION ALL SELECT node, `+unseenColumns+` FROM up WHERE node IN (?1) GROUP BY node) x GROUP BY id`, year, in(ids)).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("sums of the budget of %d: %w", year, err)
	}
	for _, r := range rows {
		n := branches[r.ID]
		n.Sums = Sums{n.Own.Authorised, r.Allocated, r.Committed, r.Disbursed, r.Available}
	}
	return nil
}

// marked makes the sums of a year when there are none.
func (s *Service) marked(ctx context.Context, year int) error {
	ok, err := s.db.NewSelect().TableExpr("budget_sum_marks").Where("year = ?", year).Exists(ctx)
	if err != nil || ok {
		return err
	}
	return s.remember(ctx, year)
}

// remember sums a year as one snapshot of the database sees it. Two at once wait for each other.
func (s *Service) remember(ctx context.Context, year int) error {
	return s.db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, func(ctx context.Context, tx bun.Tx) error {
		for _, q := range []string{
			`SELECT pg_advisory_xact_lock(530002, ?0)`,
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

// stale says that more legs came since the sums of a year than a page should add.
const staleJournals = 200

// RefreshSums makes the sums of large years anew once enough journals came since; a job calls it.
func (s *Service) RefreshSums(ctx context.Context) error {
	var years []int
	err := s.db.NewRaw(`SELECT m.year FROM budget_sum_marks m WHERE (SELECT count(*) FROM (
		SELECT FROM ledger.journals j WHERE j.recorded_xid >= pg_snapshot_xmin(m.seen) AND NOT pg_visible_in_snapshot(j.recorded_xid, m.seen)
		LIMIT ?) x) = ?`, staleJournals, staleJournals).Scan(ctx, &years)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("find stale sums: %w", err)
	}
	for _, y := range years {
		if err := s.remember(ctx, y); err != nil {
			return err
		}
	}
	return nil
}

// paidByMonth is what a year spent in each month, in đồng; months without a payment are missing.
func (s *Service) paidByMonth(ctx context.Context, year int) (map[int]money.Amount, error) {
	var rows []struct {
		Month  int
		Amount money.Amount
	}
	err := s.db.NewRaw(`WITH `+unseen+`
		SELECT month, sum(amount) AS amount FROM (
			SELECT month, amount FROM budget_paid_months WHERE year = ?0
			UNION ALL SELECT month, amount FROM d WHERE stage = 'disbursed') x GROUP BY month HAVING sum(amount) <> 0`, year).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("payments of %d by month: %w", year, err)
	}
	out := map[int]money.Amount{}
	for _, r := range rows {
		out[r.Month] = r.Amount
	}
	return out, nil
}
