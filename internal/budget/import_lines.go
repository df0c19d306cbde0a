package budget

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// LineRecord is one row of a file of lines: a line of the year, new or known, and what it receives from the line above
// it, or from its source when it is a root. Of a known line only code and amount count.
type LineRecord struct {
	Code       string `json:"code"`
	ParentCode string `json:"parent_code,omitempty"`
	NameVI     string `json:"name_vi,omitempty"`
	NameEN     string `json:"name_en,omitempty"`
	SourceCode string `json:"source_code,omitempty"` // of a root
	Programme  string `json:"programme_code,omitempty"`
	Chapter    string `json:"chapter,omitempty"`
	Dims
	Amount money.Amount `json:"amount"` // 0 only opens the line
}

var (
	lineColumns = []string{"code", "parent_code", "name_vi", "name_en", "source_code", "sub_source", "programme_code", "level", "chapter", "category", "item",
		"sub_item", "unit_code", "project_id", "milestone_id", "amount"}
	lineNeeds = []string{"code", "amount"}
)

// readLines reads the rows of a file of lines; units and sub-sources are named by code.
func readLines(ctx context.Context, db bun.IDB, s *sheet) ([]LineRecord, error) {
	units, subs, err := namesByCode(ctx, db)
	if err != nil {
		return nil, err
	}
	var list []LineRecord
	for i := range s.rows {
		if s.full() {
			break
		}
		if s.blank(i) {
			s.fail(i, "code", "budget.import_blank")
			continue
		}
		r := LineRecord{Code: s.text(i, "code", 32), ParentCode: s.text(i, "parent_code", 32), NameVI: s.text(i, "name_vi", 300), NameEN: s.text(i, "name_en", 300),
			SourceCode: s.text(i, "source_code", 4), Programme: s.text(i, "programme_code", 20), Chapter: s.text(i, "chapter", 3), Amount: s.amount(i, "amount")}
		r.Dims = s.dims(i, units, subs)
		list = append(list, r)
	}
	return list, nil
}

// dims reads the dimensions of row i.
func (s *sheet) dims(i int, units, subs map[string]uuid.UUID) Dims {
	d := Dims{Level: s.cell(i, "level"), Category: s.cell(i, "category"), Item: s.cell(i, "item"), SubItem: s.cell(i, "sub_item"),
		ProjectID: s.id(i, "project_id"), MilestoneID: s.id(i, "milestone_id")}
	named := func(column, code string, known map[string]uuid.UUID) *uuid.UUID {
		text := s.cell(i, column)
		if text == "" {
			return nil
		}
		id, ok := known[text]
		if !ok {
			s.fail(i, column, code, text)
			return nil
		}
		return &id
	}
	d.UnitID = named("unit_code", "budget.import_unit", units)
	d.SourceID = named("sub_source", "budget.import_sub_source", subs)
	return d.orProvince()
}

func namesByCode(ctx context.Context, db bun.IDB) (units, subs map[string]uuid.UUID, err error) {
	units, subs = map[string]uuid.UUID{}, map[string]uuid.UUID{}
	for table, to := range map[string]map[string]uuid.UUID{"units": units, "budget_sources": subs} {
		var rows []struct {
			ID   uuid.UUID
			Code string
		}
		if err := db.NewSelect().Table(table).Column("id", "code").Scan(ctx, &rows); err != nil {
			return nil, nil, fmt.Errorf("read codes of %s: %w", table, err)
		}
		for _, r := range rows {
			to[r.Code] = r.ID
		}
	}
	return units, subs, nil
}

// plan is a file of lines held against the year: what it opens and gives. wrong names a mistake by the number of its
// row, counted from 0, and its column.
type plan struct {
	year    int
	opening *opening
	lines   map[string]*Line // of the year, and those of the file
	parents map[*Line]*Line
	rowOf   []int // of each grant
	wrong   func(row int, column, code string, args ...any)
	full    func() bool
	known   map[string][]errs.Field
}

// planLines checks the records against the lines that stand, row by row; it writes nothing. Whether a parent has enough
// is judged by the ledger.
func planLines(ctx context.Context, db bun.IDB, year int, records []LineRecord, p *plan) error {
	p.year, p.lines, p.parents, p.known = year, map[string]*Line{}, map[*Line]*Line{}, map[string][]errs.Field{}
	var standing []*Line
	if err := db.NewSelect().Model(&standing).Where("bl.year = ?", year).Scan(ctx); err != nil {
		return fmt.Errorf("read budget lines of %d: %w", year, err)
	}
	byID := map[uuid.UUID]*Line{}
	for _, l := range standing {
		p.lines[l.Code], byID[l.ID] = l, l
	}
	for _, l := range standing {
		if l.ParentID != nil {
			p.parents[l] = byID[*l.ParentID]
		}
	}
	seen := map[string]bool{}
	for i, r := range records {
		if p.full() {
			return nil
		}
		if seen[r.Code] {
			p.wrong(i, "code", "budget.import_twice", r.Code)
			continue
		}
		seen[r.Code] = true
		if err := p.add(ctx, db, i, r); err != nil {
			return err
		}
	}
	p.byDepth()
	return nil
}

func (p *plan) add(ctx context.Context, db bun.IDB, i int, r LineRecord) error {
	l, known := p.lines[r.Code]
	if !known {
		var err error
		if l, err = p.fresh(ctx, db, i, r); err != nil || l == nil {
			return err
		}
	}
	parent := p.parents[l]
	switch {
	case l.Status != Open:
		p.wrong(i, "code", ErrNotOpen.Code)
	case known && r.ParentCode != "" && (parent == nil || parent.Code != r.ParentCode):
		p.wrong(i, "parent_code", "budget.import_parent", r.ParentCode)
	case r.Amount.Sign() < 0 || r.Amount.Cmp(money.Max) > 0 || parent == nil && !known && r.Amount.IsZero():
		p.wrong(i, "amount", "budget.amount_missing")
	default:
		kind := Allocate
		if parent == nil {
			kind = Appropriate
			if known {
				kind = Adjust
			}
		}
		if n := len(p.opening.grants); !r.Amount.IsZero() {
			p.opening.give(l, parent, r.Amount, kind)
			p.rowOf = append(p.rowOf[:n], i)
		}
	}
	return nil
}

// fresh is a line that the file opens; nil when something of it must be mended.
func (p *plan) fresh(ctx context.Context, db bun.IDB, i int, r LineRecord) (*Line, error) {
	l := &Line{Year: p.year, Code: r.Code, NameVI: r.NameVI, NameEN: r.NameEN, SourceCode: r.SourceCode, ProgrammeCode: r.Programme, Chapter: r.Chapter,
		Dims: r.Dims, Planned: r.Amount, ManagingUnitID: access.UnitScience, FinanceUnitID: access.UnitFinance}
	var parent *Line
	if r.ParentCode != "" {
		if parent = p.lines[r.ParentCode]; parent == nil {
			p.wrong(i, "parent_code", "budget.import_no_parent", r.ParentCode)
			return nil, nil
		}
		l.ParentID, l.SourceCode, l.ManagingUnitID, l.FinanceUnitID = &parent.ID, parent.SourceCode, parent.ManagingUnitID, parent.FinanceUnitID
		if l.ProgrammeCode == "" {
			l.ProgrammeCode = parent.ProgrammeCode
		}
		l.inherit(parent)
	}
	fields := errs.From(l.Check()).Fields
	if fields == nil {
		key := fmt.Sprint(l.SourceCode, l.Chapter, l.Level, l.Category, l.Item, l.SubItem, l.SourceID)
		found, asked := p.known[key]
		if !asked {
			var err error
			if found, err = checkCodes(ctx, db, p.year, l.SourceCode, l.Chapter, l.Dims); err != nil {
				return nil, err
			}
			p.known[key] = found
		}
		fields = found
	}
	for _, f := range fields {
		p.wrong(i, columnOf(f.Name), f.Code, f.Args...)
	}
	if fields != nil {
		return nil, nil
	}
	p.opening.open(l, parent)
	p.lines[l.Code], p.parents[l] = l, parent
	return l, nil
}

// columnOf is the column of a file under which a form field stands.
func columnOf(field string) string {
	switch field {
	case "source_id":
		return "sub_source"
	case "unit_id":
		return "unit_code"
	}
	return field
}

// byDepth gives to a parent before its children, otherwise in the order of the file.
func (p *plan) byDepth() {
	depth := func(l *Line) (n int) {
		for l = p.parents[l]; l != nil; l = p.parents[l] {
			n++
		}
		return n
	}
	order := make([]int, len(p.opening.grants))
	depths := make([]int, len(order))
	for i, g := range p.opening.grants {
		order[i], depths[i] = i, depth(g.line)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(depths[a], depths[b]) })
	grants, rows := make([]given, len(order)), make([]int, len(order))
	for i, at := range order {
		grants[i], rows[i] = p.opening.grants[at], p.rowOf[at]
	}
	p.opening.grants, p.rowOf = grants, rows
}

// ConfirmLines opens and gives what a file of lines says, all of it or nothing, under a decision. A row that the year
// refuses by now, or whose parent has too little, is named.
func (s *Service) ConfirmLines(ctx context.Context, id uuid.UUID, version int, decisionNo string, on calendar.Date) error {
	return s.decideImport(ctx, id, version, "budget_line", "allocate", ImportLines, func(ctx context.Context, tx bun.Tx, m *Import, actor access.Actor) error {
		if err := checkDecision(decisionNo, on, storage.Now(ctx)); err != nil {
			return err
		}
		m.DecisionNo, m.DecidedOn = decisionNo, on
		var records []LineRecord
		if err := json.Unmarshal(m.Rows, &records); err != nil {
			return fmt.Errorf("read import %s: %w", id, err)
		}
		var wrong []errs.Field
		p := &plan{opening: &opening{proposer: m.UploadedBy, decider: actor, decisionNo: decisionNo, decidedOn: on, reason: m.FileName},
			full: func() bool { return len(wrong) >= maxWrong }, wrong: func(row int, column, code string, args ...any) {
				wrong = append(wrong, cellField(ctx, row, column, code, args...))
			}}
		if err := planLines(ctx, tx, m.Year, records, p); err != nil {
			return err
		}
		if wrong != nil {
			return invalid(wrong)
		}
		for _, g := range p.opening.grants {
			if g.parent == nil { // money of a source needs the right to assign it
				if _, err := s.access.Require(ctx, tx, "budget_line", "approve", m); err != nil {
					return err
				}
				break
			}
		}
		at, err := s.openAll(ctx, tx, p.opening)
		if err != nil && at >= 0 {
			e := errs.From(err)
			return e.At(cellField(ctx, p.rowOf[at], "amount", e.Code, e.Args...))
		}
		return err
	})
}
