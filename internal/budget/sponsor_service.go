package budget

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
)

// PledgeInput is what a donor promised.
type PledgeInput struct {
	Donor, Purpose, Restriction string
	DocumentNo                  string
	DocumentOn                  calendar.Date
	Pledged                     money.Amount
}

// Pledge records what a donor promised to a line whose source is sponsorship.
func (s *Service) Pledge(ctx context.Context, line uuid.UUID, in PledgeInput) (sp *Pledge, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		l, err := lock(ctx, tx, line)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "record_sponsorship", l)
		switch {
		case err != nil:
			return err
		case l.SourceCode != Sponsorship:
			return ErrNotSponsored
		case l.Status == Closed:
			return ErrNotOpen
		}
		sp = &Pledge{ID: uuid.New(), LineID: l.ID, Donor: in.Donor, Purpose: in.Purpose, Restriction: in.Restriction,
			DocumentNo: in.DocumentNo, DocumentOn: in.DocumentOn, Pledged: in.Pledged, RecordedBy: actor.ID, RecordedAt: storage.Now(ctx), Version: 1}
		if err := sp.Check(calendar.DateOf(sp.RecordedAt)); err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(sp).Exec(ctx)
		if storage.Constraint(err) == "sponsorships_line_id_donor_document_no_key" {
			return ErrPledged.At(errs.Field{Name: "document_no", Code: ErrPledged.Code})
		}
		if err != nil {
			return fmt.Errorf("insert sponsorship of %s: %w", in.Donor, err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "budget_line.record_sponsorship", Actor: actor.ID, Role: string(actor.Role),
			Kind: "budget_line", Object: l.ID, Label: l.label(), Reason: sp.Purpose, After: struct {
				Donor    string       `json:"donor"`
				Pledged  money.Amount `json:"pledged"`
				Document string       `json:"document"`
			}{sp.Donor, sp.Pledged, sp.DocumentNo + " ngày " + sp.DocumentOn.Format()}})
	})
	return sp, err
}

// ReceiptInput is money of a sponsor that came in.
type ReceiptInput struct {
	Amount     money.Amount
	Account    string // cash_treasury or cash_bank
	Reference  string
	ReceivedOn calendar.Date
	Basis      string // id of a rule; "" = the first
}

// RecordReceipt records money that came in; nothing is on the line before it is confirmed.
func (s *Service) RecordReceipt(ctx context.Context, sponsorship uuid.UUID, in ReceiptInput) (r *Receipt, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		sp, l, err := lockSponsorship(ctx, tx, sponsorship)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "record_sponsorship", sp)
		switch {
		case err != nil:
			return err
		case l.Status != Open:
			return ErrNotOpen
		}
		now := storage.Now(ctx)
		rule, err := basis(ctx, tx, "sponsor", in.Basis, now)
		if err != nil {
			return err
		}
		r = &Receipt{ID: uuid.New(), SponsorshipID: sp.ID, Amount: in.Amount, Account: in.Account, Reference: text.Reference(in.Reference), ReceivedOn: in.ReceivedOn,
			Basis: rule.ID, BasisArticle: rule.Source(), Status: Recorded, RecordedBy: actor.ID, RecordedAt: now, Version: 1}
		if err := r.Check(calendar.DateOf(now)); err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(r).Exec(ctx)
		if storage.Constraint(err) == "sponsorship_receipts_reference_key" {
			return ErrReference.At(errs.Field{Name: "reference", Code: ErrReference.Code})
		}
		if err != nil {
			return fmt.Errorf("insert receipt of %s: %w", sp.Donor, err)
		}
		if err := access.Step(ctx, tx, r, "record", actor); err != nil {
			return err
		}
		return recordReceipt(ctx, tx, "budget_line.record_sponsorship", actor, sp, r, l)
	})
	return r, err
}

// ConfirmReceipt accepts a receipt: the money enters its source, goes down to the sponsor's line, and is in the books of
// what really moved.
func (s *Service) ConfirmReceipt(ctx context.Context, id uuid.UUID) error {
	return s.endReceipt(ctx, id, "budget_line.confirm_sponsorship", func(ctx context.Context, tx bun.Tx, actor access.Actor, sp *Pledge, r *Receipt, l *Line) error {
		if l.Status != Open {
			return ErrNotOpen
		}
		if err := r.Confirm(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		up, err := branchOf(ctx, tx, l.ID)
		if err != nil {
			return err
		}
		for i, j := range receiptJournals(sp, r, up) {
			done, err := ledger.Post(ctx, tx, j)
			if err != nil {
				return err
			}
			if i == 0 {
				r.Voucher = done.No
			}
		}
		return nil
	})
}

// receiptJournals are the journals of a confirmed receipt; up is the sponsor's line with the lines above it.
func receiptJournals(sp *Pledge, r *Receipt, up branch) []ledger.Journal {
	l, root := up[0], up[len(up)-1]
	journal := func(book, kind, part string) ledger.Journal {
		return ledger.Journal{Book: book, Kind: kind, Key: "sponsorship_receipt/" + r.ID.String() + part, Actor: r.RecordedBy, Approver: *r.ConfirmedBy,
			Reason: sp.Donor + ": " + sp.Purpose, Basis: r.Basis,
			Document: ledger.Ref{Kind: "sponsorship_receipt", ID: r.ID, No: r.Reference + " ngày " + r.ReceivedOn.Format()}}
	}
	in := journal("BUDGET", "sponsor", "")
	in.Moves = []ledger.Move{move(root, ledger.Source, ledger.Available, r.Amount)}
	cash := journal("ACTUAL", "sponsor", "/actual")
	cash.Legs = []ledger.Leg{{Account: r.Account, Dim: l.Dim(), Amount: r.Amount}, {Account: "sponsorship", Dim: l.Dim(), Amount: r.Amount.Neg()}}
	out := []ledger.Journal{in, cash}
	for i := len(up) - 1; i > 0; i-- {
		j := journal("BUDGET", "allocate", fmt.Sprintf("/allocate-%d", i))
		j.Moves = []ledger.Move{move(up[i], ledger.Available, ledger.Allocated, r.Amount), move(up[i-1], ledger.Source, ledger.Available, r.Amount)}
		out = append(out, j)
	}
	return out
}

// DeclineReceipt refuses a receipt with a reason.
func (s *Service) DeclineReceipt(ctx context.Context, id uuid.UUID, reason string) error {
	return s.endReceipt(ctx, id, "budget_line.decline_sponsorship", func(ctx context.Context, tx bun.Tx, actor access.Actor, sp *Pledge, r *Receipt, l *Line) error {
		return r.Decline(actor.ID, storage.Now(ctx), reason)
	})
}

func (s *Service) endReceipt(ctx context.Context, id uuid.UUID, act string, do func(context.Context, bun.Tx, access.Actor, *Pledge, *Receipt, *Line) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r := new(Receipt)
		err := one(tx.NewSelect().Model(r).Where("sr.id = ?", id).For("UPDATE").Scan(ctx), "sponsorship receipt", id)
		if err != nil {
			return err
		}
		sp, l, err := lockSponsorship(ctx, tx, r.SponsorshipID)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "confirm_sponsorship", r)
		if err != nil {
			return err
		}
		if err := recordReceipt(ctx, tx, act, actor, sp, r, l); err != nil {
			return err
		}
		if err := access.ClearSteps(ctx, tx, r); err != nil {
			return err
		}
		if err := do(ctx, tx, actor, sp, r, l); err != nil {
			return err
		}
		r.Version++
		_, err = tx.NewUpdate().Model(r).WherePK().Column("status", "reason", "confirmed_by", "confirmed_at", "voucher", "version").Exec(ctx)
		if err != nil {
			return fmt.Errorf("save sponsorship receipt %s: %w", id, err)
		}
		return nil
	})
}

func recordReceipt(ctx context.Context, tx bun.Tx, act string, actor access.Actor, sp *Pledge, r *Receipt, l *Line) error {
	return audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "budget_line", Object: l.ID,
		Label: l.label(), Reason: sp.Purpose, RuleID: r.Basis, After: struct {
			Donor     string       `json:"donor"`
			Amount    money.Amount `json:"amount"`
			Reference string       `json:"reference"`
		}{sp.Donor, r.Amount, r.Reference}})
}

// lockSponsorship reads a sponsorship and keeps its line from being closed meanwhile.
func lockSponsorship(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Pledge, *Line, error) {
	sp := new(Pledge)
	if err := one(tx.NewSelect().Model(sp).Where("sp.id = ?", id).For("UPDATE").Scan(ctx), "sponsorship", id); err != nil {
		return nil, nil, err
	}
	l, err := lock(ctx, tx, sp.LineID)
	return sp, l, err
}

// restricted names a donor who gave money of a line for one use only; "" when there is none.
func restricted(ctx context.Context, db bun.IDB, line uuid.UUID) (donor string, err error) {
	err = db.NewRaw("SELECT COALESCE(min(donor), '') FROM sponsorships WHERE line_id = ? AND restriction <> ''", line).Scan(ctx, &donor)
	if err != nil {
		return "", fmt.Errorf("restrictions of budget line %s: %w", line, err)
	}
	return donor, nil
}

// SponsorRow is a sponsorship with its line and what came in of it, in đồng.
type SponsorRow struct {
	Pledge   `bun:",extend"`
	Line     *Line `bun:"rel:belongs-to,join:line_id=id"`
	Received money.Amount
	Waiting  money.Amount // recorded, not confirmed
}

// Left is what is still expected; below zero when more came than was promised.
func (r SponsorRow) Left() money.Amount { return r.Pledged.Sub(r.Received) }
