package budget

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// MaxRows is how many rows an estimate, or an import, has at most.
const MaxRows = 10_000

// registerEstimates tells access about the rows of estimates, sub-sources and imports.
func registerEstimates(acc *access.Access) {
	acc.Register(access.Noun{Kind: "budget_estimate", Table: "budget_estimates", Alias: "be",
		Managing: "be.managing_unit_id", Finance: "be.finance_unit_id", Fund: "NULL::uuid"})
	acc.Register(access.Noun{Kind: "budget_estimate_row", Table: "budget_estimate_rows", Alias: "er",
		Managing: "er.unit_id", Finance: "er.unit_id", Fund: "er.fund_id"})
	acc.Register(access.Noun{Kind: "budget_source", Table: "budget_sources", Alias: "bs",
		Managing: access.ProvinceManaging, Finance: "bs.finance_unit_id"})
	acc.Register(access.Noun{Kind: "budget_import", Table: "budget_imports", Alias: "bi",
		Managing: access.ProvinceManaging, Finance: "bi.finance_unit_id"})
}

type estimateSeen struct {
	Status EstimateStatus `json:"status"`
	Rows   int            `json:"rows"`
	Asked  money.Amount   `json:"asked"`
	Total  money.Amount   `json:"total"`
	No     string         `json:"no,omitempty"`
}

func (e *Estimate) label() string { return fmt.Sprintf("%d/%d", e.Year, e.Round) }

func recordEstimate(ctx context.Context, tx bun.IDB, act string, actor access.Actor, e *Estimate, no, reason string) error {
	return audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "budget_estimate", Object: e.ID,
		Label: e.label(), Reason: reason, After: estimateSeen{e.Status, len(e.Rows), e.Asked(), e.Total(), no}})
}

// DraftEstimate opens the estimate of a year, or a supplement, for its units to fill.
func (s *Service) DraftEstimate(ctx context.Context, year, round int, title string) (e *Estimate, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "budget_estimate", "draft", access.Ref{Kind: "unit", ID: access.UnitScience})
		if err != nil {
			return err
		}
		var fields []errs.Field
		if year < 2000 || year > 2199 {
			fields = append(fields, errs.Field{Name: "year", Code: "budget.year_wrong"})
		}
		if round < 0 || round > 99 {
			fields = append(fields, errs.Field{Name: "round", Code: "budget.round_wrong"})
		}
		if strings.TrimSpace(title) == "" {
			fields = append(fields, errs.Field{Name: "title", Code: "budget.name_missing"})
		}
		if fields != nil {
			return errs.New(errs.Invalid, "errs.invalid").At(fields...)
		}
		e = &Estimate{ID: uuid.New(), Year: year, Round: round, Title: title, ManagingUnitID: access.UnitScience, FinanceUnitID: access.UnitFinance,
			Status: EstimateDrafting, DraftedBy: actor.ID, DraftedAt: storage.Now(ctx), Version: 1}
		_, err = tx.NewInsert().Model(e).Exec(ctx)
		if storage.Constraint(err) == "budget_estimates_year_round_key" {
			return ErrEstimateExists.With(year, round)
		}
		if err != nil {
			return fmt.Errorf("insert budget estimate %s: %w", e.label(), err)
		}
		if err := access.Step(ctx, tx, e, "draft", actor); err != nil {
			return err
		}
		return recordEstimate(ctx, tx, "budget_estimate.draft", actor, e, "", "")
	})
	return e, err
}

// RowInput is what a unit fills for one task. Code "" takes the next free one of the source and group.
type RowInput struct {
	Code           string
	TaskVI, TaskEN string
	SourceCode     string
	ProgrammeCode  string
	Chapter        string
	Dims
	Fund        uuid.UUID // the fund that drafts; Nil = the unit
	Asked       money.Amount
	Explanation string
}

func (in RowInput) fill(r *EstimateRow) {
	r.TaskVI, r.TaskEN, r.SourceCode, r.ProgrammeCode, r.Chapter = in.TaskVI, in.TaskEN, in.SourceCode, in.ProgrammeCode, in.Chapter
	r.Dims, r.Asked, r.Explanation, r.FundID = in.Dims.orProvince(), in.Asked, in.Explanation, nil
	if in.Code != "" {
		r.Code = in.Code
	}
	if in.Fund != uuid.Nil {
		r.FundID = &in.Fund
	}
}

// drafter is whose right drafts the row: its fund's, else its unit's.
func (r *EstimateRow) drafter() access.Object {
	switch {
	case r.FundID != nil:
		return access.Ref{Kind: "fund", ID: *r.FundID}
	case r.UnitID != nil:
		return access.Ref{Kind: "unit", ID: *r.UnitID}
	}
	return access.Ref{Kind: "unit", ID: access.UnitScience}
}

// AddRows puts tasks into a draft, all or none; each needs the right to draft for its unit or fund. Of several, the
// field of a refusal is rows[n].name, and at most 100 are named.
func (s *Service) AddRows(ctx context.Context, estimate uuid.UUID, in []RowInput) (rows []EstimateRow, err error) {
	err = s.edit(ctx, estimate, func(ctx context.Context, tx bun.Tx, e *Estimate) (actor access.Actor, err error) {
		if len(e.Rows)+len(in) > MaxRows {
			return actor, ErrTooManyRows.With(MaxRows)
		}
		c, err := s.checker(ctx, tx, e)
		if err != nil {
			return actor, err
		}
		rows = make([]EstimateRow, len(in))
		asked := map[access.Object]bool{}
		var fields []errs.Field
		for i := range in {
			r := &rows[i]
			in[i].fill(r)
			r.ID, r.EstimateID, r.Position, r.Version = uuid.New(), e.ID, e.last()+i+1, 1
			if r.Code == "" {
				r.Code = c.freeCode(r)
			}
			if !asked[r.drafter()] {
				if actor, err = s.access.Require(ctx, tx, "budget_estimate", "draft", r.drafter()); err != nil {
					return actor, err
				}
				asked[r.drafter()] = true
			}
			r.DraftedBy = actor.ID
			wrong, err := c.check(ctx, tx, r)
			if err != nil {
				return actor, err
			}
			if fields = append(fields, named(wrong, len(in), i)...); len(fields) >= maxWrong {
				fields = fields[:maxWrong]
				break
			}
			c.take(r)
		}
		if fields != nil {
			return actor, invalid(fields)
		}
		e.Rows = append(e.Rows, rows...)
		return actor, insertRows(ctx, tx, rows)
	})
	return rows, err
}

// maxWrong is how many mistakes one refusal names.
const maxWrong = 100

// named says in which row of several the fields stand.
func named(fields []errs.Field, rows, i int) []errs.Field {
	if rows == 1 {
		return fields
	}
	out := make([]errs.Field, len(fields))
	for k, f := range fields {
		f.Name = fmt.Sprintf("rows[%d].%s", i, f.Name)
		out[k] = f
	}
	return out
}

// last is the last position in use.
func (e *Estimate) last() int {
	if len(e.Rows) == 0 {
		return 0
	}
	return e.Rows[len(e.Rows)-1].Position
}

// ChangeRow rewrites a row of a draft as read at version. Its answer of an earlier appraisal is taken away, unless the
// amount stays.
func (s *Service) ChangeRow(ctx context.Context, estimate, row uuid.UUID, version int, in RowInput) error {
	return s.edit(ctx, estimate, func(ctx context.Context, tx bun.Tx, e *Estimate) (access.Actor, error) {
		r, actor, err := s.rowOf(ctx, tx, e, row, version)
		if err != nil {
			return actor, err
		}
		before := *r
		in.fill(r)
		if actor, err = s.access.Require(ctx, tx, "budget_estimate", "draft", r.drafter()); err != nil {
			return actor, err
		}
		if !r.Asked.Equal(before.Asked) {
			r.Appraised, r.Comment = nil, ""
		}
		others := *e
		others.Rows = slices.DeleteFunc(slices.Clone(e.Rows), func(o EstimateRow) bool { return o.ID == row })
		c, err := s.checker(ctx, tx, &others)
		if err != nil {
			return actor, err
		}
		wrong, err := c.check(ctx, tx, r)
		if err != nil {
			return actor, err
		}
		if wrong != nil {
			return actor, invalid(wrong)
		}
		r.DraftedBy, r.Version = actor.ID, r.Version+1
		if _, err := tx.NewUpdate().Model(r).ExcludeColumn("id", "estimate_id", "position", "line_id").WherePK().Exec(ctx); err != nil {
			return actor, refusedRow(err)
		}
		return actor, nil
	})
}

// RemoveRow takes a row off a draft.
func (s *Service) RemoveRow(ctx context.Context, estimate, row uuid.UUID, version int) error {
	return s.edit(ctx, estimate, func(ctx context.Context, tx bun.Tx, e *Estimate) (access.Actor, error) {
		r, actor, err := s.rowOf(ctx, tx, e, row, version)
		if err != nil {
			return actor, err
		}
		if _, err := tx.NewDelete().Model(r).WherePK().Exec(ctx); err != nil {
			return actor, fmt.Errorf("remove row %s: %w", row, err)
		}
		e.Rows = slices.DeleteFunc(e.Rows, func(o EstimateRow) bool { return o.ID == row })
		return actor, nil
	})
}

func (s *Service) rowOf(ctx context.Context, tx bun.IDB, e *Estimate, row uuid.UUID, version int) (*EstimateRow, access.Actor, error) {
	i := slices.IndexFunc(e.Rows, func(r EstimateRow) bool { return r.ID == row })
	if i < 0 {
		return nil, access.Actor{}, errs.ErrNotFound
	}
	r := &e.Rows[i]
	actor, err := s.access.Require(ctx, tx, "budget_estimate", "draft", r.drafter())
	if err == nil && r.Version != version {
		err = errs.ErrStale
	}
	return r, actor, err
}

// edit changes a draft: whoever does is one of its makers.
func (s *Service) edit(ctx context.Context, id uuid.UUID, fn func(context.Context, bun.Tx, *Estimate) (access.Actor, error)) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		e, err := lockEstimate(ctx, tx, id)
		if err != nil {
			return err
		}
		status := e.Status
		actor, err := fn(ctx, tx, e)
		if err != nil {
			return err
		}
		if status != EstimateDrafting {
			return ErrEstimateState
		}
		if err := saveEstimate(ctx, tx, e); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, e, "draft", actor); err != nil {
			return err
		}
		return recordEstimate(ctx, tx, "budget_estimate.draft", actor, e, "", "")
	})
}
