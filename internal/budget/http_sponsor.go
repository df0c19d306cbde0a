package budget

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

func (h handler) sponsorRoutes(rt *web.Router) {
	const list = "/budgets/:year/sponsorships"
	web.Page(rt, list, "budget_line", "read", "budget/sponsors", h.sponsors)
	web.Download(rt, "/budgets/:year/sponsorships.csv", "budget_line", "read", h.sponsorsCSV)
	web.Page(rt, "/sponsorships/:id", "budget_line", "read", "budget/sponsor", h.sponsor)
	web.Page(rt, "/sponsorship-receipts/:id", "budget_line", "read", "budget/sponsor", h.receiptPage)
	web.Command(rt, list, "budget_line", "record_sponsorship", list, h.pledge)
	web.Command(rt, "/sponsorships/:id/receive", "budget_line", "record_sponsorship", "/sponsorships/:id", h.receive)
	web.Command(rt, "/sponsorship-receipts/:id/confirm", "budget_line", "confirm_sponsorship", "/sponsorship-receipts/:id", h.confirmReceipt)
	web.Command(rt, "/sponsorship-receipts/:id/decline", "budget_line", "confirm_sponsorship", "/sponsorship-receipts/:id", h.declineReceipt)
}

// sponsorQuery selects the sponsorships of lines the reader may see, with what came in of each.
func (h handler) sponsorQuery(ctx context.Context, rows *[]SponsorRow) *bun.SelectQuery {
	sum := func(status ReceiptStatus) *bun.SelectQuery {
		return h.db.NewSelect().Model((*Receipt)(nil)).ColumnExpr("COALESCE(sum(sr.amount), 0)").
			Where("sr.sponsorship_id = sp.id").Where("sr.status = ?", status)
	}
	q := h.db.NewSelect().Model(rows).ColumnExpr("sp.*").ColumnExpr("(?) AS received", sum(Confirmed)).
		ColumnExpr("(?) AS waiting", sum(Recorded)).Relation("Line")
	return h.access.Scope(ctx, q, "budget_line", "read", "sponsorship")
}

type sponsorsPage struct {
	web.Base
	Year      int
	List      web.List
	Rows      []SponsorRow
	Lines     []web.Option
	CanRecord bool
	Pledged   money.Amount
	Received  money.Amount
	Waiting   money.Amount
}

// Left is what is still expected of the year.
func (p *sponsorsPage) Left() money.Amount { return p.Pledged.Sub(p.Received) }

// LineHref is the page of a sponsor's line.
func (p *sponsorsPage) LineHref(l *Line) string { return href(l) }

func (h handler) sponsors(ctx context.Context, r web.Req) (*sponsorsPage, error) {
	p := &sponsorsPage{List: r.List("donor")}
	var err error
	if p.Year, err = year(r, nil); err != nil {
		return nil, err
	}
	if err := h.filterSponsors(ctx, &p.List, &p.Rows, p.Year); err != nil {
		return nil, err
	}
	err = h.db.NewRaw(`SELECT COALESCE(sum(x.pledged), 0), COALESCE(sum(x.received), 0), COALESCE(sum(x.waiting), 0) FROM (
		SELECT sp.pledged, (SELECT sum(amount) FROM sponsorship_receipts r WHERE r.sponsorship_id = sp.id AND r.status = 'confirmed') AS received,
			(SELECT sum(amount) FROM sponsorship_receipts r WHERE r.sponsorship_id = sp.id AND r.status = 'recorded') AS waiting
		FROM sponsorships sp JOIN budget_lines bl ON bl.id = sp.line_id WHERE bl.year = ?) x`, p.Year).Scan(ctx, &p.Pledged, &p.Received, &p.Waiting)
	if err != nil {
		return nil, fmt.Errorf("sponsorship of %d: %w", p.Year, err)
	}
	if _, err := h.access.RequireRole(ctx, "budget_line", "record_sponsorship"); err != nil {
		return p, nil
	}
	p.CanRecord = true
	rows, err := h.rows(ctx, 500, "bl.year = ? AND bl.source_code = ? AND bl.status = 'open' AND bl.lines = 0", p.Year, Sponsorship)
	for i := range rows {
		p.Lines = append(p.Lines, web.Option{Value: rows[i].ID.String(), Label: rows[i].Code + " · " + rows[i].Name(r.Lang() == i18n.EN)})
	}
	return p, err
}

func (h handler) filterSponsors(ctx context.Context, l *web.List, rows *[]SponsorRow, year int) error {
	q := h.sponsorQuery(ctx, rows).Where(`"line"."year" = ?`, year)
	if l.Q != "" {
		q = q.Where("kb.fold(sp.donor || ' ' || sp.purpose || ' ' || sp.document_no) LIKE kb.fold(?)", text.Pattern(l.Q))
	}
	return web.Fetch(ctx, l, q, web.Sorts{"donor": "sp.donor", "pledged": "sp.pledged"}, "sp.id")
}

func (h handler) sponsorsCSV(ctx context.Context, r web.Req) (web.File, error) {
	y, err := year(r, nil)
	if err != nil {
		return web.File{}, err
	}
	l := r.List("donor").All()
	var list []SponsorRow
	if err := h.filterSponsors(ctx, &l, &list, y); err != nil {
		return web.File{}, err
	}
	var rows [][]string
	for _, s := range list {
		rows = append(rows, []string{s.Donor, s.Line.Code, s.Purpose, s.Restriction, s.DocumentNo, s.DocumentOn.Format(), s.Pledged.String(),
			s.Received.String(), s.Waiting.String(), s.Left().String()})
	}
	return r.CSV(ctx, "tai-tro-"+strconv.Itoa(y), i18n.T(ctx, "budget.sponsors_title", strconv.Itoa(y)), l,
		heads(ctx, "donor", "code", "purpose", "restriction", "document_no", "document_on", "pledged", "received", "waiting", "expected"), rows), nil
}

type sponsorPage struct {
	web.Base
	Sponsor    *SponsorRow
	Receipts   []receiptRow
	CanRecord  bool
	Bases      []web.Option
	Unverified bool
	Accounts   []web.Option
	Receipt    *receiptRow // of a receipt's own page
}

type receiptRow struct {
	Receipt
	Maker, Checker string
	CanConfirm     bool
}

// LineHref is the page of the sponsor's line.
func (p *sponsorPage) LineHref() string { return href(p.Sponsor.Line) }

func (h handler) sponsor(ctx context.Context, r web.Req) (*sponsorPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	return h.sponsorPage(ctx, id, uuid.Nil)
}

func (h handler) receiptPage(ctx context.Context, r web.Req) (*sponsorPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	rec := new(Receipt)
	if err := one(h.db.NewSelect().Model(rec).Where("sr.id = ?", id).Scan(ctx), "sponsorship receipt", id); err != nil {
		return nil, err
	}
	return h.sponsorPage(ctx, rec.SponsorshipID, id)
}

func (h handler) sponsorPage(ctx context.Context, id, receipt uuid.UUID) (*sponsorPage, error) {
	var rows []SponsorRow
	if err := h.sponsorQuery(ctx, &rows).Where("sp.id = ?", id).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read sponsorship %s: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, errs.ErrNotFound
	}
	p := &sponsorPage{Sponsor: &rows[0]}
	var list []Receipt
	err := h.db.NewSelect().Model(&list).Where("sr.sponsorship_id = ?", id).OrderExpr("sr.received_on DESC, sr.id").Limit(200).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read receipts of sponsorship %s: %w", id, err)
	}
	ids := map[uuid.UUID]bool{}
	for _, x := range list {
		ids[x.RecordedBy] = true
		if x.ConfirmedBy != nil {
			ids[*x.ConfirmedBy] = true
		}
	}
	who, err := names(ctx, h.db, ids)
	if err != nil {
		return nil, err
	}
	for i := range list {
		row := receiptRow{Receipt: list[i], Maker: who[list[i].RecordedBy]}
		if list[i].ConfirmedBy != nil {
			row.Checker = who[*list[i].ConfirmedBy]
		}
		row.CanConfirm = list[i].Status == Recorded && list[i].ID == receipt && h.access.Can(ctx, h.db, "budget_line", "confirm_sponsorship", &list[i])
		p.Receipts = append(p.Receipts, row)
		if list[i].ID == receipt {
			p.Receipt = &row
		}
	}
	p.CanRecord = receipt == uuid.Nil && p.Sponsor.Line.Status == Open && h.access.Can(ctx, h.db, "budget_line", "record_sponsorship", &p.Sponsor.Pledge)
	now, err := h.now(ctx)
	if err != nil {
		return nil, err
	}
	values, err := bases(ctx, h.db, "sponsor", now)
	for _, v := range values {
		p.Bases, p.Unverified = append(p.Bases, web.Option{Value: v.ID, Label: v.Source()}), p.Unverified || v.Unverified()
	}
	for _, a := range []string{"cash_treasury", "cash_bank"} {
		p.Accounts = append(p.Accounts, web.Option{Value: a, Label: i18n.T(ctx, "budget."+a)})
	}
	return p, err
}

type pledgeIn struct {
	Line        uuid.UUID     `form:"line_id" json:"line_id"`
	Donor       string        `form:"donor" json:"donor" kb:"required"`
	Purpose     string        `form:"purpose" json:"purpose" kb:"required"`
	Restriction string        `form:"restriction" json:"restriction"`
	DocumentNo  string        `form:"document_no" json:"document_no" kb:"required,max=60"`
	DocumentOn  calendar.Date `form:"document_on" json:"document_on"`
	Pledged     money.Amount  `form:"pledged" json:"pledged"`
}

func (h handler) pledge(ctx context.Context, r web.Req, in pledgeIn) (web.Done, madeOut, error) {
	if in.Line == uuid.Nil {
		return web.Done{}, madeOut{}, errs.FieldError("line_id", "budget.to_line_missing")
	}
	sp, err := h.Pledge(ctx, in.Line, PledgeInput{Donor: in.Donor, Purpose: in.Purpose, Restriction: in.Restriction, DocumentNo: in.DocumentNo,
		DocumentOn: in.DocumentOn, Pledged: in.Pledged})
	if err != nil {
		return web.Done{}, madeOut{}, err
	}
	return web.Done{Location: "/sponsorships/" + sp.ID.String(), Notice: "budget.pledged_notice"}, madeOut{sp.ID}, nil
}

type receiveIn struct {
	Amount     money.Amount  `form:"amount" json:"amount"`
	Account    string        `form:"account" json:"account"`
	Reference  string        `form:"reference" json:"reference" kb:"required,max=60"`
	ReceivedOn calendar.Date `form:"received_on" json:"received_on"`
	Basis      string        `form:"basis" json:"basis"`
}

func (h handler) receive(ctx context.Context, r web.Req, in receiveIn) (web.Done, madeOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, madeOut{}, err
	}
	rec, err := h.RecordReceipt(ctx, id, ReceiptInput(in))
	if err != nil {
		return web.Done{}, madeOut{}, err
	}
	return web.Done{Location: "/sponsorships/" + id.String(), Notice: "budget.received_notice"}, madeOut{rec.ID}, nil
}

func (h handler) confirmReceipt(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.ConfirmReceipt(ctx, id)
	}
	return web.Done{Location: "/sponsorship-receipts/" + r.Param("id"), Notice: "budget.confirmed_notice"}, struct{}{}, err
}

func (h handler) declineReceipt(ctx context.Context, r web.Req, in declineIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.DeclineReceipt(ctx, id, in.Reason)
	}
	return web.Done{Location: "/sponsorship-receipts/" + r.Param("id"), Notice: "budget.declined_notice"}, struct{}{}, err
}
