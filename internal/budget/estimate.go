package budget

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// EstimateStatus is where an estimate stands.
type EstimateStatus string

// An estimate moves Drafting → Consolidated → Appraised → Confirmed → Assigned; it is sent back with a reason from
// Consolidated to Drafting, and from Appraised or Confirmed to Consolidated.
const (
	EstimateDrafting     EstimateStatus = "draft"
	EstimateConsolidated EstimateStatus = "consolidated" // by Sở KH&CN, before Sở Tài chính
	EstimateAppraised    EstimateStatus = "appraised"    // line by line, by a finance officer
	EstimateConfirmed    EstimateStatus = "confirmed"    // by the chief accountant
	EstimateAssigned     EstimateStatus = "assigned"     // by the decision of UBND tỉnh: the lines are open
)

// EstimateStatuses are the states in their order.
var EstimateStatuses = []EstimateStatus{EstimateDrafting, EstimateConsolidated, EstimateAppraised, EstimateConfirmed, EstimateAssigned}

// Refusals of estimates.
var (
	ErrEstimateState   = errs.New(errs.Conflict, "budget.estimate_state")
	ErrEstimateExists  = errs.New(errs.Conflict, "budget.estimate_exists")
	ErrEstimateEmpty   = errs.New(errs.Conflict, "budget.estimate_empty")
	ErrNotAppraised    = errs.New(errs.Conflict, "budget.not_appraised") // Args: rows without an answer
	ErrRowCode         = errs.New(errs.Conflict, "budget.row_code_taken")
	ErrTotal           = errs.New(errs.Invalid, "budget.total_too_large")
	ErrLineDiffers     = errs.New(errs.Conflict, "budget.line_differs")     // Args: code; an open line of the code has other dimensions
	ErrTooManyRows     = errs.New(errs.Invalid, "budget.too_many_rows")     // Args: the limit
	ErrNothingAssigned = errs.New(errs.Conflict, "budget.nothing_assigned") // every row was cut to nothing
)

// Estimate is the budget estimate (dự toán) of a year for innovation: round 0 is the year's own, a later round a
// supplement.
// Source: Luật Ngân sách nhà nước 89/2025/QH15; the steps are those of ARCHITECTURE, their days are set yearly.
type Estimate struct {
	bun.BaseModel  `bun:"table:budget_estimates,alias:be"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	Year           int
	Round          int
	Title          string
	ManagingUnitID uuid.UUID `bun:"type:uuid"`
	FinanceUnitID  uuid.UUID `bun:"type:uuid"`
	Status         EstimateStatus
	SubmissionNo   string
	AppraisalNo    string
	ReturnReason   string // why it came back; "" once it goes on
	DraftedBy      uuid.UUID
	DraftedAt      time.Time
	ConsolidatedBy *uuid.UUID
	AppraisedBy    *uuid.UUID
	ConfirmedBy    *uuid.UUID
	AssignedBy     *uuid.UUID
	AssignedAt     *time.Time
	DecisionNo     string
	DecidedOn      calendar.Date `bun:"type:date,nullzero"`
	Version        int
	Rows           []EstimateRow `bun:"rel:has-many,join:id=estimate_id"`
}

// EstimateRow is one task of an estimate. Asked is positive; Appraised nil waits for Sở Tài chính, 0 gives nothing.
// Both are whole đồng.
type EstimateRow struct {
	bun.BaseModel `bun:"table:budget_estimate_rows,alias:er"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	EstimateID    uuid.UUID `bun:"type:uuid"`
	Position      int
	Code          string // of the line it becomes
	TaskVI        string `bun:"task_vi"`
	TaskEN        string `bun:"task_en"`
	SourceCode    string // NS, TT or KHAC
	ProgrammeCode string // of the activity group; "" none
	Chapter       string
	Dims                       // UnitID is the unit that asks
	FundID        *uuid.UUID   `bun:"type:uuid"` // of a row that a fund drafts
	Asked         money.Amount `bun:"type:numeric"`
	Explanation   string
	Appraised     *money.Amount `bun:"type:numeric"`
	Comment       string
	DraftedBy     uuid.UUID  `bun:"type:uuid"`
	LineID        *uuid.UUID `bun:"type:uuid"` // that the assignment opened
	Version       int
}

// AccessKind is the kind of the row.
func (e *Estimate) AccessKind() string { return "budget_estimate" }

// AccessID is the id of the row.
func (e *Estimate) AccessID() uuid.UUID { return e.ID }

// AccessKind is the kind of the row.
func (r *EstimateRow) AccessKind() string { return "budget_estimate_row" }

// AccessID is the id of the row.
func (r *EstimateRow) AccessID() uuid.UUID { return r.ID }

// Name is the task in the reader's language.
func (r *EstimateRow) Name(english bool) string {
	if english {
		return r.TaskEN
	}
	return r.TaskVI
}

// Stands is what counts of a row now: the appraised amount once there is one.
func (r *EstimateRow) Stands() money.Amount {
	if r.Appraised != nil {
		return *r.Appraised
	}
	return r.Asked
}

// Asked sums what the units ask for.
func (e *Estimate) Asked() (sum money.Amount) {
	for i := range e.Rows {
		sum = sum.Add(e.Rows[i].Asked)
	}
	return sum
}

// Total sums what counts now.
func (e *Estimate) Total() (sum money.Amount) {
	for i := range e.Rows {
		sum = sum.Add(e.Rows[i].Stands())
	}
	return sum
}

// Check says what of a row must be mended, by form field.
func (r *EstimateRow) Check() (fields []errs.Field) {
	wrong := func(name, code string) { fields = append(fields, errs.Field{Name: name, Code: code}) }
	if !codeForm.MatchString(r.Code) {
		wrong("code", "budget.code_wrong")
	}
	if r.TaskVI == "" {
		wrong("task_vi", "budget.name_missing")
	}
	if r.TaskEN == "" {
		wrong("task_en", "budget.name_missing")
	}
	if r.SourceCode != StateBudget && r.SourceCode != Sponsorship && r.SourceCode != Other {
		wrong("source_code", "budget.source_wrong")
	}
	if r.ProgrammeCode != "" && (!codeForm.MatchString(r.ProgrammeCode) || len(r.ProgrammeCode) > 20 || strings.Contains(r.ProgrammeCode, ".")) {
		wrong("programme_code", "budget.programme_wrong")
	}
	if r.UnitID == nil {
		wrong("unit_id", "budget.unit_missing")
	}
	if r.Asked.Sign() <= 0 || r.Asked.Cmp(money.Max) > 0 {
		wrong("asked", "budget.amount_missing")
	}
	if r.Explanation == "" {
		wrong("explanation", "budget.explanation_missing")
	}
	return append(fields, checkDims(r.Chapter, r.Dims)...)
}

// Appraise answers a row; an amount that differs from what was asked needs a comment. On error r is unchanged.
func (r *EstimateRow) Appraise(amount money.Amount, comment string) error {
	switch {
	case amount.Sign() < 0 || amount.Cmp(money.Max) > 0:
		return errs.New(errs.Invalid, "budget.appraised_wrong")
	case !amount.Equal(r.Asked) && strings.TrimSpace(comment) == "":
		return errs.New(errs.Invalid, "budget.comment_missing")
	}
	r.Appraised, r.Comment = &amount, comment
	return nil
}

// Consolidate hands the draft to Sở Tài chính under the number of the submission.
func (e *Estimate) Consolidate(by uuid.UUID, no string) error {
	switch {
	case e.Status != EstimateDrafting:
		return ErrEstimateState
	case len(e.Rows) == 0:
		return ErrEstimateEmpty
	case no == "":
		return errs.FieldError("submission_no", "budget.submission_missing")
	}
	e.Status, e.SubmissionNo, e.ConsolidatedBy, e.ReturnReason = EstimateConsolidated, no, &by, ""
	return nil
}

// FinishAppraisal hands the estimate to the chief accountant when every row has its answer.
func (e *Estimate) FinishAppraisal(by uuid.UUID, no string) error {
	if e.Status != EstimateConsolidated {
		return ErrEstimateState
	}
	open := 0
	for i := range e.Rows {
		if e.Rows[i].Appraised == nil {
			open++
		}
	}
	switch {
	case open > 0:
		return ErrNotAppraised.With(open)
	case no == "":
		return errs.FieldError("appraisal_no", "budget.appraisal_missing")
	case e.Total().Cmp(money.Max) > 0:
		return ErrTotal
	}
	e.Status, e.AppraisalNo, e.AppraisedBy, e.ReturnReason = EstimateAppraised, no, &by, ""
	return nil
}

// Confirm is the chief accountant's signature under the appraisal.
func (e *Estimate) Confirm(by uuid.UUID) error {
	if e.Status != EstimateAppraised {
		return ErrEstimateState
	}
	e.Status, e.ConfirmedBy, e.ReturnReason = EstimateConfirmed, &by, ""
	return nil
}

// Assign records the decision of UBND tỉnh.
func (e *Estimate) Assign(by uuid.UUID, no string, on calendar.Date, at time.Time) error {
	if e.Status != EstimateConfirmed {
		return ErrEstimateState
	}
	if err := checkDecision(no, on, at); err != nil {
		return err
	}
	if e.Total().IsZero() {
		return ErrNothingAssigned
	}
	e.Status, e.AssignedBy, e.AssignedAt, e.DecisionNo, e.DecidedOn = EstimateAssigned, &by, &at, no, on
	return nil
}

// Return sends the estimate back a step, to the desk that can mend it: a consolidated one to its drafters, one that is
// appraised or confirmed to the appraisal. The answers of the rows are kept.
func (e *Estimate) Return(from EstimateStatus, reason string) error {
	if e.Status != from {
		return ErrEstimateState
	}
	if strings.TrimSpace(reason) == "" {
		return errs.FieldError("reason", "budget.reason_missing")
	}
	switch from {
	case EstimateConsolidated:
		e.Status, e.SubmissionNo, e.ConsolidatedBy = EstimateDrafting, "", nil
	case EstimateAppraised, EstimateConfirmed:
		e.Status, e.AppraisalNo, e.AppraisedBy, e.ConfirmedBy = EstimateConsolidated, "", nil, nil
	default:
		return ErrEstimateState
	}
	e.ReturnReason = reason
	return nil
}
