package fund

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// DraftDistribution proposes to pay cash back to the investors. kind is return_of_capital, gain or income.
func (s *Service) DraftDistribution(ctx context.Context, fund uuid.UUID, kind string, amount money.Amount) (*Distribution, error) {
	var d *Distribution
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		f, err := Lock(ctx, tx, fund)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "distribution", "draft", f)
		if err != nil {
			return err
		}
		switch {
		case f.Status != Active:
			return ErrNotActive
		case amount.Sign() <= 0:
			return errs.FieldError("amount", ErrAmount.Code)
		case kind != "return_of_capital" && kind != "gain" && kind != "income":
			return errs.FieldError("kind", "fund.distribution_kind_choose")
		}
		n, err := next(ctx, tx, "fund_distributions", f.ID)
		if err != nil {
			return err
		}
		d = &Distribution{ID: uuid.New(), FundID: f.ID, Number: n, Code: fmt.Sprintf("PP-%s-%02d", f.Code, n), Kind: kind,
			Amount: amount, Status: DistributionDraft, DraftedBy: actor.ID}
		if err := insert(ctx, tx, d); err != nil {
			return fmt.Errorf("insert distribution %s: %w", d.Code, err)
		}
		return s.done(ctx, tx, "draft", d, d.Code, actor, amount)
	})
	return d, err
}

// ApproveDistribution pays a drafted distribution, each investor by what they have paid in. More than the fund's
// cash is refused by the ledger.
func (s *Service) ApproveDistribution(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		d, f, err := lockDistribution(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "distribution", "approve", d)
		if err != nil {
			return err
		}
		switch {
		case d.Status != DistributionDraft:
			return ErrDistributionState
		case d.DraftedBy == actor.ID:
			return ErrSamePerson
		}
		d.Status, d.ApprovedBy, d.PaidOn = DistributionApproved, &actor.ID, calendar.DateOf(storage.Now(ctx))
		if _, err := tx.NewUpdate().Model(d).Column("status", "approved_by", "paid_on").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("save distribution %s: %w", d.Code, err)
		}
		if err := s.done(ctx, tx, "approve", d, d.Code, actor, nil); err != nil {
			return err
		}
		return payOut(ctx, tx, f, d)
	})
}

// payOut writes the flows and the journal of a distribution.
func payOut(ctx context.Context, tx bun.IDB, f *Fund, d *Distribution) error {
	parts, err := d.shares(f.Investors)
	if err != nil {
		return err
	}
	j := f.journal("distribute", d.PaidOn, ledger.Ref{Kind: "distribution", ID: d.ID, No: d.Code},
		"distribution/"+d.ID.String()+"/approve", d.DraftedBy, *d.ApprovedBy)
	j.Moves = []ledger.Move{f.CashOut(d.Amount)}
	j.Legs = []ledger.Leg{{Account: Cash, Amount: d.Amount.Neg()}}
	for i, part := range parts {
		if part.IsZero() {
			continue
		}
		inv := &f.Investors[i]
		if err := AddFlow(ctx, tx, Flow{FundID: f.ID, Kind: FlowDistribution, InvestorID: &inv.ID, On: d.PaidOn, Amount: part,
			DocumentKind: "distribution", DocumentID: d.ID}); err != nil {
			return err
		}
		if _, err := tx.NewRaw("UPDATE fund_investors SET distributed = distributed + ?::numeric WHERE id = ?", part, inv.ID).Exec(ctx); err != nil {
			return fmt.Errorf("add distribution to investor %s: %w", inv.ID, err)
		}
		j.Legs = append(j.Legs, ledger.Leg{Account: CapitalOut, Dim: ledger.Dim{Organisation: inv.ID}, Amount: part})
	}
	return post(ctx, tx, j)
}

// lockDistribution locks the fund first, then the distribution.
func lockDistribution(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Distribution, *Fund, error) {
	var fund uuid.UUID
	if err := found("distribution", tx.NewRaw("SELECT fund_id FROM fund_distributions WHERE id = ?", id).Scan(ctx, &fund)); err != nil {
		return nil, nil, err
	}
	f, err := Lock(ctx, tx, fund)
	if err != nil {
		return nil, nil, err
	}
	d := new(Distribution)
	return d, f, found("distribution", tx.NewSelect().Model(d).Where("fd.id = ?", id).For("UPDATE").Scan(ctx))
}
