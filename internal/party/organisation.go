package party

import (
	"strings"

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

// Refusals of an organisation.
var (
	ErrNeedsTaxCode      = errs.New(errs.Invalid, "party.needs_tax_code")
	ErrNoTaxCode         = errs.New(errs.Invalid, "party.no_tax_code") // a person or a group types none
	ErrNeedsRegistration = errs.New(errs.Invalid, "party.needs_registration")
	ErrFuture            = errs.New(errs.Invalid, "party.future_date")
	ErrCommune           = errs.New(errs.Invalid, "party.commune_unknown")
	ErrKind              = errs.New(errs.Invalid, "party.kind_unknown")
	ErrKindFixed         = errs.New(errs.Invalid, "party.kind_fixed")
	ErrEmail             = errs.New(errs.Invalid, "party.email_form")
)

// Organisation is a party that can apply, sign and be paid (tổ chức, nhóm hoặc cá nhân).
//
// TaxCode holds digits only, 10 or 13 of them, and is empty for a group or a person. RegisteredOn is the first
// registration, from which the age of a start-up counts. HeadSince is since when the head advises on investment,
// finance and business support. Version guards edits.
type Organisation struct {
	bun.BaseModel     `bun:"table:organisations,alias:o"`
	ID                uuid.UUID `bun:",pk,type:uuid"`
	Name              string    // as registered
	ShortName         string    `bun:",nullzero"`
	TaxCode           string    `bun:",nullzero"`
	TaxCodeWarned     bool      // the formula gives no one-digit check for this code
	Kind              Kind
	RegisteredOn      calendar.Date `bun:"type:date"`
	Province          string        // code of the province, 24 = Bắc Ninh
	Commune           string        // code of reference data
	Address           string
	HeadName          string
	HeadSince         calendar.Date `bun:"type:date"`
	SupportOrg        bool          // gives services, facilities, investment or media to start-ups
	SupportProcess    string        `bun:",nullzero"`
	SupportAgreements string        `bun:",nullzero"`
	RepresentativeID  uuid.UUID     `bun:"type:uuid,nullzero"` // who acts for a person or a group
	Email             string
	Phone             string
	CreatedBy         uuid.UUID `bun:"type:uuid,nullzero"`
	Version           int
}

// Profile is what the organisation itself says; Register and Update take it.
type Profile struct {
	Name              string        `form:"name" json:"name" kb:"required,max=300"`
	ShortName         string        `form:"short_name" json:"short_name" kb:"max=100"`
	Kind              Kind          `form:"kind" json:"kind" kb:"required"`
	TaxCode           string        `form:"tax_code" json:"tax_code" kb:"max=20"`
	RegisteredOn      calendar.Date `form:"registered_on" json:"registered_on"`
	Commune           string        `form:"commune" json:"commune" kb:"required"`
	Address           string        `form:"address" json:"address" kb:"required"`
	HeadName          string        `form:"head_name" json:"head_name" kb:"required,max=200"`
	HeadSince         calendar.Date `form:"head_since" json:"head_since"`
	SupportOrg        bool          `form:"support_org" json:"support_org"`
	SupportProcess    string        `form:"support_process" json:"support_process" kb:"max=1000"`
	SupportAgreements string        `form:"support_agreements" json:"support_agreements" kb:"max=1000"`
	Email             string        `form:"email" json:"email" kb:"required,max=254"`
	Phone             string        `form:"phone" json:"phone" kb:"required,max=30"`
	Signatory         bool          `form:"signatory" json:"signatory"` // at registration: this person signs for the organisation
	Version           int           `form:"version" json:"version"`     // at an update: the version the form was read at
}

// Describe takes over what the organisation says on the day today, or names every field to mend and leaves o
// unchanged. The kind stays as first registered.
func (o *Organisation) Describe(p Profile, today calendar.Date) error {
	var bad []errs.Field
	mend := func(name string, e *errs.Error) { bad = append(bad, errs.Field{Name: name, Code: e.Code}) }
	code, warn := "", false
	switch p.Kind {
	case Firm, Unit:
		if p.TaxCode == "" {
			mend("tax_code", ErrNeedsTaxCode)
		} else {
			var err error
			if warn, err = CheckTaxCode(p.TaxCode); err != nil {
				mend("tax_code", errs.From(err))
			} else {
				code, _ = PlainTaxCode(p.TaxCode)
			}
		}
		if p.RegisteredOn.IsZero() {
			mend("registered_on", ErrNeedsRegistration)
		}
	case Group, Person:
		if p.TaxCode != "" {
			mend("tax_code", ErrNoTaxCode)
		}
	default:
		mend("kind", ErrKind)
	}
	if o.Kind != "" && o.Kind != p.Kind {
		mend("kind", ErrKindFixed)
	}
	if p.RegisteredOn.After(today) {
		mend("registered_on", ErrFuture)
	}
	if p.HeadSince.After(today) {
		mend("head_since", ErrFuture)
	}
	if local, domain, ok := strings.Cut(p.Email, "@"); !ok || local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(p.Email, " \t,;") {
		mend("email", ErrEmail)
	}
	if len(bad) > 0 {
		return errs.New(errs.Invalid, "errs.invalid").At(bad...)
	}
	if !p.SupportOrg {
		p.SupportProcess, p.SupportAgreements = "", ""
	}
	o.Name, o.ShortName, o.Kind, o.TaxCode, o.TaxCodeWarned = p.Name, p.ShortName, p.Kind, code, warn
	o.RegisteredOn, o.Commune, o.Address, o.HeadName, o.HeadSince = p.RegisteredOn, p.Commune, p.Address, p.HeadName, p.HeadSince
	o.SupportOrg, o.SupportProcess, o.SupportAgreements = p.SupportOrg, p.SupportProcess, p.SupportAgreements
	o.Email, o.Phone = p.Email, p.Phone
	return nil
}

// differences names the fields in which what was typed departs from what is stored now.
func (o *Organisation) differences(p Profile) (ds []errs.Difference) {
	code, err := PlainTaxCode(p.TaxCode)
	if err != nil {
		code = p.TaxCode
	}
	for _, d := range []errs.Difference{
		{Label: "party.name", Yours: p.Name, Current: o.Name},
		{Label: "party.short_name", Yours: p.ShortName, Current: o.ShortName},
		{Label: "party.tax_code", Yours: code, Current: o.TaxCode},
		{Label: "party.registered_on", Yours: p.RegisteredOn.Format(), Current: o.RegisteredOn.Format()},
		{Label: "party.commune", Yours: p.Commune, Current: o.Commune},
		{Label: "party.address", Yours: p.Address, Current: o.Address},
		{Label: "party.head_name", Yours: p.HeadName, Current: o.HeadName},
		{Label: "party.head_since", Yours: p.HeadSince.Format(), Current: o.HeadSince.Format()},
		{Label: "party.support_process", Yours: p.SupportProcess, Current: o.SupportProcess},
		{Label: "party.support_agreements", Yours: p.SupportAgreements, Current: o.SupportAgreements},
		{Label: "party.email", Yours: p.Email, Current: o.Email},
		{Label: "party.phone", Yours: p.Phone, Current: o.Phone},
	} {
		if d.Yours != d.Current {
			ds = append(ds, d)
		}
	}
	return ds
}

// AccessKind is "organisation".
func (o *Organisation) AccessKind() string { return "organisation" }

// AccessID is the id of the row.
func (o *Organisation) AccessID() uuid.UUID { return o.ID }

// LegalPerson says whether the party is a legal person (pháp nhân).
func (o *Organisation) LegalPerson() bool { return o.Kind == Firm || o.Kind == Unit }
