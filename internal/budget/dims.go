package budget

import (
	"context"
	"fmt"
	"regexp"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
)

// ProvinceLevel is the code of the provincial budget level (ngân sách cấp tỉnh).
// Source: Thông tư 324/2016/TT-BTC, Điều 7; Thông tư 130/2025/TT-BTC keeps the code.
const ProvinceLevel = "2"

// Dims are the budget dimensions (mục lục ngân sách) of a line or of a row of an estimate besides year, chapter,
// programme and source. "" and nil mean that it has none; codes are those of budget_codes.
type Dims struct {
	Level       string     `json:"level,omitempty"`                        // cấp; "" is ProvinceLevel
	Category    string     `json:"category,omitempty"`                     // loại or khoản
	Item        string     `json:"item,omitempty"`                         // mục
	SubItem     string     `json:"sub_item,omitempty"`                     // tiểu mục
	SourceID    *uuid.UUID `bun:"type:uuid" json:"source_id,omitempty"`    // sub-source, e.g. one donor
	UnitID      *uuid.UUID `bun:"type:uuid" json:"unit_id,omitempty"`      // unit that runs the task
	ProjectID   *uuid.UUID `bun:"type:uuid" json:"project_id,omitempty"`   // dossier of a project that goes on
	MilestoneID *uuid.UUID `bun:"type:uuid" json:"milestone_id,omitempty"` // of that project's agreement
}

var (
	threeDigits = regexp.MustCompile(`^[0-9]{3}$`)
	fourDigits  = regexp.MustCompile(`^[0-9]{4}$`)
	oneDigit    = regexp.MustCompile(`^[0-9]$`)
)

// checkDims names the codes whose form is wrong: one digit of level, three of chapter and category, four of item.
func checkDims(chapter string, d Dims) (fields []errs.Field) {
	for _, c := range []struct {
		name, value string
		form        *regexp.Regexp
	}{{"level", d.Level, oneDigit}, {"chapter", chapter, threeDigits}, {"category", d.Category, threeDigits},
		{"item", d.Item, fourDigits}, {"sub_item", d.SubItem, fourDigits}} {
		if c.value != "" && !c.form.MatchString(c.value) {
			fields = append(fields, errs.Field{Name: c.name, Code: "budget.code_form", Args: []any{c.value}})
		}
	}
	if d.SubItem != "" && d.Item == "" {
		fields = append(fields, errs.Field{Name: "item", Code: "budget.item_missing"})
	}
	if d.MilestoneID != nil && d.ProjectID == nil {
		fields = append(fields, errs.Field{Name: "project_id", Code: "budget.project_missing"})
	}
	return fields
}

// checkCodes names the codes that may not be used in any day of a budget year, and a sub-source of another source.
func checkCodes(ctx context.Context, db bun.IDB, year int, source, chapter string, d Dims) (fields []errs.Field, err error) {
	var bad []struct{ Name, Code string }
	err = db.NewRaw(`SELECT k.name, k.code FROM (VALUES ('level', 'level', ?), ('chapter', 'chapter', ?), ('category', 'category', ?),
			('item', 'item', ?), ('sub_item', 'item', ?)) AS k (name, kind, code)
		WHERE k.code <> '' AND isempty(budget_code_days(k.kind, k.code, ?))`,
		d.Level, chapter, d.Category, d.Item, d.SubItem, year).Scan(ctx, &bad)
	if err != nil {
		return nil, fmt.Errorf("check budget codes of %d: %w", year, err)
	}
	for _, b := range bad {
		fields = append(fields, errs.Field{Name: b.Name, Code: "budget.code_invalid", Args: []any{b.Code, fmt.Sprint(year)}})
	}
	if d.SourceID != nil {
		of, err := db.NewSelect().Model((*SubSource)(nil)).Where("bs.id = ?", *d.SourceID).Where("bs.source_code = ?", source).Exists(ctx)
		if err != nil {
			return nil, fmt.Errorf("check sub-source %s: %w", *d.SourceID, err)
		}
		if !of {
			fields = append(fields, errs.Field{Name: "source_id", Code: "budget.sub_source_wrong"})
		}
	}
	return fields, nil
}

// orProvince is d with the level of the province where none is named.
func (d Dims) orProvince() Dims {
	if d.Level == "" {
		d.Level = ProvinceLevel
	}
	return d
}

// inherit takes chapter and sub-source of the line above where the line names none.
func (l *Line) inherit(p *Line) {
	if l.Chapter == "" {
		l.Chapter = p.Chapter
	}
	if l.SourceID == nil {
		l.SourceID = p.SourceID
	}
}

// checkCodes refuses a line whose codes may not be used in its year.
func (l *Line) checkCodes(ctx context.Context, db bun.IDB) error {
	fields, err := checkCodes(ctx, db, l.Year, l.SourceCode, l.Chapter, l.Dims)
	if err != nil || fields == nil {
		return err
	}
	return errs.New(errs.Invalid, "errs.invalid").At(fields...)
}

// sourceOrder is the order of sources on pages.
var sourceOrder = []string{StateBudget, Sponsorship, Other}
