package proposal

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// ErrSameForm is a move to the form that the dossier is answered on already.
var ErrSameForm = errs.New(errs.Conflict, "proposal.same_form")

// MoveToForm takes a draft to the form now in force in its call. Answers to questions of the same key and kind are kept, the
// others are gone; what was submitted stays on its form for good.
func (s *Service) MoveToForm(ctx context.Context, id uuid.UUID, version int) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "proposal", "update_draft", p)
		if err != nil {
			return err
		}
		if version != p.Version {
			return errs.ErrStale.Versus(errs.Difference{Label: "proposal.version", Yours: fmt.Sprint(version), Current: fmt.Sprint(p.Version)})
		}
		d, err := dossier(ctx, tx, p)
		if err != nil {
			return err
		}
		next, asked, err := d.newForm(ctx, tx)
		if err != nil {
			return err
		}
		if next == nil {
			return ErrSameForm
		}
		p.FormID, p.Answers = &next.ID, asked.Keep(p.Answers, d.asked())
		if err := saveDraft(ctx, tx, p); err != nil {
			return err
		}
		return record(ctx, tx, p, "proposal.move_to_form", actor, formMoved{d.FormDigest}, formMoved{next.Digest}, "")
	})
}

type formMoved struct {
	Form string `json:"schema_sha256"` // "" when the call asked nothing of its own
}

// asked is the form of the dossier, one without questions when it has none.
func (d *Dossier) asked() *form.Form {
	if d.Form == nil {
		return &form.Form{}
	}
	return d.Form
}

// newForm gives the form in force in the call when a draft is still on another, nil otherwise.
func (d *Dossier) newForm(ctx context.Context, db bun.IDB) (*call.Form, *form.Form, error) {
	if d.Status != Draft {
		return nil, nil, nil
	}
	row, err := call.FormOf(ctx, db, d.CallID)
	if err != nil || row == nil || d.FormID != nil && row.ID == *d.FormID {
		return nil, nil, err
	}
	asked, err := row.Questions()
	return row, asked, err
}

// newFormPage shows what the new form of the call asks otherwise and what of the answers would go.
type newFormPage struct {
	web.Base
	Dossier *Dossier
	Changes []form.Change
	Lost    []form.Reading // answers that the new form has no place for
}

func (h handler) newForm(ctx context.Context, r web.Req) (*newFormPage, error) {
	d, err := h.svc.editable(ctx, r)
	if err != nil {
		return nil, err
	}
	next, asked, err := d.newForm(ctx, storage.Joined(ctx, h.svc.db))
	if err != nil {
		return nil, err
	}
	if next == nil {
		return nil, errs.ErrNotFound
	}
	old := d.asked()
	kept := asked.Keep(d.Answers, old)
	lost := form.Answers{}
	for key, a := range d.Answers {
		if _, ok := kept[key]; !ok {
			lost[key] = a
		}
	}
	return &newFormPage{Dossier: d, Changes: asked.Changes(old), Lost: old.Readings(lost, r.Lang())}, nil
}

type moveFormIn struct {
	Version int `form:"version" json:"version"`
}

func (h handler) moveToForm(ctx context.Context, r web.Req, in moveFormIn) (web.Done, versionView, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, versionView{}, err
	}
	if err := h.svc.MoveToForm(ctx, id, in.Version); err != nil {
		return web.Done{}, versionView{}, err
	}
	db := storage.Joined(ctx, h.svc.db)
	p, err := Get(ctx, db, id)
	if err != nil {
		return web.Done{}, versionView{}, err
	}
	d, err := dossier(ctx, db, p)
	if err != nil {
		return web.Done{}, versionView{}, err
	}
	return web.Done{Location: path(p) + "/" + d.after(PartPlan), Notice: "proposal.form_moved"}, versionView{id, p.Version}, nil
}
