package budget

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
)

// Refusals of files.
var (
	ErrImportForm    = errs.New(errs.Invalid, "budget.import_form")    // neither csv nor xlsx, or not readable
	ErrImportName    = errs.New(errs.Invalid, "budget.import_name")    // the name's ending is not that of its content; Args: the name
	ErrImportColumns = errs.New(errs.Invalid, "budget.import_columns") // Args: the columns that are missing
	ErrImportEmpty   = errs.New(errs.Invalid, "budget.import_empty")
	ErrImportDecided = errs.New(errs.Conflict, "budget.import_decided")
)

// ImportKind is what a file holds.
type ImportKind string

// What may be imported with a second person; rows of an estimate go straight into a draft.
const (
	ImportCodes ImportKind = "codes" // a code list
	ImportLines ImportKind = "lines" // lines of a year with their allocations
)

// Import is a file that was read and checked whole and waits for its second person; Loaded → Confirmed or Declined.
type Import struct {
	bun.BaseModel `bun:"table:budget_imports,alias:bi"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Kind          ImportKind
	Year          int // 0 for a code list
	FileName      string
	Digest        string
	Rows          json.RawMessage `bun:"type:jsonb"` // []LineRecord or []Code
	RowCount      int
	Total         money.Amount `bun:"type:numeric"` // what the lines receive, in đồng
	FinanceUnitID uuid.UUID    `bun:"type:uuid"`
	Status        string       // loaded, confirmed or declined
	UploadedBy    uuid.UUID    `bun:"type:uuid"`
	UploadedAt    time.Time
	DecidedBy     *uuid.UUID `bun:"type:uuid"`
	DecidedAt     *time.Time
	DecisionNo    string
	DecidedOn     calendar.Date `bun:"type:date,nullzero"`
	Reason        string
	Edition       *int // of the code list it became
	Version       int
}

// The states of an import.
const (
	importLoaded    = "loaded"
	importConfirmed = "confirmed"
	importDeclined  = "declined"
)

// AccessKind is the kind of the row.
func (m *Import) AccessKind() string { return "budget_import" }

// AccessID is the id of the row.
func (m *Import) AccessID() uuid.UUID { return m.ID }

// decide ends an import that waits.
func (m *Import) decide(status string, by uuid.UUID, at time.Time) error {
	if m.Status != importLoaded {
		return ErrImportDecided
	}
	m.Status, m.DecidedBy, m.DecidedAt = status, &by, &at
	return nil
}

// sheet is a file as rows of cells; the first row of the file names the columns.
type sheet struct {
	ctx    context.Context
	column map[string]int
	rows   [][]string
	wrong  []errs.Field

	fractions map[cellAt]bool // numbers of a workbook that are not whole, by their place in the file
}

// firstRow is the number of the first row below the head, as a spreadsheet counts.
const firstRow = 2

// readSheet reads csv (UTF-8, comma or semicolon) or xlsx (the first sheet); the ending of name says which, and the content
// must be that. columns are the names it may have; a
// name is the column's own or its words in either language. need are those without which nothing can be read.
func readSheet(ctx context.Context, name string, body io.Reader, columns, need []string) (*sheet, error) {
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	var rows [][]string
	var fractions map[cellAt]bool
	workbook := bytes.HasPrefix(raw, []byte("PK\x03\x04"))
	if ending := strings.ToLower(path.Ext(name)); ending != ".csv" && ending != ".xlsx" || workbook != (ending == ".xlsx") {
		return nil, ErrImportName.At(errs.Field{Name: "file", Code: ErrImportName.Code, Args: []any{name}})
	}
	if workbook {
		if rows, fractions, err = readXLSX(ctx, raw); err != nil {
			err = ErrImportForm.At(errs.Field{Name: "file", Code: ErrImportForm.Code})
		}
	} else {
		rows, err = readCSV(raw)
	}
	if err != nil {
		return nil, err
	}
	if len(rows) < 2 {
		return nil, ErrImportEmpty.At(errs.Field{Name: "file", Code: ErrImportEmpty.Code})
	}
	if len(rows)-1 > MaxRows {
		return nil, ErrTooManyRows.At(errs.Field{Name: "file", Code: ErrTooManyRows.Code, Args: []any{MaxRows}})
	}
	s := &sheet{ctx: ctx, column: map[string]int{}, rows: rows[1:], fractions: fractions}
	for i, head := range rows[0] {
		if name := columnNamed(head, columns); name != "" {
			if _, twice := s.column[name]; !twice {
				s.column[name] = i
			}
		}
	}
	var missing []string
	for _, n := range need {
		if _, ok := s.column[n]; !ok {
			missing = append(missing, n)
		}
	}
	if missing != nil {
		return nil, ErrImportColumns.At(errs.Field{Name: "file", Code: ErrImportColumns.Code, Args: []any{strings.Join(missing, ", ")}})
	}
	return s, nil
}

func columnNamed(head string, columns []string) string {
	head = strings.ToLower(strings.TrimSpace(norm.NFC.String(head)))
	for _, c := range columns {
		if head == c || head == strings.ToLower(i18n.Text(i18n.VI, "budget.col_"+c)) || head == strings.ToLower(i18n.Text(i18n.EN, "budget.col_"+c)) {
			return c
		}
	}
	return ""
}

func readCSV(raw []byte) ([][]string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return nil, ErrImportForm.At(errs.Field{Name: "file", Code: ErrImportForm.Code})
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord = -1
	if head, _, _ := bytes.Cut(raw, []byte("\n")); bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		r.Comma = ';'
	}
	var rows [][]string
	for len(rows) <= MaxRows+1 {
		row, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, ErrImportForm.At(errs.Field{Name: "file", Code: ErrImportForm.Code})
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// cell is a cell of row i, counted from 0 below the head; "" where the file has none.
func (s *sheet) cell(i int, column string) string {
	at, ok := s.column[column]
	if !ok || at >= len(s.rows[i]) {
		return ""
	}
	return norm.NFC.String(strings.TrimSpace(s.rows[i][at]))
}

// blank says that row i has nothing in it.
func (s *sheet) blank(i int) bool {
	for _, c := range s.rows[i] {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// full says that enough mistakes are named.
func (s *sheet) full() bool { return len(s.wrong) >= maxWrong }

// fail names a mistake by row and column, in the reader's words; the first 100 are kept, and of a cell the first: what
// cannot be read as an amount is not told to be missing as well.
func (s *sheet) fail(i int, column, code string, args ...any) {
	f := cellField(s.ctx, i, column, code, args...)
	if !s.full() && !slices.ContainsFunc(s.wrong, func(told errs.Field) bool { return told.Name == f.Name }) {
		s.wrong = append(s.wrong, f)
	}
}

func cellField(ctx context.Context, i int, column, code string, args ...any) errs.Field {
	return errs.Field{Name: fmt.Sprintf("rows[%d].%s", i+firstRow, column), Code: "budget.import_cell",
		Args: []any{i + firstRow, i18n.T(ctx, "budget.col_"+column), i18n.T(ctx, code, args...)}}
}

// amount reads whole đồng: digits, grouped or not.
func (s *sheet) amount(i int, column string) money.Amount {
	text := s.cell(i, column)
	if text == "" {
		return money.Amount{}
	}
	a, err := money.Parse(text)
	if s.fractions[cellAt{i + 1, s.column[column]}] {
		a, err = money.Amount{}, money.ErrSyntax
	}
	if err != nil {
		e := errs.From(err)
		s.fail(i, column, e.Code, e.Args...)
	}
	return a
}

// date reads a day: dd/MM/yyyy, yyyy-MM-dd, or the number of a day of a spreadsheet.
func (s *sheet) date(i int, column string) calendar.Date {
	text := s.cell(i, column)
	if text == "" {
		return calendar.Date{}
	}
	if n, ok := serialDay(text); ok {
		return calendar.On(1899, 12, 30).AddDays(n)
	}
	if at, err := time.Parse("02/01/2006", text); err == nil {
		return calendar.On(at.Year(), at.Month(), at.Day())
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		s.fail(i, column, "budget.import_date")
	}
	return d
}

// id reads a uuid; nil for an empty cell.
func (s *sheet) id(i int, column string) *uuid.UUID {
	text := s.cell(i, column)
	if text == "" {
		return nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		s.fail(i, column, "budget.import_id")
		return nil
	}
	return &id
}

// text reads a cell of at most n characters.
func (s *sheet) text(i int, column string, n int) string {
	t := s.cell(i, column)
	if utf8.RuneCountInString(t) > n {
		s.fail(i, column, "budget.import_long", n)
	}
	return t
}

// refusal is nil when no mistake was found.
func (s *sheet) refusal() error { return invalid(s.wrong) }
