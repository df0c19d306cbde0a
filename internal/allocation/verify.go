package allocation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
	"kinhbac/internal/council"
	"kinhbac/internal/ledger"
)

// Probes rank every call anew from its counted matters, hold the awards against the ranking, and the books against the
// awards.
func Probes() []audit.Probe {
	return []audit.Probe{{Name: "allocation.check.ranking", Run: rerank}, unranked, awarded, reserved, ledgered, asLeft}
}

// unranked: every concluded matter on a dossier that was not withdrawn has its line in the ranking of the call.
var unranked = audit.Query("allocation.check.unranked", "SELECT count(*) FROM council_matters WHERE kind = 'proposal' AND status = 'concluded'", `
	SELECT 'council_matters ' || m.id, 'not ranked', 'a line of ranking ' || r.id FROM council_matters m
	  JOIN councils c ON c.id = m.council_id JOIN rankings r ON r.call_id = c.subject_id JOIN proposals p ON p.id = m.subject_id
	 WHERE m.kind = 'proposal' AND m.status = 'concluded' AND p.status <> 'withdrawn' AND m.concluded_at <= r.computed_at
	   AND NOT EXISTS (SELECT FROM ranking_lines l WHERE l.ranking_id = r.id AND l.proposal_id = m.subject_id) ORDER BY m.id LIMIT 1`)

// awarded: an award repeats the line of the ranking its set was drafted from, and a decided one has what was appraised.
var awarded = audit.Query("allocation.check.awards", "SELECT count(*) FROM awards", `
	SELECT 'awards ' || a.id, x.name || ' ' || coalesce(x.stands, '–'), x.name || ' ' || coalesce(x.wanted, '–') FROM awards a
	  JOIN award_sets s ON s.id = a.set_id LEFT JOIN ranking_lines l ON l.ranking_id = s.ranking_id AND l.proposal_id = a.proposal_id
	 CROSS JOIN LATERAL (VALUES (1, 'rank', a.rank::text, l.rank::text), (2, 'score', a.score::text, l.score::text),
	        (3, 'requested', a.requested::text, l.requested::text), (4, 'proposed', a.proposed::text, l.proposed::text),
	        (5, 'outcome', a.outcome, CASE WHEN a.outcome = 'rejected' AND a.reason <> '' THEN a.outcome ELSE l.outcome END),
	        (6, 'amount', a.amount::text, CASE WHEN s.decided_at IS NULL OR a.outcome <> 'funded' THEN '0' ELSE a.appraised::text END)) x (place, name, stands, wanted)
	 WHERE x.stands IS DISTINCT FROM x.wanted ORDER BY a.id, x.place LIMIT 1`)

// reserved: a decided set reserved, in one journal on the line of its call, exactly the amounts of its awards.
var reserved = audit.Query("allocation.check.reserved", "SELECT count(*) FROM award_sets WHERE decided_at IS NOT NULL", `
	SELECT 'award_sets ' || s.id, coalesce(p.amounts, '{}'), coalesce(a.amounts, '{}') FROM award_sets s
	  LEFT JOIN LATERAL (SELECT array_agg(a.amount ORDER BY a.amount)::text AS amounts FROM awards a WHERE a.set_id = s.id AND a.amount > 0) a ON true
	  LEFT JOIN LATERAL (SELECT array_agg(trim_scale(p.amount) ORDER BY p.amount)::text AS amounts FROM ledger.journals j
	        JOIN ledger.postings p ON p.journal_id = j.id JOIN ledger.accounts y ON y.id = p.account_id AND y.code = 'reserved'
	       WHERE j.document_kind = 'award_set' AND j.document_id = s.id AND j.kind = 'reserve') p ON true
	 WHERE p.amounts IS DISTINCT FROM a.amounts ORDER BY s.id LIMIT 1`)

// ledgered: under a decided set the books hold the sum of its awards, moved from available to reserved.
var ledgered = ledger.Follows("allocation.check.posted", "award_set", "^BUDGET$", `
	SELECT a.set_id, 'BUDGET', x.account, x.sign * a.amount FROM awards a CROSS JOIN (VALUES ('available', -1), ('reserved', 1)) x (account, sign)`)

// rerank computes every ranking from its matters, their valid ballots and the tie order bound to it.
func rerank(ctx context.Context, l audit.Look) ([]audit.Check, error) {
	c := audit.Check{Code: "allocation.check.ranking"}
	var rs []Ranking
	err := l.Tx.NewSelect().Model(&rs).Relation("Lines", func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("rl.position") }).OrderExpr("rk.id").Scan(ctx)
	if err != nil {
		return nil, err
	}
	for i := range rs {
		if err := rs[i].recheck(ctx, l.Tx, &c); err != nil {
			return nil, fmt.Errorf("ranking %s: %w", rs[i].ID, err)
		}
		c.Count += int64(len(rs[i].Lines))
		l.Step(int64(len(rs[i].Lines)))
	}
	return []audit.Check{c}, nil
}

func (r *Ranking) recheck(ctx context.Context, db bun.IDB, c *audit.Check) error {
	cs, err := r.ranked(ctx, db)
	if err != nil {
		return err
	}
	lines := rank(cs, strings.Fields(r.TieOrder), r.Ceiling)
	c.Same("rankings "+r.ID.String(), "lines", len(r.Lines), len(lines))
	for i := range min(len(lines), len(r.Lines)) {
		is, want := r.Lines[i], lines[i]
		row := "ranking_lines " + r.ID.String() + " " + is.ProposalID.String()
		c.Same(row, "proposal", is.ProposalID, want.ProposalID)
		c.Same(row, "position", is.Position, want.Position)
		c.Same(row, "rank", is.Rank, want.Rank)
		c.Same(row, "score", is.Score, want.Score)
		c.Same(row, "requested", is.Requested, want.Requested)
		c.Same(row, "proposed", is.Proposed, want.Proposed)
		c.Same(row, "cumulative", is.Cumulative, want.Cumulative)
		c.Same(row, "outcome", is.Outcome, want.Outcome)
		c.Same(row, "tie", is.Tie, want.Tie)
	}
	if r.Status == Finalised {
		c.Same("rankings "+r.ID.String(), "digest", r.Digest, r.seal())
	}
	return nil
}

// ranked are the candidates of a ranking as they were: those of its lines, whatever became of the dossier since.
func (r *Ranking) ranked(ctx context.Context, db bun.IDB) ([]candidate, error) {
	if len(r.Lines) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(r.Lines))
	for i, l := range r.Lines {
		ids[i] = l.MatterID
	}
	var ms []council.Matter
	if err := db.NewSelect().Model(&ms).Where("cm.id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, err
	}
	means, err := criterionMeans(ctx, db, ms)
	if err != nil {
		return nil, err
	}
	var facts []struct {
		ID, OrganisationID uuid.UUID
		Code               string
		SubmittedAt        time.Time
	}
	err = db.NewSelect().Table("proposals").Column("id", "code", "organisation_id", "submitted_at").
		Where("id IN (SELECT subject_id FROM council_matters WHERE id IN (?))", bun.List(ids)).Scan(ctx, &facts)
	if err != nil {
		return nil, err
	}
	var cs []candidate
	for _, m := range ms {
		for _, f := range facts {
			if f.ID != m.SubjectID || m.Proposed == nil {
				continue
			}
			cs = append(cs, candidate{code: f.Code, submitted: f.SubmittedAt, criteria: means[m.ID],
				passed: m.DidPass() && m.Conclusion != council.NotSupport,
				Line: Line{ProposalID: m.SubjectID, OrganisationID: f.OrganisationID, MatterID: m.ID, Score: m.Mean, Lowest: m.Lowest,
					Highest: m.Highest, Requested: m.Requested, Proposed: *m.Proposed}})
		}
	}
	return cs, nil
}

// asLeft: rankings and awards are what the acts on them left.
var asLeft = audit.Rows("allocation.check.rows", audit.Tables("rankings", "ranking_lines", "award_sets", "awards"))
