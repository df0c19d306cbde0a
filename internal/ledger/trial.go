package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

// TrialRow is one account of a trial balance: what stood before the first day, the turnover, what stands after the last.
// Opening and Closing are debit positive; amounts are in the account's currency.
type TrialRow struct {
	Account, NameVI, NameEN, Class, Currency string
	Opening, Debit, Credit, Closing          decimal.Decimal
}

// TrialBalance sums a book by account from one day to another, both inclusive, accounts without any movement left out.
// Closed months come from the trial balances they were closed with, the others from the legs. Debits equal credits.
func TrialBalance(ctx context.Context, db bun.IDB, book string, from, to calendar.Date) ([]TrialRow, error) {
	var rows []TrialRow
	err := db.NewRaw(`WITH b AS (SELECT id FROM ledger.books WHERE code = ?0),
		base AS (SELECT m.change_id, m.ends_on FROM ledger.closed_months m, b WHERE m.book_id = b.id AND m.ends_on < ?1::date ORDER BY m.ends_on DESC LIMIT 1),
		whole AS (SELECT m.change_id, m.starts_on, m.ends_on FROM ledger.closed_months m, b
			WHERE m.book_id = b.id AND m.starts_on >= ?1::date AND m.ends_on <= ?2::date),
		x AS (
			SELECT q.account_id, q.opening + q.debit - q.credit AS opening, 0 AS debit, 0 AS credit FROM base JOIN ledger.period_balances q ON q.change_id = base.change_id
			UNION ALL
			SELECT q.account_id, 0, q.debit, q.credit FROM whole JOIN ledger.period_balances q ON q.change_id = whole.change_id
			UNION ALL
			SELECT g.account_id, CASE WHEN g.earlier THEN g.amount ELSE 0 END, CASE WHEN NOT g.earlier AND g.debit THEN g.amount ELSE 0 END,
			       CASE WHEN NOT g.earlier AND NOT g.debit THEN -g.amount ELSE 0 END FROM (
				SELECT p.account_id, p.effective_on < ?1::date AS earlier, p.amount > 0 AS debit, sum(p.amount) AS amount FROM ledger.postings p
				 WHERE p.account_id IN (SELECT a.id FROM ledger.accounts a, b WHERE a.book_id = b.id)
				   AND p.effective_on > coalesce((SELECT ends_on FROM base), '-infinity') AND p.effective_on <= ?2::date
				   AND (p.effective_on < coalesce((SELECT min(starts_on) FROM whole), 'infinity') OR p.effective_on > (SELECT max(ends_on) FROM whole))
				 GROUP BY 1, 2, 3) g)
		SELECT a.code AS account, a.name_vi, a.name_en, a.class, a.currency, sum(x.opening) AS opening, sum(x.debit) AS debit, sum(x.credit) AS credit,
		       sum(x.opening) + sum(x.debit) - sum(x.credit) AS closing
		  FROM x JOIN ledger.accounts a ON a.id = x.account_id GROUP BY a.id
		HAVING sum(x.opening) <> 0 OR sum(x.debit) <> 0 OR sum(x.credit) <> 0 ORDER BY a.id`, book, from, to).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("trial balance of %s from %s to %s: %w", book, from, to, err)
	}
	return rows, nil
}

// Balance is the balance of one account and dimension combination, debit positive, in đồng.
type Balance struct {
	Account string
	Dim     Dim
	Amount  money.Amount
}

// Balances sums the accounts in đồng of a book up to and including the day asOf, by account and dimensions, zeros left
// out. Without a day it reads the running balances and the control lines; with one the trial balance of the last month
// closed by then and the legs since.
func Balances(ctx context.Context, db bun.IDB, book string, asOf time.Time) ([]Balance, error) {
	var rows []struct {
		Account string
		Amount  money.Amount
		dimRow  `bun:",extend"`
	}
	from := `SELECT b.account_id, b.dim_id, b.debit - b.credit AS amount FROM ledger.account_balances b
		JOIN ledger.accounts a ON a.id = b.account_id JOIN ledger.books k ON k.id = a.book_id AND k.code = ?0
		UNION ALL
		SELECT a.id, c.dim_id, s.amount FROM ledger.control_lines c
		CROSS JOIN LATERAL (VALUES ('source', -c.authorised), ('available', c.authorised - c.allocated - c.reserved - c.committed
			- c.requested - c.advanced - c.disbursed - c.returned - c.closing), ('allocated', c.allocated), ('reserved', c.reserved),
			('committed', c.committed), ('requested', c.requested), ('advanced', c.advanced), ('disbursed', c.disbursed),
			('returned', c.returned), ('closing', c.closing)) s (code, amount)
		JOIN ledger.books k ON k.id = c.book_id AND k.code = ?0
		JOIN ledger.accounts a ON a.book_id = c.book_id AND a.code = s.code AND a.currency = 'VND'`
	args := []any{book}
	if !asOf.IsZero() {
		from = `SELECT q.account_id, q.dim_id, q.opening + q.debit - q.credit AS amount FROM m JOIN ledger.period_balances q ON q.change_id = m.change_id
			UNION ALL
			SELECT p.account_id, p.dim_id, p.amount FROM ledger.postings p
			 WHERE p.effective_on <= ?1 AND p.effective_on > coalesce((SELECT ends_on FROM m), '-infinity')`
		args = append(args, calendar.DateOf(asOf))
	} else {
		args = append(args, nil)
	}
	err := db.NewRaw(`WITH m AS (SELECT m.change_id, m.ends_on FROM ledger.closed_months m JOIN ledger.books b ON b.id = m.book_id AND b.code = ?0
			WHERE m.ends_on <= ?1::date ORDER BY m.ends_on DESC LIMIT 1)
			SELECT a.code AS account, sum(x.amount)::numeric(24,0) AS amount, `+dimColumns+` FROM (`+from+`) x
			JOIN ledger.accounts a ON a.id = x.account_id AND a.currency = 'VND' JOIN ledger.books b ON b.id = a.book_id AND b.code = ?0
			JOIN ledger.dim_sets d ON d.id = x.dim_id
			GROUP BY a.id, d.id HAVING sum(x.amount) <> 0 ORDER BY a.id, d.id`, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("balances of %s: %w", book, err)
	}
	out := make([]Balance, len(rows))
	for i, r := range rows {
		out[i] = Balance{Account: r.Account, Dim: r.dim(), Amount: r.Amount}
	}
	return out, nil
}
