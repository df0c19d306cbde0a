package call

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Refusals of a call.
var (
	ErrState        = errs.New(errs.Conflict, "call.state_changed") // Args: code
	ErrNotOpen      = errs.New(errs.Conflict, "call.not_open")
	ErrLate         = errs.New(errs.Conflict, "call.late") // Args: the closing instant
	ErrNotYet       = errs.New(errs.Conflict, "call.not_yet")
	ErrWindowPassed = errs.New(errs.Conflict, "call.window_passed")
	ErrNeedsNumber  = errs.New(errs.Invalid, "call.needs_number")
)

// Status is where a call stands.
type Status string

// The states of a call.
const (
	Draft      Status = "draft"
	Approved   Status = "approved"
	Published  Status = "published"
	Open       Status = "open"
	Closed     Status = "closed"
	Evaluating Status = "evaluating"
	Decided    Status = "decided"
	Archived   Status = "archived"
)

// Tracks, kinds of ballot and beneficiaries of a call.
const (
	TrackInnovation = "nd268" // innovation task, Nghị định 268/2025/NĐ-CP
	TrackScience    = "nd267" // science and technology task, Nghị định 267/2025/NĐ-CP
	BallotPoints    = "points"
	BallotPassFail  = "pass_fail"
	ForStartups     = "startup" // plan, beneficiary group 1: firms, persons, groups with a start-up project
	ForSupport      = "support" // plan, beneficiary group 2: organisations that serve start-ups
	ForAny          = "any"
)

// Call invites proposals (thông báo mời nộp hồ sơ) for one programme under one ceiling of one budget line.
//
// Amounts are whole đồng and positive. OpensAt is included, ClosesAt is not: a dossier sent at ClosesAt is late, and taken
// only until GraceMinutes after it, which the office alone knows of.
// PassMark is in points of 100; CoFundingShare is the least share the applicant pays itself, in percent, 0 for
// none. Rulebook is the version bound at approval.
type Call struct {
	bun.BaseModel  `bun:"table:calls,alias:c"`
	ID             uuid.UUID       `bun:",pk,type:uuid"`
	Code           string          // BN-2026-01
	ProgrammeID    uuid.UUID       `bun:"type:uuid"`
	TitleVI        string          `bun:"title_vi"`
	TitleEN        string          `bun:"title_en"`
	SummaryVI      string          `bun:"summary_vi"`
	SummaryEN      string          `bun:"summary_en"`
	Beneficiary    string          // startup, support or any
	Track          string          // nd268 or nd267
	BallotKind     string          // points or pass_fail
	BudgetLineID   uuid.UUID       `bun:"type:uuid"`
	CeilingTotal   money.Amount    `bun:"type:numeric"`
	CeilingAward   money.Amount    `bun:"type:numeric"`
	PassMark       decimal.Decimal `bun:"type:numeric"`
	CoFundingShare decimal.Decimal `bun:"type:numeric"`
	OpensAt        time.Time
	ClosesAt       time.Time     // as announced
	GraceMinutes   int           // 0 for none, at most MaxGrace
	ReferenceDate  calendar.Date `bun:"type:date"` // the age of a start-up is judged on this day
	Contact        string
	Documents      []string  `bun:",array"` // codes of the required documents, of AllDocuments
	Contents       []string  `bun:",array"` // codes of the contents of the plan that it offers
	ManagingUnitID uuid.UUID `bun:"type:uuid"`
	FinanceUnitID  uuid.UUID `bun:"type:uuid"`
	Status         Status
	Rulebook       string
	Number         string // number and date of the publication, "" before
	PublishedAt    *time.Time
	ClosedAt       *time.Time
	Version        int
	Criteria       []Criterion `bun:"rel:has-many,join:id=call_id"`
}

// Criterion is one line of the score sheet; the MaxPoints of a call sum to 100.
type Criterion struct {
	bun.BaseModel `bun:"table:call_criteria,alias:cc"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	CallID        uuid.UUID `bun:"type:uuid"`
	Position      int
	NameVI        string `bun:"name_vi"`
	NameEN        string `bun:"name_en"`
	MaxPoints     int
}

// AccessKind is "call".
func (c *Call) AccessKind() string { return "call" }

// AccessID is the id of the row.
func (c *Call) AccessID() uuid.UUID { return c.ID }

// Public says that everybody may read the call.
func (c *Call) Public() bool { return c.Status != Draft && c.Status != Approved }

// MaxGrace is the longest quiet grace in minutes: for a line that is down, not for a day that was missed.
const MaxGrace = 240

// Deadline is the first instant at which a dossier is refused: the announced closing and the quiet grace after it.
func (c *Call) Deadline() time.Time {
	return c.ClosesAt.Add(time.Duration(c.GraceMinutes) * time.Minute)
}

// Shown is the status as the public reads it at the instant now: a call past its announced closing is closed.
func (c *Call) Shown(now time.Time) Status {
	if c.Status == Open && !now.Before(c.ClosesAt) {
		return Closed
	}
	return c.Status
}

// Accepts says whether the public is told at the instant now, of SQL kb.now(), that a dossier may still be made or sent:
// ErrNotOpen before and outside the state open, ErrLate from the announced closing on, whatever the grace.
func (c *Call) Accepts(now time.Time) error {
	switch {
	case !now.Before(c.ClosesAt):
		return ErrLate.With(c.ClosesAt.In(calendar.Zone).Format("15:04:05, 02/01/2006"))
	case c.Status != Open || now.Before(c.OpensAt):
		return ErrNotOpen
	}
	return nil
}

// Approve freezes the call under a version of the rulebook. On error c is unchanged.
func (c *Call) Approve(rulebook string) error {
	if err := c.must(Draft); err != nil {
		return err
	}
	if err := checkCriteria(c.BallotKind, c.Criteria); err != nil {
		return err
	}
	c.Status, c.Rulebook = Approved, rulebook
	return nil
}

// Publish makes the call known under a number at the given time, before its closing.
func (c *Call) Publish(number string, at time.Time) error {
	if err := c.must(Approved); err != nil {
		return err
	}
	switch {
	case number == "":
		return errs.FieldError("number", ErrNeedsNumber.Code)
	case !at.Before(c.ClosesAt):
		return ErrWindowPassed
	}
	c.Status, c.Number, c.PublishedAt = Published, number, &at
	return nil
}

// Open starts receiving dossiers, not before OpensAt.
func (c *Call) Open(at time.Time) error {
	if err := c.must(Published); err != nil {
		return err
	}
	if at.Before(c.OpensAt) {
		return ErrNotYet
	}
	c.Status = Open
	return nil
}

// Close ends receiving, not before the grace is over.
func (c *Call) Close(at time.Time) error {
	if err := c.must(Open); err != nil {
		return err
	}
	if at.Before(c.Deadline()) {
		return ErrNotYet
	}
	c.Status, c.ClosedAt = Closed, &at
	return nil
}

// Evaluate starts screening and review of what was received.
func (c *Call) Evaluate() error { return c.move(Closed, Evaluating) }

// Decide records that the awards of the call were decided.
func (c *Call) Decide() error { return c.move(Evaluating, Decided) }

// Archive ends the call.
func (c *Call) Archive() error { return c.move(Decided, Archived) }

func (c *Call) move(from, to Status) error {
	if err := c.must(from); err != nil {
		return err
	}
	c.Status = to
	return nil
}

func (c *Call) must(s Status) error {
	if c.Status != s {
		return ErrState.With(c.Code)
	}
	return nil
}
