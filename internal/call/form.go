package call

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/storage"
)

// Form is the form of a call (biểu mẫu của đợt): its questions beyond the fixed parts of a dossier. Schema is a JSON
// Schema of the answers and Digest its sha256 in hex. The first is decided with its call, later ones by the addendum that
// carries them; a decided form never changes.
type Form struct {
	bun.BaseModel `bun:"table:call_forms,alias:cf"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	CallID        uuid.UUID `bun:"type:uuid"`
	Number        int
	Schema        string
	Digest        string
	Status        string    // draft, proposed or decided
	Retired       []string  `bun:",array"` // keys of questions taken out
	MadeBy        uuid.UUID `bun:"type:uuid"`
	MadeAt        time.Time
}

// Questions reads the form's schema.
func (f *Form) Questions() (*form.Form, error) { return form.Parse([]byte(f.Schema)) }

// FormOf reads the form of a call that new dossiers are answered on; nil when it asks nothing of its own.
func FormOf(ctx context.Context, db bun.IDB, call uuid.UUID) (*Form, error) {
	return findForm(ctx, db.NewSelect().Where("cf.call_id = ? AND cf.status = 'decided'", call).OrderExpr("cf.number DESC").Limit(1))
}

// GetForm reads the form that a dossier names.
func GetForm(ctx context.Context, db bun.IDB, id uuid.UUID) (*Form, error) {
	f, err := findForm(ctx, db.NewSelect().Where("cf.id = ?", id))
	if err == nil && f == nil {
		err = errs.ErrNotFound
	}
	return f, err
}

func findForm(ctx context.Context, q *bun.SelectQuery) (*Form, error) {
	f := new(Form)
	err := q.Model(f).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a form: %w", err)
	}
	return f, nil
}

// reform is one change of a form; retire keeps the keys that are taken out from being given again.
type reform func(f *form.Form, next func(prefix string) string, retire func(key string)) error

// Reform changes the form of a draft call, or the version in work of an open one, that was read at the given version. It refuses with errs.ErrStale at another one
// and with form.ErrForm when the outcome could not be asked.
func (s *Service) Reform(ctx context.Context, id uuid.UUID, version int, change reform) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		action := "update"
		if c.Status != Draft {
			action = "propose_addendum"
		}
		actor, err := s.access.Require(ctx, tx, "call", action, c)
		if err != nil {
			return err
		}
		if c.Version != version {
			return errs.ErrStale.Versus(errs.Difference{Label: "call.version", Yours: fmt.Sprint(version), Current: fmt.Sprint(c.Version)})
		}
		row, err := formInWork(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		fresh := row == nil && c.Status == Draft
		switch {
		case fresh:
			row = &Form{ID: uuid.New(), CallID: c.ID, Number: 1, Retired: []string{}, Status: FormDraft}
		case row == nil || row.Status == FormDecided:
			return ErrNoNewForm
		case row.Status == FormProposed:
			return ErrFormProposed
		}
		f := &form.Form{}
		if !fresh {
			if f, err = row.Questions(); err != nil {
				return err
			}
		}
		next := func(prefix string) string { return f.NextKey(prefix, row.Retired) }
		if err := change(f, next, func(key string) { row.Retired = append(row.Retired, key) }); err != nil {
			return err
		}
		if err := f.Check(); err != nil {
			return err
		}
		return s.saveForm(ctx, tx, c, row, f, fresh, actor)
	})
}

// saveForm writes the form and raises the version of its call.
func (s *Service) saveForm(ctx context.Context, tx bun.Tx, c *Call, row *Form, f *form.Form, fresh bool, actor access.Actor) error {
	schema, err := f.Schema()
	if err != nil {
		return err
	}
	before := c.shown()
	sum := sha256.Sum256(schema)
	row.Schema, row.Digest, row.MadeBy, row.MadeAt = string(schema), hex.EncodeToString(sum[:]), actor.ID, storage.Now(ctx)
	if fresh {
		_, err = tx.NewInsert().Model(row).Exec(ctx)
	} else {
		_, err = tx.NewUpdate().Model(row).WherePK().Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("write the form of call %s: %w", c.Code, err)
	}
	if err := saveState(ctx, tx, c); err != nil {
		return err
	}
	return s.record(ctx, tx, c, "update", "prepare", actor, before)
}
