package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"kinhbac/internal/calendar"
)

// Trials gives trial balances without summing the legs anew each time: it remembers what one snapshot of the database
// said and adds the legs of the journals that came since. What it gives equals TrialBalance. The zero value remembers
// nothing.
type Trials struct {
	mu   sync.Mutex
	kept map[span]remembered
}

// span is a book from one day to another.
type span struct {
	book     string
	from, to calendar.Date
}

type remembered struct {
	seen string // snapshot of the database
	rows []TrialRow
}

// Bounds of what is remembered: more spans are forgotten, with more journals since a span is summed anew.
const (
	maxTrials  = 32
	staleTrial = 500
)

// Of sums a book by account from one day to another as TrialBalance does.
func (t *Trials) Of(ctx context.Context, db *bun.DB, book string, from, to calendar.Date) ([]TrialRow, error) {
	s := span{book, from, to}
	t.mu.Lock()
	k, ok := t.kept[s]
	t.mu.Unlock()
	if !ok {
		k, err := t.remember(ctx, db, s)
		return k.rows, err
	}
	return since(ctx, db, s, k)
}

// Refresh sums anew what is remembered and has grown old; a job calls it.
func (t *Trials) Refresh(ctx context.Context, db *bun.DB) error {
	t.mu.Lock()
	kept := make(map[span]remembered, len(t.kept))
	for s, k := range t.kept {
		kept[s] = k
	}
	t.mu.Unlock()
	for s, k := range kept {
		var n int
		err := db.NewRaw(`SELECT count(*) FROM (SELECT FROM ledger.journals j WHERE j.recorded_xid >= pg_snapshot_xmin(?0::pg_snapshot)
			AND NOT pg_visible_in_snapshot(j.recorded_xid, ?0::pg_snapshot) LIMIT ?1) x`, k.seen, staleTrial).Scan(ctx, &n)
		if err != nil {
			return fmt.Errorf("journals since a trial balance: %w", err)
		}
		if n < staleTrial {
			continue
		}
		if _, err := t.remember(ctx, db, s); err != nil {
			return err
		}
	}
	return nil
}

func (t *Trials) remember(ctx context.Context, db *bun.DB, s span) (k remembered, err error) {
	err = db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, func(ctx context.Context, tx bun.Tx) (err error) {
		if err := tx.NewRaw("SELECT pg_current_snapshot()::text").Scan(ctx, &k.seen); err != nil {
			return fmt.Errorf("snapshot of a trial balance: %w", err)
		}
		k.rows, err = TrialBalance(ctx, tx, s.book, s.from, s.to)
		return err
	})
	if err != nil {
		return k, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil || len(t.kept) >= maxTrials {
		t.kept = map[span]remembered{}
	}
	t.kept[s] = k
	return k, nil
}

// since adds to what was remembered the legs of the journals that its snapshot did not see.
func since(ctx context.Context, db bun.IDB, s span, k remembered) ([]TrialRow, error) {
	var rows []TrialRow
	codes, currencies := make([]string, len(k.rows)), make([]string, len(k.rows))
	opening, debit, credit := make([]string, len(k.rows)), make([]string, len(k.rows)), make([]string, len(k.rows))
	for i, r := range k.rows {
		codes[i], currencies[i], opening[i], debit[i], credit[i] = r.Account, r.Currency, r.Opening.String(), r.Debit.String(), r.Credit.String()
	}
	err := db.NewRaw(`WITH fresh AS (
			SELECT p.account_id, sum(p.amount) FILTER (WHERE p.effective_on < ?1::date) AS opening,
			       sum(p.amount) FILTER (WHERE p.effective_on >= ?1::date AND p.amount > 0) AS debit,
			       -sum(p.amount) FILTER (WHERE p.effective_on >= ?1::date AND p.amount < 0) AS credit
			  FROM ledger.journals j JOIN ledger.books b ON b.id = j.book_id AND b.code = ?0 JOIN ledger.postings p ON p.journal_id = j.id
			 WHERE j.recorded_xid >= pg_snapshot_xmin(?3::pg_snapshot) AND NOT pg_visible_in_snapshot(j.recorded_xid, ?3::pg_snapshot)
			   AND p.effective_on <= ?2::date GROUP BY p.account_id), x AS (
			SELECT a.id, k.opening, k.debit, k.credit FROM unnest(?4::text[], ?5::text[], ?6::numeric[], ?7::numeric[], ?8::numeric[]) k (code, currency, opening, debit, credit)
			  JOIN ledger.books b ON b.code = ?0 JOIN ledger.accounts a ON a.book_id = b.id AND a.code = k.code AND a.currency = k.currency
			UNION ALL SELECT f.account_id, coalesce(f.opening, 0), coalesce(f.debit, 0), coalesce(f.credit, 0) FROM fresh f)
		SELECT a.code AS account, a.name_vi, a.name_en, a.class, a.currency, sum(x.opening) AS opening, sum(x.debit) AS debit, sum(x.credit) AS credit,
		       sum(x.opening) + sum(x.debit) - sum(x.credit) AS closing
		  FROM x JOIN ledger.accounts a ON a.id = x.id GROUP BY a.id
		HAVING sum(x.opening) <> 0 OR sum(x.debit) <> 0 OR sum(x.credit) <> 0 ORDER BY a.id`, s.book, s.from, s.to, k.seen, pgdialect.Array(codes), pgdialect.Array(currencies),
		pgdialect.Array(opening), pgdialect.Array(debit), pgdialect.Array(credit)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("trial balance of %s since it was remembered: %w", s.book, err)
	}
	return rows, nil
}
