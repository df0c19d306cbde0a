package allocation

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kinhbac/internal/budget"
	"kinhbac/internal/call"
	"kinhbac/internal/money"
)

// Forecast says what free money of a budget line would do to its calls: to a ranking nobody decided, which proposals
// would be funded; to a decided set nothing changes, its money is held. Only what the reader may see is told.
func (s *Service) Forecast(ctx context.Context, line uuid.UUID, free money.Amount) ([]budget.Forecast, error) {
	var rankings []Ranking
	q := s.db.NewSelect().Model(&rankings).Join("JOIN calls k ON k.id = rk.call_id").Where("k.budget_line_id = ?", line).
		Where("NOT EXISTS (SELECT FROM award_sets st WHERE st.ranking_id = rk.id AND st.decided_at IS NOT NULL)").OrderExpr("k.code").Limit(20)
	if err := s.access.Scope(ctx, q, "ranking", "read", "ranking").Scan(ctx); err != nil {
		return nil, fmt.Errorf("rankings on budget line %s: %w", line, err)
	}
	var out []budget.Forecast
	for _, r := range rankings {
		k, err := call.Get(ctx, s.db, r.CallID)
		if err != nil {
			return nil, err
		}
		rk, err := readRanking(ctx, s.db, s.db.NewSelect().Where("rk.id = ?", r.ID), r.ID)
		if err != nil {
			return nil, fmt.Errorf("lines of the ranking of %s: %w", k.Code, err)
		}
		f := budget.Forecast{Call: k.Code, Href: "/calls/" + k.Code, Ceiling: r.Ceiling, After: r.Ceiling}
		if free.Cmp(f.After) < 0 {
			f.After = free
		}
		if rk, err = s.seen(ctx, s.db, rk); err != nil {
			return nil, err
		}
		var sum money.Amount
		fits := true // walked strictly over what the reader sees: a hidden line would tell its amount by where the walk ends
		funded := map[uuid.UUID]bool{}
		for _, l := range rk.Lines {
			sum = sum.Add(l.Proposed)
			fits = fits && sum.Cmp(f.After) <= 0
			funded[l.ProposalID] = fits
		}
		rows, err := s.rows(ctx, s.db, rk)
		if err != nil {
			return nil, err
		}
		for _, l := range rows {
			if l.Rank > 0 {
				f.Lines = append(f.Lines, budget.ForecastLine{Code: l.Code, Rank: l.Rank, Amount: l.Proposed, Now: l.Outcome == Funded, New: funded[l.ProposalID]})
			}
		}
		if len(f.Lines) == 0 {
			continue
		}
		out = append(out, f)
	}
	return out, nil
}
