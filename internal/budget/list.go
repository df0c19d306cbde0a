package budget

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Sums are the cumulative columns of the page, in đồng, as the package comment defines them.
type Sums struct {
	Authorised money.Amount `json:"authorised"`
	Allocated  money.Amount `json:"allocated"`
	Committed  money.Amount `json:"committed"`
	Disbursed  money.Amount `json:"disbursed"`
	Available  money.Amount `json:"available"`
}

func (s Sums) add(t Sums) Sums {
	return Sums{s.Authorised.Add(t.Authorised), s.Allocated.Add(t.Allocated), s.Committed.Add(t.Committed),
		s.Disbursed.Add(t.Disbursed), s.Available.Add(t.Available)}
}

// Share is part of whole in percent with one decimal, rounded half away from zero; 0 of nothing.
func Share(part, whole money.Amount) decimal.Decimal {
	if whole.IsZero() {
		return decimal.Zero
	}
	return part.Decimal().Shift(2).DivRound(whole.Decimal(), 1)
}

// Node is a line of the tree with what it holds itself and with all below it. Children are those that were read.
type Node struct {
	Line     *Line
	Own      ledger.State
	Sums     Sums
	Level    int // 0 = source, 1 = programme, 2 = call
	Children []*Node
	More     bool // lines below that were not read
}

// Kept is what a line with children has not allocated yet: the row "Chưa phân bổ".
func (n *Node) Kept() money.Amount {
	if n.Line.Lines == 0 {
		return money.Amount{}
	}
	return n.Own.Available
}

// Tree is the budget of a year. Large says that only the opened lines were read.
type Tree struct {
	Year  int
	Roots []*Node
	Total Sums
	Large bool
	More  bool // roots that were not read
}

// wholeTree is how many lines of a year are read and shown at once; above it the lines are read as they are opened.
const (
	wholeTree = 300
	levelSize = 50 // lines of one parent shown in the tree of a large year
)

// lineRow is a line joined with its control line.
type lineRow struct {
	Line `bun:",extend"`

	Authorised, Pushed, Reserved, Committed, Requested, Advanced, Disbursed, Returned, Closing, Free money.Amount
}

func (r lineRow) state() ledger.State {
	return ledger.State{ID: r.ControlLine, Authorised: r.Authorised, Allocated: r.Pushed, Reserved: r.Reserved,
		Committed: r.Committed, Requested: r.Requested, Advanced: r.Advanced, Disbursed: r.Disbursed, Returned: r.Returned, Closing: r.Closing, Available: r.Free}
}

func (r *lineRow) node() *Node {
	n := &Node{Line: &r.Line, Own: r.state()}
	o := n.Own
	n.Sums = Sums{Authorised: o.Authorised, Disbursed: o.Disbursed, Committed: money.Sum(o.Reserved, o.Committed, o.Requested, o.Advanced, o.Disbursed)}
	if r.Lines == 0 {
		n.Sums.Allocated, n.Sums.Available = o.Authorised, o.Available
	}
	return n
}

const heldColumns = `cl.authorised, cl.allocated AS pushed, cl.reserved, cl.committed, cl.requested, cl.advanced, cl.disbursed, cl.returned, cl.closing,
	cl.authorised - cl.allocated - cl.reserved - cl.committed - cl.requested - cl.advanced - cl.disbursed - cl.returned - cl.closing AS free`

// rows reads lines in the order of their codes, at most limit; 0 = all.
func (s *Service) rows(ctx context.Context, limit int, where string, args ...any) ([]lineRow, error) {
	var rows []lineRow
	q := s.db.NewSelect().Model(&rows).ColumnExpr("bl.*").ColumnExpr(heldColumns).
		Join("JOIN ledger.control_lines cl ON cl.id = bl.control_line").Where(where, args...).OrderExpr("bl.code, bl.id").Limit(int64(limit))
	q = s.access.Scope(ctx, q, "budget_line", "read", "budget_line")
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read budget lines: %w", err)
	}
	return rows, nil
}

// large says that a year has more lines than are read at once.
func (s *Service) large(ctx context.Context, year int) (bool, error) {
	var n int
	err := s.db.NewRaw("SELECT count(*) FROM (SELECT FROM budget_lines WHERE year = ? LIMIT ?) x", year, wholeTree+1).Scan(ctx, &n)
	if err != nil {
		return false, fmt.Errorf("size of the budget of %d: %w", year, err)
	}
	return n > wholeTree, nil
}

// Tree reads the lines of a year that the reader may see. A line whose parent is hidden stands as a root.
func (s *Service) Tree(ctx context.Context, year int) (*Tree, error) {
	rows, err := s.rows(ctx, 0, "bl.year = ?", year)
	if err != nil {
		return nil, err
	}
	nodes := map[uuid.UUID]*Node{}
	for i := range rows {
		nodes[rows[i].ID] = rows[i].node()
	}
	t := &Tree{Year: year}
	for i := range rows {
		n := nodes[rows[i].ID]
		if p := rows[i].ParentID; p != nil && nodes[*p] != nil {
			nodes[*p].Children = append(nodes[*p].Children, n)
		} else {
			t.Roots = append(t.Roots, n)
		}
	}
	for _, n := range t.Roots {
		n.sum(0)
		t.Total = t.Total.add(n.Sums)
	}
	return t, nil
}

// Opened reads the roots of a large year and the lines below those whose codes are open; the sums of what is not read
// come from budget_sums.
func (s *Service) Opened(ctx context.Context, year int, open []string) (*Tree, error) {
	t := &Tree{Year: year, Large: true}
	rows, err := s.rows(ctx, levelSize+1, "bl.year = ? AND bl.parent_id IS NULL", year)
	if err != nil {
		return nil, err
	}
	if t.More = len(rows) > levelSize; t.More {
		rows = rows[:levelSize]
	}
	nodes := map[uuid.UUID]*Node{}
	all := []*Node{}
	for i := range rows {
		n := rows[i].node()
		nodes[rows[i].ID], all, t.Roots = n, append(all, n), append(t.Roots, n)
	}
	for level := t.Roots; len(level) > 0; {
		var parents []uuid.UUID
		for _, n := range level {
			if n.Line.Lines > 0 && slices.Contains(open, n.Line.Code) {
				parents = append(parents, n.Line.ID)
			}
		}
		below, err := s.below(ctx, parents)
		if err != nil {
			return nil, err
		}
		level = nil
		for i := range below {
			n, p := below[i].node(), nodes[*below[i].ParentID]
			if len(p.Children) == levelSize {
				p.More = true
				continue
			}
			n.Level = p.Level + 1
			p.Children, level = append(p.Children, n), append(level, n)
			nodes[below[i].ID], all = n, append(all, n)
		}
	}
	if err := s.fill(ctx, year, all); err != nil {
		return nil, err
	}
	for _, n := range t.Roots {
		t.Total = t.Total.add(n.Sums)
	}
	return t, nil
}

// below reads the first lines below each of the parents, one more than are shown.
func (s *Service) below(ctx context.Context, parents []uuid.UUID) ([]lineRow, error) {
	if len(parents) == 0 {
		return nil, nil
	}
	return s.rows(ctx, 0, `bl.id IN (SELECT c.id FROM budget_lines p CROSS JOIN LATERAL (
		SELECT x.id FROM budget_lines x WHERE x.parent_id = p.id ORDER BY x.code, x.id LIMIT ?) c WHERE p.id IN (?))`, levelSize+1, in(parents))
}

func (n *Node) sum(level int) {
	n.Level = level
	for _, c := range n.Children {
		c.sum(level + 1)
		below := c.Sums
		below.Authorised = money.Amount{}
		n.Sums = n.Sums.add(below)
	}
}

// Walk visits the nodes of the tree from the top, a parent before its children; open says whether to go below a node.
func (t *Tree) Walk(open func(*Node) bool, visit func(*Node)) {
	var down func([]*Node)
	down = func(list []*Node) {
		for _, n := range list {
			visit(n)
			if open(n) {
				down(n.Children)
			}
		}
	}
	down(t.Roots)
}

// Years are the budget years that have lines, newest first.
func (s *Service) Years(ctx context.Context) (years []int, err error) {
	var all []int
	err = s.db.NewRaw(`WITH RECURSIVE y AS ((SELECT year FROM budget_lines ORDER BY year DESC LIMIT 1)
		UNION ALL SELECT (SELECT l.year FROM budget_lines l WHERE l.year < y.year ORDER BY l.year DESC LIMIT 1) FROM y WHERE y.year IS NOT NULL)
		SELECT year FROM y WHERE year IS NOT NULL`).Scan(ctx, &all)
	if err != nil {
		return nil, fmt.Errorf("read budget years: %w", err)
	}
	for _, y := range all {
		q := s.db.NewSelect().Model((*Line)(nil)).Where("bl.year = ?", y)
		seen, err := s.access.Scope(ctx, q, "budget_line", "read", "budget_line").Exists(ctx)
		if err != nil {
			return nil, fmt.Errorf("read budget year %d: %w", y, err)
		}
		if seen {
			years = append(years, y)
		}
	}
	return years, nil
}

// thisYear is the year of deciding time.
func (s *Service) thisYear(ctx context.Context) (year int, err error) {
	err = s.db.NewRaw("SELECT extract(year FROM kb.today())::int").Scan(ctx, &year)
	return year, err
}
