package allocation

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/council"
	"kinhbac/internal/proposal"
)

func rankingOf(ctx context.Context, db bun.IDB, call uuid.UUID) (*Ranking, error) {
	return readRanking(ctx, db, db.NewSelect().Where("rk.call_id = ?", call), call)
}

func lockRanking(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Ranking, error) {
	return readRanking(ctx, tx, tx.NewSelect().Where("rk.id = ?", id).For("UPDATE"), id)
}

func readRanking(ctx context.Context, db bun.IDB, q *bun.SelectQuery, id uuid.UUID) (*Ranking, error) {
	r := new(Ranking)
	if err := found(q.Model(r).Scan(ctx), "ranking", id); err != nil {
		return nil, err
	}
	err := db.NewSelect().Model(&r.Lines).Where("rl.ranking_id = ?", r.ID).OrderExpr("rl.position").Scan(ctx)
	return r, err
}

// saveRanking writes a computed ranking and its lines in place of the last ones.
func saveRanking(ctx context.Context, tx bun.Tx, r *Ranking) error {
	r.Version++
	_, err := tx.NewInsert().Model(r).On("CONFLICT (id) DO UPDATE").
		Set("council_id = EXCLUDED.council_id").Set("session_id = EXCLUDED.session_id").Set("tie_order = EXCLUDED.tie_order").
		Set("ceiling = EXCLUDED.ceiling").Set("pass_mark = EXCLUDED.pass_mark").Set("computed_at = EXCLUDED.computed_at").
		Set("version = EXCLUDED.version").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save ranking of call %s: %w", r.CallID, err)
	}
	if _, err := tx.NewDelete().Model((*Line)(nil)).Where("rl.ranking_id = ?", r.ID).Exec(ctx); err != nil {
		return err
	}
	for i := range r.Lines {
		r.Lines[i].RankingID = r.ID
	}
	if len(r.Lines) == 0 {
		return nil
	}
	_, err = tx.NewInsert().Model(&r.Lines).Exec(ctx)
	return err
}

func closeRanking(ctx context.Context, tx bun.Tx, r *Ranking) error {
	r.Version++
	_, err := tx.NewUpdate().Model(r).Column("status", "finalised_at", "finalised_by", "digest", "put_forward_at", "version").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("close ranking %s: %w", r.ID, err)
	}
	return nil
}

// candidates reads the judged proposals of a call with what the tie order asks for.
func candidates(ctx context.Context, db bun.IDB, call uuid.UUID) ([]candidate, error) {
	ms, err := council.ConcludedOf(ctx, db, call)
	if err != nil || len(ms) == 0 {
		return nil, err
	}
	ids := make([]uuid.UUID, len(ms))
	for i, m := range ms {
		ids[i] = m.SubjectID
	}
	var facts []struct {
		ID             uuid.UUID
		Code           string
		OrganisationID uuid.UUID
		SubmittedAt    time.Time
	}
	if err := db.NewSelect().Table("proposals").Column("id", "code", "organisation_id", "submitted_at").
		Where("id IN (?)", bun.List(ids)).Where("status <> ?", proposal.Withdrawn).Scan(ctx, &facts); err != nil {
		return nil, fmt.Errorf("read the proposals of call %s: %w", call, err)
	}
	means, err := criterionMeans(ctx, db, ms)
	if err != nil {
		return nil, err
	}
	var cs []candidate
	for _, m := range ms {
		for _, f := range facts {
			if f.ID != m.SubjectID {
				continue
			}
			c := candidate{code: f.Code, submitted: f.SubmittedAt, criteria: means[m.ID],
				passed: m.Passed != nil && *m.Passed && m.Conclusion != council.NotSupport}
			c.Line = Line{ProposalID: m.SubjectID, OrganisationID: f.OrganisationID, MatterID: m.ID, Score: m.Mean,
				Lowest: m.Lowest, Highest: m.Highest, Requested: m.Requested, Proposed: *m.Proposed}
			cs = append(cs, c)
		}
	}
	return cs, nil
}

// criterionMeans sums the points of the valid ballots by criterion, for ties.
func criterionMeans(ctx context.Context, db bun.IDB, ms []council.Matter) (map[uuid.UUID]map[int]share, error) {
	ids := make([]uuid.UUID, len(ms))
	for i, m := range ms {
		ids[i] = m.ID
	}
	var rows []struct {
		MatterID uuid.UUID
		Position int
		Sum, N   int64
	}
	err := db.NewRaw(`SELECT b.matter_id, cc.position, sum(l.points) AS sum, count(*) AS n
		FROM ballots b JOIN ballot_lines l ON l.ballot_id = b.id JOIN call_criteria cc ON cc.id = l.criterion_id
		WHERE b.valid AND b.matter_id IN (?) GROUP BY b.matter_id, cc.position`, bun.List(ids)).Scan(ctx, &rows)
	out := map[uuid.UUID]map[int]share{}
	for _, r := range rows {
		if out[r.MatterID] == nil {
			out[r.MatterID] = map[int]share{}
		}
		out[r.MatterID][r.Position] = share{r.Sum, r.N}
	}
	return out, err
}

func lockSet(ctx context.Context, tx bun.IDB, id uuid.UUID) (*AwardSet, error) {
	s := new(AwardSet)
	if err := found(tx.NewSelect().Model(s).Where("aws.id = ?", id).For("UPDATE").Scan(ctx), "award set", id); err != nil {
		return nil, err
	}
	return s, s.load(ctx, tx)
}

func saveSet(ctx context.Context, tx bun.IDB, s *AwardSet) error {
	s.Version++
	_, err := tx.NewUpdate().Model(s).ExcludeColumn("id", "call_id", "ranking_id", "budget_line_id", "drafted_by").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save award set %s: %w", s.ID, err)
	}
	return nil
}

func saveAward(ctx context.Context, tx bun.IDB, a *Award) error {
	_, err := tx.NewUpdate().Model(a).Column("appraised", "amount", "outcome", "reason").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save award %s: %w", a.ID, err)
	}
	return nil
}
