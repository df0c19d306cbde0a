package review

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/proposal"
	"kinhbac/internal/storage"
)

// Task is a reader to ask for a sheet. DueOn is the last day, included.
type Task struct {
	Proposal uuid.UUID
	Reader   uuid.UUID
	Part     string // reader or critic
	DueOn    calendar.Date
}

// Propose puts a reader forward for a dossier.
func (s *Service) Propose(ctx context.Context, t Task) (*Assignment, error) {
	var a *Assignment
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := proposal.Lock(ctx, tx, t.Proposal)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "review_assignment", "propose", p)
		if err != nil {
			return err
		}
		if t.DueOn.Before(calendar.DateOf(storage.Now(ctx))) {
			return ErrDue.At(errs.Field{Name: "due_on", Code: "review.due_past"})
		}
		if bad, err := inConflict(ctx, tx, t.Reader, p); err != nil {
			return err
		} else if bad {
			return ErrConflict
		}
		name, err := personName(ctx, tx, t.Reader)
		if err != nil {
			return err
		}
		a = &Assignment{ID: uuid.New(), ProposalID: p.ID, CallID: p.CallID, ReviewerID: t.Reader, ReviewerName: name, Part: t.Part,
			DueOn: t.DueOn, Status: Proposed, ProposedBy: actor.ID, ManagingUnitID: p.ManagingUnitID, ProposedAt: storage.Now(ctx), Version: 1}
		if _, err := tx.NewInsert().Model(a).Exec(ctx); storage.Constraint(err) == "review_assignments_once" {
			return ErrAssigned
		} else if err != nil {
			return fmt.Errorf("save assignment: %w", err)
		}
		if err := access.Step(ctx, tx, a, "propose", actor); err != nil {
			return err
		}
		return record(ctx, tx, "propose", actor, a)
	})
	return a, err
}

// Approve accepts the officer's proposal of a reader, who then sees it in the inbox.
func (s *Service) Approve(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, id, "approve", func(ctx context.Context, tx bun.Tx, a *Assignment, actor access.Actor) error {
		if err := a.Approve(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		return access.AddTie(ctx, tx, access.Tie{Kind: "own", Who: a.ReviewerID, Object: a})
	})
}

// Accept is the reader's yes, after the declaration of interests. It opens the dossier and an empty sheet.
func (s *Service) Accept(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, id, "accept", func(ctx context.Context, tx bun.Tx, a *Assignment, actor access.Actor) error {
		if err := a.Accept(storage.Now(ctx)); err != nil {
			return err
		}
		sheet := &Sheet{ID: uuid.New(), AssignmentID: a.ID, ProposalID: a.ProposalID, ReviewerID: a.ReviewerID, Version: 1}
		if _, err := tx.NewInsert().Model(sheet).Exec(ctx); err != nil {
			return fmt.Errorf("open sheet of assignment %s: %w", a.ID, err)
		}
		for _, t := range []access.Tie{
			{Kind: "assigned", Who: a.ReviewerID, Object: access.Ref{Kind: "proposal", ID: a.ProposalID}},
			{Kind: "assigned", Who: a.ReviewerID, Object: sheet},
			{Kind: "own", Who: a.ReviewerID, Object: sheet},
		} {
			if err := access.AddTie(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// Decline is the reader's no; the reason is shown to the office.
func (s *Service) Decline(ctx context.Context, id uuid.UUID, reason string) error {
	return s.change(ctx, id, "decline", func(ctx context.Context, tx bun.Tx, a *Assignment, actor access.Actor) error {
		return a.Decline(reason, storage.Now(ctx))
	})
}

func (s *Service) change(ctx context.Context, id uuid.UUID, action string,
	fn func(context.Context, bun.Tx, *Assignment, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		a, err := lockAssignment(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "review_assignment", action, a)
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, a, actor); err != nil {
			return err
		}
		if err := save(ctx, tx, a); err != nil {
			return err
		}
		return record(ctx, tx, action, actor, a)
	})
}

type assigned struct {
	Status   Status    `json:"status"`
	Reviewer uuid.UUID `json:"reviewer"`
	Proposal uuid.UUID `json:"proposal"`
}

func record(ctx context.Context, tx bun.IDB, action string, actor access.Actor, a *Assignment) error {
	return audit.Record(ctx, tx, audit.Event{Act: "review_assignment." + action, Actor: actor.ID, Role: string(actor.Role),
		Kind: "review_assignment", Object: a.ID, After: assigned{a.Status, a.ReviewerID, a.ProposalID}, Reason: a.DeclineReason})
}
