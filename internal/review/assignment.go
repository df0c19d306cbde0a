package review

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

// Status is where an assignment stands.
type Status string

// The states of an assignment.
const (
	Proposed  Status = "proposed"
	Approved  Status = "approved"
	Accepted  Status = "accepted"
	Declined  Status = "declined"
	Submitted Status = "submitted"
	Locked    Status = "locked" // its matter was presented; declined stays declined
)

// Moves is the graph of an assignment, with the act that makes each move.
var Moves = map[Status]map[Status]string{
	Proposed:  {Approved: "review_assignment,approve", Declined: "coi_declaration,create", Locked: "council_session,present"},
	Approved:  {Accepted: "review_assignment,accept", Declined: "review_assignment,decline", Locked: "council_session,present"},
	Accepted:  {Submitted: "review,submit", Declined: "coi_declaration,create", Locked: "council_session,present"},
	Submitted: {Locked: "council_session,present"},
}

// Assignment asks a reader to write a sheet on a dossier (phân công nhận xét). DueOn is the last day, included.
type Assignment struct {
	bun.BaseModel  `bun:"table:review_assignments,alias:ra"`
	ID             uuid.UUID     `bun:",pk,type:uuid"`
	ProposalID     uuid.UUID     `bun:"type:uuid"`
	CallID         uuid.UUID     `bun:"type:uuid"`
	ReviewerID     uuid.UUID     `bun:"type:uuid"`
	ReviewerName   string        // as at assignment
	Part           string        // reader or critic
	DueOn          calendar.Date `bun:"type:date"`
	Status         Status
	ProposedBy     uuid.UUID  `bun:"type:uuid"`
	ApprovedBy     *uuid.UUID `bun:"type:uuid"`
	DeclineReason  string
	ManagingUnitID uuid.UUID `bun:"type:uuid"`
	ProposedAt     time.Time
	ApprovedAt     *time.Time
	AnsweredAt     *time.Time
	Version        int
}

// Refusals of assignments.
var (
	ErrState    = errs.New(errs.Conflict, "review.state")
	ErrReason   = errs.New(errs.Invalid, "review.reason_missing")
	ErrAssigned = errs.New(errs.Conflict, "review.assigned_already")
	ErrConflict = errs.New(errs.Conflict, "review.reader_conflict")
	ErrDue      = errs.New(errs.Invalid, "review.due_past")
)

// AccessKind names the noun.
func (a *Assignment) AccessKind() string { return "review_assignment" }

// AccessID is the assignment's id.
func (a *Assignment) AccessID() uuid.UUID { return a.ID }

func (a *Assignment) move(to Status) error {
	if Moves[a.Status][to] == "" {
		return ErrState
	}
	a.Status = to
	return nil
}

// Approve accepts the officer's proposal; by is never the proposer.
func (a *Assignment) Approve(by uuid.UUID, at time.Time) error {
	if a.Status != Proposed {
		return ErrState
	}
	a.Status, a.ApprovedBy, a.ApprovedAt = Approved, &by, &at
	return nil
}

// Accept is the reader's yes.
func (a *Assignment) Accept(at time.Time) error {
	if a.Status != Approved {
		return ErrState
	}
	a.Status, a.AnsweredAt = Accepted, &at
	return nil
}

// Decline is the reader's no, with a reason.
func (a *Assignment) Decline(reason string, at time.Time) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return ErrReason.At(errs.Field{Name: "reason", Code: "review.reason_missing"})
	}
	if err := a.move(Declined); err != nil {
		return err
	}
	a.DeclineReason, a.AnsweredAt = reason, &at
	return nil
}
