package investment

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/fund"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// NewValuation is what an analyst proposes for a quarter's end.
type NewValuation struct {
	QuarterEnd     calendar.Date
	Method, Inputs string
	Fair           money.Amount
}

// Propose writes a valuation of a holding. QuarterEnd is the last day of a quarter that has ended, after the newest
// locked one; a holding has one valuation a quarter.
func (s *Service) Propose(ctx context.Context, holding uuid.UUID, in NewValuation) (*Valuation, error) {
	var v *Valuation
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		h, err := lockHolding(ctx, tx, holding)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "valuation", "propose", h)
		if err != nil {
			return err
		}
		if err := in.check(calendar.DateOf(storage.Now(ctx))); err != nil {
			return err
		}
		if !in.QuarterEnd.After(h.ValuedOn) {
			return ErrQuarterOrder.With(h.ValuedOn.Format())
		}
		v = &Valuation{ID: uuid.New(), FundID: h.FundID, HoldingID: h.ID, QuarterEnd: in.QuarterEnd, Method: in.Method, Inputs: in.Inputs,
			Fair: in.Fair, Status: "proposed", ProposedBy: actor.ID, Holding: h}
		if v.Cost, err = costOn(ctx, tx, h.ID, in.QuarterEnd); err != nil {
			return err
		}
		if v.Cost.IsZero() {
			return ErrNotHeld
		}
		v.Previous = v.Cost.Add(h.Adjustment)
		if _, err := tx.NewInsert().Model(v).Exec(ctx); storage.Constraint(err) == "valuations_once" {
			return ErrQuarterTaken
		} else if err != nil {
			return fmt.Errorf("insert valuation of holding %s: %w", h.ID, err)
		}
		return done(ctx, tx, "valuation", "propose", v, v.QuarterEnd.Format(), actor, in)
	})
	return v, err
}

func (in NewValuation) check(today calendar.Date) error {
	var wrong []errs.Field
	bad := func(name, code string) { wrong = append(wrong, errs.Field{Name: name, Code: code}) }
	if in.QuarterEnd.IsZero() || !fund.QuarterEnd(in.QuarterEnd).Equal(in.QuarterEnd) || in.QuarterEnd.After(today) {
		bad("quarter_end", ErrQuarterEnd.Code)
	}
	if !slices.Contains(Methods, in.Method) {
		bad("method", "investment.method_choose")
	}
	if in.Inputs == "" {
		bad("inputs", "investment.inputs_needed")
	}
	if in.Fair.Sign() < 0 {
		bad("fair", "investment.fair_range")
	}
	if len(wrong) > 0 {
		return errs.New(errs.Invalid, "errs.invalid").At(wrong...)
	}
	return nil
}

func lockHolding(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Holding, error) {
	h := new(Holding)
	return h, found("holding", tx.NewSelect().Model(h).Where("h.id = ?", id).For("UPDATE OF h").Scan(ctx))
}

// costOn is what was paid for a holding up to and including a day.
func costOn(ctx context.Context, db bun.IDB, holding uuid.UUID, on calendar.Date) (sum money.Amount, err error) {
	err = db.NewRaw("SELECT COALESCE(sum(amount), 0) FROM investments WHERE holding_id = ? AND status = 'confirmed' AND paid_on <= ?", holding, on).Scan(ctx, &sum)
	return sum, err
}

// ApproveValuation is the board's consent to a proposed valuation.
func (s *Service) ApproveValuation(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		v, _, err := lockValuation(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "valuation", "approve", v)
		if err != nil {
			return err
		}
		if err := v.approve(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(v).Column("status", "approved_by", "approved_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("save valuation %s: %w", v.ID, err)
		}
		return done(ctx, tx, "valuation", "approve", v, v.QuarterEnd.Format(), actor, v.Fair)
	})
}

// LockValuation closes an approved valuation and books its change as unrealised gain or loss on the quarter's last
// day; a value below cost moves the loss meter.
func (s *Service) LockValuation(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		v, f, err := lockValuation(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "valuation", "lock", v)
		if err != nil {
			return err
		}
		if err := v.lock(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		h, err := lockHolding(ctx, tx, v.HoldingID)
		if err != nil {
			return err
		}
		if !v.QuarterEnd.After(h.ValuedOn) {
			return ErrQuarterOrder.With(h.ValuedOn.Format())
		}
		if v.Cost, err = costOn(ctx, tx, h.ID, v.QuarterEnd); err != nil { // a tranche of the quarter may have come since
			return err
		}
		v.Previous = v.Cost.Add(h.Adjustment)
		before, change := h.Adjustment, v.Change()
		h.Adjustment, h.ValuedOn = v.Fair.Sub(v.Cost), v.QuarterEnd
		if _, err := tx.NewUpdate().Model(v).Column("status", "locked_by", "locked_at", "cost", "previous").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("save valuation %s: %w", v.ID, err)
		}
		if _, err := tx.NewUpdate().Model(h).Column("adjustment", "valued_on").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("save holding %s: %w", h.ID, err)
		}
		if err := done(ctx, tx, "valuation", "lock", v, v.QuarterEnd.Format(), actor, v.Fair); err != nil {
			return err
		}
		if change.IsZero() {
			return nil
		}
		if _, err := ledger.Post(ctx, tx, revaluation(f, v, change, loss(before), loss(h.Adjustment), *v.ApprovedBy, actor.ID)); err != nil {
			return fmt.Errorf("post valuation %s: %w", v.ID, err)
		}
		return nil
	})
}

// revaluation is the journal of a locked valuation: the change of fair value, and of the loss against cost.
func revaluation(f *fund.Fund, v *Valuation, change, lossBefore, lossNow money.Amount, actor, approver uuid.UUID) ledger.Journal {
	dim := ledger.Dim{Investee: v.HoldingID}
	j := ledger.Journal{Book: f.Book(), Kind: "revalue", On: v.QuarterEnd.Start(), Key: "valuation/" + v.ID.String() + "/lock",
		Document: ledger.Ref{Kind: "valuation", ID: v.ID, No: v.QuarterEnd.Format()}, Actor: actor, Approver: approver,
		Legs: []ledger.Leg{
			{Account: fund.FairValue, Dim: dim, Amount: change},
			{Account: fund.Unrealised, Dim: dim, Amount: change.Neg()},
		}}
	switch more := lossNow.Sub(lossBefore); more.Sign() {
	case 1:
		j.Moves = []ledger.Move{{Line: f.LossLine, From: ledger.Available, To: ledger.Reserved, Amount: more}}
	case -1:
		j.Moves = []ledger.Move{{Line: f.LossLine, From: ledger.Reserved, To: ledger.Available, Amount: more.Neg()}}
	}
	return j
}

// lockValuation locks the fund first, then the valuation.
func lockValuation(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Valuation, *fund.Fund, error) {
	var fundID uuid.UUID
	if err := found("valuation", tx.NewRaw("SELECT fund_id FROM valuations WHERE id = ?", id).Scan(ctx, &fundID)); err != nil {
		return nil, nil, err
	}
	f, err := fund.Lock(ctx, tx, fundID)
	if err != nil {
		return nil, nil, err
	}
	v := new(Valuation)
	return v, f, found("valuation", tx.NewSelect().Model(v).Where("va.id = ?", id).For("UPDATE OF va").Scan(ctx))
}
