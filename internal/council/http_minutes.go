package council

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type minutesPage struct {
	web.Base
	Council          *Council
	Session          *Session
	Matters          []Matter
	Places           []Place
	Secretary, Chair string // who signed
	Body             string // the stored text, or the one to start from
	Meeting          string
	CanDraft         bool
	CanSignSecretary bool
	CanSign          bool
}

func (h handler) minutes(ctx context.Context, r web.Req) (*minutesPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	n, err := number(r)
	if err != nil {
		return nil, err
	}
	ses, err := h.s.minutesOf(ctx, id, n)
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.s.db)
	if open, err := h.s.opensMinutes(ctx, db, ses); err != nil {
		return nil, err
	} else if !open {
		return nil, errs.ErrNotFound
	}
	p := &minutesPage{Session: ses, Meeting: meetingPath(ses), Body: ses.MinutesBody}
	if p.Council, err = Get(ctx, db, id); err != nil {
		return nil, err
	}
	if p.Matters, err = h.s.visible(ctx, ses.ID); err != nil {
		return nil, err
	}
	if p.Places, err = board(ctx, db, ses, nil); err != nil {
		return nil, err
	}
	if p.Secretary, err = signer(ctx, h, ses.SecretarySigned); err != nil {
		return nil, err
	}
	if p.Chair, err = signer(ctx, h, ses.ChairSigned); err != nil {
		return nil, err
	}
	p.CanDraft, p.CanSignSecretary, p.CanSign = h.s.minutesActs(ctx, db, ses)
	if p.Body == "" {
		p.Body = p.Start(ctx)
	}
	return p, nil
}

// minutesActs says what the subject of ctx may do to the minutes now.
func (s *Service) minutesActs(ctx context.Context, db bun.IDB, ses *Session) (draft, secretary, sign bool) {
	can := func(action string) bool { return s.access.Can(ctx, db, "minutes", action, minutes{ses}) }
	draft = (ses.Status == Ended || ses.Status == Drafted && ses.SecretarySigned == nil) && can("draft")
	secretary = ses.Status == Drafted && ses.SecretarySigned == nil && can("sign_secretary")
	return draft, secretary, ses.Status == Drafted && ses.SecretarySigned != nil && can("sign")
}

// opensMinutes says that a reader of minutes may open those of the session. They are one text on every matter: whoever
// is in conflict with one opens them only to write or sign what they sat in, and once signed by them.
func (s *Service) opensMinutes(ctx context.Context, db bun.IDB, ses *Session) (bool, error) {
	all := func() *bun.SelectQuery {
		return db.NewSelect().TableExpr("council_matters AS cm").Where("cm.session_id = ?", ses.ID)
	}
	n, err := all().Count(ctx)
	if err != nil {
		return false, err
	}
	free, err := s.access.Free(ctx, all(), "matter").Count(ctx)
	if err != nil || free == n {
		return err == nil, err
	}
	draft, secretary, sign := s.minutesActs(ctx, db, ses)
	me := access.From(ctx).ID
	return draft || secretary || sign || ses.SecretarySigned != nil && *ses.SecretarySigned == me || ses.ChairSigned != nil && *ses.ChairSigned == me, nil
}

func signer(ctx context.Context, h handler, id *uuid.UUID) (string, error) {
	if id == nil {
		return "", nil
	}
	return personName(ctx, storage.Joined(ctx, h.s.db), *id)
}

// Start is the text of minutes to begin with, made of what the session recorded. It is Vietnamese in every
// language, as the document is.
func (p *minutesPage) Start(ctx context.Context) string {
	say := func(code string, args ...any) string { return i18n.Text(i18n.VI, code, args...) }
	var b strings.Builder
	line := func(s string) { b.WriteString(s + "\n") }
	line(say("council.minutes_head", p.Council.NameVI, p.Council.DecisionNo, p.Council.DecidedOn.Format()))
	line(say("council.minutes_place", calendar.DateOf(p.Session.StartsAt).Format(), p.Session.Place))
	var here, away []string
	for _, pl := range p.Places {
		if pl.State == "absent" {
			away = append(away, pl.PersonName)
		} else {
			here = append(here, pl.PersonName)
		}
	}
	line(say("council.minutes_present", len(here), len(p.Places), strings.Join(here, ", ")))
	if len(away) > 0 {
		line(say("council.minutes_absent", strings.Join(away, ", ")))
	}
	for _, m := range p.Matters {
		if m.Status != Concluded {
			continue
		}
		result := say("council.minutes_votes", m.For, m.Against, m.Cast)
		if m.Mean != nil {
			result = say("council.minutes_mean", m.Printed(), m.Valid, m.Cast)
		}
		line(fmt.Sprintf("%d. %s – %s. %s. %s. %s", m.Position, m.Code, m.TitleVI, result,
			say("council.minutes_conclusion."+string(m.Conclusion), m.Proposed.Format()), m.Note))
	}
	return strings.TrimSpace(b.String())
}

type draftIn struct {
	Version int    `form:"version" json:"version"`
	Body    string `form:"body" json:"body" kb:"required,long"`
}

func (h handler) draft(ctx context.Context, r web.Req, in draftIn) (web.Done, struct{}, error) {
	return h.onMinutes(ctx, r, "council.drafted_notice", func(id uuid.UUID) error { return h.s.DraftMinutes(ctx, id, in.Version, in.Body) })
}

type signIn struct {
	Digest string `form:"digest" json:"digest" kb:"required"`
}

func (h handler) signSecretary(ctx context.Context, r web.Req, in signIn) (web.Done, struct{}, error) {
	return h.onMinutes(ctx, r, "council.signed_notice", func(id uuid.UUID) error { return h.s.SignSecretary(ctx, id, in.Digest) })
}

func (h handler) sign(ctx context.Context, r web.Req, in signIn) (web.Done, struct{}, error) {
	return h.onMinutes(ctx, r, "council.signed_notice", func(id uuid.UUID) error { return h.s.SignChair(ctx, id, in.Digest) })
}

func (h handler) onMinutes(ctx context.Context, r web.Req, notice string, do func(uuid.UUID) error) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	if err := do(id); err != nil {
		return web.Done{}, struct{}{}, err
	}
	done, out, err := h.back(ctx, id, notice)
	done.Location += "/minutes"
	return done, out, err
}
