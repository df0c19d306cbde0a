package call

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kinhbac/internal/access"
)

// Tick opens every published call whose opening has come and closes every open one whose grace is over, by SQL
// kb.now(), each in its own transaction as the service itself. A call that another process moved first is no error.
func (s *Service) Tick(ctx context.Context) error {
	ctx = access.With(ctx, access.System())
	return errors.Join(
		s.due(ctx, "c.status = 'published' AND c.opens_at <= kb.now()", s.Open),
		s.due(ctx, "c.status = 'open' AND c.closes_at + c.grace_minutes * interval '1 minute' <= kb.now()", s.Close),
	)
}

func (s *Service) due(ctx context.Context, where string, move func(context.Context, uuid.UUID) error) error {
	var ids []uuid.UUID
	err := s.db.NewSelect().Model((*Call)(nil)).Column("c.id").Where(where).OrderExpr("c.opens_at, c.id").Scan(ctx, &ids)
	if err != nil {
		return fmt.Errorf("calls due: %w", err)
	}
	var failed []error
	for _, id := range ids {
		if err := move(ctx, id); err != nil && !errors.Is(err, ErrState) && !errors.Is(err, access.ErrState) {
			failed = append(failed, fmt.Errorf("move call %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}
