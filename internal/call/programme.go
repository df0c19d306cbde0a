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
