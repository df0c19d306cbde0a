package proposal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/form"
	"kinhbac/internal/i18n"
	"kinhbac/internal/party"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// newPage asks for which organisation a dossier is started.
type newPage struct {
	web.Base
	Call          *call.Call
	Organisations []web.Option
}

func (h handler) blank(ctx context.Context, r web.Req) (*newPage, error) {
	db := storage.Joined(ctx, h.svc.db)
	p := &newPage{}
	var err error
	if p.Call, err = callByCode(ctx, db, r.Query("call")); err != nil {
		return nil, err
	}
	if _, err := h.svc.access.Require(ctx, db, "proposal", "create", p.Call); err != nil {
		return nil, err
	}
	var own []party.Organisation
	q := h.svc.access.Scope(ctx, db.NewSelect().Model(&own).OrderExpr("o.name, o.id"), "organisation", "read", "organisation")
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("organisations of the applicant: %w", err)
	}
	for _, o := range own {
		p.Organisations = append(p.Organisations, web.Option{Value: o.ID.String(), Label: o.Name})
	}
	return p, nil
}

type createIn struct {
	Call         string    `form:"call" json:"call" kb:"required,max=40"`
	Organisation uuid.UUID `form:"organisation" json:"organisation" kb:"required"`
}

func (h handler) create(ctx context.Context, _ web.Req, in createIn) (web.Done, versionView, error) {
	p, err := h.svc.Create(ctx, in.Call, in.Organisation)
	if err != nil {
		return web.Done{}, versionView{}, err
	}
	return web.Done{Location: path(p) + "/" + PartOrganisation}, versionView{p.ID, p.Version}, nil
}

// draftPage is one part of a draft with the list of all parts beside it.
type draftPage struct {
	web.Base
	Dossier   *Dossier
	Part      string
	Parts     []web.Part
	Ready     int     // parts without an open issue
	Issues    []Issue // of this part
	Before    string  // part in front, "" for the first
	Saved     time.Time
	Members   []Member
	Items     []Item
	Documents []neededDocument
	Choices   []web.Option
	Contents  []web.Option // that a cost line may name; none when the call offers none
	Left      string       // megabytes still free
	Questions []form.Input
	NewForm   bool   // the call has a newer form than this draft
	Lead      string // of the part
}

// neededDocument is one required document with the files given for it.
type neededDocument struct {
	Code  string
	Other bool
	Files []Attachment
}

// Meter is the share of ready parts in percent.
func (p *draftPage) Meter() int { return p.Ready * 100 / len(p.Parts) }

// spare is how many empty rows stand below those filled.
const spare = 3

func (h handler) part(part string) func(context.Context, web.Req) (*draftPage, error) {
	return func(ctx context.Context, r web.Req) (*draftPage, error) {
		d, err := h.svc.editable(ctx, r)
		if err != nil {
			return nil, err
		}
		p, err := h.onPart(ctx, d, part)
		if err != nil {
			return nil, err
		}
		p.Lead = i18n.T(ctx, "proposal.lead."+part)
		p.Members = append(d.Members, make([]Member, spare)...)
		p.Items = append(d.Items(), make([]Item, spare)...)
		p.Documents, p.Choices = d.documents(ctx)
		p.Contents = d.contentChoices(r.Lang())
		p.Left = fmt.Sprint((file.MaxDossier - d.Size()) >> 20)
		return p, nil
	}
}

// onPart is what the page of every part shows.
func (h handler) onPart(ctx context.Context, d *Dossier, part string) (*draftPage, error) {
	p := &draftPage{Dossier: d, Part: part, Before: d.before(part), Saved: d.UpdatedAt}
	next, _, err := d.newForm(ctx, storage.Joined(ctx, h.svc.db))
	if err != nil {
		return nil, err
	}
	p.NewForm = next != nil
	issues := d.Issues(ctx)
	for i, name := range d.Parts() {
		state := d.State(name, issues)
		if state == "done" {
			p.Ready++
		}
		p.Parts = append(p.Parts, web.Part{Label: fmt.Sprintf("%d. %s", i+1, d.PartTitle(ctx, name)), Href: path(d.Proposal) + "/" + name,
			Noun: "proposal.part", State: state, Current: name == part})
	}
	for _, i := range issues {
		if i.Part == part && d.begun(part) {
			p.Issues = append(p.Issues, i)
		}
	}
	return p, nil
}

// PartTitle is the name of the part.
func (p *draftPage) PartTitle() string {
	for _, x := range p.Parts {
		if x.Current {
			_, title, _ := strings.Cut(x.Label, ". ")
			return title
		}
	}
	return ""
}

// editable reads a dossier that its applicant may change now.
func (s *Service) editable(ctx context.Context, r web.Req) (*Dossier, error) {
	db := storage.Joined(ctx, s.db)
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	p, err := Get(ctx, db, id)
	if err != nil {
		return nil, err
	}
	if err := s.mayEdit(ctx, db, p); err != nil {
		return nil, err
	}
	return dossier(ctx, db, p)
}

// mayEdit refuses who may not change the dossier in its state.
func (s *Service) mayEdit(ctx context.Context, db bun.IDB, p *Proposal) error {
	act := "update_draft"
	if p.Status == SupplementRequested {
		act = "update_supplement"
	}
	_, err := s.access.Require(ctx, db, "proposal", act, p)
	return err
}

func (d *Dossier) documents(ctx context.Context) (docs []neededDocument, choices []web.Option) {
	codes := slices.Clone(d.Call.Documents)
	if !slices.Contains(codes, OtherDocument) {
		codes = append(codes, OtherDocument)
	}
	for _, code := range codes {
		n := neededDocument{Code: code, Other: !slices.Contains(d.Call.Documents, code)}
		for _, f := range d.Files {
			if f.Document == code {
				n.Files = append(n.Files, f)
			}
		}
		docs = append(docs, n)
		choices = append(choices, web.Option{Value: code, Label: i18n.T(ctx, documentWords(code))})
	}
	return docs, choices
}

func documentWords(code string) string {
	if code == OtherDocument {
		return "proposal.document_other"
	}
	return "call.document." + code
}

// Words is the catalogue code of the document's name.
func (n neededDocument) Words() string { return documentWords(n.Code) }

type attachIn struct {
	web.Attached
	Document string `form:"document" json:"document" kb:"required,max=60"`
}

type fileView struct {
	ID     uuid.UUID `json:"id"`
	Name   string    `json:"name"`
	Type   string    `json:"type"`
	Size   int64     `json:"size"`
	Digest string    `json:"sha256"`
}

func (h handler) attach(ctx context.Context, r web.Req, in attachIn) (web.Done, fileView, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, fileView{}, err
	}
	u, ok := in.File(r)
	if !ok {
		return web.Done{}, fileView{}, errs.FieldError("file", "proposal.need.file")
	}
	body, err := u.Open()
	if err != nil {
		return web.Done{}, fileView{}, fmt.Errorf("open upload: %w", err)
	}
	defer body.Close()
	a, err := h.svc.Attach(ctx, id, in.Document, u.Name, body)
	if err != nil {
		return web.Done{}, fileView{}, err
	}
	return web.Done{Location: "/proposals/" + id.String() + "/" + PartFiles, Notice: "proposal.file_added"},
		fileView{a.ID, a.File.Name, a.File.Type, a.File.Size, a.File.Digest}, nil
}

func (h handler) detach(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	a, err := r.ID("file")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/proposals/" + id.String() + "/" + PartFiles, Notice: "proposal.file_removed"}, struct{}{}, h.svc.Detach(ctx, id, a)
}

func (h handler) download(ctx context.Context, r web.Req) (web.File, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.File{}, err
	}
	a, err := r.ID("file")
	if err != nil {
		return web.File{}, err
	}
	name, mime, body, err := h.svc.Download(ctx, id, a)
	return web.File{Name: name, Type: mime, Body: body}, err
}

// checkPage shows everything once more before it is signed.
type checkPage struct {
	web.Base
	Dossier *Dossier
	Issues  []Issue
	Auto    []Finding
	Leader  string
	CanSend bool
	CanEdit bool

	Sections []answeredSection // of the call's own questions
}

// answeredSection is one section of the call's own questions with its answers.
type answeredSection struct {
	No          int
	Part, Title string
	Answers     []form.Reading
}

// sections are the call's own questions as answered, numbered as the parts are.
func (d *Dossier) sections(ctx context.Context) (out []answeredSection) {
	if d.Form == nil {
		return nil
	}
	complete := d.Form.Complete(d.Answers)
	for i, s := range d.Form.Sections {
		part := PartQuestions + s.Key
		out = append(out, answeredSection{slices.Index(d.Parts(), part) + 1, part, d.PartTitle(ctx, part),
			(&form.Form{Sections: d.Form.Sections[i : i+1]}).Readings(complete, i18n.From(ctx))})
	}
	return out
}

func (h handler) check(ctx context.Context, r web.Req) (*checkPage, error) {
	db := storage.Joined(ctx, h.svc.db)
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	pr, err := Get(ctx, db, id)
	if err != nil {
		return nil, err
	}
	if _, err := h.svc.access.Require(ctx, db, "proposal", "read", pr); err != nil {
		return nil, err
	}
	if pr.Status != Draft {
		return nil, ErrNotDraft
	}
	d, err := dossier(ctx, db, pr)
	if err != nil {
		return nil, err
	}
	p := &checkPage{Dossier: d, Sections: d.sections(ctx), Issues: d.Issues(ctx), CanEdit: h.svc.access.Can(ctx, db, "proposal", "update_draft", pr)}
	p.CanSend = len(p.Issues) == 0 && h.svc.access.Can(ctx, db, "proposal", "submit", pr)
	if len(d.Members) > 0 {
		p.Leader = d.Members[0].Name
	}
	if p.Auto, err = Findings(ctx, db, d); err != nil {
		return nil, err
	}
	return p, nil
}

// partLink is a link from the check back to a part.
type partLink struct {
	ID   uuid.UUID
	Part string
}

// Link leads back to a part.
func (p *checkPage) Link(part string) partLink { return partLink{p.Dossier.ID, part} }

// Of is the issues of one part.
func (p *checkPage) Of(part string) (is []Issue) {
	for _, i := range p.Issues {
		if i.Part == part {
			is = append(is, i)
		}
	}
	return is
}

func (h handler) submit(ctx context.Context, r web.Req, in Confirmations) (web.Done, receiptView, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, receiptView{}, err
	}
	rc, err := h.svc.Submit(ctx, id, in)
	if err != nil {
		return web.Done{}, receiptView{}, err
	}
	return web.Done{Location: "/proposals/" + id.String() + "/receipt"}, viewReceipt(rc), nil
}

type withdrawIn struct {
	Reason string `form:"reason" json:"reason" kb:"max=1000"`
}

func (h handler) withdraw(ctx context.Context, r web.Req, in withdrawIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/proposals/" + id.String(), Notice: "proposal.withdrawn"}, struct{}{}, h.svc.Withdraw(ctx, id, in.Reason)
}

func (h handler) delete(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/proposals", Notice: "proposal.deleted"}, struct{}{}, h.svc.Delete(ctx, id)
}

// applicantTasks are drafts near their closing instant and supplements asked for.
func (s *Service) applicantTasks(ctx context.Context) ([]web.Task, error) {
	var rows []Row
	q := storage.Joined(ctx, s.db).NewSelect().Model(&rows).ColumnExpr(rowColumns).ColumnExpr("c.code AS call_code, c.closes_at").
		Join("JOIN calls AS c ON c.id = p.call_id").ColumnExpr("p.supplement_until").
		Where("p.status = 'draft' AND c.status = 'open' AND kb.now() < c.closes_at OR p.status = 'supplement_requested' AND kb.now() < p.supplement_until").
		OrderExpr("p.status DESC, c.closes_at, p.id").Limit(10)
	if err := s.access.Scope(ctx, q, "proposal", "read", "proposal").Scan(ctx); err != nil {
		return nil, fmt.Errorf("drafts of the applicant: %w", err)
	}
	var tasks []web.Task
	may := func(act string, row Row) bool {
		return s.access.Can(ctx, storage.Joined(ctx, s.db), "proposal", act, &Proposal{ID: row.ID})
	}
	for _, row := range rows {
		title := row.TitleVI
		if title == "" {
			title = i18n.T(ctx, "proposal.untitled")
		}
		if row.Status == SupplementRequested {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "proposal.task_supplement", row.Code), Detail: title, Href: "/proposals/" + row.ID.String(),
				Action: i18n.T(ctx, "proposal.supplement"), Due: *row.SupplementUntil})
			continue
		}
		page, action := PartOrganisation, "proposal.continue"
		if !may("update_draft", row) { // a signatory signs what others fill in
			if page, action = "check", "proposal.check_and_submit"; !may("submit", row) {
				continue
			}
		}
		detail, err := s.progress(ctx, row)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "proposal.task_draft", title), Detail: detail,
			Href: "/proposals/" + row.ID.String() + "/" + page, Action: i18n.T(ctx, action), Due: row.ClosesAt})
	}
	return tasks, nil
}

// progress says how far a draft is and when it was last saved.
func (s *Service) progress(ctx context.Context, row Row) (string, error) {
	db := storage.Joined(ctx, s.db)
	p, err := Get(ctx, db, row.ID)
	if err != nil {
		return "", err
	}
	d, err := dossier(ctx, db, p)
	if err != nil {
		return "", err
	}
	issues, done := d.Issues(ctx), 0
	for _, part := range d.Parts() {
		if d.State(part, issues) == "done" {
			done++
		}
	}
	return i18n.T(ctx, "proposal.task_draft_detail", row.CallCode, done, len(d.Parts()), p.UpdatedAt.In(calendar.Zone).Format("15:04, 02/01/2006")), nil
}

// staffTasks are dossiers to screen for officers and checks to decide for department heads.
func (s *Service) staffTasks(ctx context.Context, role access.Role) ([]web.Task, error) {
	var rows []Row
	waiting := "EXISTS (SELECT 1 FROM eligibility_checks ec WHERE ec.proposal_id = p.id AND ec.status = 'proposed')"
	q := storage.Joined(ctx, s.db).NewSelect().Model(&rows).ColumnExpr(rowColumns).ColumnExpr("c.code AS call_code, c.closes_at").
		Join("JOIN calls AS c ON c.id = p.call_id").Where("p.status IN ('submitted', 'screening')").OrderExpr("p.submitted_at, p.id").Limit(20)
	title, action := "proposal.task_screen", "proposal.screen"
	if role == access.DepartmentHead {
		q, title, action = q.Where(waiting), "proposal.task_decide", "proposal.decide"
	} else {
		q = q.Where("NOT " + waiting)
	}
	if err := s.access.Scope(ctx, q, "proposal", "list", "proposal").Scan(ctx); err != nil {
		return nil, fmt.Errorf("dossiers to screen: %w", err)
	}
	tasks := make([]web.Task, len(rows))
	for i, row := range rows {
		tasks[i] = web.Task{Title: i18n.T(ctx, title, row.Code), Detail: row.TitleVI, Href: "/proposals/" + row.ID.String(), Action: i18n.T(ctx, action)}
	}
	return tasks, nil
}
