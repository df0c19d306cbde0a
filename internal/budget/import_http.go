package budget

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// importRoutes puts imports on the web.
func (h handler) importRoutes(rt *web.Router) {
	const page = "/budget-imports/:id"
	web.Page(rt, "/budget-imports", "budget_line", "read", "budget/imports", h.imports)
	web.Page(rt, "/budget-imports/new", "budget_line", "plan", "budget/import_new", h.newImport(ImportLines))
	web.Page(rt, "/budget-codes/import", "budget_code", "import", "budget/import_new", h.newImport(ImportCodes))
	web.Page(rt, page, "budget_line", "read", "budget/import_show", h.showImport)
	web.Download(rt, "/budget-imports/lines.xlsx", "budget_line", "plan", h.importTemplate("mau-dong-du-toan", lineColumns))
	web.Download(rt, "/budget-imports/rows.xlsx", "budget_estimate", "draft", h.importTemplate("mau-nhiem-vu-du-toan", rowColumns))
	web.Download(rt, "/budget-imports/codes.xlsx", "budget_code", "import", h.importTemplate("mau-danh-muc-ma", codeColumns))
	web.JSON(rt, "/budget-imports", "budget_line", "read", h.apiImports)
	web.Command(rt, "/budget-imports", "budget_line", "plan", "/budget-imports/new", h.postLines)
	web.Command(rt, "/budget-codes/import", "budget_code", "import", "/budget-codes/import", h.postCodes)
	web.Command(rt, page+"/confirm", "budget_line", "allocate", page, h.confirmImport(ImportLines))
	web.Command(rt, page+"/confirm-codes", "budget_code", "confirm", page, h.confirmImport(ImportCodes))
	web.Command(rt, page+"/decline", "budget_line", "allocate", page, h.declineImport(ImportLines))
	web.Command(rt, page+"/decline-codes", "budget_code", "confirm", page, h.declineImport(ImportCodes))
}

// ImportSummary is an import on a list.
type ImportSummary struct {
	ID       uuid.UUID    `json:"id"`
	Kind     ImportKind   `json:"kind"`
	Year     int          `json:"year"`
	FileName string       `json:"file_name"`
	RowCount int          `json:"rows"`
	Total    money.Amount `bun:"type:numeric" json:"total"`
	Status   string       `json:"status"`
	Edition  int          `json:"edition"` // 0 = none
	Uploader string       `json:"uploaded_by"`
}

// Imports lists what the subject may see, newest first.
func (s *Service) Imports(ctx context.Context, l *web.List) (rows []ImportSummary, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().Model(&rows).ModelTableExpr("budget_imports AS bi").
		ColumnExpr("bi.id, bi.kind, bi.year, bi.file_name, bi.row_count, bi.total, bi.status, COALESCE(bi.edition, 0) AS edition, u.name AS uploader").
		Join("JOIN users u ON u.id = bi.uploaded_by")
	if v := l.Filter["status"]; v != "" {
		q.Where("bi.status = ?", v)
	}
	q = s.access.Scope(ctx, q, "budget_line", "read", "budget_import")
	return rows, web.Fetch(ctx, l, q, web.Sorts{"at": "bi.uploaded_at"}, "bi.id")
}

type importsPage struct {
	web.Base
	Rows               []ImportSummary
	List               web.List
	Statuses           []web.Option
	CanLines, CanCodes bool
}

func (h handler) imports(ctx context.Context, r web.Req) (*importsPage, error) {
	p := &importsPage{List: r.List("-at", "status")}
	var err error
	if p.Rows, err = h.Imports(ctx, &p.List); err != nil {
		return nil, err
	}
	for _, s := range []string{importLoaded, importConfirmed, importDeclined} {
		p.Statuses = append(p.Statuses, web.Option{Value: s, Label: web.StateWord(r.Lang(), "budget.import", s)})
	}
	_, lines := h.access.RequireRole(ctx, "budget_line", "plan")
	_, codes := h.access.RequireRole(ctx, "budget_code", "import")
	p.CanLines, p.CanCodes = lines == nil, codes == nil
	return p, nil
}

func (h handler) apiImports(ctx context.Context, r web.Req) ([]ImportSummary, error) {
	l := r.List("-at", "status")
	rows, err := h.Imports(ctx, &l)
	if rows == nil {
		rows = []ImportSummary{}
	}
	return rows, err
}

type newImportPage struct {
	web.Base
	Kind    ImportKind
	Year    int
	Path    string
	Columns []importColumn
	Limit   int
}

type importColumn struct {
	Name   string // the column's own
	Needed bool
}

func columnsOf(columns, need []string) (out []importColumn) {
	for _, c := range columns {
		needed := false
		for _, n := range need {
			needed = needed || n == c
		}
		out = append(out, importColumn{c, needed})
	}
	return out
}

func (h handler) newImport(kind ImportKind) func(context.Context, web.Req) (*newImportPage, error) {
	return func(ctx context.Context, r web.Req) (*newImportPage, error) {
		p := &newImportPage{Kind: kind, Path: "/budget-imports", Columns: columnsOf(lineColumns, lineNeeds), Limit: MaxRows}
		if kind == ImportCodes {
			p.Path, p.Columns = "/budget-codes/import", columnsOf(codeColumns, codeNeeds)
		}
		var err error
		p.Year, err = h.thisYear(ctx)
		return p, err
	}
}

type linesIn struct {
	web.Attached
	Year int `form:"year" json:"year" kb:"required"`
}

type loadedOut struct {
	ID     uuid.UUID `json:"id"`
	Status string    `json:"status"`
	Rows   int       `json:"rows"`
}

func (h handler) postLines(ctx context.Context, r web.Req, in linesIn) (web.Done, loadedOut, error) {
	return h.loadFile(r, in.Attached, func(u web.Upload) (*Import, error) {
		body, err := u.Open()
		if err != nil {
			return nil, fmt.Errorf("open upload: %w", err)
		}
		defer body.Close()
		return h.LoadLines(ctx, in.Year, u.Name, body)
	})
}

func (h handler) postCodes(ctx context.Context, r web.Req, in web.Attached) (web.Done, loadedOut, error) {
	return h.loadFile(r, in, func(u web.Upload) (*Import, error) {
		body, err := u.Open()
		if err != nil {
			return nil, fmt.Errorf("open upload: %w", err)
		}
		defer body.Close()
		return h.LoadCodes(ctx, u.Name, body)
	})
}

func (h handler) loadFile(r web.Req, in web.Attached, load func(web.Upload) (*Import, error)) (web.Done, loadedOut, error) {
	u, ok := in.File(r)
	if !ok {
		return web.Done{}, loadedOut{}, errs.FieldError("file", "budget.file_missing")
	}
	m, err := load(u)
	if err != nil {
		return web.Done{}, loadedOut{}, err
	}
	return web.Done{Location: "/budget-imports/" + m.ID.String(), Notice: "budget.import_loaded"}, loadedOut{m.ID, m.Status, m.RowCount}, nil
}

type importPage struct {
	web.Base
	M          *Import
	Lines      []LineRecord
	Codes      []Code
	First      int // number of the first row shown, as the file counts
	Prev, Next string
	CanDecide  bool
	Tail       string // "-codes" for a code list
	Uploader   string
}

func (h handler) showImport(ctx context.Context, r web.Req) (*importPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, h.db)
	m := new(Import)
	if err := one(db.NewSelect().Model(m).Where("bi.id = ?", id).Scan(ctx), "import", id); err != nil {
		return nil, err
	}
	if _, err := h.access.Require(ctx, db, "budget_line", "read", m); err != nil {
		return nil, err
	}
	p := &importPage{M: m}
	resource, action := "budget_line", "allocate"
	from, _ := strconv.Atoi(r.Query("from")) // nothing sensible is the start
	if from < 0 || from >= m.RowCount {
		from = 0
	}
	end := min(from+rowsShown, m.RowCount)
	p.First = from + firstRow
	if m.Kind == ImportCodes {
		p.Tail, resource, action = "-codes", "budget_code", "confirm"
		if err := json.Unmarshal(m.Rows, &p.Codes); err != nil {
			return nil, fmt.Errorf("read import %s: %w", id, err)
		}
		p.Codes = p.Codes[from:end]
	} else {
		if err := json.Unmarshal(m.Rows, &p.Lines); err != nil {
			return nil, fmt.Errorf("read import %s: %w", id, err)
		}
		p.Lines = p.Lines[from:end]
	}
	p.CanDecide = m.Status == importLoaded && h.access.Can(ctx, db, resource, action, m)
	path := "/budget-imports/" + id.String() + "?from="
	if from > 0 {
		p.Prev = path + strconv.Itoa(max(0, from-rowsShown))
	}
	if end < m.RowCount {
		p.Next = path + strconv.Itoa(end)
	}
	err = db.NewSelect().TableExpr("users").Column("name").Where("id = ?", m.UploadedBy).Scan(ctx, &p.Uploader)
	return p, err
}

type confirmIn struct {
	Version    int           `form:"version" json:"version" kb:"required"`
	DecisionNo string        `form:"decision_no" json:"decision_no" kb:"required,max=60"`
	DecidedOn  calendar.Date `form:"decided_on" json:"decided_on"`
}

func (h handler) confirmImport(kind ImportKind) func(context.Context, web.Req, confirmIn) (web.Done, struct{}, error) {
	return func(ctx context.Context, r web.Req, in confirmIn) (web.Done, struct{}, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.Done{}, struct{}{}, err
		}
		done := web.Done{Location: "/budget-imports/" + id.String(), Notice: "budget.import_confirmed"}
		if kind == ImportCodes {
			return done, struct{}{}, h.ConfirmCodes(ctx, id, in.Version, in.DecisionNo, in.DecidedOn)
		}
		return done, struct{}{}, h.ConfirmLines(ctx, id, in.Version, in.DecisionNo, in.DecidedOn)
	}
}

func (h handler) declineImport(kind ImportKind) func(context.Context, web.Req, returnIn) (web.Done, struct{}, error) {
	return func(ctx context.Context, r web.Req, in returnIn) (web.Done, struct{}, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.Done{}, struct{}{}, err
		}
		return web.Done{Location: "/budget-imports/" + id.String(), Notice: "budget.import_declined"}, struct{}{},
			h.DeclineImport(ctx, id, in.Version, kind, in.Reason)
	}
}

// importTemplate is an empty workbook with the heads of a file that may be imported.
func (h handler) importTemplate(name string, columns []string) func(context.Context, web.Req) (web.File, error) {
	return func(context.Context, web.Req) (web.File, error) { return templateFile(name, columns) }
}

type rowsImportPage struct {
	web.Base
	E       *Estimate
	Columns []importColumn
	Limit   int
}

// Href is the page of the estimate.
func (p *rowsImportPage) Href() string { return estimateHref(p.E.Year, p.E.Round) }

func (h handler) rowsImportForm(ctx context.Context, r web.Req) (*rowsImportPage, error) {
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
	return &rowsImportPage{E: e, Columns: columnsOf(rowColumns, rowNeeds), Limit: MaxRows}, nil
}

type addedOut struct {
	Rows int `json:"rows"`
}

func (h handler) postRowsImport(ctx context.Context, r web.Req, in web.Attached) (web.Done, addedOut, error) {
	e, err := h.addressed(ctx, r)
	if err != nil {
		return web.Done{}, addedOut{}, err
	}
	u, ok := in.File(r)
	if !ok {
		return web.Done{}, addedOut{}, errs.FieldError("file", "budget.file_missing")
	}
	body, err := u.Open()
	if err != nil {
		return web.Done{}, addedOut{}, fmt.Errorf("open upload: %w", err)
	}
	defer body.Close()
	n, err := h.ImportRows(ctx, e.ID, u.Name, body)
	if err != nil {
		return web.Done{}, addedOut{}, err
	}
	return h.moved(ctx, r, e, "", "budget.rows_imported"), addedOut{n}, nil
}

// importTasks are the files that wait for the subject.
func (s *Service) importTasks(ctx context.Context) (tasks []web.Task, err error) {
	db := storage.Joined(ctx, s.db)
	for _, k := range []struct {
		kind             ImportKind
		resource, action string
	}{{ImportLines, "budget_line", "allocate"}, {ImportCodes, "budget_code", "confirm"}} {
		var list []Import
		q := db.NewSelect().Model(&list).ExcludeColumn("rows").Where("bi.status = ?", importLoaded).Where("bi.kind = ?", k.kind).OrderExpr("bi.uploaded_at").Limit(50)
		if err := s.access.Scope(ctx, q, k.resource, k.action, "budget_import").Scan(ctx); err != nil {
			return nil, fmt.Errorf("imports to confirm: %w", err)
		}
		for _, m := range list {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "budget.task_import_"+string(k.kind), m.FileName), Detail: i18n.T(ctx, "budget.import_rows", m.RowCount),
				Href: "/budget-imports/" + m.ID.String(), Action: i18n.T(ctx, "budget.do_import_confirm")})
		}
	}
	return tasks, nil
}
