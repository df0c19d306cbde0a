package call

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

// Status is where a call stands.
type Status string

// The states of a call.
const (
	Draft      Status = "draft"
	Approved   Status = "approved"
	Published  Status = "published"
	Open       Status = "open"
	Closed     Status = "closed"
	Evaluating Status = "evaluating"
	Decided    Status = "decided"
	Archived   Status = "archived"
)

// Tracks and kinds of ballot of a rule set.
const (
	TrackInnovation = "nd268" // innovation task, NĐ 268/2025/NĐ-CP
	TrackScience    = "nd267" // science and technology task, NĐ 267/2025/NĐ-CP
	BallotPoints    = "points"
	BallotPassFail  = "pass_fail"
)

// Call invites proposals (thông báo mời nộp hồ sơ) for one programme under one ceiling of one budget line.
//
// Amounts are whole đồng and positive. OpensAt is included, ClosesAt is not: a dossier sent at ClosesAt is late.
// PassMark is in points of 100; CoFundingShare is the least share the applicant pays itself, in percent, 0 for
// none. Criteria, money, form and rules do not change after publication.
type Call struct {
	bun.BaseModel  `bun:"table:calls,alias:c"`
	ID             uuid.UUID       `bun:",pk,type:uuid"`
	Code           string          // BN-2026-01
	ProgrammeID    uuid.UUID       `bun:"type:uuid"`
	TitleVI        string          `bun:"title_vi"`
	TitleEN        string          `bun:"title_en"`
	SummaryVI      string          `bun:"summary_vi"`
	SummaryEN      string          `bun:"summary_en"`
	Track          string          // nd268 or nd267
	BallotKind     string          // points or pass_fail
	BudgetLineID   uuid.UUID       `bun:"type:uuid"`
	CeilingTotal   money.Amount    `bun:"type:numeric"`
	CeilingAward   money.Amount    `bun:"type:numeric"`
	PassMark       decimal.Decimal `bun:"type:numeric"`
	CoFundingShare decimal.Decimal `bun:"type:numeric"`
	OpensAt        time.Time
	ClosesAt       time.Time
	ReferenceDate  calendar.Date `bun:"type:date"` // the age of a start-up is judged on this day
	Contact        string
	Documents      []string  `bun:",array"` // codes of the required documents
	ManagingUnitID uuid.UUID `bun:"type:uuid"`
	FinanceUnitID  uuid.UUID `bun:"type:uuid"`
	Status         Status
	Rulebook       string // version bound at approval, "" before
	Number         string // number and date of the publication, "" before
	PublishedAt    *time.Time
	Version        int
	Criteria       []Criterion `bun:"rel:has-many,join:id=call_id"`
}

// Criterion is one line of the score sheet; the MaxPoints of a call sum to 100.
type Criterion struct {
	bun.BaseModel `bun:"table:call_criteria,alias:cc"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	CallID        uuid.UUID `bun:"type:uuid"`
	Position      int
	NameVI        string `bun:"name_vi"`
	NameEN        string `bun:"name_en"`
	MaxPoints     int
}

// AccessKind is "call".
func (c *Call) AccessKind() string { return "call" }

// AccessID is the id of the row.
func (c *Call) AccessID() uuid.UUID { return c.ID }
