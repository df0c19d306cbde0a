package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/proposal"
)

func found(err error, what string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", what, id, err)
	}
	return nil
}

func lockAssignment(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Assignment, error) {
	a := new(Assignment)
	return a, found(tx.NewSelect().Model(a).Where("ra.id = ?", id).For("UPDATE").Scan(ctx), "assignment", id)
}

func save(ctx context.Context, tx bun.IDB, a *Assignment) error {
	a.Version++
	_, err := tx.NewUpdate().Model(a).Column("status", "approved_by", "approved_at", "answered_at", "decline_reason", "version").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save assignment %s: %w", a.ID, err)
	}
	return nil
}

func lockSheet(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Sheet, error) {
	s := new(Sheet)
	if err := found(tx.NewSelect().Model(s).Where("rs.id = ?", id).For("UPDATE").Scan(ctx), "sheet", id); err != nil {
		return nil, err
	}
	return s, loadScores(ctx, tx, s)
}

func loadScores(ctx context.Context, db bun.IDB, s *Sheet) error {
	return db.NewSelect().Model(&s.Scores).Join("JOIN call_criteria AS cc ON cc.id = rc.criterion_id").
		Where("rc.sheet_id = ?", s.ID).OrderExpr("cc.position").Scan(ctx)
}

func saveSheet(ctx context.Context, tx bun.IDB, s *Sheet) error {
	s.Version++
	_, err := tx.NewUpdate().Model(s).Column("total", "recommendation", "comment", "saved_at", "submitted_at", "digest", "version").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save sheet %s: %w", s.ID, err)
	}
	if len(s.Scores) == 0 {
		return nil
	}
	_, err = tx.NewInsert().Model(&s.Scores).On("CONFLICT (sheet_id, criterion_id) DO UPDATE").
		Set("points = EXCLUDED.points").Set("comment = EXCLUDED.comment").Exec(ctx)
	return err
}

func declarations(ctx context.Context, db bun.IDB, person, subject uuid.UUID) ([]Declaration, error) {
	var ds []Declaration
	err := db.NewSelect().Model(&ds).Where("coi.person_id = ?", person).Where("coi.subject_id = ?", subject).OrderExpr("coi.conflict DESC").Scan(ctx)
	return ds, err
}

func inConflict(ctx context.Context, db bun.IDB, person uuid.UUID, p *proposal.Proposal) (bool, error) {
	n, err := db.NewSelect().Table("access_ties").Where("kind = 'conflict'").Where("subject_id = ?", person).
		Where("object_id IN (?, ?)", p.ID, p.OrganisationID).Where("valid_to IS NULL OR valid_to > kb.now()").Count(ctx)
	return n > 0, err
}

func personName(ctx context.Context, db bun.IDB, id uuid.UUID) (string, error) {
	var name string
	err := db.NewSelect().Table("users").Column("name").Where("id = ?", id).Scan(ctx, &name)
	return name, found(err, "person", id)
}
