package proposal

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/form"
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
// đồng, kept by the cost table. Code, SubmittedAt and Digest are empty while it is a draft. SubmittedAt is kb.now()
// in whole seconds. SupplementUntil is not included.
type Proposal struct {
	bun.BaseModel    `bun:"table:proposals,alias:p"`
	ID               uuid.UUID `bun:",pk,type:uuid"`
	Code             string    `bun:",nullzero"` // H05.08-yymmdd-nnnn
	CallID           uuid.UUID `bun:"type:uuid"`
	OrganisationID   uuid.UUID `bun:"type:uuid"`
	OwnerID          uuid.UUID `bun:"type:uuid"` // the applicant who started it
	ManagingUnitID   uuid.UUID `bun:"type:uuid"`
	FinanceUnitID    uuid.UUID `bun:"type:uuid"`
	ContactName      string
	ContactEmail     string
	ContactPhone     string
	TitleVI          string `bun:"title_vi"`
	TitleEN          string `bun:"title_en"`
	Summary          string
	Problem          string
	Solution         string
	Novelty          string
	Market           string
	BusinessModel    string
	Plan             string
	Outcomes         string
	DurationMonths   int          // 0 = not said yet; at most 60
	FormID           *uuid.UUID   `bun:"type:uuid"`  // the form of the call it is answered on; nil when the call asks nothing of its own
	Answers          form.Answers `bun:"type:jsonb"` // to the questions of that form
	CostBasis        string       // quotations and norms behind the prices
	TruthConfirmed   bool
	NoDoubleFunding  bool
	PublicityAgreed  bool
	Status           Status
	Requested        money.Amount `bun:"type:numeric"`
	CoFunding        money.Amount `bun:"type:numeric"`
	SubmittedAt      *time.Time
	Digest           string `bun:",nullzero"` // sha256 of the content as submitted, hex
	SupplementWanted string
	SupplementUntil  *time.Time
	SupplementDoneAt *time.Time
	ScreenedAt       *time.Time // the applicant was told the outcome of screening
	PutForwardAt     *time.Time // stands in a proposed set of awards
	PublishedAt      *time.Time // its outcome is public
	Version          int
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// Refusals of the noun.
var (
	ErrLate        = errs.New(errs.Conflict, "proposal.late")
	ErrNotDraft    = errs.New(errs.Conflict, "proposal.not_draft")
	ErrDrafts      = errs.New(errs.Conflict, "proposal.drafts_full") // Args: how many drafts an organisation may have in one call
	ErrUndecided   = errs.New(errs.Conflict, "proposal.not_undecided")
	ErrUnconfirmed = errs.New(errs.Invalid, "proposal.unconfirmed")
)

// Total is the whole cost of the project, in đồng.
func (p *Proposal) Total() money.Amount { return p.Requested.Add(p.CoFunding) }

// CoFundingShare is what the applicant pays itself, in percent of the total, exact to 4 decimals; 0 without costs.
func (p *Proposal) CoFundingShare() decimal.Decimal {
	if p.Total().IsZero() {
		return decimal.Zero
	}
	return p.CoFunding.Decimal().Mul(decimal.NewFromInt(100)).DivRound(p.Total().Decimal(), 4)
}

// Submit closes a draft at the given instant under its code and digest; closes is the first instant that is too
// late. On error p is unchanged.
func (p *Proposal) Submit(code, digest string, at, closes time.Time) error {
	switch {
	case p.Status != Draft:
		return ErrNotDraft
	case !at.Before(closes):
		return ErrLate
	case !p.TruthConfirmed || !p.NoDoubleFunding:
		return ErrUnconfirmed
	}
	at = at.Truncate(time.Second)
	p.Status, p.Code, p.Digest, p.SubmittedAt = Submitted, code, digest, &at
	return nil
}

// Withdraw takes a submitted dossier back before the decision.
func (p *Proposal) Withdraw() error {
	if !slices.Contains(Undecided, p.Status) {
		return ErrUndecided
	}
	p.Status = Withdrawn
	return nil
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
	Position      int       // line of the table, from 1; the sources of one item share it, its content and quantity
	Item          string
	Source        Source
	Amount        money.Amount    `bun:"type:numeric"`
	Content       string          `bun:",nullzero"`    // of the contents that the call offers, "" for none
	Quantity      decimal.Decimal `bun:"type:numeric"` // units of the content's norm; 0 not said
}
