package proposal

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/call"
	"kinhbac/internal/errs"
)

// CheckStatus is where a check of eligibility stands.
type CheckStatus string

// The states of a check. A returned one is closed; the officer prepares another.
const (
	CheckProposed  CheckStatus = "proposed"
	CheckReturned  CheckStatus = "returned"
	CheckConfirmed CheckStatus = "confirmed"
)

// Check is an officer's check of eligibility (phiếu sơ loại): an outcome proposed with the findings behind it, and
// the department head's decision on it. Whoever prepared it does not decide it. Outcome is Eligible or Ineligible;
// Reason is what the applicant is told and needed when it is Ineligible; Remark is needed when it is returned.
type Check struct {
	bun.BaseModel  `bun:"table:eligibility_checks,alias:ec"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	ProposalID     uuid.UUID `bun:"type:uuid"`
	ManagingUnitID uuid.UUID `bun:"type:uuid"`
	Outcome        Status
	Reason         string
	Status         CheckStatus
	PreparedBy     uuid.UUID `bun:"type:uuid"`
	PreparedAt     time.Time
	DecidedBy      *uuid.UUID `bun:"type:uuid"`
	DecidedAt      *time.Time
	Remark         string
	Version        int
	Findings       []Finding `bun:"rel:has-many,join:id=check_id"`
}

// Refusals of a check.
var (
	ErrOutcome      = errs.New(errs.Invalid, "proposal.check_outcome")
	ErrReason       = errs.New(errs.Invalid, "proposal.check_reason")
	ErrRemark       = errs.New(errs.Invalid, "proposal.check_remark")
	ErrBarredByRule = errs.New(errs.Invalid, "proposal.check_rule")
	ErrCheckDone    = errs.New(errs.Conflict, "proposal.check_done")
	ErrCheckSame    = errs.New(errs.Forbidden, "proposal.check_same_person")
)

// AccessKind names checks in policies and ties.
func (c *Check) AccessKind() string { return "eligibility_check" }

// AccessID is the check's id.
func (c *Check) AccessID() uuid.UUID { return c.ID }

// Propose fills a new check. A dossier that a rule bars cannot be proposed as eligible.
func (c *Check) Propose(outcome Status, reason string, findings []Finding) error {
	if outcome != Eligible && outcome != Ineligible {
		return ErrOutcome
	}
	if outcome == Ineligible && reason == "" {
		return ErrReason
	}
	for _, f := range findings {
		if f.Answer != call.Fail || outcome != Eligible {
			continue
		}
		if r := f.Rule(); r != nil {
			return ErrBarredByRule.Because(*r)
		}
		return ErrBarredByRule
	}
	c.Outcome, c.Reason, c.Status, c.Findings = outcome, reason, CheckProposed, findings
	return nil
}

// Decide confirms the proposed outcome, or returns the check with a remark. On error c is unchanged.
func (c *Check) Decide(confirm bool, remark string, by uuid.UUID, at time.Time) error {
	switch {
	case c.Status != CheckProposed:
		return ErrCheckDone
	case c.PreparedBy == by:
		return ErrCheckSame
	case !confirm && remark == "":
		return ErrRemark
	}
	c.Status = CheckConfirmed
	if !confirm {
		c.Status = CheckReturned
	}
	c.Remark, c.DecidedBy, c.DecidedAt = remark, &by, &at
	return nil
}
