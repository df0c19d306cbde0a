package revision

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// Row is one rule with its newest value in force; Value is "" when nobody has set one.
type Row struct {
	bun.BaseModel `bun:"table:rules,alias:r" json:"-"`
	ID            uuid.UUID `json:"-"` // of the row, for paging
	RuleID        string    `json:"id"`
	Kind          string    `json:"kind"`
	Unit          string    `json:"unit"`
	NameVI        string    `bun:"name_vi" json:"name_vi"`
	NameEN        string    `bun:"name_en" json:"name_en"`
	Value         string    `json:"value"`
	Instrument    string    `json:"instrument"`
	Article       string    `json:"article"`
	Confidence    string    `json:"confidence"`
	DocumentNo    string    `json:"document_no"`
	Note          string    `json:"note"`
	Version       int       `json:"version"`
	Pending       bool      `json:"pending"`
}

// Words is the value as a person reads it, "" when nobody has set one.
func (r Row) Words(lang i18n.Lang) string { return rulebook.Words(lang, r.Kind, r.Unit, r.Value) }

// Unverified says that the page must show "cần xác minh".
func (r Row) Unverified() bool { return r.Confidence == "S" || r.Confidence == "M" }

// rows selects every rule with its newest value.
func (s *Service) rows(ctx context.Context, list *[]Row) *bun.SelectQuery {
	return storage.Joined(ctx, s.db).NewSelect().Model(list).
		ColumnExpr("md5(r.id)::uuid AS id, r.id AS rule_id, r.kind, COALESCE(r.unit, '') AS unit, r.name_vi, r.name_en").
		ColumnExpr("COALESCE(v.value, '') AS value, COALESCE(v.instrument, '') AS instrument, COALESCE(v.article, '') AS article").
		ColumnExpr("COALESCE(v.confidence, '') AS confidence, COALESCE(v.document_no, '') AS document_no, COALESCE(v.note, '') AS note").
		ColumnExpr("COALESCE(v.since_version, 0) AS version").
		ColumnExpr("EXISTS (SELECT FROM rule_values x WHERE x.rule_id = r.id AND x.status = 'proposed') AS pending").
		Join(`LEFT JOIN LATERAL (SELECT * FROM rule_values y WHERE y.rule_id = r.id AND y.status = 'in_force'
			ORDER BY y.since_version DESC, y.valid_from DESC NULLS LAST LIMIT 1) v ON true`)
}

// Find gives one rule; errs.ErrNotFound when there is none.
func (s *Service) Find(ctx context.Context, rule string) (Row, error) {
	var list []Row
	if err := s.rows(ctx, &list).Where("r.id = ?", rule).Scan(ctx); err != nil {
		return Row{}, fmt.Errorf("read rule %s: %w", rule, err)
	}
	if len(list) == 0 {
		return Row{}, errs.ErrNotFound
	}
	return list[0], nil
}

// History lists every value a rule ever had, newest first, proposals too.
func (s *Service) History(ctx context.Context, rule string) (rs []Revision, err error) {
	err = storage.Joined(ctx, s.db).NewSelect().Model(&rs).Where("rv.rule_id = ?", rule).
		OrderExpr("rv.since_version DESC NULLS FIRST, rv.proposed_at DESC NULLS LAST, rv.id").Scan(ctx)
	return rs, err
}

// Waiting lists the proposals that nobody has decided.
func (s *Service) Waiting(ctx context.Context) (rs []Revision, err error) {
	err = storage.Joined(ctx, s.db).NewSelect().Model(&rs).Where("rv.status = 'proposed'").OrderExpr("rv.proposed_at, rv.id").Scan(ctx)
	return rs, err
}
