package call

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// States of a Form.
const (
	FormDraft    = "draft"
	FormProposed = "proposed"
	FormDecided  = "decided"
)

// Refusals of a new version of a form.
var (
	ErrFormInWork   = errs.New(errs.Conflict, "call.form_in_work")
	ErrFormProposed = errs.New(errs.Conflict, "call.form_proposed")
	ErrNoNewForm    = errs.New(errs.Conflict, "call.no_new_form")
)

// formInWork reads the newest form of a call, decided or not; nil when it has none.
func formInWork(ctx context.Context, db bun.IDB, call uuid.UUID) (*Form, error) {
	return findForm(ctx, db.NewSelect().Where("cf.call_id = ?", call).OrderExpr("cf.number DESC").Limit(1))
}

// RenewForm begins a new version of the form of an open call, equal to the one in force. It binds nobody before an addendum
// that carries it is decided.
func (s *Service) RenewForm(ctx context.Context, id uuid.UUID) error {
	return s.versionForm(ctx, id, "renew_form", func(ctx context.Context, tx bun.Tx, c *Call, row *Form, actor access.Actor) error {
		if row != nil && row.Status != FormDecided {
			return ErrFormInWork
		}
		f, next := &form.Form{}, &Form{ID: uuid.New(), CallID: c.ID, Number: 1, Retired: []string{}, Status: FormDraft}
		if row != nil {
			var err error
			if f, err = row.Questions(); err != nil {
				return err
			}
			next.Number, next.Retired = row.Number+1, row.Retired
		}
		return s.saveForm(ctx, tx, c, next, f, true, actor)
	})
}

// ProposeForm puts the new version of the form before the head as an addendum; from then on it stands still.
func (s *Service) ProposeForm(ctx context.Context, id uuid.UUID, textVI, textEN string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		row, err := formInWork(ctx, tx, id)
		if err != nil {
			return err
		}
		if row == nil || row.Status != FormDraft {
			return ErrNoNewForm
		}
		return s.propose(ctx, id, "propose_addendum", Addendum{Kind: NewForm, TextVI: textVI, TextEN: textEN, FormID: &row.ID})
	})
}

// TakeBackForm takes a proposed version back into work.
func (s *Service) TakeBackForm(ctx context.Context, id uuid.UUID) error {
	return s.versionForm(ctx, id, "take_back_form", func(ctx context.Context, tx bun.Tx, c *Call, row *Form, actor access.Actor) error {
		if row == nil || row.Status != FormProposed {
			return ErrNoNewForm
		}
		_, err := tx.NewUpdate().Model((*Addendum)(nil)).Set("status = 'replaced'").Where("form_id = ? AND status = 'proposed'", row.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("take back the form of call %s: %w", c.Code, err)
		}
		if err := setFormStatus(ctx, tx, row.ID, FormDraft); err != nil {
			return err
		}
		return s.record(ctx, tx, c, "take_back_form", "", actor, nil)
	})
}

func (s *Service) versionForm(ctx context.Context, id uuid.UUID, act string, do func(context.Context, bun.Tx, *Call, *Form, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "call", "propose_addendum", c)
		if err != nil {
			return fmt.Errorf("%s of call %s: %w", act, c.Code, err)
		}
		row, err := formInWork(ctx, tx, id)
		if err != nil {
			return err
		}
		return do(ctx, tx, c, row, actor)
	})
}

// setFormStatus moves a form to another of its states; the database keeps a decided one as it is.
func setFormStatus(ctx context.Context, tx bun.IDB, form uuid.UUID, status string) error {
	if _, err := tx.NewUpdate().Model((*Form)(nil)).Set("status = ?", status).Where("id = ?", form).Exec(ctx); err != nil {
		return fmt.Errorf("form %s becomes %s: %w", form, status, err)
	}
	return nil
}

// formVersion is what the page of the form says of a version after publication.
type formVersion struct {
	Status                     string // of the version in work; "" when the form in force is the newest
	Number                     int
	CanRenew, CanSend, CanBack bool
	Changes                    []form.Change // against the form in force
}

// version reads how the newest form stands to the one in force.
func (h handler) version(ctx context.Context, c *Call, newest *Form) (v formVersion, err error) {
	if c.Status == Draft {
		return v, nil
	}
	may := c.Status == Open && h.access.Can(ctx, h.db, "call", "propose_addendum", c)
	if newest == nil || newest.Status == FormDecided {
		v.CanRenew = may
		return v, nil
	}
	v.Status, v.Number = newest.Status, newest.Number
	v.CanSend, v.CanBack = may && newest.Status == FormDraft, may && newest.Status == FormProposed
	now := &form.Form{}
	row, err := FormOf(ctx, h.db, c.ID)
	if err != nil {
		return v, err
	}
	if row != nil {
		if now, err = row.Questions(); err != nil {
			return v, err
		}
	}
	next, err := newest.Questions()
	if err != nil {
		return v, err
	}
	v.Changes = next.Changes(now)
	return v, nil
}

func (h handler) onForm(ctx context.Context, r web.Req, notice string, act func(context.Context, uuid.UUID) error) (web.Done, callOut, error) {
	done, out, err := h.do(ctx, r, notice, act)
	done.Location += "/form"
	return done, out, err
}

func (h handler) renewForm(ctx context.Context, r web.Req, _ struct{}) (web.Done, callOut, error) {
	return h.onForm(ctx, r, "call.form_renewed", h.RenewForm)
}

func (h handler) proposeForm(ctx context.Context, r web.Req, in addendumIn) (web.Done, callOut, error) {
	return h.onForm(ctx, r, "call.addendum_proposed", func(ctx context.Context, id uuid.UUID) error { return h.ProposeForm(ctx, id, in.TextVI, in.TextEN) })
}

func (h handler) takeBackForm(ctx context.Context, r web.Req, _ struct{}) (web.Done, callOut, error) {
	return h.onForm(ctx, r, "call.form_taken_back", h.TakeBackForm)
}
