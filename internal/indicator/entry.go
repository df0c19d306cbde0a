package indicator

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

// Status is the state of an entry.
type Status string

// The states.
const (
	Proposed  Status = "proposed"
	Verified  Status = "verified"
	Published Status = "published"
	Restated  Status = "restated" // a newer row took its place
	Rejected  Status = "rejected"
)

// Graph lists every move, the act behind it and the states it leads to.
var Graph = map[Status][]Move{
	Proposed:  {{"verify", Verified}, {"reject", Rejected}},
	Verified:  {{"publish", Published}, {"restate", Published}, {"reject", Rejected}},
	Published: {{"restate", Restated}},
	Restated:  nil,
	Rejected:  nil,
}

// Move is one transition by a named act.
type Move struct {
	Act string
	To  Status
}

// Entry is one measured value (số liệu thực hiện) with its evidence. Value is in the indicator's unit, at most four
// decimals; AsOf is the last day it covers, inclusive.
type Entry struct {
	bun.BaseModel  `bun:"table:indicator_entries,alias:ie"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	IndicatorID    uuid.UUID
	AsOf           calendar.Date   `bun:"type:date"`
	Value          decimal.Decimal `bun:"type:numeric"`
	Source         string
	Evidence       string
	Status         Status
	Restates       *uuid.UUID `bun:"type:uuid"`
	Reason         string
	ManagingUnitID uuid.UUID
	ProposedBy     uuid.UUID
	ProposedAt     time.Time
	VerifiedBy     *uuid.UUID `bun:"type:uuid"`
	VerifiedAt     *time.Time
	PublishedBy    *uuid.UUID `bun:"type:uuid"`
	PublishedAt    *time.Time
	Version        int
}

// AccessKind is the kind of the row.
func (e *Entry) AccessKind() string { return "indicator_entry" }

// AccessID is the id of the row.
func (e *Entry) AccessID() uuid.UUID { return e.ID }

// Refusals.
var (
	ErrCounted      = errs.New(errs.Conflict, "indicator.counted")
	ErrFuture       = errs.New(errs.Invalid, "indicator.future")
	ErrScale        = errs.New(errs.Invalid, "indicator.scale")
	ErrState        = errs.New(errs.Conflict, "indicator.state")
	ErrSamePerson   = errs.New(errs.Forbidden, "indicator.same_person")
	ErrTaken        = errs.New(errs.Conflict, "indicator.taken")
	ErrReason       = errs.New(errs.Invalid, "indicator.reason_needed")
	ErrNotPublished = errs.New(errs.Conflict, "indicator.not_published")
	ErrUnderWay     = errs.New(errs.Conflict, "indicator.restatement_under_way")
)

var maxValue = decimal.NewFromInt(1_000_000_000)

// Check says what of a new entry must be mended; today is the deciding day.
func (e *Entry) Check(today calendar.Date) error {
	switch {
	case e.AsOf.IsZero():
		return errs.FieldError("as_of", "web.required")
	case e.AsOf.After(today):
		return ErrFuture.At(errs.Field{Name: "as_of"})
	case e.Value.IsNegative() || e.Value.GreaterThanOrEqual(maxValue) || !e.Value.Equal(e.Value.Truncate(4)):
		return ErrScale.At(errs.Field{Name: "value"})
	case e.Restates != nil && e.Reason == "":
		return ErrReason.At(errs.Field{Name: "reason"})
	}
	return nil
}

// Verify records that by checked the value against its evidence. On error e is unchanged.
func (e *Entry) Verify(by uuid.UUID, at time.Time) error {
	switch {
	case e.Status != Proposed:
		return ErrState
	case e.ProposedBy == by:
		return ErrSamePerson
	}
	e.Status, e.VerifiedBy, e.VerifiedAt = Verified, &by, &at
	return nil
}

// Publish makes a verified value public. A restatement goes through Service.Restate instead.
func (e *Entry) Publish(by uuid.UUID, at time.Time) error {
	if e.Status != Verified {
		return ErrState
	}
	e.Status, e.PublishedBy, e.PublishedAt = Published, &by, &at
	return nil
}

// Supersede takes a published value out of force.
func (e *Entry) Supersede() error {
	if e.Status != Published {
		return ErrNotPublished
	}
	e.Status = Restated
	return nil
}
