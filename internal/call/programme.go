package call

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// The states of a programme.
const (
	ProgrammeDraft    = "draft"
	ProgrammeApproved = "approved"
)

// Refusals of a programme.
var (
	ErrProgrammeCode  = errs.New(errs.Invalid, "call.programme_code")
	ErrProgrammeTaken = errs.New(errs.Invalid, "call.programme_taken")
	ErrGroup          = errs.New(errs.Invalid, "call.programme_group")
	ErrApproved       = errs.New(errs.Conflict, "call.programme_approved")
)

// Programme is one activity group of Plan 151/KH-UBND (chương trình, nhóm hoạt động). It moves draft → approved.
type Programme struct {
	bun.BaseModel `bun:"table:programmes,alias:pg"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Code          string
	Group         int    `bun:"activity_group"` // 1..8 of the plan
	NameVI        string `bun:"name_vi"`
	NameEN        string `bun:"name_en"`
	GoalVI        string `bun:"goal_vi"`
	GoalEN        string `bun:"goal_en"`
	Status        string // draft or approved
	Version       int
}

// AccessKind is "programme".
func (p *Programme) AccessKind() string { return "programme" }

// AccessID is the id of the row.
func (p *Programme) AccessID() uuid.UUID { return p.ID }

// GetProgramme reads one programme; errs.ErrNotFound when there is none.
func GetProgramme(ctx context.Context, db bun.IDB, id uuid.UUID) (*Programme, error) {
	return findProgramme(ctx, db.NewSelect(), id)
}

func findProgramme(ctx context.Context, q *bun.SelectQuery, id uuid.UUID) (*Programme, error) {
	p := new(Programme)
	err := q.Model(p).Where("pg.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read programme %s: %w", id, err)
	}
	return p, nil
}

// ProgrammeTyped is what an officer types of a programme.
type ProgrammeTyped struct {
	Code   string `form:"code" json:"code" kb:"required,max=20"`
	Group  int    `form:"group" json:"group" kb:"required"` // 1..8 of the plan
	NameVI string `form:"name_vi" json:"name_vi" kb:"required"`
	NameEN string `form:"name_en" json:"name_en" kb:"required"`
	GoalVI string `form:"goal_vi" json:"goal_vi" kb:"max=2000"`
	GoalEN string `form:"goal_en" json:"goal_en" kb:"max=2000"`
}

var programmeCode = regexp.MustCompile(`^[A-Z0-9-]{2,20}$`)

// DraftProgramme records an activity group of the plan, to be approved by the head.
func (s *Service) DraftProgramme(ctx context.Context, t ProgrammeTyped) (*Programme, error) {
	p := &Programme{ID: uuid.New(), Code: strings.ToUpper(t.Code), Group: t.Group, NameVI: t.NameVI, NameEN: t.NameEN,
		GoalVI: t.GoalVI, GoalEN: t.GoalEN, Status: ProgrammeDraft, Version: 1}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "programme", "draft", access.Ref{Kind: "unit", ID: access.UnitScience})
		if err != nil {
			return err
		}
		if !programmeCode.MatchString(p.Code) {
			return errs.FieldError("code", ErrProgrammeCode.Code)
		}
		if p.Group < 1 || p.Group > 8 {
			return errs.FieldError("group", ErrGroup.Code)
		}
		if _, err := tx.NewInsert().Model(p).Exec(ctx); storage.Constraint(err) == "programmes_code_key" {
			return errs.FieldError("code", ErrProgrammeTaken.Code)
		} else if err != nil {
			return fmt.Errorf("write programme %s: %w", p.Code, err)
		}
		if err := access.Step(ctx, tx, p, "prepare", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "programme.draft", Actor: actor.ID, Role: string(actor.Role),
			Kind: "programme", Object: p.ID, Label: p.Code, After: t})
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ApproveProgramme puts a draft in force; whoever drafted it does not.
func (s *Service) ApproveProgramme(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := findProgramme(ctx, tx.NewSelect().For("UPDATE"), id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "programme", "approve", p)
		if err != nil {
			return err
		}
		if p.Status != ProgrammeDraft {
			return ErrApproved
		}
		p.Status, p.Version = ProgrammeApproved, p.Version+1
		if _, err := tx.NewUpdate().Model(p).Column("status", "version").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("approve programme %s: %w", p.Code, err)
		}
		if err := access.ClearSteps(ctx, tx, p); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "programme.approve", Actor: actor.ID, Role: string(actor.Role),
			Kind: "programme", Object: p.ID, Label: p.Code})
	})
}
