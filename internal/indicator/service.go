package indicator

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/storage"
)

// Counter counts what the program itself knows.
type Counter interface {
	// PublishedAwards is the number of funded awards whose decision is dated in the year and published.
	PublishedAwards(ctx context.Context, db bun.IDB, year int) (int, error)
}

// Service holds the commands of the room.
type Service struct {
	db     *bun.DB
	access *access.Access
	count  Counter
}

// New makes the room's nouns known to access. No indicator belongs to a fund.
func New(db *bun.DB, acc *access.Access, count Counter) *Service {
	acc.Register(access.Noun{Kind: "indicator", Table: "indicators", Alias: "i", Managing: "i.managing_unit_id",
		When: map[string]string{"state:published": "true", "same_fund": "false"}})
	acc.Register(access.Noun{Kind: "indicator_entry", Table: "indicator_entries", Alias: "ie", Managing: "ie.managing_unit_id",
		When: map[string]string{"state:published": "ie.status = 'published'", "same_fund": "false"}})
	return &Service{db: db, access: acc, count: count}
}

// Proposal is a value as an officer enters it.
type Proposal struct {
	AsOf             calendar.Date
	Value            decimal.Decimal
	Source, Evidence string
	Reason           string // why a published value is restated
}

// Propose enters a value of an indicator with its evidence.
func (s *Service) Propose(ctx context.Context, number int, p Proposal) (*Entry, error) {
	var e *Entry
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		i, err := numbered(ctx, tx, number)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "indicator", "propose", i)
		if err != nil {
			return err
		}
		e, err = s.enter(ctx, tx, i, actor, p, nil)
		return err
	})
	return e, err
}

// ProposeRestatement enters the value that is to take the place of a published one.
func (s *Service) ProposeRestatement(ctx context.Context, id uuid.UUID, p Proposal) (*Entry, error) {
	var e *Entry
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		old, err := lockEntry(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "indicator", "propose_restatement", old)
		if err != nil {
			return err
		}
		if old.Status != Published {
			return ErrNotPublished
		}
		i := new(Indicator)
		if err := tx.NewSelect().Model(i).Where("i.id = ?", old.IndicatorID).Scan(ctx); err != nil {
			return fmt.Errorf("read indicator %s: %w", old.IndicatorID, err)
		}
		p.AsOf = old.AsOf
		e, err = s.enter(ctx, tx, i, actor, p, &old.ID)
		return err
	})
	return e, err
}

func (s *Service) enter(ctx context.Context, tx bun.Tx, i *Indicator, actor access.Actor, p Proposal, restates *uuid.UUID) (*Entry, error) {
	if i.Counted {
		return nil, ErrCounted
	}
	now := storage.Now(ctx)
	e := &Entry{ID: uuid.New(), IndicatorID: i.ID, AsOf: p.AsOf, Value: p.Value, Source: p.Source, Evidence: p.Evidence, Status: Proposed,
		Restates: restates, Reason: p.Reason, ManagingUnitID: i.ManagingUnitID, ProposedBy: actor.ID, ProposedAt: now, Version: 1}
	if err := e.Check(calendar.DateOf(now)); err != nil {
		return nil, err
	}
	if err := insertEntry(ctx, tx, e); err != nil {
		return nil, err
	}
	if err := access.Step(ctx, tx, e, "propose", actor); err != nil {
		return nil, err
	}
	return e, record(ctx, tx, "indicator.propose", actor, e, p.Reason)
}

// Verify checks a proposed value against its evidence; by another person than the proposer.
func (s *Service) Verify(ctx context.Context, id uuid.UUID) error {
	return s.move(ctx, id, "verify", func(ctx context.Context, tx bun.Tx, e *Entry, actor access.Actor) error {
		return e.Verify(actor.ID, storage.Now(ctx))
	})
}

// Publish makes a verified value public.
func (s *Service) Publish(ctx context.Context, id uuid.UUID) error {
	return s.move(ctx, id, "publish", func(ctx context.Context, tx bun.Tx, e *Entry, actor access.Actor) error {
		if e.Restates != nil {
			return ErrState
		}
		return e.Publish(actor.ID, storage.Now(ctx))
	})
}

// Restate publishes a verified restatement and takes the old value out of force.
func (s *Service) Restate(ctx context.Context, id uuid.UUID) error {
	return s.move(ctx, id, "restate", func(ctx context.Context, tx bun.Tx, e *Entry, actor access.Actor) error {
		if e.Restates == nil {
			return ErrState
		}
		old, err := lockEntry(ctx, tx, *e.Restates)
		if err != nil {
			return err
		}
		if err := old.Supersede(); err != nil {
			return err
		}
		if err := saveEntry(ctx, tx, old); err != nil {
			return err
		}
		return e.Publish(actor.ID, storage.Now(ctx))
	})
}

func (s *Service) move(ctx context.Context, id uuid.UUID, action string, do func(context.Context, bun.Tx, *Entry, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		e, err := lockEntry(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "indicator", action, e)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, e, actor); err != nil {
			return err
		}
		if err := saveEntry(ctx, tx, e); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, e, action, actor); err != nil {
			return err
		}
		return record(ctx, tx, "indicator."+action, actor, e, e.Reason)
	})
}

// kept is what the audit keeps of an entry.
type kept struct {
	Indicator uuid.UUID     `json:"indicator"`
	AsOf      calendar.Date `json:"as_of"`
	Value     string        `json:"value"`
	Status    Status        `json:"status"`
	Source    string        `json:"source"`
}

func record(ctx context.Context, tx bun.Tx, act string, actor access.Actor, e *Entry, reason string) error {
	return audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: e.AccessKind(), Object: e.ID, Reason: reason,
		After: kept{e.IndicatorID, e.AsOf, e.Value.String(), e.Status, e.Source}})
}
