package review

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/call"
	"kinhbac/internal/storage"
)

// Opinion is what a reader fills in; Version is the one the form was read at.
type Opinion struct {
	Version        int
	Scores         []Score
	Recommendation string
	Comment        string
}

// DraftSheet saves an unfinished sheet. errs.ErrStale when another tab saved it since.
func (s *Service) DraftSheet(ctx context.Context, id uuid.UUID, o Opinion) error {
	return s.write(ctx, id, "draft", o, func(context.Context, bun.Tx, *Sheet) error { return nil })
}

// SubmitSheet signs and sends a sheet; it is final and stays sealed until its matter is presented.
func (s *Service) SubmitSheet(ctx context.Context, id uuid.UUID, o Opinion) error {
	return s.write(ctx, id, "submit", o, func(ctx context.Context, tx bun.Tx, sheet *Sheet) error {
		if err := sheet.Submit(storage.Now(ctx)); err != nil {
			return err
		}
		a, err := lockAssignment(ctx, tx, sheet.AssignmentID)
		if err != nil {
			return err
		}
		if err := a.move(Submitted); err != nil {
			return err
		}
		return save(ctx, tx, a)
	})
}

func (s *Service) write(ctx context.Context, id uuid.UUID, action string, o Opinion, fn func(context.Context, bun.Tx, *Sheet) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		sheet, err := lockSheet(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "review", action, sheet)
		if err != nil {
			return err
		}
		if err := stale(o.Version, sheet.Version); err != nil {
			return err
		}
		criteria, err := criteriaOf(ctx, tx, sheet.ProposalID)
		if err != nil {
			return err
		}
		if err := sheet.Fill(criteria, o.Scores, o.Recommendation, o.Comment); err != nil {
			return err
		}
		if err := fn(ctx, tx, sheet); err != nil {
			return err
		}
		now := storage.Now(ctx)
		sheet.SavedAt = &now
		if err := saveSheet(ctx, tx, sheet); err != nil {
			return err
		}
		if action == "draft" {
			return nil
		}
		return audit.Record(ctx, tx, audit.Event{Act: "review." + action, Actor: actor.ID, Role: string(actor.Role),
			Kind: "review", Object: sheet.ID, After: sealed{sheet.Digest}})
	})
}

type sealed struct {
	Digest string `json:"digest"`
}

// Discuss locks the sheets of a dossier whose matter is presented: nobody writes any more, the seats may read.
func Discuss(ctx context.Context, tx bun.Tx, proposal uuid.UUID) error {
	_, err := tx.NewUpdate().Model((*Assignment)(nil)).Set("status = ?", Locked).Set("version = version + 1").
		Where("proposal_id = ?", proposal).Where("status NOT IN (?)", bun.List([]Status{Declined, Locked})).Exec(ctx)
	if err != nil {
		return fmt.Errorf("lock assignments of proposal %s: %w", proposal, err)
	}
	_, err = tx.NewUpdate().Model((*Sheet)(nil)).Set("discussed_at = ?", storage.Now(ctx)).
		Where("proposal_id = ?", proposal).Where("discussed_at IS NULL").Exec(ctx)
	return err
}

// Close marks the sheets of a dossier whose matter was counted: the office may read them now.
func Close(ctx context.Context, tx bun.Tx, proposal uuid.UUID) error {
	_, err := tx.NewUpdate().Model((*Sheet)(nil)).Set("closed_at = ?", storage.Now(ctx)).
		Where("proposal_id = ?", proposal).Where("closed_at IS NULL").Exec(ctx)
	return err
}

func criteriaOf(ctx context.Context, db bun.IDB, proposal uuid.UUID) ([]call.Criterion, error) {
	var cs []call.Criterion
	err := db.NewSelect().Model(&cs).Join("JOIN proposals AS p ON p.call_id = cc.call_id").
		Where("p.id = ?", proposal).OrderExpr("cc.position").Scan(ctx)
	return cs, err
}

// can says whether the subject of ctx may do action on a sheet; pages show buttons by it.
func (s *Service) can(ctx context.Context, action string, sheet *Sheet) bool {
	return s.access.Can(ctx, storage.Joined(ctx, s.db), "review", action, access.Ref{Kind: "review", ID: sheet.ID})
}
