package party

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

// Kind is what sort of party an organisation is.
type Kind = string

// The kinds. Only a firm and a unit are legal persons.
const (
	Firm   Kind = "firm"   // doanh nghiệp
	Unit   Kind = "unit"   // đơn vị sự nghiệp, trường, viện, cơ quan
	Group  Kind = "group"  // nhóm cá nhân
	Person Kind = "person" // cá nhân
)

// Organisation is a party that can apply, sign and be paid (tổ chức, nhóm hoặc cá nhân).
//
// TaxCode holds digits only, 10 or 13 of them, and is empty for a group or a person without one.
// RegisteredOn is the first registration, from which the age of a start-up counts. Version guards edits.
type Organisation struct {
	bun.BaseModel    `bun:"table:organisations,alias:o"`
	ID               uuid.UUID `bun:",pk,type:uuid"`
	Name             string    // as registered
	ShortName        string    `bun:",nullzero"`
	TaxCode          string    `bun:",nullzero"`
	TaxCodeWarned    bool      // the formula gives no one-digit check for this code
	Kind             Kind
	RegisteredOn     calendar.Date `bun:"type:date"`
	Province         string        // code of the province, 24 = Bắc Ninh
	Commune          string        // code of reference data
	Address          string
	HeadName         string
	HeadSince        calendar.Date `bun:"type:date"`
	RepresentativeID uuid.UUID     `bun:"type:uuid,nullzero"`
	Email            string
	Phone            string
	Version          int
}

// AccessKind is "organisation".
func (o *Organisation) AccessKind() string { return "organisation" }

// AccessID is the id of the row.
func (o *Organisation) AccessID() uuid.UUID { return o.ID }

// LegalPerson says whether the party is a legal person (pháp nhân).
func (o *Organisation) LegalPerson() bool { return o.Kind == Firm || o.Kind == Unit }

// Get reads one organisation; errs.ErrNotFound when there is none. The caller decides who may see it.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Organisation, error) {
	return find(ctx, db.NewSelect(), id)
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
