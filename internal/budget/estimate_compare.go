package budget

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Difference is one row in two versions of an estimate. Old or New is nil where the row is not in that version.
type Difference struct {
	ID       uuid.UUID
	Code     string
	Old, New *RowCopy
	Before   money.Amount // what counted of it; 0 where it is not
	After    money.Amount
}

// Delta is what the row gained, negative what it lost, in đồng.
func (d Difference) Delta() money.Amount { return d.After.Sub(d.Before) }

// Kind is added, removed, changed or same.
func (d Difference) Kind() string {
	switch {
	case d.Old == nil:
		return "added"
	case d.New == nil:
		return "removed"
	case d.Delta().IsZero() && d.Old.TaskVI == d.New.TaskVI && d.Old.Code == d.New.Code && d.Old.Source == d.New.Source && d.Old.Programme == d.New.Programme &&
		d.Old.Chapter == d.New.Chapter && d.Old.Dims.same(d.New.Dims) && d.Old.Explanation == d.New.Explanation && d.Old.Comment == d.New.Comment:
		return "same"
	}
	return "changed"
}

// Name is the task as it reads last.
func (d Difference) Name(english bool) string {
	r := d.New
	if r == nil {
		r = d.Old
	}
	if english {
		return r.TaskEN
	}
	return r.TaskVI
}

// Comparison is two versions of an estimate row by row, in the order of the codes.
type Comparison struct {
	A, B          int // version numbers; 0 is the estimate as it stands
	Rows          []Difference
	Before, After money.Amount
}

// Delta is the difference of the totals.
func (c *Comparison) Delta() money.Amount { return c.After.Sub(c.Before) }

// Compare sets version a against version b; 0 is the estimate as it stands. A version that is not there is errs.ErrNotFound.
func (s *Service) Compare(ctx context.Context, db bun.IDB, e *Estimate, a, b int) (*Comparison, error) {
	contents := [2]EstimateCopy{}
	for i, no := range []int{a, b} {
		switch {
		case no == 0:
			contents[i] = copyOf(e)
		case no < 0:
			return nil, errs.ErrNotFound
		default:
			v, err := version(ctx, db, e.ID, no)
			if err != nil {
				return nil, err
			}
			contents[i] = v.Content
		}
	}
	c := compare(contents[0], contents[1])
	c.A, c.B = a, b
	return c, nil
}

func compare(a, b EstimateCopy) *Comparison {
	c := &Comparison{}
	at := map[uuid.UUID]int{}
	for i := range a.Rows {
		r := &a.Rows[i]
		at[r.ID] = len(c.Rows)
		c.Rows = append(c.Rows, Difference{ID: r.ID, Code: r.Code, Old: r, Before: r.Stands()})
		c.Before = c.Before.Add(r.Stands())
	}
	for i := range b.Rows {
		r := &b.Rows[i]
		k, known := at[r.ID]
		if !known {
			k = len(c.Rows)
			c.Rows = append(c.Rows, Difference{ID: r.ID})
		}
		c.Rows[k].Code, c.Rows[k].New, c.Rows[k].After = r.Code, r, r.Stands()
		c.After = c.After.Add(r.Stands())
	}
	slices.SortStableFunc(c.Rows, func(x, y Difference) int { return strings.Compare(x.Code, y.Code) })
	return c
}
