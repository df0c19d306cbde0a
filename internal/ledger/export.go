package ledger

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
)

// Extract says what Export writes.
type Extract struct {
	Dialect Dialect
	Book    string // "" = every book
	Year    int    // calendar year of the effective day; 0 = all. A year starts from its opening balances
}

// Export writes the books in a plain-text accounting language, with every account and currency declared and the balance
// of each account asserted at the end of each period in which it moved, so that a program that knows nothing of ours
// recomputes them. What it asserts are the kept balances: those of account_balances and, at the end, of the control
// lines. It reads one unchanging view and holds no more in memory than accounts and dimensions. A book that is not there
// is errs.ErrNotFound.
func Export(ctx context.Context, db *bun.DB, w io.Writer, e Extract) error {
	return audit.Snapshot(ctx, db, func(tx bun.Tx) error {
		x := &export{Extract: e, tx: tx, out: bufio.NewWriterSize(w, 1<<16), names: map[place]string{}}
		var view string
		if err := tx.NewRaw("SELECT pg_export_snapshot()").Scan(ctx, &view); err != nil {
			return fmt.Errorf("export the view: %w", err)
		}
		if err := x.declare(ctx); err != nil {
			return err
		}
		// A second connection reads what is asserted while the first reads the journals.
		return audit.Snapshot(ctx, db, func(beside bun.Tx) error {
			if _, err := beside.ExecContext(ctx, "SET TRANSACTION SNAPSHOT '"+view+"'"); err != nil {
				return fmt.Errorf("share the view: %w", err)
			}
			if err := x.body(ctx, beside); err != nil {
				return err
			}
			return x.out.Flush()
		})
	})
}

// place is what becomes an account of the text: an account, or a stage of one control line. Line is 0 for the former.
type place struct{ account, line int64 }

type export struct {
	Extract
	tx    bun.Tx
	out   *bufio.Writer
	names map[place]string
	dims  map[int64][]tag
	units map[string]int32 // decimals by currency
	first string           // day of the first journal, yyyy-MM-dd
}

// tag is a name and value beside an entry or a leg.
type tag struct{ name, value string }

// chosen is the condition of the extract on a book b and a journal j, for three parameters: the book, the year, and
// whether earlier years count too.
const chosen = `(?0 = '' OR b.code = ?0) AND (?1 = 0 OR j.effective_on < make_date(?1 + 1, 1, 1) AND (?2 OR j.effective_on >= make_date(?1, 1, 1)))`

// declare writes the head of the text: currencies, accounts with what they are, and the opening balances of a year.
func (x *export) declare(ctx context.Context) error {
	for _, set := range []string{"SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0", "SET LOCAL work_mem = '64MB'", "SET LOCAL jit = off"} {
		if _, err := x.tx.ExecContext(ctx, set); err != nil {
			return err
		}
	}
	if x.Book != "" {
		if err := x.tx.NewRaw("SELECT id FROM ledger.books WHERE code = ?", x.Book).Scan(ctx, new(int)); errors.Is(err, sql.ErrNoRows) {
			return errs.ErrNotFound
		} else if err != nil {
			return fmt.Errorf("find book %s: %w", x.Book, err)
		}
	}
	if err := x.readDims(ctx); err != nil {
		return fmt.Errorf("read dimensions: %w", err)
	}
	var currencies []struct {
		Code       string
		MinorUnits int32
	}
	if err := x.tx.NewRaw("SELECT code, minor_units FROM ledger.currencies ORDER BY code").Scan(ctx, &currencies); err != nil {
		return fmt.Errorf("read currencies: %w", err)
	}
	var places []chartRow
	err := x.tx.NewRaw(`SELECT a.id AS account, coalesce(s.line_id, 0) AS line, b.code AS book, a.code, a.class, a.currency, a.name_vi AS name, trim_scale(s.opening) AS opening,
			to_char(s.first_on, 'YYYY-MM-DD') AS first_on, c.kind AS line_kind, c.dim_id, c.subject_id
		FROM (SELECT p.account_id, p.line_id, coalesce(sum(p.amount) FILTER (WHERE j.effective_on < make_date(greatest(?1, 1), 1, 1)), 0) AS opening, min(j.effective_on) AS first_on
		        FROM ledger.postings p JOIN ledger.journals j ON j.id = p.journal_id JOIN ledger.books b ON b.id = j.book_id WHERE `+chosen+`
		       GROUP BY p.account_id, p.line_id) s
		JOIN ledger.accounts a ON a.id = s.account_id JOIN ledger.books b ON b.id = a.book_id LEFT JOIN ledger.control_lines c ON c.id = s.line_id
		ORDER BY b.id, a.id, s.line_id`, x.Book, x.Year, true).Scan(ctx, &places)
	if err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	d := dialects[x.Dialect]
	x.units = map[string]int32{}
	taken := map[string]bool{}
	for _, p := range places {
		if x.first == "" || p.FirstOn < x.first {
			x.first = p.FirstOn
		}
		name := d.name(p)
		for taken[name] {
			name += "-2"
		}
		taken[name] = true
		x.names[place{p.Account, p.Line}] = name
	}
	if x.Year != 0 {
		x.first = fmt.Sprintf("%04d-01-01", x.Year)
	}
	for _, c := range currencies {
		x.units[c.Code] = c.MinorUnits
	}
	d.head(x)
	for _, c := range currencies {
		d.currency(x, c.Code, c.MinorUnits)
	}
	for _, p := range places {
		d.account(x, p, x.names[place{p.Account, p.Line}])
	}
	x.open(d, places)
	return nil
}

// chartRow is a place as it is declared.
type chartRow struct {
	Account, Line                     int64
	Book, Code, Class, Currency, Name string
	Opening                           decimal.Decimal // before the year of the extract
	FirstOn                           string
	LineKind                          *string
	DimID                             *int64
	SubjectID                         *uuid.UUID
}

// open brings the balances of the years before into a year's extract; they sum to zero, as all journals do.
func (x *export) open(d *dialect, places []chartRow) {
	e := entry{On: x.first, Number: "OPENING-" + strconv.Itoa(x.Year), DocumentNo: "opening balances"}
	for _, p := range places {
		if !p.Opening.IsZero() {
			e.legs = append(e.legs, leg{x.names[place{p.Account, p.Line}], p.Opening, p.Currency, nil})
		}
	}
	if len(e.legs) > 0 {
		d.entry(x, &e)
	}
}

func (x *export) readDims(ctx context.Context) error {
	var rows []struct {
		ID     int64
		Values string
	}
	if err := x.tx.NewRaw("SELECT d.id, jsonb_strip_nulls(to_jsonb(d) - 'id')::text AS values FROM ledger.dim_sets d").Scan(ctx, &rows); err != nil {
		return err
	}
	x.dims = make(map[int64][]tag, len(rows))
	for _, r := range rows {
		var values map[string]any
		dec := json.NewDecoder(strings.NewReader(r.Values))
		dec.UseNumber()
		if err := dec.Decode(&values); err != nil {
			return err
		}
		var tags []tag
		for name, v := range values {
			tags = append(tags, tag{strings.TrimSuffix(strings.ReplaceAll(name, "_", "-"), "-id"), fmt.Sprint(v)})
		}
		slices.SortFunc(tags, func(a, b tag) int { return strings.Compare(a.name, b.name) })
		x.dims[r.ID] = tags
	}
	return nil
}

// amount writes a number with all its digits, at least as many decimals as its currency has.
func (x *export) amount(d decimal.Decimal, currency string) string {
	return d.StringFixed(max(x.units[currency], -d.Exponent())) + " " + currency
}
