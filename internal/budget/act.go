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
	Adjust      ActKind = "adjust"      // điều chỉnh tăng, giảm: of a root
	Cut         ActKind = "cut"         // thu hồi: back to the parent or the source
	Release     ActKind = "release"     // hủy cam kết, dành trước: back to available
	Transfer    ActKind = "transfer"    // chuyển: to another line of the same source
	CarryOver   ActKind = "carry_over"  // chuyển nguồn: to a line of the next year
	Cancel      ActKind = "cancel"      // hủy dự toán: what is unused at year end
)

// proposed are the kinds a finance officer puts forward, in the order of the page.
var proposed = []ActKind{Allocate, Adjust, Transfer, Cut, Release, CarryOver, Cancel}

// ActStatus is where an act stands: Proposed → Decided or Declined.
type ActStatus string

// The states of an act.
const (
	Proposed ActStatus = "proposed"
	Decided  ActStatus = "decided"
	Declined ActStatus = "declined"
)

// Act changes what a line holds: proposed by a finance officer, decided by whom Authority names, and then posted.
// Amount is in whole đồng and positive.
type Act struct {
	bun.BaseModel  `bun:"table:budget_acts,alias:ba"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	Kind           ActKind
	LineID         uuid.UUID
	ToLineID       *uuid.UUID   // of a transfer or carry-over
	Stage          ledger.Stage // of a release: reserved or committed
	Less           bool         // an adjustment downwards
	Amount         money.Amount `bun:"type:numeric"`
	Reason         string
	FreesKind      string // of a release: the document that held the money
	FreesID        *uuid.UUID
	FreesNo        string
	CarryReserved  money.Amount `bun:"type:numeric"` // of a carry-over: what of its amount is held already, by stage
	CarryCommitted money.Amount `bun:"type:numeric"`
	CarryAdvanced  money.Amount `bun:"type:numeric"`
	Basis          string       // id of the rule that is its legal basis
	BasisArticle   string       // instrument and article of that rule when the act was proposed
	Authority      string       // the act of the matrix that decides it; "" = its kind
	DecisionNo     string
	DecidedOn      calendar.Date `bun:"type:date,nullzero"`
	Status         ActStatus
	ProposedBy     uuid.UUID
	ProposedAt     time.Time
	DecidedBy      *uuid.UUID
	DecidedAt      *time.Time
	Voucher        string // number of its journal
	Version        int
}

// AccessKind is the kind of the row.
func (a *Act) AccessKind() string { return "budget_act" }

// AccessID is the id of the row.
func (a *Act) AccessID() uuid.UUID { return a.ID }

// Decider is the act of the matrix whose holder decides a.
func (a *Act) Decider() string {
	if a.Authority != "" {
		return a.Authority
	}
	return string(a.Kind)
}

// Check says what of a new act must be mended; nil when nothing.
func (a *Act) Check() error {
	var fields []errs.Field
	wrong := func(name, code string) { fields = append(fields, errs.Field{Name: name, Code: code}) }
	if a.Amount.Sign() <= 0 || a.Amount.Cmp(money.Max) > 0 {
		wrong("amount", "budget.amount_missing")
	}
	if strings.TrimSpace(a.Reason) == "" {
		wrong("reason", "budget.reason_missing")
	}
	if held := a.Stage == ledger.Reserved || a.Stage == ledger.Committed; a.Kind == Release && !held || a.Kind != Release && a.Stage != "" {
		wrong("stage", "budget.stage_missing")
	}
	if two := a.Kind == Transfer || a.Kind == CarryOver; two != (a.ToLineID != nil) {
		wrong("to_line_id", "budget.to_line_missing")
	}
	if (a.Kind == Release) != (a.FreesID != nil) {
		wrong("frees", "budget.frees_missing")
	}
	if a.Less && a.Kind != Adjust {
		wrong("less", "budget.less_wrong")
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
	if err := checkDecision(no, on, at); err != nil {
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

// Document is the number and day of the decision as the ledger keeps them.
func (a *Act) Document() string { return a.DecisionNo + " ngày " + a.DecidedOn.Format() }

// Moves are the stage moves of the act; from is its line with the lines above it, to the same of its second line.
func (a *Act) Moves(from, to branch) ([]ledger.Move, error) {
	l, parent := from[0], from.parent()
	own := func(f, t ledger.Stage) ledger.Move { return move(l, f, t, a.Amount) }
	switch {
	case a.Kind == Release:
		return []ledger.Move{own(a.Stage, ledger.Available)}, nil
	case a.Kind == Transfer:
		return a.transfer(from, to)
	case a.Kind == Allocate && parent == nil:
		return nil, ErrNotLeaf
	case a.Kind == Allocate:
		return []ledger.Move{move(parent, ledger.Available, ledger.Allocated, a.Amount), own(ledger.Source, ledger.Available)}, nil
	case a.Kind == Cancel:
		return []ledger.Move{own(ledger.Available, ledger.Closing)}, nil
	case a.Kind == Cut && parent != nil:
		return []ledger.Move{own(ledger.Available, ledger.Source), move(parent, ledger.Allocated, ledger.Available, a.Amount)}, nil
	case a.Kind == Cut:
		return []ledger.Move{own(ledger.Available, ledger.Source)}, nil
	case parent != nil: // only a root is appropriated or adjusted
		return nil, ErrNotLeaf
	case a.Less:
		return []ledger.Move{own(ledger.Available, ledger.Source)}, nil
	}
	return []ledger.Move{own(ledger.Source, ledger.Available)}, nil
}

// transfer takes the amount up to the line that stands above both, and down again: each line between loses or gains
// what it passes on, so that every line still holds what its children have.
func (a *Act) transfer(from, to branch) ([]ledger.Move, error) {
	from, to, ok := apart(from, to)
	switch {
	case !ok:
		return nil, ErrOtherSource
	case len(from) == 0 || len(to) == 0:
		return nil, ErrNotTransfer
	}
	var moves []ledger.Move
	for i, l := range from {
		if i > 0 {
			moves = append(moves, move(l, ledger.Allocated, ledger.Available, a.Amount))
		}
		moves = append(moves, move(l, ledger.Available, ledger.Source, a.Amount))
	}
	for i := len(to) - 1; i >= 0; i-- {
		moves = append(moves, move(to[i], ledger.Source, ledger.Available, a.Amount))
		if i > 0 {
			moves = append(moves, move(to[i], ledger.Available, ledger.Allocated, a.Amount))
		}
	}
	return moves, nil
}

func move(l *Line, from, to ledger.Stage, amount money.Amount) ledger.Move {
	return ledger.Move{Line: l.ControlLine, From: from, To: to, Amount: amount}
}

// branch is a line and the lines above it, up to the root.
type branch []*Line

func (b branch) parent() *Line {
	if len(b) < 2 {
		return nil
	}
	return b[1]
}

// apart drops what two branches share at the top; ok is false when they share nothing.
func apart(a, b branch) (branch, branch, bool) {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n].ID == b[len(b)-1-n].ID {
		n++
	}
	return a[:len(a)-n], b[:len(b)-n], n > 0
}
