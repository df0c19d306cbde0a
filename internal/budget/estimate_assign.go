package budget

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// Assign gives the estimate out by the decision of UBND tỉnh: the lines of the tree are opened, source → group → task,
// and each receives what was appraised, root first, in the transaction of the decision. A line of the year that stands
// already under the same code and the same dimensions receives more.
func (s *Service) Assign(ctx context.Context, id uuid.UUID, version int, decisionNo string, on calendar.Date) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		var o *opening
		var rows []EstimateRow
		err := s.transition(ctx, id, "assign", "assign", version, decisionNo, "", func(ctx context.Context, tx bun.Tx, e *Estimate, actor access.Actor) (err error) {
			if err := e.Assign(actor.ID, decisionNo, on, storage.Now(ctx)); err != nil {
				return err
			}
			rows = e.Rows
			o, err = s.tree(ctx, tx, e, actor)
			return err
		})
		if err != nil {
			return err
		}
		if row, err := s.openAll(ctx, tx, o); err != nil {
			if row >= 0 {
				return fmt.Errorf("budget line %s: %w", o.grants[row].line.Code, err)
			}
			return err
		}
		return saveRows(ctx, tx, rows)
	})
}

// tree plans what the estimate opens and gives.
func (s *Service) tree(ctx context.Context, tx bun.Tx, e *Estimate, actor access.Actor) (*opening, error) {
	o := &opening{proposer: *e.AppraisedBy, decider: actor, decisionNo: e.DecisionNo, decidedOn: e.DecidedOn, reason: e.Title}
	b := treeBuilder{o: o, e: e, lines: map[string]*Line{}, sums: map[*Line]money.Amount{}, isNew: map[*Line]bool{}}
	var err error
	if b.groups, err = s.groupNames(ctx, tx); err != nil {
		return nil, err
	}
	if err := b.load(ctx, tx); err != nil {
		return nil, err
	}
	var leaves []*Line
	for i := range e.Rows {
		r := &e.Rows[i]
		if r.Stands().IsZero() {
			continue
		}
		root, group, err := b.above(r)
		if err != nil {
			return nil, err
		}
		parent := root
		if group != nil {
			parent = group
			b.sums[group] = b.sums[group].Add(r.Stands())
		}
		b.sums[root] = b.sums[root].Add(r.Stands())
		leaf, err := b.line(Line{Code: r.Code, NameVI: r.TaskVI, NameEN: r.TaskEN, SourceCode: r.SourceCode, ProgrammeCode: r.ProgrammeCode,
			Chapter: r.Chapter, Dims: r.Dims}, parent)
		if err != nil {
			return nil, err
		}
		b.sums[leaf] = b.sums[leaf].Add(r.Stands())
		leaves = append(leaves, leaf)
		r.LineID = &leaf.ID
	}
	for _, l := range append(b.order, leaves...) {
		kind := Allocate
		if l.ParentID == nil {
			kind = Appropriate
			if !b.isNew[l] {
				kind = Adjust
			}
		}
		if b.isNew[l] {
			l.Planned = b.sums[l]
		}
		o.give(l, b.parents[l], b.sums[l], kind)
	}
	return o, nil
}

// treeBuilder finds or opens the lines of an estimate by code.
type treeBuilder struct {
	o       *opening
	e       *Estimate
	groups  map[string]Group
	sources map[uuid.UUID]SubSource
	lines   map[string]*Line
	parents map[*Line]*Line
	order   []*Line // roots and groups that receive money, a root before its groups
	sums    map[*Line]money.Amount
	isNew   map[*Line]bool
}

// load reads the lines of the year, locked, and the sub-sources.
func (b *treeBuilder) load(ctx context.Context, tx bun.Tx) error {
	b.parents = map[*Line]*Line{}
	var lines []*Line
	err := tx.NewSelect().Model(&lines).Where("bl.year = ?", b.e.Year).OrderExpr("bl.id").For("UPDATE").Scan(ctx)
	if err != nil {
		return fmt.Errorf("lock budget lines of %d: %w", b.e.Year, err)
	}
	byID := map[uuid.UUID]*Line{}
	for _, l := range lines {
		b.lines[l.Code], byID[l.ID] = l, l
	}
	for _, l := range lines {
		if l.ParentID != nil {
			b.parents[l] = byID[*l.ParentID]
		}
	}
	var subs []SubSource
	if err := tx.NewSelect().Model(&subs).Scan(ctx); err != nil {
		return fmt.Errorf("read sub-sources: %w", err)
	}
	b.sources = map[uuid.UUID]SubSource{}
	for _, s := range subs {
		b.sources[s.ID] = s
	}
	return nil
}

// above are the root and, where the row names a group, the group line over a row.
func (b *treeBuilder) above(r *EstimateRow) (root, group *Line, err error) {
	top := Line{Code: r.SourceCode, NameVI: i18n.Text(i18n.VI, "budget.source_"+r.SourceCode), NameEN: i18n.Text(i18n.EN, "budget.source_"+r.SourceCode),
		SourceCode: r.SourceCode, Dims: Dims{Level: r.Level}}
	if r.SourceID != nil {
		sub := b.sources[*r.SourceID]
		top.Code, top.NameVI, top.NameEN, top.SourceID = sub.Code, sub.NameVI, sub.NameEN, r.SourceID
	}
	if root, err = b.counted(top, nil); err != nil || r.ProgrammeCode == "" {
		return root, nil, err
	}
	name, known := b.groups[r.ProgrammeCode]
	if !known {
		name = Group{r.ProgrammeCode, r.ProgrammeCode, r.ProgrammeCode}
	}
	group, err = b.counted(Line{Code: root.Code + "." + r.ProgrammeCode, NameVI: name.NameVI, NameEN: name.NameEN, SourceCode: r.SourceCode,
		ProgrammeCode: r.ProgrammeCode, Dims: Dims{Level: r.Level, SourceID: r.SourceID}}, root)
	return root, group, err
}

func (b *treeBuilder) counted(want Line, parent *Line) (*Line, error) {
	l, err := b.line(want, parent)
	if err == nil {
		if _, counted := b.sums[l]; !counted {
			b.sums[l] = money.Amount{}
			b.order = append(b.order, l)
		}
	}
	return l, err
}

// line is the line of a code, opened when it is new. It refuses a code that stands elsewhere in the tree, or under
// other dimensions.
func (b *treeBuilder) line(want Line, parent *Line) (*Line, error) {
	l := b.lines[want.Code]
	if l == nil {
		l = &want
		l.Year, l.ManagingUnitID, l.FinanceUnitID = b.e.Year, b.e.ManagingUnitID, b.e.FinanceUnitID
		b.o.open(l, parent)
		b.lines[l.Code], b.parents[l], b.isNew[l] = l, parent, true
		return l, nil
	}
	if b.parents[l] != parent || l.SourceCode != want.SourceCode || l.ProgrammeCode != want.ProgrammeCode || l.Chapter != want.Chapter ||
		!l.Dims.same(want.Dims) {
		return nil, ErrLineDiffers.With(l.Code)
	}
	if l.Status != Open {
		return nil, ErrNotOpen
	}
	return l, nil
}

// same compares two sets of dimensions by value.
func (d Dims) same(o Dims) bool {
	eq := func(a, b *uuid.UUID) bool { return a == b || a != nil && b != nil && *a == *b }
	return d.Level == o.Level && d.Category == o.Category && d.Item == o.Item && d.SubItem == o.SubItem && eq(d.SourceID, o.SourceID) &&
		eq(d.UnitID, o.UnitID) && eq(d.ProjectID, o.ProjectID) && eq(d.MilestoneID, o.MilestoneID)
}
