package budget

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// codeRoutes puts code lists and sub-sources on the web.
func (h handler) codeRoutes(rt *web.Router) {
	web.Page(rt, "/budget-codes", "budget_code", "read", "budget/codes", h.codes)
	web.Download(rt, "/budget-codes.csv", "budget_code", "read", h.codesFile(false))
	web.Download(rt, "/budget-codes.xlsx", "budget_code", "read", h.codesFile(true))
	web.JSON(rt, "/budget-codes", "budget_code", "read", h.apiCodes)
	web.Page(rt, "/budget-sources", "budget_line", "read", "budget/code_sources", h.sources)
	web.JSON(rt, "/budget-sources", "budget_line", "read", h.apiSources)
	web.Command(rt, "/budget-sources", "budget_line", "record_sponsorship", "/budget-sources", h.postSource)
	web.Command(rt, "/budget-sources/:id/files", "budget_line", "record_sponsorship", "/budget-sources", h.postSourceFile)
	web.Download(rt, "/budget-sources/:id/files/:file", "budget_line", "read", h.sourceFile)
}

type codesPage struct {
	web.Base
	Rows      []Code
	Kinds     []web.Option
	Kind, Q   string
	On        calendar.Date // the day asked for; zero = every row
	OnText    string
	CanImport bool
}

// Codes reads the rows of the lists in order: of one kind or all, on a day or all, of every edition.
func (s *Service) Codes(ctx context.Context, kind CodeKind, on calendar.Date, q string) (rows []Code, err error) {
	sel := storage.Joined(ctx, s.db).NewSelect().Model(&rows).OrderExpr("array_position(ARRAY['level', 'chapter', 'category', 'item', 'source'], bc.kind), bc.code, bc.edition DESC")
	if kind != "" {
		sel.Where("bc.kind = ?", kind)
	}
	if !on.IsZero() {
		sel.Where("bc.valid_from IS NULL OR bc.valid_from <= ?", on).Where("bc.valid_to IS NULL OR bc.valid_to >= ?", on).
			Where("NOT EXISTS (SELECT FROM budget_codes n WHERE n.kind = bc.kind AND n.code = bc.code AND n.edition > bc.edition AND (n.valid_from IS NULL OR n.valid_from <= ?))", on)
	}
	if q != "" {
		sel.Where("bc.code LIKE ? OR kb.fold(bc.name_vi) LIKE kb.fold(?)", text.Literal(q)+"%", text.Pattern(q))
	}
	if err := sel.Limit(20_000).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read budget codes: %w", err)
	}
	return rows, nil
}

func (h handler) codes(ctx context.Context, r web.Req) (*codesPage, error) {
	p := &codesPage{Kind: r.Query("kind"), Q: r.Query("q"), OnText: r.Query("on")}
	var err error
	if p.On, err = dayOf(p.OnText); err != nil {
		return nil, err
	}
	for _, k := range CodeKinds {
		p.Kinds = append(p.Kinds, web.Option{Value: string(k), Label: i18n.T(ctx, "budget.code_kind."+string(k)), Selected: p.Kind == string(k)})
	}
	p.Rows, err = h.Codes(ctx, CodeKind(p.Kind), p.On, p.Q)
	_, may := h.access.RequireRole(ctx, "budget_code", "import")
	p.CanImport = may == nil
	return p, err
}

// dayOf reads dd/MM/yyyy or yyyy-MM-dd; "" is no day.
func dayOf(text string) (calendar.Date, error) {
	if text == "" {
		return calendar.Date{}, nil
	}
	s := sheet{rows: [][]string{{text}}, column: map[string]int{"on": 0}, ctx: context.Background()}
	d := s.date(0, "on")
	if d.IsZero() {
		return d, errs.FieldError("on", "budget.import_date")
	}
	return d, nil
}

func (h handler) apiCodes(ctx context.Context, r web.Req) ([]Code, error) {
	on, err := dayOf(r.Query("on"))
	if err != nil {
		return nil, err
	}
	rows, err := h.Codes(ctx, CodeKind(r.Query("kind")), on, r.Query("q"))
	if rows == nil {
		rows = []Code{}
	}
	return rows, err
}

func (h handler) codesFile(xlsx bool) func(context.Context, web.Req) (web.File, error) {
	return func(ctx context.Context, r web.Req) (web.File, error) {
		codes, err := h.apiCodes(ctx, r)
		if err != nil {
			return web.File{}, err
		}
		rows := make([][]string, len(codes))
		for i, c := range codes {
			rows[i] = []string{string(c.Kind), c.Code, c.Parent, c.NameVI, c.NameEN, c.ValidFrom.String(), c.ValidTo.String(), c.Source, c.Tag, strconv.Itoa(c.Edition)}
		}
		return h.export(ctx, r, xlsx, "danh-muc-ma-ngan-sach", i18n.T(ctx, "budget.codes"), append(slices.Clone(codeColumns), "edition"), rows)
	}
}

type sourcesPage struct {
	web.Base
	Rows    []SubSource
	Files   map[uuid.UUID][]SourceFile
	Sources []web.Option
	CanAdd  bool
}

func (h handler) sources(ctx context.Context, r web.Req) (*sourcesPage, error) {
	rows, err := h.apiSources(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &sourcesPage{Rows: rows}
	if p.Files, err = sourceFiles(ctx, storage.Joined(ctx, h.db)); err != nil {
		return nil, err
	}
	for _, s := range []string{Sponsorship, StateBudget, Other} {
		p.Sources = append(p.Sources, web.Option{Value: s, Label: i18n.T(ctx, "budget.source_"+s)})
	}
	_, may := h.access.RequireRole(ctx, "budget_line", "record_sponsorship")
	p.CanAdd = may == nil
	return p, nil
}

func (h handler) apiSources(ctx context.Context, _ web.Req) ([]SubSource, error) {
	rows := []SubSource{}
	q := storage.Joined(ctx, h.db).NewSelect().Model(&rows).OrderExpr("bs.code")
	if err := h.access.Scope(ctx, q, "budget_line", "read", "budget_source").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read sub-sources: %w", err)
	}
	return rows, nil
}

type sourceIn struct {
	SourceCode string        `form:"source_code" json:"source_code" kb:"required,max=4"`
	Code       string        `form:"code" json:"code" kb:"required,max=11"`
	NameVI     string        `form:"name_vi" json:"name_vi" kb:"required"`
	NameEN     string        `form:"name_en" json:"name_en" kb:"required"`
	Donor      string        `form:"donor" json:"donor"`
	Purpose    string        `form:"purpose" json:"purpose" kb:"max=1000"`
	DocumentNo string        `form:"document_no" json:"document_no" kb:"max=60"`
	SignedOn   calendar.Date `form:"signed_on" json:"signed_on"`
}

func (h handler) postSource(ctx context.Context, _ web.Req, in sourceIn) (web.Done, madeOut, error) {
	s, err := h.AddSource(ctx, SubSource{SourceCode: in.SourceCode, Code: in.Code, NameVI: in.NameVI, NameEN: in.NameEN, Donor: in.Donor, Purpose: in.Purpose,
		DocumentNo: in.DocumentNo, SignedOn: in.SignedOn})
	if err != nil {
		return web.Done{}, madeOut{}, err
	}
	return web.Done{Location: "/budget-sources", Notice: "budget.sub_source_added"}, madeOut{s.ID}, nil
}

func (h handler) postSourceFile(ctx context.Context, r web.Req, in web.Attached) (web.Done, attachedOut, error) {
	id, err := r.ID("id")
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
	f, err := h.AttachToSource(ctx, id, u.Name, body)
	if err != nil {
		return web.Done{}, attachedOut{}, err
	}
	return web.Done{Location: "/budget-sources", Notice: "budget.file_added"}, attachedOut{f.ID, f.Name, f.Size, f.Digest}, nil
}

func (h handler) sourceFile(ctx context.Context, r web.Req) (web.File, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.File{}, err
	}
	file, err := r.ID("file")
	if err != nil {
		return web.File{}, err
	}
	db := storage.Joined(ctx, h.db)
	if _, err := h.access.Require(ctx, db, "budget_line", "read", &SubSource{ID: id}); err != nil {
		return web.File{}, err
	}
	files, err := sourceFiles(ctx, db)
	if err != nil {
		return web.File{}, err
	}
	if !slices.ContainsFunc(files[id], func(f SourceFile) bool { return f.FileID == file }) {
		return web.File{}, errs.ErrNotFound
	}
	f, body, err := h.files.Open(ctx, db, file)
	if err != nil {
		return web.File{}, err
	}
	return web.File{Name: f.Name, Type: f.Type, Body: body}, nil
}
