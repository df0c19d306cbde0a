package allocation

import (
	"context"
	"html/template"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/council"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type handler struct{ s *Service }

// Routes registers the pages and commands of the room.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/councils/:id/ranking", "ranking", "read", "allocation/ranking", h.ranking)
	web.Download(rt, "/rankings/:id/table.csv", "ranking", "read", h.rankingCSV)
	web.Page(rt, "/award-sets", "award", "read", "allocation/list", h.list)
	web.Download(rt, "/award-sets.csv", "award", "read", h.setsCSV)
	web.Page(rt, "/award-sets/:id", "award", "read", "allocation/show", h.show)
	web.Page(rt, "/award-sets/:id/decision", "award", "read", "allocation/decision", h.decision)
	web.Page(rt, "/results", web.Everyone, "", "allocation/results", h.results)
	web.Page(rt, "/results/:call", web.Everyone, "", "allocation/result", h.result)
	web.Page(rt, "/results/:call/decision", web.Everyone, "", "allocation/decision", h.publicDecision)
	web.Download(rt, "/results/:call/table.csv", web.Everyone, "", h.resultCSV)
	web.JSON(rt, "/award-sets", "award", "read", h.apiSets)
	web.JSON(rt, "/results", web.Everyone, "", h.apiResults)

	web.Command(rt, "/rankings/:id/finalise", "ranking", "finalise", "", h.finalise)
	web.Command(rt, "/rankings/:id/award-set", "award", "draft", "", h.draft)
	web.Command(rt, "/award-sets/:id/propose", "award", "propose", "/award-sets/:id", h.propose)
	web.Command(rt, "/award-sets/:id/appraise", "award", "appraise", "/award-sets/:id", h.appraise)
	web.Command(rt, "/award-sets/:id/confirm", "award", "confirm_appraisal", "/award-sets/:id", h.confirm)
	web.Command(rt, "/award-sets/:id/approve", "award", "approve", "/award-sets/:id", h.approve)
	web.Command(rt, "/award-sets/:id/publish", "award", "publish", "/award-sets/:id", h.publish)
	rt.Tasks(s.Tasks)
}

// row is a ranking line with its names. Short says by how much a reserve line misses the ceiling.
type row struct {
	Line
	Named
	Cut   money.Amount
	Short money.Amount
}

// LowHigh is the range of the valid ballots, "" when there is none.
func (r row) LowHigh() string {
	if r.Lowest == nil || r.Highest == nil {
		return ""
	}
	return strconv.Itoa(*r.Lowest) + " – " + strconv.Itoa(*r.Highest)
}

type rankingPage struct {
	web.Base
	Council     *council.Council
	Call        *call.Call
	Ranking     *Ranking // nil before the first conclusion
	Rows        []row
	Stats       []web.Stat
	Chart       template.HTML
	LineAfter   int // rank of the last funded line
	SetID       *uuid.UUID
	CanFinalise bool
	CanDraft    bool
	CanOpenSet  bool
}

func (h handler) ranking(ctx context.Context, r web.Req) (*rankingPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.s.db)
	if _, err := h.s.access.Require(ctx, db, "council", "read", access.Ref{Kind: "council", ID: id}); err != nil {
		return nil, err
	}
	p := &rankingPage{}
	if p.Council, err = council.Get(ctx, db, id); err != nil {
		return nil, err
	}
	if p.Council.Kind != council.Grant {
		return nil, errs.ErrNotFound
	}
	if p.Call, err = call.Get(ctx, db, p.Council.SubjectID); err != nil {
		return nil, err
	}
	p.Ranking, err = rankingOf(ctx, db, p.Call.ID)
	if errs.From(err).Is(errs.ErrNotFound) {
		p.Ranking = nil
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	if !h.s.access.Can(ctx, db, "ranking", "read", p.Ranking) { // of a council the reader sees: a page, as before the first conclusion
		p.Ranking = nil
		return p, nil
	}
	if p.Ranking, err = h.s.seen(ctx, db, p.Ranking); err != nil {
		return nil, err
	}
	if len(p.Ranking.Lines) == 0 {
		p.Ranking = nil
		return p, nil
	}
	if p.Rows, err = h.s.rows(ctx, db, p.Ranking); err != nil {
		return nil, err
	}
	for _, l := range p.Rows {
		if l.Outcome == Funded {
			p.LineAfter = l.Rank
		}
	}
	p.Chart = draw(r.Lang(), p.Ranking, p.Ranking.PassMark)
	p.Stats = stats(r.Lang(), [3]string{"allocation.ceiling", p.Ranking.Ceiling.Format() + " đ", ""},
		[3]string{"allocation.proposed_sum", p.Ranking.Funding().Format() + " đ", i18n.T(ctx, "allocation.n_proposals", countFunded(p.Ranking))},
		[3]string{"allocation.left", p.Ranking.Left().Format() + " đ", ""},
		[3]string{"allocation.pass_mark", p.Ranking.PassMark.String(), i18n.T(ctx, "allocation.n_passed", p.Ranking.Passed())})
	p.CanFinalise = p.Ranking.Status == Computed && h.s.access.Can(ctx, db, "ranking", "finalise", p.Ranking)
	if p.SetID, err = setOfCall(ctx, db, p.Call.ID); err != nil {
		return nil, err
	}
	p.CanOpenSet = p.SetID != nil && h.s.access.Can(ctx, db, "award", "read", access.Ref{Kind: "award_set", ID: *p.SetID})
	p.CanDraft = p.Ranking.Status == Finalised && p.SetID == nil && h.s.access.Can(ctx, db, "award", "draft", p.Ranking)
	return p, nil
}

type versionIn struct {
	Version int `form:"version" json:"version"`
}

func (h handler) finalise(ctx context.Context, r web.Req, in versionIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	if err := h.s.Finalise(ctx, id, in.Version); err != nil {
		return web.Done{}, struct{}{}, err
	}
	rk, err := readRanking(ctx, storage.Joined(ctx, h.s.db), storage.Joined(ctx, h.s.db).NewSelect().Where("rk.id = ?", id), id)
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/councils/" + rk.CouncilID.String() + "/ranking", Notice: "allocation.finalised_notice"}, struct{}{}, nil
}

type nothing struct{}

type setOut struct {
	ID uuid.UUID `json:"id"`
}

func (h handler) draft(ctx context.Context, r web.Req, in nothing) (web.Done, setOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, setOut{}, err
	}
	set, err := h.s.DraftSet(ctx, id)
	if err != nil {
		return web.Done{}, setOut{}, err
	}
	return web.Done{Location: "/award-sets/" + set.ID.String(), Notice: "allocation.drafted_notice"}, setOut{set.ID}, nil
}

func (h handler) act(ctx context.Context, r web.Req, notice string, do func(uuid.UUID) error) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = do(id)
	}
	return web.Done{Location: "/award-sets/" + id.String(), Notice: notice}, struct{}{}, err
}

type proposeIn struct {
	Version      int    `form:"version" json:"version"`
	SubmissionNo string `form:"submission_no" json:"submission_no" kb:"required"`
}

func (h handler) propose(ctx context.Context, r web.Req, in proposeIn) (web.Done, struct{}, error) {
	return h.act(ctx, r, "allocation.proposed_notice", func(id uuid.UUID) error { return h.s.Propose(ctx, id, in.Version, in.SubmissionNo) })
}

type lineIn struct {
	ID     uuid.UUID    `form:"id" json:"id"`
	Amount money.Amount `form:"amount" json:"amount"`
	Reason string       `form:"reason" json:"reason"`
}

type appraiseIn struct {
	Version     int      `form:"version" json:"version"`
	AppraisalNo string   `form:"appraisal_no" json:"appraisal_no"`
	Lines       []lineIn `form:"lines" json:"lines" kb:"max=300"`
}

func (h handler) appraise(ctx context.Context, r web.Req, in appraiseIn) (web.Done, struct{}, error) {
	lines := make([]Appraisal, len(in.Lines))
	for i, l := range in.Lines {
		lines[i] = Appraisal{Award: l.ID, Amount: l.Amount, Reason: l.Reason}
	}
	return h.act(ctx, r, "allocation.appraised_notice", func(id uuid.UUID) error { return h.s.Appraise(ctx, id, in.Version, lines, in.AppraisalNo) })
}

func (h handler) confirm(ctx context.Context, r web.Req, in versionIn) (web.Done, struct{}, error) {
	return h.act(ctx, r, "allocation.confirmed_notice", func(id uuid.UUID) error { return h.s.Confirm(ctx, id, in.Version) })
}

type approveIn struct {
	Version    int           `form:"version" json:"version"`
	DecisionNo string        `form:"decision_no" json:"decision_no" kb:"required"`
	DecidedOn  calendar.Date `form:"decided_on" json:"decided_on" kb:"required"`
}

func (h handler) approve(ctx context.Context, r web.Req, in approveIn) (web.Done, struct{}, error) {
	return h.act(ctx, r, "allocation.decided_notice", func(id uuid.UUID) error {
		return h.s.Decide(ctx, id, in.Version, in.DecisionNo, in.DecidedOn)
	})
}

func (h handler) publish(ctx context.Context, r web.Req, in versionIn) (web.Done, struct{}, error) {
	return h.act(ctx, r, "allocation.published_notice", func(id uuid.UUID) error { return h.s.Publish(ctx, id, in.Version) })
}
