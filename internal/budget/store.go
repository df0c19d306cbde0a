package budget

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Get reads a line whoever asks; none is errs.ErrNotFound.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Line, error) {
	l := new(Line)
	return l, one(db.NewSelect().Model(l).Where("bl.id = ?", id).Scan(ctx), "budget line", id)
}

// getLeaf reads a line and whether others stand below it, in one round trip: a commitment is on the hot path.
func getLeaf(ctx context.Context, db bun.IDB, id uuid.UUID) (l *Line, parent bool, err error) {
	var row struct {
		Line     `bun:",extend"`
		HasLines bool
	}
	err = db.NewSelect().Model(&row).ColumnExpr("bl.*").
		ColumnExpr("EXISTS (SELECT FROM budget_lines c WHERE c.parent_id = bl.id) AS has_lines").Where("bl.id = ?", id).Scan(ctx)
	return &row.Line, row.HasLines, one(err, "budget line", id)
}

// lock reads a line for the rest of the transaction.
func lock(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Line, error) {
	l := new(Line)
	return l, one(tx.NewSelect().Model(l).Where("bl.id = ?", id).For("UPDATE").Scan(ctx), "budget line", id)
}

func lockAct(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Act, error) {
	a := new(Act)
	return a, one(tx.NewSelect().Model(a).Where("ba.id = ?", id).For("UPDATE").Scan(ctx), "budget act", id)
}

func one(err error, what string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", what, id, err)
	}
	return nil
}

func insert(ctx context.Context, tx bun.IDB, l *Line) error {
	_, err := tx.NewInsert().Model(l).Exec(ctx)
	if storage.Constraint(err) == "budget_lines_year_code_key" {
		return ErrTaken.With(l.Code)
	}
	if err != nil {
		return fmt.Errorf("insert budget line %s: %w", l.Code, err)
	}
	return nil
}

func save(ctx context.Context, tx bun.IDB, l *Line) error {
	l.Version++
	_, err := tx.NewUpdate().Model(l).WherePK().Column("status", "approved_by", "decision_no", "decided_on", "version").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save budget line %s: %w", l.ID, err)
	}
	return nil
}

func insertAct(ctx context.Context, tx bun.IDB, a *Act) error {
	if _, err := tx.NewInsert().Model(a).Exec(ctx); err != nil {
		return fmt.Errorf("insert budget act %s: %w", a.ID, err)
	}
	return nil
}

func saveAct(ctx context.Context, tx bun.IDB, a *Act) error {
	a.Version++
	_, err := tx.NewUpdate().Model(a).WherePK().
		Column("status", "decided_by", "decided_at", "decision_no", "decided_on", "voucher", "version").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save budget act %s: %w", a.ID, err)
	}
	return nil
}

// hasLines says that lines stand below id.
func hasLines(ctx context.Context, db bun.IDB, id uuid.UUID) (bool, error) {
	return db.NewSelect().Model((*Line)(nil)).Where("bl.parent_id = ?", id).Exists(ctx)
}

func parentOf(ctx context.Context, db bun.IDB, l *Line) (*Line, error) {
	if l.ParentID == nil {
		return nil, nil
	}
	return Get(ctx, db, *l.ParentID)
}
