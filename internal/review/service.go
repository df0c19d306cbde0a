package review

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
)

// Subject is something a person may be asked to declare interests in.
type Subject struct {
	Kind     string // proposal, call, deal or fund
	ID       uuid.UUID
	Code     string
	TitleVI  string
	TitleEN  string
	OrgName  string
	Declared *bool // nil = not yet; true = a conflict
	Ground   string
	imposed  bool // the office found the conflict, they did not say it
}

// InConflict says that the person declared a conflict.
func (s Subject) InConflict() bool { return s.Declared != nil && *s.Declared }

// Asked lists what a person must declare on, in the words of the room that asks.
type Asked func(ctx context.Context, db bun.IDB, person uuid.UUID) ([]Subject, error)

// Service holds the commands of the room.
type Service struct {
	db     *bun.DB
	access *access.Access
	asked  []Asked
}

// New makes the service and its nouns known to access.
func New(db *bun.DB, acc *access.Access) *Service {
	parties := []access.Link{{Kind: "proposal", ID: "ra.proposal_id"},
		{Kind: "organisation", ID: "(SELECT x.organisation_id FROM proposals x WHERE x.id = ra.proposal_id)"}}
	acc.Register(access.Noun{
		Kind: "coi_declaration", Table: "coi_declarations", Alias: "coi", Managing: access.ProvinceManaging,
		Seat: []access.Link{{Kind: "call", ID: "COALESCE((SELECT x.call_id FROM proposals x WHERE x.id = coi.subject_id), coi.subject_id)"},
			{Kind: "fund", ID: "coi.subject_id"}},
		Conflict: []access.Link{{Kind: "proposal", ID: "coi.subject_id"}, {Kind: "call", ID: "coi.subject_id"}, {Kind: "deal", ID: "coi.subject_id"},
			{Kind: "organisation", ID: "(SELECT x.organisation_id FROM proposals x WHERE x.id = coi.subject_id)"}},
	})
	acc.Register(access.Noun{
		Kind: "review_assignment", Table: "review_assignments", Alias: "ra", Managing: "ra.managing_unit_id",
		Seat: []access.Link{{Kind: "call", ID: "ra.call_id"}}, Conflict: append([]access.Link{{Kind: "call", ID: "ra.call_id"}}, parties...),
		Declared: parties, // for each dossier, not once for the call
	})
	acc.Register(access.Noun{
		Kind: "review", Table: "review_sheets", Alias: "rs",
		Managing: "(SELECT x.managing_unit_id FROM review_assignments x WHERE x.id = rs.assignment_id)",
		Seat:     []access.Link{{Kind: "call", ID: "(SELECT x.call_id FROM review_assignments x WHERE x.id = rs.assignment_id)"}},
		Conflict: []access.Link{{Kind: "proposal", ID: "rs.proposal_id"},
			{Kind: "organisation", ID: "(SELECT x.organisation_id FROM proposals x WHERE x.id = rs.proposal_id)"},
			{Kind: "call", ID: "(SELECT x.call_id FROM review_assignments x WHERE x.id = rs.assignment_id)"}},
		Declared: []access.Link{{Kind: "proposal", ID: "rs.proposal_id"}},
		When: map[string]string{
			"state:open": `EXISTS (SELECT 1 FROM review_assignments x WHERE x.id = rs.assignment_id AND x.status = 'accepted'
				AND x.due_on >= (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)`,
			"state:discussion": "rs.submitted_at IS NOT NULL AND rs.discussed_at IS NOT NULL",
			"state:closed":     "rs.submitted_at IS NOT NULL AND rs.closed_at IS NOT NULL",
			"state:published":  "false",
			"state:proposed":   "false",
			"own_submitted": `NOT EXISTS (SELECT 1 FROM review_sheets mine WHERE mine.proposal_id = rs.proposal_id
				AND mine.reviewer_id = {user} AND mine.submitted_at IS NULL)`,
		},
	})
	return &Service{db: db, access: acc}
}

// Ask adds a room that asks for declarations, e.g. the council for the matters of its sessions.
func (s *Service) Ask(a Asked) { s.asked = append(s.asked, a) }

func stale(sent, stored int) error {
	if sent != stored {
		return errs.ErrStale
	}
	return nil
}
