package fund

import (
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// EntryKind is what a capital entry records.
type EntryKind string

// A commitment is the contract of contribution; a contribution is money that came in.
const (
	Commitment   EntryKind = "commitment"
	Contribution EntryKind = "contribution"
)

// EntryStatus is where a capital entry stands.
type EntryStatus string

// The states of an entry.
const (
	Recorded EntryStatus = "recorded"
	Approved EntryStatus = "approved"
)

// Refusals of charter capital.
var (
	ErrStateShare     = errs.New(errs.Conflict, "fund.state_share")     // Args: the side, state part, total, cap in %
	ErrOverCommitment = errs.New(errs.Conflict, "fund.over_commitment") // Args: what the investor may still pay
	ErrOverCharter    = errs.New(errs.Conflict, "fund.over_charter")    // Args: what is left to commit
	ErrEntryDone      = errs.New(errs.Conflict, "fund.entry_done")
	ErrDocumentTaken  = errs.New(errs.Conflict, "fund.document_taken") // the same document stands recorded already
	ErrSamePerson     = errs.New(errs.Forbidden, "fund.same_person")
	ErrAmount         = errs.New(errs.Invalid, "fund.amount_positive")
	ErrPaidBefore     = errs.New(errs.Invalid, "fund.paid_before_issue") // Args: the day of issue
	ErrReferenceTaken = errs.New(errs.Conflict, "fund.reference_taken")  // the same payment reference stands recorded already
)

// Entry is one record of the book of charter capital (sổ vốn điều lệ): positive whole đồng of one investor, with the
// number and date of the document behind it. Whoever recorded it does not approve it.
type Entry struct {
	bun.BaseModel `bun:"table:fund_capital_entries,alias:ce"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	FundID        uuid.UUID `bun:"type:uuid"`
	InvestorID    uuid.UUID `bun:"type:uuid"`
	Kind          EntryKind
	Amount        money.Amount `bun:"type:numeric"`
	DocumentNo    string
	DocumentOn    calendar.Date
	Status        EntryStatus
	RecordedBy    uuid.UUID  `bun:"type:uuid"`
	ApprovedBy    *uuid.UUID `bun:"type:uuid"`
	RecordedAt    time.Time  `bun:",nullzero"`
	ApprovedAt    *time.Time
	Investor      *Investor `bun:"rel:belongs-to,join:investor_id=id"`
}

// AccessKind names capital entries in policies and ties.
func (e *Entry) AccessKind() string { return "fund_capital" }

// AccessID is the entry's id.
func (e *Entry) AccessID() uuid.UUID { return e.ID }

// Approve records who approved the entry and when. On error e is unchanged.
func (e *Entry) Approve(by uuid.UUID, at time.Time) error {
	switch {
	case e.Status != Recorded:
		return ErrEntryDone
	case e.RecordedBy == by:
		return ErrSamePerson
	}
	e.Status, e.ApprovedBy, e.ApprovedAt = Approved, &by, &at
	return nil
}

// Capital is one side of the charter capital, committed or paid, with the State's part. The database holds
// State × 10000 ≤ CapBP × Total.
type Capital struct {
	bun.BaseModel `bun:"table:fund_capitals,alias:fc"`
	FundID        uuid.UUID    `bun:",pk,type:uuid"`
	Side          string       `bun:",pk"` // committed or paid
	CapBP         int          `bun:"cap_bp"`
	Total         money.Amount `bun:"type:numeric"`
	State         money.Amount `bun:"type:numeric"`
}

// StateShare is the State's part in percent with two decimals; nil when nothing is there yet.
func (c Capital) StateShare() *decimal.Decimal {
	return ratio(c.State.Decimal().Mul(decimal.NewFromInt(100)), c.Total.Decimal(), 2)
}

// withinCap says whether the State's part fits the cap in basis points: state × 10000 ≤ cap × total, exactly.
func withinCap(state, total money.Amount, capBP int) bool {
	return state.Times(10_000).Cmp(total.Times(int64(capBP))) <= 0
}

// floorShare is bp basis points of n, rounded down.
func floorShare(n *big.Int, bp int) money.Amount {
	n = new(big.Int).Mul(n, big.NewInt(int64(bp)))
	n.Quo(n, big.NewInt(10_000))
	return money.Round(decimal.NewFromBigInt(n, 0))
}

// ratio is a ÷ b rounded half away from zero, nil when b is zero.
func ratio(a, b decimal.Decimal, places int32) *decimal.Decimal {
	if b.IsZero() {
		return nil
	}
	r := a.DivRound(b, places)
	return &r
}

// overCap words the refusal of a share above the charter's cap, with what it would have come to.
func overCap(now Capital, state, amount money.Amount) error {
	s, t := now.State.Add(state), now.Total.Add(amount)
	return ErrStateShare.With(s.Format(), t.Format(), percentOf(now.CapBP)).Because(errs.Rule{
		ID: "fund.charter.state_share", Article: "Điều lệ quỹ; NĐ 264/2025/NĐ-CP, Điều 9", Unverified: true,
		Inputs: []errs.Input{
			{Label: "fund.side_" + now.Side, Value: t.Format()},
			{Label: "fund.state_part", Value: s.Format()},
			{Label: "fund.state_cap", Value: percentOf(now.CapBP) + "%"},
		}})
}

// percentOf prints basis points as percent: 4900 is 49, 4950 is 49,5.
func percentOf(bp int) string {
	d := decimal.New(int64(bp), -2)
	return strings.ReplaceAll(d.String(), ".", ",")
}
