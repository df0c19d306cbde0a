package investment

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/council"
)

// Matters puts recommended deals before the investment board: the source of room council for the kind deal.
type Matters struct{}

// Waiting lists the recommended deals of a fund that no session holds, oldest first.
func (Matters) Waiting(ctx context.Context, db bun.IDB, of uuid.UUID) (all []council.Subject, err error) {
	err = db.NewRaw(`SELECT d.id, d.organisation_id, d.code, d.title AS title_vi, '' AS title_en, o.name AS org_name, d.amount AS requested
		FROM deals AS d JOIN organisations AS o ON o.id = d.organisation_id
		WHERE d.fund_id = ? AND d.status = 'recommended'
		  AND NOT EXISTS (SELECT FROM council_matters AS m JOIN council_sessions AS s ON s.id = m.session_id
		    WHERE m.kind = 'deal' AND m.subject_id = d.id AND (m.status <> 'waiting' OR s.status IN ('scheduled', 'open')))
		ORDER BY d.number`, of).Scan(ctx, &all)
	return all, err
}

// Ballot is for or against, for every investment board.
func (Matters) Ballot(context.Context, bun.IDB, uuid.UUID) (council.BallotKind, error) {
	return council.Approve, nil
}

// Scheduled changes nothing: a deal waits as recommended until the board concludes.
func (Matters) Scheduled(context.Context, bun.Tx, uuid.UUID, access.Actor) error { return nil }

// Concluded moves the deal to voted, or to rejected when the board did not support it.
func (Matters) Concluded(ctx context.Context, tx bun.Tx, m *council.Matter, actor access.Actor) error {
	d, err := lockDeal(ctx, tx, m.SubjectID)
	if err != nil {
		return err
	}
	to := Rejected
	if m.Passed != nil && *m.Passed && m.Conclusion != council.NotSupport {
		to = Voted
	}
	if err := d.Move(to); err != nil {
		return err
	}
	return saveDeal(ctx, tx, d)
}
