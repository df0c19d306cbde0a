package proposal

import (
	"context"
	"errors"
	"html/template"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/document"
	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// Tabs of the staff view of a dossier.
var tabs = []string{"overview", "content", "budget", "files", "screening", "log"}

// showPage is a dossier for whoever may read it; Staff readers get staff words, others public ones.
type showPage struct {
	web.Base
	Dossier     *Dossier
	Staff       bool
	Named       bool // the reader may know whose dossier it is
	Tab         string
	Tabs        []string
	Public      Public
	Track       []web.Stage
	Check       *Check // nil when there is none, or not for this reader
	Documents   []neededDocument
	CanScreen   bool
	Preview     []Finding // what the rules say now, for the officer who prepares the check
	CanDecide   bool
	CanEdit     bool
	CanWithdraw bool
	CanDelete   bool
	CanAsk      bool // for a supplement
	CanResubmit bool
	HasReceipt  bool
	CanDownload bool
	CanAssign   bool // readers
	Log         []web.Event
	CanAudit    bool // the rows of the audit log
}

// read gives a dossier to a reader who may see it.
func (s *Service) read(ctx context.Context, r web.Req) (*Dossier, error) {
	db := storage.Joined(ctx, s.db)
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	p, err := Get(ctx, db, id)
	if err != nil {
		return nil, err
	}
	if _, err := s.access.Require(ctx, db, "proposal", "read", p); err != nil {
		return nil, err
	}
	return dossier(ctx, db, p)
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	d, err := h.svc.read(ctx, r)
	if err != nil {
		return nil, err
	}
	db, can := storage.Joined(ctx, h.svc.db), func(resource, action string, o access.Object) bool {
		return h.svc.access.Can(ctx, storage.Joined(ctx, h.svc.db), resource, action, o)
	}
	p := &showPage{
		Dossier: d, Staff: !applies(ctx), Named: can("applicant_identity", "read", d.Proposal), Tab: r.Query("tab"), Tabs: tabs,
		Public: d.Public(), Track: track(ctx, d.Proposal),
		CanAssign:   d.Status == Eligible || d.Status == UnderReview,
		CanEdit:     d.Status == Draft && can("proposal", "update_draft", d.Proposal) || d.Status == SupplementRequested && can("proposal", "update_supplement", d.Proposal),
		CanResubmit: d.Status == SupplementRequested && can("proposal", "resubmit", d.Proposal), CanWithdraw: can("proposal", "withdraw", d.Proposal),
		CanDelete: can("proposal", "delete_draft", d.Proposal), CanDownload: can("proposal_file", "download", d.Proposal),
		HasReceipt: d.Status != Draft && applies(ctx),
	}
	p.CanAssign = p.CanAssign && can("review_assignment", "propose", d.Proposal)
	p.Documents, _ = d.documents(ctx)
	if !p.Named {
		p.hideNames()
	}
	if p.Check, err = CheckOf(ctx, db, d.ID); err != nil {
		return nil, err
	}
	if p.Check != nil && !can("eligibility_check", "read", p.Check) {
		p.Check = nil
	}
	open := d.Status == Submitted || d.Status == Screening
	if p.CanScreen = open && (p.Check == nil || p.Check.Status == CheckReturned) && can("eligibility_check", "create", d.Proposal); p.CanScreen {
		if p.Preview, err = Findings(ctx, db, d); err != nil {
			return nil, err
		}
	}
	p.CanAsk = p.CanScreen && d.SupplementUntil == nil && can("eligibility_check", "request_supplement", d.Proposal) && allowsSupplement(ctx, db, d.Call) == nil
	if p.Current() == "log" {
		if p.Log, err = h.svc.history(ctx, db, d, p.Named); err != nil {
			return nil, err
		}
		_, refused := h.svc.access.RequireRole(ctx, "audit_log", "read")
		p.CanAudit = refused == nil
	}
	p.CanDecide = p.Check != nil && p.Check.Status == CheckProposed && can("eligibility_check", "decide", p.Check)
	return p, nil
}

// hideNames takes away whose dossier it is, file names included.
func (p *showPage) hideNames() {
	for i := range p.Documents {
		for j := range p.Documents[i].Files {
			f := *p.Documents[i].Files[j].File
			f.Name = neutral(&f)
			p.Documents[i].Files[j].File = &f
		}
	}
}

// Current is the tab shown; an unknown one is the first.
func (p *showPage) Current() string {
	for _, t := range p.TabsFor() {
		if t == p.Tab {
			return t
		}
	}
	return p.Tabs[0]
}

// Title is what the page is called: the code, or that it is a draft.
func (p *showPage) Title() string {
	if p.Dossier.Code != "" {
		return p.Dossier.Code
	}
	return p.T("proposal.draft")
}

// passage is one long text of a dossier under its heading.
type passage struct{ Label, Text string }

// Answered are the answers to the call's own questions.
func (p *showPage) Answered() []form.Reading {
	if p.Dossier.Form == nil {
		return nil
	}
	return p.Dossier.Form.Readings(p.Dossier.Form.Complete(p.Dossier.Answers), p.Lang)
}

// Texts are the long texts in the order they are read.
func (p *showPage) Texts() []passage {
	d := p.Dossier
	return []passage{
		{"proposal.summary", d.Summary}, {"proposal.problem", d.Problem}, {"proposal.solution", d.Solution}, {"proposal.novelty", d.Novelty},
		{"proposal.market", d.Market}, {"proposal.business_model", d.BusinessModel}, {"proposal.plan", d.Plan}, {"proposal.outcomes", d.Outcomes},
	}
}

// Outcomes are the two answers an officer may propose.
func (p *showPage) Outcomes() []web.Option {
	return []web.Option{
		{Value: string(Eligible), Label: web.StateWord(p.Lang, "proposal", string(Eligible))},
		{Value: string(Ineligible), Label: web.StateWord(p.Lang, "proposal", string(Ineligible))},
	}
}

// TabsFor leaves out screening where the reader has no part in it, and the log for applicants.
func (p *showPage) TabsFor() []string {
	return slices.DeleteFunc(slices.Clone(p.Tabs), func(tab string) bool {
		return tab == "screening" && p.Check == nil && !p.CanScreen || tab == "log" && !p.Staff
	})
}

// track is the way of a dossier in public steps.
func track(ctx context.Context, p *Proposal) []web.Stage {
	now := p.Public().step()
	stages := make([]web.Stage, len(Steps))
	for i, s := range Steps {
		st := web.Stage{Label: i18n.T(ctx, "proposal.step."+string(s))}
		switch {
		case i < now || i == 0 && now == 0:
			st.State = "done"
		case i == now:
			st.State = "now"
		}
		if i == 1 && now == 0 {
			st.State = "now"
		}
		stages[i] = st
	}
	if p.SubmittedAt != nil {
		stages[0].Note = calendar.DateOf(*p.SubmittedAt).Format()
	}
	if p.ScreenedAt != nil {
		stages[1].Note = calendar.DateOf(*p.ScreenedAt).Format()
	}
	if p.PublishedAt != nil {
		stages[3].Note = calendar.DateOf(*p.PublishedAt).Format()
	}
	return stages
}

func (h handler) apiShow(ctx context.Context, r web.Req) (view, error) {
	d, err := h.svc.read(ctx, r)
	if err != nil {
		return view{}, err
	}
	v := view{ID: d.ID, Code: d.Code, Call: d.Call.Code, TitleVI: d.TitleVI, TitleEN: d.TitleEN, Status: string(d.Status),
		Requested: d.Requested, SubmittedAt: d.SubmittedAt, Version: d.Version}
	if applies(ctx) {
		v.Status = string(d.Public())
	}
	if h.svc.access.Can(ctx, storage.Joined(ctx, h.svc.db), "applicant_identity", "read", d.Proposal) {
		v.Organisation = d.Organisation.Name
	}
	return v, nil
}

type screenIn struct {
	Outcome Status `form:"outcome" json:"outcome" kb:"required,max=20"`
	Reason  string `form:"reason" json:"reason" kb:"max=2000"`
}

type checkView struct {
	ID      uuid.UUID `json:"id"`
	Version int       `json:"version"`
}

func (h handler) screen(ctx context.Context, r web.Req, in screenIn) (web.Done, checkView, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, checkView{}, err
	}
	c, err := h.svc.Screen(ctx, id, in.Outcome, in.Reason)
	if err != nil {
		return web.Done{}, checkView{}, err
	}
	return web.Done{Location: "/proposals/" + id.String() + "?tab=screening", Notice: "proposal.screened"}, checkView{c.ID, c.Version}, nil
}

type decideIn struct {
	Version int    `form:"version" json:"version"`
	Confirm bool   `form:"confirm" json:"confirm"`
	Remark  string `form:"remark" json:"remark" kb:"max=2000"`
}

func (h handler) decide(ctx context.Context, r web.Req, in decideIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	if err := h.svc.Decide(ctx, id, in.Version, in.Confirm, in.Remark); err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/proposals?waiting=1", Notice: "proposal.decided"}, struct{}{}, nil
}

type supplementIn struct {
	Wanted string        `form:"wanted" json:"wanted" kb:"max=2000"`
	Until  calendar.Date `form:"until" json:"until" kb:"required"`
}

func (h handler) requestSupplement(ctx context.Context, r web.Req, in supplementIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/proposals/" + id.String(), Notice: "proposal.supplement_asked"}, struct{}{}, h.svc.RequestSupplement(ctx, id, in.Wanted, in.Until)
}

type resubmitIn struct {
	Version int `form:"version" json:"version"`
}

func (h handler) resubmit(ctx context.Context, r web.Req, in resubmitIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/proposals/" + id.String(), Notice: "proposal.resubmitted"}, struct{}{}, h.svc.Resubmit(ctx, id, in.Version)
}

type receiptView struct {
	Code        string    `json:"code"`
	Digest      string    `json:"sha256"`
	IssuedAt    time.Time `json:"issued_at"`
	TrackingKey string    `json:"tracking_key"`
	Fingerprint string    `json:"key_fingerprint"`
	Signature   []byte    `json:"signature"`
}

func viewReceipt(r *document.Receipt) receiptView {
	return receiptView{r.Code, r.Digest, r.IssuedAt, r.TrackingKey, r.Fingerprint, r.Signature}
}

// receiptPage is the signed receipt to print.
type receiptPage struct {
	web.Base
	Dossier *Dossier
	Receipt *document.Receipt
	QR      template.HTML
	Due     calendar.Date // when screening ends by the rule the call is bound to; zero when no rule says
	Track   []web.Stage
}

// Digest groups the start and the end of the digest for reading aloud.
func (p *receiptPage) Digest() string {
	d := p.Receipt.Digest
	return d[:4] + " " + d[4:8] + " · " + d[56:60] + " " + d[60:]
}

func (h handler) receipt(ctx context.Context, r web.Req) (*receiptPage, error) {
	db := storage.Joined(ctx, h.svc.db)
	d, err := h.svc.read(ctx, r)
	if err != nil {
		return nil, err
	}
	if !applies(ctx) {
		return nil, errs.ErrNotFound // the key on it is the applicant's
	}
	rc, err := document.ReceiptOf(ctx, db, d.Proposal)
	if err != nil {
		return nil, err
	}
	if err := rc.Check(ctx, db); err != nil {
		return nil, err
	}
	p := &receiptPage{Dossier: d, Receipt: rc, Track: track(ctx, d.Proposal)}
	query := url.Values{"code": {rc.Code}, "key": {rc.TrackingKey}}
	if p.QR, err = document.QR(r.Origin()+"/track?"+query.Encode(), i18n.T(ctx, "proposal.qr")); err != nil {
		return nil, err
	}
	p.Due, err = h.svc.due(ctx, db, d)
	return p, err
}

// trackPage tells public words to whoever holds code and key.
type trackPage struct {
	web.Base
	Code  string
	Asked bool
	Found *Proposal // only its public words are shown
	Track []web.Stage
}

func (h handler) track(ctx context.Context, r web.Req) (*trackPage, error) {
	db := storage.Joined(ctx, h.svc.db)
	p := &trackPage{Code: r.Query("code"), Asked: r.Query("code") != ""}
	if !p.Asked {
		return p, nil
	}
	rc, err := document.Track(ctx, db, p.Code, r.Query("key"))
	if errors.Is(err, errs.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	if p.Found, err = Get(ctx, db, rc.SubjectID); err != nil {
		return nil, err
	}
	p.Track = track(ctx, p.Found)
	return p, nil
}
