package allocation

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Moves is the graph of an award set with the act of the policies that makes each move.
var Moves = map[Status]map[Status]string{
	Draft:     {Proposed: "award,propose"},
	Proposed:  {Appraised: "award,appraise"},
	Appraised: {Confirmed: "award,confirm_appraisal"},
	Confirmed: {Decided: "award,approve"},
	Decided:   {Published: "award,publish"},
}

// Refusals of award sets.
var (
	ErrState     = errs.New(errs.Conflict, "allocation.state")
	ErrExists    = errs.New(errs.Conflict, "allocation.set_exists")
	ErrNumber    = errs.New(errs.Invalid, "allocation.number_missing")
	ErrDecision  = errs.New(errs.Invalid, "allocation.decision_missing")
	ErrTaken     = errs.New(errs.Invalid, "allocation.decision_taken")
	ErrAppraisal = errs.New(errs.Invalid, "allocation.appraisal_range") // Args: the proposed amount
	ErrReason    = errs.New(errs.Invalid, "allocation.reason_missing")
	ErrLines     = errs.New(errs.Invalid, "allocation.lines_missing")
	ErrCeiling   = errs.New(errs.Conflict, "allocation.over_ceiling") // Args: sum, ceiling
)

func (s *AwardSet) move(to Status) error {
	if Moves[s.Status][to] == "" {
		return ErrState
	}
	s.Status = to
	return nil
}

// Propose sends the set to the finance side with the number of the submission note (tờ trình).
func (s *AwardSet) Propose(no string, by uuid.UUID, at time.Time) error {
	if no = strings.TrimSpace(no); no == "" {
		return ErrNumber.At(errs.Field{Name: "submission_no", Code: "allocation.number_missing"})
	}
	if sum := s.Sum(); sum.Cmp(s.Ceiling) > 0 {
		return ErrCeiling.With(sum.Format(), s.Ceiling.Format())
	}
	if err := s.move(Proposed); err != nil {
		return err
	}
	s.SubmissionNo, s.ProposedBy, s.ProposedAt = no, &by, &at
	return nil
}

// Appraise sets what the finance side agrees to for a funded line: at most what was proposed, a cut with its reason.
func (a *Award) Appraise(amount money.Amount, reason string) error {
	reason = strings.TrimSpace(reason)
	switch {
	case a.Outcome != Funded:
		return ErrState
	case amount.Sign() <= 0 || amount.Cmp(a.Proposed) > 0:
		return ErrAppraisal.With(a.Proposed.Format())
	case amount.Cmp(a.Proposed) < 0 && reason == "":
		return ErrReason
	}
	a.Appraised, a.Reason = &amount, reason
	return nil
}

// FinishAppraisal hands the set on once every funded line is appraised.
func (s *AwardSet) FinishAppraisal(no string, by uuid.UUID) error {
	if no = strings.TrimSpace(no); no == "" {
		return ErrNumber.At(errs.Field{Name: "appraisal_no", Code: "allocation.number_missing"})
	}
	for _, a := range s.Awards {
		if a.Outcome == Funded && a.Appraised == nil {
			return ErrLines
		}
	}
	if err := s.move(Appraised); err != nil {
		return err
	}
	s.AppraisalNo, s.AppraisedBy = no, &by
	return nil
}

// Confirm is the chief accountant's signature under the appraisal.
func (s *AwardSet) Confirm(by uuid.UUID) error {
	if err := s.move(Confirmed); err != nil {
		return err
	}
	s.ConfirmedBy = &by
	return nil
}

// Decide gives every funded line its appraised amount under the decision of UBND tỉnh.
func (s *AwardSet) Decide(no string, on calendar.Date, by uuid.UUID, at time.Time) error {
	if no = strings.TrimSpace(no); no == "" || on.IsZero() || on.After(calendar.DateOf(at)) {
		return ErrDecision.At(errs.Field{Name: "decision_no", Code: "allocation.decision_missing"})
	}
	if err := s.move(Decided); err != nil {
		return err
	}
	for i := range s.Awards {
		if a := &s.Awards[i]; a.Outcome == Funded {
			a.Amount = *a.Appraised
		}
	}
	s.DecisionNo, s.DecidedOn, s.DecidedBy, s.DecidedAt = no, on, &by, &at
	return nil
}

// Sum is what the set would fund as it stands: decided, else appraised, else proposed amounts, in đồng.
func (s *AwardSet) Sum() (sum money.Amount) {
	for _, a := range s.Awards {
		sum = sum.Add(a.Stands())
	}
	return sum
}

// Stands is what a funded line is worth as it stands, in đồng; 0 for the others.
func (a *Award) Stands() money.Amount {
	switch {
	case a.Outcome != Funded:
		return money.Amount{}
	case !a.Amount.IsZero():
		return a.Amount
	case a.Appraised != nil:
		return *a.Appraised
	}
	return a.Proposed
}

// Points is the award's score as printed.
func (a *Award) Points() string { return Printed(a.Score) }

// Funded is how many lines of the set are funded.
func (s *AwardSet) Funded() (n int) {
	for _, a := range s.Awards {
		if a.Outcome == Funded {
			n++
		}
	}
	return n
}
