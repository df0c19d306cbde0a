package call

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"kinhbac/internal/budget"
)

// Groups names the activity groups of the plan after its approved programmes, for budget.Service.NameGroups.
type Groups struct{}

// Groups reads the approved programmes in the order of their codes.
func (Groups) Groups(ctx context.Context, db bun.IDB) (list []budget.Group, err error) {
	err = db.NewSelect().Model((*Programme)(nil)).Column("code", "name_vi", "name_en").Where("status = 'approved'").OrderExpr("code").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("read activity groups: %w", err)
	}
	return list, nil
}
