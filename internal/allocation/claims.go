package allocation

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/call"
)

// CarryOver moves the award sets of a budget line, and the calls behind them, to the line of the next year.
func CarryOver(ctx context.Context, tx bun.IDB, from, to uuid.UUID) error {
	_, err := tx.NewUpdate().Model((*AwardSet)(nil)).Set("budget_line_id = ?", to).Where("budget_line_id = ?", from).Exec(ctx)
	if err != nil {
		return fmt.Errorf("carry award sets to budget line %s: %w", to, err)
	}
	return call.CarryOver(ctx, tx, from, to)
}
