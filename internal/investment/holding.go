package investment

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/party"
)

// Refusals of holdings and tranches.
var (
	ErrOverDeal       = errs.New(errs.Conflict, "investment.over_deal")       // Args: what is left of the deal
	ErrReferenceTaken = errs.New(errs.Conflict, "investment.reference_taken") // the same payment reference again
	ErrConfirmed      = errs.New(errs.Conflict, "investment.confirmed")
	ErrQuarterLocked  = errs.New(errs.Conflict, "investment.quarter_locked") // Args: end of the locked quarter
	ErrNoCash         = errs.New(errs.Conflict, "investment.no_cash")        // the fund's cash is less
)

// Holding is what a fund holds of one firm (khoản đầu tư). Cost is the sum of confirmed tranches and Adjustment what
// the newest locked valuation adds to the cost of its day, in đồng; Cost + Adjustment ≥ 0. Ownership is percent with
// two decimals after the newest tranche, nil while the instrument gives no shares.
type Holding struct {
	bun.BaseModel  `bun:"table:holdings,alias:h"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	FundID         uuid.UUID `bun:"type:uuid"`
	OrganisationID uuid.UUID `bun:"type:uuid"`
	Sector         string
	Round          string
	Instrument     string
	Ownership      *decimal.Decimal `bun:"type:numeric"`
	Cost           money.Amount     `bun:"type:numeric"`
	Adjustment     money.Amount     `bun:"type:numeric"`
	ValuedOn       calendar.Date
	Status         string              // active or exited
	CreatedAt      time.Time           `bun:",nullzero"`
	Organisation   *party.Organisation `bun:"rel:belongs-to,join:organisation_id=id"`
}

// AccessKind names holdings in policies and ties.
func (h *Holding) AccessKind() string { return "holding" }

// AccessID is the holding's id.
func (h *Holding) AccessID() uuid.UUID { return h.ID }

// Fair is the fair value now.
func (h *Holding) Fair() money.Amount { return h.Cost.Add(h.Adjustment) }

// Multiple is the fair value over the cost (MOIC) with two decimals.
func (h *Holding) Multiple() decimal.Decimal { return h.Fair().Decimal().DivRound(h.Cost.Decimal(), 2) }

// Tranche is one payment to the firm under a contracted deal. Shares and Price are 0 for an instrument without
// shares; RoundTotal is 0 when the fund is alone or it is unknown. Whoever recorded it does not confirm it.
type Tranche struct {
	bun.BaseModel `bun:"table:investments,alias:iv"`
	ID            uuid.UUID        `bun:",pk,type:uuid"`
	FundID        uuid.UUID        `bun:"type:uuid"`
	DealID        uuid.UUID        `bun:"type:uuid"`
	HoldingID     *uuid.UUID       `bun:"type:uuid"` // from the confirmation on
	Tranche       int              // 1, 2, … within the deal
	Amount        money.Amount     `bun:"type:numeric"`
	Shares        money.Amount     `bun:"type:numeric"` // a whole number, not đồng
	Price         money.Amount     `bun:"type:numeric"`
	Ownership     *decimal.Decimal `bun:"type:numeric"`
	RoundTotal    money.Amount     `bun:"type:numeric"`
	CoInvestors   string
	PaidOn        calendar.Date
	Reference     string
	Status        string     // recorded or confirmed
	RecordedBy    uuid.UUID  `bun:"type:uuid"`
	ConfirmedBy   *uuid.UUID `bun:"type:uuid"`
	CreatedAt     time.Time  `bun:",nullzero"`
	Deal          *Deal      `bun:"rel:belongs-to,join:deal_id=id"`
}

// AccessKind names tranches in policies and ties.
func (t *Tranche) AccessKind() string { return "investment" }

// AccessID is the tranche's id.
func (t *Tranche) AccessID() uuid.UUID { return t.ID }

// confirm records who confirmed the tranche for which holding. On error t is unchanged.
func (t *Tranche) confirm(by, holding uuid.UUID) error {
	switch {
	case t.Status != "recorded":
		return ErrConfirmed
	case t.RecordedBy == by:
		return ErrSamePerson
	}
	t.Status, t.ConfirmedBy, t.HoldingID = "confirmed", &by, &holding
	return nil
}
