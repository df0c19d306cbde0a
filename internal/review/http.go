package review

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/proposal"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type handler struct{ s *Service }

// Routes registers the pages and commands of the room.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/reviews", "review_assignment", "read", "review/list", h.list)
	web.Download(rt, "/reviews.csv", "review_assignment", "read", h.csv)
	web.Page(rt, "/reviews/:id", "review_assignment", "read", "review/show", h.show)
	web.Page(rt, "/conflicts", "coi_declaration", "create", "review/conflicts", h.conflicts)
	web.Page(rt, "/proposals/:id/assignments", "review_assignment", "read", "review/assign", h.assignments)
	web.JSON(rt, "/reviews", "review_assignment", "read", h.apiList)
	web.Command(rt, "/conflicts", "coi_declaration", "create", "/conflicts", h.declare)
	web.Command(rt, "/conflicts/impose", "coi_declaration", "resolve", "", h.impose)
	web.Command(rt, "/proposals/:id/assignments", "review_assignment", "propose", "/proposals/:id/assignments", h.propose)
	web.Command(rt, "/assignments/:id/approve", "review_assignment", "approve", "", h.approve)
	web.Command(rt, "/assignments/:id/accept", "review_assignment", "accept", "", h.accept)
	web.Command(rt, "/assignments/:id/decline", "review_assignment", "decline", "", h.decline)
	web.Command(rt, "/reviews/:id/draft", "review", "draft", "/reviews/:id", h.draft)
	web.Command(rt, "/reviews/:id/submit", "review", "submit", "/reviews/:id", h.submit)
	rt.Tasks(s.Tasks)
}

type listPage struct {
	web.Base
	List     web.List
	Rows     []Row
	Statuses []web.Option
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	p := &listPage{List: r.List("due_on", "status")}
	for _, v := range []Status{Approved, Accepted, Declined, Submitted, Locked} {
		p.Statuses = append(p.Statuses, web.Option{Value: string(v), Label: web.StateWord(r.Lang(), "review_assignment", string(v))})
	}
	var err error
	p.Rows, err = h.s.page(ctx, storage.Joined(ctx, h.s.db), access.From(ctx).ID, &p.List)
	return p, err
}

func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("due_on", "status").All()
	rows, err := h.s.page(ctx, storage.Joined(ctx, h.s.db), access.From(ctx).ID, &l)
	if err != nil {
		return web.File{}, err
	}
	var header []string
	for _, code := range []string{"code", "proposal", "call", "due_on", "points", "status"} {
		header = append(header, i18n.T(ctx, "review."+code))
	}
	out := make([][]string, len(rows))
	for i, x := range rows {
		points := ""
		if x.Total != nil {
			points = strconv.Itoa(*x.Total)
		}
		out[i] = []string{x.Code, web.Pick(r.Lang(), x.TitleVI, x.TitleEN), x.CallCode, x.DueOn.Format(), points, web.StateWord(r.Lang(), "review_assignment", string(x.Status))}
	}
	return r.CSV(ctx, "ho-so-duoc-phan-cong", i18n.T(ctx, "review.list"), l, header, out), nil
}

// RowOut is an assignment in the API: what its reader may know, no names.
type RowOut struct {
	ID     uuid.UUID     `json:"id"`
	Sheet  *uuid.UUID    `json:"sheet"`
	Code   string        `json:"code"`
	Title  string        `json:"title"`
	DueOn  calendar.Date `json:"due_on"`
	Status Status        `json:"status"`
}

func (h handler) apiList(ctx context.Context, r web.Req) ([]RowOut, error) {
	rows, err := h.s.mine(ctx, storage.Joined(ctx, h.s.db), access.From(ctx).ID)
	out := make([]RowOut, len(rows))
	for i, a := range rows {
		out[i] = RowOut{a.ID, a.SheetID, a.Code, a.TitleVI, a.DueOn, a.Status}
	}
	return out, err
}

// line is one criterion of the rubric.
type line struct {
	call.Criterion
	Points  *int
	Comment string
	Levels  []level
}

// level is one choice of the scale; Level is -1 for stored points between two levels.
type level struct{ Level, Points int }

// Weight is the points of one level.
func (l line) Weight() int { return l.MaxPoints / topLevel }

const topLevel = 5

// Given is the points as typed, "" while there are none.
func (l line) Given() string {
	if l.Points == nil {
		return ""
	}
	return strconv.Itoa(*l.Points)
}

type showPage struct {
	web.Base
	Sheet           *Sheet
	Assignment      *Assignment
	Proposal        *proposal.Proposal
	Costs           []proposal.Cost
	Lines           []line
	PassMark        string
	Recommendations []web.Option
	Mine            bool
	CanDraft        bool
	Declared        bool
}

// show is the sheet of a reader: theirs to fill, or another's to read once the rules open it.
func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.s.db)
	p := &showPage{Sheet: new(Sheet)}
	if err := found(db.NewSelect().Model(p.Sheet).Where("rs.id = ?", id).Scan(ctx), "sheet", id); err != nil {
		return nil, err
	}
	free, err := h.s.access.FreeOf(ctx, db, p.Sheet.AccessKind(), []uuid.UUID{id}) // one's own sheet holds the dossier
	if err != nil {
		return nil, err
	}
	p.Mine = len(free) == 1 && h.s.can(ctx, "read_own", p.Sheet)
	if !p.Mine && !h.s.can(ctx, "read_others", p.Sheet) {
		return nil, errs.ErrNotFound
	}
	p.CanDraft = p.Mine && h.s.can(ctx, "draft", p.Sheet)
	if err := loadScores(ctx, db, p.Sheet); err != nil {
		return nil, err
	}
	p.Assignment = new(Assignment)
	if err := found(db.NewSelect().Model(p.Assignment).Where("ra.id = ?", p.Sheet.AssignmentID).Scan(ctx), "assignment", id); err != nil {
		return nil, err
	}
	if p.Proposal, err = proposal.Get(ctx, db, p.Sheet.ProposalID); err != nil {
		return nil, err
	}
	if p.Costs, err = proposal.Costs(ctx, db, p.Sheet.ProposalID); err != nil {
		return nil, err
	}
	k, err := call.Get(ctx, db, p.Proposal.CallID)
	if err != nil {
		return nil, err
	}
	p.PassMark = k.PassMark.String()
	p.rubric(k.Criteria)
	for _, v := range []string{"support", "support_adjusted", "not_support"} {
		p.Recommendations = append(p.Recommendations, web.Option{Value: v, Label: i18n.T(ctx, "review.recommendation."+v), Selected: v == p.Sheet.Recommendation})
	}
	return p, nil
}

func (p *showPage) rubric(criteria []call.Criterion) {
	for _, c := range criteria {
		l := line{Criterion: c}
		for _, s := range p.Sheet.Scores {
			if s.CriterionID == c.ID {
				l.Points, l.Comment = s.Points, s.Comment
			}
		}
		if c.MaxPoints > 0 && c.MaxPoints%topLevel == 0 {
			for n := range topLevel + 1 {
				l.Levels = append(l.Levels, level{n, n * c.MaxPoints / topLevel})
			}
			if l.Points != nil && *l.Points%l.Weight() != 0 {
				l.Levels = append(l.Levels, level{-1, *l.Points})
			}
		}
		p.Lines = append(p.Lines, l)
	}
}

type scoreIn struct {
	Criterion uuid.UUID `form:"criterion" json:"criterion"`
	Points    string    `form:"points" json:"points"`
	Comment   string    `form:"comment" json:"comment" kb:"max=2000"`
}

type opinionIn struct {
	Version        int       `form:"version" json:"version"`
	Scores         []scoreIn `form:"scores" json:"scores" kb:"max=50"`
	Recommendation string    `form:"recommendation" json:"recommendation"`
	Comment        string    `form:"comment" json:"comment" kb:"max=5000"`
}

func (in opinionIn) opinion() (Opinion, error) {
	o := Opinion{Version: in.Version, Recommendation: in.Recommendation, Comment: in.Comment}
	for i, s := range in.Scores {
		score := Score{CriterionID: s.Criterion, Comment: s.Comment}
		if s.Points != "" {
			n, err := strconv.Atoi(s.Points)
			if err != nil {
				return o, errs.FieldError(fmt.Sprintf("scores[%d].points", i), "review.points_whole")
			}
			score.Points = &n
		}
		o.Scores = append(o.Scores, score)
	}
	return o, nil
}

func (h handler) draft(ctx context.Context, r web.Req, in opinionIn) (web.Done, struct{}, error) {
	done, out, err := h.write(ctx, r, in, h.s.DraftSheet, "review.saved_notice")
	done.Fragment = "saved"
	return done, out, err
}

func (h handler) submit(ctx context.Context, r web.Req, in opinionIn) (web.Done, struct{}, error) {
	return h.write(ctx, r, in, h.s.SubmitSheet, "review.submitted_notice")
}

func (h handler) write(ctx context.Context, r web.Req, in opinionIn, do func(context.Context, uuid.UUID, Opinion) error, notice string) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	o, err := in.opinion()
	if err == nil {
		err = do(ctx, id, o)
	}
	return web.Done{Location: "/reviews/" + id.String(), Notice: notice}, struct{}{}, err
}
