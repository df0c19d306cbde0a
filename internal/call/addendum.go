package call

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
	"kinhbac/internal/notify"
	"kinhbac/internal/storage"
)

// Kinds of Addendum.
const (
	Explanation = "explanation"
	Extension   = "extension"
	NewForm     = "form" // a new version of the form of the call
)

// Refusals of an addendum.
var (
	ErrNotPending = errs.New(errs.Conflict, "call.addendum_not_pending")
	ErrLater      = errs.New(errs.Invalid, "call.new_closing_later")
	ErrTextNeeded = errs.New(errs.Invalid, "call.addendum_text")
)

// Addendum is a change after publication (thông báo bổ sung): an explanation, a later closing instant, or a new version of
// the form, to which those who have a draft may move. It is
// proposed by an officer and in force once the head gave it a number.
type Addendum struct {
	bun.BaseModel `bun:"table:call_addenda,alias:ca"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	CallID        uuid.UUID `bun:"type:uuid"`
	No            int
	Kind          string
	TextVI        string     `bun:"text_vi"`
	TextEN        string     `bun:"text_en"`
	OldClosing    *time.Time // of an extension
	NewClosing    *time.Time
	FormID        *uuid.UUID `bun:"type:uuid"` // of a new form
	Number        string     // number and date of the announcement, "" while proposed
	Status        string     // proposed, in_force, or replaced by a later proposal
	ProposedBy    uuid.UUID  `bun:"type:uuid"`
	ProposedAt    time.Time  `bun:",nullzero"`
	DecidedBy     uuid.UUID  `bun:"type:uuid,nullzero"`
	DecidedAt     *time.Time `bun:",nullzero"`
}

// Addenda lists the addenda of a call in order, pending ones too.
func Addenda(ctx context.Context, db bun.IDB, call uuid.UUID) (as []Addendum, err error) {
	err = db.NewSelect().Model(&as).Where("ca.call_id = ?", call).OrderExpr("ca.no").Scan(ctx)
	return as, err
}

// ProposeExtension asks for a later closing instant, with the reason that all will read. A proposal of the same
// kind that still waits is replaced.
func (s *Service) ProposeExtension(ctx context.Context, id uuid.UUID, closing time.Time, reasonVI, reasonEN string) error {
	return s.propose(ctx, id, "propose_extension", Addendum{Kind: Extension, TextVI: reasonVI, TextEN: reasonEN, NewClosing: &closing})
}

// ProposeAddendum asks to explain an open call.
func (s *Service) ProposeAddendum(ctx context.Context, id uuid.UUID, textVI, textEN string) error {
	return s.propose(ctx, id, "propose_addendum", Addendum{Kind: Explanation, TextVI: textVI, TextEN: textEN})
}

func (s *Service) propose(ctx context.Context, id uuid.UUID, action string, a Addendum) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "call", action, c)
		if err != nil {
			return err
		}
		if a.TextVI == "" || a.TextEN == "" {
			return errs.FieldError("text_vi", ErrTextNeeded.Code)
		}
		if a.Kind == Extension {
			if err := c.must(Open); err != nil {
				return err
			}
			if !a.NewClosing.After(c.ClosesAt) {
				return errs.FieldError("closes_at", ErrLater.Code, c.ClosesAt.In(calendar.Zone).Format("15:04, 02/01/2006"))
			}
			old := c.ClosesAt
			a.OldClosing = &old
		}
		old, err := Addenda(ctx, tx, id)
		if err != nil {
			return err
		}
		a.ID, a.CallID, a.No, a.Status, a.ProposedBy = uuid.New(), id, len(old)+1, "proposed", actor.ID
		_, err = tx.NewUpdate().Model((*Addendum)(nil)).Set("status = 'replaced'").
			Where("call_id = ? AND kind = ? AND status = 'proposed'", id, a.Kind).Exec(ctx)
		if err != nil {
			return fmt.Errorf("replace addendum of call %s: %w", c.Code, err)
		}
		if _, err := tx.NewInsert().Model(&a).Exec(ctx); err != nil {
			return fmt.Errorf("propose addendum of call %s: %w", c.Code, err)
		}
		if a.FormID != nil {
			if err := setFormStatus(ctx, tx, *a.FormID, FormProposed); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, c, action, action, actor, nil)
	})
}

// Extend puts a proposed extension in force before the closing instant and tells everybody with a dossier.
func (s *Service) Extend(ctx context.Context, id uuid.UUID, number string) error {
	return s.enforce(ctx, id, "extend_deadline", Extension, number)
}

// Addend puts a proposed explanation in force and tells everybody with a dossier.
func (s *Service) Addend(ctx context.Context, id uuid.UUID, number string) error {
	return s.enforce(ctx, id, "addend", Explanation, number)
}

// AddendForm puts a proposed version of the form in force and tells everybody with a dossier. Drafts stay on theirs until
// their applicants move them; what was submitted never changes.
func (s *Service) AddendForm(ctx context.Context, id uuid.UUID, number string) error {
	return s.enforce(ctx, id, "addend", NewForm, number)
}

func (s *Service) enforce(ctx context.Context, id uuid.UUID, action, kind, number string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "call", action, c)
		if err != nil {
			return err
		}
		if number == "" {
			return errs.FieldError("number", ErrNeedsNumber.Code)
		}
		a := new(Addendum)
		err = tx.NewSelect().Model(a).Where("ca.call_id = ? AND ca.kind = ? AND ca.status = 'proposed'", id, kind).For("UPDATE").Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotPending
		}
		if err != nil {
			return fmt.Errorf("lock addendum of call %s: %w", c.Code, err)
		}
		before := c.shown()
		now := storage.Now(ctx)
		a.Number, a.Status, a.DecidedBy, a.DecidedAt = number, "in_force", actor.ID, &now
		if _, err := tx.NewUpdate().Model(a).Column("number", "status", "decided_by", "decided_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("decide addendum of call %s: %w", c.Code, err)
		}
		if a.FormID != nil {
			if err := setFormStatus(ctx, tx, *a.FormID, FormDecided); err != nil {
				return err
			}
		}
		if a.NewClosing != nil {
			c.ClosesAt = *a.NewClosing
			if err := saveState(ctx, tx, c); err != nil {
				return err
			}
		}
		if err := access.ClearSteps(ctx, tx, c); err != nil {
			return err
		}
		owners, err := s.submissions.Owners(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("who has a dossier on call %s: %w", c.Code, err)
		}
		for _, o := range owners {
			if err := notify.Send(ctx, tx, o, "call.mail_addendum", "/calls/"+c.Code, c.Code, number); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Act: "call." + action, Actor: actor.ID, Role: string(actor.Role), Kind: "call",
			Object: c.ID, Label: c.Code, Before: before, After: c.shown(), Reason: number})
	})
}
