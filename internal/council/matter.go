package council

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/money"
)

// BallotKind is how a matter is voted on.
type BallotKind string

// The kinds of ballot: points by criterion, pass or fail per content item, or for and against.
const (
	Points   BallotKind = "points"
	PassFail BallotKind = "pass_fail"
	Approve  BallotKind = "approve"
)

// MatterStatus is where a matter stands in its session.
type MatterStatus string

// The states of a matter, in order.
const (
	Waiting   MatterStatus = "waiting"
	Presented MatterStatus = "presented"
	Balloting MatterStatus = "balloting"
	Counted   MatterStatus = "counted"
	Concluded MatterStatus = "concluded"
)

// Conclusion is what the council proposes.
type Conclusion string

// The conclusions.
const (
	Support     Conclusion = "support"
	SupportLess Conclusion = "support_adjusted" // with another amount than asked for
	NotSupport  Conclusion = "not_support"
)

// Matter is one thing a council votes on in a session (nội dung xét): a proposal or a deal.
//
// The results are nil until the count. Mean is the official mean, rounded once to two decimals, half away
// from zero; Passed says that the rules are met, before the council concludes. For, Against and Cast count
// ballots; Valid those left after the outlier rule.
type Matter struct {
	bun.BaseModel  `bun:"table:council_matters,alias:cm"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	CouncilID      uuid.UUID
	SessionID      uuid.UUID
	Position       int
	Kind           string // proposal or deal
	SubjectID      uuid.UUID
	OrganisationID *uuid.UUID // the party behind the subject
	Code           string
	TitleVI        string `bun:"title_vi"`
	TitleEN        string `bun:"title_en"`
	OrgName        string
	Requested      money.Amount `bun:"type:numeric"`
	BallotKind     BallotKind
	Status         MatterStatus
	PresentedAt    *time.Time
	BallotingAt    *time.Time
	CountedAt      *time.Time
	ConcludedAt    *time.Time
	Mean           *decimal.Decimal `bun:"type:numeric"`
	InitialMean    *decimal.Decimal `bun:"type:numeric"`
	Lowest         *int
	Highest        *int
	Passed         *bool
	FailedBy       string        `bun:",nullzero"` // pass_mark, zero, content or vote
	For            int           `bun:"votes_for"`
	Against        int           `bun:"votes_against"`
	Cast           int           `bun:"votes_cast"`
	Valid          int           `bun:"votes_valid"`
	Conclusion     Conclusion    `bun:",nullzero"`
	Proposed       *money.Amount `bun:"type:numeric"` // amount the council proposes, in đồng
	Note           string
	ConcludedBy    *uuid.UUID
	PutForwardAt   *time.Time // when the award set that holds it was proposed
	Version        int
}

// AccessKind names the noun.
func (m *Matter) AccessKind() string { return "matter" }

// AccessID is the matter's id.
func (m *Matter) AccessID() uuid.UUID { return m.ID }

// DidPass says that the rules are met; false before the count too.
func (m *Matter) DidPass() bool { return m.Passed != nil && *m.Passed }

// Printed is the official mean as printed, with its two decimals and a comma; "" before the count.
func (m *Matter) Printed() string { return strings.Replace(m.meanText(), ".", ",", 1) }

// MatterOf is the latest matter about a subject; errs.ErrNotFound when it never came before a council.
func MatterOf(ctx context.Context, db bun.IDB, kind string, subject uuid.UUID) (*Matter, error) {
	m := new(Matter)
	err := db.NewSelect().Model(m).Join("JOIN council_sessions AS cs ON cs.id = cm.session_id").
		Where("cm.kind = ?", kind).Where("cm.subject_id = ?", subject).
		OrderExpr("cs.number DESC").Limit(1).Scan(ctx)
	return m, found(err, "matter", subject)
}
