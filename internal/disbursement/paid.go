package disbursement

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
)

// RecordPaid records the treasury's confirmation and the day it paid: requested becomes disbursed and the expense is
// booked; of an advance requested becomes advanced, and the grantee owes vouchers for it. The same treasury reference
// twice is ErrPaidTwice, a day before the release or after today ErrPaidDay, one when the line's year takes no payment any
// more ErrYearSpent, one before that year ErrYearAhead.
func (s *Service) RecordPaid(ctx context.Context, id uuid.UUID, treasuryRef string, on calendar.Date) (*Order, error) {
	return s.order(ctx, id, "record_paid", func(ctx context.Context, tx bun.Tx, o *Order, r *Request, actor access.Actor) error {
		now := storage.Now(ctx)
		if err := o.Pay(treasuryRef, on, person(actor), now); err != nil {
			return err
		}
		line, err := budget.Get(ctx, tx, r.BudgetLineID)
		if err != nil {
			return err
		}
		if err := inYear(ctx, tx, line.Year, r.Advance, on); err != nil {
			return err
		}
		r.Status, r.PaidAt, r.PaidOn = Paid, &now, &on
		if r.Advance {
			r.AdvanceYear = &line.Year
		}
		if err := saveRequest(ctx, tx, r); err != nil {
			return err
		}
		return agreement.SetMilestone(ctx, tx, r.MilestoneID, agreement.MilestonePaid)
	}, postPayment)
}

// inYear refuses a payment day before a budget year begins and after its last one: an advance is paid by the end of the year, work done in
// it until its adjusting period is over.
// Source: TT 26/2026/TT-BTC, Điều 15 khoản 2, Điều 19 khoản 3.
func inYear(ctx context.Context, tx bun.IDB, year int, advance bool, on calendar.Date) error {
	last, err := budget.AdjustingEnds(ctx, tx, year, storage.Now(ctx))
	if advance {
		last, err = budget.SpendingEnds(ctx, tx, year, storage.Now(ctx))
	}
	if err != nil {
		return err
	}
	if first := calendar.On(year, 1, 1); on.Before(first) {
		return ErrYearAhead.With(strconv.Itoa(year), first.Format(), last.Day.Format()).Because(last.Rule.Rule(errs.Input{Label: "disbursement.paid_on", Value: on.Format()}))
	}
	if on.After(last.Day) {
		return ErrYearSpent.With(strconv.Itoa(year), last.Day.Format()).Because(last.Rule.Rule(errs.Input{Label: "disbursement.paid_on", Value: on.Format()}))
	}
	return nil
}

// postPayment books a paid order on the treasury's day, or today when that month is closed.
func postPayment(ctx context.Context, tx bun.Tx, o *Order, r *Request) error {
	line, err := budget.Get(ctx, tx, r.BudgetLineID)
	if err != nil {
		return err
	}
	kind, to, account := ledger.KindDisburse, ledger.Disbursed, "grant_expense"
	if r.Advance {
		kind, to, account = ledger.KindAdvance, ledger.Advanced, "advances"
	}
	on, err := bookedOn(ctx, tx, *o.PaidOn)
	if err != nil {
		return err
	}
	doc := ledger.Ref{Kind: "payment_order", ID: o.ID, No: o.No + ", " + treasuryDoc(*o.TreasuryRef, *o.PaidOn)}
	m := stage{Kind: kind, Amount: r.Amount, From: ledger.Requested, FromContract: ledger.Requested, To: to, Actor: o.MadeBy, Approver: *o.ApprovedBy, On: on.Start()}
	if err := postCash(ctx, tx, r, doc, m, side{account, line.Year}, side{"cash_treasury", line.Year}); err != nil {
		return err
	}
	return postStage(ctx, tx, r, doc, m)
}
