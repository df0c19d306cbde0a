package indicator

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

func numbered(ctx context.Context, db bun.IDB, number int) (*Indicator, error) {
	i := new(Indicator)
	err := db.NewSelect().Model(i).Relation("Targets", inOrder).Where("i.number = ?", number).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read indicator %d: %w", number, err)
	}
	return i, nil
}

func inOrder(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("it.year") }

func lockEntry(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Entry, error) {
	e := new(Entry)
	err := tx.NewSelect().Model(e).Where("ie.id = ?", id).For("UPDATE").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("lock entry %s: %w", id, err)
	}
	return e, nil
}

func insertEntry(ctx context.Context, tx bun.IDB, e *Entry) error {
	_, err := tx.NewInsert().Model(e).Exec(ctx)
	switch storage.Constraint(err) {
	case "indicator_entries_restatement":
		return ErrUnderWay
	}
	if err != nil {
		return fmt.Errorf("insert entry %s: %w", e.ID, err)
	}
	return nil
}

func saveEntry(ctx context.Context, tx bun.IDB, e *Entry) error {
	e.Version++
	_, err := tx.NewUpdate().Model(e).Column("status", "verified_by", "verified_at", "published_by", "published_at", "version").
		WherePK().Exec(ctx)
	if storage.Constraint(err) == "indicator_entries_in_force" {
		return ErrTaken
	}
	if err != nil {
		return fmt.Errorf("save entry %s: %w", e.ID, err)
	}
	return nil
}
