package council

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type handler struct{ s *Service }

// Routes registers the pages and commands of the room.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/councils", "council", "read", "council/list", h.list)
	web.Download(rt, "/councils.csv", "council", "read", h.csv)
	web.Page(rt, "/councils/new", "council", "create", "council/new", h.new)
	web.Page(rt, "/councils/:id", "council", "read", "council/show", h.show)
	web.Page(rt, "/councils/:id/meetings/:n", "council_session", "read", "council/meeting", h.meeting)
	web.Page(rt, "/councils/:id/meetings/:n/minutes", "minutes", "read", "council/minutes", h.minutes)
	web.Page(rt, "/matters/:id/ballot", "ballot", "cast", "council/ballot", h.ballot)
	web.JSON(rt, "/councils", "council", "read", h.apiList)

	web.Command(rt, "/councils", "council", "create", "/councils/new", h.create)
	web.Command(rt, "/councils/:id/approve", "council", "approve", "/councils/:id", h.approve)
	web.Command(rt, "/councils/:id/meetings", "council_session", "schedule", "/councils/:id", h.schedule)
	web.Command(rt, "/councils/:id/replacements", "council", "propose_secretary", "/councils/:id", h.replace)
	web.Command(rt, "/council-replacements/:id/approve", "council", "replace_secretary", "", h.approveReplacement)
	web.Command(rt, "/meetings/:id/attendance", "council_session", "mark_attendance", "", h.attendance)
	web.Command(rt, "/meetings/:id/open", "council_session", "open", "", h.open)
	web.Command(rt, "/meetings/:id/close", "council_session", "close", "", h.close)
	web.Command(rt, "/matters/:id/present", "council_session", "present", "", h.present)
	web.Command(rt, "/matters/:id/start-ballot", "council_session", "start_ballot", "", h.startBallot)
	web.Command(rt, "/matters/:id/ballot", "ballot", "cast", "/matters/:id/ballot", h.cast)
	web.Command(rt, "/matters/:id/tally", "ballot", "tally", "", h.tally)
	web.Command(rt, "/matters/:id/conclude", "council_session", "conclude", "", h.conclude)
	web.Command(rt, "/matters/:id/recuse", "council_session", "recuse", "", h.recuse)
	web.Command(rt, "/meetings/:id/minutes", "minutes", "draft", "", h.draft)
	web.Command(rt, "/meetings/:id/sign-secretary", "minutes", "sign_secretary", "", h.signSecretary)
	web.Command(rt, "/meetings/:id/sign", "minutes", "sign", "", h.sign)
	rt.Tasks(s.Tasks)
}

type listPage struct {
	web.Base
	List      web.List
	Rows      []Row
	Statuses  []web.Option
	CanCreate bool
	CanMeet   bool // the reader may open the boards of meetings
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	p := &listPage{List: r.List("-created_at", "status")}
	for _, v := range []Status{Proposed, Established} {
		p.Statuses = append(p.Statuses, web.Option{Value: string(v), Label: web.StateWord(r.Lang(), "council", string(v))})
	}
	_, refused := h.s.access.RequireRole(ctx, "council", "create")
	p.CanCreate = refused == nil
	_, refused = h.s.access.RequireRole(ctx, "council_session", "read")
	p.CanMeet = refused == nil
	var err error
	p.Rows, err = h.s.list(ctx, &p.List)
	return p, err
}

func (h handler) apiList(ctx context.Context, r web.Req) ([]Row, error) {
	l := r.List("-created_at", "status")
	return h.s.list(ctx, &l)
}

func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-created_at", "status").All()
	rows, err := h.s.list(ctx, &l)
	if err != nil {
		return web.File{}, err
	}
	var header []string
	for _, code := range []string{"name", "subject", "decision", "seats_count", "judged", "matters", "meeting", "status"} {
		header = append(header, i18n.T(ctx, "council."+code))
	}
	out := make([][]string, len(rows))
	for i, x := range rows {
		meeting := ""
		if x.NextAt != nil {
			meeting = x.NextAt.In(calendar.Zone).Format("15:04, 02/01/2006")
		}
		out[i] = []string{web.Pick(r.Lang(), x.NameVI, x.NameEN), x.SubjectCode, x.DecisionNo, strconv.Itoa(x.Seats), strconv.Itoa(x.Concluded), strconv.Itoa(x.Matters),
			meeting, web.StateWord(r.Lang(), "council", string(x.Status))}
	}
	return r.CSV(ctx, "hoi-dong", i18n.T(ctx, "council.list"), l, header, out), nil
}

type newPage struct {
	web.Base
	Kind        Kind
	Subject     uuid.UUID
	SubjectName string
	Positions   []int
	People      []web.Option
	Secretaries []web.Option
	Kinds       []web.Option
	Choices     []web.Option // calls without a council
}

func (h handler) new(ctx context.Context, r web.Req) (*newPage, error) {
	db := storage.Joined(ctx, h.s.db)
	p := &newPage{Kind: Grant}
	if r.Query("fund") != "" {
		p.Kind = Investment
		p.Subject, _ = uuid.Parse(r.Query("fund"))
	}
	seats := 7
	if p.Kind == Investment {
		seats = 5
	} else if err := h.callChoices(ctx, p, r.Query("call")); err != nil {
		return nil, err
	}
	for i := range seats + 2 {
		p.Positions = append(p.Positions, i)
	}
	people, err := candidates(ctx, db, access.CouncilMember, access.CouncilChair)
	if err != nil {
		return nil, err
	}
	secretaries, err := candidates(ctx, db, access.CouncilSecretary)
	if err != nil {
		return nil, err
	}
	p.People, p.Secretaries = options(people), options(secretaries)
	for _, k := range []SeatKind{Chair, Vice, ScientificSecretary, Critic, Member} {
		p.Kinds = append(p.Kinds, web.Option{Value: string(k), Label: i18n.T(ctx, "council.seat."+string(k))})
	}
	return p, nil
}

func (h handler) callChoices(ctx context.Context, p *newPage, code string) error {
	var rows []struct {
		ID          uuid.UUID
		Code, Title string
	}
	err := storage.Joined(ctx, h.s.db).NewRaw(`SELECT c.id, c.code, c.title_vi AS title FROM calls c
		WHERE c.status IN ('published', 'open', 'closed', 'evaluating')
		AND NOT EXISTS (SELECT 1 FROM councils x WHERE x.subject_id = c.id) ORDER BY c.code DESC`).Scan(ctx, &rows)
	for _, c := range rows {
		if h.s.access.Can(ctx, storage.Joined(ctx, h.s.db), "council", "create", access.Ref{Kind: "call", ID: c.ID}) {
			p.Choices = append(p.Choices, web.Option{Value: c.ID.String(), Label: c.Code + " · " + c.Title})
			if c.Code == code {
				p.Subject = c.ID
			}
		}
	}
	return err
}

func options(ps []Person) []web.Option {
	out := make([]web.Option, len(ps))
	for i, p := range ps {
		out[i] = web.Option{Value: p.ID.String(), Label: p.Name}
	}
	return out
}

type seatIn struct {
	Kind   SeatKind   `form:"kind" json:"kind"`
	Person *uuid.UUID `form:"person" json:"person"`
	Field  string     `form:"field" json:"field"`
}

type createIn struct {
	Kind      Kind      `form:"kind" json:"kind" kb:"required"`
	Subject   uuid.UUID `form:"subject" json:"subject" kb:"required"`
	NameVI    string    `form:"name_vi" json:"name_vi" kb:"required"`
	NameEN    string    `form:"name_en" json:"name_en"`
	Secretary uuid.UUID `form:"secretary" json:"secretary" kb:"required"`
	Seats     []seatIn  `form:"seats" json:"seats" kb:"max=20"`
}

type createdOut struct {
	ID uuid.UUID `json:"id"`
}

func (h handler) create(ctx context.Context, r web.Req, in createIn) (web.Done, createdOut, error) {
	n := NewCouncil{Kind: in.Kind, Subject: in.Subject, NameVI: in.NameVI, NameEN: in.NameEN, Secretary: in.Secretary}
	for _, s := range in.Seats {
		if s.Person != nil {
			n.Seats = append(n.Seats, NewSeat{Kind: s.Kind, Person: *s.Person, Field: s.Field})
		}
	}
	c, err := h.s.Create(ctx, n)
	if err != nil {
		return web.Done{}, createdOut{}, err
	}
	to := "/councils/" + c.ID.String()
	if _, err := h.s.access.RequireRole(ctx, "council", "read"); err != nil {
		to = "/inbox" // a fund manager proposes the board and has no part in its work
	}
	return web.Done{Location: to, Notice: "council.proposed_notice"}, createdOut{c.ID}, nil
}

type showPage struct {
	web.Base
	Council     *Council
	Secretary   string
	Sessions    []Session
	CanMeet     bool               // the reader may open the boards
	Minutes     map[uuid.UUID]bool // sessions whose minutes the reader may open
	Waiting     []Subject
	CanApprove  bool
	CanSchedule bool

	Replacements        []replacementRow
	Subjects, Replacing []web.Option // to put a replacement forward; none when the reader may not
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	c, err := h.s.show(ctx, id)
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.s.db)
	p := &showPage{Council: c, Minutes: map[uuid.UUID]bool{}, CanApprove: c.Status == Proposed && h.s.access.Can(ctx, db, "council", "approve", c),
		CanSchedule: c.Status == Established && h.s.access.Can(ctx, db, "council_session", "schedule", c)}
	if p.Secretary, err = personName(ctx, db, c.SecretaryID); err != nil {
		return nil, err
	}
	if p.Sessions, err = h.s.sessions(ctx, id); err != nil {
		return nil, err
	}
	for i := range p.Sessions {
		p.CanMeet = p.CanMeet || h.s.access.Can(ctx, db, "council_session", "read", &p.Sessions[i])
		if p.Sessions[i].EndedAt == nil || !h.s.access.Can(ctx, db, "minutes", "read", &p.Sessions[i]) {
			continue
		}
		if p.Minutes[p.Sessions[i].ID], err = h.s.opensMinutes(ctx, db, &p.Sessions[i]); err != nil {
			return nil, err
		}
	}
	if p.CanSchedule && h.s.sources[c.kindOf()] != nil {
		if p.Waiting, err = h.s.schedulable(ctx, db, c); err != nil {
			return nil, err
		}
	}
	return p, h.fillReplacements(ctx, p)
}

type approveIn struct {
	Version    int           `form:"version" json:"version"`
	DecisionNo string        `form:"decision_no" json:"decision_no" kb:"required"`
	DecidedOn  calendar.Date `form:"decided_on" json:"decided_on" kb:"required"`
}

func (h handler) approve(ctx context.Context, r web.Req, in approveIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.s.Approve(ctx, id, in.Version, in.DecisionNo, in.DecidedOn)
	}
	return web.Done{Location: "/councils/" + id.String(), Notice: "council.established_notice"}, struct{}{}, err
}

type scheduleIn struct {
	StartsAt time.Time   `form:"starts_at" json:"starts_at" kb:"required"`
	Place    string      `form:"place" json:"place" kb:"required"`
	Online   bool        `form:"online" json:"online"`
	Subjects []uuid.UUID `form:"subjects" json:"subjects" kb:"max=100"`
}

type scheduledOut struct {
	ID     uuid.UUID `json:"id"`
	Number int       `json:"number"`
}

func (h handler) schedule(ctx context.Context, r web.Req, in scheduleIn) (web.Done, scheduledOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, scheduledOut{}, err
	}
	ses, err := h.s.Schedule(ctx, id, Agenda(in))
	if err != nil {
		return web.Done{}, scheduledOut{}, err
	}
	return web.Done{Location: meetingPath(ses), Notice: "council.scheduled_notice"}, scheduledOut{ses.ID, ses.Number}, nil
}

func meetingPath(s *Session) string {
	return "/councils/" + s.CouncilID.String() + "/meetings/" + strconv.Itoa(s.Number)
}

// back is the meeting page of a session, for the answer of its commands.
func (h handler) back(ctx context.Context, session uuid.UUID, notice string) (web.Done, struct{}, error) {
	ses, err := readSession(ctx, storage.Joined(ctx, h.s.db).NewSelect(), session)
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: meetingPath(ses), Notice: notice}, struct{}{}, nil
}

func number(r web.Req) (int, error) {
	n, err := strconv.Atoi(r.Param("n"))
	if err != nil || n < 1 {
		return 0, errs.ErrNotFound
	}
	return n, nil
}
