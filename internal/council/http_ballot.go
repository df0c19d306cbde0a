package council

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/review"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// question is one line of the ballot form: a criterion with levels, or a content item.
type question struct {
	ID     uuid.UUID
	Name   string
	Max    int
	Levels []level // 0–5 × weight; empty when the most points do not divide by five
	Points *int    // from the reader's own sheet, offered as a start
	Text   string
}

// level is one choice of the scale. Level is -1 for points between two levels, which the reader's sheet gave.
type level struct{ Level, Points int }

type ballotPage struct {
	web.Base
	Matter    *Matter
	Meeting   string
	Questions []question
	PassMark  string
	Loaded    bool // points come from the reader's own sheet
	Total     int  // of the points offered
}

// Weight is the points of one level.
func (q question) Weight() int { return q.Max / levels }

const levels = 5

// Given is the points offered, "" when there are none.
func (q question) Given() string {
	if q.Points == nil {
		return ""
	}
	return strconv.Itoa(*q.Points)
}

func (h handler) ballot(ctx context.Context, r web.Req) (*ballotPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	m, err := h.s.matter(ctx, id)
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.s.db)
	if _, err := h.s.access.Require(ctx, db, "ballot", "cast", m); err != nil {
		return nil, err
	}
	cast, err := hasCast(ctx, db, m.ID, access.From(ctx).ID)
	if err != nil {
		return nil, err
	}
	if cast {
		return nil, ErrCastAlready
	}
	c, err := Get(ctx, db, m.CouncilID)
	if err != nil {
		return nil, err
	}
	ses, err := readSession(ctx, db.NewSelect(), m.SessionID)
	if err != nil {
		return nil, err
	}
	p := &ballotPage{Matter: m, Meeting: meetingPath(ses) + "?matter=" + m.ID.String()}
	switch m.BallotKind {
	case Points:
		k, err := call.Get(ctx, db, c.SubjectID)
		if err != nil {
			return nil, err
		}
		p.PassMark = k.PassMark.String()
		for _, cr := range k.Criteria {
			p.Questions = append(p.Questions, criterionQuestion(ctx, cr))
		}
		if err := h.loadSheet(ctx, p, m.SubjectID); err != nil {
			return nil, err
		}
	case PassFail:
		items, err := itemsOf(ctx, db, m.ID)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			p.Questions = append(p.Questions, question{ID: it.ID, Name: it.NameVI})
		}
	}
	return p, nil
}

func criterionQuestion(ctx context.Context, c call.Criterion) question {
	q := question{ID: c.ID, Name: c.NameVI, Max: c.MaxPoints}
	if i18n.From(ctx) == i18n.EN && c.NameEN != "" {
		q.Name = c.NameEN
	}
	if c.MaxPoints > 0 && c.MaxPoints%levels == 0 {
		for l := range levels + 1 {
			q.Levels = append(q.Levels, level{l, l * c.MaxPoints / levels})
		}
	}
	return q
}

// offer puts the points of a sheet into the question, as a choice of their own when they lie between two levels.
func (q *question) offer(s review.Score) {
	q.Points, q.Text = s.Points, s.Comment
	if q.Levels != nil && *s.Points%q.Weight() != 0 {
		q.Levels = append(q.Levels, level{-1, *s.Points})
	}
}

// loadSheet offers the points of the reader's own sent sheet.
func (h handler) loadSheet(ctx context.Context, p *ballotPage, proposal uuid.UUID) error {
	sheet, err := review.SheetBy(ctx, storage.Joined(ctx, h.s.db), proposal, access.From(ctx).ID)
	if errs.From(err).Is(errs.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if sheet.SubmittedAt == nil {
		return nil
	}
	for i := range p.Questions {
		for _, s := range sheet.Scores {
			if s.CriterionID == p.Questions[i].ID {
				p.Questions[i].offer(s)
				p.Loaded, p.Total = true, p.Total+*s.Points
			}
		}
	}
	return nil
}

type lineIn struct {
	Criterion *uuid.UUID `form:"criterion" json:"criterion"`
	Item      *uuid.UUID `form:"item" json:"item"`
	Points    string     `form:"points" json:"points"`
	Passed    string     `form:"passed" json:"passed"` // yes or no
	Comment   string     `form:"comment" json:"comment" kb:"max=2000"`
}

type castIn struct {
	Lines  []lineIn `form:"lines" json:"lines" kb:"max=50"`
	Choice string   `form:"choice" json:"choice"`
	Remark string   `form:"remark" json:"remark" kb:"max=2000"`
}

func (h handler) cast(ctx context.Context, r web.Req, in castIn) (web.Done, struct{}, error) {
	b := Ballot{Choice: in.Choice, Remark: in.Remark}
	for i, l := range in.Lines {
		line, err := l.line(i)
		if err != nil {
			return web.Done{}, struct{}{}, err
		}
		b.Lines = append(b.Lines, line)
	}
	return h.onMatter(ctx, r, "council.cast_notice", func(ctx context.Context, id uuid.UUID) error { return h.s.Cast(ctx, id, b) })
}

func (l lineIn) line(i int) (BallotLine, error) {
	out := BallotLine{CriterionID: l.Criterion, ItemID: l.Item, Comment: l.Comment}
	if l.Points != "" {
		n, err := strconv.Atoi(l.Points)
		if err != nil {
			return out, ErrBallot.At(errs.Field{Name: fmt.Sprintf("lines[%d].points", i), Code: "council.points_whole"})
		}
		out.Points = &n
	}
	if l.Passed != "" {
		yes := l.Passed == "yes"
		out.Passed = &yes
	}
	return out, nil
}
