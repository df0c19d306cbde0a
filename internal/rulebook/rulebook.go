package rulebook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

// Refusals of reading a rule.
var (
	ErrNoRule  = errs.New(errs.Conflict, "rulebook.no_rule")  // nobody has set the value the act needs; Args: the rule's id
	ErrNoParse = errs.New(errs.Internal, "rulebook.no_parse") // the value is not of the form its reader needs
)

// Value is one rule in force on a day.
type Value struct {
	ID         string // e.g. eligibility.startup.max_age_years
	Kind       string // number, threshold, word or list
	Text       string // the value: digits, a word, or a threshold such as ">= 2/3 cast"
	Unit       string // d, wd, m, y, h, %, đồng, … "" for a pure number
	NameVI     string
	NameEN     string
	Instrument string // e.g. Nghị định 268/2025/NĐ-CP
	Article    string // e.g. Điều 12 khoản 3
	Confidence string // T, S, M, P, or C when an officer confirmed it with a document
	Document   string // number of the document behind a C, else ""
	Note       string
	Version    string    // of the book the value was asked under
	From, To   time.Time // zero = not stated
}

// Unverified says that the page must show "cần xác minh".
func (v Value) Unverified() bool { return v.Confidence == "S" || v.Confidence == "M" }

// Source is the instrument and article in one line.
func (v Value) Source() string { return strings.Trim(v.Instrument+", "+v.Article, ", ") }

// Rule is the legal basis for an error or a "vì sao" box.
func (v Value) Rule(inputs ...errs.Input) errs.Rule {
	return errs.Rule{ID: v.ID, Article: v.Source(), Version: v.Version, Inputs: inputs, Unverified: v.Unverified()}
}

// Int reads a whole number.
func (v Value) Int() (int, error) {
	n, err := strconv.Atoi(v.Text)
	if err != nil {
		return 0, v.unreadable("a whole number")
	}
	return n, nil
}

// Decimal reads a number with a point before its decimals.
func (v Value) Decimal() (decimal.Decimal, error) {
	if len(v.Text) > 40 || strings.Trim(v.Text, "0123456789.") != "" {
		return decimal.Decimal{}, v.unreadable("a number")
	}
	d, err := decimal.NewFromString(v.Text)
	if err != nil {
		return decimal.Decimal{}, v.unreadable("a number")
	}
	return d, nil
}

// Yes says that the value is the word yes or required.
func (v Value) Yes() bool { return v.Text == "yes" || v.Text == "required" }

// List reads words separated by spaces.
func (v Value) List() []string { return strings.Fields(v.Text) }

// Threshold reads a threshold.
func (v Value) Threshold() (Threshold, error) {
	t, err := ParseThreshold(v.Text)
	if err != nil {
		return t, v.unreadable("a threshold")
	}
	return t, nil
}

func (v Value) unreadable(as string) error {
	return fmt.Errorf("rule %s: %q is not %s: %w", v.ID, v.Text, as, ErrNoParse)
}

const current = "(SELECT max(no) FROM rule_versions)"

// Get reads the value of id in force on the day of at, from the newest version; ErrNoRule when none.
func Get(ctx context.Context, db bun.IDB, id string, at time.Time) (Value, error) {
	return read(ctx, db, id, at, bun.Safe(current))
}

// GetVersion reads the value of id in force on the day of at as version of the book had it, so that an old case
// is replayed under its own rules; ErrNoRule when none. The empty version is the newest.
func GetVersion(ctx context.Context, db bun.IDB, id, version string, at time.Time) (Value, error) {
	if version == "" {
		return Get(ctx, db, id, at)
	}
	no, err := strconv.Atoi(version)
	if err != nil {
		return Value{}, fmt.Errorf("rulebook version %q: %w", version, ErrNoRule.With(id))
	}
	return read(ctx, db, id, at, no)
}

// Current is the newest version of the book: what a call binds at its approval. "" when the book is empty.
func Current(ctx context.Context, db bun.IDB) (version string, err error) {
	err = db.NewRaw("SELECT COALESCE(max(no)::text, '') FROM rule_versions").Scan(ctx, &version)
	return version, err
}

func read(ctx context.Context, db bun.IDB, id string, at time.Time, version any) (Value, error) {
	v := Value{ID: id}
	var from, to calendar.Date
	err := db.NewRaw(`SELECT r.kind, rv.value, COALESCE(r.unit, ''), r.name_vi, r.name_en, rv.instrument, rv.article, rv.confidence,
			rv.document_no, COALESCE(rv.note, ''), (?)::text, rv.valid_from, rv.valid_to
		FROM rule_values rv JOIN rules r ON r.id = rv.rule_id
		WHERE rv.rule_id = ? AND rv.status = 'in_force' AND rv.since_version <= ?
			AND (rv.valid_from IS NULL OR rv.valid_from <= ?) AND (rv.valid_to IS NULL OR rv.valid_to >= ?)
		ORDER BY rv.since_version DESC, rv.valid_from DESC NULLS LAST, rv.id LIMIT 1`,
		version, id, version, calendar.DateOf(at), calendar.DateOf(at)).
		Scan(ctx, &v.Kind, &v.Text, &v.Unit, &v.NameVI, &v.NameEN, &v.Instrument, &v.Article, &v.Confidence,
			&v.Document, &v.Note, &v.Version, &from, &to)
	if errors.Is(err, sql.ErrNoRows) {
		return Value{}, ErrNoRule.With(id)
	}
	if err != nil {
		return Value{}, fmt.Errorf("read rule %s: %w", id, err)
	}
	if !from.IsZero() {
		v.From = from.Start()
	}
	if !to.IsZero() {
		v.To = to.Start()
	}
	return v, nil
}

// NextVersion opens the next version of the book in the caller's transaction. Two at once wait for each other.
func NextVersion(ctx context.Context, tx bun.IDB, reason string) (no int, err error) {
	if _, err := tx.NewRaw("LOCK TABLE rule_versions IN SHARE ROW EXCLUSIVE MODE").Exec(ctx); err != nil {
		return 0, fmt.Errorf("lock the versions of the rulebook: %w", err)
	}
	err = tx.NewRaw(`INSERT INTO rule_versions (no, reason) SELECT max(no) + 1, ? FROM rule_versions
		RETURNING no`, reason).Scan(ctx, &no)
	if err != nil {
		return 0, fmt.Errorf("open a version of the rulebook: %w", err)
	}
	return no, nil
}
