package budget

import (
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Status is where a line stands.
type Status string

// A line moves Planned → Open → Closed; a line below a root starts Open, with nothing on it.
const (
	Planned Status = "planned"
	Open    Status = "open"
	Closed  Status = "closed" // year end
)

// Sources of money (nguồn).
const (
	StateBudget = "NS"   // ngân sách nhà nước
	Sponsorship = "TT"   // tài trợ
	Other       = "KHAC" // nguồn khác
)

// Refusals of lines and acts.
var (
	ErrNotPlanned  = errs.New(errs.Conflict, "budget.not_planned")
	ErrNotOpen     = errs.New(errs.Conflict, "budget.not_open")
	ErrHasLines    = errs.New(errs.Conflict, "budget.has_lines") // only leaves are spent
	ErrNotLeaf     = errs.New(errs.Conflict, "budget.not_child") // an allocation goes to a line below another
	ErrDecided     = errs.New(errs.Conflict, "budget.decided")   // the act was decided before
	ErrTaken       = errs.New(errs.Conflict, "budget.code_taken")
	ErrSigner      = errs.New(errs.Invalid, "budget.signer")        // nobody who may sign a source document
	ErrHolds       = errs.New(errs.Conflict, "budget.holds_money")  // a line with commitments gets no lines below
	ErrOtherSource = errs.New(errs.Conflict, "budget.other_source") // money of one source is not moved to another
	ErrNotTransfer = errs.New(errs.Conflict, "budget.not_transfer") // between a line and one above it: allocate or cut
	ErrOtherYear   = errs.New(errs.Conflict, "budget.other_year")
	ErrNotNextYear = errs.New(errs.Conflict, "budget.not_next_year")
	ErrNeeded      = errs.New(errs.Conflict, "budget.still_needed") // Args: document, what it still needs, what may be released
	ErrNotHeld     = errs.New(errs.Invalid, "budget.not_held")      // the document named holds nothing of the line
	ErrRequested   = errs.New(errs.Conflict, "budget.requested")    // accepted payment requests are paid or sent back first
	ErrMoved       = errs.New(errs.Conflict, "budget.moved")        // what the line holds changed since the proposal
	ErrNothing     = errs.New(errs.Conflict, "budget.nothing_left")
)

// Line is one line of the budget of a year (dòng dự toán).
//
// What it holds is its control line in the ledger. ParentID nil is a root: a source of money. Planned is what the
// estimate asks for, in whole đồng; it limits nothing.
type Line struct {
	bun.BaseModel  `bun:"table:budget_lines,alias:bl"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	Year           int
	Code           string
	NameVI, NameEN string
	ParentID       *uuid.UUID
	ControlLine    int64
	SourceCode     string // NS, TT or KHAC
	ProgrammeCode  string // of the activity group; "" at the root
	Chapter        string // chương
	Dims
	ManagingUnitID uuid.UUID
	FinanceUnitID  uuid.UUID
	Planned        money.Amount `bun:"type:numeric"`
	Status         Status
	PlannedBy      uuid.UUID
	ApprovedBy     *uuid.UUID
	DecisionNo     string
	DecidedOn      calendar.Date `bun:"type:date,nullzero"`
	Lines          int           // lines directly below
	Version        int
}

// AccessKind is the kind of the row.
func (l *Line) AccessKind() string { return "budget_line" }

// AccessID is the id of the row.
func (l *Line) AccessID() uuid.UUID { return l.ID }

// Name is the name in the reader's language.
func (l *Line) Name(english bool) string {
	if english {
		return l.NameEN
	}
	return l.NameVI
}

var codeForm = regexp.MustCompile(`^[A-Z0-9][A-Z0-9.-]{0,31}$`)

// Check says what of a new line must be mended; nil when nothing.
func (l *Line) Check() error {
	var fields []errs.Field
	wrong := func(name, code string) { fields = append(fields, errs.Field{Name: name, Code: code}) }
	if l.Year < 2000 || l.Year > 2199 {
		wrong("year", "budget.year_wrong")
	}
	if !codeForm.MatchString(l.Code) {
		wrong("code", "budget.code_wrong")
	}
	if strings.TrimSpace(l.NameVI) == "" {
		wrong("name_vi", "budget.name_missing")
	}
	if strings.TrimSpace(l.NameEN) == "" {
		wrong("name_en", "budget.name_missing")
	}
	if l.SourceCode != StateBudget && l.SourceCode != Sponsorship && l.SourceCode != Other {
		wrong("source_code", "budget.source_wrong")
	}
	if l.Planned.Sign() < 0 || l.Planned.Cmp(money.Max) > 0 {
		wrong("amount", "budget.amount_missing")
	}
	fields = append(fields, checkDims(l.Chapter, l.Dims)...)
	if fields == nil {
		return nil
	}
	return errs.New(errs.Invalid, "errs.invalid").At(fields...)
}

// Approve records that by accepted a planned root line under a decision. On error l is unchanged.
// Source: Luật Ngân sách nhà nước 83/2015/QH13, Điều 49.
func (l *Line) Approve(by uuid.UUID, no string, on calendar.Date, at time.Time) error {
	if l.Status != Planned {
		return ErrNotPlanned
	}
	if err := checkDecision(no, on, at); err != nil {
		return err
	}
	l.Status, l.ApprovedBy, l.DecisionNo, l.DecidedOn = Open, &by, no, on
	return nil
}

// checkDecision says what of a decision must be mended; at is when it is recorded, and nothing is decided after that day.
func checkDecision(no string, on calendar.Date, at time.Time) error {
	var fields []errs.Field
	if strings.TrimSpace(no) == "" {
		fields = append(fields, errs.Field{Name: "decision_no", Code: "budget.decision_missing"})
	}
	switch {
	case on.IsZero():
		fields = append(fields, errs.Field{Name: "decided_on", Code: "budget.decision_day_missing"})
	case on.After(calendar.DateOf(at)):
		fields = append(fields, errs.Field{Name: "decided_on", Code: "budget.decision_day_ahead"})
	}
	if fields == nil {
		return nil
	}
	return errs.New(errs.Invalid, "errs.invalid").At(fields...)
}
