package proposal

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type handler struct{ svc *Service }

// Routes puts the room's pages, commands and API on the web.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/proposals", "proposal", "list", "proposal/list", h.list)
	web.Download(rt, "/proposals.csv", "proposal", "list", h.csv)
	web.JSON(rt, "/proposals", "proposal", "list", h.apiList)
	web.Page(rt, "/proposals/new", "proposal", "create", "proposal/new", h.blank)
	web.Command(rt, "/proposals", "proposal", "create", "", h.create)
	web.Page(rt, "/proposals/:id", "proposal", "read", "proposal/show", h.show)
	web.JSON(rt, "/proposals/:id", "proposal", "read", h.apiShow)
	for _, part := range Parts {
		web.Page(rt, "/proposals/:id/"+part, "proposal", "update_draft", "proposal/"+part, h.part(part))
	}
	save(rt, h, PartOrganisation, s.SaveOrganisation)
	save(rt, h, PartTeam, s.SaveTeam)
	save(rt, h, PartContent, s.SaveContent)
	save(rt, h, PartMarket, s.SaveMarket)
	save(rt, h, PartPlan, s.SavePlan)
	save(rt, h, PartBudget, s.SaveBudget)
	web.Page(rt, "/proposals/:id/questions/:section", "proposal", "update_draft", "proposal/questions", h.questions)
	web.Command(rt, "/proposals/:id/questions/:section", "proposal", "update_draft", "/proposals/:id/questions/:section", h.answer)
	web.Page(rt, "/proposals/:id/new-form", "proposal", "update_draft", "proposal/new-form", h.newForm)
	web.Command(rt, "/proposals/:id/new-form", "proposal", "update_draft", "/proposals/:id/new-form", h.moveToForm)
	web.Command(rt, "/proposals/:id/files", "proposal_file", "upload", "/proposals/:id/files", h.attach)
	web.Command(rt, "/proposals/:id/files/:file/delete", "proposal_file", "delete", "", h.detach)
	web.Download(rt, "/proposals/:id/files/:file", "proposal_file", "download", h.download)
	web.Page(rt, "/proposals/:id/check", "proposal", "submit", "proposal/check", h.check)
	web.Command(rt, "/proposals/:id/submit", "proposal", "submit", "/proposals/:id/check", h.submit)
	web.Page(rt, "/proposals/:id/receipt", "proposal", "read", "proposal/receipt", h.receipt)
	web.Page(rt, "/proposals/:id/notice", "eligibility_check", "read", "document/notice", h.notice)
	web.Command(rt, "/proposals/:id/withdraw", "proposal", "withdraw", "", h.withdraw)
	web.Command(rt, "/proposals/:id/delete", "proposal", "delete_draft", "", h.delete)
	web.Command(rt, "/proposals/:id/eligibility-checks", "eligibility_check", "create", "/proposals/:id", h.screen)
	web.Command(rt, "/eligibility-checks/:id/decide", "eligibility_check", "decide", "", h.decide)
	web.Command(rt, "/proposals/:id/request-supplement", "eligibility_check", "request_supplement", "/proposals/:id", h.requestSupplement)
	web.Command(rt, "/proposals/:id/resubmit", "proposal", "resubmit", "/proposals/:id", h.resubmit)
	web.Page(rt, "/track", "proposal", "track", "proposal/track", h.track)
	rt.Tasks(s.Tasks)
	rt.Desk(s.desk)
}

// save registers the form of one part; every save answers the autosave with the line that tells when.
func save[In any](rt *web.Router, h handler, part string, keep func(context.Context, uuid.UUID, In) error) {
	path := "/proposals/:id/" + part
	web.Command(rt, path, "proposal", "update_draft", path, func(ctx context.Context, r web.Req, in In) (web.Done, versionView, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.Done{}, versionView{}, err
		}
		if err := keep(ctx, id, in); err != nil {
			return web.Done{}, versionView{}, err
		}
		return h.saved(ctx, id, part)
	})
}

// saved answers a save with the version that stands now, and leads to the part that follows.
func (h handler) saved(ctx context.Context, id uuid.UUID, part string) (web.Done, versionView, error) {
	db := storage.Joined(ctx, h.svc.db)
	p, err := Get(ctx, db, id)
	if err != nil {
		return web.Done{}, versionView{}, err
	}
	d := &Dossier{Proposal: p}
	if err := d.readForm(ctx, db); err != nil {
		return web.Done{}, versionView{}, err
	}
	return web.Done{Location: path(p) + "/" + d.after(part), Fragment: "saved"}, versionView{id, p.Version}, nil
}

type versionView struct {
	ID      uuid.UUID `json:"id"`
	Version int       `json:"version"`
}

// view is a dossier as the API shows it; the names are empty for readers who may not know them.
type view struct {
	ID           uuid.UUID    `json:"id"`
	Code         string       `json:"code"`
	Call         string       `json:"call"`
	Organisation string       `json:"organisation"`
	TitleVI      string       `json:"title_vi"`
	TitleEN      string       `json:"title_en"`
	Status       string       `json:"status"`
	Requested    money.Amount `json:"requested"`
	SubmittedAt  *time.Time   `json:"submitted_at"`
	Version      int          `json:"version,omitempty"`
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	l := r.List("-updated_at", filters...)
	rows, err := h.svc.list(ctx, &l)
	if err != nil {
		return nil, err
	}
	p := &listPage{Rows: rows, Mine: applies(ctx)}
	if r.Query("totals") != "" && !p.Mine {
		t, err := h.svc.totals(ctx, l)
		if err != nil {
			return nil, err
		}
		p.Totals = &t
	}
	p.List = l
	if !p.Mine {
		if p.Calls, err = h.svc.callChoices(ctx); err != nil {
			return nil, err
		}
		p.Statuses = statusChoices(r.Lang())
	}
	return p, nil
}

type listPage struct {
	web.Base
	Mine     bool // the applicant's own dossiers, in public words
	Rows     []Row
	List     web.List
	Totals   *Totals
	Calls    []web.Option
	Statuses []web.Option
}

func (s *Service) callChoices(ctx context.Context) ([]web.Option, error) {
	codes, err := s.callCodes(ctx)
	options := make([]web.Option, len(codes))
	for i, c := range codes {
		options[i] = web.Option{Value: c, Label: c}
	}
	return options, err
}

func statusChoices(lang i18n.Lang) []web.Option {
	var options []web.Option
	for _, st := range []Status{Submitted, Screening, SupplementRequested, Eligible, Ineligible, UnderReview, Recommended, NotRecommended, Awarded, Reserve, Rejected, Withdrawn} {
		options = append(options, web.Option{Value: string(st), Label: web.StateWord(lang, "proposal", string(st))})
	}
	return options
}

func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-updated_at", filters...).All()
	rows, err := h.svc.list(ctx, &l)
	if err != nil {
		return web.File{}, err
	}
	t := func(code string) string { return i18n.T(ctx, code) }
	header := []string{t("proposal.code"), t("proposal.title"), t("proposal.organisation"), t("proposal.call"), t("proposal.requested"), t("proposal.submitted_at"), t("proposal.status")}
	lines := make([][]string, len(rows))
	for i, row := range rows {
		at := ""
		if row.SubmittedAt != nil {
			at = row.SubmittedAt.In(calendar.Zone).Format("02/01/2006 15:04:05")
		}
		lines[i] = []string{row.Code, row.TitleVI, row.Organisation, row.CallCode, row.Requested.String(), at, statusWord(ctx, row)}
	}
	return r.CSV(ctx, "ho-so", t("proposal.list"), l, header, lines), nil
}

// statusWord is the staff word of a row, or the public one for applicants.
func statusWord(ctx context.Context, row Row) string {
	if applies(ctx) {
		return i18n.T(ctx, "proposal.public.status."+string(row.Public()))
	}
	return web.StateWord(i18n.From(ctx), "proposal", string(row.Status))
}

type listView struct {
	Items []view `json:"items"`
	Next  string `json:"next,omitempty"`
}

func (h handler) apiList(ctx context.Context, r web.Req) (listView, error) {
	l := r.List("-updated_at", filters...)
	rows, err := h.svc.list(ctx, &l)
	if err != nil {
		return listView{}, err
	}
	out := listView{Items: make([]view, len(rows)), Next: l.Next}
	for i, row := range rows {
		out.Items[i] = view{ID: row.ID, Code: row.Code, Call: row.CallCode, Organisation: row.Organisation, TitleVI: row.TitleVI, TitleEN: row.TitleEN,
			Status: shownStatus(ctx, row), Requested: row.Requested, SubmittedAt: row.SubmittedAt}
	}
	return out, nil
}

func shownStatus(ctx context.Context, row Row) string {
	if applies(ctx) {
		return string(row.Public())
	}
	return string(row.Status)
}

// Tasks is what waits for the subject: drafts to finish, dossiers to screen, checks to decide.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	subject := access.From(ctx)
	switch {
	case subject.Has(access.Applicant) && applies(ctx):
		return s.applicantTasks(ctx)
	case subject.Active == access.ProgrammeOfficer || subject.Active == access.DepartmentHead:
		return s.staffTasks(ctx, subject.Active)
	}
	return nil, nil
}
