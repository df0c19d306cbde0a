package council

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
	"kinhbac/internal/call"
)

// Probes recount the room's decisions: every counted matter from its stored ballots, under the rules bound to its
// council.
func Probes() []audit.Probe {
	return []audit.Probe{{Name: "council.check.tally", Run: recount}, eligibleBallots, asLeft}
}

// asLeft: councils, what they were asked and every ballot are what the acts on them left.
var asLeft = audit.Rows("council.check.rows", audit.Tables("councils", "council_seats", "council_sessions", "council_attendances", "council_matters", "council_items", "council_replacements",
	"ballots", "ballot_lines"))

// eligibleBallots: a ballot lies only where its seat votes in the council of the matter and the matter came to balloting.
var eligibleBallots = audit.Query("council.check.ballots", "SELECT count(*) FROM ballots", `
	SELECT 'ballots ' || b.id, x.stands, x.wanted FROM ballots b
	  JOIN council_matters m ON m.id = b.matter_id JOIN council_seats s ON s.id = b.seat_id
	 CROSS JOIN LATERAL (SELECT CASE WHEN s.council_id <> m.council_id THEN 'a seat of another council' WHEN NOT s.votes THEN 'a seat without vote'
	        WHEN m.balloting_at IS NULL OR b.cast_at < m.balloting_at THEN 'cast ' || b.cast_at ELSE 'cast ' || b.cast_at || ', counted ' || m.counted_at END AS stands,
	        CASE WHEN s.council_id <> m.council_id OR NOT s.votes THEN 'a voting seat of the council'
	        ELSE 'cast from ' || coalesce(m.balloting_at::text, 'the start of balloting') || ' to the count' END AS wanted) x
	 WHERE s.council_id <> m.council_id OR NOT s.votes OR m.balloting_at IS NULL OR b.cast_at < m.balloting_at OR b.cast_at > m.counted_at
	 ORDER BY b.id LIMIT 1`)

// poll is a counted matter with everything its count is made of.
type poll struct {
	Matter  `bun:",extend"`
	council *Council
	ballots []Ballot
	items   []Item
	rules   Rules
}

// pollsAt is how many matters are recounted together.
const pollsAt = 500

func recount(ctx context.Context, l audit.Look) ([]audit.Check, error) {
	c := audit.Check{Code: "council.check.tally"}
	known := binding{rules: map[string]Rules{}, councils: map[uuid.UUID]*Council{}, marks: map[uuid.UUID]decimal.Decimal{}}
	for last := uuid.Nil; ; {
		var ms []Matter
		err := l.Tx.NewSelect().Model(&ms).Where("cm.status IN (?)", bun.List([]MatterStatus{Counted, Concluded})).
			Where("cm.id > ?", last).OrderExpr("cm.id").Limit(pollsAt).Scan(ctx)
		if err != nil || len(ms) == 0 {
			return []audit.Check{c}, err
		}
		polls, err := load(ctx, l.Tx, ms, known)
		if err != nil {
			return nil, err
		}
		for i := range polls {
			polls[i].compare(&c)
			c.Count++
		}
		l.Step(int64(len(ms)))
		last = ms[len(ms)-1].ID
	}
}

// binding keeps what many matters share.
type binding struct {
	rules    map[string]Rules
	councils map[uuid.UUID]*Council
	marks    map[uuid.UUID]decimal.Decimal // pass mark by call
}

func load(ctx context.Context, db bun.IDB, ms []Matter, known binding) ([]poll, error) {
	ids := make([]uuid.UUID, len(ms))
	for i, m := range ms {
		ids[i] = m.ID
	}
	var bs []Ballot
	if err := db.NewSelect().Model(&bs).Relation("Lines").Where("b.matter_id IN (?)", bun.List(ids)).OrderExpr("b.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read ballots: %w", err)
	}
	var is []Item
	if err := db.NewSelect().Model(&is).Where("ci.matter_id IN (?)", bun.List(ids)).OrderExpr("ci.position").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	polls := make([]poll, len(ms))
	for i, m := range ms {
		p := poll{Matter: m}
		for _, b := range bs {
			if b.MatterID == m.ID {
				p.ballots = append(p.ballots, b)
			}
		}
		for _, it := range is {
			if it.MatterID == m.ID {
				p.items = append(p.items, it)
			}
		}
		if err := p.bind(ctx, db, known); err != nil {
			return nil, fmt.Errorf("rules of matter %s: %w", m.ID, err)
		}
		polls[i] = p
	}
	return polls, nil
}

// bind finds the rules a matter was counted by. Every seat that took part had cast its ballot before the count, so
// those present are those who cast: who is barred or absent since does not change an old count.
func (p *poll) bind(ctx context.Context, db bun.IDB, known binding) (err error) {
	if p.council = known.councils[p.CouncilID]; p.council == nil {
		if p.council, err = Get(ctx, db, p.CouncilID); err != nil {
			return err
		}
		known.councils[p.CouncilID] = p.council
	}
	key := p.CouncilID.String() + string(p.BallotKind)
	r, ok := known.rules[key]
	if !ok {
		if r, err = rules(ctx, db, p.council, &p.Matter); err != nil {
			return err
		}
		known.rules[key] = r
	}
	p.rules = r
	p.rules.Present = int64(len(p.ballots))
	if p.BallotKind != Points {
		return nil
	}
	mark, ok := known.marks[p.council.SubjectID]
	if !ok {
		k, err := call.Get(ctx, db, p.council.SubjectID)
		if err != nil {
			return err
		}
		mark = k.PassMark
		known.marks[p.council.SubjectID] = mark
	}
	p.rules.PassMark = mark
	return nil
}

func (p *poll) compare(c *audit.Check) {
	for _, b := range p.ballots {
		if b.Total != nil {
			sum := 0
			for _, l := range b.Lines {
				if l.Points != nil {
					sum += *l.Points
				}
			}
			c.Same("ballots "+b.ID.String(), "total", b.Total, sum)
		}
	}
	row, res := "council_matters "+p.ID.String(), tally(p.BallotKind, p.ballots, p.items, p.rules)
	c.Same(row, "votes_cast", p.Cast, len(p.ballots))
	valid := map[uuid.UUID]bool{}
	n := 0
	for i, b := range res.order {
		if valid[b] = res.Valid[i]; valid[b] {
			n++
		}
	}
	c.Same(row, "votes_valid", p.Valid, n)
	c.Same(row, "initial_mean", p.InitialMean, res.Initial)
	c.Same(row, "mean", p.Mean, res.Mean)
	c.Same(row, "lowest", p.Lowest, res.Lowest)
	c.Same(row, "highest", p.Highest, res.Highest)
	c.Same(row, "votes_for", p.For, res.For)
	c.Same(row, "votes_against", p.Against, res.Against)
	c.Same(row, "passed", p.Passed, res.Passed)
	c.Same(row, "failed_by", p.FailedBy, res.FailedBy)
	slices.SortFunc(p.ballots, func(a, b Ballot) int { return bytes.Compare(place(a), place(b)) })
	for i, b := range p.ballots {
		c.Same("ballots "+b.ID.String(), "number", b.Number, i+1)
		c.Same("ballots "+b.ID.String(), "valid", b.Valid, valid[b.ID])
	}
	for i, it := range res.Items {
		c.Same("council_items "+p.items[i].ID.String(), "pass_count", p.items[i].PassCount, it.Passes)
		c.Same("council_items "+p.items[i].ID.String(), "passed", p.items[i].Passed, it.Passed)
	}
}
