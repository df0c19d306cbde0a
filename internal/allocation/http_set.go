package allocation

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/budget"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type listPage struct {
	web.Base
	List     web.List
	Rows     []SetRow
	Statuses []web.Option
}

// staff keeps the office's pages to the office: the public and applicants may read a published award, but read it
// on its public page, without scores and without those who got nothing.
func staff(ctx context.Context) error {
	who := access.From(ctx)
	if who.ID == uuid.Nil {
		return access.ErrSignIn
	}
	for _, r := range []access.Role{access.ProgrammeOfficer, access.DepartmentHead, access.ProvinceLeader, access.FinanceOfficer,
		access.ChiefAccountant, access.Auditor} {
		if who.Has(r) {
			return nil
		}
	}
	return errs.ErrNotFound
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	if err := staff(ctx); err != nil {
		return nil, err
	}
	p := &listPage{List: r.List("-call", "status")}
	for _, v := range []Status{Draft, Proposed, Appraised, Confirmed, Decided, Published} {
		p.Statuses = append(p.Statuses, web.Option{Value: string(v), Label: web.StateWord(r.Lang(), "award_set", string(v))})
	}
	var err error
	p.Rows, err = h.s.sets(ctx, storage.Joined(ctx, h.s.db), &p.List)
	return p, err
}

func (h handler) setsCSV(ctx context.Context, r web.Req) (web.File, error) {
	if err := staff(ctx); err != nil {
		return web.File{}, err
	}
	l := r.List("-call", "status").All()
	rows, err := h.s.sets(ctx, storage.Joined(ctx, h.s.db), &l)
	if err != nil {
		return web.File{}, err
	}
	var header []string
	for _, code := range []string{"call", "name", "funded", "sum_d", "decision_no", "decided_on", "status"} {
		header = append(header, i18n.T(ctx, "allocation."+code))
	}
	out := make([][]string, len(rows))
	for i, x := range rows {
		out[i] = []string{x.CallCode, web.Pick(r.Lang(), x.TitleVI, x.TitleEN), strconv.Itoa(x.Funded), x.Sum.String(), x.DecisionNo, x.DecidedOn.Format(),
			web.StateWord(r.Lang(), "award_set", string(x.Status))}
	}
	return r.CSV(ctx, "ket-qua-de-xuat", i18n.T(ctx, "allocation.sets"), l, header, out), nil
}

func (h handler) apiSets(ctx context.Context, r web.Req) ([]SetRow, error) {
	if err := staff(ctx); err != nil {
		return nil, err
	}
	l := r.List("-call", "status")
	return h.s.sets(ctx, storage.Joined(ctx, h.s.db), &l)
}

// line is an award with its names; Cut is what the finance side took off.
type line struct {
	Award
	Named
	Cut money.Amount
}

type showPage struct {
	web.Base
	Set       *AwardSet
	Call      *call.Call
	Budget    *budget.Line
	Available money.Amount // of the budget line now
	Lines     []line
	Sum       money.Amount // of the lines shown
	Funded    int          // of the lines shown
	Whole     bool         // every line is shown: the decision may be read
	Turn      string       // who takes the set on, for readers without the button
	Stats     []web.Stat
	Track     []web.Stage
	Over      bool // the set is more than the line has

	CanPropose, CanAppraise, CanConfirm, CanApprove, CanPublish bool
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	if err := staff(ctx); err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.s.db)
	if _, err := h.s.access.Require(ctx, db, "award", "read", access.Ref{Kind: "award_set", ID: id}); err != nil {
		return nil, err
	}
	p := &showPage{}
	if p.Set, err = GetSet(ctx, db, id); err != nil {
		return nil, err
	}
	if p.Call, err = call.Get(ctx, db, p.Set.CallID); err != nil {
		return nil, err
	}
	if p.Budget, err = budget.Get(ctx, db, p.Set.BudgetLineID); err != nil {
		return nil, err
	}
	state, err := ledger.Line(ctx, db, p.Budget.ControlLine)
	if err != nil {
		return nil, err
	}
	p.Available = state.Available
	if p.Lines, p.Whole, err = h.s.lines(ctx, p.Set); err != nil {
		return nil, err
	}
	if len(p.Lines) == 0 {
		return nil, errs.ErrNotFound
	}
	for i := range p.Lines {
		p.Sum = p.Sum.Add(p.Lines[i].Stands())
		if p.Lines[i].Outcome == Funded {
			p.Funded++
		}
	}
	p.Over = p.Set.DecidedAt == nil && p.Sum.Cmp(p.Available) > 0
	h.buttons(ctx, p)
	if !p.CanPropose && !p.CanAppraise && !p.CanConfirm && !p.CanApprove && !p.CanPublish {
		if p.Turn, err = h.s.turn(ctx, db, p.Set); err != nil {
			return nil, err
		}
	}
	p.Stats = stats(r.Lang(), [3]string{"allocation.ceiling", p.Set.Ceiling.Format() + " đ", ""},
		[3]string{"allocation.sum", p.Sum.Format() + " đ", i18n.T(ctx, "allocation.n_proposals", p.Funded)},
		[3]string{"allocation.line_available", p.Available.Format() + " đ", p.Budget.Code})
	p.track(ctx)
	return p, nil
}

func (h handler) buttons(ctx context.Context, p *showPage) {
	can := func(s Status, action string) bool {
		return p.Set.Status == s && h.s.access.Can(ctx, storage.Joined(ctx, h.s.db), "award", action, p.Set)
	}
	p.CanPropose, p.CanAppraise, p.CanConfirm = can(Draft, "propose"), can(Proposed, "appraise"), can(Appraised, "confirm_appraisal")
	p.CanApprove, p.CanPublish = can(Confirmed, "approve"), can(Decided, "publish")
}

func (p *showPage) track(ctx context.Context) {
	states := []Status{Draft, Proposed, Appraised, Confirmed, Decided, Published}
	done := true
	for _, s := range states {
		st := web.Stage{Label: i18n.T(ctx, "allocation.step."+string(s))}
		switch {
		case s == p.Set.Status:
			st.State, done = "now", false
		case done:
			st.State = "done"
		}
		p.Track = append(p.Track, st)
	}
}

// lines gives the awards of a set the subject of ctx is not in conflict with, and whether these are all: when not, the
// ranks are numbered anew, since gaps would tell of the others.
func (s *Service) lines(ctx context.Context, set *AwardSet) ([]line, bool, error) {
	db := storage.Joined(ctx, s.db)
	var seen []uuid.UUID
	q := db.NewSelect().Model((*Award)(nil)).Column("id").Where("aw.set_id = ?", set.ID)
	if err := s.access.Scope(ctx, q, "award", "read", "award").Scan(ctx, &seen); err != nil {
		return nil, false, err
	}
	visible := map[uuid.UUID]bool{}
	for _, id := range seen {
		visible[id] = true
	}
	var ids []uuid.UUID
	for _, a := range set.Awards {
		ids = append(ids, a.ProposalID)
	}
	named, err := names(ctx, db, ids)
	if err != nil {
		return nil, false, err
	}
	var out []line
	for _, a := range set.Awards {
		if !visible[a.ID] {
			continue
		}
		l := line{Award: a, Named: named[a.ProposalID]}
		if a.Appraised != nil {
			l.Cut = a.Appraised.Sub(a.Proposed)
		}
		out = append(out, l)
	}
	whole := len(out) == len(set.Awards)
	if !whole {
		n := 0
		for i := range out {
			if out[i].Rank > 0 {
				n++
				out[i].Rank = n
			}
		}
	}
	return out, whole, nil
}

// seen is the ranking without the lines the subject of ctx is in conflict with, as if there were none.
func (s *Service) seen(ctx context.Context, db bun.IDB, r *Ranking) (*Ranking, error) {
	v := *r
	if len(r.Lines) == 0 {
		return &v, nil
	}
	matters := make([]uuid.UUID, len(r.Lines))
	for i, l := range r.Lines {
		matters[i] = l.MatterID
	}
	var ids []uuid.UUID
	q := db.NewSelect().TableExpr("council_matters AS cm").Column("cm.id").Where("cm.id IN (?)", bun.List(matters))
	if err := s.access.Scope(ctx, q, "ballot", "read_tally", "matter").Scan(ctx, &ids); err != nil {
		return nil, err
	}
	v.Lines = shown(r.Lines, func(l Line) bool { return slices.Contains(ids, l.MatterID) })
	return &v, nil
}

// rows gives the lines of a ranking, as the subject of ctx sees it, with their names.
func (s *Service) rows(ctx context.Context, db bun.IDB, seen *Ranking) ([]row, error) {
	if len(seen.Lines) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(seen.Lines))
	for i, l := range seen.Lines {
		ids[i] = l.ProposalID
	}
	named, err := names(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	out := make([]row, len(seen.Lines))
	for i, l := range seen.Lines {
		out[i] = row{Line: l, Named: named[l.ProposalID]}
		if l.Rank > 0 {
			out[i].Cut = l.Proposed.Sub(l.Requested)
		}
		if l.Outcome == Reserve {
			out[i].Short = l.Cumulative.Sub(seen.Ceiling)
		}
	}
	return out, nil
}

func (h handler) rankingCSV(ctx context.Context, r web.Req) (web.File, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.File{}, err
	}
	db := storage.Joined(ctx, h.s.db)
	if _, err := h.s.access.Require(ctx, db, "ranking", "read", access.Ref{Kind: "ranking", ID: id}); err != nil {
		return web.File{}, errs.ErrNotFound
	}
	rk, err := readRanking(ctx, db, db.NewSelect().Where("rk.id = ?", id), id)
	if err != nil {
		return web.File{}, err
	}
	if rk, err = h.s.seen(ctx, db, rk); err != nil {
		return web.File{}, err
	}
	if len(rk.Lines) == 0 {
		return web.File{}, errs.ErrNotFound
	}
	rows, err := h.s.rows(ctx, db, rk)
	if err != nil {
		return web.File{}, err
	}
	var cells [][]string
	for _, w := range rows {
		cells = append(cells, []string{w.rankText(), w.Code, w.TitleVI, w.Organisation, score(w.Score), w.LowHigh(), w.Requested.String(),
			w.Proposed.String(), w.Cumulative.String(), i18n.T(ctx, "allocation.outcome."+string(w.Outcome))})
	}
	header := []string{}
	for _, c := range []string{"rank", "code", "project", "organisation", "score", "low_high", "requested", "proposed", "cumulative", "conclusion"} {
		header = append(header, i18n.T(ctx, "allocation."+c))
	}
	return r.CSV(ctx, "xep-hang", i18n.T(ctx, "allocation.ranking"), r.List("rank"), header, cells), nil
}
