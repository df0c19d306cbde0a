package call

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

type listPage struct {
	web.Base
	List       web.List
	Rows       []Row
	States     []web.Option
	Programmes []web.Option
	CanCreate  bool
}

var sorts = web.Sorts{"closes_at": "c.closes_at", "code": "c.code", "title": "c.title_vi", "ceiling": "c.ceiling_total"}

func (h handler) filtered(ctx context.Context, l web.List, rows *[]Row) *bun.SelectQuery {
	q := h.rows(ctx, rows)
	if l.Q != "" {
		like := text.Pattern(l.Q)
		q = q.Where("(kb.fold(c.title_vi) LIKE kb.fold(?) OR kb.fold(c.title_en) LIKE kb.fold(?) OR kb.fold(c.code) LIKE kb.fold(?))", like, like, like)
	}
	switch l.Filter["state"] {
	case "open":
		q = q.Where("c.status = 'open' AND kb.now() < c.closes_at")
	case "upcoming":
		q = q.Where("c.status = 'published'")
	case "closed":
		q = q.Where("(c.status IN ('closed', 'evaluating', 'decided', 'archived') OR c.status = 'open' AND c.closes_at <= kb.now())")
	case "draft":
		q = q.Where("c.status IN ('draft', 'approved')")
	}
	if p := l.Filter["programme"]; p != "" {
		q = q.Where("pg.code = ?", strings.ToUpper(p))
	}
	return q
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	p := &listPage{List: r.List("-closes_at", "state", "programme")}
	if err := web.Fetch(ctx, &p.List, h.filtered(ctx, p.List, &p.Rows), sorts, "c.id"); err != nil {
		return nil, err
	}
	_, err := h.access.RequireRole(ctx, "call", "create")
	p.CanCreate = err == nil
	states := []string{"open", "upcoming", "closed"}
	if _, err := h.access.RequireRole(ctx, "call", "read_draft"); err == nil {
		states = append(states, "draft")
	}
	for _, s := range states {
		p.States = append(p.States, web.Option{Value: s, Label: i18n.T(ctx, "call.filter."+s)})
	}
	programmes, err := h.Programmes(ctx, true)
	if err != nil {
		return nil, err
	}
	for _, x := range programmes {
		p.Programmes = append(p.Programmes, web.Option{Value: x.Code, Label: web.Pick(r.Lang(), x.NameVI, x.NameEN)})
	}
	return p, nil
}

func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-closes_at", "state", "programme").All()
	var rows []Row
	if err := web.Fetch(ctx, &l, h.filtered(ctx, l, &rows), sorts, "c.id"); err != nil {
		return web.File{}, err
	}
	var header []string
	for _, code := range []string{"code", "title", "programme", "state", "opens_at", "closes_at", "ceiling_total", "ceiling_award"} {
		header = append(header, i18n.T(ctx, "call."+code))
	}
	out := make([][]string, len(rows))
	for i, c := range rows {
		out[i] = []string{c.Code, web.Pick(r.Lang(), c.TitleVI, c.TitleEN), web.Pick(r.Lang(), c.ProgrammeVI, c.ProgrammeEN),
			web.StateWord(r.Lang(), "call", string(c.Status)), instant(c.OpensAt), instant(c.ClosesAt), c.CeilingTotal.String(), c.CeilingAward.String()}
	}
	return r.CSV(ctx, "dot-tuyen-chon", i18n.T(ctx, "call.list"), l, header, out), nil
}

type callsOut struct {
	Items []Row  `json:"items"`
	Next  string `json:"next"`
}

func (h handler) apiList(ctx context.Context, r web.Req) (callsOut, error) {
	l := r.List("-closes_at", "state", "programme")
	out := callsOut{Items: []Row{}}
	err := web.Fetch(ctx, &l, h.filtered(ctx, l, &out.Items), sorts, "c.id")
	out.Next = l.Next
	return out, err
}

func (h handler) apiShow(ctx context.Context, r web.Req) (callOut, error) {
	c, err := h.Read(ctx, r.Param("code"))
	if err != nil {
		return callOut{}, err
	}
	out := c.out()
	err = storage.InTx(ctx, h.db, func(ctx context.Context, _ bun.Tx) error {
		out.Status = string(c.Shown(storage.Now(ctx)))
		return nil
	})
	return out, err
}

// OpenNow gives the calls that take dossiers now to the home page, the first to close first.
func (s *Service) OpenNow(ctx context.Context) ([]web.HomeCall, error) {
	var list []Call
	err := storage.Joined(ctx, s.db).NewSelect().Model(&list).Where("c.status = 'open' AND c.opens_at <= kb.now() AND kb.now() < c.closes_at").
		OrderExpr("c.closes_at, c.code").Limit(20).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("open calls: %w", err)
	}
	lang := i18n.From(ctx)
	out := make([]web.HomeCall, len(list))
	for i, c := range list {
		out[i] = web.HomeCall{Code: c.Code, Title: web.Pick(lang, c.TitleVI, c.TitleEN), Summary: web.Pick(lang, c.SummaryVI, c.SummaryEN),
			ClosesAt: c.ClosesAt, CeilingAward: c.CeilingAward}
	}
	return out, nil
}
