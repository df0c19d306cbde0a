package disbursement

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// desk tells the grantee when each paid turn of a schedule on the desk was received.
func (s *Service) desk(ctx context.Context, d *web.Desk) error {
	var ids []uuid.UUID
	for _, p := range d.Payments {
		for _, turn := range p.Parts {
			ids = append(ids, turn.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var paid []struct {
		MilestoneID uuid.UUID `bun:"type:uuid"`
		PaidOn      calendar.Date
	}
	q := storage.Joined(ctx, s.db).NewSelect().TableExpr("disbursement_requests AS dr").ColumnExpr("dr.milestone_id, dr.paid_on").
		Where("dr.status = ?", Paid).Where("dr.milestone_id IN (?)", bun.List(ids))
	if err := s.access.Scope(ctx, q, "disbursement_request", "read", "disbursement_request").Scan(ctx, &paid); err != nil {
		return fmt.Errorf("paid turns: %w", err)
	}
	for _, x := range paid {
		for i := range d.Payments {
			for j := range d.Payments[i].Parts {
				if turn := &d.Payments[i].Parts[j]; turn.ID == x.MilestoneID {
					turn.Note = i18n.T(ctx, "disbursement.desk.received", x.PaidOn.Format())
				}
			}
		}
	}
	return nil
}
