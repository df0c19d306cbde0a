package fund

import (
	"context"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// waiting is one row of work: a record to approve, a call to approve, issue or be paid, a distribution to approve.
type waiting struct {
	ID     uuid.UUID
	Code   string
	Fund   string
	Amount money.Amount
	DueOn  calendar.Date
}

// Tasks are the acts of the fund that wait for the subject of ctx.
func (s *Service) Tasks(ctx context.Context) (out []web.Task, err error) {
	for _, w := range []struct {
		table, alias, kind   string
		resource, action     string
		where, columns, href string
	}{
		{"funds", "f", "fund", "fund", "approve", "f.status = 'draft'", "f.id, f.code, f.code AS fund, f.charter_capital AS amount, NULL::date AS due_on", "charter"},
		{"fund_capital_entries", "ce", "fund_capital", "fund_capital", "approve", "ce.status = 'recorded'",
			"ce.id, ce.document_no AS code, (SELECT x.code FROM funds AS x WHERE x.id = ce.fund_id) AS fund, ce.amount, NULL::date AS due_on", "capital"},
		{"capital_calls", "cc", "capital_call", "capital_call", "approve", "cc.status = 'draft'",
			"cc.id, cc.code, '' AS fund, cc.investment + cc.fee + cc.expense AS amount, cc.due_on", "call"},
		{"capital_calls", "cc", "capital_call", "capital_call", "issue", "cc.status = 'approved'",
			"cc.id, cc.code, '' AS fund, cc.investment + cc.fee + cc.expense AS amount, cc.due_on", "call"},
		{"capital_calls", "cc", "capital_call", "capital_call", "record_payment", "cc.status = 'issued'",
			"cc.id, cc.code, '' AS fund, cc.investment + cc.fee + cc.expense AS amount, cc.due_on", "call"},
		{"fund_distributions", "fd", "distribution", "distribution", "approve", "fd.status = 'draft'",
			"fd.id, fd.code, (SELECT x.code FROM funds AS x WHERE x.id = fd.fund_id) AS fund, fd.amount, NULL::date AS due_on", "distributions"},
	} {
		if _, err := s.access.RequireRole(ctx, w.resource, w.action); err != nil {
			continue
		}
		var rows []waiting
		q := s.db.NewSelect().TableExpr(w.table + " AS " + w.alias).ColumnExpr(w.columns).Where(w.where).OrderExpr(w.alias + ".id").Limit(50)
		if err := s.access.Scope(ctx, q, w.resource, w.action, w.kind).Scan(ctx, &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			t := web.Task{Title: i18n.T(ctx, "fund.task_"+w.resource+"_"+w.action, r.Code), Detail: i18n.T(ctx, "fund.task_amount", r.Amount.Format()),
				Action: i18n.T(ctx, "fund.do_"+w.action)}
			if !r.DueOn.IsZero() {
				t.Due = r.DueOn.AddDays(1).Start()
			}
			switch w.href {
			case "charter":
				t.Href = "/fund/" + r.Code
			case "call":
				t.Href = "/fund/capital-calls/" + r.Code
			default:
				t.Href = "/fund/" + r.Fund + "/" + w.href
			}
			out = append(out, t)
		}
	}
	return out, nil
}
