package budget

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// EstimateSummary is an estimate on a list.
type EstimateSummary struct {
	ID       uuid.UUID      `json:"id"`
	Year     int            `json:"year"`
	Round    int            `json:"round"`
	Title    string         `json:"title"`
	Status   EstimateStatus `json:"status"`
	Rows     int            `json:"rows"`
	Asked    money.Amount   `bun:"type:numeric" json:"asked"`
	Total    money.Amount   `bun:"type:numeric" json:"total"`
	Decision string         `json:"decision_no"`
	Returned string         `json:"return_reason,omitempty"`
}

// Href is the page of the estimate.
func (e EstimateSummary) Href() string { return estimateHref(e.Year, e.Round) }

func estimateHref(year, round int) string { return fmt.Sprintf("/estimates/%d/%d", year, round) }

// Estimates lists what the subject may read, newest year first.
func (s *Service) Estimates(ctx context.Context, l *web.List) (rows []EstimateSummary, err error) {
	q := s.summaries(&rows, storage.Joined(ctx, s.db))
	if v := l.Filter["status"]; v != "" {
		q.Where("be.status = ?", v)
	}
	if v := l.Filter["year"]; v != "" {
		q.Where("be.year::text = ?", v)
	}
	if l.Q != "" {
		q.Where("kb.fold(be.title) LIKE kb.fold(?)", text.Pattern(l.Q))
	}
	q = s.access.Scope(ctx, q, "budget_estimate", "read", "budget_estimate")
	return rows, web.Fetch(ctx, l, q, web.Sorts{"year": "be.year * 100 + be.round", "total": "COALESCE(x.total, 0)"}, "be.id")
}

func (s *Service) summaries(rows *[]EstimateSummary, db bun.IDB) *bun.SelectQuery {
	return db.NewSelect().Model(rows).ModelTableExpr("budget_estimates AS be").
		ColumnExpr("be.id, be.year, be.round, be.title, be.status, be.decision_no AS decision, be.return_reason AS returned").
		ColumnExpr("COALESCE(x.n, 0) AS rows, COALESCE(x.asked, 0) AS asked, COALESCE(x.total, 0) AS total").
		Join(`LEFT JOIN LATERAL (SELECT count(*) AS n, sum(r.asked) AS asked, sum(COALESCE(r.appraised, r.asked)) AS total
			FROM budget_estimate_rows r WHERE r.estimate_id = be.id) x ON true`)
}

// Estimate reads an estimate the subject may read; another is errs.ErrNotFound.
func (s *Service) Estimate(ctx context.Context, year, round int) (*Estimate, error) {
	db := storage.Joined(ctx, s.db)
	e, err := GetEstimate(ctx, db, year, round)
	if err != nil {
		return nil, err
	}
	_, err = s.access.Require(ctx, db, "budget_estimate", "read", e)
	return e, err
}

// Own reads an estimate with the rows only that the subject may draft: a unit or a fund that asks sees its own.
// Without any right to draft it is errs.ErrNotFound.
func (s *Service) Own(ctx context.Context, year, round int) (*Estimate, error) {
	db := storage.Joined(ctx, s.db)
	e, err := GetEstimate(ctx, db, year, round)
	if err != nil {
		return nil, err
	}
	if units, funds := s.draftsFor(ctx, db); len(units)+len(funds) == 0 {
		return nil, errs.ErrNotFound
	}
	e.Rows = nil
	q := db.NewSelect().Model(&e.Rows).Where("er.estimate_id = ?", e.ID).OrderExpr("er.position, er.id")
	if err := s.access.Scope(ctx, q, "budget_estimate", "draft", "budget_estimate_row").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read own rows of budget estimate %s: %w", e.ID, err)
	}
	return e, nil
}

// draftsFor are the units and funds the subject may draft for.
func (s *Service) draftsFor(ctx context.Context, db bun.IDB) (units, funds []uuid.UUID) {
	for _, g := range access.From(ctx).Grants {
		if g.Unit != uuid.Nil && s.access.Can(ctx, db, "budget_estimate", "draft", access.Ref{Kind: "unit", ID: g.Unit}) {
			units = append(units, g.Unit)
		}
		if g.Role == access.FundManager && g.Fund != uuid.Nil {
			funds = append(funds, g.Fund)
		}
	}
	return units, funds
}

// unitName is a unit as a page names it.
type unitName struct {
	ID             uuid.UUID
	NameVI, NameEN string
}

func unitNames(ctx context.Context, db bun.IDB) (map[uuid.UUID]unitName, error) {
	var rows []unitName
	if err := db.NewSelect().TableExpr("units").ColumnExpr("id, name_vi, name_en").OrderExpr("code").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	out := map[uuid.UUID]unitName{}
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, nil
}

// estimateTasks are the estimates that wait for the subject: to consolidate, appraise, confirm, assign, and for units
// to fill.
func (s *Service) estimateTasks(ctx context.Context) (tasks []web.Task, err error) {
	next := map[EstimateStatus]string{EstimateDrafting: "consolidate", EstimateConsolidated: "appraise", EstimateAppraised: "confirm_appraisal",
		EstimateConfirmed: "assign"}
	var list []Estimate
	db := storage.Joined(ctx, s.db)
	q := db.NewSelect().Model(&list).Where("be.status <> ?", EstimateAssigned).OrderExpr("be.year, be.round").Limit(50)
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("estimates under way: %w", err)
	}
	for i := range list {
		e := &list[i]
		action := next[e.Status]
		if s.access.Can(ctx, db, "budget_estimate", action, e) {
			n, err := db.NewSelect().Model((*EstimateRow)(nil)).Where("er.estimate_id = ?", e.ID).Count(ctx)
			if err != nil {
				return nil, fmt.Errorf("count rows of budget estimate %s: %w", e.ID, err)
			}
			if n == 0 {
				continue
			}
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_estimate_"+action, e.Title), Detail: e.ReturnReason,
				Href: estimateHref(e.Year, e.Round), Action: i18n.T(ctx, "budget.do_estimate_"+action)})
			continue
		}
		if e.Status != EstimateDrafting {
			continue
		}
		units, funds := s.draftsFor(ctx, db)
		if len(units)+len(funds) > 0 {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_estimate_draft", e.Title), Detail: e.ReturnReason,
				Href: estimateHref(e.Year, e.Round) + "/mine", Action: i18n.T(ctx, "budget.do_estimate_draft")})
		}
	}
	return tasks, nil
}
