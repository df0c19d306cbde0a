package council

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Graphs of the nouns: from a state to the next, with the act of the policies that makes the move.
var (
	CouncilMoves = map[Status]map[Status]string{Proposed: {Established: "council,approve"}}
	SessionMoves = map[SessionStatus]map[SessionStatus]string{
		Scheduled: {Opened: "council_session,open"},
		Opened:    {Ended: "council_session,close"},
		Ended:     {Drafted: "minutes,draft"},
		Drafted:   {Signed: "minutes,sign"},
	}
	MatterMoves = map[MatterStatus]map[MatterStatus]string{
		Waiting:   {Presented: "council_session,present"},
		Presented: {Balloting: "council_session,start_ballot"},
		Balloting: {Counted: "ballot,tally"},
		Counted:   {Concluded: "council_session,conclude"},
	}
)

// Refusals of councils, sessions and matters.
var (
	ErrState       = errs.New(errs.Conflict, "council.state")
	ErrSeats       = errs.New(errs.Invalid, "council.seats_range") // Args: fewest, most
	ErrChairSeat   = errs.New(errs.Invalid, "council.seat_chair")  // one chair, one scientific secretary
	ErrTwice       = errs.New(errs.Invalid, "council.seat_twice")  // one person, one seat; the secretary has none
	ErrDecision    = errs.New(errs.Invalid, "council.decision_missing")
	ErrNoQuorum    = errs.New(errs.Conflict, "council.no_quorum") // Args: taking part, seats, needed
	ErrNotAll      = errs.New(errs.Conflict, "council.ballots_missing")
	ErrNotPassed   = errs.New(errs.Conflict, "council.not_passed")
	ErrProposed    = errs.New(errs.Invalid, "council.amount_range") // Args: the amount asked for
	ErrUnfinished  = errs.New(errs.Conflict, "council.matters_open")
	ErrNoMatters   = errs.New(errs.Invalid, "council.no_matters")
	ErrOtherMatter = errs.New(errs.Conflict, "council.other_matter")
	ErrDigest      = errs.New(errs.Conflict, "council.minutes_changed")
	ErrUnsigned    = errs.New(errs.Conflict, "council.secretary_first")
)

// Check keeps the invariants of a council as it is proposed, between least and most seats.
func (c *Council) Check(least, most int) error {
	if n := len(c.Seats); n < least || n > most {
		return ErrSeats.With(least, most).At(errs.Field{Name: "seats", Code: "council.seats_range", Args: []any{least, most}})
	}
	count := map[SeatKind]int{}
	people := []uuid.UUID{c.SecretaryID}
	for _, s := range c.Seats {
		count[s.Kind]++
		if slices.Contains(people, s.PersonID) {
			return ErrTwice.At(errs.Field{Name: "seats", Code: "council.seat_twice"})
		}
		people = append(people, s.PersonID)
	}
	if count[Chair] != 1 || count[ScientificSecretary] != 1 || count[Vice] > 1 || count[Critic] < c.QuorumCritics {
		return ErrChairSeat.At(errs.Field{Name: "seats", Code: "council.seat_chair"})
	}
	return nil
}

// Establish makes the council real by a decision; by is not its proposer.
func (c *Council) Establish(no string, on calendar.Date, by uuid.UUID, at time.Time) error {
	no = strings.TrimSpace(no)
	switch {
	case c.Status != Proposed:
		return ErrState
	case no == "" || on.IsZero() || on.After(calendar.DateOf(at)):
		return ErrDecision.At(errs.Field{Name: "decision_no", Code: "council.decision_missing"})
	}
	c.Status, c.DecisionNo, c.DecidedOn, c.ApprovedBy, c.ApprovedAt = Established, no, on, &by, &at
	return nil
}

func (s *Session) move(to SessionStatus) error {
	if SessionMoves[s.Status][to] == "" {
		return ErrState
	}
	s.Status = to
	return nil
}

func (m *Matter) move(to MatterStatus) error {
	if MatterMoves[m.Status][to] == "" {
		return ErrState
	}
	m.Status = to
	return nil
}

// Conclude states what the council proposes. Support gives what was asked for, SupportLess a smaller amount
// above zero, NotSupport nothing; support needs a passed matter.
func (m *Matter) Conclude(c Conclusion, amount money.Amount, note string, by uuid.UUID, at time.Time) error {
	if m.Status != Counted {
		return ErrState
	}
	switch c {
	case Support:
		amount = m.Requested
	case SupportLess:
		if amount.Sign() <= 0 || amount.Cmp(m.Requested) >= 0 {
			return ErrProposed.With(m.Requested.Format()).At(errs.Field{Name: "proposed", Code: "council.amount_range", Args: []any{m.Requested.Format()}})
		}
	case NotSupport:
		amount = money.Amount{}
	default:
		return ErrChoice.At(errs.Field{Name: "conclusion", Code: "council.choice_missing"})
	}
	if c != NotSupport && !m.DidPass() {
		return ErrNotPassed
	}
	m.Status, m.Conclusion, m.Proposed, m.Note, m.ConcludedBy, m.ConcludedAt = Concluded, c, &amount, note, &by, &at
	return nil
}
