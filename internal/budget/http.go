package budget

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

type handler struct{ *Service }

// Routes puts the room on the web.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	const page = "/budgets/:year/lines/:id"
	web.Page(rt, "/budgets", "budget_line", "read", "budget/list", h.list)
	web.Page(rt, "/budgets/:year", "budget_line", "read", "budget/list", h.list)
	web.Page(rt, "/budgets/:year/lines/new", "budget_line", "plan", "budget/new", h.form)
	web.Page(rt, page, "budget_line", "read", "budget/show", h.show)
	web.Download(rt, "/budgets/:year/lines.csv", "budget_line", "read", h.csv)
	web.JSON(rt, "/budgets/:year", "budget_line", "read", h.apiTree)
	web.Command(rt, "/budgets/:year/lines", "budget_line", "plan", "/budgets/:year/lines/new", h.plan)
	web.Command(rt, page+"/approve", "budget_line", "approve", page, h.approve)
	for _, kind := range []ActKind{Allocate, Adjust, Cut, Release} {
		web.Command(rt, page+"/propose-"+string(kind), "budget_line", "propose_"+string(kind), page, h.propose(kind))
		web.Command(rt, page+"/acts/:act/"+string(kind), "budget_line", string(kind), page, h.decide(kind))
	}
	web.Command(rt, page+"/acts/:act/decline", "budget_line", "allocate", page, h.decline)
	web.Command(rt, "/budget-lines/:id/commitments", "budget_line", "commit", "", h.commit)
	rt.Tasks(s.Tasks)
}

// row is one line of the tree as the page shows it.
type row struct {
	*Node
	Kept   bool // the row "Chưa phân bổ" of the line above it
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
	Year    int
	Years   []int
	Tree    *Tree
	Rows    []row
	Total   row
	CanPlan bool
	Paid    *web.LineChart // nil until something of the year is paid
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
	if p.Tree, err = h.Tree(ctx, p.Year); err != nil {
		return nil, err
	}
	_, err = h.access.RequireRole(ctx, "budget_line", "plan")
	p.CanPlan = err == nil
	folded := slices.DeleteFunc(strings.Split(r.Query("fold"), ","), func(s string) bool { return s == "" })
	p.Tree.Walk(func(n *Node) bool { return !slices.Contains(folded, n.Line.Code) }, func(n *Node) {
		f := slices.Contains(folded, n.Line.Code)
		p.Rows = append(p.Rows, row{Node: n, Folded: f, Toggle: toggle(p.Year, folded, n.Line.Code), Href: href(n.Line)})
		if n.Kept().Sign() > 0 && !f {
			p.Rows = append(p.Rows, row{Node: &Node{Line: n.Line, Level: n.Level + 1, Sums: Sums{Available: n.Kept()}}, Kept: true})
		}
	})
	p.Total = row{Node: &Node{Sums: p.Tree.Total}}
	p.Paid, err = h.paid(ctx, p.Tree)
	return p, err
}

func toggle(year int, folded []string, code string) string {
	next := slices.Clone(folded)
	if i := slices.Index(next, code); i >= 0 {
		next = slices.Delete(next, i, i+1)
	} else {
		next = append(next, code)
	}
	link := "/budgets/" + strconv.Itoa(year)
	if len(next) > 0 {
		link += "?fold=" + strings.Join(next, ",")
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

func (h handler) apiTree(ctx context.Context, r web.Req) (*treeOut, error) {
	y, err := year(r, nil)
	if err != nil {
		return nil, err
	}
	t, err := h.Tree(ctx, y)
	if err != nil {
		return nil, err
	}
	out := &treeOut{Year: y, Total: t.Total, Lines: []lineOut{}}
	t.Walk(func(*Node) bool { return true }, func(n *Node) {
		out.Lines = append(out.Lines, lineOut{ID: n.Line.ID, Parent: n.Line.ParentID, Code: n.Line.Code, NameVI: n.Line.NameVI,
			NameEN: n.Line.NameEN, Source: n.Line.SourceCode, Status: string(n.Line.Status), Sums: n.Sums, Unallocated: n.Kept()})
	})
	return out, nil
}

type treeOut struct {
	Year  int       `json:"year"`
	Total Sums      `json:"total"`
	Lines []lineOut `json:"lines"`
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

func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	y, err := year(r, nil)
	if err != nil {
		return web.File{}, err
	}
	t, err := h.Tree(ctx, y)
	if err != nil {
		return web.File{}, err
	}
	var rows [][]string
	t.Walk(func(*Node) bool { return true }, func(n *Node) {
		s := n.Sums
		rows = append(rows, []string{strings.Repeat("  ", n.Level) + n.Line.Code, n.Line.Name(r.Lang() == i18n.EN), s.Authorised.String(),
			s.Allocated.String(), s.Committed.String(), s.Disbursed.String(), s.Available.String(), n.Kept().String()})
	})
	header := []string{}
	for _, c := range []string{"code", "task", "assigned", "allocated", "committed", "paid", "available", "unallocated"} {
		header = append(header, i18n.T(ctx, "budget."+c))
	}
	return r.CSV(ctx, "du-toan-"+strconv.Itoa(y), i18n.T(ctx, "budget.title", strconv.Itoa(y)), r.List(""), header, rows), nil
}

type newPage struct {
	web.Base
	Year             int
	Parents, Sources []web.Option
}

func (h handler) form(ctx context.Context, r web.Req) (*newPage, error) {
	p := &newPage{}
	var err error
	if p.Year, err = year(r, nil); err != nil {
		return nil, err
	}
	t, err := h.Tree(ctx, p.Year)
	if err != nil {
		return nil, err
	}
	p.Parents = []web.Option{{Value: "", Label: i18n.T(ctx, "budget.no_parent")}}
	t.Walk(func(n *Node) bool { return n.Level < 1 }, func(n *Node) {
		p.Parents = append(p.Parents, web.Option{Value: n.Line.ID.String(), Label: n.Line.Code + " · " + n.Line.Name(r.Lang() == i18n.EN)})
	})
	for _, s := range []string{StateBudget, Sponsorship, Other} {
		p.Sources = append(p.Sources, web.Option{Value: s, Label: i18n.T(ctx, "budget.source_"+s)})
	}
	return p, nil
}

type planIn struct {
	Code       string       `form:"code" json:"code" kb:"required,max=32"`
	NameVI     string       `form:"name_vi" json:"name_vi" kb:"required"`
	NameEN     string       `form:"name_en" json:"name_en" kb:"required"`
	Parent     *uuid.UUID   `form:"parent_id" json:"parent_id"`
	SourceCode string       `form:"source_code" json:"source_code"`
	Programme  string       `form:"programme_code" json:"programme_code" kb:"max=32"`
	Chapter    string       `form:"chapter" json:"chapter" kb:"max=8"`
	Amount     money.Amount `form:"amount" json:"amount"`
}

type madeOut struct {
	ID uuid.UUID `json:"id"`
}

func (h handler) plan(ctx context.Context, r web.Req, in planIn) (web.Done, madeOut, error) {
	y, err := year(r, nil)
	if err != nil {
		return web.Done{}, madeOut{}, err
	}
	p := PlanInput{Year: y, Code: in.Code, NameVI: in.NameVI, NameEN: in.NameEN, SourceCode: in.SourceCode,
		ProgrammeCode: in.Programme, Chapter: in.Chapter, Amount: in.Amount}
	if in.Parent != nil {
		p.Parent = *in.Parent
	}
	l, err := h.Plan(ctx, p)
	if err != nil {
		return web.Done{}, madeOut{}, err
	}
	return web.Done{Location: href(l), Notice: "budget.planned_notice"}, madeOut{l.ID}, nil
}

type showPage struct {
	web.Base
	*Statement
	CanApprove, CanCommit bool
	Proposals             []ActKind // what the reader may propose
	Acts                  []actRow
	Stages                []web.Option
}

type actRow struct {
	Act
	CanDecide bool
	Path      string
}

// StageName is the catalogue code of a stage.
func (*showPage) StageName(s ledger.Stage) string { return "budget.stage." + string(s) }

// DocumentHref links a movement to the page of its document; "" when it has none.
func (*showPage) DocumentHref(d ledger.Ref) string {
	if path, ok := documentPages[d.Kind]; ok {
		return path + d.ID.String()
	}
	return ""
}

// documentPages are the pages of documents that post to budget lines; rooms downstream own them.
var documentPages = map[string]string{"award_set": "/award-sets/", "agreement": "/agreements/", "disbursement_request": "/disbursements/"}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	st, err := h.Statement(ctx, id)
	if err != nil {
		return nil, err
	}
	if strconv.Itoa(st.Line.Year) != r.Param("year") {
		return nil, errs.ErrNotFound
	}
	can := func(action string, o access.Object) bool { return h.access.Can(ctx, h.db, "budget_line", action, o) }
	p := &showPage{Statement: st, CanApprove: st.Line.Status == Planned && can("approve", st.Line)}
	if st.Line.Status == Open {
		p.CanCommit = !st.Children && can("commit", st.Line)
		for _, k := range []ActKind{Allocate, Adjust, Cut, Release} {
			if below := st.Parent != nil; (k == Allocate) != below && k != Cut && k != Release {
				continue
			}
			if can("propose_"+string(k), st.Line) {
				p.Proposals = append(p.Proposals, k)
			}
		}
	}
	for _, a := range st.Pending {
		p.Acts = append(p.Acts, actRow{a, can(string(a.Kind), &a), href(st.Line) + "/acts/" + a.ID.String()})
	}
	for _, s := range []ledger.Stage{ledger.Committed, ledger.Reserved} {
		p.Stages = append(p.Stages, web.Option{Value: string(s), Label: i18n.T(ctx, "budget.stage."+string(s))})
	}
	return p, nil
}
