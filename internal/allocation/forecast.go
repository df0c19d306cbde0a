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
		var lines []struct {
			Code     string
			Rank     int
			Proposed money.Amount
			Outcome  Outcome
		}
		err = s.db.NewSelect().TableExpr("ranking_lines AS rl").Join("JOIN proposals p ON p.id = rl.proposal_id").
			ColumnExpr("p.code, rl.rank, rl.proposed, rl.outcome").Where("rl.ranking_id = ?", r.ID).Where("rl.rank > 0").
			OrderExpr("rl.position").Scan(ctx, &lines)
		if err != nil {
			return nil, fmt.Errorf("lines of the ranking of %s: %w", k.Code, err)
		}
		f := budget.Forecast{Call: k.Code, Href: "/calls/" + k.Code, Ceiling: r.Ceiling, After: r.Ceiling}
		if free.Cmp(f.After) < 0 {
			f.After = free
		}
		var sum money.Amount
		fits := true // walked strictly: the first that does not fit closes the line
		for _, l := range lines {
			sum = sum.Add(l.Proposed)
			fits = fits && sum.Cmp(f.After) <= 0
			f.Lines = append(f.Lines, budget.ForecastLine{Code: l.Code, Rank: l.Rank, Amount: l.Proposed, Now: l.Outcome == Funded, New: fits})
		}
		out = append(out, f)
	}
	return out, nil
}
