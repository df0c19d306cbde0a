package budget

import (
	"context"
	"fmt"

	"kinhbac/internal/access"
	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// Tasks are the lines and acts that wait for the subject's decision.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	tasks, err := s.estimateTasks(ctx)
	if err != nil || !access.From(ctx).Has(access.ChiefAccountant) {
		return tasks, err
	}
	waiting, err := s.importTasks(ctx)
	if err != nil {
		return nil, err
	}
	tasks = append(tasks, waiting...)
	english := i18n.From(ctx) == i18n.EN
	var lines []Line
	q := s.db.NewSelect().Model(&lines).Where("bl.status = ?", Planned).OrderExpr("bl.code").Limit(50)
	if err := s.access.Scope(ctx, q, "budget_line", "approve", "budget_line").Scan(ctx); err != nil {
		return nil, fmt.Errorf("lines to approve: %w", err)
	}
	for _, l := range lines {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_approve", l.Name(english)),
			Detail: i18n.T(ctx, "budget.task_amount", l.Planned.Format()), Href: href(&l), Action: i18n.T(ctx, "budget.do_approve")})
	}
	var acts []struct {
		Act  `bun:",extend"`
		Line *Line `bun:"rel:belongs-to,join:line_id=id"`
	}
	q = s.db.NewSelect().Model(&acts).Relation("Line").Where("ba.status = ?", Proposed).OrderExpr("ba.proposed_at").Limit(50)
	if err := s.access.Scope(ctx, q, "budget_line", "allocate", "budget_act").Scan(ctx); err != nil {
		return nil, fmt.Errorf("acts to decide: %w", err)
	}
	for _, a := range acts {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_"+string(a.Kind), a.Line.Name(english)),
			Detail: i18n.T(ctx, "budget.task_amount", a.Amount.Format()), Href: href(a.Line), Action: i18n.T(ctx, "budget.do_decide")})
	}
	return tasks, nil
}

func href(l *Line) string { return fmt.Sprintf("/budgets/%d/lines/%s", l.Year, l.ID) }
