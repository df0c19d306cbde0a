package investment

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Methods are the ways of valuing a holding. Source: IPEV Guidelines.
var Methods = []string{"round_price", "round_calibrated", "multiples", "discounted_cash", "net_assets", "written_down"}

// Refusals of valuations.
var (
	ErrValuationState = errs.New(errs.Conflict, "investment.valuation_state")
	ErrQuarterEnd     = errs.New(errs.Invalid, "investment.quarter_end_form") // the day ends no quarter, or lies ahead
	ErrQuarterTaken   = errs.New(errs.Conflict, "investment.quarter_taken")   // the holding has a valuation of this quarter
	ErrQuarterOrder   = errs.New(errs.Conflict, "investment.quarter_order")   // Args: newest locked quarter
	ErrNotHeld        = errs.New(errs.Conflict, "investment.not_held")        // nothing was held at the quarter's end
)

// Valuation is the fair value of a holding at a quarter's end (định giá), in đồng, 0 or more. Cost is the cost on
// that day and Previous the value before, at that cost. It moves proposed → approved → locked, by three people.
type Valuation struct {
	bun.BaseModel `bun:"table:valuations,alias:va"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	FundID        uuid.UUID `bun:"type:uuid"`
	HoldingID     uuid.UUID `bun:"type:uuid"`
	QuarterEnd    calendar.Date
	Method        string
	Inputs        string
	Cost          money.Amount `bun:"type:numeric"`
	Fair          money.Amount `bun:"type:numeric"`
	Previous      money.Amount `bun:"type:numeric"`
	Status        string
	ProposedBy    uuid.UUID  `bun:"type:uuid"`
	ApprovedBy    *uuid.UUID `bun:"type:uuid"`
	ApprovedAt    *time.Time
	LockedBy      *uuid.UUID `bun:"type:uuid"`
	LockedAt      *time.Time
	CreatedAt     time.Time `bun:",nullzero"`
	Holding       *Holding  `bun:"rel:belongs-to,join:holding_id=id"`
}

// AccessKind names valuations in policies and ties.
func (v *Valuation) AccessKind() string { return "valuation" }

// AccessID is the valuation's id.
func (v *Valuation) AccessID() uuid.UUID { return v.ID }

// Change is the fair value less the value before.
func (v *Valuation) Change() money.Amount { return v.Fair.Sub(v.Previous) }

// approve records the board's consent. On error v is unchanged.
func (v *Valuation) approve(by uuid.UUID, at time.Time) error {
	switch {
	case v.Status != "proposed":
		return ErrValuationState
	case v.ProposedBy == by:
		return ErrSamePerson
	}
	v.Status, v.ApprovedBy, v.ApprovedAt = "approved", &by, &at
	return nil
}

// lock closes the valuation for the book. On error v is unchanged.
func (v *Valuation) lock(by uuid.UUID, at time.Time) error {
	switch {
	case v.Status != "approved":
		return ErrValuationState
	case v.ProposedBy == by || *v.ApprovedBy == by:
		return ErrSamePerson
	}
	v.Status, v.LockedBy, v.LockedAt = "locked", &by, &at
	return nil
}

// loss is how far an adjustment lies below the cost; 0 for a gain.
func loss(adjustment money.Amount) money.Amount {
	if adjustment.Sign() < 0 {
		return adjustment.Neg()
	}
	return money.VND(0)
}
