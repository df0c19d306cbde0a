package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

// Refusals to move a month or a year.
var (
	ErrOrder    = errs.New(errs.Conflict, "ledger.order")     // not the next state, or not this one's turn; Args: the month or year
	ErrYearHeld = errs.New(errs.Conflict, "ledger.year_held") // lines still hold money that may be spent; Args: how many
	ErrDrift    = errs.New(errs.Conflict, "ledger.drift")     // balances differ from postings; Args: the first place
	ErrUnsealed = errs.New(errs.Conflict, "ledger.unsealed")  // journals wait for the sealer; Args: how many
)

// YearState is how much a budget year still takes.
type YearState string

// The states of a budget year (năm ngân sách), in their order.
const (
	YearOpen      YearState = "open"
	YearAdjusting YearState = "adjusting" // chỉnh lý quyết toán: the kinds listed in ledger.kinds only
	YearClosed    YearState = "closed"
)

// BudgetYear is a budget year of a book.
type BudgetYear struct {
	Book  string
	Year  int
	State YearState
}

// Change says who moves a month or a year and why. Approver is Nil where one person may; backwards there are two and
// a reason.
type Change struct {
	Actor, Approver uuid.UUID
	Reason          string
}

// Years lists the budget years of a book, oldest first: those with a control line or a change of state.
func Years(ctx context.Context, db bun.IDB, book string) ([]BudgetYear, error) {
	var years []BudgetYear
	err := db.NewRaw(`SELECT b.code AS book, y.year, y.state FROM ledger.budget_years y JOIN ledger.books b ON b.id = y.book_id AND b.code = ?
		ORDER BY y.year`, book).Scan(ctx, &years)
	if err != nil {
		return nil, fmt.Errorf("years of %s: %w", book, err)
	}
	return years, nil
}

// YearOf reads one budget year; one nobody has touched is open.
func YearOf(ctx context.Context, db bun.IDB, book string, year int) (BudgetYear, error) {
	y := BudgetYear{Book: book, Year: year}
	err := db.NewRaw(`SELECT y.state FROM ledger.budget_years y JOIN ledger.books b ON b.id = y.book_id AND b.code = ? WHERE y.year = ?`,
		book, year).Scan(ctx, &y.State)
	if errors.Is(err, sql.ErrNoRows) {
		y.State, err = YearOpen, nil
	}
	if err != nil {
		return y, fmt.Errorf("year %d of %s: %w", year, book, err)
	}
	return y, nil
}

// MoveYear takes a budget year one state on, or one back (two people and a reason). It waits for the postings in the
// year and they for it. Years close in their order (ErrOrder) and not while a line still holds money (ErrYearHeld).
func MoveYear(ctx context.Context, tx bun.IDB, book string, year int, to YearState, c Change) error {
	_, err := tx.NewRaw("SELECT ledger.move_year(?, ?, ?, ?, ?::uuid, ?)", book, year, string(to), c.Actor, known(c.Approver), c.Reason).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move year %d of %s to %s: %w", year, book, to, refusal(err))
	}
	return nil
}

// PeriodState is how much a month still takes.
type PeriodState string

// The states of a month, in their order.
const (
	PeriodOpen       PeriodState = "open"
	PeriodSoftClosed PeriodState = "soft_closed" // corrections only, the kinds listed in ledger.kinds
	PeriodClosed     PeriodState = "closed"
)

// Period is a month of a book. Of a closed one Version counts its trial balances, Digest is that of the last, and
// TreeSize and TreeRoot name the head of the sealed tree it stands on; TreeSize is 0 when the month has no journal.
type Period struct {
	ID       int
	Book     string
	Start    calendar.Date
	End      calendar.Date
	State    PeriodState
	Version  int
	Digest   []byte
	TreeSize int64
	TreeRoot []byte
}

// Periods lists the months of a book in a calendar year that were opened, oldest first.
func Periods(ctx context.Context, db bun.IDB, book string, year int) ([]Period, error) {
	var ps []Period
	err := db.NewRaw(`SELECT p.id, b.code AS book, p.starts_on AS start, p.ends_on AS end, p.state, coalesce(m.version, 0) AS version, m.digest,
			coalesce(m.tree_size, 0) AS tree_size, m.tree_root
		FROM ledger.periods p JOIN ledger.books b ON b.id = p.book_id AND b.code = ? LEFT JOIN ledger.closed_months m ON m.period_id = p.id
		WHERE extract(year FROM p.starts_on) = ? ORDER BY p.starts_on`, book, year).Scan(ctx, &ps)
	if err != nil {
		return nil, fmt.Errorf("periods of %s in %d: %w", book, year, err)
	}
	return ps, nil
}

// MonthOpen tells whether the month of a day is open in all of the books; one that nobody has touched is. It holds
// nothing: a month that closes meanwhile refuses the posting.
func MonthOpen(ctx context.Context, db bun.IDB, day calendar.Date, books ...string) (open bool, err error) {
	err = db.NewRaw(`SELECT NOT EXISTS (SELECT FROM ledger.periods p JOIN ledger.books b ON b.id = p.book_id AND b.code IN (?)
		WHERE ?::date BETWEEN p.starts_on AND p.ends_on AND p.state <> 'open')`, bun.List(books), day).Scan(ctx, &open)
	if err != nil {
		return false, fmt.Errorf("month of %s: %w", day.Format(), err)
	}
	return open, nil
}

// MovePeriod takes the month that holds a day to another state; back takes two people and a reason. It closes after
// every earlier month (ErrOrder), without drift (ErrDrift) and with all its journals sealed (ErrUnsealed), and then
// keeps its trial balance; it reopens when no later month is closed (ErrOrder).
func MovePeriod(ctx context.Context, tx bun.IDB, book string, month calendar.Date, to PeriodState, c Change) error {
	_, err := tx.NewRaw("SELECT ledger.move_period(?, ?::date, ?, ?, ?::uuid, ?)", book, month, string(to), c.Actor, known(c.Approver), c.Reason).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move %s of %s to %s: %w", month.Format(), book, to, refusal(err))
	}
	return nil
}

// Record is a change of state of a year or, where Month is not zero, of a month. Version, Digest, TreeSize and TreeRoot
// are those of the trial balance of a month that closed.
type Record struct {
	ID         int64
	Year       int
	Month      calendar.Date
	FromState  string
	ToState    string
	Backwards  bool
	ActorID    uuid.UUID
	ApproverID *uuid.UUID
	Reason     string
	At         time.Time
	Version    int
	Digest     []byte
	TreeSize   int64
	TreeRoot   []byte
}

// Records gives every change of state of a budget year of a book and of the months of that calendar year, oldest first.
func Records(ctx context.Context, db bun.IDB, book string, year int) ([]Record, error) {
	var rs []Record
	err := db.NewRaw(`SELECT c.id, coalesce(c.year, 0) AS year, p.starts_on AS month, c.from_state, c.to_state, c.backwards, c.actor_id, c.approver_id,
			c.reason, c.at, coalesce(c.version, 0) AS version, c.digest, coalesce(c.tree_size, 0) AS tree_size, c.tree_root
		FROM ledger.state_changes c JOIN ledger.books b ON b.id = c.book_id AND b.code = ?0 LEFT JOIN ledger.periods p ON p.id = c.period_id
		WHERE c.year = ?1 OR extract(year FROM p.starts_on) = ?1 ORDER BY c.id`, book, year).Scan(ctx, &rs)
	if err != nil {
		return nil, fmt.Errorf("records of %s in %d: %w", book, year, err)
	}
	return rs, nil
}
