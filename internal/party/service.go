package party

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Grants gives and takes the roles of a person scoped to one organisation, in the caller's transaction.
type Grants interface {
	GrantOrganisation(ctx context.Context, tx bun.IDB, person, organisation uuid.UUID, roles ...access.Role) error
	RevokeOrganisation(ctx context.Context, tx bun.IDB, person, organisation uuid.UUID) error
}

// Service runs the commands of organisations.
type Service struct {
	db     *bun.DB
	access *access.Access
	grants Grants
}

// New makes the service and registers its nouns.
func New(db *bun.DB, acc *access.Access, grants Grants) *Service {
	acc.Register(access.Noun{
		Kind: "organisation", Table: "organisations", Alias: "o",
		Managing: access.ProvinceManaging, Finance: access.ProvinceFinance, Fund: "NULL::uuid", // of no fund: no, not an alarm
	})
	acc.Register(access.Noun{
		Kind: "organisation_bar", Table: "organisation_bars", Alias: "ob",
		Managing: access.ProvinceManaging, Finance: access.ProvinceFinance,
		Own: []access.Link{{Kind: "organisation", ID: "ob.organisation_id"}},
	})
	return &Service{db: db, access: acc, grants: grants}
}

// Register makes an organisation. An applicant becomes its member, with the right to sign when p.Signatory is set;
// an officer registers it for others and does not. A tax code stands once.
func (s *Service) Register(ctx context.Context, p Profile) (*Organisation, error) {
	o := &Organisation{ID: uuid.New(), Province: "24", Version: 1}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "organisation", "create", access.Ref{Kind: "unit", ID: access.UnitScience})
		if err != nil {
			return err
		}
		if err := o.Describe(p, calendar.DateOf(storage.Now(ctx))); err != nil {
			return err
		}
		o.CreatedBy = actor.ID
		if actor.Role == access.Applicant && !o.LegalPerson() {
			o.RepresentativeID = actor.ID
		}
		if err := insert(ctx, tx, o); err != nil {
			return err
		}
		if actor.Role == access.Applicant {
			now := storage.Now(ctx)
			m := &Member{ID: uuid.New(), OrganisationID: o.ID, Login: access.From(ctx).Login, UserID: actor.ID,
				Signatory: p.Signatory || !o.LegalPerson(), InvitedBy: actor.ID, AcceptedAt: &now}
			if _, err := tx.NewInsert().Model(m).Exec(ctx); err != nil {
				return fmt.Errorf("first member of organisation %s: %w", o.ID, err)
			}
			if err := s.join(ctx, tx, m); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Act: "organisation.create", Actor: actor.ID, Role: string(actor.Role),
			Kind: "organisation", Object: o.ID, Label: o.TaxCode, After: o.shown()})
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Update changes what the organisation says of itself. A form read at an older version is errs.ErrStale with both
// versions side by side.
func (s *Service) Update(ctx context.Context, id uuid.UUID, p Profile) (*Organisation, error) {
	var o *Organisation
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if o, err = lock(ctx, tx, id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "organisation", "update", o)
		if err != nil {
			return err
		}
		if o.Version != p.Version {
			return errs.ErrStale.Versus(o.differences(p)...)
		}
		before := o.shown()
		if err := o.Describe(p, calendar.DateOf(storage.Now(ctx))); err != nil {
			return err
		}
		if err := save(ctx, tx, o); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "organisation.update", Actor: actor.ID, Role: string(actor.Role),
			Kind: "organisation", Object: o.ID, Label: o.TaxCode, Before: before, After: o.shown()})
	})
	return o, err
}

// shown is the part of an organisation that the audit keeps: no contact data of persons.
func (o *Organisation) shown() organisationFact {
	return organisationFact{o.Name, o.Kind, o.TaxCode, o.RegisteredOn, o.Commune, o.SupportOrg, o.Version}
}

type organisationFact struct {
	Name         string        `json:"name"`
	Kind         string        `json:"kind"`
	TaxCode      string        `json:"tax_code"`
	RegisteredOn calendar.Date `json:"registered_on"`
	Commune      string        `json:"commune"`
	SupportOrg   bool          `json:"support_org"`
	Version      int           `json:"version"`
}
