package council

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/review"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// can is what the reader may do now; each shows one button.
type can struct {
	Mark, Open, Close, Present, StartBallot, Cast, Tally, Conclude, Recuse, Minutes bool
}

type meetingPage struct {
	web.Base
	Council  *Council
	Session  *Session
	Stats    []web.Stat
	Matters  []Matter
	Current  *Matter
	Next     *Matter
	Places   []Place
	Missing  []string // names of those whose ballot is awaited
	Quorum   Quorum
	Slips    []Slip // ballots by number, after the count
	Items    []Item
	Sheets   []review.Sheet
	Spread   int
	Can      can
	Presence []web.Option
	Stands   []web.Option // ordinary members who may be authorised to preside
	Outcomes []web.Option
}

func (h handler) meeting(ctx context.Context, r web.Req) (*meetingPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	n, err := number(r)
	if err != nil {
		return nil, err
	}
	ses, err := h.s.sessionOf(ctx, id, n)
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.s.db)
	p := &meetingPage{Session: ses}
	if p.Council, err = Get(ctx, db, id); err != nil {
		return nil, err
	}
	if p.Matters, err = h.s.visible(ctx, ses.ID); err != nil {
		return nil, err
	}
	p.choose(r.Query("matter"))
	var current *uuid.UUID
	if p.Current != nil {
		current = &p.Current.ID
	}
	if p.Quorum, err = quorumOf(ctx, db, ses.ID, current); err != nil {
		return nil, err
	}
	if p.Places, err = board(ctx, db, ses, p.Current); err != nil {
		return nil, err
	}
	for _, pl := range p.Places {
		if pl.State == "scoring" {
			p.Missing = append(p.Missing, pl.PersonName)
		}
	}
	if err := h.results(ctx, p); err != nil {
		return nil, err
	}
	if err := h.buttons(ctx, p); err != nil {
		return nil, err
	}
	p.stats(ctx)
	for _, v := range []string{"present", "online", "absent"} {
		p.Presence = append(p.Presence, web.Option{Value: v, Label: i18n.T(ctx, "council.presence."+v)})
	}
	for _, pl := range p.Places {
		if pl.Kind != Chair && pl.Kind != Vice {
			p.Stands = append(p.Stands, web.Option{Value: pl.ID.String(), Label: pl.PersonName,
				Selected: ses.PresidingSeatID != nil && *ses.PresidingSeatID == pl.ID})
		}
	}
	for _, v := range []Conclusion{Support, SupportLess, NotSupport} {
		p.Outcomes = append(p.Outcomes, web.Option{Value: string(v), Label: i18n.T(ctx, "council.conclusion."+string(v))})
	}
	return p, nil
}

// choose picks the matter in the middle: the one asked for, else the one under way, else the last concluded.
func (p *meetingPage) choose(asked string) {
	for i := range p.Matters {
		m := &p.Matters[i]
		if m.ID.String() == asked {
			p.Current = m
		}
		if p.Next == nil && m.Status == Waiting {
			p.Next = m
		}
	}
	for i := range p.Matters {
		if m := &p.Matters[i]; p.Current == nil && slices.Contains([]MatterStatus{Presented, Balloting, Counted}, m.Status) {
			p.Current = m
		}
	}
	if p.Current == nil {
		for i := range p.Matters {
			if p.Matters[i].Status == Concluded {
				p.Current = &p.Matters[i]
			}
		}
	}
	if p.Current == nil && p.Next != nil {
		p.Current = p.Next
	}
}

// results adds what the count gave, to readers who may see it; before the count there is nothing to add.
func (h handler) results(ctx context.Context, p *meetingPage) (err error) {
	m := p.Current
	if m == nil {
		return nil
	}
	db := storage.Joined(ctx, h.s.db)
	if m.CountedAt != nil {
		if p.Slips, err = h.s.counted(ctx, m); err != nil {
			return err
		}
		if m.Highest != nil && m.Lowest != nil {
			p.Spread = *m.Highest - *m.Lowest
		}
	}
	if p.Items, err = itemsOf(ctx, db, m.ID); err != nil {
		return err
	}
	if m.Kind == "proposal" && m.Status != Waiting && h.s.access.Can(ctx, db, "council_session", "attend", m) {
		p.Sheets, err = review.SheetsOf(ctx, db, m.SubjectID)
		p.Sheets = slices.DeleteFunc(p.Sheets, func(sheet review.Sheet) bool { // a link leads only where the reader may go
			o := access.Ref{Kind: "review", ID: sheet.ID}
			return !h.s.access.Can(ctx, db, "review", "read_others", o) && !h.s.access.Can(ctx, db, "review", "read_own", o)
		})
	}
	return err
}

func (h handler) buttons(ctx context.Context, p *meetingPage) (err error) {
	db, acc, ses := storage.Joined(ctx, h.s.db), h.s.access, p.Session
	p.Can.Mark = (ses.Status == Scheduled || ses.Status == Opened) && acc.Can(ctx, db, "council_session", "mark_attendance", ses)
	p.Can.Open = ses.Status == Scheduled && acc.Can(ctx, db, "council_session", "open", ses)
	p.Can.Close = ses.Status == Opened && acc.Can(ctx, db, "council_session", "close", ses)
	if ses.EndedAt != nil && acc.Can(ctx, db, "minutes", "read", ses) {
		p.Can.Minutes, err = h.s.opensMinutes(ctx, db, ses)
	}
	m := p.Current
	if err != nil || m == nil || ses.Status != Opened {
		return err
	}
	p.Can.Present = m.Status == Waiting && acc.Can(ctx, db, "council_session", "present", m)
	p.Can.StartBallot = m.Status == Presented && acc.Can(ctx, db, "council_session", "start_ballot", m)
	p.Can.Tally = m.Status == Balloting && acc.Can(ctx, db, "ballot", "tally", m)
	p.Can.Conclude = m.Status == Counted && acc.Can(ctx, db, "council_session", "conclude", m)
	p.Can.Recuse = m.CountedAt == nil && acc.Can(ctx, db, "council_session", "recuse", m)
	me := access.From(ctx).ID
	for _, pl := range p.Places {
		if pl.PersonID == me && pl.State == "scoring" {
			p.Can.Cast = acc.Can(ctx, db, "ballot", "cast", m)
		}
	}
	return nil
}

func (p *meetingPage) stats(ctx context.Context) {
	concluded, support := 0, money.Amount{}
	for _, m := range p.Matters {
		if m.Status == Concluded {
			concluded++
			support = support.Add(*m.Proposed)
		}
	}
	note := i18n.T(ctx, "council.quorum_short", p.Quorum.Needed)
	if p.Quorum.Met {
		note = i18n.T(ctx, "council.quorum_met", p.Quorum.Needed)
	}
	sum := "council.support_sum"
	if p.Council.Kind == Investment {
		sum = "council.investment_sum"
	}
	p.Stats = []web.Stat{
		{Label: i18n.T(ctx, "council.present"), Value: strconv.FormatInt(p.Quorum.Present, 10), Unit: i18n.T(ctx, "council.of", p.Quorum.Seats), Note: note},
		{Label: i18n.T(ctx, "council.judged"), Value: strconv.Itoa(concluded), Unit: i18n.T(ctx, "council.of", len(p.Matters))},
		{Label: i18n.T(ctx, sum), Value: support.Format(), Unit: "đ"},
	}
}

type markIn struct {
	Seat     uuid.UUID `form:"seat" json:"seat"`
	Presence string    `form:"presence" json:"presence"`
	Note     string    `form:"note" json:"note"`
}

type attendanceIn struct {
	Marks           []markIn   `form:"marks" json:"marks" kb:"max=20"`
	PresidingSeat   *uuid.UUID `form:"presiding_seat" json:"presiding_seat"`
	AuthorisationNo string     `form:"authorisation_no" json:"authorisation_no"`
}

func (h handler) attendance(ctx context.Context, r web.Req, in attendanceIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	var marks []Mark
	for _, m := range in.Marks {
		if m.Presence != "" {
			marks = append(marks, Mark(m))
		}
	}
	var stand Stand
	if in.PresidingSeat != nil {
		stand = Stand{*in.PresidingSeat, in.AuthorisationNo}
	}
	if err := h.s.MarkAttendance(ctx, id, marks, stand); err != nil {
		return web.Done{}, struct{}{}, err
	}
	return h.back(ctx, id, "council.marked_notice")
}

type nothing struct{}

func (h handler) open(ctx context.Context, r web.Req, in nothing) (web.Done, struct{}, error) {
	return h.session(ctx, r, h.s.Open, "council.opened_notice")
}

func (h handler) close(ctx context.Context, r web.Req, in nothing) (web.Done, struct{}, error) {
	return h.session(ctx, r, h.s.Close, "council.closed_notice")
}

func (h handler) session(ctx context.Context, r web.Req, do func(context.Context, uuid.UUID) error, notice string) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	if err := do(ctx, id); err != nil {
		return web.Done{}, struct{}{}, err
	}
	return h.back(ctx, id, notice)
}

func (h handler) onMatter(ctx context.Context, r web.Req, notice string, do func(context.Context, uuid.UUID) error) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	if err := do(ctx, id); err != nil {
		return web.Done{}, struct{}{}, err
	}
	m := new(Matter)
	if err := found(storage.Joined(ctx, h.s.db).NewSelect().Model(m).Where("cm.id = ?", id).Scan(ctx), "matter", id); err != nil {
		return web.Done{}, struct{}{}, err
	}
	done, out, err := h.back(ctx, m.SessionID, notice)
	done.Location += "?matter=" + id.String()
	return done, out, err
}

func (h handler) present(ctx context.Context, r web.Req, in nothing) (web.Done, struct{}, error) {
	return h.onMatter(ctx, r, "council.presented_notice", h.s.Present)
}

func (h handler) startBallot(ctx context.Context, r web.Req, in nothing) (web.Done, struct{}, error) {
	return h.onMatter(ctx, r, "council.balloting_notice", h.s.StartBallot)
}

func (h handler) tally(ctx context.Context, r web.Req, in nothing) (web.Done, struct{}, error) {
	return h.onMatter(ctx, r, "council.counted_notice", h.s.Tally)
}

type concludeIn struct {
	Conclusion Conclusion   `form:"conclusion" json:"conclusion" kb:"required"`
	Proposed   money.Amount `form:"proposed" json:"proposed"`
	Note       string       `form:"note" json:"note" kb:"long"`
}

func (h handler) conclude(ctx context.Context, r web.Req, in concludeIn) (web.Done, struct{}, error) {
	return h.onMatter(ctx, r, "council.concluded_notice", func(ctx context.Context, id uuid.UUID) error {
		return h.s.Conclude(ctx, id, in.Conclusion, in.Proposed, in.Note)
	})
}

type recuseIn struct {
	Ground string `form:"ground" json:"ground" kb:"required"`
}

func (h handler) recuse(ctx context.Context, r web.Req, in recuseIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.s.Recuse(ctx, id, in.Ground)
	}
	return web.Done{Location: "/councils", Notice: "council.recused_notice"}, struct{}{}, err
}
