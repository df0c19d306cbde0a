package party

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/storage"
)

// Row is one organisation in the list of the office.
type Row struct {
	bun.BaseModel `bun:"table:organisations,alias:o" json:"-"`
	ID            uuid.UUID     `bun:",pk,type:uuid" json:"id"`
	Name          string        `json:"name"`
	TaxCode       string        `json:"tax_code"`
	TaxCodeWarned bool          `json:"tax_code_warned"`
	Kind          Kind          `json:"kind"`
	RegisteredOn  calendar.Date `bun:"type:date" json:"registered_on"`
	CommuneVI     string        `bun:"commune_vi" json:"commune_vi"`
	CommuneEN     string        `bun:"commune_en" json:"commune_en"`
	SupportOrg    bool          `json:"support_org"`
	Barred        bool          `json:"barred"`
}

// rows selects the organisations that the subject of ctx may see.
func (s *Service) rows(ctx context.Context, list *[]Row) *bun.SelectQuery {
	q := storage.Joined(ctx, s.db).NewSelect().Model(list).
		ColumnExpr("o.id, o.name, COALESCE(o.tax_code, '') AS tax_code, o.tax_code_warned, o.kind, o.registered_on, o.support_org").
		ColumnExpr("cm.name_vi AS commune_vi, cm.name_en AS commune_en").
		ColumnExpr("EXISTS (SELECT FROM organisation_bars ob WHERE ob.organisation_id = o.id AND ob.lifted_on IS NULL) AS barred").
		Join("JOIN communes cm ON cm.code = o.commune")
	return s.access.Scope(ctx, q, "organisation", "read", "organisation")
}

// Mine lists the organisations the subject of ctx acts for, by name.
func (s *Service) Mine(ctx context.Context) (list []Organisation, err error) {
	err = storage.Joined(ctx, s.db).NewSelect().Model(&list).
		Where("EXISTS (SELECT FROM organisation_members om WHERE om.organisation_id = o.id AND om.user_id = ? AND om.ended_at IS NULL)", access.From(ctx).ID).
		OrderExpr("o.name, o.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("organisations of a person: %w", err)
	}
	return list, nil
}

// Read gives one organisation to a subject who may see it; errs.ErrNotFound otherwise.
func (s *Service) Read(ctx context.Context, id uuid.UUID) (*Organisation, error) {
	q := storage.Joined(ctx, s.db).NewSelect()
	return find(ctx, s.access.Scope(ctx, q, "organisation", "read", "organisation"), id)
}
