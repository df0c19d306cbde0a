package budget

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/money"
)

// rowChecker judges rows of an estimate one after another: form, codes of the year, a code of its own, the sum.
type rowChecker struct {
	year   int
	codes  map[string]bool
	free   map[string]int // the last number tried below a source and group
	sum    money.Amount
	groups map[string]Group
	known  map[string][]errs.Field // answers of checkCodes by dimensions: many rows share them
}

func (s *Service) checker(ctx context.Context, db bun.IDB, e *Estimate) (*rowChecker, error) {
	groups, err := s.groupNames(ctx, db)
	if err != nil {
		return nil, err
	}
	c := &rowChecker{year: e.Year, codes: map[string]bool{}, free: map[string]int{}, groups: groups, known: map[string][]errs.Field{}}
	for i := range e.Rows {
		c.take(&e.Rows[i])
	}
	return c, nil
}

func (c *rowChecker) take(r *EstimateRow) {
	c.codes[r.Code], c.sum = true, c.sum.Add(r.Asked)
}

// check names what of a row must be mended; the refusals speak of form fields.
func (c *rowChecker) check(ctx context.Context, db bun.IDB, r *EstimateRow) ([]errs.Field, error) {
	fields := r.Check()
	if fields == nil {
		key := fmt.Sprint(r.SourceCode, r.Chapter, r.Level, r.Category, r.Item, r.SubItem, r.SourceID)
		wrong, asked := c.known[key]
		if !asked {
			var err error
			if wrong, err = checkCodes(ctx, db, c.year, r.SourceCode, r.Chapter, r.Dims); err != nil {
				return nil, err
			}
			c.known[key] = wrong
		}
		fields = append(fields, wrong...)
	}
	if c.codes[r.Code] {
		fields = append(fields, errs.Field{Name: "code", Code: ErrRowCode.Code})
	}
	if _, known := c.groups[r.ProgrammeCode]; r.ProgrammeCode != "" && len(c.groups) > 0 && !known {
		fields = append(fields, errs.Field{Name: "programme_code", Code: "budget.programme_wrong"})
	}
	if r.Asked.Cmp(money.Max) <= 0 && c.sum.Add(r.Asked).Cmp(money.Max) > 0 {
		fields = append(fields, errs.Field{Name: "asked", Code: ErrTotal.Code})
	}
	return fields, nil
}

// freeCode is the next free code below the source and group of r.
func (c *rowChecker) freeCode(r *EstimateRow) string {
	stem := r.SourceCode
	if r.ProgrammeCode != "" {
		stem += "." + r.ProgrammeCode
	}
	for {
		c.free[stem]++
		if code := fmt.Sprintf("%s.%02d", stem, c.free[stem]); !c.codes[code] {
			return code
		}
	}
}

// invalid is a refusal of fields; nil for none.
func invalid(fields []errs.Field) error {
	if len(fields) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "errs.invalid").At(fields...)
}

// Group is one activity group of the plan (nhóm hoạt động) as lines are named after it.
type Group struct{ Code, NameVI, NameEN string }

// Groups knows the activity groups; the room of programmes is one.
type Groups interface {
	Groups(ctx context.Context, db bun.IDB) ([]Group, error)
}

// NameGroups tells the service who knows the activity groups; without, every code is taken and is its own name.
func (s *Service) NameGroups(g Groups) { s.groups = g }

// KeepFiles tells the service where documents of estimates and of donors are kept.
func (s *Service) KeepFiles(store *file.Store) { s.files = store }

func (s *Service) groupNames(ctx context.Context, db bun.IDB) (map[string]Group, error) {
	list, err := s.groupList(ctx, db)
	if err != nil {
		return nil, err
	}
	out := map[string]Group{}
	for _, g := range list {
		out[g.Code] = g
	}
	return out, nil
}

func (s *Service) groupList(ctx context.Context, db bun.IDB) ([]Group, error) {
	if s.groups == nil {
		return nil, nil
	}
	return s.groups.Groups(ctx, db)
}
