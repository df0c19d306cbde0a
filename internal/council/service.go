package council

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/money"
	"kinhbac/internal/review"
)

// Subject is what a council needs to know of a proposal or a deal.
type Subject struct {
	ID             uuid.UUID
	OrganisationID *uuid.UUID
	Code           string
	TitleVI        string
	TitleEN        string
	OrgName        string
	Requested      money.Amount // whole đồng
	Items          []Item       // contents of a pass or fail ballot, names only
}

// Source is the room behind one kind of matter. Its methods join the caller's transaction.
type Source interface {
	// Waiting lists what may be put before a council of the call or fund, in the order to propose.
	Waiting(ctx context.Context, db bun.IDB, of uuid.UUID) ([]Subject, error)
	// Ballot is how a council of the call or fund votes.
	Ballot(ctx context.Context, db bun.IDB, of uuid.UUID) (BallotKind, error)
	// Scheduled hears that a subject was put on the agenda of a session.
	Scheduled(ctx context.Context, tx bun.Tx, id uuid.UUID, actor access.Actor) error
	// Concluded hears the conclusion on a matter, in the transaction that makes it.
	Concluded(ctx context.Context, tx bun.Tx, m *Matter, actor access.Actor) error
}

// Service holds the commands of the room.
type Service struct {
	db      *bun.DB
	access  *access.Access
	reviews *review.Service
	sources map[string]Source
	after   []func(ctx context.Context, tx bun.Tx, m *Matter) error
}

// New makes the service and its nouns known to access; proposals are served from the start.
func New(db *bun.DB, acc *access.Access, reviews *review.Service) *Service {
	for _, n := range nouns() {
		acc.Register(n)
	}
	s := &Service{db: db, access: acc, reviews: reviews, sources: map[string]Source{"proposal": proposals{}}}
	reviews.Ask(askedOfSeats)
	return s
}

// Serve adds the room behind another kind of matter, e.g. deal.
func (s *Service) Serve(kind string, src Source) { s.sources[kind] = src }

// AfterConclusion adds what happens in the transaction that concludes a matter, after its source has heard.
func (s *Service) AfterConclusion(fn func(ctx context.Context, tx bun.Tx, m *Matter) error) {
	s.after = append(s.after, fn)
}

// kindOf is the kind of matter a council judges.
func (c *Council) kindOf() string {
	if c.Kind == Investment {
		return "deal"
	}
	return "proposal"
}

func nouns() []access.Noun {
	const of = "(SELECT x.managing_unit_id FROM councils x WHERE x.id = "
	const fund = "(SELECT x.fund_id FROM councils x WHERE x.id = "
	return []access.Noun{{
		Kind: "council", Table: "councils", Alias: "co", Managing: "co.managing_unit_id", Fund: "co.fund_id",
		Conflict: []access.Link{{Kind: "call", ID: "co.subject_id"}},
		When:     map[string]string{"state:draft": "co.status = 'proposed'"},
	}, {
		Kind: "council_session", Table: "council_sessions", Alias: "cs", Managing: of + "cs.council_id)", Fund: fund + "cs.council_id)",
		Seat: []access.Link{{Kind: "council", ID: "cs.council_id"}},
		When: map[string]string{
			"quorum":         "council_quorum(cs.id, NULL)",
			"presiding":      "council_presiding(cs.id, NULL, {user})",
			"all_ballots":    "NOT EXISTS (SELECT 1 FROM council_matters x WHERE x.session_id = cs.id AND x.status IN ('presented', 'balloting', 'counted'))",
			"seat_secretary": "EXISTS (SELECT 1 FROM council_seats x WHERE x.council_id = cs.council_id AND x.kind = 'scientific_secretary' AND x.person_id = {user} AND x.ended_at IS NULL)",
			"state:proposed": "EXISTS (SELECT 1 FROM council_matters x WHERE x.session_id = cs.id AND x.put_forward_at IS NOT NULL)",
		},
	}, minutesNoun(of+"cs.council_id)", fund+"cs.council_id)"), {
		Kind: "council_replacement", Table: "council_replacements", Alias: "cr", Managing: of + "cr.council_id)", Fund: fund + "cr.council_id)",
		Conflict: []access.Link{{Kind: "proposal", ID: "cr.subject_id"}, {Kind: "deal", ID: "cr.subject_id"}, {Kind: "organisation", ID: "cr.organisation_id"},
			{Kind: "call", ID: "(SELECT x.subject_id FROM councils x WHERE x.id = cr.council_id)"}},
		Reading: []access.Right{{Resource: "council", Action: "read"}},
	}, {
		Kind: "matter", Table: "council_matters", Alias: "cm", Managing: of + "cm.council_id)", Fund: fund + "cm.council_id)",
		Seat: []access.Link{{Kind: "council", ID: "cm.council_id"}},
		Conflict: []access.Link{{Kind: "proposal", ID: "cm.subject_id"}, {Kind: "deal", ID: "cm.subject_id"}, {Kind: "organisation", ID: "cm.organisation_id"},
			{Kind: "call", ID: "(SELECT x.subject_id FROM councils x WHERE x.id = cm.council_id)"}},
		When: map[string]string{
			"quorum":           "council_quorum(cm.session_id, cm.id)",
			"presiding":        "council_presiding(cm.session_id, cm.id, {user})",
			"all_ballots":      "council_all_ballots(cm.id)",
			"state:waiting":    "cm.status = 'waiting'",
			"state:presented":  "cm.status = 'presented'",
			"state:open":       "cm.status = 'balloting'",
			"state:counted":    "cm.status = 'counted'",
			"state:closed":     "cm.status IN ('counted', 'concluded')",
			"state:concluded":  "cm.status = 'concluded'",
			"state:discussion": "cm.status <> 'waiting'",
			"state:proposed":   "cm.put_forward_at IS NOT NULL",
		},
	}}
}
