package proposal

import (
	"context"
	"reflect"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// AnswersEdit is what an applicant answers to one section of the call's own questions. A question left out keeps its answer.
type AnswersEdit struct {
	Version int          `form:"version" json:"version"`
	Answers []form.Typed `form:"answers" json:"answers" kb:"max=100"`
}

// answering is a section as stored and as typed.
type answering struct {
	form  *form.Form
	typed form.Answers
	lang  i18n.Lang
}

// fields compares the answers as they are read; they are kept by SaveAnswers.
func (e answering) fields(p *Proposal) (fs []field) {
	for _, q := range e.form.Fields() {
		a, sent := e.typed[q.Key]
		if !sent || reflect.DeepEqual(a, p.Answers[q.Key]) || a.Blank() && p.Answers[q.Key].Blank() {
			continue
		}
		now := e.words(q, p.Answers[q.Key])
		fs = append(fs, field{"proposal.answer", &now, e.words(q, a)})
	}
	return fs
}

// words is a question with its answer in one line.
func (e answering) words(q *form.Field, a form.Answer) string {
	label, text := web.Pick(e.lang, q.LabelVI, q.LabelEN), ""
	for _, r := range e.form.Readings(form.Answers{q.Key: a}, e.lang) {
		text = r.Text
		for _, row := range r.Rows {
			text += strings.Join(row, " | ") + "; "
		}
	}
	return label + ": " + text
}

// SaveAnswers keeps the answers of one section. It refuses with form.ErrAnswer what is not of a question's kind; what is
// missing or too long is kept and refused at submission. plain says that values are written as in JSON.
func (s *Service) SaveAnswers(ctx context.Context, id uuid.UUID, section string, e AnswersEdit, plain bool) error {
	db := storage.Joined(ctx, s.db)
	p, err := Get(ctx, db, id)
	if err != nil {
		return err
	}
	d, err := dossier(ctx, db, p) // its form is read before the lock: a move to another raises the version
	if err != nil {
		return err
	}
	if d.Form == nil || d.Form.Section(section) == nil {
		return errs.ErrNotFound
	}
	typed, wrong := d.Form.Section(section).Read(e.Answers, plain)
	if wrong != nil {
		if err := s.mayEdit(ctx, db, p); err != nil {
			return err
		}
		return wrong
	}
	return s.save(ctx, id, e.Version, PartQuestions+section, answering{d.Form, typed, i18n.From(ctx)}, func(_ context.Context, _ bun.Tx, p *Proposal) (bool, error) {
		changed := false
		for k, a := range typed {
			changed = changed || !reflect.DeepEqual(a, p.Answers[k]) && !(a.Blank() && p.Answers[k].Blank())
			if a.Blank() {
				delete(p.Answers, k)
			} else {
				p.Answers[k] = a
			}
		}
		return changed, nil
	})
}

func (h handler) questions(ctx context.Context, r web.Req) (*draftPage, error) {
	d, err := h.svc.editable(ctx, r)
	if err != nil {
		return nil, err
	}
	if d.Form == nil {
		return nil, errs.ErrNotFound
	}
	s := d.Form.Section(r.Param("section"))
	if s == nil {
		return nil, errs.ErrNotFound
	}
	p, err := h.onPart(ctx, d, PartQuestions+s.Key)
	if err != nil {
		return nil, err
	}
	p.Lead, p.Questions = web.Pick(r.Lang(), s.HelpVI, s.HelpEN), s.Inputs(d.Answers, r.Lang())
	d.Form.Leads(p.Questions, r.Lang())
	return p, nil
}

func (h handler) answer(ctx context.Context, r web.Req, in AnswersEdit) (web.Done, versionView, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, versionView{}, err
	}
	section := r.Param("section")
	if err := h.svc.SaveAnswers(ctx, id, section, in, r.API()); err != nil {
		return web.Done{}, versionView{}, err
	}
	return h.saved(ctx, id, PartQuestions+section)
}
