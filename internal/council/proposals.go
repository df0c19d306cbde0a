package council

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/call"
	"kinhbac/internal/proposal"
	"kinhbac/internal/review"
)

// proposals is the source of matters of grant councils.
type proposals struct{}

// Waiting lists eligible proposals of the call, and those whose session ended before their turn.
func (proposals) Waiting(ctx context.Context, db bun.IDB, of uuid.UUID) ([]Subject, error) {
	var all []Subject
	err := db.NewRaw(`
		SELECT p.id, p.organisation_id, p.code, p.title_vi, p.title_en, o.name AS org_name, p.requested
		FROM proposals p JOIN organisations o ON o.id = p.organisation_id
		WHERE p.call_id = ? AND p.status IN ('eligible', 'under_review')
		  AND NOT EXISTS (SELECT 1 FROM council_matters m JOIN council_sessions s ON s.id = m.session_id
		    WHERE m.kind = 'proposal' AND m.subject_id = p.id AND (m.status <> 'waiting' OR s.status IN ('scheduled', 'open')))
		ORDER BY p.code`, of).Scan(ctx, &all)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Items, err = contents(ctx, db, all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// contents are the items of the cost table asked of the grant: what a pass or fail ballot is about.
func contents(ctx context.Context, db bun.IDB, id uuid.UUID) ([]Item, error) {
	costs, err := proposal.Costs(ctx, db, id)
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, c := range costs {
		if c.Source == proposal.Grant {
			items = append(items, Item{Position: len(items) + 1, NameVI: c.Item})
		}
	}
	return items, nil
}

func (proposals) Ballot(ctx context.Context, db bun.IDB, of uuid.UUID) (BallotKind, error) {
	c, err := call.Get(ctx, db, of)
	if err != nil {
		return "", err
	}
	return BallotKind(c.BallotKind), nil
}

func (proposals) Scheduled(ctx context.Context, tx bun.Tx, id uuid.UUID, actor access.Actor) error {
	p, err := proposal.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	c, err := call.Lock(ctx, tx, p.CallID)
	if err != nil {
		return err
	}
	if c.Status == call.Closed {
		if err := call.SetEvaluating(ctx, tx, p.CallID); err != nil {
			return err
		}
	}
	if p.Status == proposal.UnderReview {
		return nil
	}
	return proposal.Move(ctx, tx, id, proposal.UnderReview, actor)
}

func (proposals) Concluded(ctx context.Context, tx bun.Tx, m *Matter, actor access.Actor) error {
	if err := review.Close(ctx, tx, m.SubjectID); err != nil {
		return err
	}
	p, err := proposal.Get(ctx, tx, m.SubjectID)
	if err != nil {
		return err
	}
	switch {
	case p.Status == proposal.Withdrawn: // withdrawn during the session: the conclusion stands, the dossier is gone
		return nil
	case m.Conclusion == NotSupport:
		return proposal.Move(ctx, tx, m.SubjectID, proposal.NotRecommended, actor)
	}
	return proposal.Move(ctx, tx, m.SubjectID, proposal.Recommended, actor)
}

// askedOfSeats lists the matters a person must declare interests on before voting.
func askedOfSeats(ctx context.Context, db bun.IDB, person uuid.UUID) ([]review.Subject, error) {
	var all []review.Subject
	err := db.NewRaw(`
		SELECT m.kind, m.subject_id AS id, m.code, m.title_vi, m.title_en, m.org_name
		FROM council_matters m JOIN council_seats s ON s.council_id = m.council_id AND s.person_id = ? AND s.ended_at IS NULL
		WHERE m.status <> 'concluded' ORDER BY m.code`, person).Scan(ctx, &all)
	return all, err
}
