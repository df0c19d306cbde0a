package indicator

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

type handler struct{ svc *Service }

// Routes puts the room on the web.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/indicators", "indicator", "read_public", "indicator/list", h.list)
	web.Page(rt, "/indicators/:n", "indicator", "read_public", "indicator/show", h.show)
	web.Page(rt, "/indicators/:n/entries", "indicator", "read_draft", "indicator/entries", h.entries)
	web.Page(rt, "/indicator-entries/:id", "indicator", "read_draft", "indicator/entry", h.entry)
	web.Download(rt, "/indicators.csv", "indicator", "read_public", h.csv)
	web.JSON(rt, "/indicators", "indicator", "read_public", h.apiList)
	web.Command(rt, "/indicators/:n/propose", "indicator", "propose", "/indicators/:n/entries", h.propose)
	web.Command(rt, "/indicator-entries/:id/verify", "indicator", "verify", "/indicator-entries/:id", h.verify)
	web.Command(rt, "/indicator-entries/:id/publish", "indicator", "publish", "/indicator-entries/:id", h.publish)
	web.Command(rt, "/indicator-entries/:id/propose_restatement", "indicator", "propose_restatement", "/indicator-entries/:id", h.proposeRestatement)
	web.Command(rt, "/indicator-entries/:id/restate", "indicator", "restate", "/indicator-entries/:id", h.restate)
	rt.Tasks(s.Tasks)
}

func number(r web.Req) (int, error) {
	n, err := strconv.Atoi(r.Param("n"))
	if err != nil || n < 1 || n > 99 {
		return 0, errs.ErrNotFound
	}
	return n, nil
}

type proposeIn struct {
	AsOf     calendar.Date   `form:"as_of" json:"as_of" kb:"required"`
	Value    decimal.Decimal `form:"value" json:"value" kb:"required"`
	Source   string          `form:"source" json:"source" kb:"required"`
	Evidence string          `form:"evidence" json:"evidence" kb:"required,max=4000"`
}

type entryOut struct {
	ID     uuid.UUID `json:"id"`
	Status Status    `json:"status"`
}

func (h handler) propose(ctx context.Context, r web.Req, in proposeIn) (web.Done, entryOut, error) {
	n, err := number(r)
	if err != nil {
		return web.Done{}, entryOut{}, err
	}
	e, err := h.svc.Propose(ctx, n, Proposal{AsOf: in.AsOf, Value: in.Value, Source: in.Source, Evidence: in.Evidence})
	if err != nil {
		return web.Done{}, entryOut{}, err
	}
	return web.Done{Location: "/indicators/" + strconv.Itoa(n) + "/entries", Notice: "indicator.proposed"}, entryOut{e.ID, e.Status}, nil
}

type none struct{}

func (h handler) verify(ctx context.Context, r web.Req, _ none) (web.Done, entryOut, error) {
	return h.moved(ctx, r, h.svc.Verify, Verified, "indicator.verified")
}

func (h handler) publish(ctx context.Context, r web.Req, _ none) (web.Done, entryOut, error) {
	return h.moved(ctx, r, h.svc.Publish, Published, "indicator.published")
}

func (h handler) restate(ctx context.Context, r web.Req, _ none) (web.Done, entryOut, error) {
	return h.moved(ctx, r, h.svc.Restate, Published, "indicator.restated")
}

func (h handler) moved(ctx context.Context, r web.Req, do func(context.Context, uuid.UUID) error, to Status, notice string) (web.Done, entryOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, entryOut{}, err
	}
	if err := do(ctx, id); err != nil {
		return web.Done{}, entryOut{}, err
	}
	return web.Done{Location: "/indicator-entries/" + id.String(), Notice: notice}, entryOut{id, to}, nil
}

type restateIn struct {
	Value    decimal.Decimal `form:"value" json:"value" kb:"required"`
	Source   string          `form:"source" json:"source" kb:"required"`
	Evidence string          `form:"evidence" json:"evidence" kb:"required,max=4000"`
	Reason   string          `form:"reason" json:"reason" kb:"required,max=1000"`
}

func (h handler) proposeRestatement(ctx context.Context, r web.Req, in restateIn) (web.Done, entryOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, entryOut{}, err
	}
	e, err := h.svc.ProposeRestatement(ctx, id, Proposal{Value: in.Value, Source: in.Source, Evidence: in.Evidence, Reason: in.Reason})
	if err != nil {
		return web.Done{}, entryOut{}, err
	}
	return web.Done{Location: "/indicator-entries/" + e.ID.String(), Notice: "indicator.proposed"}, entryOut{e.ID, e.Status}, nil
}

type publicOut struct {
	Number   int              `json:"number"`
	NameVI   string           `json:"name_vi"`
	NameEN   string           `json:"name_en"`
	Unit     string           `json:"unit"`
	AsOf     calendar.Date    `json:"as_of"`
	Value    *decimal.Decimal `json:"value"`
	Path     *decimal.Decimal `json:"path"`
	Standing Standing         `json:"standing"`
}

func (h handler) apiList(ctx context.Context, _ web.Req) ([]publicOut, error) {
	states, err := h.svc.States(ctx)
	if err != nil {
		return nil, err
	}
	out := []publicOut{}
	for _, s := range states {
		o := publicOut{Number: s.Indicator.Number, NameVI: s.Indicator.NameVI, NameEN: s.Indicator.NameEN, Unit: s.Indicator.UnitVI,
			Path: s.Judgement.Path, Standing: s.Judgement.Standing}
		if m, ok := s.Latest(); ok {
			o.AsOf, o.Value = m.AsOf, &m.Value
		}
		out = append(out, o)
	}
	return out, nil
}

// csv is open data: one row per indicator and published value.
func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	states, err := h.svc.States(ctx)
	if err != nil {
		return web.File{}, err
	}
	head := []string{"number", "name_vi", "name_en", "unit", "as_of", "value", "target_2025", "target_2030", "target_2035", "target_2040", "target_2045", "standing"}
	var rows [][]string
	for _, s := range states {
		base := []string{strconv.Itoa(s.Indicator.Number), s.Indicator.NameVI, s.Indicator.NameEN, s.Indicator.UnitVI}
		var targets []string
		for _, y := range years {
			t := ""
			if x := s.Indicator.Target(y); x != nil {
				t = x.Printed
			}
			targets = append(targets, t)
		}
		if len(s.History) == 0 {
			rows = append(rows, join(base, []string{"", ""}, targets, []string{string(NoData)}))
		}
		for k := range s.History {
			m := s.History[k]
			j := s.Indicator.Judge(s.History[:k+1])
			rows = append(rows, join(base, []string{m.AsOf.String(), m.Value.String()}, targets, []string{string(j.Standing)}))
		}
	}
	return r.CSV(ctx, "chi-tieu", i18n.T(ctx, "indicator.title"), r.List("number"), head, rows), nil
}

func join(parts ...[]string) (all []string) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// Tasks is what waits for the reader: values to verify, values to publish.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	if !access.From(ctx).Has(access.DepartmentHead) {
		return nil, nil
	}
	var out []web.Task
	for _, w := range []struct {
		status Status
		code   string
	}{{Proposed, "verify"}, {Verified, "publish"}} {
		rows, err := s.pending(ctx, w.status)
		if err != nil {
			return nil, err
		}
		for _, e := range rows {
			if w.status == Proposed && e.ProposedBy == access.From(ctx).ID {
				continue
			}
			out = append(out, web.Task{
				Title:  i18n.T(ctx, "indicator.task_"+w.code, e.Indicator.Number, web.Pick(i18n.From(ctx), e.Indicator.NameVI, e.Indicator.NameEN)),
				Detail: i18n.T(ctx, "indicator.task_detail", e.AsOf.Format(), valueText(e.Value)),
				Href:   "/indicator-entries/" + e.ID.String(), Action: i18n.T(ctx, "indicator."+w.code),
			})
		}
	}
	return out, nil
}

// valueText writes a value with a decimal comma.
func valueText(d decimal.Decimal) string { return strings.Replace(d.String(), ".", ",", 1) }
