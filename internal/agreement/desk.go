package agreement

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/allocation"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// onDesk is how many schedules a desk shows, the latest agreement first.
const onDesk = 2

// desk lays the schedules of payments before the grantee, and tells the office how many agreements of a decided call
// are signed.
func (s *Service) desk(ctx context.Context, d *web.Desk) error {
	if who := access.From(ctx).Active; who == access.Applicant || who == access.OrgSignatory {
		return s.granteeDesk(ctx, d)
	}
	if len(d.Calls) == 0 {
		return nil
	}
	var rows []struct {
		Code          string
		Awards, Bound int
	}
	q := storage.Joined(ctx, s.db).NewSelect().TableExpr("awards AS aw").ColumnExpr("c.code, count(*) AS awards").
		ColumnExpr("count(*) FILTER (WHERE EXISTS (SELECT FROM agreements ag WHERE ag.award_id = aw.id AND ag.state_signed_at IS NOT NULL)) AS bound").
		Join("JOIN proposals AS p ON p.id = aw.proposal_id").Join("JOIN calls AS c ON c.id = p.call_id AND c.status = 'decided'").
		Where("aw.outcome = ?", allocation.Funded).GroupExpr("c.code")
	if err := s.access.Scope(ctx, q, "award", "read", "award").Scan(ctx, &rows); err != nil {
		return fmt.Errorf("agreements of decided calls: %w", err)
	}
	for _, r := range rows {
		line := d.Call(r.Code)
		if line == nil {
			continue
		}
		line.Note = i18n.T(ctx, "agreement.desk.bound", r.Bound, r.Awards)
		line.Stage = i18n.T(ctx, "agreement.desk.running")
		if r.Bound < r.Awards {
			line.Stage = i18n.T(ctx, "agreement.desk.signing")
		}
	}
	return nil
}

func (s *Service) granteeDesk(ctx context.Context, d *web.Desk) error {
	var as []Agreement
	q := storage.Joined(ctx, s.db).NewSelect().Model(&as).
		Relation("Milestones", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("ms.position") })
	if err := s.access.Scope(ctx, q, "agreement", "read", "agreement").OrderExpr("ag.created_at DESC, ag.id").Limit(20).Scan(ctx); err != nil {
		return fmt.Errorf("agreements of the grantee: %w", err)
	}
	ids := make([]uuid.UUID, len(as))
	for i := range as {
		ids[i] = as[i].ID
	}
	asked, err := s.asked(ctx, storage.Joined(ctx, s.db), ids...)
	if err != nil {
		return err
	}
	for i := range as {
		a := &as[i]
		if line := d.Dossier("/proposals/" + a.ProposalID.String()); line != nil {
			line.Noun, line.Status, line.Next = "agreement", string(a.Status), next(ctx, a, asked)
		}
		if len(d.Payments) == onDesk || a.ContractLine == nil {
			continue
		}
		p := web.DeskPayments{No: a.No, Href: "/agreements/" + a.ID.String(), Total: a.Amount}
		for _, m := range a.Milestones {
			p.Parts = append(p.Parts, web.DeskPayment{ID: m.ID, Position: m.Position, For: m.Name, Amount: m.Amount, Noun: "agreement.milestone", Status: m.Status,
				Note: i18n.T(ctx, "agreement.desk.due", m.DueOn.Format())})
		}
		d.Payments = append(d.Payments, p)
	}
	return nil
}

// next is what the grantee does next under an agreement; asked are the payments already asked for.
func next(ctx context.Context, a *Agreement, asked map[uuid.UUID]Asked) string {
	switch a.Status {
	case Draft:
		return i18n.T(ctx, "agreement.desk.sign")
	case SignedGrantee:
		return i18n.T(ctx, "agreement.desk.wait_state")
	}
	for _, m := range a.Milestones {
		switch m.Status {
		case Pending:
			return i18n.T(ctx, "agreement.desk.report", m.Name, m.DueOn.Format())
		case Reported:
			return i18n.T(ctx, "agreement.desk.reported", m.Name)
		case MilestoneAccepted:
			if r, ok := asked[m.ID]; ok && !r.Draft {
				return i18n.T(ctx, "agreement.desk.asked", r.No)
			}
			return i18n.T(ctx, "agreement.desk.pay", m.Name)
		}
	}
	return i18n.T(ctx, "agreement.desk.all_paid")
}
