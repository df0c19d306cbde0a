package revision

import (
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
)

// Refusals of a revision.
var (
	ErrNumber     = errs.New(errs.Invalid, "rulebook.needs_number")
	ErrThreshold  = errs.New(errs.Invalid, "rulebook.needs_threshold")
	ErrWord       = errs.New(errs.Invalid, "rulebook.needs_word")
	ErrDocument   = errs.New(errs.Invalid, "rulebook.needs_document")
	ErrPeriod     = errs.New(errs.Invalid, "rulebook.period")
	ErrPending    = errs.New(errs.Conflict, "rulebook.pending")
	ErrNotPending = errs.New(errs.Conflict, "rulebook.not_pending")
)

// The states of a revision.
const (
	Proposed = "proposed"
	InForce  = "in_force"
	Refused  = "refused"
)

// Revision is one value of one rule (giá trị quy tắc): in force since a version of the book, or waiting for it.
type Revision struct {
	bun.BaseModel `bun:"table:rule_values,alias:rv"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	RuleID        string
	Value         string
	Instrument    string
	Article       string
	Confidence    string
	ValidFrom     calendar.Date `bun:"type:date"`
	ValidTo       calendar.Date `bun:"type:date"`
	Note          string        `bun:",nullzero"`
	Status        string
	SinceVersion  int `bun:",nullzero"`
	DocumentNo    string
	DocumentOn    calendar.Date `bun:"type:date"`
	ProposedBy    uuid.UUID     `bun:"type:uuid,nullzero"`
	ProposedAt    *time.Time
	DecidedBy     uuid.UUID `bun:"type:uuid,nullzero"`
	DecidedAt     *time.Time
}

// AccessKind is "rulebook".
func (r *Revision) AccessKind() string { return "rulebook" }

// AccessID is the id of the row.
func (r *Revision) AccessID() uuid.UUID { return r.ID }

// Unverified says that the page must show "cần xác minh".
func (r *Revision) Unverified() bool { return r.Confidence == "S" || r.Confidence == "M" }

// Typed is what an officer proposes. An empty instrument becomes the confirming document.
type Typed struct {
	Value      string        `form:"value" json:"value" kb:"required,max=200"`
	Instrument string        `form:"instrument" json:"instrument" kb:"max=200"`
	Article    string        `form:"article" json:"article" kb:"max=200"`
	ValidFrom  calendar.Date `form:"valid_from" json:"valid_from"`
	ValidTo    calendar.Date `form:"valid_to" json:"valid_to"`
	Note       string        `form:"note" json:"note" kb:"max=500"`
}

var (
	numberForm = regexp.MustCompile(`^[0-9]{1,12}([.,][0-9]{1,6})?$`)
	wordForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9_:.-]*( [a-z0-9][a-z0-9_:.-]*)*$`)
)

// normal gives the stored form of a typed value of a rule's kind and unit, or names the field to mend.
func normal(kind, unit, value string) (string, error) {
	switch {
	case kind == "number" && unit == "đồng":
		a, err := money.Parse(value)
		if err != nil {
			return "", errs.FieldError("value", errs.From(err).Code)
		}
		return a.String(), nil
	case kind == "number":
		if !numberForm.MatchString(value) {
			return "", errs.FieldError("value", ErrNumber.Code)
		}
		return strings.Replace(value, ",", ".", 1), nil
	case kind == "threshold":
		t, err := rulebook.ParseThreshold(value)
		if err != nil {
			return "", errs.FieldError("value", ErrThreshold.Code)
		}
		return t.String(), nil
	}
	if !wordForm.MatchString(value) {
		return "", errs.FieldError("value", ErrWord.Code)
	}
	return value, nil
}

// Confirm puts a proposal in force since a version of the book by a document. On error r is unchanged.
func (r *Revision) Confirm(document string, on calendar.Date, version int, by uuid.UUID, at time.Time) error {
	switch {
	case r.Status != Proposed:
		return ErrNotPending
	case document == "":
		return errs.FieldError("document_no", ErrDocument.Code)
	}
	if r.Instrument == "" {
		r.Instrument = document
	}
	r.Status, r.Confidence, r.DocumentNo, r.DocumentOn = InForce, "C", document, on
	r.SinceVersion, r.DecidedBy, r.DecidedAt = version, by, &at
	return nil
}

// Refuse ends a proposal without effect.
func (r *Revision) Refuse(by uuid.UUID, at time.Time) error {
	if r.Status != Proposed {
		return ErrNotPending
	}
	r.Status, r.DecidedBy, r.DecidedAt = Refused, by, &at
	return nil
}
