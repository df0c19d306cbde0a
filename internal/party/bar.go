package party

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// Kinds of Bar.
const (
	Unrepaid   = "unrepaid"   // recovered state money not repaid
	Unsettled  = "unsettled"  // state money not settled
	Suspended  = "suspended"  // suspended from S&T activity
	Prosecuted = "prosecuted" // under prosecution
)

// Refusals of a bar.
var (
	ErrBarKind   = errs.New(errs.Invalid, "party.bar_kind")
	ErrBarAmount = errs.New(errs.Invalid, "party.bar_amount")
	ErrBarLifted = errs.New(errs.Conflict, "party.bar_lifted")
)

// Bar is a fact that keeps an organisation from new state money until it is lifted. Amount is what is still owed,
// in đồng, 0 when the bar is not about money.
// Source: Nghị định 268/2025/NĐ-CP, Điều 8–19.
type Bar struct {
	bun.BaseModel  `bun:"table:organisation_bars,alias:ob"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	OrganisationID uuid.UUID `bun:"type:uuid"`
	Kind           string
	Amount         money.Amount  `bun:"type:numeric"`
	Since          calendar.Date `bun:"type:date"`
	Document       string
	RecordedBy     uuid.UUID     `bun:"type:uuid,nullzero"`
	RecordedAt     time.Time     `bun:",nullzero"`
	LiftedOn       calendar.Date `bun:"type:date"`
	LiftedDocument string        `bun:",nullzero"`
	LiftedBy       uuid.UUID     `bun:"type:uuid,nullzero"`
}

// AccessKind is "organisation_bar".
func (b *Bar) AccessKind() string { return "organisation_bar" }

// AccessID is the id of the row.
func (b *Bar) AccessID() uuid.UUID { return b.ID }

// StandsOn says whether the bar holds on a day; the day it is lifted is free.
func (b *Bar) StandsOn(day calendar.Date) bool {
	return !b.Since.After(day) && (b.LiftedOn.IsZero() || b.LiftedOn.After(day))
}

// Bars lists every bar of an organisation, lifted ones too, oldest first.
func Bars(ctx context.Context, db bun.IDB, organisation uuid.UUID) (bs []Bar, err error) {
	err = db.NewSelect().Model(&bs).Where("ob.organisation_id = ?", organisation).OrderExpr("ob.since, ob.id").Scan(ctx)
	return bs, err
}

// RecordBar writes a bar in the caller's transaction and authority: a recovery decision bars its debtor.
func RecordBar(ctx context.Context, tx bun.IDB, b *Bar) error {
	switch b.Kind {
	case Unrepaid, Unsettled:
		if b.Amount.Sign() <= 0 {
			return errs.FieldError("amount", ErrBarAmount.Code)
		}
	case Suspended, Prosecuted:
	default:
		return errs.FieldError("bar_kind", ErrBarKind.Code)
	}
	b.ID = uuid.New()
	if _, err := tx.NewInsert().Model(b).Exec(ctx); err != nil {
		return fmt.Errorf("bar organisation %s: %w", b.OrganisationID, err)
	}
	return nil
}

// Bar records by an officer that an organisation is barred.
func (s *Service) Bar(ctx context.Context, b *Bar) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		o, err := lock(ctx, tx, b.OrganisationID)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "organisation", "bar", o)
		if err != nil {
			return err
		}
		if b.Since.After(calendar.DateOf(storage.Now(ctx))) {
			return errs.FieldError("since", ErrFuture.Code)
		}
		b.RecordedBy = actor.ID
		if err := RecordBar(ctx, tx, b); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, b, "propose", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "organisation.bar", Actor: actor.ID, Role: string(actor.Role),
			Kind: "organisation", Object: o.ID, Label: o.TaxCode, After: barFact{b.Kind, b.Amount, b.Document}})
	})
}

// Lift ends a bar today by a document; whoever recorded it does not.
func (s *Service) Lift(ctx context.Context, id uuid.UUID, document string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		b := new(Bar)
		err := tx.NewSelect().Model(b).Where("ob.id = ?", id).For("UPDATE").Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("lock bar %s: %w", id, err)
		}
		actor, err := s.access.Require(ctx, tx, "organisation", "unbar", b)
		if err != nil {
			return err
		}
		if !b.LiftedOn.IsZero() {
			return ErrBarLifted
		}
		b.LiftedOn, b.LiftedDocument, b.LiftedBy = calendar.DateOf(storage.Now(ctx)), document, actor.ID
		if _, err := tx.NewUpdate().Model(b).Column("lifted_on", "lifted_document", "lifted_by").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("lift bar %s: %w", id, err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "organisation.unbar", Actor: actor.ID, Role: string(actor.Role),
			Kind: "organisation", Object: b.OrganisationID, After: liftFact{document}})
	})
}

type barFact struct {
	Kind     string       `json:"kind"`
	Amount   money.Amount `json:"amount"`
	Document string       `json:"document"`
}

type liftFact struct {
	Document string `json:"document"`
}
