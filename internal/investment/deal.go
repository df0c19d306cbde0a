package investment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/party"
)

// Status is where a deal stands.
type Status string

// The states of a deal.
const (
	Sourced      Status = "sourced"
	Screened     Status = "screened"
	DueDiligence Status = "due_diligence"
	Recommended  Status = "recommended"
	Voted        Status = "voted"
	Approved     Status = "approved"
	Contracted   Status = "contracted"
	Rejected     Status = "rejected"
)

// Moves is the graph of a deal. States without an entry are final.
var Moves = map[Status][]Status{
	Sourced:      {Screened, Rejected},
	Screened:     {DueDiligence},
	DueDiligence: {Recommended},
	Recommended:  {Voted, Rejected},
	Voted:        {Approved},
	Approved:     {Contracted},
}

// Stages are the states that the pipeline shows, in order.
var Stages = []Status{Sourced, Screened, DueDiligence, Recommended, Voted, Approved}

// Instruments are the kinds of stake a fund may take.
var Instruments = []string{"common", "preferred", "convertible_note", "safe"}

// Refusals of a deal.
var (
	ErrMove        = errs.New(errs.Conflict, "investment.move")
	ErrSamePerson  = errs.New(errs.Forbidden, "investment.same_person")
	ErrLimit       = errs.New(errs.Conflict, "investment.over_limit")   // Args: the limit
	ErrInvesteeCap = errs.New(errs.Conflict, "investment.investee_cap") // Args: what the charter leaves for the firm
	ErrLossCeiling = errs.New(errs.Conflict, "investment.loss_ceiling") // the charter stops new deals
	ErrNoFirm      = errs.New(errs.Invalid, "investment.no_firm")       // no organisation with this tax code
)

// Deal is one chance to invest in a firm (cơ hội đầu tư). Amount is what the fund would put in and Drawn what is
// recorded of it, in đồng: 0 ≤ Drawn ≤ Amount. PreMoney is 0 while not agreed. Who created, recommended and approved
// it are three people. Source: NĐ 264/2025/NĐ-CP, Điều 7, 8.
type Deal struct {
	bun.BaseModel  `bun:"table:deals,alias:d"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	FundID         uuid.UUID `bun:"type:uuid"`
	Number         int
	Code           string
	OrganisationID uuid.UUID `bun:"type:uuid"`
	Title          string
	Sector         string
	Round          string
	Instrument     string
	Amount         money.Amount `bun:"type:numeric"`
	Drawn          money.Amount `bun:"type:numeric"`
	PreMoney       money.Amount `bun:"type:numeric"`
	Summary        string
	Screening      string // result of the screening
	Findings       string // of the due diligence
	Terms          string // proposed by the manager
	Status         Status
	CreatedBy      uuid.UUID     `bun:"type:uuid"`
	RecommendedBy  *uuid.UUID    `bun:"type:uuid"`
	ApprovedBy     *uuid.UUID    `bun:"type:uuid"`
	ContractNo     string        `bun:",nullzero"`
	ContractOn     calendar.Date `bun:",nullzero"`
	CapLine        int64         `bun:",nullzero"`
	Version        int
	CreatedAt      time.Time           `bun:",nullzero"`
	Organisation   *party.Organisation `bun:"rel:belongs-to,join:organisation_id=id"`
}

// AccessKind names deals in policies and ties.
func (d *Deal) AccessKind() string { return "deal" }

// AccessID is the deal's id.
func (d *Deal) AccessID() uuid.UUID { return d.ID }

// Move takes the deal to another state of its graph, or refuses with ErrMove and leaves it unchanged.
func (d *Deal) Move(to Status) error {
	if !slices.Contains(Moves[d.Status], to) {
		return ErrMove
	}
	d.Status = to
	return nil
}

// Get reads a deal with its firm; it asks no permission.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Deal, error) {
	d := new(Deal)
	return d, found("deal", db.NewSelect().Model(d).Relation("Organisation").Where("d.id = ?", id).Scan(ctx))
}

func lockDeal(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Deal, error) {
	d := new(Deal)
	return d, found("deal", tx.NewSelect().Model(d).Where("d.id = ?", id).For("UPDATE OF d").Scan(ctx))
}

func saveDeal(ctx context.Context, tx bun.IDB, d *Deal, columns ...string) error {
	_, err := tx.NewUpdate().Model(d).Column(append(columns, "status")...).Set("version = version + 1").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save deal %s: %w", d.Code, err)
	}
	return nil
}
