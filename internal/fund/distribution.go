package fund

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// DistributionStatus is where a distribution stands.
type DistributionStatus string

// The states of a distribution; approval pays it.
const (
	DistributionDraft    DistributionStatus = "draft"
	DistributionApproved DistributionStatus = "approved"
)

// ErrDistributionState is an act that the state of the distribution does not allow.
var ErrDistributionState = errs.New(errs.Conflict, "fund.distribution_state")

// Distribution pays cash back to the investors (phân phối), divided by what each has paid in. Kind is
// return_of_capital, gain or income.
type Distribution struct {
	bun.BaseModel `bun:"table:fund_distributions,alias:fd"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	FundID        uuid.UUID `bun:"type:uuid"`
	Number        int
	Code          string
	Kind          string
	Amount        money.Amount `bun:"type:numeric"`
	Status        DistributionStatus
	DraftedBy     uuid.UUID     `bun:"type:uuid"`
	ApprovedBy    *uuid.UUID    `bun:"type:uuid"`
	PaidOn        calendar.Date // day of approval
	CreatedAt     time.Time     `bun:",nullzero"`
}

// AccessKind names distributions in policies and ties.
func (d *Distribution) AccessKind() string { return "distribution" }

// AccessID is the distribution's id.
func (d *Distribution) AccessID() uuid.UUID { return d.ID }

// shares divides the amount by what each investor has paid in.
func (d *Distribution) shares(investors []Investor) ([]money.Amount, error) {
	weights := make([]money.Amount, len(investors))
	for i := range investors {
		weights[i] = investors[i].Paid
	}
	if money.Sum(weights...).Sign() <= 0 {
		return nil, ErrNoInvestors
	}
	return money.Split(d.Amount, weights), nil
}
