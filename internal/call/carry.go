package call

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// CarryOver moves the calls that spend a budget line to the line of the next year, at year end.
func CarryOver(ctx context.Context, tx bun.IDB, from, to uuid.UUID) error {
	_, err := tx.NewUpdate().Model((*Call)(nil)).Set("budget_line_id = ?", to).Where("budget_line_id = ?", from).Exec(ctx)
	if err != nil {
		return fmt.Errorf("carry calls to budget line %s: %w", to, err)
	}
	return nil
}
