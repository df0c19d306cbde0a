package budget

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

// CodeKind is which of the budget code lists a code belongs to.
type CodeKind string

// The lists of the budget index (mục lục ngân sách nhà nước).
const (
	LevelCode    CodeKind = "level"    // cấp
	ChapterCode  CodeKind = "chapter"  // chương
	CategoryCode CodeKind = "category" // loại and khoản
	ItemCode     CodeKind = "item"     // mục and tiểu mục
	SourceCode   CodeKind = "source"   // nguồn
)

// CodeKinds are the lists in the order of the page.
var CodeKinds = []CodeKind{LevelCode, ChapterCode, CategoryCode, ItemCode, SourceCode}

// Illustrative is the tag of a code that only the example uses (minh họa).
const Illustrative = "I"

// Code is one code of an edition of a list, with the days on which it may be used, both included; a zero day was not
// stated. Edition 0 came with the program, each later one by an import.
//
// Tag: T read in the text of the law, S in a secondary source, M from memory, C confirmed by the office, I illustrative.
// Source: Thông tư 130/2025/TT-BTC from budget year 2026; Thông tư 324/2016/TT-BTC before it.
type Code struct {
	bun.BaseModel `bun:"table:budget_codes,alias:bc"`
	Kind          CodeKind      `bun:",pk" json:"kind"`
	Code          string        `bun:",pk" json:"code"` // with a hyphen: a range, on which nothing is posted
	Edition       int           `bun:",pk" json:"edition"`
	Parent        string        `bun:",nullzero" json:"parent,omitempty"`
	NameVI        string        `bun:"name_vi" json:"name_vi"`
	NameEN        string        `bun:"name_en,nullzero" json:"name_en,omitempty"`
	ValidFrom     calendar.Date `bun:"type:date,nullzero" json:"valid_from"`
	ValidTo       calendar.Date `bun:"type:date,nullzero" json:"valid_to"`
	Source        string        `json:"source"`
	Tag           string        `json:"tag"`
}

// Unverified says that nobody has held the code against its legal text yet.
func (c Code) Unverified() bool { return c.Tag == "S" || c.Tag == "M" }

// Illustrative says that the code belongs to an example, not to the law.
func (c Code) Illustrative() bool { return c.Tag == Illustrative }

// Name is the name in the reader's language; most lists have Vietnamese names only.
func (c Code) Name(english bool) string {
	if english && c.NameEN != "" {
		return c.NameEN
	}
	return c.NameVI
}

// forms are how the codes of each list look.
var forms = map[CodeKind]*regexp.Regexp{
	LevelCode: oneDigit, ChapterCode: regexp.MustCompile(`^[0-9]{3}(-[0-9]{3})?$`), CategoryCode: threeDigits,
	ItemCode: fourDigits, SourceCode: regexp.MustCompile(`^[0-9]{2}(-[0-9]{2})?$`),
}

// Check names what of a code must be mended, each field by its column.
func (c *Code) Check() (fields []errs.Field) {
	wrong := func(name, code string) { fields = append(fields, errs.Field{Name: name, Code: code}) }
	form, known := forms[c.Kind]
	switch {
	case !known:
		wrong("kind", "budget.code_kind_wrong")
	case !form.MatchString(c.Code):
		wrong("code", "budget.code_list_form")
	case c.Parent != "" && !form.MatchString(c.Parent):
		wrong("parent", "budget.code_list_form")
	}
	if c.NameVI == "" {
		wrong("name_vi", "budget.name_missing")
	}
	if c.ValidFrom.IsZero() {
		wrong("valid_from", "budget.valid_from_missing")
	}
	if !c.ValidTo.IsZero() && c.ValidTo.Before(c.ValidFrom) {
		wrong("valid_to", "budget.valid_to_wrong")
	}
	if c.Source == "" {
		wrong("source", "budget.code_source_missing")
	}
	if c.Tag != "" && !strings.Contains("TSMCI", c.Tag) || len(c.Tag) > 1 {
		wrong("tag", "budget.code_tag_wrong")
	}
	return fields
}

// Usable are the codes of a list that may be used in a budget year, in order, newest edition first of each code.
func Usable(ctx context.Context, db bun.IDB, kind CodeKind, year int) (codes []Code, err error) {
	err = db.NewSelect().Model(&codes).DistinctOn("bc.code").Where("bc.kind = ?", kind).
		Where("NOT isempty(budget_code_days(bc.kind, bc.code, ?))", year).
		Where("bc.valid_from IS NULL OR bc.valid_from <= make_date(?, 12, 31)", year).OrderExpr("bc.code, bc.edition DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read budget codes %s of %d: %w", kind, year, err)
	}
	return codes, nil
}
