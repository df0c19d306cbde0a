package budget

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

func (h handler) cancellationRoutes(rt *web.Router) {
	const list, one = "/budgets/:year/cancellations", "/budgets/:year/cancellations/:id"
	web.Page(rt, list+"/new", "budget_line", "propose_cancel", "budget/cancel_new", h.newCancellation)
	web.Command(rt, list, "budget_line", "propose_cancel", list+"/new", h.proposeCancellation)
	web.Page(rt, one, "budget_line", "read", "budget/cancel_show", h.showCancellation)
	web.Command(rt, one+"/decide", "budget_line", "cancel", one, h.decideCancellation)
	web.Command(rt, one+"/decline", "budget_line", "cancel", one, h.declineCancellation)
}

// ChooseAll is the page with every line of its filter chosen, or with none.
func (p *cancelPage) ChooseAll() string {
	q := url.Values{}
	for name, v := range map[string]string{"q": p.Q, "source": p.Source} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if !p.All {
		q.Set("all", "1")
	}
	return strings.TrimSuffix(p.Path+"/new?"+q.Encode(), "?")
}

// cancelPage is the choice of lines, or a cancellation, with each line before and after.
type cancelPage struct {
	web.Base
	Year           int
	Q, Source      string
	Sources        []web.Option
	Of             *Cancellation // nil while lines are chosen
	Rows           []cancelRow
	All            bool         // every line that may be is chosen at first
	Free           int          // lines that may be chosen
	Sum            money.Amount // of those
	Maker, Checker string
	CanDecide      bool
	Path           string
}

// cancelRow is a line: Before is available now, or was when it was decided, Amount goes, After is left.
type cancelRow struct {
	Line                  *Line
	Href                  string
	Before, Amount, After money.Amount
	Short                 bool   // it would be refused now
	Open                  string // page of the proposal it waits in already, "" where it may be chosen
	Chosen                bool
	Voucher               string
}

func (h handler) newCancellation(ctx context.Context, r web.Req) (*cancelPage, error) {
	y, err := year(r, nil)
	if err != nil {
		return nil, err
	}
	p := &cancelPage{Year: y, Q: r.Query("q"), Source: r.Query("source"), All: r.Query("all") == "1", Path: fmt.Sprintf("/budgets/%d/cancellations", y)}
	p.Sources = []web.Option{{Value: "", Label: "–"}}
	for _, s := range []string{StateBudget, Sponsorship, Other} {
		p.Sources = append(p.Sources, web.Option{Value: s, Label: s})
	}
	rows, err := h.rows(ctx, cancelMost, `bl.year = ? AND bl.status = 'open' AND (? = '' OR bl.source_code = ?)
		AND kb.fold(bl.code || ' ' || bl.name_vi || ' ' || bl.name_en) LIKE kb.fold(?)
		AND cl.authorised > cl.allocated + cl.reserved + cl.committed + cl.requested + cl.advanced + cl.disbursed + cl.returned + cl.closing`,
		y, p.Source, p.Source, text.Pattern(p.Q))
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	waiting, err := openCancels(ctx, h.db, ids)
	if err != nil {
		return nil, err
	}
	typed := strings.Fields(r.Form("lines"))
	for i := range rows {
		free := rows[i].state().Available
		row := cancelRow{Line: &rows[i].Line, Href: href(&rows[i].Line), Before: free, Amount: free, Open: waiting[rows[i].ID].Path}
		row.Chosen = row.Open == "" && (p.All || slices.Contains(typed, row.Line.ID.String()))
		p.Rows = append(p.Rows, row)
		if row.Open == "" {
			p.Free, p.Sum = p.Free+1, p.Sum.Add(free)
		}
	}
	return p, nil
}

type cancellationIn struct {
	Lines  []uuid.UUID `form:"lines" json:"lines" kb:"max=500"`
	Reason string      `form:"reason" json:"reason" kb:"required"`
}

func (h handler) proposeCancellation(ctx context.Context, r web.Req, in cancellationIn) (web.Done, madeOut, error) {
	y, err := year(r, nil)
	if err != nil {
		return web.Done{}, madeOut{}, err
	}
	c, err := h.ProposeCancellation(ctx, y, in.Lines, in.Reason)
	if err != nil {
		return web.Done{}, madeOut{}, err
	}
	return web.Done{Location: fmt.Sprintf("/budgets/%d/cancellations/%s", y, c.ID), Notice: "budget.proposed_notice"}, madeOut{c.ID}, nil
}

func (h handler) showCancellation(ctx context.Context, r web.Req) (*cancelPage, error) {
	c, err := h.cancellation(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &cancelPage{Year: c.Year, Of: c, Path: fmt.Sprintf("/budgets/%d/cancellations/%s", c.Year, c.ID)}
	p.CanDecide = c.Status == Proposed && h.access.Can(ctx, h.db, "budget_line", "cancel", c)
	of, ids := map[uuid.UUID]CancellationLine{}, make([]uuid.UUID, len(c.Lines))
	for i, x := range c.Lines {
		of[x.LineID], ids[i] = x, x.LineID
		p.Sum = p.Sum.Add(x.Amount)
	}
	rows, err := h.rows(ctx, cancelMost, "bl.id IN (?)", in(ids))
	if err != nil {
		return nil, err
	}
	vouchers, err := h.vouchersOf(ctx, c)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		x, now := of[rows[i].ID], rows[i].state().Available
		row := cancelRow{Line: &rows[i].Line, Href: href(&rows[i].Line), Before: now, Amount: x.Amount, After: now.Sub(x.Amount), Voucher: vouchers[x.LineID]}
		if c.Status == Decided { // what it had is what it kept and what went; later acts move both
			row.Before, row.After = now.Add(x.Amount), now
		}
		row.Short = c.Status == Proposed && (row.After.Sign() < 0 || rows[i].Status != Open)
		p.Rows = append(p.Rows, row)
	}
	people := map[uuid.UUID]bool{c.ProposedBy: true}
	if c.DecidedBy != nil {
		people[*c.DecidedBy] = true
	}
	name, err := names(ctx, h.db, people)
	if err != nil {
		return nil, err
	}
	p.Maker = name[c.ProposedBy]
	if c.DecidedBy != nil {
		p.Checker = name[*c.DecidedBy]
	}
	return p, nil
}

// cancellation is the one in the path, of the year in the path.
func (h handler) cancellation(ctx context.Context, r web.Req) (*Cancellation, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	c := new(Cancellation)
	q := h.access.Scope(ctx, h.db.NewSelect().Model(c).Relation("Lines").Where("bc.id = ?", id), "budget_line", "read", "budget_cancellation")
	if err := one(q.Scan(ctx), "cancellation", id); err != nil {
		return nil, err
	}
	if strconv.Itoa(c.Year) != r.Param("year") {
		return nil, errs.ErrNotFound
	}
	return c, nil
}

// vouchersOf are the voucher numbers of a decided cancellation by line.
func (h handler) vouchersOf(ctx context.Context, c *Cancellation) (map[uuid.UUID]string, error) {
	var acts []Act
	err := h.db.NewSelect().Model(&acts).Where("ba.id IN (SELECT x.act_id FROM budget_cancellation_lines x WHERE x.cancellation_id = ?)", c.ID).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("acts of cancellation %s: %w", c.ID, err)
	}
	out := map[uuid.UUID]string{}
	for _, a := range acts {
		out[a.LineID] = a.Voucher
	}
	return out, nil
}

func (h handler) decideCancellation(ctx context.Context, r web.Req, in decisionIn) (web.Done, struct{}, error) {
	y, id, err := cancellationAt(r)
	if err == nil {
		err = h.DecideCancellation(ctx, y, id, in.DecisionNo, in.DecidedOn)
	}
	return toCancellation(r, "budget.decided_notice"), struct{}{}, err
}

func (h handler) declineCancellation(ctx context.Context, r web.Req, in declineIn) (web.Done, struct{}, error) {
	y, id, err := cancellationAt(r)
	if err == nil {
		err = h.DeclineCancellation(ctx, y, id, in.Reason)
	}
	return toCancellation(r, "budget.declined_notice"), struct{}{}, err
}

// cancellationAt is the year and id of the path.
func cancellationAt(r web.Req) (int, uuid.UUID, error) {
	y, err := year(r, nil)
	if err != nil {
		return 0, uuid.Nil, err
	}
	id, err := r.ID("id")
	return y, id, err
}

func toCancellation(r web.Req, notice string) web.Done {
	return web.Done{Location: "/budgets/" + r.Param("year") + "/cancellations/" + r.Param("id"), Notice: notice}
}
