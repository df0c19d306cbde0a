package council

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
)

// Kind is what a council decides on.
type Kind string

// The kinds: a grant council serves a call, an investment council a fund.
const (
	Grant      Kind = "grant"
	Investment Kind = "investment"
)

// Status is where a council stands.
type Status string

// A council is proposed by an officer and established by a decision.
const (
	Proposed    Status = "proposed"
	Established Status = "established"
)

// SeatKind is the part a seat plays (vị trí trong hội đồng).
type SeatKind string

// The kinds of seat. The administrative secretary has none: see Council.SecretaryID.
const (
	Chair               SeatKind = "chair"
	Vice                SeatKind = "vice"
	ScientificSecretary SeatKind = "scientific_secretary"
	Critic              SeatKind = "critic"
	Member              SeatKind = "member"
)

// Council is a body of seats named by one establishment decision (hội đồng).
//
// The quorum is bound to the council when it is proposed: QuorumNum of QuorumDen seats of the decision, more
// than that if QuorumStrict, with the chair or the vice chair if QuorumChair, and at least QuorumCritics
// critics. Source: NĐ 268/2025/NĐ-CP, Điều 12(3); NĐ 267/2025/NĐ-CP.
type Council struct {
	bun.BaseModel  `bun:"table:councils,alias:co"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	Kind           Kind
	SubjectKind    string // call or fund
	SubjectID      uuid.UUID
	NameVI         string `bun:"name_vi"`
	NameEN         string `bun:"name_en"`
	Status         Status
	RuleSet        string // nd267, nd268 or fund: which rows of the rulebook it follows
	QuorumNum      int
	QuorumDen      int
	QuorumStrict   bool
	QuorumChair    bool
	QuorumCritics  int
	DecisionNo     string        `bun:",nullzero"`
	DecidedOn      calendar.Date `bun:",nullzero"`
	SecretaryID    uuid.UUID     // administrative secretary: no seat, no vote
	ManagingUnitID *uuid.UUID
	FundID         *uuid.UUID
	ProposedBy     uuid.UUID
	ApprovedBy     *uuid.UUID
	CreatedAt      time.Time
	ApprovedAt     *time.Time
	Version        int
	Seats          []Seat `bun:"rel:has-many,join:id=council_id"`
}

// Seat is one place of the establishment decision. EndedAt is set when the person left it.
type Seat struct {
	bun.BaseModel `bun:"table:council_seats,alias:st"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	CouncilID     uuid.UUID
	Position      int
	Kind          SeatKind
	PersonID      uuid.UUID
	PersonName    string // as printed in the decision
	Field         string // what the person stands for: business, finance, technology …
	Votes         bool
	EndedAt       *time.Time
}

// AccessKind names the noun.
func (c *Council) AccessKind() string { return "council" }

// AccessID is the council's id.
func (c *Council) AccessID() uuid.UUID { return c.ID }

// Name is the council's name in a language.
func (c *Council) Name(en bool) string {
	if en && c.NameEN != "" {
		return c.NameEN
	}
	return c.NameVI
}
