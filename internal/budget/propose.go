package budget

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// ProposeInput is a change of what a line holds.
//
// Amount of a carry-over is the unused money to take along, 0 for none: what is reserved, committed or advanced goes
// with it. Amount of a cancellation is everything available; 0 stands for it.
type ProposeInput struct {
	Kind      ActKind
	Amount    money.Amount
	Reason    string
	Stage     ledger.Stage // of a release
	To        uuid.UUID    // of a transfer or carry-over
	Less      bool         // of an adjustment: downwards
	FreesKind string       // of a release: the document that holds the money
	Frees     uuid.UUID
	Basis     string // id of a rule; "" = the first of the kind
}

// Propose puts a change before whoever decides it. Money is not held by a proposal; the decision judges it.
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
		if a, err = s.act(ctx, tx, l, in, actor.ID); err != nil {
			return err
		}
		if _, err := s.posting(ctx, tx, a); err != nil {
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

// act makes the act of an input, checked, with its legal basis and the authority that decides it.
func (s *Service) act(ctx context.Context, tx bun.Tx, l *Line, in ProposeInput, by uuid.UUID) (*Act, error) {
	now := storage.Now(ctx)
	rule, err := basis(ctx, tx, string(in.Kind), in.Basis, now)
	if err != nil {
		return nil, err
	}
	a := &Act{ID: uuid.New(), Kind: in.Kind, LineID: l.ID, Stage: in.Stage, Less: in.Less, Amount: in.Amount, Reason: in.Reason,
		Basis: rule.ID, BasisArticle: rule.Source(), Status: Proposed, ProposedBy: by, ProposedAt: now, Version: 1}
	if in.To != uuid.Nil {
		a.ToLineID = &in.To
	}
	switch in.Kind {
	case CarryOver, Cancel:
		err = a.takeAll(ctx, tx, l)
	case Release:
		err = s.frees(ctx, tx, l, a, in.FreesKind, in.Frees)
	}
	if err != nil {
		return nil, err
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	if a.ToLineID == nil {
		return a, nil
	}
	to, err := Get(ctx, tx, *a.ToLineID)
	if err != nil {
		return nil, errs.FieldError("to_line_id", "budget.to_line_missing")
	}
	switch {
	case to.Status != Open:
		return nil, ErrNotOpen
	case a.Kind == Transfer && to.Year != l.Year:
		return nil, ErrOtherYear
	case a.Kind == Transfer:
		donor, err := restricted(ctx, tx, l.ID)
		if err != nil {
			return nil, err
		}
		if donor != "" {
			return nil, ErrRestricted.With(donor)
		}
		same := l.ParentID != nil && to.ParentID != nil && *l.ParentID == *to.ParentID
		if a.Authority, err = transferAuthority(ctx, tx, same, now); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// takeAll fills a carry-over or cancellation from what the line holds now.
func (a *Act) takeAll(ctx context.Context, tx bun.IDB, l *Line) error {
	held, err := ledger.Line(ctx, tx, l.ControlLine)
	if err != nil {
		return err
	}
	if a.Kind == Cancel {
		if a.Amount.IsZero() {
			a.Amount = held.Available
		}
		if a.Amount.IsZero() {
			return ErrNothing
		}
		if a.Amount.Cmp(held.Available) > 0 {
			words := []any{l.Code, held.Available.Format(), a.Amount.Format()}
			return ErrCancelOver.With(words...).At(errs.Field{Name: "amount", Code: ErrCancelOver.Code, Args: words})
		}
		waiting, err := openCancels(ctx, tx, []uuid.UUID{l.ID})
		if first, taken := waiting[l.ID]; taken {
			return first.refusal(l)
		}
		return err
	}
	if held.Requested.Sign() > 0 {
		return ErrRequested.With(held.Requested.Format())
	}
	if a.Amount.Sign() < 0 || a.Amount.Cmp(held.Available) > 0 {
		return ledger.ErrInsufficient.With(held.Available.Format(), a.Amount.Format())
	}
	a.CarryReserved, a.CarryCommitted, a.CarryAdvanced = held.Reserved, held.Committed, held.Advanced
	a.Amount = money.Sum(a.Amount, held.Reserved, held.Committed, held.Advanced)
	if a.Amount.IsZero() {
		return ErrNothing
	}
	return nil
}

// frees fills a release from the document it names; what that still needs is refused by its name. A document chosen
// without its stage is released from where it holds the money.
func (s *Service) frees(ctx context.Context, tx bun.Tx, l *Line, a *Act, kind string, id uuid.UUID) error {
	if id == uuid.Nil {
		return nil // Check says that it is missing
	}
	c, err := s.lockClaim(ctx, tx, l, kind, id)
	switch {
	case err != nil:
		return err
	case c == nil:
		return ErrNotHeld.At(errs.Field{Name: "frees", Code: ErrNotHeld.Code})
	}
	if a.Stage == "" {
		a.Stage = c.Stage
	}
	if a.Stage != c.Stage {
		return errs.FieldError("stage", "budget.stage_missing")
	}
	if a.Amount.Cmp(c.Free()) > 0 {
		return ErrNeeded.With(c.No, c.Need.Format(), c.Free().Format())
	}
	a.FreesKind, a.FreesID, a.FreesNo = c.Kind, &c.ID, c.No
	return nil
}

// Decide accepts a proposed change under a decision and posts it. It refuses with ledger.ErrInsufficient when a line
// has less than the act takes, with ErrNeeded when a release leaves its document short, and with ErrMoved when a
// carry-over no longer takes all that is held.
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
		actor, err := s.access.Require(ctx, tx, "budget_line", a.Decider(), a)
		if err != nil {
			return err
		}
		if err := a.Decide(actor.ID, decisionNo, decidedOn, storage.Now(ctx)); err != nil {
			return err
		}
		if err := s.still(ctx, tx, l, a); err != nil {
			return err
		}
		if err := access.ClearSteps(ctx, tx, a); err != nil {
			return err
		}
		if a.Kind == CarryOver {
			for _, h := range s.holders {
				if err := h.CarryOver(ctx, tx, l.ID, *a.ToLineID); err != nil {
					return err
				}
			}
		}
		return s.execute(ctx, tx, actor, a, l, "budget_line."+string(a.Kind), saveAct)
	})
}

// still judges again, under lock, what a proposal found.
func (s *Service) still(ctx context.Context, tx bun.Tx, l *Line, a *Act) error {
	if l.Status != Open {
		return ErrNotOpen
	}
	if a.ToLineID != nil {
		to, err := Get(ctx, tx, *a.ToLineID)
		if err != nil {
			return err
		}
		if to.Status != Open {
			return ErrNotOpen
		}
		if a.Kind == CarryOver {
			if _, err := Leaf(ctx, tx, to.ID); err != nil {
				return err
			}
		}
	}
	switch a.Kind {
	case CarryOver:
		held, err := ledger.Line(ctx, tx, l.ControlLine)
		if err != nil {
			return err
		}
		if held.Requested.Sign() > 0 {
			return ErrRequested.With(held.Requested.Format())
		}
		if !held.Reserved.Equal(a.CarryReserved) || !held.Committed.Equal(a.CarryCommitted) || !held.Advanced.Equal(a.CarryAdvanced) {
			return ErrMoved
		}
	case Release:
		return s.frees(ctx, tx, l, a, a.FreesKind, *a.FreesID)
	}
	return nil
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
		actor, err := s.access.Require(ctx, tx, "budget_line", a.Decider(), a)
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
		Object: l.ID, Label: l.label(), Reason: a.Reason, RuleID: a.Basis, After: struct {
			Kind   ActKind      `json:"kind"`
			Amount money.Amount `json:"amount"`
		}{a.Kind, a.Amount}})
}
