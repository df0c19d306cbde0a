package disbursement

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Status is the state of a request.
type Status string

// The states of a request.
const (
	Draft     Status = "draft"
	Submitted Status = "submitted"
	Checked   Status = "checked" // accepted for payment; the money is owed
	Ordered   Status = "ordered"
	Paid      Status = "paid"
	Returned  Status = "returned" // a new version starts as draft
	Rejected  Status = "rejected"
	Cancelled Status = "cancelled" // by the requester, before it was checked
)

// Request asks to pay one milestone of an agreement (đề nghị giải ngân).
//
// Amount is in whole đồng, positive, and equal to the milestone's. Whoever prepared it does not check it.
// Source: NĐ 268/2025/NĐ-CP, Điều 15 khoản 3; TT 26/2026/TT-BTC, Điều 15 khoản 4.
type Request struct {
	bun.BaseModel  `bun:"table:disbursement_requests,alias:dr"`
	ID             uuid.UUID    `bun:",pk,type:uuid"`
	No             string       // GN-2026-0143
	AgreementID    uuid.UUID    `bun:"type:uuid"`
	MilestoneID    uuid.UUID    `bun:"type:uuid"`
	OrganisationID uuid.UUID    `bun:"type:uuid"`
	ProposalID     uuid.UUID    `bun:"type:uuid"`
	BudgetLineID   uuid.UUID    `bun:"type:uuid"`
	Amount         money.Amount `bun:"type:numeric"`
	Advance        bool         // the milestone is paid before the work and settled afterwards
	AdvanceYear    *int         // budget year an advance was paid in, nil before
	Note           string
	Status         Status
	Reason         string     // why it was returned or rejected
	Remark         string     // of who checked it, needed where a machine check was not passed
	PreparedBy     uuid.UUID  `bun:"type:uuid"`
	SubmittedBy    *uuid.UUID `bun:"type:uuid"`
	SubmittedAt    *time.Time
	CheckedBy      *uuid.UUID `bun:"type:uuid"`
	CheckedAt      *time.Time
	PaidOn         *calendar.Date `bun:"type:date"` // day the treasury paid
	PaidAt         *time.Time     // when that was recorded
	ManagingUnitID uuid.UUID      `bun:"type:uuid"`
	FinanceUnitID  uuid.UUID      `bun:"type:uuid"`
	CreatedAt      time.Time
	Version        int
}

// AccessKind names the noun in access.
func (*Request) AccessKind() string { return "disbursement_request" }

// AccessID is the row.
func (r *Request) AccessID() uuid.UUID { return r.ID }

// Refusals of requests.
var (
	ErrNotDraft     = errs.New(errs.Conflict, "disbursement.not_draft")
	ErrNotSubmitted = errs.New(errs.Conflict, "disbursement.not_submitted")
	ErrNotChecked   = errs.New(errs.Conflict, "disbursement.not_checked")
	ErrSamePerson   = errs.New(errs.Forbidden, "disbursement.same_person")
	ErrOpenRequest  = errs.New(errs.Conflict, "disbursement.open_request") // one open request per milestone
	ErrNotPayable   = errs.New(errs.Conflict, "disbursement.not_payable")  // milestone not accepted
	ErrReason       = errs.New(errs.Invalid, "disbursement.reason_needed")
	ErrLook         = errs.New(errs.Invalid, "disbursement.look_needed") // Args: checks to look at
)

// Submit hands the request in. On error r is unchanged.
func (r *Request) Submit(by uuid.UUID, at time.Time) error {
	if r.Status != Draft {
		return ErrNotDraft
	}
	r.Status, r.SubmittedBy, r.SubmittedAt = Submitted, &by, &at
	return nil
}

// Opinion is what somebody decides a payment on: how many machine checks are not passed at that instant, and what the
// person says of them, which may be empty only where there is none.
type Opinion struct {
	Look   int
	Remark string
}

// enough refuses with ErrLook, at the field, a decision that says nothing of the checks it passes over.
func (o Opinion) enough(field string) error {
	if o.Look > 0 && strings.TrimSpace(o.Remark) == "" {
		return ErrLook.With(o.Look).At(errs.Field{Name: field, Code: ErrLook.Code, Args: []any{o.Look}})
	}
	return nil
}

// Check accepts the request for payment. On error r is unchanged.
func (r *Request) Check(by uuid.UUID, at time.Time, said Opinion) error {
	switch {
	case r.Status != Submitted:
		return ErrNotSubmitted
	case r.PreparedBy == by || r.SubmittedBy != nil && *r.SubmittedBy == by:
		return ErrSamePerson
	}
	if err := said.enough("reason"); err != nil {
		return err
	}
	r.Status, r.CheckedBy, r.CheckedAt, r.Remark = Checked, &by, &at, strings.TrimSpace(said.Remark)
	return nil
}

// Refuse returns the request to be mended, or rejects it for good; both need a reason. On error r is unchanged.
func (r *Request) Refuse(to Status, reason string) error {
	switch {
	case r.Status != Submitted:
		return ErrNotSubmitted
	case strings.TrimSpace(reason) == "":
		return ErrReason.At(errs.Field{Name: "reason", Code: "disbursement.reason_needed"})
	}
	r.Status, r.Reason = to, reason
	return nil
}

// Cancel takes back a request that nobody has checked. On error r is unchanged.
func (r *Request) Cancel() error {
	if r.Status != Draft && r.Status != Submitted {
		return ErrNotDraft
	}
	r.Status = Cancelled
	return nil
}

// Move is one edge of the graph of states.
type Move struct{ From, Act, To string }

// Moves lists the graph of a request: from, act, to.
var Moves = []Move{
	{"draft", "disbursement_request.submit", "submitted"},
	{"draft", "disbursement_request.cancel", "cancelled"},
	{"submitted", "disbursement_request.cancel", "cancelled"},
	{"submitted", "disbursement_request.check", "checked"},
	{"submitted", "disbursement_request.return", "returned"},
	{"submitted", "disbursement_request.reject", "rejected"},
	{"checked", "payment_order.create", "ordered"},
	{"ordered", "payment_order.record_failed", "checked"},
	{"ordered", "payment_order.cancel", "checked"},
	{"ordered", "payment_order.record_paid", "paid"},
}
