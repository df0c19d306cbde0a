package call

import (
	"context"

	"github.com/google/uuid"

	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

type programmesPage struct {
	web.Base
	Programmes []programmeLine
	CanDraft   bool
	Groups     []web.Option
}

type programmeLine struct {
	Programme
	CanApprove bool
}

func (h handler) programmes(ctx context.Context, _ web.Req) (*programmesPage, error) {
	p := &programmesPage{}
	_, err := h.access.RequireRole(ctx, "programme", "draft")
	p.CanDraft = err == nil
	_, err = h.access.RequireRole(ctx, "programme", "approve")
	approver := err == nil
	list, err := h.Programmes(ctx, !p.CanDraft && !approver)
	if err != nil {
		return nil, err
	}
	for i := range list {
		p.Programmes = append(p.Programmes, programmeLine{list[i],
			approver && list[i].Status == ProgrammeDraft && h.access.Can(ctx, h.db, "programme", "approve", &list[i])})
	}
	for n := '1'; n <= '8'; n++ {
		p.Groups = append(p.Groups, web.Option{Value: string(n), Label: i18n.T(ctx, "call.group."+string(n))})
	}
	return p, nil
}

type programmeOut struct {
	ID     uuid.UUID `json:"id"`
	Code   string    `json:"code"`
	Group  int       `json:"group"`
	NameVI string    `json:"name_vi"`
	NameEN string    `json:"name_en"`
	Status string    `json:"status"`
}

func (p *Programme) out() programmeOut {
	return programmeOut{p.ID, p.Code, p.Group, p.NameVI, p.NameEN, p.Status}
}

func (h handler) draftProgramme(ctx context.Context, _ web.Req, in ProgrammeTyped) (web.Done, programmeOut, error) {
	p, err := h.DraftProgramme(ctx, in)
	if err != nil {
		return web.Done{}, programmeOut{}, err
	}
	return web.Done{Location: "/programmes", Notice: "call.programme_drafted"}, p.out(), nil
}

func (h handler) approveProgramme(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.ApproveProgramme(ctx, id)
	}
	return web.Done{Location: "/programmes", Notice: "call.programme_approved_now"}, struct{}{}, err
}

type programmesOut struct {
	Items []programmeOut `json:"items"`
}

func (h handler) apiProgrammes(ctx context.Context, _ web.Req) (programmesOut, error) {
	out := programmesOut{Items: []programmeOut{}}
	list, err := h.Programmes(ctx, true)
	for i := range list {
		out.Items = append(out.Items, list[i].out())
	}
	return out, err
}

// Tasks gives what waits for the officer or the head: programmes and calls to approve, to publish, to evaluate.
func (s *Service) Tasks(ctx context.Context) (ts []web.Task, err error) {
	if _, err := s.access.RequireRole(ctx, "call", "read_draft"); err != nil {
		return nil, nil // nothing for this role
	}
	programmes, err := s.Programmes(ctx, false)
	if err != nil {
		return nil, err
	}
	for i := range programmes {
		if p := &programmes[i]; p.Status == ProgrammeDraft && s.access.Can(ctx, s.db, "programme", "approve", p) {
			ts = append(ts, web.Task{Title: i18n.T(ctx, "call.task.programme", p.Code), Detail: web.Pick(i18n.From(ctx), p.NameVI, p.NameEN),
				Href: "/programmes", Action: i18n.T(ctx, "call.approve")})
		}
	}
	var calls []Call
	err = s.access.Scope(ctx, s.db.NewSelect().Model(&calls), "call", "read_draft", "call").
		Where("c.status IN ('draft', 'approved', 'closed')").OrderExpr("c.opens_at, c.code").Limit(50).Scan(ctx)
	if err != nil {
		return nil, err
	}
	for i := range calls {
		c := &calls[i]
		action := map[Status]string{Draft: "approve", Approved: "publish", Closed: "evaluate"}[c.Status]
		if s.access.Can(ctx, s.db, "call", action, c) {
			ts = append(ts, web.Task{Title: i18n.T(ctx, "call.task."+action, c.Code), Detail: web.Pick(i18n.From(ctx), c.TitleVI, c.TitleEN),
				Href: "/calls/" + c.Code, Action: i18n.T(ctx, "call."+action)})
		}
	}
	return ts, nil
}
