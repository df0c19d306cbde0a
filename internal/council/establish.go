package council

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// NewCouncil is what an officer proposes. Subject is the call of a grant council, the fund of an investment one.
type NewCouncil struct {
	Kind      Kind
	Subject   uuid.UUID
	NameVI    string
	NameEN    string
	Secretary uuid.UUID
	Seats     []NewSeat
}

// NewSeat is one place of the proposed council.
type NewSeat struct {
	Kind   SeatKind
	Person uuid.UUID
	Field  string
}

// Create proposes a council: an officer of the call's unit, or the manager of the fund.
func (s *Service) Create(ctx context.Context, in NewCouncil) (*Council, error) {
	c := &Council{ID: uuid.New(), Kind: in.Kind, SubjectID: in.Subject, NameVI: in.NameVI, NameEN: in.NameEN,
		Status: Proposed, SecretaryID: in.Secretary, Version: 1}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		parent, err := c.bindSubject(ctx, tx)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "council", "create", parent)
		if err != nil {
			return err
		}
		c.ProposedBy, c.CreatedAt = actor.ID, storage.Now(ctx)
		least, most, votes, err := c.bindRules(ctx, tx)
		if err != nil {
			return err
		}
		c.Seats = nil
		for i, n := range in.Seats {
			name, err := personName(ctx, tx, n.Person)
			if err != nil {
				return err
			}
			c.Seats = append(c.Seats, Seat{ID: uuid.New(), CouncilID: c.ID, Position: i + 1, Kind: n.Kind, PersonID: n.Person,
				PersonName: name, Field: n.Field, Votes: n.Kind != ScientificSecretary || votes})
		}
		if err := c.Check(least, most); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
			return fmt.Errorf("save council: %w", err)
		}
		if _, err := tx.NewInsert().Model(&c.Seats).Exec(ctx); err != nil {
			return fmt.Errorf("save seats of council %s: %w", c.ID, err)
		}
		if err := access.Step(ctx, tx, c, "propose", actor); err != nil {
			return err
		}
		return record(ctx, tx, "council.create", actor, c, c.NameVI, councilSeen{c.Status, len(c.Seats), ""})
	})
	return c, err
}

type councilSeen struct {
	Status   Status `json:"status"`
	Seats    int    `json:"seats"`
	Decision string `json:"decision,omitempty"`
}

// bindSubject fills the rule set and the units from the call or fund the council serves, and names its parent row.
func (c *Council) bindSubject(ctx context.Context, tx bun.IDB) (access.Object, error) {
	switch c.Kind {
	case Grant:
		k, err := call.Get(ctx, tx, c.SubjectID)
		if err != nil {
			return nil, err
		}
		c.SubjectKind, c.RuleSet, c.ManagingUnitID = "call", k.Track, &k.ManagingUnitID
		return k, nil
	case Investment:
		c.SubjectKind, c.RuleSet, c.FundID = "fund", "fund", &c.SubjectID
		return access.Ref{Kind: "fund", ID: c.SubjectID}, nil
	}
	return nil, errs.FieldError("kind", "council.kind_unknown")
}

// bindRules copies the quorum in force into the council and reads its size and whether the scientific secretary votes.
func (c *Council) bindRules(ctx context.Context, tx bun.IDB) (least, most int, secretaryVotes bool, err error) {
	at := c.CreatedAt
	read := func(id string) (v rulebook.Value) {
		if err == nil {
			v, err = rulebook.Get(ctx, tx, id, at)
		}
		return v
	}
	quorum, chair := read("council."+c.RuleSet+".quorum"), read("council."+c.RuleSet+".quorum_chair")
	critics, secretary := read("council."+c.RuleSet+".quorum_critics"), read("council.secretary_votes")
	low, high := read("council.size_min"), read("council.size_max")
	if err != nil {
		return 0, 0, false, err
	}
	t, err := quorum.Threshold()
	if err != nil {
		return 0, 0, false, err
	}
	c.QuorumNum, c.QuorumDen, c.QuorumStrict, c.QuorumChair = int(t.Num), int(t.Den), t.Strict, chair.Text == "yes"
	if c.QuorumCritics, err = critics.Int(); err != nil {
		return 0, 0, false, err
	}
	if least, err = low.Int(); err != nil {
		return 0, 0, false, err
	}
	if most, err = high.Int(); err != nil {
		return 0, 0, false, err
	}
	if c.Kind == Investment {
		least = leastBoardSeats
	}
	return least, most, secretary.Text == "yes", nil
}

// An investment board has at least three seats: with two, a recusal leaves nobody to outvote.
const leastBoardSeats = 3

// Approve establishes a council by a decision and gives its people their seats: on the council and on the call
// or fund it serves. The secretary gets access without a vote.
func (s *Service) Approve(ctx context.Context, id uuid.UUID, version int, decisionNo string, on calendar.Date) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "council", "approve", c)
		if err != nil {
			return err
		}
		if version != c.Version {
			return errs.ErrStale
		}
		if err := c.Establish(decisionNo, on, actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if err := saveCouncil(ctx, tx, c); err != nil {
			return err
		}
		for _, o := range []access.Object{c, access.Ref{Kind: c.SubjectKind, ID: c.SubjectID}} {
			ties := []access.Tie{{Kind: "seat", Who: c.SecretaryID, Object: o, Reason: "secretary"}}
			for _, st := range c.Seats {
				ties = append(ties, access.Tie{Kind: "seat", Who: st.PersonID, Object: o, Reason: string(st.Kind)})
			}
			for _, t := range ties {
				if err := access.AddTie(ctx, tx, t); err != nil {
					return err
				}
			}
		}
		if err := access.ClearSteps(ctx, tx, c); err != nil {
			return err
		}
		return record(ctx, tx, "council.approve", actor, c, c.DecisionNo, councilSeen{c.Status, len(c.Seats), c.DecisionNo})
	})
}

func record(ctx context.Context, tx bun.IDB, act string, actor access.Actor, o access.Object, label string, after any) error {
	return audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role),
		Kind: o.AccessKind(), Object: o.AccessID(), Label: label, After: after})
}
