package budget

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
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

// Node is a line of the tree with what it holds itself and with all below it.
type Node struct {
	Line     *Line
	Own      ledger.State
	Sums     Sums
	Level    int // 0 = source, 1 = programme, 2 = call
	Children []*Node
}

// Kept is what a line with children has not allocated yet: the row "Chưa phân bổ".
func (n *Node) Kept() money.Amount {
	if len(n.Children) == 0 {
		return money.Amount{}
	}
	return n.Own.Available
}

// Tree is the budget of a year.
type Tree struct {
	Year  int
	Roots []*Node
	Total Sums
}

// lineRow is a line joined with its control line.
type lineRow struct {
	Line `bun:",extend"`

	Authorised, Allocated, Reserved, Committed, Requested, Advanced, Disbursed, Free money.Amount
}

func (r lineRow) state() ledger.State {
	return ledger.State{ID: r.ControlLine, Authorised: r.Authorised, Allocated: r.Allocated, Reserved: r.Reserved,
		Committed: r.Committed, Requested: r.Requested, Advanced: r.Advanced, Disbursed: r.Disbursed, Available: r.Free}
}

func (s *Service) rows(ctx context.Context, where string, args ...any) ([]lineRow, error) {
	var rows []lineRow
	q := s.db.NewSelect().Model(&rows).ColumnExpr("bl.*").
		ColumnExpr(`cl.authorised, cl.allocated, cl.reserved, cl.committed, cl.requested, cl.advanced, cl.disbursed,
			cl.authorised - cl.allocated - cl.reserved - cl.committed - cl.requested - cl.advanced - cl.disbursed AS free`).
		Join("JOIN ledger.control_lines cl ON cl.id = bl.control_line").Where(where, args...).OrderExpr("bl.code")
	q = s.access.Scope(ctx, q, "budget_line", "read", "budget_line")
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read budget lines: %w", err)
	}
	return rows, nil
}

// Tree reads the lines of a year that the reader may see. A line whose parent is hidden stands as a root.
func (s *Service) Tree(ctx context.Context, year int) (*Tree, error) {
	rows, err := s.rows(ctx, "bl.year = ?", year)
	if err != nil {
		return nil, err
	}
	nodes := map[uuid.UUID]*Node{}
	for i := range rows {
		nodes[rows[i].ID] = &Node{Line: &rows[i].Line, Own: rows[i].state()}
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

func (n *Node) sum(level int) {
	n.Level = level
	o := n.Own
	n.Sums = Sums{Committed: money.Sum(o.Reserved, o.Committed, o.Requested, o.Advanced, o.Disbursed), Disbursed: o.Disbursed}
	if len(n.Children) == 0 {
		n.Sums.Allocated, n.Sums.Available = o.Authorised, o.Available
	}
	for _, c := range n.Children {
		c.sum(level + 1)
		n.Sums = n.Sums.add(c.Sums)
	}
	n.Sums.Authorised = o.Authorised
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
	q := s.db.NewSelect().Model((*Line)(nil)).ColumnExpr("DISTINCT bl.year")
	if err := s.access.Scope(ctx, q, "budget_line", "read", "budget_line").Scan(ctx, &years); err != nil {
		return nil, fmt.Errorf("read budget years: %w", err)
	}
	slices.Sort(years)
	slices.Reverse(years)
	return years, nil
}

// thisYear is the year of deciding time.
func (s *Service) thisYear(ctx context.Context) (year int, err error) {
	err = s.db.NewRaw("SELECT extract(year FROM kb.today())::int").Scan(ctx, &year)
	return year, err
}

// Movement is one journal on the line, with what it took from where and what was available after it.
type Movement struct {
	ledger.Entry
	From, To       ledger.Stage
	Amount         money.Amount
	Available      money.Amount // after it
	Actor, Checker string       // names
}

// Statement is a line with the documents behind each of its numbers.
type Statement struct {
	Line      *Line
	State     ledger.State
	Parent    *Line
	Children  bool
	Movements []Movement // newest first
	Pending   []Act
}

// Statement reads a line and its journals; a line the reader may not see is errs.ErrNotFound.
func (s *Service) Statement(ctx context.Context, id uuid.UUID) (*Statement, error) {
	rows, err := s.rows(ctx, "bl.id = ?", id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.ErrNotFound
	}
	st := &Statement{Line: &rows[0].Line, State: rows[0].state()}
	if st.Parent, err = parentOf(ctx, s.db, st.Line); err != nil {
		return nil, err
	}
	if st.Children, err = hasLines(ctx, s.db, id); err != nil {
		return nil, err
	}
	entries, err := ledger.Statement(ctx, s.db, st.Line.ControlLine)
	if err != nil {
		return nil, err
	}
	names, err := s.names(ctx, entries)
	if err != nil {
		return nil, err
	}
	free := money.Amount{}
	for _, e := range entries {
		m := Movement{Entry: e, Actor: names[e.ActorID], Checker: names[e.ApproverID]}
		for _, leg := range e.Legs {
			switch {
			case leg.Amount.Sign() < 0:
				m.From = ledger.Stage(leg.Account)
			default:
				m.To, m.Amount = ledger.Stage(leg.Account), m.Amount.Add(leg.Amount)
			}
			if leg.Account == string(ledger.Available) {
				free = free.Add(leg.Amount)
			}
		}
		m.Available = free
		st.Movements = append(st.Movements, m)
	}
	slices.Reverse(st.Movements)
	err = s.db.NewSelect().Model(&st.Pending).Where("ba.line_id = ?", id).Where("ba.status = ?", Proposed).
		OrderExpr("ba.proposed_at, ba.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read acts of budget line %s: %w", id, err)
	}
	return st, nil
}

// names reads who acted on the entries; the program itself is "".
func (s *Service) names(ctx context.Context, entries []ledger.Entry) (map[uuid.UUID]string, error) {
	ids := map[uuid.UUID]bool{}
	for _, e := range entries {
		ids[e.ActorID], ids[e.ApproverID] = true, true
	}
	list := make([]uuid.UUID, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	var rows []struct {
		ID   uuid.UUID
		Name string
	}
	err := s.db.NewSelect().TableExpr("users").Column("id", "name").Where("id IN (?)", bun.List(list)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	out := map[uuid.UUID]string{}
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}
