package budget

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// ProposeInput is a change of what a line holds. Stage is for a release only.
type ProposeInput struct {
	Kind   ActKind // Allocate, Adjust, Cut or Release
	Amount money.Amount
	Reason string
	Stage  ledger.Stage
}

// Propose puts a change before the chief accountant. Money is not held by a proposal; the decision judges it.
func (s *Service) Propose(ctx context.Context, line uuid.UUID, in ProposeInput) (a *Act, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		l, err := lock(ctx, tx, line)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "propose_"+string(in.Kind), l)
		if err != nil {
			return err
		}
		if l.Status != Open {
			return ErrNotOpen
		}
		a = &Act{ID: uuid.New(), Kind: in.Kind, LineID: l.ID, Stage: in.Stage, Amount: in.Amount, Reason: in.Reason,
			Status: Proposed, ProposedBy: actor.ID, ProposedAt: storage.Now(ctx), Version: 1}
		if err := a.Check(); err != nil {
			return err
		}
		parent, err := parentOf(ctx, tx, l)
		if err != nil {
			return err
		}
		if _, err := a.Moves(l, parent); err != nil {
			return err
		}
		if err := insertAct(ctx, tx, a); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, a, "propose", actor); err != nil {
			return err
		}
		return s.record(ctx, tx, "budget_line.propose_"+string(in.Kind), actor, a, l)
	})
	return a, err
}

// Decide accepts a proposed change under a decision and posts it. It refuses with ledger.ErrInsufficient when the
// line, or its parent, has less than the act takes.
func (s *Service) Decide(ctx context.Context, act uuid.UUID, decisionNo string, decidedOn calendar.Date) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		a, err := lockAct(ctx, tx, act)
		if err != nil {
			return err
		}
		l, err := lock(ctx, tx, a.LineID)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", string(a.Kind), a)
		if err != nil {
			return err
		}
		if err := a.Decide(actor.ID, decisionNo, decidedOn, storage.Now(ctx)); err != nil {
			return err
		}
		if err := access.ClearSteps(ctx, tx, a); err != nil {
			return err
		}
		return s.execute(ctx, tx, actor, a, l, "budget_line."+string(a.Kind), saveAct)
	})
}

// Decline refuses a proposed change with a reason.
func (s *Service) Decline(ctx context.Context, act uuid.UUID, reason string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		a, err := lockAct(ctx, tx, act)
		if err != nil {
			return err
		}
		l, err := Get(ctx, tx, a.LineID)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", string(a.Kind), a)
		if err != nil {
			return err
		}
		if err := a.Decline(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if err := saveAct(ctx, tx, a); err != nil {
			return err
		}
		a.Reason = reason
		return s.record(ctx, tx, "budget_line.decline", actor, a, l)
	})
}

func (s *Service) record(ctx context.Context, tx bun.Tx, act string, actor access.Actor, a *Act, l *Line) error {
	return audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "budget_line",
		Object: l.ID, Label: l.label(), Reason: a.Reason, After: struct {
			Kind   ActKind      `json:"kind"`
			Amount money.Amount `json:"amount"`
		}{a.Kind, a.Amount}})
}
