package budget

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

type handler struct{ *Service }

// Routes puts the room on the web.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	const page, act = "/budgets/:year/lines/:id", "/budgets/:year/lines/:id/acts/:act"
	web.Page(rt, "/budgets", "budget_line", "read", "budget/list", h.list)
	web.Page(rt, "/budgets/:year", "budget_line", "read", "budget/list", h.list)
	web.Page(rt, "/budgets/:year/lines/new", "budget_line", "plan", "budget/new", h.form)
	web.Page(rt, "/budgets/:year/acts/new", "budget_line", "read", "budget/revise", h.revise)
	web.Page(rt, page, "budget_line", "read", "budget/show", h.show)
	web.Page(rt, page+"/acts/new", "budget_line", "read", "budget/act_new", h.newAct)
	web.Page(rt, act, "budget_line", "read", "budget/act", h.showAct)
	web.Page(rt, "/vouchers/:no", "ledger_entry", "read", "budget/voucher", h.voucher)
	web.JSON(rt, "/vouchers/:no/proof", "ledger_entry", "read", h.apiProof)
	web.Download(rt, "/budgets/:year/lines.csv", "budget_line", "read", h.csv)
	web.Download(rt, page+"/statement.csv", "budget_line", "read", h.statementCSV)
	web.JSON(rt, "/budgets/:year", "budget_line", "read", h.apiTree)
	web.Command(rt, "/budgets/:year/lines", "budget_line", "plan", "/budgets/:year/lines/new", h.plan)
	web.Command(rt, page+"/approve", "budget_line", "approve", page, h.approve)
	for _, kind := range proposed {
		web.Command(rt, page+"/propose-"+strings.ReplaceAll(string(kind), "_", "-"), "budget_line", "propose_"+string(kind), page+"/acts/new", h.propose(kind))
		web.Command(rt, act+"/"+strings.ReplaceAll(string(kind), "_", "-"), "budget_line", string(kind), act, h.decide(kind, string(kind)))
	}
	web.Command(rt, act+"/transfer-across", "budget_line", "transfer_across", act, h.decide(Transfer, "transfer_across"))
	web.Command(rt, act+"/decline", "budget_line", "allocate", act, h.decline)
	web.Command(rt, act+"/decline-across", "budget_line", "transfer_across", act, h.decline)
	web.Shared(rt, "/budget-lines/:id/commitments", "budget_line", "commit", "", h.together, h.commit)
	rt.Tasks(s.Tasks)
	h.sponsorRoutes(rt)
	h.yearRoutes(rt)
	h.cancellationRoutes(rt)
	h.whatIfRoutes(rt)
	h.estimateRoutes(rt)
}

// row is one line of the tree as the page shows it.
type row struct {
	*Node
	Kept   bool // the row "Chưa phân bổ" of the line above it
	Rest   bool // the row that leads to the lines that are not shown
	Folded bool
	Toggle string // link that folds or unfolds
	Href   string
}

// Millions is an amount in million đồng, exact.
func (row) Millions(a money.Amount) decimal.Decimal { return a.Decimal().Shift(-6) }

// Bar draws disbursed in committed in allocated in assigned.
func (r row) Bar(finding string) web.NestedBar { return bar(r.Sums, finding) }

// Paid is the share of the assigned money that was disbursed, in percent.
func (r row) Paid() decimal.Decimal { return Share(r.Sums.Disbursed, r.Sums.Authorised) }

func bar(s Sums, finding string) web.NestedBar {
	return web.NestedBar{Whole: s.Authorised.Decimal(), Finding: finding, Shares: []web.Share{{Part: s.Allocated.Decimal(), Kind: "cham-t"},
		{Part: s.Committed.Decimal(), Kind: "cham2"}, {Part: s.Disbursed.Decimal(), Kind: "cham"}}}
}

type listPage struct {
	web.Base
	Year         int
	Years        []int
	Tree         *Tree
	Rows         []row
	Total        row
	CanPlan      bool
	CanRevise    bool
	CanEstimates bool
	Query        string         // what is unfolded, for the export of exactly that
	Notes        []attention    // cần chú ý
	Paid         *web.LineChart // nil until something of the year is paid or planned
}

// AllocatedShare and PaidShare are in percent of the assigned money.
func (p *listPage) AllocatedShare() decimal.Decimal {
	return Share(p.Tree.Total.Allocated, p.Tree.Total.Authorised)
}

// PaidShare is in percent of the assigned money.
func (p *listPage) PaidShare() decimal.Decimal {
	return Share(p.Tree.Total.Disbursed, p.Tree.Total.Authorised)
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	years, err := h.Years(ctx)
	if err != nil {
		return nil, err
	}
	p := &listPage{Years: years}
	if p.Year, err = year(r, years); err != nil {
		return nil, err
	}
	if p.Year == 0 {
		if p.Year, err = h.thisYear(ctx); err != nil {
			return nil, err
		}
	}
	if p.Tree, p.Rows, p.Query, err = h.shown(ctx, r, p.Year); err != nil {
		return nil, err
	}
	_, err = h.access.RequireRole(ctx, "budget_line", "plan")
	p.CanEstimates = h.mayReadEstimates(ctx)
	p.CanPlan, p.CanRevise = err == nil, h.mayRevise(ctx) && slices.Contains(years, p.Year)
	p.Total = row{Node: &Node{Sums: p.Tree.Total}}
	if p.Notes, err = h.attention(ctx, p.Year, p.Rows); err != nil {
		return nil, err
	}
	p.Paid, err = h.paid(ctx, p.Year)
	return p, err
}

// shown is the tree with the rows that the query unfolds: of a small year all but those folded, of a large one the
// roots and those opened.
func (h handler) shown(ctx context.Context, r web.Req, year int) (*Tree, []row, string, error) {
	large, err := h.large(ctx, year)
	if err != nil {
		return nil, nil, "", err
	}
	name := "fold"
	if large {
		name = "open"
	}
	named := slices.DeleteFunc(strings.Split(r.Query(name), ","), func(s string) bool { return s == "" })
	unfolded := func(n *Node) bool { return slices.Contains(named, n.Line.Code) == large }
	var t *Tree
	if large {
		t, err = h.Opened(ctx, year, named)
	} else {
		t, err = h.Tree(ctx, year)
	}
	if err != nil {
		return nil, nil, "", err
	}
	var rows []row
	var walk func([]*Node)
	walk = func(nodes []*Node) {
		for _, n := range nodes {
			open := n.Line.Lines > 0 && unfolded(n)
			rows = append(rows, row{Node: n, Folded: !open, Toggle: toggle(year, name, named, n.Line.Code), Href: href(n.Line)})
			if !open {
				continue
			}
			if n.Kept().Sign() > 0 {
				rows = append(rows, row{Node: &Node{Line: n.Line, Level: n.Level + 1, Sums: Sums{Available: n.Kept()}}, Kept: true})
			}
			walk(n.Children)
			if n.More {
				rows = append(rows, row{Node: &Node{Line: n.Line, Level: n.Level + 1}, Rest: true, Href: href(n.Line) + "#below"})
			}
		}
	}
	walk(t.Roots)
	query := ""
	if len(named) > 0 {
		query = "?" + name + "=" + strings.Join(named, ",")
	}
	return t, rows, query, nil
}

func toggle(year int, name string, named []string, code string) string {
	next := slices.Clone(named)
	if i := slices.Index(next, code); i >= 0 {
		next = slices.Delete(next, i, i+1)
	} else {
		next = append(next, code)
	}
	link := "/budgets/" + strconv.Itoa(year)
	if len(next) > 0 {
		link += "?" + name + "=" + strings.Join(next, ",")
	}
	return link
}

// year is the one of the path; without one, the newest that has lines, 0 when none has.
func year(r web.Req, years []int) (int, error) {
	if s := r.Param("year"); s != "" {
		y, err := strconv.Atoi(s)
		if err != nil || y < 2000 || y > 2199 {
			return 0, errs.ErrNotFound
		}
		return y, nil
	}
	if len(years) > 0 {
		return years[0], nil
	}
	return 0, nil
}

const apiLines = 500 // lines of a large year in one answer of the API

func (h handler) apiTree(ctx context.Context, r web.Req) (*treeOut, error) {
	y, err := year(r, nil)
	if err != nil {
		return nil, err
	}
	out := &treeOut{Year: y, Lines: []lineOut{}}
	large, err := h.large(ctx, y)
	if err != nil {
		return nil, err
	}
	add := func(n *Node) {
		out.Lines = append(out.Lines, lineOut{ID: n.Line.ID, Parent: n.Line.ParentID, Code: n.Line.Code, NameVI: n.Line.NameVI,
			NameEN: n.Line.NameEN, Source: n.Line.SourceCode, Status: string(n.Line.Status), Sums: n.Sums, Unallocated: n.Kept()})
	}
	if !large {
		t, err := h.Tree(ctx, y)
		if err != nil {
			return nil, err
		}
		out.Total = t.Total
		t.Walk(func(*Node) bool { return true }, add)
		return out, nil
	}
	t, err := h.Opened(ctx, y, nil)
	if err != nil {
		return nil, err
	}
	out.Total = t.Total
	rows, err := h.rows(ctx, apiLines+1, "bl.year = ? AND bl.code > ?", y, r.Query("after"))
	if err != nil {
		return nil, err
	}
	if len(rows) > apiLines {
		rows = rows[:apiLines]
		out.Next = rows[apiLines-1].Code
	}
	nodes := make([]*Node, len(rows))
	for i := range rows {
		nodes[i] = rows[i].node()
	}
	if err := h.fill(ctx, y, nodes); err != nil {
		return nil, err
	}
	for _, n := range nodes {
		add(n)
	}
	return out, nil
}

type treeOut struct {
	Year  int       `json:"year"`
	Total Sums      `json:"total"`
	Lines []lineOut `json:"lines"`
	Next  string    `json:"next,omitempty"` // after=… of the following lines of a large year
}

type lineOut struct {
	ID          uuid.UUID    `json:"id"`
	Parent      *uuid.UUID   `json:"parent_id"`
	Code        string       `json:"code"`
	NameVI      string       `json:"name_vi"`
	NameEN      string       `json:"name_en"`
	Source      string       `json:"source_code"`
	Status      string       `json:"status"`
	Sums        Sums         `json:"sums"`
	Unallocated money.Amount `json:"unallocated"`
}

// csv exports exactly the rows the page shows with the same query.
func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	y, err := year(r, nil)
	if err != nil {
		return web.File{}, err
	}
	_, shown, _, err := h.shown(ctx, r, y)
	if err != nil {
		return web.File{}, err
	}
	var rows [][]string
	for _, n := range shown {
		if n.Kept || n.Rest {
			continue
		}
		s := n.Sums
		rows = append(rows, []string{strings.Repeat("  ", n.Level) + n.Line.Code, n.Line.Name(r.Lang() == i18n.EN), s.Authorised.String(),
			s.Allocated.String(), s.Committed.String(), s.Disbursed.String(), s.Available.String(), n.Node.Kept().String()})
	}
	return r.CSV(ctx, "du-toan-"+strconv.Itoa(y), i18n.T(ctx, "budget.title", strconv.Itoa(y)), r.List(""),
		heads(ctx, "code", "task", "assigned", "allocated", "committed", "paid", "available", "unallocated"), rows), nil
}

// heads are the words of the columns of an export.
func heads(ctx context.Context, codes ...string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = i18n.T(ctx, "budget."+c)
	}
	return out
}
