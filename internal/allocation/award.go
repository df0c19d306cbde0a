package allocation

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Status is where an award set stands.
type Status string

// The states of an award set, in order.
const (
	Draft     Status = "draft"
	Proposed  Status = "proposed"
	Appraised Status = "appraised"
	Confirmed Status = "confirmed"
	Decided   Status = "decided"
	Published Status = "published"
)

// Outcome is what a proposal gets.
type Outcome string

// The outcomes.
const (
	Funded   Outcome = "funded"
	Reserve  Outcome = "reserve"
	Rejected Outcome = "rejected"
)

// AwardSet is the list of awards of one call, decided as one (danh mục dự án được hỗ trợ).
type AwardSet struct {
	bun.BaseModel  `bun:"table:award_sets,alias:aws"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	CallID         uuid.UUID
	RankingID      uuid.UUID
	BudgetLineID   uuid.UUID
	Ceiling        money.Amount `bun:"type:numeric"` // of the call, in đồng
	Status         Status
	SubmissionNo   string        `bun:",nullzero"` // tờ trình of Sở KH&CN
	AppraisalNo    string        `bun:",nullzero"` // of Sở Tài chính
	DecisionNo     string        `bun:",nullzero"` // of UBND tỉnh
	DecidedOn      calendar.Date `bun:",nullzero"`
	ManagingUnitID uuid.UUID
	FinanceUnitID  uuid.UUID
	DraftedBy      uuid.UUID
	ProposedBy     *uuid.UUID
	AppraisedBy    *uuid.UUID
	ConfirmedBy    *uuid.UUID
	DecidedBy      *uuid.UUID
	PublishedBy    *uuid.UUID
	ProposedAt     *time.Time
	DecidedAt      *time.Time
	PublishedAt    *time.Time
	Version        int
	Awards         []Award `bun:"rel:has-many,join:id=set_id"`
}

// AccessKind names the noun; its acts are those of the resource award.
func (s *AwardSet) AccessKind() string { return "award_set" }

// AccessID is the set's id.
func (s *AwardSet) AccessID() uuid.UUID { return s.ID }

// Award is one line of a set. Amounts are whole đồng: Requested by the applicant, Proposed by the council,
// Appraised by the finance side (never above Proposed), Amount decided. Rank is 0 and Amount 0 for a rejected line.
type Award struct {
	bun.BaseModel  `bun:"table:awards,alias:aw"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	SetID          uuid.UUID
	ProposalID     uuid.UUID
	OrganisationID uuid.UUID
	Rank           int
	Score          *decimal.Decimal `bun:"type:numeric"`
	Requested      money.Amount     `bun:"type:numeric"`
	Proposed       money.Amount     `bun:"type:numeric"`
	Appraised      *money.Amount    `bun:"type:numeric"`
	Amount         money.Amount     `bun:"type:numeric"`
	Outcome        Outcome
	Reason         string // of a cut, or of a rejection
	withdrawn      bool   // the dossier was withdrawn after the ranking
}

// Get reads one award; errs.ErrNotFound when there is none. The caller decides who may see it.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Award, error) {
	a := new(Award)
	return a, found(db.NewSelect().Model(a).Where("aw.id = ?", id).Scan(ctx), "award", id)
}

// SetOf reads the set an award stands in, without its lines.
func SetOf(ctx context.Context, db bun.IDB, award uuid.UUID) (*AwardSet, error) {
	s := new(AwardSet)
	err := db.NewSelect().Model(s).Join("JOIN awards AS aw ON aw.set_id = aws.id").Where("aw.id = ?", award).Scan(ctx)
	return s, found(err, "award set of award", award)
}

// GetSet reads a set with its lines in rank order.
func GetSet(ctx context.Context, db bun.IDB, id uuid.UUID) (*AwardSet, error) {
	s := new(AwardSet)
	if err := found(db.NewSelect().Model(s).Where("aws.id = ?", id).Scan(ctx), "award set", id); err != nil {
		return nil, err
	}
	return s, s.load(ctx, db)
}

func (s *AwardSet) load(ctx context.Context, db bun.IDB) error {
	return db.NewSelect().Model(&s.Awards).Where("aw.set_id = ?", s.ID).OrderExpr("aw.rank = 0, aw.rank, aw.id").Scan(ctx)
}

func found(err error, what string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", what, id, err)
	}
	return nil
}

// AccessKind names the noun.
func (a *Award) AccessKind() string { return "award" }

// AccessID is the award's id.
func (a *Award) AccessID() uuid.UUID { return a.ID }
