package call

import (
	"context"
	"fmt"

	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// onDesk is how many calls a desk shows.
const onDesk = 4

// desk lays the calls under way before the offices that prepare them, the last to close first. What stands in them is
// for the rooms downstream to say, once the call has closed.
func (s *Service) desk(ctx context.Context, d *web.Desk) error {
	if _, err := s.access.RequireRole(ctx, "call", "read_draft"); err != nil {
		return nil // not an office
	}
	var list []Call
	err := storage.Joined(ctx, s.db).NewSelect().Model(&list).Column("c.code", "c.status", "c.opens_at", "c.closes_at").
		Where("c.status IN ('published', 'open', 'closed', 'evaluating', 'decided')").OrderExpr("c.closes_at DESC, c.code").Limit(onDesk).Scan(ctx)
	if err != nil {
		return fmt.Errorf("calls under way: %w", err)
	}
	for _, c := range list {
		line := web.DeskCall{Code: c.Code, Stage: web.StateWord(i18n.From(ctx), "call", string(c.Status))}
		switch c.Status {
		case Published:
			line.Stage = i18n.T(ctx, "call.desk.opens", instant(c.OpensAt))
		case Open:
			line.Stage, line.Note = i18n.T(ctx, "call.desk.closes", instant(c.ClosesAt)), i18n.T(ctx, "call.desk.uncounted")
		}
		d.Calls = append(d.Calls, line)
	}
	return nil
}
