package budget

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

// SubSource is a named part of a source (nguồn chi tiết): a donor of sponsorship with what the money is for and the
// agreement behind it. Money of a sub-source stands under a root line of its own.
type SubSource struct {
	bun.BaseModel `bun:"table:budget_sources,alias:bs"`
	ID            uuid.UUID     `bun:",pk,type:uuid" json:"id"`
	SourceCode    string        `json:"source_code"` // NS, TT or KHAC
	Code          string        `json:"code"`
	NameVI        string        `bun:"name_vi" json:"name_vi"`
	NameEN        string        `bun:"name_en" json:"name_en"`
	Donor         string        `json:"donor"`   // "" only where the source is not sponsorship
	Purpose       string        `json:"purpose"` // what the money may be spent for
	DocumentNo    string        `json:"document_no"`
	SignedOn      calendar.Date `bun:"type:date,nullzero" json:"signed_on"`
	FinanceUnitID uuid.UUID     `bun:"type:uuid" json:"-"`
	CreatedBy     uuid.UUID     `bun:"type:uuid" json:"-"`
	CreatedAt     time.Time     `json:"-"`
}

// ErrSourceTaken says that a sub-source has the code already.
var ErrSourceTaken = errs.New(errs.Conflict, "budget.sub_source_taken")

// AccessKind is the kind of the row.
func (s *SubSource) AccessKind() string { return "budget_source" }

// AccessID is the id of the row.
func (s *SubSource) AccessID() uuid.UUID { return s.ID }

// Check says what of a new sub-source must be mended; nil when nothing. today is the last day its document can have.
func (s *SubSource) Check(today calendar.Date) error {
	var fields []errs.Field
	wrong := func(name, code string) { fields = append(fields, errs.Field{Name: name, Code: code}) }
	if s.SourceCode != StateBudget && s.SourceCode != Sponsorship && s.SourceCode != Other {
		wrong("source_code", "budget.source_wrong")
	}
	if !codeForm.MatchString(s.Code) || len(s.Code) > 11 || strings.Contains(s.Code, ".") {
		wrong("code", "budget.sub_source_code")
	}
	if s.NameVI == "" {
		wrong("name_vi", "budget.name_missing")
	}
	if s.NameEN == "" {
		wrong("name_en", "budget.name_missing")
	}
	if s.SourceCode == Sponsorship && s.Donor == "" {
		wrong("donor", "budget.donor_missing")
	}
	if s.SourceCode == Sponsorship && s.Purpose == "" {
		wrong("purpose", "budget.purpose_missing")
	}
	switch {
	case (s.DocumentNo == "") != s.SignedOn.IsZero():
		wrong("signed_on", "budget.signed_missing")
	case s.SignedOn.After(today):
		wrong("signed_on", "budget.signed_ahead")
	}
	if fields == nil {
		return nil
	}
	return errs.New(errs.Invalid, "errs.invalid").At(fields...)
}

// Name is the name in the reader's language.
func (s *SubSource) Name(english bool) string {
	if english {
		return s.NameEN
	}
	return s.NameVI
}

// subSources are all sub-sources by id.
func subSources(ctx context.Context, db bun.IDB) (map[uuid.UUID]SubSource, error) {
	var list []SubSource
	if err := db.NewSelect().Model(&list).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read sub-sources: %w", err)
	}
	out := make(map[uuid.UUID]SubSource, len(list))
	for _, s := range list {
		out[s.ID] = s
	}
	return out, nil
}

// sortedSources are sub-sources in the order of their codes.
func sortedSources(m map[uuid.UUID]SubSource) []SubSource {
	return slices.SortedFunc(maps.Values(m), func(a, b SubSource) int { return strings.Compare(a.Code, b.Code) })
}
