package allocation

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/call"
	"kinhbac/internal/council"
	"kinhbac/internal/errs"
	"kinhbac/internal/proposal"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// Service holds the commands of the room.
type Service struct {
	db       *bun.DB
	access   *access.Access
	payments Payments
}

// New makes the service, its nouns, and asks the council to be told of conclusions: each computes the ranking anew.
func New(db *bun.DB, acc *access.Access, councils *council.Service) *Service {
	for _, n := range nouns() {
		acc.Register(n)
	}
	s := &Service{db: db, access: acc}
	councils.AfterConclusion(func(ctx context.Context, tx bun.Tx, m *council.Matter) error {
		if m.Kind != "proposal" {
			return nil
		}
		return s.compute(access.With(ctx, access.System()), tx, m)
	})
	return s
}

func nouns() []access.Noun {
	ofSet := func(cond string) string {
		return "EXISTS (SELECT 1 FROM award_sets x WHERE x.id = aw.set_id AND " + cond + ")"
	}
	return []access.Noun{{
		Kind: "ranking", Table: "rankings", Alias: "rk", Managing: "rk.managing_unit_id",
		Seat: []access.Link{{Kind: "council", ID: "rk.council_id"}}, Conflict: []access.Link{{Kind: "call", ID: "rk.call_id"}},
		Acts: map[string]string{"no_coi": freeOfRanking},
		When: map[string]string{
			"quorum":         "council_quorum(rk.session_id, NULL)",
			"presiding":      presidesOverAll,
			"state:closed":   "true", // a ranking is made of counted matters
			"state:ranked":   "rk.status = 'finalised'",
			"state:proposed": "rk.put_forward_at IS NOT NULL",
		},
	}, {
		Kind: "award_set", Table: "award_sets", Alias: "aws", Managing: "aws.managing_unit_id", Finance: "aws.finance_unit_id",
		Conflict: []access.Link{{Kind: "call", ID: "aws.call_id"}},
		Reading:  []access.Right{{Resource: "award", Action: "read"}}, // without the lines in conflict
		Acts:     map[string]string{"no_coi": freeOfLines},
		When: map[string]string{
			"state:ranked":    "true",
			"state:proposed":  "aws.status <> 'draft'",
			"state:approved":  "aws.status IN ('decided', 'published')",
			"state:published": "aws.status = 'published'",
			"state:notified":  "aws.status = 'published'",
		},
	}, {
		Kind: "award", Table: "awards", Alias: "aw",
		Managing: "(SELECT x.managing_unit_id FROM award_sets x WHERE x.id = aw.set_id)",
		Finance:  "(SELECT x.finance_unit_id FROM award_sets x WHERE x.id = aw.set_id)",
		Own:      []access.Link{{Kind: "proposal", ID: "aw.proposal_id"}},
		Conflict: []access.Link{{Kind: "proposal", ID: "aw.proposal_id"}, {Kind: "organisation", ID: "aw.organisation_id"},
			{Kind: "call", ID: "(SELECT x.call_id FROM award_sets x WHERE x.id = aw.set_id)"}},
		Steps: []access.Link{{Kind: "award_set", ID: "aw.set_id"}},
		When: map[string]string{
			"state:ranked":    "true",
			"state:proposed":  ofSet("x.status <> 'draft'"),
			"state:approved":  ofSet("x.status IN ('decided', 'published')"),
			"state:published": ofSet("x.status = 'published'"),
			"state:notified":  ofSet("x.status = 'published'"),
		},
	}}
}

// compute makes the ranking of the call of a concluded matter anew. ErrFinalised once it is closed.
func (s *Service) compute(ctx context.Context, tx bun.Tx, m *council.Matter) error {
	actor, err := s.access.RequireRole(ctx, "ranking", "compute")
	if err != nil {
		return err
	}
	p, err := proposal.Get(ctx, tx, m.SubjectID)
	if err != nil {
		return err
	}
	k, err := call.Lock(ctx, tx, p.CallID)
	if err != nil {
		return err
	}
	r, err := rankingOf(ctx, tx, k.ID)
	if errs.From(err).Is(errs.ErrNotFound) {
		r = &Ranking{ID: uuid.New(), CallID: k.ID, Version: 0}
	} else if err != nil {
		return err
	}
	if r.Status == Finalised {
		return ErrFinalised
	}
	order, err := rulebook.Get(ctx, tx, "allocation.tie_order", storage.Now(ctx))
	if err != nil {
		return err
	}
	r.CouncilID, r.SessionID, r.Status, r.TieOrder = m.CouncilID, m.SessionID, Computed, order.Text
	r.Ceiling, r.PassMark, r.ManagingUnitID, r.ComputedAt = k.CeilingTotal, k.PassMark, k.ManagingUnitID, storage.Now(ctx)
	cs, err := candidates(ctx, tx, k.ID)
	if err != nil {
		return err
	}
	r.Lines = rank(cs, order.List(), r.Ceiling)
	if err := saveRanking(ctx, tx, r); err != nil {
		return err
	}
	return record(ctx, tx, "ranking.compute", actor, r, k.Code, rankingSeen{r.Status, len(r.Lines), ""})
}

type rankingSeen struct {
	Status string `json:"status"`
	Lines  int    `json:"lines"`
	Digest string `json:"digest,omitempty"`
}

// Finalise closes the ranking of a call: by the chair, or whoever presides, with the quorum of the last session,
// when every eligible proposal of the call was judged.
func (s *Service) Finalise(ctx context.Context, id uuid.UUID, version int) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, err := lockRanking(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "ranking", "finalise", r)
		if err != nil {
			return err
		}
		if r.Version != version {
			return errs.ErrStale
		}
		open, err := proposal.OfCall(ctx, tx, r.CallID, proposal.Eligible, proposal.UnderReview)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return ErrUnjudged
		}
		if err := r.Finalise(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if err := closeRanking(ctx, tx, r); err != nil {
			return err
		}
		return record(ctx, tx, "ranking.finalise", actor, r, "", rankingSeen{r.Status, len(r.Lines), r.Digest})
	})
}

func record(ctx context.Context, tx bun.IDB, act string, actor access.Actor, o access.Object, label string, after any) error {
	err := audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role),
		Kind: o.AccessKind(), Object: o.AccessID(), Label: label, After: after})
	if err != nil {
		return fmt.Errorf("record %s: %w", act, err)
	}
	return nil
}
