package investment

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/fund"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// NewTranche is a payment to a firm as the manager records it. Ownership is percent with two decimals at most, 0 for
// an instrument without shares; RoundTotal 0 is unknown.
type NewTranche struct {
	Amount, Shares, Price, RoundTotal money.Amount
	Ownership                         decimal.Decimal
	CoInvestors                       string
	PaidOn                            calendar.Date
	Reference                         string
}

// Record writes a tranche of a contracted deal. Nothing is posted before the chief accountant confirms it.
func (s *Service) Record(ctx context.Context, deal uuid.UUID, in NewTranche) (*Tranche, error) {
	var t *Tranche
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		d, err := lockDeal(ctx, tx, deal)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "investment", "record", d)
		if err != nil {
			return err
		}
		if d.Status != Contracted {
			return ErrMove
		}
		if err := in.check(d, calendar.DateOf(storage.Now(ctx))); err != nil {
			return err
		}
		if err := draw(ctx, tx, d, in.Amount); err != nil {
			return err
		}
		t = &Tranche{ID: uuid.New(), FundID: d.FundID, DealID: d.ID, Amount: in.Amount, Shares: in.Shares, Price: in.Price,
			RoundTotal: in.RoundTotal, CoInvestors: in.CoInvestors, PaidOn: in.PaidOn, Reference: in.Reference, Status: "recorded", RecordedBy: actor.ID}
		if in.Ownership.Sign() > 0 {
			t.Ownership = &in.Ownership
		}
		if err := tx.NewRaw("SELECT count(*) + 1 FROM investments WHERE deal_id = ?", d.ID).Scan(ctx, &t.Tranche); err != nil {
			return fmt.Errorf("number a tranche of deal %s: %w", d.Code, err)
		}
		if _, err := tx.NewInsert().Model(t).Exec(ctx); storage.Constraint(err) == "investments_reference" {
			return ErrReferenceTaken
		} else if err != nil {
			return fmt.Errorf("insert tranche of deal %s: %w", d.Code, err)
		}
		return done(ctx, tx, "investment", "record", t, d.Code, actor, in)
	})
	return t, err
}

func (in NewTranche) check(d *Deal, today calendar.Date) error {
	var wrong []errs.Field
	bad := func(name, code string) { wrong = append(wrong, errs.Field{Name: name, Code: code}) }
	if in.Amount.Sign() <= 0 {
		bad("amount", "investment.amount_positive")
	}
	if in.Reference == "" {
		bad("reference", "investment.reference_needed")
	}
	if in.PaidOn.IsZero() || in.PaidOn.After(today) || in.PaidOn.Before(d.ContractOn) {
		bad("paid_on", "investment.paid_on_range")
	}
	if in.RoundTotal.Sign() > 0 && in.RoundTotal.Cmp(in.Amount) < 0 {
		bad("round_total", "investment.round_total_small")
	}
	if in.Ownership.Sign() < 0 || in.Ownership.GreaterThan(decimal.NewFromInt(100)) || !in.Ownership.Equal(in.Ownership.Truncate(2)) {
		bad("ownership", "investment.ownership_range")
	}
	if len(wrong) > 0 {
		return errs.New(errs.Invalid, "errs.invalid").At(wrong...)
	}
	return nil
}

// draw takes an amount off what is left of the deal, in one statement that refuses more.
func draw(ctx context.Context, tx bun.IDB, d *Deal, amount money.Amount) error {
	res, err := tx.NewRaw("UPDATE deals SET drawn = drawn + ?0::numeric, version = version + 1 WHERE id = ?1 AND drawn + ?0::numeric <= amount",
		amount, d.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("draw on deal %s: %w", d.Code, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrOverDeal.With(d.Amount.Sub(d.Drawn).Format())
}

// Confirm books a recorded tranche: the holding at cost against the fund's cash, the cap of the firm, the flow. It
// refuses with ErrNoCash when the fund has less, and with ErrQuarterLocked for a day inside a locked quarter.
func (s *Service) Confirm(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		t, f, err := lockTranche(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "investment", "confirm", t)
		if err != nil {
			return err
		}
		h, isNew, err := holdingOf(ctx, tx, t)
		if err != nil {
			return err
		}
		if !h.ValuedOn.IsZero() && !t.PaidOn.After(h.ValuedOn) {
			return ErrQuarterLocked.With(h.ValuedOn.Format())
		}
		if err := t.confirm(actor.ID, h.ID); err != nil {
			return err
		}
		if err := saveConfirmed(ctx, tx, t, h, isNew); err != nil {
			return err
		}
		if err := fund.AddFlow(ctx, tx, fund.Flow{FundID: f.ID, Kind: fund.FlowInvestment, HoldingID: &h.ID, On: t.PaidOn, Amount: t.Amount,
			DocumentKind: "investment", DocumentID: t.ID}); err != nil {
			return err
		}
		if err := done(ctx, tx, "investment", "confirm", t, t.Deal.Code, actor, t.Amount); err != nil {
			return err
		}
		j := ledger.Journal{Book: f.Book(), Kind: "invest", On: t.PaidOn.Start(), Key: "investment/" + t.ID.String() + "/confirm",
			Document: ledger.Ref{Kind: "investment", ID: t.ID, No: t.Deal.ContractNo + ", " + t.Reference}, Actor: t.RecordedBy, Approver: actor.ID,
			Moves: []ledger.Move{f.CashOut(t.Amount)},
			Legs: []ledger.Leg{
				{Account: fund.Investments, Dim: ledger.Dim{Investee: h.ID}, Amount: t.Amount},
				{Account: fund.Cash, Amount: t.Amount.Neg()},
			}}
		if t.Deal.CapLine != 0 {
			j.Moves = append(j.Moves, ledger.Move{Line: t.Deal.CapLine, From: ledger.Committed, To: ledger.Disbursed, Amount: t.Amount})
		}
		if _, err := ledger.Post(ctx, tx, j); errors.Is(err, ledger.ErrInsufficient) {
			return ErrNoCash
		} else if err != nil {
			return fmt.Errorf("post tranche %s: %w", t.ID, err)
		}
		return nil
	})
}

// lockTranche locks the fund first, then the tranche.
func lockTranche(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Tranche, *fund.Fund, error) {
	var fundID uuid.UUID
	if err := found("tranche", tx.NewRaw("SELECT fund_id FROM investments WHERE id = ?", id).Scan(ctx, &fundID)); err != nil {
		return nil, nil, err
	}
	f, err := fund.Lock(ctx, tx, fundID)
	if err != nil {
		return nil, nil, err
	}
	t := new(Tranche)
	if err := found("tranche", tx.NewSelect().Model(t).Where("iv.id = ?", id).For("UPDATE OF iv").Scan(ctx)); err != nil {
		return nil, nil, err
	}
	t.Deal, err = Get(ctx, tx, t.DealID)
	return t, f, err
}

// holdingOf finds the holding of the tranche's firm, or makes a new one.
func holdingOf(ctx context.Context, tx bun.IDB, t *Tranche) (h *Holding, isNew bool, err error) {
	h = new(Holding)
	err = found("holding", tx.NewSelect().Model(h).Where("h.fund_id = ? AND h.organisation_id = ?", t.FundID, t.Deal.OrganisationID).
		For("UPDATE OF h").Scan(ctx))
	if errors.Is(err, errs.ErrNotFound) {
		return &Holding{ID: uuid.New(), FundID: t.FundID, OrganisationID: t.Deal.OrganisationID, Status: "active"}, true, nil
	}
	return h, false, err
}

// saveConfirmed writes the holding with the tranche in it, then the tranche.
func saveConfirmed(ctx context.Context, tx bun.IDB, t *Tranche, h *Holding, isNew bool) error {
	h.Cost, h.Sector, h.Round, h.Instrument = h.Cost.Add(t.Amount), t.Deal.Sector, t.Deal.Round, t.Deal.Instrument
	if t.Ownership != nil {
		h.Ownership = t.Ownership
	}
	var err error
	if isNew {
		_, err = tx.NewInsert().Model(h).Exec(ctx)
	} else {
		_, err = tx.NewUpdate().Model(h).Column("cost", "sector", "round", "instrument", "ownership").WherePK().Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("save holding %s: %w", h.ID, err)
	}
	if _, err := tx.NewUpdate().Model(t).Column("status", "confirmed_by", "holding_id").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("save tranche %s: %w", t.ID, err)
	}
	return nil
}
