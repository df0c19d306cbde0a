package call

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// visible narrows a select over alias c to the calls that the subject of ctx may see: published ones, and for the
// unit in charge its drafts.
func (s *Service) visible(ctx context.Context, q *bun.SelectQuery) *bun.SelectQuery {
	drafts := s.access.Scope(ctx, storage.Joined(ctx, s.db).NewSelect().Model((*Call)(nil)).Column("c.id"), "call", "read_draft", "call")
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("c.status NOT IN ('draft', 'approved')").WhereOr("c.id IN (?)", drafts)
	})
}

// Read gives the call of a code, in any case of letters, to a subject who may see it; errs.ErrNotFound otherwise.
func (s *Service) Read(ctx context.Context, code string) (*Call, error) {
	db := storage.Joined(ctx, s.db)
	return find(ctx, db, s.visible(ctx, db.NewSelect().Where("c.code = ?", strings.ToUpper(code))))
}

// Programmes lists the programmes in the order of the plan: all for a signed-in office, approved ones for others.
func (s *Service) Programmes(ctx context.Context, approvedOnly bool) (ps []Programme, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().Model(&ps).OrderExpr("pg.activity_group, pg.code")
	if approvedOnly {
		q = q.Where("pg.status = ?", ProgrammeApproved)
	}
	return ps, q.Scan(ctx)
}

// Row is one call in a list.
type Row struct {
	bun.BaseModel `bun:"table:calls,alias:c" json:"-"`
	ID            uuid.UUID    `bun:",pk,type:uuid" json:"id"`
	Code          string       `json:"code"`
	TitleVI       string       `bun:"title_vi" json:"title_vi"`
	TitleEN       string       `bun:"title_en" json:"title_en"`
	ProgrammeVI   string       `bun:"programme_vi" json:"programme_vi"`
	ProgrammeEN   string       `bun:"programme_en" json:"programme_en"`
	Status        Status       `json:"status"`
	OpensAt       time.Time    `json:"opens_at"`
	ClosesAt      time.Time    `json:"closes_at"`
	CeilingTotal  money.Amount `bun:"type:numeric" json:"ceiling_total"`
	CeilingAward  money.Amount `bun:"type:numeric" json:"ceiling_award"`
}

// rows selects the calls that the subject of ctx may see, with the names of their programmes.
func (s *Service) rows(ctx context.Context, list *[]Row) *bun.SelectQuery {
	q := storage.Joined(ctx, s.db).NewSelect().Model(list).
		ColumnExpr("c.id, c.code, c.title_vi, c.title_en, c.opens_at, c.closes_at, c.ceiling_total, c.ceiling_award").
		ColumnExpr("CASE WHEN c.status = 'open' AND c.closes_at <= kb.now() THEN 'closed' ELSE c.status END AS status"). // as Call.Shown
		ColumnExpr("pg.name_vi AS programme_vi, pg.name_en AS programme_en").
		Join("JOIN programmes pg ON pg.id = c.programme_id")
	return s.visible(ctx, q)
}
