package budget

import (
	"context"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// Consolidate hands the estimate as read at version to Sở Tài chính, under the number of the submission.
func (s *Service) Consolidate(ctx context.Context, id uuid.UUID, version int, submissionNo string) error {
	return s.transition(ctx, id, "consolidate", "consolidate", version, submissionNo, "", func(_ context.Context, _ bun.Tx, e *Estimate, actor access.Actor) error {
		return e.Consolidate(actor.ID, submissionNo)
	})
}

// RowAppraisal is the finance officer's answer on one row.
type RowAppraisal struct {
	Row     uuid.UUID
	Amount  money.Amount
	Comment string // needed where the amount is changed
}

// Appraise answers rows of a consolidated estimate; with a number it hands the estimate on, when every row is answered.
func (s *Service) Appraise(ctx context.Context, id uuid.UUID, version int, answers []RowAppraisal, appraisalNo string) error {
	return s.transition(ctx, id, "appraise", "appraise", version, appraisalNo, "", func(ctx context.Context, tx bun.Tx, e *Estimate, actor access.Actor) error {
		if e.Status != EstimateConsolidated {
			return ErrEstimateState
		}
		at := map[uuid.UUID]int{}
		for i := range e.Rows {
			at[e.Rows[i].ID] = i
		}
		var fields []errs.Field
		var changed []EstimateRow
		for i, a := range answers {
			k, ok := at[a.Row]
			if !ok {
				return errs.ErrNotFound
			}
			if err := e.Rows[k].Appraise(a.Amount, a.Comment); err != nil {
				fields = append(fields, errs.Field{Name: fmt.Sprintf("lines[%d].amount", i), Code: errs.From(err).Code})
				continue
			}
			changed = append(changed, e.Rows[k])
		}
		if fields != nil {
			return errs.New(errs.Invalid, "errs.invalid").At(fields...)
		}
		if err := saveRows(ctx, tx, changed); err != nil {
			return err
		}
		if appraisalNo == "" {
			return nil
		}
		return e.FinishAppraisal(actor.ID, appraisalNo)
	})
}

// ConfirmAppraisal is the chief accountant's signature under the appraisal.
func (s *Service) ConfirmAppraisal(ctx context.Context, id uuid.UUID, version int) error {
	return s.transition(ctx, id, "confirm_appraisal", "confirm_appraisal", version, "", "", func(_ context.Context, _ bun.Tx, e *Estimate, actor access.Actor) error {
		return e.Confirm(actor.ID)
	})
}

// SendBack returns an estimate that stands at from, with a reason: the appraising officer to the drafters, the chief
// accountant or the province's leader to the appraisal.
func (s *Service) SendBack(ctx context.Context, id uuid.UUID, version int, from EstimateStatus, reason string) error {
	action := map[EstimateStatus]string{EstimateConsolidated: "appraise", EstimateAppraised: "confirm_appraisal", EstimateConfirmed: "assign"}[from]
	if action == "" {
		return ErrEstimateState
	}
	return s.transition(ctx, id, action, "return", version, "", reason, func(_ context.Context, _ bun.Tx, e *Estimate, _ access.Actor) error {
		return e.Return(from, reason)
	})
}

// transition locks the estimate, asks for (budget_estimate, action), checks the version, and after fn saves, keeps a
// copy where the state changed, and records act and step. A return is no step: its maker may decide again.
func (s *Service) transition(ctx context.Context, id uuid.UUID, action, act string, version int, no, reason string,
	fn func(context.Context, bun.Tx, *Estimate, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		e, err := lockEstimate(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_estimate", action, e)
		if err != nil {
			return err
		}
		if e.Version != version {
			return errs.ErrStale
		}
		before := e.Status
		if err := fn(ctx, tx, e, actor); err != nil {
			return err
		}
		if err := saveEstimate(ctx, tx, e); err != nil {
			return err
		}
		if e.Status != before {
			if err := keepVersion(ctx, tx, e, act, no+reason, actor); err != nil {
				return err
			}
		}
		if act != "return" {
			if err := access.Step(ctx, tx, e, action, actor); err != nil {
				return err
			}
		}
		return recordEstimate(ctx, tx, "budget_estimate."+act, actor, e, no, reason)
	})
}

// Attach adds a document to a draft; it refuses what file.Store refuses.
func (s *Service) Attach(ctx context.Context, id uuid.UUID, name string, content io.Reader) (*Attachment, error) {
	var a *Attachment
	err := s.edit(ctx, id, func(ctx context.Context, tx bun.Tx, e *Estimate) (access.Actor, error) {
		actor, err := s.access.Require(ctx, tx, "budget_estimate", "draft", e)
		if err != nil {
			return actor, err
		}
		f, err := s.files.Save(ctx, tx, name, content)
		if err != nil {
			if e := errs.From(err); e.Kind == errs.Invalid {
				return actor, e.At(errs.Field{Name: "file", Code: e.Code, Args: e.Args})
			}
			return actor, err
		}
		list, err := attachments(ctx, tx, id)
		if err != nil {
			return actor, err
		}
		total := f.Size
		for _, o := range list {
			total += o.File.Size
		}
		if total > file.MaxDossier {
			return actor, errs.FieldError("file", file.ErrDossier.Code)
		}
		a = &Attachment{ID: uuid.New(), EstimateID: id, FileID: f.ID, AddedBy: actor.ID, AddedAt: storage.Now(ctx), File: f}
		_, err = tx.NewInsert().Model(a).Exec(ctx)
		return actor, err
	})
	return a, err
}

// Detach takes a document off a draft.
func (s *Service) Detach(ctx context.Context, id, attachment uuid.UUID) error {
	return s.edit(ctx, id, func(ctx context.Context, tx bun.Tx, e *Estimate) (access.Actor, error) {
		actor, err := s.access.Require(ctx, tx, "budget_estimate", "draft", e)
		if err != nil {
			return actor, err
		}
		r, err := tx.NewDelete().Model((*Attachment)(nil)).Where("ef.id = ?", attachment).Where("ef.estimate_id = ?", id).Exec(ctx)
		if err != nil {
			return actor, fmt.Errorf("detach file %s: %w", attachment, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return actor, errs.ErrNotFound
		}
		return actor, nil
	})
}
