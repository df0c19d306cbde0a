package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
)

// List is the keyset paging, sorting and filter of a list page: 25, 50 or 100 rows. Its fields come from the
// query string: q, size, sort, after, before and the filters named to Req.List.
type List struct {
	Size       int               // 0 = everything, for exports
	After      string            // opaque cursor
	Before     string            // opaque cursor, for the page before
	Sort       string            // column, "-" in front for descending
	Q          string            // text typed in the search box
	Filter     map[string]string // allowed filters that were given
	Next, Prev string            // cursors of the neighbours, "" at an end; set by Fetch
	Shown      int               // rows on this page; set by Fetch
	path       string
	exported   bool // the same list is a csv and a spreadsheet
	fallback   string
	lang       i18n.Lang
}

// Sorts maps the names of sortable columns to SQL expressions that are never NULL. They are constants of the program.
type Sorts map[string]string

const exportLimit = 50000

var errCursor = errs.New(errs.Invalid, "web.cursor")

// List reads the list's state from the query. sort is the default order; only the named filters are taken.
func (r Req) List(sort string, filters ...string) List {
	l := List{Size: 25, Sort: r.Query("sort"), After: r.Query("after"), Before: r.Query("before"), Q: r.Query("q"),
		Filter: map[string]string{}, path: r.Path(), exported: r.rt.Serves(r.Path() + ".csv"), fallback: sort, lang: r.Lang()}
	if n, err := strconv.Atoi(r.Query("size")); err == nil && (n == 50 || n == 100) {
		l.Size = n
	}
	if l.Sort == "" {
		l.Sort = sort
	}
	for _, f := range filters {
		if v := r.Query(f); v != "" {
			l.Filter[f] = v
		}
	}
	return l
}

// All is the same filter and order without paging, for exports.
func (l List) All() List {
	l.Size, l.After, l.Before = 0, "", ""
	return l
}

type cursor struct {
	V  string    `json:"v"`
	ID uuid.UUID `json:"id"`
}

func (k cursor) text() string {
	b, err := json.Marshal(k)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (k cursor, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err == nil {
		k.V, err = clean(k.V)
	}
	if err != nil {
		return k, errCursor
	}
	return k, nil
}

// Fetch runs q, a select whose model is a pointer to a slice, in the list's order: it adds ORDER BY, the keyset
// condition and LIMIT, drops the row too many, and sets Next, Prev and Shown. id is the SQL of the row's uuid.
func Fetch(ctx context.Context, l *List, q *bun.SelectQuery, sorts Sorts, id string) error {
	name := strings.TrimPrefix(l.Sort, "-")
	expr, ok := sorts[name]
	if !ok {
		l.Sort = l.fallback
		name = strings.TrimPrefix(l.Sort, "-")
		if expr, ok = sorts[name]; !ok {
			return fmt.Errorf("web: the default sort %q is not among the sorts", l.Sort)
		}
	}
	down, back := strings.HasPrefix(l.Sort, "-"), l.Before != ""
	if at := l.After + l.Before; at != "" && l.Size > 0 {
		k, err := parseCursor(at)
		if err != nil {
			return err
		}
		op := ">"
		if down != back {
			op = "<"
		}
		q = q.Where("("+expr+", "+id+") "+op+" (?, ?)", k.V, k.ID)
	}
	dir := " ASC"
	if down != back {
		dir = " DESC"
	}
	q = q.OrderExpr(expr + dir + ", " + id + dir)
	limit := l.Size + 1
	if l.Size == 0 {
		limit = exportLimit
	}
	rows := reflect.ValueOf(q.GetModel().Value()).Elem()
	if rows.Kind() != reflect.Slice {
		return fmt.Errorf("web: Fetch needs a slice model, not %s", rows.Type())
	}
	if err := q.Clone().Limit(int64(limit)).Scan(ctx); err != nil {
		if l.After+l.Before != "" && strings.HasPrefix(storage.Code(err), "22") { // a cursor whose value the sort cannot read
			return errCursor
		}
		return fmt.Errorf("list %s: %w", l.path, err)
	}
	more := l.Size > 0 && rows.Len() > l.Size
	if more {
		rows.SetLen(l.Size)
	}
	if back {
		swap := reflect.Swapper(rows.Interface())
		for i, j := 0, rows.Len()-1; i < j; i, j = i+1, j-1 {
			swap(i, j)
		}
	}
	l.Shown, l.Next, l.Prev = rows.Len(), "", ""
	next, prev := more || back, back && more || !back && l.After != ""
	if l.Size == 0 || rows.Len() == 0 || !next && !prev {
		return nil
	}
	return l.cursors(ctx, q, rows, expr, id, next, prev)
}

// cursors reads the sort values of the first and last row shown, in the same words of SQL that ordered them.
func (l *List) cursors(ctx context.Context, q *bun.SelectQuery, rows reflect.Value, expr, id string, next, prev bool) error {
	edge := func(i int) (uuid.UUID, error) {
		row := reflect.Indirect(rows.Index(i))
		u, ok := row.FieldByName("ID").Interface().(uuid.UUID)
		if !ok {
			return uuid.Nil, fmt.Errorf("list %s: rows have no uuid field ID", l.path)
		}
		return u, nil
	}
	first, err := edge(0)
	if err != nil {
		return err
	}
	last, err := edge(rows.Len() - 1)
	if err != nil {
		return err
	}
	var keys []struct {
		V  string    `bun:"kb_v"`
		ID uuid.UUID `bun:"kb_id,type:uuid"`
	}
	inner := q.Clone().ExcludeColumn("*").ColumnExpr("("+expr+")::text AS kb_v").ColumnExpr(id+" AS kb_id").
		Where(id+" IN (?)", bun.List([]uuid.UUID{first, last}))
	if err := q.NewSelect().ColumnExpr("kb_v, kb_id").TableExpr("(?) AS keyed", inner).Scan(ctx, &keys); err != nil {
		return fmt.Errorf("cursors of %s: %w", l.path, err)
	}
	for _, k := range keys {
		if next && k.ID == last {
			l.Next = cursor{k.V, k.ID}.text()
		}
		if prev && k.ID == first {
			l.Prev = cursor{k.V, k.ID}.text()
		}
	}
	return nil
}

// link is the list's address with some parameters changed; "" takes one away.
func (l List) link(change map[string]string) string {
	v := url.Values{}
	for k, s := range l.Filter {
		v.Set(k, s)
	}
	set := func(k, s string) {
		if s != "" {
			v.Set(k, s)
		}
	}
	set("q", l.Q)
	if l.Sort != l.fallback {
		set("sort", l.Sort)
	}
	if l.Size != 25 && l.Size != 0 {
		set("size", strconv.Itoa(l.Size))
	}
	for k, s := range change {
		v.Del(k)
		set(k, s)
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// Query is the filter and order as a query string with its question mark, for the link of an export; "" when plain.
func (l List) Query() string { return l.link(map[string]string{"size": ""}) }

// Link is the list's own path with one filter set; "" takes it away.
func (l List) Link(filter, value string) string {
	return l.path + l.link(map[string]string{filter: value})
}

// NextLink is the address of the next page, "" at the end.
func (l List) NextLink() string { return l.pageLink("after", l.Next) }

// PrevLink is the address of the page before, "" at the start.
func (l List) PrevLink() string { return l.pageLink("before", l.Prev) }

func (l List) pageLink(name, at string) string {
	if at == "" {
		return ""
	}
	return l.path + l.link(map[string]string{name: at})
}

// Sizes are the links to 25, 50 and 100 rows.
func (l List) Sizes() []Option {
	var out []Option
	for _, n := range []int{25, 50, 100} {
		s := strconv.Itoa(n)
		to := s
		if n == 25 {
			to = ""
		}
		out = append(out, Option{Value: l.path + l.link(map[string]string{"size": to}), Label: s, Selected: l.Size == n})
	}
	return out
}

// SortHead is a table head that sorts.
type SortHead struct{ Href, Label, Class, Aria, Arrow string }

// Head makes the head of a sortable column; class n is for numbers.
func (l List) Head(name, label, class string) SortHead {
	h := SortHead{Label: label, Class: class}
	to := name
	switch l.Sort {
	case name:
		h.Aria, h.Arrow, to = "ascending", "↑", "-"+name
	case "-" + name:
		h.Aria, h.Arrow = "descending", "↓"
	}
	h.Href = l.path + l.link(map[string]string{"sort": to})
	return h
}

// Search is the text box of the filter row.
func (l List) Search(label string) Field { return Field{Name: "q", Label: label, Value: l.Q} }

// Choice is a select of the filter row; any is the label of no filter.
func (l List) Choice(filter, any string, options []Option) Field {
	f := Field{Name: filter, Label: any, Value: l.Filter[filter]}
	for _, o := range options {
		o.Selected = o.Value == f.Value
		f.Options = append(f.Options, o)
	}
	return f
}

// Filtered says that a search or filter is on.
func (l List) Filtered() bool { return l.Q != "" || len(l.Filter) > 0 }

// Exports are the addresses of the same filter and order as csv and as a spreadsheet; none for a list without.
func (l List) Exports() []Option {
	if !l.exported {
		return nil
	}
	return []Option{{Value: l.path + ".csv" + l.Query(), Label: "csv"}, {Value: l.path + ".xlsx" + l.Query(), Label: "xlsx"}}
}

// CSV makes the export of a list, as csv or, at the same address with .xlsx, as a spreadsheet: its first rows carry
// title, filter, time and user. In csv, text that a spreadsheet would read as a formula gets a quote in front; in a
// spreadsheet a column is of numbers or days where all its cells are, except the columns codes (from 0), whose digits
// are no numbers.
func (r Req) CSV(ctx context.Context, name, title string, l List, header []string, rows [][]string, codes ...int) File {
	filter := strings.TrimPrefix(l.Query(), "?")
	if filter == "" {
		filter = i18n.T(ctx, "web.export_no_filter")
	}
	who := access.From(ctx).Name
	if who == "" {
		who = i18n.T(ctx, "web.export_public")
	}
	head := [][]string{{title}, {i18n.T(ctx, "web.export_filter"), filter}, {i18n.T(ctx, "web.export_at"), Logtime(r.rt.opts.Clock.Now()), who}, {}}
	if r.asSheet() {
		return sheetFile(name, head, header, rows, codes)
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range append(append(head, header), rows...) {
		safe := make([]string, len(row))
		for i, s := range row {
			safe[i] = guardFormula(s)
		}
		w.Write(safe)
	}
	w.Flush()
	return File{Name: name + ".csv", Type: "text/csv; charset=utf-8", Body: io.NopCloser(&b)}
}

// guardFormula keeps plain numbers as they are and puts a quote before what a spreadsheet would calculate.
func guardFormula(s string) string {
	if s == "" || decimalJSON.MatchString(s) {
		return s
	}
	switch r := []rune(s)[0]; r {
	case '=', '+', '-', '@', '\t', '\r', '；', '＝', '＋', '－', '＠', '\u2212':
		return "'" + s
	}
	return s
}

// sendFile streams a file as an attachment; its name goes out plain and as UTF-8.
func sendFile(c *fiber.Ctx, f File) error {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/;%`, r) {
			return '_'
		}
		return r
	}, f.Name)
	how := "attachment"
	if f.Inline {
		how = "inline"
	}
	c.Set(fiber.HeaderContentType, f.Type)
	c.Set(fiber.HeaderContentDisposition, how+`; filename="`+plain+`"; filename*=UTF-8''`+url.PathEscape(f.Name))
	c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.SendStream(f.Body)
}
