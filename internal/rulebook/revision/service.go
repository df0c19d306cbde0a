package revision

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// Service runs the commands of the rulebook.
type Service struct {
	db     *bun.DB
	access *access.Access
}

// New makes the service and registers its noun.
func New(db *bun.DB, acc *access.Access) *Service {
	acc.Register(access.Noun{Kind: "rulebook", Table: "rule_values", Alias: "rv",
		Managing: access.ProvinceManaging, Finance: access.ProvinceFinance})
	return &Service{db: db, access: acc}
}

// Propose asks for a new value of a rule, errs.ErrNotFound when there is no such rule, ErrPending when one waits.
func (s *Service) Propose(ctx context.Context, rule string, t Typed) (*Revision, error) {
	r := &Revision{ID: uuid.New(), RuleID: rule, Instrument: t.Instrument, Article: t.Article, Confidence: "M",
		ValidFrom: t.ValidFrom, ValidTo: t.ValidTo, Note: t.Note, Status: Proposed, ProposedBy: access.From(ctx).ID}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := s.access.RequireRole(ctx, "rulebook", "propose"); err != nil {
			return err
		}
		var kind, unit string
		err := tx.NewRaw("SELECT kind, COALESCE(unit, '') FROM rules WHERE id = ?", rule).Scan(ctx, &kind, &unit)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read rule %s: %w", rule, err)
		}
		if r.Value, err = normal(kind, unit, t.Value); err != nil {
			return err
		}
		if !t.ValidFrom.IsZero() && !t.ValidTo.IsZero() && t.ValidTo.Before(t.ValidFrom) {
			return errs.FieldError("valid_to", ErrPeriod.Code)
		}
		now := storage.Now(ctx)
		r.ProposedAt = &now
		if _, err := tx.NewInsert().Model(r).Exec(ctx); storage.Constraint(err) == "rule_values_one_proposal" {
			return ErrPending
		} else if err != nil {
			return fmt.Errorf("propose rule %s: %w", rule, err)
		}
		actor, err := s.access.Require(ctx, tx, "rulebook", "propose", r) // the unit's duty is judged on the row itself
		if err != nil {
			return err
		}
		if err := access.Step(ctx, tx, r, "propose", actor); err != nil {
			return err
		}
		return s.record(ctx, tx, r, "propose", actor)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Confirm puts a proposal in force as a new version of the book; whoever proposed it does not.
func (s *Service) Confirm(ctx context.Context, id uuid.UUID, document string, on calendar.Date) error {
	return s.decide(ctx, id, "confirm", func(ctx context.Context, tx bun.Tx, r *Revision, actor access.Actor) error {
		version, err := rulebook.NextVersion(ctx, tx, r.RuleID+": "+document)
		if err != nil {
			return err
		}
		return r.Confirm(document, on, version, actor.ID, storage.Now(ctx))
	})
}

// Refuse ends a proposal without effect, by those who could confirm it.
func (s *Service) Refuse(ctx context.Context, id uuid.UUID) error {
	return s.decide(ctx, id, "refuse", func(ctx context.Context, _ bun.Tx, r *Revision, actor access.Actor) error {
		return r.Refuse(actor.ID, storage.Now(ctx))
	})
}

func (s *Service) decide(ctx context.Context, id uuid.UUID, act string, move func(context.Context, bun.Tx, *Revision, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r := new(Revision)
		err := tx.NewSelect().Model(r).Where("rv.id = ?", id).For("UPDATE").Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("lock rule value %s: %w", id, err)
		}
		actor, err := s.access.Require(ctx, tx, "rulebook", "confirm", r)
		if err != nil {
			return err
		}
		if err := move(ctx, tx, r, actor); err != nil {
			return err
		}
		_, err = tx.NewUpdate().Model(r).WherePK().
			Column("status", "confidence", "instrument", "document_no", "document_on", "since_version", "decided_by", "decided_at").Exec(ctx)
		if err != nil {
			return fmt.Errorf("decide rule value %s: %w", id, err)
		}
		if err := access.ClearSteps(ctx, tx, r); err != nil {
			return err
		}
		return s.record(ctx, tx, r, act, actor)
	})
}

// shown is what an audit row keeps of a value.
type shown struct {
	Rule, Value, Status, Confidence, Document string
	Version                                   int
}

func (s *Service) record(ctx context.Context, tx bun.IDB, r *Revision, act string, actor access.Actor) error {
	return audit.Record(ctx, tx, audit.Event{Act: "rulebook." + act, Actor: actor.ID, Role: string(actor.Role), Kind: "rulebook",
		Object: r.ID, Label: r.RuleID, RuleID: r.RuleID,
		After: shown{r.RuleID, r.Value, r.Status, r.Confidence, r.DocumentNo, r.SinceVersion}})
}
