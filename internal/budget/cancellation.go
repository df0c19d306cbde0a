package budget

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Refusals of a cancellation of many lines.
var (
	ErrNoLines       = errs.New(errs.Invalid, "budget.cancel_no_lines")
	ErrCancelRefused = errs.New(errs.Invalid, "budget.cancel_refused") // a field for each line that is refused
	ErrCancelOver    = errs.New(errs.Invalid, "budget.cancel_over")    // Args: line, what is available, what was asked
	ErrCancelOpen    = errs.New(errs.Conflict, "budget.cancel_open")   // Args: line, day and reason of the open proposal, its page
)

// cancelMost is how many lines one cancellation takes.
const cancelMost = 500

// Cancellation takes away what is unused of many lines under one decision (hủy dự toán cuối năm): proposed by a finance
// officer, decided by the chief accountant, posted for all its lines or for none.
// Source: Thông tư 26/2026/TT-BTC, Điều 19 khoản 3.
type Cancellation struct {
	bun.BaseModel `bun:"table:budget_cancellations,alias:bc"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Year          int
	FinanceUnitID uuid.UUID
	Reason        string
	Basis         string // id of the rule
	BasisArticle  string // its instrument and article when it was proposed
	Status        ActStatus
	ProposedBy    uuid.UUID
	ProposedAt    time.Time
	DecisionNo    string
	DecidedOn     calendar.Date `bun:"type:date,nullzero"`
	DecidedBy     *uuid.UUID
	DecidedAt     *time.Time
	DeclinedFor   string
	Version       int
	Lines         []CancellationLine `bun:"rel:has-many,join:id=cancellation_id"`
}

// CancellationLine is a line of a cancellation; Amount, in đồng, is what was available of it when it was proposed.
type CancellationLine struct {
	bun.BaseModel  `bun:"table:budget_cancellation_lines,alias:bx"`
	CancellationID uuid.UUID    `bun:",pk,type:uuid"`
	LineID         uuid.UUID    `bun:",pk,type:uuid"`
	Amount         money.Amount `bun:"type:numeric"`
	ActID          *uuid.UUID
}

// AccessKind is the kind of the row.
func (c *Cancellation) AccessKind() string { return "budget_cancellation" }

// AccessID is the id of the row.
func (c *Cancellation) AccessID() uuid.UUID { return c.ID }

// Decide records the decision of by. On error c is unchanged.
func (c *Cancellation) Decide(by uuid.UUID, no string, on calendar.Date, at time.Time) error {
	if c.Status != Proposed {
		return ErrDecided
	}
	if err := checkDecision(no, on, at); err != nil {
		return err
	}
	c.Status, c.DecidedBy, c.DecidedAt, c.DecisionNo, c.DecidedOn = Decided, &by, &at, no, on
	return nil
}

// Decline records that by refused it, and why. On error c is unchanged.
func (c *Cancellation) Decline(by uuid.UUID, reason string, at time.Time) error {
	switch {
	case c.Status != Proposed:
		return ErrDecided
	case strings.TrimSpace(reason) == "":
		return errs.FieldError("reason", "budget.reason_missing")
	}
	c.Status, c.DecidedBy, c.DecidedAt, c.DeclinedFor = Declined, &by, &at, reason
	return nil
}

// act is the act of one line of a decided cancellation, with its journal.
func (c *Cancellation) act(x CancellationLine, l *Line) (*Act, ledger.Journal) {
	a := &Act{ID: uuid.New(), Kind: Cancel, LineID: l.ID, Amount: x.Amount, Reason: c.Reason, Basis: c.Basis, BasisArticle: c.BasisArticle,
		DecisionNo: c.DecisionNo, DecidedOn: c.DecidedOn, Status: Decided, ProposedBy: c.ProposedBy, ProposedAt: c.ProposedAt,
		DecidedBy: c.DecidedBy, DecidedAt: c.DecidedAt, Version: 1}
	return a, a.journal(string(Cancel), "", []ledger.Move{move(l, ledger.Available, ledger.Closing, x.Amount)})
}
