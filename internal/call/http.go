package call

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

type handler struct{ *Service }

// Routes registers the pages, commands and API of programmes and calls.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/calls", "call", "read_public", "call/list", h.list)
	web.Download(rt, "/calls.csv", "call", "read_public", h.csv)
	web.Page(rt, "/calls/new", "call", "create", "call/edit", h.blank)
	web.Page(rt, "/calls/:code", "call", "read_public", "call/show", h.show)
	web.Page(rt, "/calls/:code/edit", "call", "update", "call/edit", h.edit)
	web.Page(rt, "/calls/:code/copy", "call", "create", "call/edit", h.again)
	web.Command(rt, "/calls/:code/copy", "call", "create", "/calls/:code/copy", h.copy)
	web.Command(rt, "/calls/draft", "call", "create", "/calls/new", h.create)
	web.Command(rt, "/calls/:code/update", "call", "update", "/calls/:code/edit", h.update)
	web.Command(rt, "/calls/:code/approve", "call", "approve", "/calls/:code", h.approve)
	web.Command(rt, "/calls/:code/publish", "call", "publish", "/calls/:code", h.publish)
	web.Command(rt, "/calls/:code/close", "call", "close", "", h.close)
	web.Command(rt, "/calls/:code/evaluate", "call", "evaluate", "", h.evaluate)
	web.Command(rt, "/calls/:code/archive", "call", "archive", "", h.archive)
	web.Command(rt, "/calls/:code/propose-extension", "call", "propose_extension", "/calls/:code", h.proposeExtension)
	web.Command(rt, "/calls/:code/extend", "call", "extend_deadline", "/calls/:code", h.extend)
	web.Command(rt, "/calls/:code/propose-addendum", "call", "propose_addendum", "/calls/:code", h.proposeAddendum)
	web.Command(rt, "/calls/:code/addend", "call", "addend", "/calls/:code", h.addend)
	web.Command(rt, "/calls/:code/addend-form", "call", "addend", "/calls/:code", h.addendForm)
	web.Command(rt, "/calls/:code/form/renew", "call", "propose_addendum", "/calls/:code/form", h.renewForm)
	web.Command(rt, "/calls/:code/form/propose", "call", "propose_addendum", "/calls/:code/form", h.proposeForm)
	web.Command(rt, "/calls/:code/form/take-back", "call", "propose_addendum", "/calls/:code/form", h.takeBackForm)
	web.Page(rt, "/calls/:code/form", "call", "read_draft", "call/form", h.readForm)
	web.Page(rt, "/calls/:code/form/sections/:section", "call", "read_draft", "call/preview", h.preview)
	web.Page(rt, "/calls/:code/form/sections/:section/new", "call", "update", "call/question", h.question)
	web.Page(rt, "/calls/:code/form/fields/:field", "call", "update", "call/question", h.question)
	web.Command(rt, "/calls/:code/form/sections", "call", "update", "/calls/:code/form", h.addSection)
	web.Command(rt, "/calls/:code/form/sections/:section/update", "call", "update", "/calls/:code/form", h.saveSection)
	web.Command(rt, "/calls/:code/form/sections/:section/delete", "call", "update", "/calls/:code/form", h.dropSection)
	web.Command(rt, "/calls/:code/form/sections/:section/move", "call", "update", "/calls/:code/form", h.moveSection)
	web.Command(rt, "/calls/:code/form/sections/:section/fields", "call", "update", "/calls/:code/form/sections/:section/new", h.addField)
	web.Command(rt, "/calls/:code/form/fields/:field/update", "call", "update", "/calls/:code/form/fields/:field", h.saveField)
	web.Command(rt, "/calls/:code/form/fields/:field/delete", "call", "update", "/calls/:code/form", h.dropField)
	web.Command(rt, "/calls/:code/form/fields/:field/move", "call", "update", "/calls/:code/form", h.moveField)
	web.JSON(rt, "/calls", "call", "read_public", h.apiList)
	web.JSON(rt, "/calls/:code", "call", "read_public", h.apiShow)
	web.Page(rt, "/programmes", "programme", "read", "call/programmes", h.programmes)
	web.Command(rt, "/programmes/draft", "programme", "draft", "/programmes", h.draftProgramme)
	web.Page(rt, "/cost-norms", "programme", "read", "call/norms", h.norms)
	web.Command(rt, "/cost-norms", "cost_norm", "propose", "/cost-norms", h.proposeNorm)
	web.Command(rt, "/cost-norms/:id/decide", "cost_norm", "decide", "/cost-norms", h.decideNorm)
	web.Command(rt, "/programmes/:id/approve", "programme", "approve", "", h.approveProgramme)
	web.JSON(rt, "/programmes", "programme", "read", h.apiProgrammes)
	rt.Tasks(s.Tasks)
	rt.Desk(s.desk)
}

type callOut struct {
	ID           uuid.UUID    `json:"id"`
	Code         string       `json:"code"`
	TitleVI      string       `json:"title_vi"`
	TitleEN      string       `json:"title_en"`
	Status       string       `json:"status"`
	Number       string       `json:"number"`
	OpensAt      time.Time    `json:"opens_at"`
	ClosesAt     time.Time    `json:"closes_at"`
	CeilingTotal money.Amount `json:"ceiling_total"`
	CeilingAward money.Amount `json:"ceiling_award"`
	PassMark     string       `json:"pass_mark"`
	Rulebook     string       `json:"rulebook"`
	Version      int          `json:"version"`
}

func (c *Call) out() callOut {
	return callOut{c.ID, c.Code, c.TitleVI, c.TitleEN, string(c.Status), c.Number, c.OpensAt, c.ClosesAt, c.CeilingTotal, c.CeilingAward,
		c.PassMark.StringFixed(2), c.Rulebook, c.Version}
}

func (h handler) create(ctx context.Context, _ web.Req, in Details) (web.Done, callOut, error) {
	c, err := h.Create(ctx, in)
	if err != nil {
		return web.Done{}, callOut{}, err
	}
	return web.Done{Location: "/calls/" + c.Code, Notice: "call.drafted"}, c.out(), nil
}

func (h handler) update(ctx context.Context, r web.Req, in Details) (web.Done, callOut, error) {
	c, err := h.Read(ctx, r.Param("code"))
	if err != nil {
		return web.Done{}, callOut{}, err
	}
	if c, err = h.Update(ctx, c.ID, in); err != nil {
		return web.Done{}, callOut{}, err
	}
	return web.Done{Location: "/calls/" + c.Code, Notice: "call.updated"}, c.out(), nil
}

// do runs one act on the call of the path and answers with the call as it is then.
func (h handler) do(ctx context.Context, r web.Req, notice string, act func(ctx context.Context, id uuid.UUID) error) (web.Done, callOut, error) {
	c, err := h.Read(ctx, r.Param("code"))
	if err != nil {
		return web.Done{}, callOut{}, err
	}
	if err := act(ctx, c.ID); err != nil {
		return web.Done{}, callOut{}, err
	}
	if c, err = h.Read(ctx, c.Code); err != nil {
		return web.Done{}, callOut{}, err
	}
	return web.Done{Location: "/calls/" + c.Code, Notice: notice}, c.out(), nil
}

func (h handler) approve(ctx context.Context, r web.Req, _ struct{}) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.approved_now", h.Approve)
}

type numberIn struct {
	Number string `form:"number" json:"number" kb:"required,max=200"` // number and date of the announcement
}

func (h handler) publish(ctx context.Context, r web.Req, in numberIn) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.published_now", func(ctx context.Context, id uuid.UUID) error { return h.Publish(ctx, id, in.Number) })
}

func (h handler) close(ctx context.Context, r web.Req, _ struct{}) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.closed_now", h.Close)
}

func (h handler) evaluate(ctx context.Context, r web.Req, _ struct{}) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.evaluating_now", h.Evaluate)
}

func (h handler) archive(ctx context.Context, r web.Req, _ struct{}) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.archived_now", h.Archive)
}

type extensionIn struct {
	ClosesAt time.Time `form:"closes_at" json:"closes_at" kb:"required"`
	TextVI   string    `form:"text_vi" json:"text_vi" kb:"required,max=2000"`
	TextEN   string    `form:"text_en" json:"text_en" kb:"required,max=2000"`
}

func (h handler) proposeExtension(ctx context.Context, r web.Req, in extensionIn) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.extension_proposed", func(ctx context.Context, id uuid.UUID) error {
		return h.ProposeExtension(ctx, id, in.ClosesAt, in.TextVI, in.TextEN)
	})
}

func (h handler) extend(ctx context.Context, r web.Req, in numberIn) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.extended_now", func(ctx context.Context, id uuid.UUID) error { return h.Extend(ctx, id, in.Number) })
}

type addendumIn struct {
	TextVI string `form:"text_vi" json:"text_vi" kb:"required,max=2000"`
	TextEN string `form:"text_en" json:"text_en" kb:"required,max=2000"`
}

func (h handler) proposeAddendum(ctx context.Context, r web.Req, in addendumIn) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.addendum_proposed", func(ctx context.Context, id uuid.UUID) error {
		return h.ProposeAddendum(ctx, id, in.TextVI, in.TextEN)
	})
}

func (h handler) addend(ctx context.Context, r web.Req, in numberIn) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.addended_now", func(ctx context.Context, id uuid.UUID) error { return h.Addend(ctx, id, in.Number) })
}

func (h handler) addendForm(ctx context.Context, r web.Req, in numberIn) (web.Done, callOut, error) {
	return h.do(ctx, r, "call.addended_form_now", func(ctx context.Context, id uuid.UUID) error { return h.AddendForm(ctx, id, in.Number) })
}
