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

// ActKind is what an act does to its line.
type ActKind string

// The kinds of act.
const (
	Appropriate ActKind = "appropriate" // giao dự toán: into a root
	Allocate    ActKind = "allocate"    // phân bổ: from the parent
	Adjust      ActKind = "adjust"      // bổ sung: more into a root
	Cut         ActKind = "cut"         // thu hồi: back to the parent or the source
	Release     ActKind = "release"     // hủy cam kết, dành trước: back to available
)

// ActStatus is where an act stands: Proposed → Decided or Declined.
type ActStatus string

// The states of an act.
const (
	Proposed ActStatus = "proposed"
	Decided  ActStatus = "decided"
	Declined ActStatus = "declined"
)

// Act changes what a line holds: proposed by a finance officer, decided by the chief accountant, and then posted.
// Amount is in whole đồng and positive.
type Act struct {
	bun.BaseModel `bun:"table:budget_acts,alias:ba"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Kind          ActKind
	LineID        uuid.UUID
	Stage         ledger.Stage // of a release: reserved or committed
	Amount        money.Amount `bun:"type:numeric"`
	Reason        string
	DecisionNo    string
	DecidedOn     calendar.Date `bun:"type:date,nullzero"`
	Status        ActStatus
	ProposedBy    uuid.UUID
	ProposedAt    time.Time
	DecidedBy     *uuid.UUID
	DecidedAt     *time.Time
	Voucher       string // number of its journal
	Version       int
}

// AccessKind is the kind of the row.
func (a *Act) AccessKind() string { return "budget_act" }

// AccessID is the id of the row.
func (a *Act) AccessID() uuid.UUID { return a.ID }

// Check says what of a new act must be mended; nil when nothing.
func (a *Act) Check() error {
	var fields []errs.Field
	if a.Amount.Sign() <= 0 || a.Amount.Cmp(money.Max) > 0 {
		fields = append(fields, errs.Field{Name: "amount", Code: "budget.amount_missing"})
	}
	if strings.TrimSpace(a.Reason) == "" {
		fields = append(fields, errs.Field{Name: "reason", Code: "budget.reason_missing"})
	}
	if held := a.Stage == ledger.Reserved || a.Stage == ledger.Committed; a.Kind == Release && !held || a.Kind != Release && a.Stage != "" {
		fields = append(fields, errs.Field{Name: "stage", Code: "budget.stage_missing"})
	}
	if fields == nil {
		return nil
	}
	return errs.New(errs.Invalid, "errs.invalid").At(fields...)
}

// Decide records the decision of by. On error a is unchanged.
func (a *Act) Decide(by uuid.UUID, no string, on calendar.Date, at time.Time) error {
	if a.Status != Proposed {
		return ErrDecided
	}
	if err := checkDecision(no, on); err != nil {
		return err
	}
	a.Status, a.DecidedBy, a.DecidedAt, a.DecisionNo, a.DecidedOn = Decided, &by, &at, no, on
	return nil
}

// Decline records that by refused the act. On error a is unchanged.
func (a *Act) Decline(by uuid.UUID, at time.Time) error {
	if a.Status != Proposed {
		return ErrDecided
	}
	a.Status, a.DecidedBy, a.DecidedAt = Declined, &by, &at
	return nil
}

// Moves are the stage moves of the act on its line and, where money comes from or goes to it, on the parent's.
func (a *Act) Moves(l, parent *Line) ([]ledger.Move, error) {
	own := func(from, to ledger.Stage) ledger.Move {
		return ledger.Move{Line: l.ControlLine, From: from, To: to, Amount: a.Amount}
	}
	switch {
	case a.Kind == Release:
		return []ledger.Move{own(a.Stage, ledger.Available)}, nil
	case a.Kind == Allocate && parent == nil:
		return nil, ErrNotLeaf
	case a.Kind == Allocate:
		return []ledger.Move{{Line: parent.ControlLine, From: ledger.Available, To: ledger.Allocated, Amount: a.Amount},
			own(ledger.Source, ledger.Available)}, nil
	case a.Kind == Cut && parent != nil:
		return []ledger.Move{own(ledger.Available, ledger.Source),
			{Line: parent.ControlLine, From: ledger.Allocated, To: ledger.Available, Amount: a.Amount}}, nil
	case a.Kind == Cut:
		return []ledger.Move{own(ledger.Available, ledger.Source)}, nil
	case parent != nil: // only a root is appropriated or adjusted
		return nil, ErrNotLeaf
	}
	return []ledger.Move{own(ledger.Source, ledger.Available)}, nil
}
