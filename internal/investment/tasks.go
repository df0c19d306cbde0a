package investment

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// Tasks are the acts on deals, tranches and valuations that wait for the subject of ctx.
func (s *Service) Tasks(ctx context.Context) (out []web.Task, err error) {
	for _, w := range []struct{ table, alias, resource, action, kind, where, label, href string }{
		{"deals", "d", "deal", "diligence", "deal", "d.status IN ('sourced', 'screened')", "d.code", "d.id"},
		{"deals", "d", "deal", "recommend", "deal", "d.status = 'due_diligence'", "d.code", "d.id"},
		{"deals", "d", "deal", "approve", "deal", "d.status = 'voted'", "d.code", "d.id"},
		{"deals", "d", "investment", "contract", "deal", "d.status = 'approved'", "d.code", "d.id"},
		{"deals", "d", "investment", "record", "deal", "d.status = 'contracted' AND d.drawn < d.amount", "d.code", "d.id"},
		{"investments", "iv", "investment", "confirm", "investment", "iv.status = 'recorded'", "iv.reference", "iv.deal_id"},
		{"valuations", "va", "valuation", "approve", "valuation", "va.status = 'proposed'", "", ""},
		{"valuations", "va", "valuation", "lock", "valuation", "va.status = 'approved'", "", ""},
	} {
		if _, err := s.access.RequireRole(ctx, w.resource, w.action); err != nil {
			continue
		}
		q := s.db.NewSelect().TableExpr(w.table + " AS " + w.alias).Where(w.where).Limit(50)
		if w.table == "valuations" { // one task a quarter
			q = q.ColumnExpr("DISTINCT va.quarter_end AS end").OrderExpr("va.quarter_end")
		} else {
			q = q.ColumnExpr(w.label + " AS label, " + w.href + " AS id").OrderExpr(w.alias + ".id")
		}
		var rows []struct {
			Label string
			ID    uuid.UUID
			End   calendar.Date
		}
		if err := s.access.Scope(ctx, q, w.resource, w.action, w.kind).Scan(ctx, &rows); err != nil {
			return nil, fmt.Errorf("tasks of %s,%s: %w", w.resource, w.action, err)
		}
		for _, r := range rows {
			t := web.Task{Href: "/fund/deals/" + r.ID.String(), Action: i18n.T(ctx, "investment.do_"+w.action)}
			if w.action == "confirm" { // on the portfolio: its people do not read deals
				t.Href = "/fund/investments"
			}
			if !r.End.IsZero() {
				r.Label, t.Href = quarterWords(i18n.From(ctx), r.End), "/fund/valuations/"+quarterName(r.End)
			}
			t.Title = i18n.T(ctx, "investment.task_"+w.resource+"_"+w.action, r.Label)
			out = append(out, t)
		}
	}
	return out, nil
}
