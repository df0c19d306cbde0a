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
	if err != nil {
		return nil, err
	}
	who := access.From(ctx)
	if who.Has(access.ProvinceLeader) {
		if tasks, err = s.actTasks(ctx, tasks, "transfer_across", "ba.authority = 'transfer_across'"); err != nil {
			return nil, err
		}
	}
	if who.Has(access.AccountHolder) {
		if tasks, err = s.yearTasks(ctx, tasks); err != nil {
			return nil, err
		}
	}
	if !who.Has(access.ChiefAccountant) {
		return tasks, nil
	}
	waiting, err := s.importTasks(ctx)
	if err != nil {
		return nil, err
	}
	tasks = append(tasks, waiting...)
	if tasks, err = s.cancelTasks(ctx, tasks); err != nil {
		return nil, err
	}
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
	if tasks, err = s.actTasks(ctx, tasks, "allocate", "ba.authority <> 'transfer_across'"); err != nil {
		return nil, err
	}
	return s.receiptTasks(ctx, tasks)
}

// actTasks adds the acts that wait for whoever may do action.
func (s *Service) actTasks(ctx context.Context, tasks []web.Task, action, which string) ([]web.Task, error) {
	var acts []struct {
		Act  `bun:",extend"`
		Line *Line `bun:"rel:belongs-to,join:line_id=id"`
	}
	q := s.db.NewSelect().Model(&acts).Relation("Line").Where("ba.status = ?", Proposed).Where(which).OrderExpr("ba.proposed_at").Limit(50)
	if err := s.access.Scope(ctx, q, "budget_line", action, "budget_act").Scan(ctx); err != nil {
		return nil, fmt.Errorf("acts to decide: %w", err)
	}
	for _, a := range acts {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_"+a.Decider(), a.Line.Name(i18n.From(ctx) == i18n.EN)),
			Detail: i18n.T(ctx, "budget.task_amount", a.Amount.Format()), Href: href(a.Line) + "/acts/" + a.ID.String(), Action: i18n.T(ctx, "budget.do_decide")})
	}
	return tasks, nil
}

// cancelTasks adds the cancellations of many lines that wait for a decision.
func (s *Service) cancelTasks(ctx context.Context, tasks []web.Task) ([]web.Task, error) {
	var list []Cancellation
	q := s.db.NewSelect().Model(&list).Where("bc.status = ?", Proposed).OrderExpr("bc.proposed_at").Limit(50)
	if err := s.access.Scope(ctx, q, "budget_line", "cancel", "budget_cancellation").Scan(ctx); err != nil {
		return nil, fmt.Errorf("cancellations to decide: %w", err)
	}
	for _, c := range list {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_cancel_many", fmt.Sprint(c.Year)), Detail: c.Reason,
			Href: fmt.Sprintf("/budgets/%d/cancellations/%s", c.Year, c.ID), Action: i18n.T(ctx, "budget.do_decide")})
	}
	return tasks, nil
}

// receiptTasks adds the money of sponsors that waits for its confirmation.
func (s *Service) receiptTasks(ctx context.Context, tasks []web.Task) ([]web.Task, error) {
	var list []struct {
		Receipt `bun:",extend"`
		Donor   string
	}
	q := s.db.NewSelect().Model(&list).ColumnExpr("sr.*, sp.donor").Join("JOIN sponsorships sp ON sp.id = sr.sponsorship_id").
		Where("sr.status = ?", Recorded).OrderExpr("sr.recorded_at").Limit(50)
	if err := s.access.Scope(ctx, q, "budget_line", "confirm_sponsorship", "sponsorship_receipt").Scan(ctx); err != nil {
		return nil, fmt.Errorf("receipts to confirm: %w", err)
	}
	for _, r := range list {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_receipt", r.Donor), Detail: i18n.T(ctx, "budget.task_amount", r.Amount.Format()),
			Href: "/sponsorship-receipts/" + r.ID.String(), Action: i18n.T(ctx, "budget.do_confirm")})
	}
	return tasks, nil
}

// yearTasks adds the years whose reopening waits for a decision.
func (s *Service) yearTasks(ctx context.Context, tasks []web.Task) ([]web.Task, error) {
	var list []YearEnd
	q := s.db.NewSelect().Model(&list).Where("ye.reopen_by IS NOT NULL").OrderExpr("ye.year")
	if err := s.access.Scope(ctx, q, "ledger_entry", "reopen_period", "budget_year_end").Scan(ctx); err != nil {
		return nil, fmt.Errorf("years to reopen: %w", err)
	}
	for _, y := range list {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_reopen", fmt.Sprint(y.Year)), Detail: y.ReopenReason,
			Href: fmt.Sprintf("/budgets/%d/year-end", y.Year), Action: i18n.T(ctx, "budget.do_reopen")})
	}
	return tasks, nil
}

func href(l *Line) string { return fmt.Sprintf("/budgets/%d/lines/%s", l.Year, l.ID) }
