package budget

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

type newPage struct {
	web.Base
	Year             int
	Parents, Sources []web.Option
	Choices          rowChoices // of the codes and dimensions
}

func (h handler) form(ctx context.Context, r web.Req) (*newPage, error) {
	p := &newPage{}
	var err error
	if p.Year, err = year(r, nil); err != nil {
		return nil, err
	}
	rows, err := h.rows(ctx, 500, `bl.year = ? AND bl.status <> 'closed' AND (bl.parent_id IS NULL
		OR EXISTS (SELECT FROM budget_lines up WHERE up.id = bl.parent_id AND up.parent_id IS NULL))`, p.Year)
	if err != nil {
		return nil, err
	}
	if p.Choices, err = h.dimensions(ctx, r.Lang(), p.Year); err != nil {
		return nil, err
	}
	p.Parents = []web.Option{{Value: "", Label: i18n.T(ctx, "budget.no_parent")}}
	for i := range rows {
		p.Parents = append(p.Parents, web.Option{Value: rows[i].ID.String(), Label: rows[i].Code + " · " + rows[i].Name(r.Lang() == i18n.EN)})
	}
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
	Level      string       `form:"level" json:"level" kb:"max=1"`
	Category   string       `form:"category" json:"category" kb:"max=3"`
	Item       string       `form:"item" json:"item" kb:"max=4"`
	SubItem    string       `form:"sub_item" json:"sub_item" kb:"max=4"`
	SourceID   *uuid.UUID   `form:"source_id" json:"source_id"`
	UnitID     *uuid.UUID   `form:"unit_id" json:"unit_id"`
	ProjectID  *uuid.UUID   `form:"project_id" json:"project_id"`
	Milestone  *uuid.UUID   `form:"milestone_id" json:"milestone_id"`
	Carried    bool         `form:"carried" json:"carried"`
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
		ProgrammeCode: in.Programme, Chapter: in.Chapter, Dims: Dims{in.Level, in.Category, in.Item, in.SubItem, in.SourceID, in.UnitID, in.ProjectID, in.Milestone},
		Carried: in.Carried, Amount: in.Amount}
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
	CanApprove, CanVoucher bool
	Proposals              []ActKind // what the reader may propose
	Acts                   []actRow
	Below                  []row
	List                   web.List
	Claims                 []Claim
	Before                 string               // cursor of this page of the statement
	acts                   map[uuid.UUID]string // pages of the acts in the statement, by the line each was put forward on
}

type actRow struct {
	Act
	Path string
}

// StageName is the catalogue code of a stage.
func (*showPage) StageName(s ledger.Stage) string { return "budget.stage." + string(s) }

// DocumentHref links a movement to the page of its document; "" when it has none the reader's role may open. A commitment
// made straight on the line is shown by its voucher.
func (p *showPage) DocumentHref(m Movement) string {
	switch m.Document.Kind {
	case "budget_act":
		return p.acts[m.Document.ID]
	case "commitment":
		if p.CanVoucher {
			return "/vouchers/" + m.No
		}
	}
	return documentPage(&p.Base, m.Document)
}

// documentPages are the pages of documents that post to budget lines; rooms downstream own them.
var documentPages = map[string]string{"award_set": "/award-sets/", "agreement": "/agreements/", "disbursement_request": "/disbursements/",
	"sponsorship_receipt": "/sponsorship-receipts/"}

// documentPage is the page of a document of another room, "" where the reader's role may open none.
func documentPage(b *web.Base, d ledger.Ref) string {
	path, ok := documentPages[d.Kind]
	if path += d.ID.String(); !ok || !b.Opens(path) {
		return ""
	}
	return path
}

// actPages are the pages of the acts a statement names. An act stands under the line it was put forward on, and moves
// money on others: the one it gives to, and those above.
func (h handler) actPages(ctx context.Context, st *Statement) (map[uuid.UUID]string, error) {
	var ids []uuid.UUID
	for _, a := range st.Pending {
		ids = append(ids, a.ID)
	}
	for _, m := range st.Movements {
		if m.Document.Kind == "budget_act" {
			ids = append(ids, m.Document.ID)
		}
	}
	return actPages(ctx, storage.Joined(ctx, h.db), ids)
}

func actPages(ctx context.Context, db bun.IDB, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	pages := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return pages, nil
	}
	var rows []struct {
		Act, Line uuid.UUID
		Year      int
	}
	err := db.NewSelect().TableExpr("budget_acts AS ba").ColumnExpr("ba.id AS act, bl.id AS line, bl.year").
		Join("JOIN budget_lines AS bl ON bl.id = ba.line_id").Where("ba.id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("lines of %d budget acts: %w", len(ids), err)
	}
	for _, r := range rows {
		pages[r.Act] = href(&Line{ID: r.Line, Year: r.Year}) + "/acts/" + r.Act.String()
	}
	return pages, nil
}

// line is the one in the path, of the year in the path.
func (h handler) line(ctx context.Context, r web.Req) (*Line, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	rows, err := h.rows(ctx, 1, "bl.id = ?", id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || strconv.Itoa(rows[0].Year) != r.Param("year") {
		return nil, errs.ErrNotFound
	}
	return &rows[0].Line, nil
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	l, err := h.line(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &showPage{Before: r.Query("before_row"), List: r.List("code")}
	if p.Statement, err = h.Statement(ctx, l.ID, p.Before); err != nil {
		return nil, err
	}
	p.CanApprove = l.Status == Planned && h.access.Can(ctx, h.db, "budget_line", "approve", l)
	_, err = h.access.RequireRole(ctx, "ledger_entry", "read")
	p.CanVoucher = err == nil
	if l.Status == Open {
		p.Proposals = h.proposals(ctx, l)
	}
	for _, a := range p.Pending {
		p.Acts = append(p.Acts, actRow{Act: a})
	}
	if p.acts, err = h.actPages(ctx, p.Statement); err != nil {
		return nil, err
	}
	for i, a := range p.Acts {
		p.Acts[i].Path = p.acts[a.ID]
	}
	if p.Children {
		if err := h.children(ctx, l, p); err != nil {
			return nil, err
		}
	} else if p.Claims, err = h.Service.Claims(ctx, h.db, l); err != nil {
		return nil, err
	}
	return p, nil
}

// proposals are the acts the reader may put forward on a line that stands where it does.
func (h handler) proposals(ctx context.Context, l *Line) (kinds []ActKind) {
	for _, k := range proposed {
		switch {
		case k == Allocate && l.ParentID == nil, k == Adjust && l.ParentID != nil, k == Release && l.Lines > 0, k == CarryOver && l.Lines > 0:
			continue
		}
		if h.access.Can(ctx, h.db, "budget_line", "propose_"+string(k), l) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// children reads a page of the lines below, with their sums.
func (h handler) children(ctx context.Context, l *Line, p *showPage) error {
	var rows []lineRow
	q := h.db.NewSelect().Model(&rows).ColumnExpr("bl.*").ColumnExpr(heldColumns).
		Join("JOIN ledger.control_lines cl ON cl.id = bl.control_line").Where("bl.parent_id = ?", l.ID)
	if p.List.Q != "" {
		q = q.Where("kb.fold(bl.code || ' ' || bl.name_vi || ' ' || bl.name_en) LIKE kb.fold(?)", text.Pattern(p.List.Q))
	}
	q = h.access.Scope(ctx, q, "budget_line", "read", "budget_line")
	if err := web.Fetch(ctx, &p.List, q, web.Sorts{"code": "bl.code", "authorised": "cl.authorised"}, "bl.id"); err != nil {
		return err
	}
	nodes := make([]*Node, len(rows))
	for i := range rows {
		nodes[i] = rows[i].node()
	}
	if err := h.fill(ctx, l.Year, nodes); err != nil {
		return err
	}
	for _, n := range nodes {
		p.Below = append(p.Below, row{Node: n, Href: href(n.Line)})
	}
	return nil
}

// statementCSV exports exactly the page of the statement that is shown.
func (h handler) statementCSV(ctx context.Context, r web.Req) (web.File, error) {
	l, err := h.line(ctx, r)
	if err != nil {
		return web.File{}, err
	}
	st, err := h.Statement(ctx, l.ID, r.Query("before_row"))
	if err != nil {
		return web.File{}, err
	}
	var rows [][]string
	for _, m := range st.Movements {
		rows = append(rows, []string{m.On.Format(), m.Document.No, m.Reason, i18n.T(ctx, "budget.stage."+string(m.From)),
			i18n.T(ctx, "budget.stage."+string(m.To)), m.Amount.String(), m.Available.String(), m.Actor, m.Checker, m.No})
	}
	return r.CSV(ctx, "so-chi-tiet-"+strings.ToLower(l.Code)+"-"+strconv.Itoa(l.Year), l.Code+" · "+l.Name(r.Lang() == i18n.EN), r.List(""),
		heads(ctx, "day", "document", "reason", "from", "to", "amount", "available_after", "maker", "checker", "voucher"), rows), nil
}

type voucherPage struct {
	web.Base
	*Voucher
	CanProve bool
	Article  string               // where the legal basis stands; "" when no rule of that name was in force
	Proof    *ledger.VoucherProof // nil while it waits for the sealer
	act      string               // page of the act that is its document
}

// LineHref is the page of a line.
func (p *voucherPage) LineHref(l *Line) string { return href(l) }

// Place is the leaf of a sealed voucher.
func (p *voucherPage) Place() decimal.Decimal { return decimal.NewFromInt(*p.Leaf) }

// Of is the size of the tree that holds a sealed voucher.
func (p *voucherPage) Of() decimal.Decimal { return decimal.NewFromInt(*p.TreeSize) }

// DocumentHref is the page of the document, "" when it has none that stands by its id alone.
func (p *voucherPage) DocumentHref() string {
	if p.Document.Kind == "budget_act" {
		return p.act
	}
	return documentPage(&p.Base, p.Document)
}

func (h handler) voucher(ctx context.Context, r web.Req) (*voucherPage, error) {
	if _, err := h.access.RequireRole(ctx, "budget_line", "read"); err != nil {
		return nil, errs.ErrNotFound
	}
	v, err := h.Voucher(ctx, r.Param("no"))
	if err != nil {
		return nil, err
	}
	p := &voucherPage{Voucher: v}
	if v.Document.Kind == "budget_act" {
		pages, err := actPages(ctx, storage.Joined(ctx, h.db), []uuid.UUID{v.Document.ID})
		if err != nil {
			return nil, err
		}
		p.act = pages[v.Document.ID]
	}
	_, err = h.access.RequireRole(ctx, "audit_log", "verify")
	p.CanProve = err == nil
	if v.Basis != "" {
		rule, err := rulebook.Get(ctx, h.db, v.Basis, v.On.Start())
		if err != nil && !errors.Is(err, rulebook.ErrNoRule) {
			return nil, err
		}
		p.Article = rule.Source()
	}
	p.Proof, err = h.sealed(ctx, v.No)
	return p, err
}

// financeUnit stands for what no row is yet: the end of a year, its plan of spending.
var financeUnit access.Object = access.Ref{Kind: "unit", ID: access.UnitFinance}
