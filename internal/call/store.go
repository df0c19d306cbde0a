package call

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
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

// find reads what q selects of alias c.
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

// nextCode gives the next code of the year in which the call opens; two at once wait for each other.
func nextCode(ctx context.Context, tx bun.IDB, opens time.Time) (string, error) {
	year := calendar.DateOf(opens).Year()
	if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(hashtext('calls'), ?)", year).Exec(ctx); err != nil {
		return "", fmt.Errorf("lock the codes of calls: %w", err)
	}
	var n int
	err := tx.NewRaw("SELECT COALESCE(max(split_part(code, '-', 3)::int), 0) + 1 FROM calls WHERE code LIKE ?", fmt.Sprintf("BN-%04d-%%", year)).Scan(ctx, &n)
	if err != nil {
		return "", fmt.Errorf("next code of calls: %w", err)
	}
	return fmt.Sprintf("BN-%04d-%02d", year, n), nil
}

func insert(ctx context.Context, tx bun.IDB, c *Call) error {
	if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
		return fmt.Errorf("write call %s: %w", c.Code, err)
	}
	return saveCriteria(ctx, tx, c)
}

// saveDetails writes what an officer may change, criteria too, and raises the version.
func saveDetails(ctx context.Context, tx bun.IDB, c *Call) error {
	c.Version++
	_, err := tx.NewUpdate().Model(c).ExcludeColumn("id", "code", "managing_unit_id", "status", "rulebook", "number", "published_at", "closed_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("write call %s: %w", c.Code, err)
	}
	if _, err := tx.NewDelete().Model((*Criterion)(nil)).Where("call_id = ?", c.ID).Exec(ctx); err != nil {
		return fmt.Errorf("write criteria of call %s: %w", c.Code, err)
	}
	return saveCriteria(ctx, tx, c)
}

func saveCriteria(ctx context.Context, tx bun.IDB, c *Call) error {
	for i := range c.Criteria {
		c.Criteria[i].CallID = c.ID
	}
	if _, err := tx.NewInsert().Model(&c.Criteria).Exec(ctx); err != nil {
		return fmt.Errorf("write criteria of call %s: %w", c.Code, err)
	}
	return nil
}

// saveState writes what a move changes.
func saveState(ctx context.Context, tx bun.IDB, c *Call) error {
	c.Version++
	_, err := tx.NewUpdate().Model(c).Column("status", "rulebook", "number", "published_at", "closed_at", "closes_at", "version").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("write state of call %s: %w", c.Code, err)
	}
	return nil
}
