package disbursement

import (
	"context"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/audit"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
)

// KeepFiles tells the service where the papers of vouchers are kept.
func (s *Service) KeepFiles(store *file.Store) { s.files = store }

// advanceAllowed refuses a first advance over its share of the support, and a further one while less than a share of
// the earlier ones is settled or paid back. Two at once wait for the agreement.
// Source: TTLT 27/2015/TTLT-BKHCN-BTC (science.advance_share, science.advance_settled).
func advanceAllowed(ctx context.Context, tx bun.IDB, r *Request) error {
	a, err := agreement.Lock(ctx, tx, r.AgreementID)
	if err != nil {
		return err
	}
	given, settled, err := advancesOf(ctx, tx, a.ID, r.ID)
	if err != nil {
		return err
	}
	if given.IsZero() {
		return agreement.FirstAdvance(ctx, tx, a.Amount, r.Amount)
	}
	v, err := rulebook.Get(ctx, tx, "science.advance_settled", storage.Now(ctx))
	if err != nil {
		return err
	}
	share, err := v.Decimal()
	if err != nil {
		return err
	}
	if settled.Decimal().Mul(decimal.NewFromInt(100)).Cmp(share.Mul(given.Decimal())) < 0 {
		return ErrUnsettled.With(settled.Format(), given.Format(), v.Text).Because(v.Rule())
	}
	return nil
}

// NewVoucher is one paper as the grantee enters it.
type NewVoucher struct {
	No       string
	IssuedOn calendar.Date
	Issuer   string // tax code or name of who gave it out
	Amount   money.Amount
	FileName string
	File     io.Reader
}

// AddVoucher adds a paper to the draft of the settlement of a paid advance, and starts the draft when there is none. A
// paper that stands in any settlement already is refused with ErrVoucherTwice; of two people at once one passes.
func (s *Service) AddVoucher(ctx context.Context, advance uuid.UUID, in NewVoucher) (*Settlement, error) {
	var se *Settlement
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, err := lockRequest(ctx, tx, advance)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "advance_settlement", "create", r)
		if err != nil {
			return err
		}
		now := storage.Now(ctx)
		v := &Voucher{ID: uuid.New(), No: text.Plain(in.No), IssuedOn: in.IssuedOn, Issuer: text.Plain(in.Issuer), Amount: in.Amount, AddedBy: actor.ID, AddedAt: now}
		switch {
		case !r.Advance || r.Status != Paid:
			return ErrNotAdvance
		case v.No == "" || utf8.RuneCountInString(v.No) > 60:
			return errs.FieldError("no", "disbursement.voucher_no_needed")
		case v.IssuedOn.IsZero() || v.IssuedOn.After(calendar.DateOf(now)):
			return errs.FieldError("issued_on", "disbursement.voucher_day")
		case v.Issuer == "" || utf8.RuneCountInString(v.Issuer) > 200:
			return errs.FieldError("issuer", "disbursement.issuer_needed")
		case v.Amount.Sign() <= 0:
			return errs.FieldError("amount", "disbursement.voucher_amount_needed")
		}
		if se, err = draftOf(ctx, tx, r.ID); err != nil {
			return err
		}
		if se == nil {
			if se, err = newSettlement(ctx, tx, r, ByVouchers, actor.ID); err != nil {
				return err
			}
			se.Status = SettlementDraft
			if err := insertSettlement(ctx, tx, se); err != nil {
				return err
			}
			if err := access.Step(ctx, tx, se, "prepare", actor); err != nil {
				return err
			}
		}
		f, err := s.files.Save(ctx, tx, in.FileName, in.File)
		if err != nil {
			if e := errs.From(err); e.Kind == errs.Invalid {
				return e.At(errs.Field{Name: "file", Code: e.Code, Args: e.Args})
			}
			return err
		}
		v.SettlementID, v.FileID = se.ID, f.ID
		if err := insertVoucher(ctx, tx, v); err != nil {
			return err
		}
		se.Amount = se.Amount.Add(v.Amount)
		if err := saveSettlement(ctx, tx, se); err != nil {
			return err
		}
		return audit.Record(ctx, tx, settlementEvent("advance_settlement.create", actor, se))
	})
	return se, err
}

// SubmitSettlement hands the vouchers in to Sở Tài chính.
func (s *Service) SubmitSettlement(ctx context.Context, id uuid.UUID) (*Settlement, error) {
	return s.settlement(ctx, id, "submit", func(ctx context.Context, tx bun.Tx, se *Settlement, r *Request, actor access.Actor) error {
		open, err := openOf(ctx, tx, r)
		if err != nil {
			return err
		}
		return se.Submit(actor.ID, storage.Now(ctx), open)
	})
}

// CheckSettlement is the finance officer's agreement to the vouchers.
func (s *Service) CheckSettlement(ctx context.Context, id uuid.UUID) (*Settlement, error) {
	return s.settlement(ctx, id, "check", func(ctx context.Context, _ bun.Tx, se *Settlement, _ *Request, actor access.Actor) error {
		return se.Check(actor.ID, storage.Now(ctx))
	})
}

// ReturnSettlement gives a settlement back with a reason.
func (s *Service) ReturnSettlement(ctx context.Context, id uuid.UUID, reason string) (*Settlement, error) {
	return s.settlement(ctx, id, "return", func(_ context.Context, _ bun.Tx, se *Settlement, _ *Request, _ access.Actor) error {
		return se.Return(reason)
	})
}

// ConfirmSettlement is the chief accountant's agreement, which posts it: advanced becomes disbursed, and the advance an
// expense; of money paid back advanced becomes available, in a later year returned. It refuses with ErrOverAdvance more
// than the advance has open; of two that do not fit together one passes.
func (s *Service) ConfirmSettlement(ctx context.Context, id uuid.UUID) (*Settlement, error) {
	return s.settlement(ctx, id, "confirm", func(ctx context.Context, tx bun.Tx, se *Settlement, r *Request, actor access.Actor) error {
		open, err := openOf(ctx, tx, r)
		if err != nil {
			return err
		}
		now := storage.Now(ctx)
		if se.Kind == ByVouchers {
			if err := stillAdjusting(ctx, tx, r, now); err != nil {
				return err
			}
		}
		return se.Confirm(actor.ID, now, open)
	})
}

// stillAdjusting refuses vouchers once the settlement-adjustment period of the advance's budget year is over: what is
// open by then is carried over or paid back.
// Source: TT 26/2026/TT-BTC, Điều 15 khoản 2, Điều 19 khoản 4.
func stillAdjusting(ctx context.Context, tx bun.IDB, r *Request, now time.Time) error {
	line, err := budget.Get(ctx, tx, r.BudgetLineID)
	if err != nil {
		return err
	}
	last, err := budget.AdjustingEnds(ctx, tx, line.Year, now)
	if err != nil {
		return err
	}
	if today := calendar.DateOf(now); today.After(last.Day) {
		return ErrAdjustingOver.With(strconv.Itoa(line.Year), last.Day.Format()).Because(last.Rule.Rule(errs.Input{Label: "budget.day", Value: today.Format()}))
	}
	return nil
}

// CancelSettlement takes a draft back; its vouchers may be claimed again.
func (s *Service) CancelSettlement(ctx context.Context, id uuid.UUID) (*Settlement, error) {
	return s.settlement(ctx, id, "cancel", func(_ context.Context, _ bun.Tx, se *Settlement, _ *Request, actor access.Actor) error {
		return se.Cancel(actor.ID)
	})
}

// RemoveVoucher takes a voucher off a draft; the record of it keeps what it said.
func (s *Service) RemoveVoucher(ctx context.Context, id uuid.UUID) (*Settlement, error) {
	var se *Settlement
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		v, x, err := lockVoucher(ctx, tx, id)
		if err != nil {
			return err
		}
		se = x
		actor, err := s.access.Require(ctx, tx, "advance_settlement", "remove_voucher", se)
		if err != nil {
			return err
		}
		if err := se.TakeOff(v, actor.ID); err != nil {
			return err
		}
		if err := deleteVoucher(ctx, tx, v); err != nil {
			return err
		}
		if err := saveSettlement(ctx, tx, se); err != nil {
			return err
		}
		e := settlementEvent("advance_settlement.remove_voucher", actor, se)
		e.Before = voucherFact{v.No, v.IssuedOn.String(), v.Issuer, v.Amount, v.FileID}
		return audit.Record(ctx, tx, e)
	})
	return se, err
}

type voucherFact struct {
	No       string       `json:"no"`
	IssuedOn string       `json:"issued_on"`
	Issuer   string       `json:"issuer"`
	Amount   money.Amount `json:"amount"`
	File     uuid.UUID    `json:"file"`
}

// RecordRefund records what was paid back of an advance under the treasury's reference; the chief accountant confirms it.
func (s *Service) RecordRefund(ctx context.Context, advance uuid.UUID, amount money.Amount, treasuryRef string, on calendar.Date) (*Settlement, error) {
	var se *Settlement
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, err := lockRequest(ctx, tx, advance)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "advance_settlement", "record_refund", r)
		if err != nil {
			return err
		}
		if !r.Advance || r.Status != Paid {
			return ErrNotAdvance
		}
		open, err := openOf(ctx, tx, r)
		if err != nil {
			return err
		}
		now, ref := storage.Now(ctx), text.Reference(treasuryRef)
		switch {
		case ref == "" || len(ref) > 60:
			return ErrTreasuryRef.At(errs.Field{Name: "treasury_ref", Code: "disbursement.treasury_ref"})
		case on.Before(*r.PaidOn) || on.After(calendar.DateOf(now)):
			return errs.FieldError("paid_back_on", "disbursement.refund_day")
		case amount.Sign() <= 0:
			return errs.FieldError("amount", "disbursement.voucher_amount_needed")
		case amount.Cmp(open) > 0:
			return ErrOverAdvance.With(amount.Format(), open.Format())
		}
		if se, err = newSettlement(ctx, tx, r, ByRefund, actor.ID); err != nil {
			return err
		}
		se.Amount, se.TreasuryRef, se.PaidBackOn, se.Status = amount, &ref, &on, SettlementChecked
		se.SubmittedBy, se.SubmittedAt, se.CheckedBy, se.CheckedAt = &actor.ID, &now, &actor.ID, &now
		if err := insertSettlement(ctx, tx, se); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, se, "record_refund", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, settlementEvent("advance_settlement.record_refund", actor, se))
	})
	return se, err
}

func newSettlement(ctx context.Context, tx bun.IDB, r *Request, kind string, by uuid.UUID) (*Settlement, error) {
	now := storage.Now(ctx)
	no, err := nextNo(ctx, tx, "TU", calendar.DateOf(now).Year())
	if err != nil {
		return nil, err
	}
	return &Settlement{ID: uuid.New(), No: no, RequestID: r.ID, AgreementID: r.AgreementID, OrganisationID: r.OrganisationID, ProposalID: r.ProposalID,
		Kind: kind, PreparedBy: by, ManagingUnitID: r.ManagingUnitID, FinanceUnitID: r.FinanceUnitID, CreatedAt: now, Version: 1}, nil
}

// settlement is the shape of every command on a settlement: lock advance and settlement, allow, decide, save, record,
// post last.
func (s *Service) settlement(ctx context.Context, id uuid.UUID, act string,
	decide func(context.Context, bun.Tx, *Settlement, *Request, access.Actor) error) (*Settlement, error) {
	var se *Settlement
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		var r *Request
		var err error
		if se, r, err = lockSettlement(ctx, tx, id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "advance_settlement", act, se)
		if err != nil {
			return err
		}
		if err := decide(ctx, tx, se, r, actor); err != nil {
			return err
		}
		if err := saveSettlement(ctx, tx, se); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, se, act, actor); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, settlementEvent("advance_settlement."+act, actor, se)); err != nil {
			return err
		}
		if se.Status != SettlementConfirmed {
			return nil
		}
		return postSettlement(ctx, tx, r, se)
	})
	return se, err
}

type settlementFact struct {
	No          string           `json:"no"`
	Advance     uuid.UUID        `json:"advance"`
	Kind        string           `json:"kind"`
	Status      SettlementStatus `json:"status"`
	Amount      money.Amount     `json:"amount"`
	TreasuryRef string           `json:"treasury_ref,omitempty"`
}

func settlementEvent(act string, by access.Actor, se *Settlement) audit.Event {
	f := settlementFact{No: se.No, Advance: se.RequestID, Kind: se.Kind, Status: se.Status, Amount: se.Amount}
	if se.TreasuryRef != nil {
		f.TreasuryRef = *se.TreasuryRef
	}
	return audit.Event{Act: act, Actor: by.ID, Role: string(by.Role), Kind: "advance_settlement", Object: se.ID, Label: se.No, After: f, Reason: se.Reason}
}
