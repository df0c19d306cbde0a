package budget

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type comparePage struct {
	web.Base
	E        *Estimate
	C        *Comparison
	Choices  []web.Option
	Versions map[int]EstimateVersion
	Query    string
	All      bool // rows without a difference too
}

// Href is the page of the estimate.
func (p *comparePage) Href() string { return estimateHref(p.E.Year, p.E.Round) }

// Shown are the rows the page shows.
func (p *comparePage) Shown() (rows []Difference) {
	for _, d := range p.C.Rows {
		if p.All || d.Kind() != "same" {
			rows = append(rows, d)
		}
	}
	return rows
}

// pair reads the two versions asked for; without, the last one against the estimate as it stands.
func pair(r web.Req, list []EstimateVersion) (a, b int, err error) {
	for _, p := range []struct {
		name string
		to   *int
	}{{"a", &a}, {"b", &b}} {
		s := r.Query(p.name)
		if s == "" {
			continue
		}
		if *p.to, err = strconv.Atoi(s); err != nil {
			return 0, 0, errs.ErrNotFound
		}
	}
	if r.Query("a") == "" && r.Query("b") == "" && len(list) > 0 {
		a = list[0].No
		if len(list) > 1 {
			a, b = list[1].No, list[0].No
		}
	}
	return a, b, nil
}

func (h handler) compared(ctx context.Context, r web.Req) (*comparePage, error) {
	year, round, err := which(r)
	if err != nil {
		return nil, err
	}
	e, err := h.Estimate(ctx, year, round)
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.db)
	list, err := versions(ctx, db, e.ID)
	if err != nil {
		return nil, err
	}
	a, b, err := pair(r, list)
	if err != nil {
		return nil, err
	}
	p := &comparePage{E: e, Versions: map[int]EstimateVersion{}, All: r.Query("all") == "1", Query: fmt.Sprintf("?a=%d&b=%d", a, b)}
	p.Choices = []web.Option{{Value: "0", Label: i18n.T(ctx, "budget.as_it_stands")}}
	for _, v := range list {
		p.Versions[v.No] = v
		p.Choices = append(p.Choices, web.Option{Value: strconv.Itoa(v.No), Label: i18n.T(ctx, "budget.version_n", v.No, i18n.T(ctx, "budget.version_act."+v.Act))})
	}
	p.C, err = h.Compare(ctx, db, e, a, b)
	return p, err
}

// ChoicesFor are the versions with one of them chosen.
func (p *comparePage) ChoicesFor(no int) []web.Option {
	out := make([]web.Option, len(p.Choices))
	for i, o := range p.Choices {
		o.Selected = o.Value == strconv.Itoa(no)
		out[i] = o
	}
	return out
}

type compareOut struct {
	A      int             `json:"a"`
	B      int             `json:"b"`
	Before money.Amount    `json:"before"`
	After  money.Amount    `json:"after"`
	Delta  money.Amount    `json:"delta"`
	Rows   []differenceOut `json:"rows"`
}

type differenceOut struct {
	ID     uuid.UUID    `json:"id"`
	Code   string       `json:"code"`
	Task   string       `json:"task"`
	Kind   string       `json:"kind"` // added, removed, changed or same
	Before money.Amount `json:"before"`
	After  money.Amount `json:"after"`
	Delta  money.Amount `json:"delta"`
}

func (h handler) apiCompare(ctx context.Context, r web.Req) (*compareOut, error) {
	p, err := h.compared(ctx, r)
	if err != nil {
		return nil, err
	}
	out := &compareOut{A: p.C.A, B: p.C.B, Before: p.C.Before, After: p.C.After, Delta: p.C.Delta(), Rows: []differenceOut{}}
	for _, d := range p.C.Rows {
		out.Rows = append(out.Rows, differenceOut{d.ID, d.Code, d.Name(r.Lang() == i18n.EN), d.Kind(), d.Before, d.After, d.Delta()})
	}
	return out, nil
}

func (h handler) comparisonFile(xlsx bool) func(context.Context, web.Req) (web.File, error) {
	return func(ctx context.Context, r web.Req) (web.File, error) {
		p, err := h.compared(ctx, r)
		if err != nil {
			return web.File{}, err
		}
		var rows [][]string
		for _, d := range p.C.Rows {
			rows = append(rows, []string{d.Code, d.Name(r.Lang() == i18n.EN), i18n.T(ctx, "budget.difference."+d.Kind()), d.Before.String(), d.After.String(), d.Delta().String()})
		}
		rows = append(rows, []string{"", i18n.T(ctx, "budget.total"), "", p.C.Before.String(), p.C.After.String(), p.C.Delta().String()})
		title := i18n.T(ctx, "budget.compare_title", p.E.Title)
		return h.export(ctx, r, xlsx, fmt.Sprintf("so-sanh-du-toan-%d-%d", p.E.Year, p.E.Round), title,
			words(ctx, "code", "task", "difference", "before", "after", "delta"), rows, 3, 4, 5)
	}
}

// export is a table as csv or xlsx; amounts are its columns of money.
func (h handler) export(ctx context.Context, r web.Req, xlsx bool, name, title string, header []string, rows [][]string, amounts ...int) (web.File, error) {
	if xlsx {
		return xlsxFile(name, title, header, rows, amounts...)
	}
	return r.CSV(ctx, name, title, r.List(""), header, rows), nil
}

func (h handler) rowsFile(xlsx bool) func(context.Context, web.Req) (web.File, error) {
	return func(ctx context.Context, r web.Req) (web.File, error) {
		year, round, err := which(r)
		if err != nil {
			return web.File{}, err
		}
		e, err := h.Estimate(ctx, year, round)
		if err != nil {
			return web.File{}, err
		}
		db := storage.Joined(ctx, h.db)
		units, err := unitNames(ctx, db)
		if err != nil {
			return web.File{}, err
		}
		subs, err := subSources(ctx, db)
		if err != nil {
			return web.File{}, err
		}
		rows := make([][]string, len(e.Rows))
		for i := range e.Rows {
			row := &e.Rows[i]
			sub, appraised, unit := "", "", units[*row.UnitID].NameVI
			if row.SourceID != nil {
				sub = subs[*row.SourceID].Code
			}
			if row.Appraised != nil {
				appraised = row.Appraised.String()
			}
			if r.Lang() == i18n.EN {
				unit = units[*row.UnitID].NameEN
			}
			rows[i] = []string{row.Code, row.Name(r.Lang() == i18n.EN), unit, row.SourceCode, sub, row.ProgrammeCode, row.Level, row.Chapter, row.Category, row.Item,
				row.SubItem, row.Asked.String(), appraised, row.Explanation, row.Comment}
		}
		return h.export(ctx, r, xlsx, fmt.Sprintf("du-toan-%d-%d", e.Year, e.Round), e.Title, words(ctx, "code", "task", "unit_asking", "source", "sub_source",
			"programme_code", "level", "chapter", "category", "item", "sub_item", "asked", "appraised", "explanation", "comment"), rows, 11, 12)
	}
}

type estimateView struct {
	ID           uuid.UUID      `json:"id"`
	Year         int            `json:"year"`
	Round        int            `json:"round"`
	Title        string         `json:"title"`
	Status       EstimateStatus `json:"status"`
	SubmissionNo string         `json:"submission_no"`
	AppraisalNo  string         `json:"appraisal_no"`
	DecisionNo   string         `json:"decision_no"`
	ReturnReason string         `json:"return_reason"`
	Asked        money.Amount   `json:"asked"`
	Total        money.Amount   `json:"total"`
	Version      int            `json:"version"`
	Rows         []rowView      `json:"rows"`
}

type rowView struct {
	ID          uuid.UUID     `json:"id"`
	Code        string        `json:"code"`
	TaskVI      string        `json:"task_vi"`
	TaskEN      string        `json:"task_en"`
	SourceCode  string        `json:"source_code"`
	SourceID    *uuid.UUID    `json:"source_id"`
	Programme   string        `json:"programme_code"`
	UnitID      *uuid.UUID    `json:"unit_id"`
	Level       string        `json:"level"`
	Chapter     string        `json:"chapter"`
	Category    string        `json:"category"`
	Item        string        `json:"item"`
	SubItem     string        `json:"sub_item"`
	ProjectID   *uuid.UUID    `json:"project_id"`
	MilestoneID *uuid.UUID    `json:"milestone_id"`
	Asked       money.Amount  `json:"asked"`
	Appraised   *money.Amount `json:"appraised"`
	Explanation string        `json:"explanation"`
	Comment     string        `json:"comment"`
	LineID      *uuid.UUID    `json:"line_id"`
	Version     int           `json:"version"`
}

func (h handler) apiEstimate(ctx context.Context, r web.Req) (*estimateView, error) {
	year, round, err := which(r)
	if err != nil {
		return nil, err
	}
	e, err := h.Estimate(ctx, year, round)
	if err != nil {
		return nil, err
	}
	v := &estimateView{ID: e.ID, Year: e.Year, Round: e.Round, Title: e.Title, Status: e.Status, SubmissionNo: e.SubmissionNo, AppraisalNo: e.AppraisalNo,
		DecisionNo: e.DecisionNo, ReturnReason: e.ReturnReason, Asked: e.Asked(), Total: e.Total(), Version: e.Version, Rows: []rowView{}}
	for i := range e.Rows {
		o := &e.Rows[i]
		v.Rows = append(v.Rows, rowView{o.ID, o.Code, o.TaskVI, o.TaskEN, o.SourceCode, o.SourceID, o.ProgrammeCode, o.UnitID, o.Level, o.Chapter, o.Category,
			o.Item, o.SubItem, o.ProjectID, o.MilestoneID, o.Asked, o.Appraised, o.Explanation, o.Comment, o.LineID, o.Version})
	}
	return v, nil
}

// people are the names of who made the versions.
func (s *Service) people(ctx context.Context, list []EstimateVersion) (map[uuid.UUID]string, error) {
	ids := make([]uuid.UUID, len(list))
	for i, v := range list {
		ids[i] = v.MadeBy
	}
	var rows []struct {
		ID   uuid.UUID
		Name string
	}
	err := storage.Joined(ctx, s.db).NewSelect().TableExpr("users").Column("id", "name").Where("id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	out := map[uuid.UUID]string{}
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}
