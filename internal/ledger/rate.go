package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"kinhbac/internal/calendar"
)

// Rate is a published rate of a foreign currency in đồng for one unit (tỷ giá). A row is never changed; a better one is
// another row. Accounting is the rate the books are kept at.
type Rate struct {
	ID         int64
	Currency   string
	Day        calendar.Date
	Source     string // who publishes it
	Document   string
	Bid        decimal.Decimal
	Ask        decimal.Decimal // at least Bid
	Accounting decimal.Decimal
	RecordedBy uuid.UUID // the person of the office who entered it
}

// AddRate keeps a rate row and gives its id.
func AddRate(ctx context.Context, tx bun.IDB, r Rate) (id int64, err error) {
	err = tx.NewRaw("SELECT ledger.add_rate(?, ?::date, ?, ?, ?::numeric, ?::numeric, ?::numeric, ?)", r.Currency, r.Day, r.Source, r.Document,
		r.Bid.String(), r.Ask.String(), r.Accounting.String(), r.RecordedBy).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("add rate of %s on %s: %w", r.Currency, r.Day, refusal(err))
	}
	return id, nil
}

// Rates gives the rows of a currency up to and including a day, newest first, at most a hundred.
func Rates(ctx context.Context, db bun.IDB, currency string, day calendar.Date) ([]Rate, error) {
	var rs []Rate
	err := db.NewRaw(`SELECT id, currency, day, source, document, bid, ask, accounting, recorded_by FROM ledger.rates
		WHERE currency = ? AND day <= ? ORDER BY day DESC, id DESC LIMIT 100`, currency, day).Scan(ctx, &rs)
	if err != nil {
		return nil, fmt.Errorf("rates of %s: %w", currency, err)
	}
	return rs, nil
}

// OpenCurrency opens a currency in a book: the named accounts of its chart in that currency, fx_position in it and in đồng,
// fx_rounding and fx_revaluation. What is open already stays.
func OpenCurrency(ctx context.Context, tx bun.IDB, book, currency string, accounts ...string) error {
	if accounts == nil {
		accounts = []string{}
	}
	if _, err := tx.NewRaw("SELECT ledger.open_currency(?, ?, ?::text[])", book, currency, pgdialect.Array(accounts)).Exec(ctx); err != nil {
		return fmt.Errorf("open %s in %s: %w", currency, book, refusal(err))
	}
	return nil
}

// postForeign posts a journal with legs in foreign currency; such a journal moves no control line.
func postForeign(ctx context.Context, tx bun.IDB, j Journal) (Posted, error) {
	if len(j.Moves) > 0 {
		return Posted{}, fmt.Errorf("post %s %s: %w: control lines are in đồng", j.Kind, j.Key, ErrMove)
	}
	accounts, dims, amounts := []string{}, []int64{}, []string{}
	codes, currencies, foreignDims, foreignAmounts, rates, by := []string{}, []string{}, []int64{}, []string{}, []int64{}, []string{}
	for _, l := range j.Legs {
		d, err := intern(ctx, tx, l.Dim)
		if err != nil {
			return Posted{}, fmt.Errorf("post %s %s: %w", j.Kind, j.Key, refusal(err))
		}
		accounts, dims, amounts = append(accounts, l.Account), append(dims, d), append(amounts, l.Amount.String())
	}
	for _, l := range j.Foreign {
		d, err := intern(ctx, tx, l.Dim)
		if err != nil {
			return Posted{}, fmt.Errorf("post %s %s: %w", j.Kind, j.Key, refusal(err))
		}
		codes, currencies, foreignDims = append(codes, l.Account), append(currencies, l.Currency), append(foreignDims, d)
		foreignAmounts, rates, by = append(foreignAmounts, l.Amount.String()), append(rates, l.Rate), append(by, string(l.By))
	}
	var rows []answer
	err := tx.NewRaw(`SELECT * FROM ledger.post_foreign(?, ?, ?::date, ?, ?, ?, ?, ?, ?::uuid, ?, ?, ?::text[], ?::bigint[], ?::numeric[],
			?::text[], ?::text[], ?::bigint[], ?::numeric[], ?::bigint[], ?::text[])`,
		j.Book, j.Kind, day(j.On), j.Document.Kind, j.Document.ID, j.Document.No, j.Key, j.Actor, known(j.Approver), j.Reason, j.Basis,
		pgdialect.Array(accounts), pgdialect.Array(dims), pgdialect.Array(amounts), pgdialect.Array(codes), pgdialect.Array(currencies),
		pgdialect.Array(foreignDims), pgdialect.Array(foreignAmounts), pgdialect.Array(rates), pgdialect.Array(by)).Scan(ctx, &rows)
	if err != nil {
		return Posted{}, fmt.Errorf("post %s %s: %w", j.Kind, j.Key, refusal(err))
	}
	return posted(rows), nil
}

// Revaluation brings what a book holds in a currency to the accounting rate of a row at the end of a month.
type Revaluation struct {
	Book     string
	Currency string
	Month    calendar.Date // any day of it
	Rate     int64         // a row of the currency, not later than the month's last day
	Document Ref           // its kind is always "revaluation"
	Key      string
	Actor    uuid.UUID
	Approver uuid.UUID // not the actor
	Reason   string
}

// Revalue posts the change of worth on the last day of the month and its reversal on the first day of the next. When no
// worth changes it is ErrMove; the same key again gives the same two journals.
func Revalue(ctx context.Context, tx bun.IDB, r Revaluation) (change, back Posted, err error) {
	var rows []answer
	err = tx.NewRaw("SELECT * FROM ledger.revalue(?, ?, ?::date, ?, ?, ?, ?, ?, ?::uuid, ?)", r.Book, r.Currency, r.Month, r.Rate, r.Document.ID,
		r.Document.No, r.Key, r.Actor, known(r.Approver), r.Reason).Scan(ctx, &rows)
	if err != nil {
		return Posted{}, Posted{}, fmt.Errorf("revalue %s in %s: %w", r.Currency, r.Book, refusal(err))
	}
	return posted(rows[:1]), posted(rows[1:]), nil
}

// Worth is what one account holds in a foreign currency and what that is worth in đồng, debit positive.
type Worth struct {
	Account  string
	Currency string
	Amount   decimal.Decimal
	Base     decimal.Decimal
}

// Worths sums the foreign accounts of a book up to and including a day.
func Worths(ctx context.Context, db bun.IDB, book string, day calendar.Date) ([]Worth, error) {
	var ws []Worth
	err := db.NewRaw(`SELECT a.code AS account, a.currency, sum(p.amount) AS amount, sum(p.base_amount) AS base
		FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id AND a.currency <> 'VND' JOIN ledger.books b ON b.id = a.book_id AND b.code = ?
		WHERE p.effective_on <= ? GROUP BY a.id ORDER BY a.id`, book, day).Scan(ctx, &ws)
	if err != nil {
		return nil, fmt.Errorf("foreign accounts of %s: %w", book, err)
	}
	return ws, nil
}
