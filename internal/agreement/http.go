package agreement

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// Routes puts the room on the web.
func (s *Service) Routes(rt *web.Router) {
	web.Page(rt, "/agreements", "agreement", "read", "agreement/list", s.list)
	web.Download(rt, "/agreements.csv", "agreement", "read", s.csv)
	web.Page(rt, "/awards/:award/agreement", "agreement", "draft", "agreement/new", s.newPage)
	web.Page(rt, "/agreements/:id", "agreement", "read", "agreement/show", s.show)
	web.JSON(rt, "/agreements", "agreement", "read", s.apiList)
	web.JSON(rt, "/agreements/:id", "agreement", "read", s.apiShow)
	web.Command(rt, "/awards/:award/agreement", "agreement", "draft", "/awards/:award/agreement", s.postDraft)
	web.Command(rt, "/agreements/:id/sign-grantee", "agreement", "sign_grantee", "/agreements/:id", s.postSignGrantee)
	web.Command(rt, "/agreements/:id/sign-state", "agreement", "sign_state", "/agreements/:id", s.postSignState)
	web.Command(rt, "/agreements/:id/reports", "progress_report", "submit", "/agreements/:id", s.postReport)
	web.Command(rt, "/progress-reports/:id/accept", "progress_report", "accept", "", s.postAccept)
	web.Command(rt, "/progress-reports/:id/return", "progress_report", "return", "", s.postReturn)
	rt.Tasks(s.Tasks)
	rt.Desk(s.desk)
}

type listPage struct {
	web.Base
	Rows     []Row
	List     web.List
	Statuses []web.Option
	CanDraft bool
}

func (s *Service) list(ctx context.Context, r web.Req) (*listPage, error) {
	p := &listPage{List: r.List("-created_at", "status")}
	if err := s.rows(ctx, &p.List, &p.Rows); err != nil {
		return nil, err
	}
	for _, st := range []Status{Draft, SignedGrantee, Running, Accepted, Settled, Liquidated, Terminated} {
		p.Statuses = append(p.Statuses, web.Option{Value: string(st), Label: i18n.T(ctx, "agreement.status."+string(st))})
	}
	return p, nil
}

func (s *Service) csv(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-created_at", "status").All()
	var rows []Row
	if err := s.rows(ctx, &l, &rows); err != nil {
		return web.File{}, err
	}
	table := make([][]string, len(rows))
	for i, a := range rows {
		table[i] = []string{a.No, a.Title, a.Organisation, a.Amount.String(), a.Paid.String(), i18n.T(ctx, "agreement.status."+string(a.Status))}
	}
	head := []string{i18n.T(ctx, "agreement.no"), i18n.T(ctx, "agreement.title"), i18n.T(ctx, "agreement.organisation"),
		i18n.T(ctx, "agreement.amount"), i18n.T(ctx, "agreement.paid"), i18n.T(ctx, "agreement.state")}
	return r.CSV(ctx, "hop-dong", i18n.T(ctx, "agreement.list"), l, head, table), nil
}

func (s *Service) apiList(ctx context.Context, r web.Req) ([]Row, error) {
	l := r.List("-created_at", "status")
	rows := []Row{}
	err := s.rows(ctx, &l, &rows)
	return rows, err
}

type newPage struct {
	web.Base
	Award *waiting
	Slots []int
	Kinds []web.Option // none where the track pays no advance
}

func (s *Service) newPage(ctx context.Context, r web.Req) (*newPage, error) {
	id, err := r.ID("award")
	if err != nil {
		return nil, err
	}
	rows, err := s.unsigned(ctx)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].ID == id {
			p := &newPage{Award: &rows[i], Slots: []int{0, 1, 2, 3, 4}}
			if rows[i].Track == call.TrackScience {
				for _, k := range []string{KindContent, KindAdvance} {
					p.Kinds = append(p.Kinds, web.Option{Value: k, Label: i18n.T(ctx, "agreement.kind_"+k)})
				}
			}
			return p, nil
		}
	}
	return nil, errs.ErrNotFound
}

type showPage struct {
	web.Base
	Digest     []string // in groups of eight, so that it can be read aloud and wraps
	A          *view
	Paid       money.Amount
	Left       money.Amount
	Track      []web.Stage
	Events     []web.Event
	Reports    []Report
	Names      map[uuid.UUID]string // milestone names by id
	Entries    []ledger.Entry
	Advances   []Advance // paid, first the oldest
	Asked      map[uuid.UUID]Asked
	Accounts   []Account // of the grantee, first the latest; for those who pay
	CanGrantee bool
	CanState   bool
	CanReport  bool
	CanDecide  bool
	CanAsk     bool
}

func (s *Service) show(ctx context.Context, r web.Req) (*showPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	v, err := s.read(ctx, id)
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, s.db)
	p := &showPage{A: v, Names: map[uuid.UUID]string{}}
	for _, m := range v.Milestones {
		p.Names[m.ID] = m.Name
		if m.Status == MilestonePaid {
			p.Paid = p.Paid.Add(m.Amount)
		}
	}
	p.Left = v.Amount.Sub(p.Paid)
	if p.Reports, err = reportsOf(ctx, db, id); err != nil {
		return nil, err
	}
	if p.Entries, err = ledger.Entries(ctx, db, "agreement", id); err != nil {
		return nil, err
	}
	if s.payments != nil {
		if p.Advances, err = s.payments.Advances(ctx, db, id); err != nil {
			return nil, err
		}
	}
	if p.Asked, err = s.asked(ctx, db, id); err != nil {
		return nil, err
	}
	if p.Accounts, err = s.shownAccounts(ctx, db, v); err != nil {
		return nil, err
	}
	can := func(resource, act string) bool { return s.access.Can(ctx, db, resource, act, v) }
	p.CanGrantee = v.Status == Draft && can("agreement", "sign_grantee")
	p.CanState = v.Status == SignedGrantee && can("agreement", "sign_state")
	p.CanReport = can("progress_report", "submit")
	p.CanAsk = can("disbursement_request", "create")
	for i := range p.Reports {
		if p.Reports[i].Status == "submitted" && s.access.Can(ctx, db, "progress_report", "accept", &p.Reports[i]) {
			p.CanDecide = true
		}
	}
	p.Track, p.Events = track(ctx, v)
	for group := range slices.Chunk([]byte(v.Digest), 8) {
		p.Digest = append(p.Digest, string(group))
	}
	return p, nil
}

func stampOf(t time.Time) string { return t.In(calendar.Zone).Format("15:04, 02/01/2006") }

func track(ctx context.Context, v *view) ([]web.Stage, []web.Event) {
	at := map[Status]int{Draft: 0, SignedGrantee: 1, Running: 2, Accepted: 3, Settled: 4, Liquidated: 5, Terminated: 5}[v.Status]
	var stages []web.Stage
	for i, code := range []string{"agreement.track_draft", "agreement.track_signed", "agreement.track_running", "agreement.track_accepted", "agreement.track_settled", "agreement.track_closed"} {
		st := web.Stage{Label: i18n.T(ctx, code)}
		switch {
		case i < at:
			st.State = "done"
		case i == at:
			st.State = "now"
		}
		stages = append(stages, st)
	}
	stamp := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return stampOf(*t)
	}
	event := func(code, name string, at *time.Time) web.Event {
		e := web.Event{Text: i18n.T(ctx, code), At: stamp(at), Done: at != nil}
		if name != "" {
			e.Text += ": " + name
		}
		return e
	}
	events := []web.Event{event("agreement.event_draft", v.DraftedName, &v.CreatedAt),
		event("agreement.event_grantee", v.GranteeName, v.GranteeSignedAt), event("agreement.event_state", v.StateName, v.StateSignedAt)}
	return stages, events
}

// Answer is an agreement as the API gives it.
type Answer struct {
	ID         uuid.UUID         `json:"id"`
	No         string            `json:"no"`
	Title      string            `json:"title"`
	Amount     money.Amount      `json:"amount"`
	Status     Status            `json:"status"`
	Digest     string            `json:"digest"`
	Milestones []MilestoneAnswer `json:"milestones"`
}

// MilestoneAnswer is one milestone as the API gives it.
type MilestoneAnswer struct {
	ID     uuid.UUID    `json:"id"`
	Name   string       `json:"name"`
	Amount money.Amount `json:"amount"`
	DueOn  string       `json:"due_on"`
	Status string       `json:"status"`
	Kind   string       `json:"kind"`
}

func answer(a *Agreement) Answer {
	out := Answer{ID: a.ID, No: a.No, Title: a.Title, Amount: a.Amount, Status: a.Status, Digest: a.Digest, Milestones: []MilestoneAnswer{}}
	for _, m := range a.Milestones {
		out.Milestones = append(out.Milestones, MilestoneAnswer{m.ID, m.Name, m.Amount, m.DueOn.String(), m.Status, m.Kind})
	}
	return out
}

func (s *Service) apiShow(ctx context.Context, r web.Req) (Answer, error) {
	id, err := r.ID("id")
	if err != nil {
		return Answer{}, err
	}
	v, err := s.read(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	return answer(v.Agreement), nil
}

func (s *Service) postDraft(ctx context.Context, r web.Req, in Terms) (web.Done, Answer, error) {
	award, err := r.ID("award")
	if err != nil {
		return web.Done{}, Answer{}, err
	}
	a, err := s.Draft(ctx, award, in)
	if err != nil {
		return web.Done{}, Answer{}, err
	}
	return done(a.ID, "agreement.drafted"), answer(a), nil
}

func (s *Service) postSignGrantee(ctx context.Context, r web.Req, _ struct{}) (web.Done, Answer, error) {
	return s.sign(ctx, r, s.SignGrantee)
}

func (s *Service) postSignState(ctx context.Context, r web.Req, _ struct{}) (web.Done, Answer, error) {
	return s.sign(ctx, r, s.SignState)
}

func (s *Service) sign(ctx context.Context, r web.Req, sign func(context.Context, uuid.UUID) (*Agreement, error)) (web.Done, Answer, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, Answer{}, err
	}
	a, err := sign(ctx, id)
	if err != nil {
		return web.Done{}, Answer{}, err
	}
	return done(id, "agreement.signed"), answer(a), nil
}

type reportIn struct {
	MilestoneID uuid.UUID    `form:"milestone_id" json:"milestone_id" kb:"required"`
	Body        string       `form:"body" json:"body" kb:"required,long"`
	Spent       money.Amount `form:"spent" json:"spent" kb:"required"`
}

type reportAnswer struct {
	ID     uuid.UUID `json:"id"`
	Status string    `json:"status"`
}

func (s *Service) postReport(ctx context.Context, r web.Req, in reportIn) (web.Done, reportAnswer, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, reportAnswer{}, err
	}
	rep, err := s.SubmitReport(ctx, id, in.MilestoneID, in.Body, in.Spent)
	if err != nil {
		return web.Done{}, reportAnswer{}, err
	}
	return done(id, "agreement.reported"), reportAnswer{rep.ID, rep.Status}, nil
}

type noteIn struct {
	Note string `form:"note" json:"note" kb:"max=2000"`
}

func (s *Service) postAccept(ctx context.Context, r web.Req, in noteIn) (web.Done, reportAnswer, error) {
	return s.decide(ctx, r, true, in.Note)
}

func (s *Service) postReturn(ctx context.Context, r web.Req, in noteIn) (web.Done, reportAnswer, error) {
	return s.decide(ctx, r, false, in.Note)
}

func (s *Service) decide(ctx context.Context, r web.Req, accept bool, note string) (web.Done, reportAnswer, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, reportAnswer{}, err
	}
	rep, err := s.DecideReport(ctx, id, accept, note)
	if err != nil {
		return web.Done{}, reportAnswer{}, err
	}
	return done(rep.AgreementID, "agreement.report_decided_notice"), reportAnswer{rep.ID, rep.Status}, nil
}

func done(id uuid.UUID, notice string) web.Done {
	return web.Done{Location: "/agreements/" + id.String(), Notice: notice}
}

var _ access.Object = (*view)(nil)
