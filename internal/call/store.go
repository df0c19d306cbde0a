package call

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
)

// Get reads one call with its criteria in order; errs.ErrNotFound when there is none. The caller decides who
// may see it.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Call, error) {
	return find(ctx, db, db.NewSelect().Where("c.id = ?", id))
}

// Lock is Get with the row locked until the end of the transaction.
func Lock(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Call, error) {
	return find(ctx, tx, tx.NewSelect().Where("c.id = ?", id).For("UPDATE OF c"))
}

func find(ctx context.Context, db bun.IDB, q *bun.SelectQuery) (*Call, error) {
	c := new(Call)
	err := q.Model(c).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read call: %w", err)
	}
	err = db.NewSelect().Model(&c.Criteria).Where("cc.call_id = ?", c.ID).OrderExpr("cc.position").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read criteria of call %s: %w", c.ID, err)
	}
	return c, nil
}
