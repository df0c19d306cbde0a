package call

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

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
