package budget

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/rulebook"
)

// Refusals of the year end.
var (
	ErrTooEarly  = errs.New(errs.Conflict, "budget.too_early") // Args: the first day
	ErrBlocked   = errs.New(errs.Conflict, "budget.blocked")   // Args: how many blockers
	ErrNoReopen  = errs.New(errs.Conflict, "budget.no_reopen") // nobody asked for it
	ErrNotClosed = errs.New(errs.Conflict, "budget.not_closed")
	ErrStarted   = errs.New(errs.Conflict, "budget.started")
)

// YearEnd is who ended a budget year (kết thúc năm ngân sách): opened its adjusting period, closed it, asks for
// reopening it. Where the year stands is told by the ledger.
type YearEnd struct {
	bun.BaseModel `bun:"table:budget_year_ends,alias:ye"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Year          int
	FinanceUnitID uuid.UUID
	StartedBy     uuid.UUID
	StartedAt     time.Time
	ClosedBy      *uuid.UUID
	ClosedAt      *time.Time
	ReopenReason  string
	ReopenBy      *uuid.UUID
	ReopenAt      *time.Time
	Version       int
}

// AccessKind is the kind of the row.
func (y *YearEnd) AccessKind() string { return "budget_year_end" }

// AccessID is the id of the row.
func (y *YearEnd) AccessID() uuid.UUID { return y.ID }

// AskReopen records who asks for reopening a closed year, and why. On error y is unchanged.
func (y *YearEnd) AskReopen(by uuid.UUID, at time.Time, reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return errs.FieldError("reason", "budget.reason_missing")
	case y.ClosedBy == nil:
		return ErrNotClosed
	}
	y.ReopenReason, y.ReopenBy, y.ReopenAt = reason, &by, &at
	return nil
}

// Reopen takes the close back. On error y is unchanged.
func (y *YearEnd) Reopen() error {
	if y.ReopenBy == nil {
		return ErrNoReopen
	}
	y.ClosedBy, y.ClosedAt, y.ReopenBy, y.ReopenAt, y.ReopenReason = nil, nil, nil, nil, ""
	return nil
}

// YearDay is one day of the calendar of the year end, with its legal basis. Last is the last working day that keeps it.
// Source: Thông tư 26/2026/TT-BTC, Điều 15, 18, 19.
type YearDay struct {
	Rule   rulebook.Value
	Day    calendar.Date
	Last   calendar.Date
	Before bool // the day itself is too late
	Left   int  // calendar days from today; below zero when past
}

// yearDays are the rules of the calendar, in the order of their days.
var yearDays = []string{"papers_by", "last_spending", "adjusting_ends", "cancel_unused", "reconcile_by", "advances_back_before",
	"treasury_reports_by", "overcollection_before"}

// Calendar gives the days of the end of a budget year, as the rulebook has them at deciding time.
func Calendar(ctx context.Context, db bun.IDB, year int, now time.Time) ([]YearDay, error) {
	holidays, err := calendar.Load(ctx, db)
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(now)
	var days []YearDay
	for _, name := range yearDays {
		d, err := yearDay(ctx, db, name, year, now)
		if err != nil {
			return nil, err
		}
		if name == "adjusting_ends" { // papers come some working days before it
			papers, err := rulebook.Get(ctx, db, "budget.year_end.adjusting_papers", now)
			if err != nil {
				return nil, err
			}
			n, err := papers.Int()
			if err != nil {
				return nil, err
			}
			days = append(days, YearDay{Rule: papers, Day: workingBefore(holidays, d.Day, n)})
		}
		days = append(days, d)
	}
	for i := range days {
		d := &days[i]
		d.Last = d.Day
		if d.Before {
			d.Last = d.Last.AddDays(-1)
		}
		for !holidays.Working(d.Last) {
			d.Last = d.Last.AddDays(-1)
		}
		d.Left = today.Days(d.Day)
	}
	return days, nil
}

// workingBefore is the n-th working day before d.
func workingBefore(h calendar.Holidays, d calendar.Date, n int) calendar.Date {
	for n > 0 {
		d = d.AddDays(-1)
		if h.Working(d) {
			n--
		}
	}
	return d
}

// AdjustingEnds is the last day of the settlement-adjustment period of a budget year.
// Source: Thông tư 26/2026/TT-BTC, Điều 15 khoản 2, Điều 19 khoản 3.
func AdjustingEnds(ctx context.Context, db bun.IDB, year int, now time.Time) (YearDay, error) {
	return yearDay(ctx, db, "adjusting_ends", year, now)
}

// SpendingEnds is the last day on which money of a budget year is spent or advanced; afterwards work done by then is paid,
// and advances are settled, until AdjustingEnds.
// Source: Thông tư 26/2026/TT-BTC, Điều 15 khoản 2.
func SpendingEnds(ctx context.Context, db bun.IDB, year int, now time.Time) (YearDay, error) {
	return yearDay(ctx, db, "last_spending", year, now)
}

// yearDay reads one day of the calendar: this-12-31 is of the budget year, next-01-31 of the one after.
func yearDay(ctx context.Context, db bun.IDB, name string, year int, now time.Time) (YearDay, error) {
	v, err := rulebook.Get(ctx, db, "budget.year_end."+name, now)
	if err != nil {
		return YearDay{}, err
	}
	which, rest, _ := strings.Cut(v.Text, "-")
	if which == "next" {
		year++
	}
	day, err := calendar.ParseDate(fmt.Sprintf("%d-%s", year, rest))
	if err != nil || which != "this" && which != "next" {
		return YearDay{}, fmt.Errorf("rule %s: %q is not a day: %w", v.ID, v.Text, rulebook.ErrNoParse)
	}
	return YearDay{Rule: v, Day: day, Before: strings.HasSuffix(name, "_before")}, nil
}
