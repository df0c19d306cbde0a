package agreement

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Status is the state of an agreement.
type Status string

// The states; the first is where every agreement starts, the last three end it.
const (
	Draft         Status = "draft"
	SignedGrantee Status = "signed_grantee" // waits for the State
	Running       Status = "running"        // signed by both; money is committed
	Accepted      Status = "accepted"
	Settled       Status = "settled"
	Liquidated    Status = "liquidated"
	Terminated    Status = "terminated"
)

// Agreement is a grant agreement (hợp đồng hỗ trợ đổi mới sáng tạo).
//
// Amount is the support in whole đồng, equal to the award and to the sum of the milestones. The agreement lasts
// at most 60 months. Both parties sign the same Digest of the terms.
// Source: NĐ 268/2025/NĐ-CP, Điều 15, mẫu I.14.
type Agreement struct {
	bun.BaseModel   `bun:"table:agreements,alias:ag"`
	ID              uuid.UUID `bun:",pk,type:uuid"`
	No              string    // 29/2026/HĐ-ĐMST, given when the draft is made
	AwardID         uuid.UUID `bun:"type:uuid"`
	ProposalID      uuid.UUID `bun:"type:uuid"`
	CallID          uuid.UUID `bun:"type:uuid"`
	OrganisationID  uuid.UUID `bun:"type:uuid"`
	BudgetLineID    uuid.UUID `bun:"type:uuid"`
	ContractLine    *int64    // control line of the contract value, from signature on
	Title           string
	Amount          money.Amount  `bun:"type:numeric"`
	CoFunding       money.Amount  `bun:"type:numeric"` // what the grantee puts in, đồng
	StartsOn        calendar.Date `bun:"type:date"`
	EndsOn          calendar.Date `bun:"type:date"`
	PayeeName       string
	PayeeBank       string // BIN of the bank, six digits
	PayeeAccount    string
	Status          Status
	Digest          string
	DraftedBy       uuid.UUID  `bun:"type:uuid"`
	GranteeSignedBy *uuid.UUID `bun:"type:uuid"`
	GranteeSignedAt *time.Time
	StateSignedBy   *uuid.UUID `bun:"type:uuid"`
	StateSignedAt   *time.Time
	ManagingUnitID  uuid.UUID `bun:"type:uuid"`
	FinanceUnitID   uuid.UUID `bun:"type:uuid"`
	CreatedAt       time.Time
	Version         int
	Milestones      []Milestone `bun:"rel:has-many,join:id=agreement_id"`
}

// AccessKind names the noun in access.
func (*Agreement) AccessKind() string { return "agreement" }

// AccessID is the row.
func (a *Agreement) AccessID() uuid.UUID { return a.ID }

// Milestone is one content of the work and its share of the support (nội dung, mốc thanh toán).
type Milestone struct {
	bun.BaseModel `bun:"table:agreement_milestones,alias:ms"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	AgreementID   uuid.UUID `bun:"type:uuid"`
	Position      int
	Name          string
	Amount        money.Amount  `bun:"type:numeric"`
	DueOn         calendar.Date `bun:"type:date"`
	Status        string        // pending, reported, accepted, paid
	Kind          string        // content, or advance: paid before the work and settled afterwards
}

// Kinds of milestone.
const (
	KindContent = "content"
	KindAdvance = "advance"
)

// Milestone states.
const (
	Pending           = "pending"
	Reported          = "reported"
	MilestoneAccepted = "accepted"
	MilestonePaid     = "paid"
)

// Refusals.
var (
	ErrState     = errs.New(errs.Conflict, "agreement.state_error")
	ErrSum       = errs.New(errs.Invalid, "agreement.milestones_sum") // Args: sum, amount
	ErrTerm      = errs.New(errs.Invalid, "agreement.term")
	ErrAccount   = errs.New(errs.Invalid, "agreement.account")
	ErrDigest    = errs.New(errs.Conflict, "agreement.digest_changed")
	ErrExists    = errs.New(errs.Conflict, "agreement.exists")
	ErrNotFunded = errs.New(errs.Conflict, "agreement.not_funded")
)

const maxYears = 5 // 60 months

// Check keeps the invariants of the terms: milestones add up to the amount, the term is at most 60 months, the
// payee's account is complete.
func (a *Agreement) Check() error {
	var sum money.Amount
	for _, m := range a.Milestones {
		if m.Amount.Sign() <= 0 || strings.TrimSpace(m.Name) == "" {
			return ErrSum.With(sum.Format(), a.Amount.Format()).At(errs.Field{Name: fmt.Sprintf("milestones[%d].amount", m.Position-1), Code: "money.syntax"})
		}
		if m.DueOn.Before(a.StartsOn) || m.DueOn.After(a.EndsOn) {
			return ErrTerm.At(errs.Field{Name: fmt.Sprintf("milestones[%d].due_on", m.Position-1), Code: "agreement.term"})
		}
		sum = sum.Add(m.Amount)
	}
	if !sum.Equal(a.Amount) {
		return ErrSum.With(sum.Format(), a.Amount.Format()).At(errs.Field{Name: "milestones", Code: "agreement.milestones_sum", Args: []any{sum.Format(), a.Amount.Format()}})
	}
	if a.StartsOn.IsZero() || !a.StartsOn.Before(a.EndsOn) || a.EndsOn.After(a.StartsOn.AddYears(maxYears)) {
		return ErrTerm.At(errs.Field{Name: "ends_on", Code: "agreement.term"})
	}
	if !digits(a.PayeeBank, 6, 6) || len(a.PayeeAccount) < 6 || len(a.PayeeAccount) > 19 || strings.TrimSpace(a.PayeeName) == "" {
		return ErrAccount.At(errs.Field{Name: "payee_account", Code: "agreement.account"})
	}
	return nil
}

func digits(s string, low, high int) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) >= low && len(s) <= high
}

// Seal computes the digest both parties sign: SHA-256 over the length-prefixed terms.
func (a *Agreement) Seal() string {
	h := sha256.New()
	put := func(ss ...string) {
		for _, s := range ss {
			fmt.Fprintf(h, "%d:%s\n", len(s), s)
		}
	}
	put("kinhbac agreement 1", a.No, a.AwardID.String(), a.OrganisationID.String(), a.BudgetLineID.String(), a.Title,
		a.Amount.String(), a.CoFunding.String(), a.StartsOn.String(), a.EndsOn.String(), a.PayeeName, a.PayeeBank, a.PayeeAccount)
	for _, m := range a.Milestones {
		put(fmt.Sprint(m.Position), m.Name, m.Amount.String(), m.DueOn.String())
		if m.Kind == KindAdvance {
			put(m.Kind)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SignGrantee records the grantee's signature over the stored terms. On error a is unchanged.
func (a *Agreement) SignGrantee(by uuid.UUID, at time.Time) error {
	if a.Status != Draft {
		return ErrState
	}
	if a.Seal() != a.Digest {
		return ErrDigest
	}
	a.Status, a.GranteeSignedBy, a.GranteeSignedAt = SignedGrantee, &by, &at
	return nil
}

// SignState records the State's signature; the agreement runs from then on. On error a is unchanged.
func (a *Agreement) SignState(by uuid.UUID, at time.Time) error {
	if a.Status != SignedGrantee {
		return ErrState
	}
	if a.Seal() != a.Digest {
		return ErrDigest
	}
	a.Status, a.StateSignedBy, a.StateSignedAt = Running, &by, &at
	return nil
}

// Moves lists the graph of states: from, act, to. An act that comes with acceptance and settlement is named too.
var Moves = []struct {
	From Status
	Act  string
	To   Status
}{
	{Draft, "agreement.sign_grantee", SignedGrantee},
	{SignedGrantee, "agreement.sign_state", Running},
	{Running, "acceptance.approve", Accepted},
	{Running, "agreement.terminate", Terminated},
	{Accepted, "agreement.settle", Settled},
	{Settled, "agreement.liquidate", Liquidated},
}
