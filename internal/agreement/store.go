package agreement

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
)

// Get reads an agreement with its milestones, without asking for rights.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Agreement, error) {
	return load(ctx, db.NewSelect(), id)
}

// Lock reads an agreement and holds its row until the transaction ends.
func Lock(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Agreement, error) {
	if err := tx.NewRaw("SELECT id FROM agreements WHERE id = ? FOR UPDATE", id).Scan(ctx, new(uuid.UUID)); err != nil {
		return nil, missing(err, "agreement", id)
	}
	return load(ctx, tx.NewSelect(), id)
}

func load(ctx context.Context, q *bun.SelectQuery, id uuid.UUID) (*Agreement, error) {
	a := new(Agreement)
	err := q.Model(a).Where("ag.id = ?", id).
		Relation("Milestones", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("ms.position") }).Scan(ctx)
	if err != nil {
		return nil, missing(err, "agreement", id)
	}
	return a, nil
}

func missing(err error, what string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	return fmt.Errorf("load %s %s: %w", what, id, err)
}

// nextNo gives the next agreement number of a year, 29/2026/HĐ-ĐMST.
func nextNo(ctx context.Context, tx bun.IDB, year int) (string, error) {
	var n int
	err := tx.NewRaw(`INSERT INTO agreement_serials (year, last) VALUES (?, 1)
		ON CONFLICT (year) DO UPDATE SET last = agreement_serials.last + 1 RETURNING last`, year).Scan(ctx, &n)
	if err != nil {
		return "", fmt.Errorf("number an agreement of %d: %w", year, err)
	}
	return fmt.Sprintf("%02d/%d/HĐ-ĐMST", n, year), nil
}

func insert(ctx context.Context, tx bun.IDB, a *Agreement) error {
	if _, err := tx.NewInsert().Model(a).Exec(ctx); err != nil {
		return fmt.Errorf("insert agreement %s: %w", a.ID, err)
	}
	return insertMilestones(ctx, tx, a)
}

func insertMilestones(ctx context.Context, tx bun.IDB, a *Agreement) error {
	if _, err := tx.NewInsert().Model(&a.Milestones).Exec(ctx); err != nil {
		return fmt.Errorf("insert milestones of %s: %w", a.ID, err)
	}
	return nil
}

func saveSignatures(ctx context.Context, tx bun.IDB, a *Agreement) error {
	a.Version++
	_, err := tx.NewUpdate().Model(a).WherePK().
		Column("status", "grantee_signed_by", "grantee_signed_at", "state_signed_by", "state_signed_at", "contract_line", "version").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save signatures of agreement %s: %w", a.ID, err)
	}
	return nil
}

// SetMilestone moves a milestone to a status; disbursement calls it when the milestone is paid.
func SetMilestone(ctx context.Context, tx bun.IDB, id uuid.UUID, status string) error {
	_, err := tx.NewUpdate().Model((*Milestone)(nil)).Set("status = ?", status).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("set milestone %s to %s: %w", id, status, err)
	}
	return nil
}

func lockReport(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Report, error) {
	r := new(Report)
	if err := tx.NewSelect().Model(r).Where("pr.id = ?", id).For("UPDATE").Scan(ctx); err != nil {
		return nil, missing(err, "report", id)
	}
	return r, nil
}

func reportsOf(ctx context.Context, db bun.IDB, agreement uuid.UUID) (rs []Report, err error) {
	err = db.NewSelect().Model(&rs).Where("pr.agreement_id = ?", agreement).Order("pr.submitted_at").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reports of agreement %s: %w", agreement, err)
	}
	return rs, nil
}
