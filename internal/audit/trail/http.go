package trail

import (
	"context"
	"net/url"

	"github.com/google/uuid"

	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

type handler struct{ *Service }

// Routes puts the log on the web.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/audit", "audit_log", "read", "audit/list", h.list)
	web.Page(rt, "/audit/proof", "audit_log", "verify", "audit/proof", h.proof)
	web.Page(rt, "/audit/:object", "audit_log", "read", "audit/list", h.list)
	web.Download(rt, "/audit.csv", "audit_log", "read", h.csv)
}

type listPage struct {
	web.Base
	List      web.List
	Rows      []Record
	Head      *audit.Head // nil: nothing sealed yet
	Waiting   int64
	Resources []web.Option
	Object    string // path of the object's history, "" for the whole log
	Record    *Record
}

// Link is the page with one record opened.
func (p *listPage) Link(r Record) string {
	q := url.Values{"record": {r.Name()}}
	for _, name := range []string{"resource", "from", "to"} {
		if v := p.List.Filter[name]; v != "" {
			q.Set(name, v)
		}
	}
	if p.List.Q != "" {
		q.Set("q", p.List.Q)
	}
	return "/audit" + p.Object + "?" + q.Encode() + "#record"
}

// state reads list and filter from the query. A date that is none is left out.
func state(r web.Req) (web.List, Filter, error) {
	l := r.List("-at", "resource", "from", "to")
	f := Filter{Resource: l.Filter["resource"], Text: l.Q}
	f.From, _ = calendar.ParseDate(l.Filter["from"])
	f.To, _ = calendar.ParseDate(l.Filter["to"])
	if r.Param("object") == "" {
		return l, f, nil
	}
	var err error
	f.Object, err = r.ID("object")
	return l, f, err
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	if _, err := h.access.RequireRole(ctx, "audit_log", "read"); err != nil {
		return nil, err
	}
	l, f, err := state(r)
	if err != nil {
		return nil, err
	}
	p := &listPage{List: l}
	if f.Object != uuid.Nil {
		p.Object = "/" + f.Object.String()
	}
	if p.Rows, err = h.Service.list(ctx, f, &p.List); err != nil {
		return nil, err
	}
	if p.Head, err = audit.LatestHead(ctx, h.db, "audit"); err != nil {
		return nil, err
	}
	if p.Waiting, err = h.waiting(ctx); err != nil {
		return nil, err
	}
	names, err := h.resources(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		label := n
		if i18n.Has("audit.noun." + n) {
			label = i18n.T(ctx, "audit.noun."+n)
		}
		p.Resources = append(p.Resources, web.Option{Value: n, Label: label})
	}
	if name := r.Query("record"); name != "" {
		if p.Record, err = h.record(ctx, name); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	if _, err := h.access.RequireRole(ctx, "audit_log", "read"); err != nil {
		return web.File{}, err
	}
	l, f, err := state(r)
	if err != nil {
		return web.File{}, err
	}
	all := l.All()
	rows, err := h.Service.list(ctx, f, &all)
	if err != nil {
		return web.File{}, err
	}
	out := make([][]string, len(rows))
	for i, x := range rows {
		out[i] = []string{x.At.In(calendar.Zone).Format("02/01/2006 15:04:05"), x.ActorName, x.Role, x.Act, x.Words(string(r.Lang())), x.Label, x.Reason, x.Hex()}
	}
	var header []string
	for _, c := range []string{"at", "actor", "role", "act_code", "act", "object", "reason", "digest"} {
		header = append(header, i18n.T(ctx, "audit."+c))
	}
	return r.CSV(ctx, "nhat-ky", i18n.T(ctx, "audit.title"), l, header, out), nil
}

type proofPage struct {
	web.Base
	Checks []audit.Check
	Broken bool
}

func (h handler) proof(ctx context.Context, _ web.Req) (*proofPage, error) {
	checks, err := h.Proof(ctx)
	if err != nil {
		return nil, err
	}
	p := &proofPage{Checks: checks}
	for _, c := range checks {
		p.Broken = p.Broken || c.Break != ""
	}
	return p, nil
}
