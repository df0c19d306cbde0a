package budget

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type rowPage struct {
	web.Base
	E       *Estimate
	R       *EstimateRow // new without id
	Path    string       // of the command that saves it
	Choices rowChoices
}

// IsNew says that the row is not in the estimate yet.
func (p *rowPage) IsNew() bool { return p.R.ID == uuid.Nil }

// Href is the page of the estimate.
func (p *rowPage) Href() string { return estimateHref(p.E.Year, p.E.Round) }

// rowChoices are what the form of a row offers.
type rowChoices struct {
	Units, Sources, SubSources, Programmes   []web.Option
	Levels, Chapters, Categories, Items, Sub []web.Option
}

func (h handler) rowForm(ctx context.Context, r web.Req) (*rowPage, error) {
	year, round, err := which(r)
	if err != nil {
		return nil, err
	}
	e, err := h.Own(ctx, year, round)
	if err != nil {
		return nil, err
	}
	if e.Status != EstimateDrafting {
		return nil, ErrEstimateState
	}
	p := &rowPage{E: e, R: &EstimateRow{SourceCode: StateBudget, Dims: Dims{Level: ProvinceLevel}}, Path: estimateHref(year, round) + "/rows"}
	if r.Param("row") != "" {
		id, err := r.ID("row")
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(e.Rows, func(o EstimateRow) bool { return o.ID == id })
		if i < 0 {
			return nil, errs.ErrNotFound
		}
		p.R = &e.Rows[i]
		p.Path += "/" + id.String() + "/change"
	}
	p.Choices, err = h.offers(ctx, r.Lang(), e.Year)
	if _, funds := h.draftsFor(ctx, storage.Joined(ctx, h.db)); p.IsNew() && len(funds) > 0 {
		p.R.FundID = &funds[0]
	}
	if err == nil && p.IsNew() && len(p.Choices.Units) > 0 {
		if id, err := uuid.Parse(p.Choices.Units[0].Value); err == nil {
			p.R.UnitID = &id
		}
	}
	return p, err
}

func (h handler) offers(ctx context.Context, lang i18n.Lang, year int) (c rowChoices, err error) {
	db, english := storage.Joined(ctx, h.db), lang == i18n.EN
	units, err := unitNames(ctx, db)
	if err != nil {
		return c, err
	}
	mine, funds := h.draftsFor(ctx, db)
	if len(funds) > 0 {
		mine = append(mine, access.UnitScience) // a fund's task stands under the managing department
	}
	for _, id := range mine {
		o := web.Option{Value: id.String(), Label: units[id].NameVI}
		if english {
			o.Label = units[id].NameEN
		}
		if !slices.Contains(c.Units, o) {
			c.Units = append(c.Units, o)
		}
	}
	for _, s := range sourceOrder {
		c.Sources = append(c.Sources, web.Option{Value: s, Label: i18n.Text(lang, "budget.source_"+s)})
	}
	none := web.Option{Value: "", Label: i18n.Text(lang, "budget.none_of_it")}
	subs, err := subSources(ctx, db)
	if err != nil {
		return c, err
	}
	c.SubSources = []web.Option{none}
	for _, s := range sortedSources(subs) {
		c.SubSources = append(c.SubSources, web.Option{Value: s.ID.String(), Label: s.Code + " · " + s.Name(english)})
	}
	groups, err := h.groupList(ctx, db)
	if err != nil {
		return c, err
	}
	c.Programmes = []web.Option{none}
	for _, g := range groups {
		name := g.NameVI
		if english {
			name = g.NameEN
		}
		c.Programmes = append(c.Programmes, web.Option{Value: g.Code, Label: g.Code + " · " + name})
	}
	for _, k := range []struct {
		kind CodeKind
		to   *[]web.Option
	}{{LevelCode, &c.Levels}, {ChapterCode, &c.Chapters}, {CategoryCode, &c.Categories}, {ItemCode, &c.Items}} {
		codes, err := Usable(ctx, db, k.kind, year)
		if err != nil {
			return c, err
		}
		*k.to = []web.Option{none}
		for _, code := range codes {
			label := code.Code + " · " + code.Name(english)
			switch {
			case code.Unverified():
				label += " (" + i18n.Text(lang, "budget.to_verify") + ")"
			case code.Illustrative():
				label += " (" + i18n.Text(lang, "budget.illustrative") + ")"
			}
			*k.to = append(*k.to, web.Option{Value: code.Code, Label: label})
		}
	}
	c.Sub = c.Items
	c.Levels = c.Levels[1:]
	return c, nil
}

// dimensions are the choices of a line: every unit may run its task.
func (h handler) dimensions(ctx context.Context, lang i18n.Lang, year int) (rowChoices, error) {
	c, err := h.offers(ctx, lang, year)
	if err != nil {
		return c, err
	}
	units, err := unitNames(ctx, storage.Joined(ctx, h.db))
	c.Units = nil
	for id, u := range units {
		o := web.Option{Value: id.String(), Label: u.NameVI}
		if lang == i18n.EN {
			o.Label = u.NameEN
		}
		c.Units = append(c.Units, o)
	}
	slices.SortFunc(c.Units, func(a, b web.Option) int { return strings.Compare(a.Label, b.Label) })
	return c, err
}

type rowIn struct {
	Version     int          `form:"version" json:"version"` // of the row; none for a new one
	Code        string       `form:"code" json:"code" kb:"max=32"`
	TaskVI      string       `form:"task_vi" json:"task_vi" kb:"required"`
	TaskEN      string       `form:"task_en" json:"task_en" kb:"required"`
	UnitID      *uuid.UUID   `form:"unit_id" json:"unit_id"`
	FundID      *uuid.UUID   `form:"fund_id" json:"fund_id"`
	SourceCode  string       `form:"source_code" json:"source_code" kb:"required,max=4"`
	SourceID    *uuid.UUID   `form:"source_id" json:"source_id"`
	Programme   string       `form:"programme_code" json:"programme_code" kb:"max=20"`
	Level       string       `form:"level" json:"level" kb:"max=1"`
	Chapter     string       `form:"chapter" json:"chapter" kb:"max=3"`
	Category    string       `form:"category" json:"category" kb:"max=3"`
	Item        string       `form:"item" json:"item" kb:"max=4"`
	SubItem     string       `form:"sub_item" json:"sub_item" kb:"max=4"`
	ProjectID   *uuid.UUID   `form:"project_id" json:"project_id"`
	MilestoneID *uuid.UUID   `form:"milestone_id" json:"milestone_id"`
	Asked       money.Amount `form:"asked" json:"asked"`
	Explanation string       `form:"explanation" json:"explanation" kb:"required,max=4000"`
}

func (in rowIn) input() RowInput {
	out := RowInput{Code: in.Code, TaskVI: in.TaskVI, TaskEN: in.TaskEN, SourceCode: in.SourceCode, ProgrammeCode: in.Programme, Chapter: in.Chapter,
		Asked: in.Asked, Explanation: in.Explanation, Dims: Dims{Level: in.Level, Category: in.Category, Item: in.Item, SubItem: in.SubItem,
			SourceID: in.SourceID, UnitID: in.UnitID, ProjectID: in.ProjectID, MilestoneID: in.MilestoneID}}
	if in.FundID != nil {
		out.Fund = *in.FundID
	}
	return out
}

type rowMade struct {
	ID   uuid.UUID `json:"id"`
	Code string    `json:"code"`
}

func (h handler) postRow(ctx context.Context, r web.Req, in rowIn) (web.Done, rowMade, error) {
	e, err := h.addressed(ctx, r)
	if err != nil {
		return web.Done{}, rowMade{}, err
	}
	rows, err := h.AddRows(ctx, e.ID, []RowInput{in.input()})
	if err != nil {
		return web.Done{}, rowMade{}, err
	}
	return h.moved(ctx, r, e, "", "budget.row_saved"), rowMade{rows[0].ID, rows[0].Code}, nil
}

func (h handler) postRowChange(ctx context.Context, r web.Req, in rowIn) (web.Done, struct{}, error) {
	e, err := h.addressed(ctx, r)
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	id, err := r.ID("row")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return h.moved(ctx, r, e, "", "budget.row_saved"), struct{}{}, h.ChangeRow(ctx, e.ID, id, in.Version, in.input())
}

func (h handler) postRowRemove(ctx context.Context, r web.Req, in versionIn) (web.Done, struct{}, error) {
	e, err := h.addressed(ctx, r)
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	id, err := r.ID("row")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return h.moved(ctx, r, e, "", "budget.row_removed"), struct{}{}, h.RemoveRow(ctx, e.ID, id, in.Version)
}

type attachedOut struct {
	ID     uuid.UUID `json:"id"`
	Name   string    `json:"name"`
	Size   int64     `json:"size"`
	Digest string    `json:"sha256"`
}

func (h handler) postEstimateFile(ctx context.Context, r web.Req, in web.Attached) (web.Done, attachedOut, error) {
	e, err := h.addressed(ctx, r)
	if err != nil {
		return web.Done{}, attachedOut{}, err
	}
	u, ok := in.File(r)
	if !ok {
		return web.Done{}, attachedOut{}, errs.FieldError("file", "budget.file_missing")
	}
	body, err := u.Open()
	if err != nil {
		return web.Done{}, attachedOut{}, fmt.Errorf("open upload: %w", err)
	}
	defer body.Close()
	a, err := h.Attach(ctx, e.ID, u.Name, body)
	if err != nil {
		return web.Done{}, attachedOut{}, err
	}
	return web.Done{Location: estimateHref(e.Year, e.Round) + "/files", Notice: "budget.file_added"},
		attachedOut{a.ID, a.File.Name, a.File.Size, a.File.Digest}, nil
}

func (h handler) postEstimateFileRemove(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	e, err := h.addressed(ctx, r)
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	id, err := r.ID("file")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: estimateHref(e.Year, e.Round) + "/files", Notice: "budget.file_removed"}, struct{}{}, h.Detach(ctx, e.ID, id)
}

func (h handler) estimateFile(ctx context.Context, r web.Req) (web.File, error) {
	year, round, err := which(r)
	if err != nil {
		return web.File{}, err
	}
	e, err := h.Estimate(ctx, year, round)
	if err != nil {
		return web.File{}, err
	}
	id, err := r.ID("file")
	if err != nil {
		return web.File{}, err
	}
	db := storage.Joined(ctx, h.db)
	list, err := attachments(ctx, db, e.ID)
	if err != nil {
		return web.File{}, err
	}
	i := slices.IndexFunc(list, func(a Attachment) bool { return a.ID == id })
	if i < 0 {
		return web.File{}, errs.ErrNotFound
	}
	f, body, err := h.files.Open(ctx, db, list[i].FileID)
	if err != nil {
		return web.File{}, err
	}
	return web.File{Name: f.Name, Type: f.Type, Body: body}, nil
}
