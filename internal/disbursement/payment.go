package disbursement

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/job"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// ReleaseJob is the kind of the outbox job that hands an approved order to the treasury.
const ReleaseJob = "payment_order.release"

// MakeOrder draws up the payment order of a checked request, to the account both parties signed for.
func (s *Service) MakeOrder(ctx context.Context, request uuid.UUID) (*Order, error) {
	var o *Order
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, err := lockRequest(ctx, tx, request)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "payment_order", "create", r)
		if err != nil {
			return err
		}
		if r.Status != Checked {
			return ErrNotChecked
		}
		a, err := agreement.Get(ctx, tx, r.AgreementID)
		if err != nil {
			return err
		}
		now := storage.Now(ctx)
		no, err := nextNo(ctx, tx, "LC", calendar.DateOf(now).Year())
		if err != nil {
			return err
		}
		o = &Order{ID: uuid.New(), No: no, RequestID: r.ID, Amount: r.Amount, PayeeName: a.PayeeName, PayeeBank: a.PayeeBank, PayeeAccount: a.PayeeAccount,
			OrganisationID: r.OrganisationID, Status: Made, MadeBy: actor.ID, MadeAt: now, FinanceUnitID: r.FinanceUnitID, ManagingUnitID: r.ManagingUnitID, Version: 1}
		if o.PayeeBefore, err = payeeBefore(ctx, tx, o, a); err != nil {
			return err
		}
		if err := insertOrder(ctx, tx, o); err != nil {
			return err
		}
		r.Status = Ordered
		if err := saveRequest(ctx, tx, r); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, o, "create", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, orderEvent("payment_order.create", actor, o))
	})
	return o, err
}

// CheckOrder is the chief accountant's agreement to an order. It refuses with ErrLook where a machine check is not
// passed and remark says nothing of it.
func (s *Service) CheckOrder(ctx context.Context, id uuid.UUID, remark string) (*Order, error) {
	return s.order(ctx, id, "check", func(ctx context.Context, tx bun.Tx, o *Order, r *Request, actor access.Actor) error {
		look, err := s.look(ctx, tx, r, o)
		if err != nil {
			return err
		}
		return o.Check(actor.ID, storage.Now(ctx), Opinion{look, remark})
	}, nil)
}

// ApproveOrder is the account holder's signature. It refuses above the limits in force for one act, one day or
// one payee, where a limit is not set, and without a remark when the payee's account changed (ErrRemark) or a check is
// not passed (ErrLook); the release follows by the outbox.
func (s *Service) ApproveOrder(ctx context.Context, id uuid.UUID, remark string) (*Order, error) {
	return s.order(ctx, id, "approve", func(ctx context.Context, tx bun.Tx, o *Order, r *Request, actor access.Actor) error {
		if err := withinLimits(ctx, tx, o); err != nil {
			return err
		}
		a, err := agreement.Get(ctx, tx, r.AgreementID)
		if err != nil {
			return err
		}
		if o.PayeeBefore, err = payeeBefore(ctx, tx, o, a); err != nil {
			return err
		}
		look, err := s.look(ctx, tx, r, o)
		if err != nil {
			return err
		}
		return o.Approve(actor.ID, storage.Now(ctx), Opinion{look, remark})
	}, func(ctx context.Context, tx bun.Tx, o *Order, _ *Request) error {
		return job.Enqueue(ctx, tx, ReleaseJob, o.ID.String())
	})
}

func withinLimits(ctx context.Context, tx bun.IDB, o *Order) error {
	now := storage.Now(ctx)
	if err := lockLimits(ctx, tx); err != nil {
		return err
	}
	today, err := approvedSince(ctx, tx, dayStart(now), uuid.Nil)
	if err != nil {
		return err
	}
	payee, err := approvedSince(ctx, tx, yearStart(now), o.OrganisationID)
	if err != nil {
		return err
	}
	for _, l := range []struct {
		rule string
		sum  money.Amount
	}{
		{"payment.limit.act", o.Amount},
		{"payment.limit.day", today.Add(o.Amount)},
		{"payment.limit.payee", payee.Add(o.Amount)},
	} {
		v, err := rulebook.Get(ctx, tx, l.rule, now)
		if err != nil {
			return err
		}
		d, err := v.Decimal()
		if err != nil {
			return err
		}
		limit, err := money.FromDecimal(d)
		if err != nil {
			return err
		}
		if l.sum.Cmp(limit) > 0 {
			return ErrLimit.With(limit.Format(), l.sum.Format()).Because(v.Rule())
		}
	}
	return nil
}

// Release hands an approved order to the treasury; the outbox job calls it as the service, and again after a
// crash: an order already released stays as it is.
func (s *Service) Release(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		o, _, err := lockOrder(ctx, tx, id)
		if err != nil || o.ReleasedAt != nil {
			return err
		}
		_, err = s.order(ctx, id, "release", func(ctx context.Context, _ bun.Tx, o *Order, _ *Request, _ access.Actor) error {
			return o.Release(storage.Now(ctx))
		}, nil)
		return err
	})
}

// RecordFailed records that the treasury did not pay; the request is checked again and can be ordered anew.
func (s *Service) RecordFailed(ctx context.Context, id uuid.UUID, reason string) (*Order, error) {
	return s.stop(ctx, id, "record_failed", Failed, reason)
}

// CancelOrder stops an order that is not released yet.
func (s *Service) CancelOrder(ctx context.Context, id uuid.UUID, reason string) (*Order, error) {
	return s.stop(ctx, id, "cancel", OrderCancelled, reason)
}

func (s *Service) stop(ctx context.Context, id uuid.UUID, act string, to OrderStatus, reason string) (*Order, error) {
	return s.order(ctx, id, act, func(ctx context.Context, tx bun.Tx, o *Order, r *Request, _ access.Actor) error {
		if err := o.Stop(to, reason); err != nil {
			return err
		}
		r.Status = Checked
		return saveRequest(ctx, tx, r)
	}, nil)
}

// order is the shape of every command on an order: lock request and order, allow, decide, save, record, post last.
func (s *Service) order(ctx context.Context, id uuid.UUID, act string, decide func(context.Context, bun.Tx, *Order, *Request, access.Actor) error,
	post func(context.Context, bun.Tx, *Order, *Request) error) (*Order, error) {
	var o *Order
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		var r *Request
		var err error
		if o, r, err = lockOrder(ctx, tx, id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "payment_order", act, o)
		if err != nil {
			return err
		}
		if err := s.free(ctx, tx, o); err != nil {
			return err
		}
		if err := decide(ctx, tx, o, r, actor); err != nil {
			return err
		}
		if err := saveOrder(ctx, tx, o); err != nil {
			return err
		}
		if actor.ID != uuid.Nil {
			if err := access.Step(ctx, tx, o, act, actor); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, orderEvent("payment_order."+act, actor, o)); err != nil {
			return err
		}
		if post == nil {
			return nil
		}
		return post(ctx, tx, o, r)
	})
	return o, err
}

func person(a access.Actor) *uuid.UUID {
	if a.ID == uuid.Nil {
		return nil
	}
	return &a.ID
}

type orderFact struct {
	No          string       `json:"no"`
	Status      OrderStatus  `json:"status"`
	Amount      money.Amount `json:"amount"`
	PayeeBefore string       `json:"payee_before,omitempty"`
	Remark      string       `json:"remark,omitempty"`
	CheckRemark string       `json:"check_remark,omitempty"`
	TreasuryRef string       `json:"treasury_ref,omitempty"`
	PaidOn      string       `json:"paid_on,omitempty"` // 2026-12-31
}

func orderEvent(act string, by access.Actor, o *Order) audit.Event {
	f := orderFact{No: o.No, Status: o.Status, Amount: o.Amount, PayeeBefore: o.PayeeBefore, Remark: o.Remark, CheckRemark: o.CheckRemark}
	if o.TreasuryRef != nil {
		f.TreasuryRef, f.PaidOn = *o.TreasuryRef, o.PaidOn.String()
	}
	return audit.Event{Act: act, Actor: by.ID, Role: string(by.Role), Kind: "payment_order", Object: o.ID, Label: o.No, After: f, Reason: o.Reason}
}
