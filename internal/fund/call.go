package fund

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// CallStatus is where a capital call stands.
type CallStatus string

// The states of a capital call. It closes by itself when every line is paid whole.
const (
	CallDraft    CallStatus = "draft"
	CallApproved CallStatus = "approved"
	CallIssued   CallStatus = "issued"
	CallClosed   CallStatus = "closed"
)

// CallMoves is the graph of a capital call. States without an entry are final.
var CallMoves = map[CallStatus][]CallStatus{
	CallDraft:    {CallApproved},
	CallApproved: {CallIssued},
	CallIssued:   {CallClosed},
}

// Refusals of a capital call.
var (
	ErrCallState   = errs.New(errs.Conflict, "fund.call_state")
	ErrNoInvestors = errs.New(errs.Conflict, "fund.no_investors")
	ErrNotice      = errs.New(errs.Invalid, "fund.call_notice")    // Args: days, first day allowed
	ErrOverLine    = errs.New(errs.Conflict, "fund.over_line")     // Args: what is still due on the line
	ErrPayLater    = errs.New(errs.Invalid, "fund.paid_in_future") // a payment of a day to come
)

// Buckets is what a call is for, in whole đồng; together positive.
type Buckets struct {
	Investment money.Amount `bun:"type:numeric"`
	Fee        money.Amount `bun:"type:numeric"`
	Expense    money.Amount `bun:"type:numeric"`
}

// Total is the sum of the buckets.
func (b Buckets) Total() money.Amount { return money.Sum(b.Investment, b.Fee, b.Expense) }

// CapitalCall asks the investors to pay in part of what they committed (thông báo gọi vốn).
//
// Its lines divide each bucket by commitments with the largest remainder. DueOn is a day at least the charter's
// notice, in working days, after IssuedOn. Source: the charter; without it ILPA Principles 3.0, 10 working days.
type CapitalCall struct {
	bun.BaseModel `bun:"table:capital_calls,alias:cc"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	FundID        uuid.UUID `bun:"type:uuid"`
	Number        int       // 1, 2, … within the fund
	Code          string    // GV-<fund>-<number>
	Buckets
	Purpose    string
	Status     CallStatus
	DueOn      calendar.Date
	DraftedBy  uuid.UUID  `bun:"type:uuid"`
	ApprovedBy *uuid.UUID `bun:"type:uuid"`
	IssuedOn   calendar.Date
	ClosedOn   calendar.Date
	Version    int
	CreatedAt  time.Time  `bun:",nullzero"`
	Lines      []CallLine `bun:"rel:has-many,join:id=call_id"`
}

// AccessKind names capital calls in policies and ties.
func (c *CapitalCall) AccessKind() string { return "capital_call" }

// AccessID is the call's id.
func (c *CapitalCall) AccessID() uuid.UUID { return c.ID }

// Paid is what came in on all lines.
func (c *CapitalCall) Paid() (sum money.Amount) {
	for i := range c.Lines {
		sum = sum.Add(c.Lines[i].Paid)
	}
	return sum
}

// CallLine is what one investor owes of a call; Amount is the sum of its buckets and 0 ≤ Paid ≤ Amount.
type CallLine struct {
	bun.BaseModel `bun:"table:capital_call_lines,alias:cl"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	CallID        uuid.UUID `bun:"type:uuid"`
	InvestorID    uuid.UUID `bun:"type:uuid"`
	Position      int
	Buckets
	Amount   money.Amount  `bun:"type:numeric"`
	Paid     money.Amount  `bun:"type:numeric"`
	LastPaid calendar.Date `bun:"last_paid_on"`
	PaidLate bool
	Investor *Investor `bun:"rel:belongs-to,join:investor_id=id"`
}

// Due is what is still owed.
func (l *CallLine) Due() money.Amount { return l.Amount.Sub(l.Paid) }

// State says how the line stands on a day, given the day it is due: waiting, partial, overdue, paid or paid_late.
func (l *CallLine) State(due, today calendar.Date) string {
	switch {
	case l.Due().IsZero() && l.PaidLate:
		return "paid_late"
	case l.Due().IsZero():
		return "paid"
	case !due.IsZero() && today.After(due):
		return "overdue"
	case l.Paid.Sign() > 0:
		return "partial"
	}
	return "waiting"
}

// pay adds a payment of the day on to the line; it refuses more than is due with ErrOverLine.
func (l *CallLine) pay(amount money.Amount, on, due calendar.Date) error {
	if amount.Sign() <= 0 {
		return ErrAmount.At(errs.Field{Name: "amount", Code: ErrAmount.Code})
	}
	if amount.Cmp(l.Due()) > 0 {
		return ErrOverLine.With(l.Due().Format())
	}
	l.Paid = l.Paid.Add(amount)
	l.LastPaid = on
	l.PaidLate = l.PaidLate || on.After(due)
	return nil
}

// divide makes the lines of a call: each bucket split by commitments, ties to the first investor. Investors come
// ordered by position. It refuses a line above what its investor may still pay.
func divide(b Buckets, investors []Investor) ([]CallLine, error) {
	if b.Total().Sign() <= 0 {
		return nil, ErrAmount.At(errs.Field{Name: "investment", Code: ErrAmount.Code})
	}
	weights := make([]money.Amount, len(investors))
	for i := range investors {
		weights[i] = investors[i].Committed
	}
	if money.Sum(weights...).Sign() <= 0 {
		return nil, ErrNoInvestors
	}
	inv, fee, exp := money.Split(b.Investment, weights), money.Split(b.Fee, weights), money.Split(b.Expense, weights)
	lines := make([]CallLine, 0, len(investors))
	for i := range investors {
		part := Buckets{inv[i], fee[i], exp[i]}
		if part.Total().IsZero() {
			continue
		}
		if part.Total().Cmp(investors[i].Unfunded()) > 0 {
			return nil, ErrOverCommitment.With(investors[i].Name, investors[i].Unfunded().Format())
		}
		lines = append(lines, CallLine{ID: uuid.New(), InvestorID: investors[i].ID, Position: investors[i].Position,
			Buckets: part, Amount: part.Total()})
	}
	return lines, nil
}

// move takes the call to another state of its graph, or refuses with ErrCallState and leaves it unchanged.
func (c *CapitalCall) move(to CallStatus) error {
	for _, s := range CallMoves[c.Status] {
		if s == to {
			c.Status = to
			return nil
		}
	}
	return ErrCallState
}
