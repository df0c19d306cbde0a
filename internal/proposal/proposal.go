package proposal

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Status is where a dossier stands for staff; the public reads PublicStatus.
type Status string

// The states of a dossier.
const (
	Draft               Status = "draft"
	Submitted           Status = "submitted"
	Screening           Status = "screening"
	SupplementRequested Status = "supplement_requested"
	Eligible            Status = "eligible"
	Ineligible          Status = "ineligible"
	UnderReview         Status = "under_review"
	Recommended         Status = "recommended"
	NotRecommended      Status = "not_recommended"
	Awarded             Status = "awarded"
	Reserve             Status = "reserve"
	Rejected            Status = "rejected"
	Withdrawn           Status = "withdrawn"
)

// Moves is the graph of the noun: from a state to those it may become. States without an entry are final.
var Moves = map[Status][]Status{
	Draft:               {Submitted},
	Submitted:           {Screening, Withdrawn},
	Screening:           {SupplementRequested, Eligible, Ineligible, Withdrawn},
	SupplementRequested: {Screening, Ineligible, Withdrawn},
	Eligible:            {UnderReview, Withdrawn},
	UnderReview:         {Recommended, NotRecommended, Withdrawn},
	Recommended:         {Awarded, Reserve, Rejected, Withdrawn},
	NotRecommended:      {Rejected, Withdrawn},
	Reserve:             {Awarded, Rejected},
}

// Undecided are the states in which the applicant may still withdraw: submitted to recommended or not.
var Undecided = []Status{Submitted, Screening, SupplementRequested, Eligible, UnderReview, Recommended, NotRecommended}

// ErrMove is a move that the state of the dossier does not allow.
var ErrMove = errs.New(errs.Conflict, "proposal.move")

// Proposal is one dossier of an organisation for a call (hồ sơ đề nghị hỗ trợ).
//
// Requested is the sum of the cost lines paid by the grant and CoFunding the sum of the others, both in whole
// đồng, kept by the cost table. Code, SubmittedAt and Digest are empty while it is a draft. Deciding times are
// kb.now().
type Proposal struct {
	bun.BaseModel    `bun:"table:proposals,alias:p"`
	ID               uuid.UUID `bun:",pk,type:uuid"`
	Code             string    `bun:",nullzero"` // H05.08-yymmdd-nnnn
	CallID           uuid.UUID `bun:"type:uuid"`
	OrganisationID   uuid.UUID `bun:"type:uuid"`
	OwnerID          uuid.UUID `bun:"type:uuid"` // the applicant who started it
	ManagingUnitID   uuid.UUID `bun:"type:uuid"`
	FinanceUnitID    uuid.UUID `bun:"type:uuid"`
	TitleVI          string    `bun:"title_vi"`
	TitleEN          string    `bun:"title_en"`
	Summary          string
	Problem          string
	Solution         string
	Novelty          string
	Market           string
	BusinessModel    string
	Plan             string
	Outcomes         string
	DurationMonths   int // 0 = not said; at most 60
	NoUnsettledMoney bool
	NoDoubleFunding  bool
	TruthConfirmed   bool
	Status           Status
	Requested        money.Amount `bun:"type:numeric"`
	CoFunding        money.Amount `bun:"type:numeric"`
	SubmittedAt      *time.Time
	Digest           string     `bun:",nullzero"` // sha256 of the content as submitted, hex
	NotifiedAt       *time.Time // when the applicant was told the outcome of screening
	Version          int
	CreatedAt        time.Time `bun:",nullzero"`
	UpdatedAt        time.Time `bun:",nullzero"`
}

// AccessKind names dossiers in policies and ties.
func (p *Proposal) AccessKind() string { return "proposal" }

// AccessID is the dossier's id.
func (p *Proposal) AccessID() uuid.UUID { return p.ID }

// Move takes the dossier to another state of its graph, or refuses with ErrMove and leaves it unchanged.
func (p *Proposal) Move(to Status) error {
	if !slices.Contains(Moves[p.Status], to) {
		return ErrMove
	}
	p.Status = to
	return nil
}

// Source says who pays a cost line.
type Source string

// The sources of a cost line.
const (
	Grant Source = "grant" // the support asked for
	Own   Source = "own"   // money of the applicant
	Other Source = "other" // other lawful money
)

// Cost is what one source pays for one item of the cost table, in whole đồng, positive.
type Cost struct {
	bun.BaseModel `bun:"table:proposal_costs,alias:pc"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	ProposalID    uuid.UUID `bun:"type:uuid"`
	Position      int       // line of the table, from 1; the sources of one item share it
	Item          string
	Source        Source
	Amount        money.Amount `bun:"type:numeric"`
}
