package disbursement

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/text"
)

// OrderStatus is the state of a payment order.
type OrderStatus string

// The states of an order.
const (
	Made           OrderStatus = "made"
	OrderChecked   OrderStatus = "checked"
	Approved       OrderStatus = "approved"
	Released       OrderStatus = "released" // handed to the State Treasury by the outbox
	OrderPaid      OrderStatus = "paid"
	Failed         OrderStatus = "failed"
	OrderCancelled OrderStatus = "cancelled"
)

// Order is a payment order to the State Treasury (lệnh chi tiền) for one checked request.
//
// Amount is in whole đồng and equals the request's. TreasuryRef is the treasury's voucher number, unique over all
// orders: the same payment is never recorded twice. Maker, checker and approver are three people, none of them
// the requester.
// Source: TT 26/2026/TT-BTC, Điều 15 khoản 4.
type Order struct {
	bun.BaseModel  `bun:"table:payment_orders,alias:po"`
	ID             uuid.UUID    `bun:",pk,type:uuid"`
	No             string       // LC-2026-0098
	RequestID      uuid.UUID    `bun:"type:uuid"`
	Amount         money.Amount `bun:"type:numeric"`
	PayeeName      string
	PayeeBank      string
	PayeeAccount   string
	PayeeBefore    string    // account before it changed, empty when it did not; approving then needs a remark
	OrganisationID uuid.UUID `bun:"type:uuid"`
	Status         OrderStatus
	MadeBy         uuid.UUID `bun:"type:uuid"`
	MadeAt         time.Time
	CheckedBy      *uuid.UUID `bun:"type:uuid"`
	CheckedAt      *time.Time
	CheckRemark    string     // of who checked it, needed where a machine check was not passed
	ApprovedBy     *uuid.UUID `bun:"type:uuid"`
	ApprovedAt     *time.Time
	Remark         string // of who approved it
	ReleasedAt     *time.Time
	TreasuryRef    *string
	PaidOn         *calendar.Date `bun:"type:date"` // day the treasury paid
	PaidAt         *time.Time     // when that was recorded
	RecordedBy     *uuid.UUID     `bun:"type:uuid"`
	Reason         string         // why it failed or was cancelled
	FinanceUnitID  uuid.UUID      `bun:"type:uuid"`
	ManagingUnitID uuid.UUID      `bun:"type:uuid"`
	Version        int
}

// AccessKind names the noun in access.
func (*Order) AccessKind() string { return "payment_order" }

// AccessID is the row.
func (o *Order) AccessID() uuid.UUID { return o.ID }

// Refusals of orders.
var (
	ErrOrderState  = errs.New(errs.Conflict, "disbursement.order_state")
	ErrOpenOrder   = errs.New(errs.Conflict, "disbursement.open_order")   // one open order per request
	ErrTreasuryRef = errs.New(errs.Invalid, "disbursement.treasury_ref")  // reference missing
	ErrRemark      = errs.New(errs.Invalid, "disbursement.remark_needed") // the payee's account changed
	ErrPaidDay     = errs.New(errs.Invalid, "disbursement.paid_day")      // day of the treasury; Args: the day of the release
	ErrYearSpent   = errs.New(errs.Conflict, "disbursement.year_spent")   // Args: the budget year, its last day of payment
	ErrYearAhead   = errs.New(errs.Conflict, "disbursement.year_ahead")   // Args: the budget year, its first and last day of payment
	ErrPaidTwice   = errs.New(errs.Conflict, "disbursement.paid_twice")   // reference already recorded; Args: order no.
	ErrLimit       = errs.New(errs.Conflict, "disbursement.limit")        // Args: limit, amount
)

// Check is the chief accountant's agreement. On error o is unchanged.
func (o *Order) Check(by uuid.UUID, at time.Time, said Opinion) error {
	switch {
	case o.Status != Made:
		return ErrOrderState
	case o.MadeBy == by:
		return ErrSamePerson
	}
	if err := said.enough("reason"); err != nil {
		return err
	}
	o.Status, o.CheckedBy, o.CheckedAt, o.CheckRemark = OrderChecked, &by, &at, strings.TrimSpace(said.Remark)
	return nil
}

// Approve is the account holder's signature, the fourth person, with a remark where the payee's account changed. On error o
// is unchanged.
func (o *Order) Approve(by uuid.UUID, at time.Time, said Opinion) error {
	switch {
	case o.Status != OrderChecked:
		return ErrOrderState
	case o.MadeBy == by || *o.CheckedBy == by:
		return ErrSamePerson
	case o.PayeeBefore != "" && strings.TrimSpace(said.Remark) == "":
		return ErrRemark.At(errs.Field{Name: "remark", Code: ErrRemark.Code})
	}
	if err := said.enough("remark"); err != nil {
		return err
	}
	o.Status, o.ApprovedBy, o.ApprovedAt, o.Remark = Approved, &by, &at, strings.TrimSpace(said.Remark)
	return nil
}

// Release hands the order to the treasury. On error o is unchanged.
func (o *Order) Release(at time.Time) error {
	if o.Status != Approved {
		return ErrOrderState
	}
	o.Status, o.ReleasedAt = Released, &at
	return nil
}

// Pay records the treasury's confirmation under its reference and the day it paid, from the day of the release to that of
// at, both included; by is Nil for the treasury link itself. On error o is unchanged.
func (o *Order) Pay(ref string, on calendar.Date, by *uuid.UUID, at time.Time) error {
	ref = text.Reference(ref)
	switch {
	case o.Status != Released:
		return ErrOrderState
	case ref == "" || len(ref) > 60:
		return ErrTreasuryRef.At(errs.Field{Name: "treasury_ref", Code: "disbursement.treasury_ref"})
	}
	released := calendar.DateOf(*o.ReleasedAt)
	if on.Before(released) || on.After(calendar.DateOf(at)) {
		return ErrPaidDay.With(released.Format()).At(errs.Field{Name: "paid_on", Code: ErrPaidDay.Code, Args: []any{released.Format()}})
	}
	o.Status, o.TreasuryRef, o.PaidOn, o.PaidAt, o.RecordedBy = OrderPaid, &ref, &on, &at, by
	return nil
}

// Stop ends an order without payment: failed at the treasury, or cancelled before release. On error o is
// unchanged.
func (o *Order) Stop(to OrderStatus, reason string) error {
	fits := to == Failed && o.Status == Released || to == OrderCancelled && (o.Status == Made || o.Status == OrderChecked)
	switch {
	case !fits:
		return ErrOrderState
	case strings.TrimSpace(reason) == "":
		return ErrReason.At(errs.Field{Name: "reason", Code: "disbursement.reason_needed"})
	}
	o.Status, o.Reason = to, reason
	return nil
}

// OrderMoves lists the graph of an order: from, act, to.
var OrderMoves = []Move{
	{"made", "payment_order.check", "checked"},
	{"made", "payment_order.cancel", "cancelled"},
	{"checked", "payment_order.cancel", "cancelled"},
	{"checked", "payment_order.approve", "approved"},
	{"approved", "payment_order.release", "released"},
	{"released", "payment_order.record_paid", "paid"},
	{"released", "payment_order.record_failed", "failed"},
}
