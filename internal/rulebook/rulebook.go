// Package rulebook keeps the law as data: {id, value, legal basis, article, validity, confidence}. Every call,
// council, agreement and fund charter binds one version; a value not confirmed shows "cần xác minh".
package rulebook

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
)

// ErrNoRule is a value that nobody has set: the act that needs it refuses and says so.
var ErrNoRule = errs.New(errs.Conflict, "rulebook.no_rule")

// Value is one rule in force on a day.
type Value struct {
	ID         string // e.g. eligibility.startup.max_age_years
	Text       string // the value: digits, a word, or a threshold such as ">= 2/3 cast"
	Unit       string // d, wd, y, %, đồng, … "" for a pure number
	Instrument string // e.g. NĐ 268/2025/NĐ-CP
	Article    string // e.g. Điều 12 khoản 3
	Confidence string // T, S, M, P, or C when an officer confirmed it with a document
	Version    string
	From, To   time.Time
}

// Unverified says that the page must show "cần xác minh".
func (v Value) Unverified() bool { return v.Confidence == "S" || v.Confidence == "M" }

// Rule is the legal basis for an error or a "vì sao" box.
func (v Value) Rule(inputs ...errs.Input) errs.Rule {
	return errs.Rule{ID: v.ID, Article: v.Instrument + ", " + v.Article, Version: v.Version, Inputs: inputs, Unverified: v.Unverified()}
}

// Int reads a whole number.
func (v Value) Int() (int, error) { panic("rulebook: under construction") }

// Decimal reads a number.
func (v Value) Decimal() (decimal.Decimal, error) { panic("rulebook: under construction") }

// Threshold is {comparison, share, base}: ">= 2/3 cast", "> 1/4 present", ">= 70/100 mean".
type Threshold struct {
	Strict   bool // > instead of >=
	Num, Den int64
	Base     string // cast, present, seats, mean
}

// Met says whether n out of base reaches the threshold, in exact arithmetic.
func (t Threshold) Met(n, base int64) bool {
	l, r := n*t.Den, base*t.Num
	return l > r || !t.Strict && l == r
}

// Threshold reads a threshold.
func (v Value) Threshold() (Threshold, error) { panic("rulebook: under construction") }

// Get reads the value of id in force on the day of at, from the newest version; ErrNoRule when none.
func Get(ctx context.Context, db bun.IDB, id string, at time.Time) (Value, error) {
	panic("rulebook: under construction")
}
