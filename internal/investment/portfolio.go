package investment

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/fund"
)

// Portfolio tells the fund's page what the fund holds and what is coming.
type Portfolio struct{ Access *access.Access }

// Holdings are the fund's holdings on a day, largest cost first: tranches paid by then at cost, adjusted by the
// newest valuation locked for a day up to it.
func (Portfolio) Holdings(ctx context.Context, db bun.IDB, fundID uuid.UUID, on calendar.Date) (hs []fund.Holding, err error) {
	err = db.NewRaw(`SELECT h.id, COALESCE(NULLIF(o.short_name, ''), o.name) AS name, h.sector, h.round, h.ownership, c.cost,
			c.cost + COALESCE(v.fair - v.cost, 0) AS fair, v.quarter_end AS valued_on
		FROM holdings AS h JOIN organisations AS o ON o.id = h.organisation_id
		JOIN LATERAL (SELECT sum(i.amount) AS cost FROM investments AS i
			WHERE i.holding_id = h.id AND i.status = 'confirmed' AND i.paid_on <= ?1) AS c ON c.cost > 0
		LEFT JOIN LATERAL (SELECT x.fair, x.cost, x.quarter_end FROM valuations AS x
			WHERE x.holding_id = h.id AND x.status = 'locked' AND x.quarter_end <= ?1 ORDER BY x.quarter_end DESC LIMIT 1) AS v ON true
		WHERE h.fund_id = ?0 AND h.status = 'active' ORDER BY c.cost DESC, h.id`, fundID, on).Scan(ctx, &hs)
	if err != nil {
		return nil, fmt.Errorf("holdings of fund %s: %w", fundID, err)
	}
	return hs, nil
}

// Seen leaves the holdings the subject of ctx is in no conflict with.
func (p Portfolio) Seen(ctx context.Context, db bun.IDB, ids []uuid.UUID) ([]uuid.UUID, error) {
	return p.Access.FreeOf(ctx, db, "holding", ids)
}

// Pipeline counts the deals in each stage that is not the end, without those the subject of ctx is in conflict with.
func (p Portfolio) Pipeline(ctx context.Context, db bun.IDB, fundID uuid.UUID) ([]fund.Stage, error) {
	var rows []fund.Stage
	q := db.NewSelect().TableExpr("deals AS d").ColumnExpr("d.status AS name, count(*) AS count").Where("d.fund_id = ?", fundID).GroupExpr("d.status")
	if err := p.Access.Free(ctx, q, "deal").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("pipeline of fund %s: %w", fundID, err)
	}
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.Name] = r.Count
	}
	stages := make([]fund.Stage, len(Stages))
	for i, s := range Stages {
		stages[i] = fund.Stage{Name: string(s), Count: counts[string(s)]}
	}
	return stages, nil
}
