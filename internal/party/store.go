package party

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Get reads one organisation; errs.ErrNotFound when there is none. The caller decides who may see it.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Organisation, error) {
	return find(ctx, db.NewSelect(), id)
}

func lock(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Organisation, error) {
	return find(ctx, tx.NewSelect().For("UPDATE"), id)
}

func find(ctx context.Context, q *bun.SelectQuery, id uuid.UUID) (*Organisation, error) {
	o := new(Organisation)
	err := q.Model(o).Where("o.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read organisation %s: %w", id, err)
	}
	return o, nil
}

// insert and save turn the two refusals only the database can give into fields to mend.
func insert(ctx context.Context, tx bun.IDB, o *Organisation) error {
	_, err := tx.NewInsert().Model(o).Exec(ctx)
	return refused(o.ID, err)
}

func save(ctx context.Context, tx bun.IDB, o *Organisation) error {
	o.Version++
	_, err := tx.NewUpdate().Model(o).ExcludeColumn("id", "kind", "province", "representative_id", "created_by").WherePK().Exec(ctx)
	return refused(o.ID, err)
}

func refused(id uuid.UUID, err error) error {
	switch storage.Constraint(err) {
	case "organisations_tax_code_key":
		return errs.FieldError("tax_code", ErrTaxCodeTaken.Code)
	case "organisations_commune_fkey":
		return errs.FieldError("commune", ErrCommune.Code)
	}
	if err != nil {
		return fmt.Errorf("write organisation %s: %w", id, err)
	}
	return nil
}

// Commune is one commune-level unit of the province (xã, phường).
type Commune struct {
	bun.BaseModel `bun:"table:communes,alias:cm"`
	Code          string
	NameVI        string `bun:"name_vi"`
	NameEN        string `bun:"name_en"`
	Type          string // xã or phường
}

// Communes lists the reference data, sorted by name.
func Communes(ctx context.Context, db bun.IDB) (cs []Commune, err error) {
	err = db.NewSelect().Model(&cs).Column("code", "name_vi", "name_en", "type").OrderExpr("cm.name_vi").Scan(ctx)
	return cs, err
}
