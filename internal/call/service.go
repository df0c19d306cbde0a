package call

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/budget"
	"kinhbac/internal/errs"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// Submissions is what a call asks of the dossiers sent to it.
type Submissions interface {
	// Owners are the people who have started or sent a dossier on the call.
	Owners(ctx context.Context, db bun.IDB, call uuid.UUID) ([]uuid.UUID, error)
}

// Service runs the commands of programmes and calls.
type Service struct {
	db          *bun.DB
	access      *access.Access
	submissions Submissions
}

// New makes the service and registers its nouns.
func New(db *bun.DB, acc *access.Access, subs Submissions) *Service {
	acc.Register(access.Noun{Kind: "programme", Table: "programmes", Alias: "pg",
		Managing: access.ProvinceManaging, Finance: access.ProvinceFinance})
	acc.Register(access.Noun{Kind: "cost_norm", Table: "cost_norms", Alias: "cn", Managing: "cn.managing_unit_id",
		Reading: []access.Right{{Resource: "programme", Action: "read"}}}) // what a grant pays is public
	acc.Register(access.Noun{Kind: "call", Table: "calls", Alias: "c",
		Managing: "c.managing_unit_id", Finance: "c.finance_unit_id", Fund: "NULL::uuid", When: when}) // a call is of no fund: no, not an alarm
	return &Service{db: db, access: acc, submissions: subs}
}

// Refusals of a draft.
var (
	ErrProgramme = errs.New(errs.Invalid, "call.programme_not_approved")
	ErrLine      = errs.New(errs.Invalid, "call.no_line")
)

// shown is what an audit row keeps of a call.
type shown struct {
	Code, Status, Number, Rulebook        string
	CeilingTotal, CeilingAward            string
	OpensAt, ClosesAt, Track, Beneficiary string
	PassMark, CoFundingShare              string
	GraceMinutes                          int
	Criteria                              int
	Contents                              []string
	Version                               int
}

func (c *Call) shown() shown {
	return shown{Code: c.Code, Status: string(c.Status), Number: c.Number, Rulebook: c.Rulebook,
		CeilingTotal: c.CeilingTotal.String(), CeilingAward: c.CeilingAward.String(),
		OpensAt: c.OpensAt.UTC().String(), ClosesAt: c.ClosesAt.UTC().String(), Track: c.Track, Beneficiary: c.Beneficiary,
		PassMark: c.PassMark.String(), CoFundingShare: c.CoFundingShare.String(), GraceMinutes: c.GraceMinutes, Criteria: len(c.Criteria), Contents: c.Contents, Version: c.Version}
}

// Create drafts a call of an approved programme on a budget line.
func (s *Service) Create(ctx context.Context, d Details) (*Call, error) { return s.draft(ctx, d, nil) }

// draft makes a call of what was typed; with from it has the form of that call too.
func (s *Service) draft(ctx context.Context, d Details, from *Call) (*Call, error) {
	c := &Call{ID: uuid.New(), Status: Draft, Version: 1}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "call", "create", access.Ref{Kind: "unit", ID: access.UnitScience})
		if err != nil {
			return err
		}
		if err := s.describe(ctx, tx, c, d); err != nil {
			return err
		}
		c.ManagingUnitID = actor.Unit
		if c.Code, err = nextCode(ctx, tx, c.OpensAt); err != nil {
			return err
		}
		if err := insert(ctx, tx, c); err != nil {
			return err
		}
		if err := s.record(ctx, tx, c, "create", "prepare", actor, nil); err != nil || from == nil {
			return err
		}
		return s.takeOver(ctx, tx, c, from, actor)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Update changes a draft. A form read at an older version is errs.ErrStale with both versions side by side.
func (s *Service) Update(ctx context.Context, id uuid.UUID, d Details) (*Call, error) {
	var c *Call
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if c, err = Lock(ctx, tx, id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "call", "update", c)
		if err != nil {
			return err
		}
		if c.Version != d.Version {
			return errs.ErrStale.Versus(c.differences(d)...)
		}
		before := c.shown()
		if err := s.describe(ctx, tx, c, d); err != nil {
			return err
		}
		if err := saveDetails(ctx, tx, c); err != nil {
			return err
		}
		return s.record(ctx, tx, c, "update", "prepare", actor, before)
	})
	return c, err
}

// describe is Describe with what only other rows can tell.
func (s *Service) describe(ctx context.Context, tx bun.IDB, c *Call, d Details) error {
	if err := c.Describe(d); err != nil {
		return err
	}
	if err := known(ctx, tx, "contents", d.Contents...); err != nil {
		return err
	}
	p, err := GetProgramme(ctx, tx, d.ProgrammeID)
	if err != nil || p.Status != ProgrammeApproved {
		return errs.FieldError("programme_id", ErrProgramme.Code)
	}
	line, err := budget.Get(ctx, tx, d.BudgetLineID)
	if err != nil {
		return errs.FieldError("budget_line_id", ErrLine.Code)
	}
	c.FinanceUnitID = line.FinanceUnitID
	return nil
}

// Approve freezes a draft under the newest version of the rulebook. Whoever wrote any part of it does not.
func (s *Service) Approve(ctx context.Context, id uuid.UUID) error {
	return s.act(ctx, id, "approve", func(ctx context.Context, tx bun.Tx, c *Call) error {
		version, err := rulebook.Current(ctx, tx)
		if err != nil {
			return fmt.Errorf("version of the rulebook: %w", err)
		}
		if err := c.Approve(version); err != nil {
			return err
		}
		_, err = tx.NewUpdate().Model((*Form)(nil)).Set("status = ?", FormDecided).Where("call_id = ?", c.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("decide the form of call %s: %w", c.Code, err)
		}
		draft := *c
		draft.Status = Draft // the norms as the draft offered them
		return bindNorms(ctx, tx, &draft)
	})
}

// Publish makes an approved call known under the number of its announcement.
func (s *Service) Publish(ctx context.Context, id uuid.UUID, number string) error {
	return s.act(ctx, id, "publish", func(ctx context.Context, tx bun.Tx, c *Call) error {
		if err := c.Publish(number, storage.Now(ctx)); err != nil {
			return err
		}
		return access.ClearSteps(ctx, tx, c) // the chain of the draft is over
	})
}

// Open starts receiving dossiers; the service does it at OpensAt.
func (s *Service) Open(ctx context.Context, id uuid.UUID) error {
	return s.act(ctx, id, "open", func(ctx context.Context, _ bun.Tx, c *Call) error { return c.Open(storage.Now(ctx)) })
}

// Close ends receiving dossiers; the service does it at ClosesAt, else the head.
func (s *Service) Close(ctx context.Context, id uuid.UUID) error {
	return s.act(ctx, id, "close", func(ctx context.Context, _ bun.Tx, c *Call) error { return c.Close(storage.Now(ctx)) })
}

// Evaluate starts screening and review.
func (s *Service) Evaluate(ctx context.Context, id uuid.UUID) error {
	return s.act(ctx, id, "evaluate", func(_ context.Context, _ bun.Tx, c *Call) error { return c.Evaluate() })
}

// Archive ends a decided call.
func (s *Service) Archive(ctx context.Context, id uuid.UUID) error {
	return s.act(ctx, id, "archive", func(_ context.Context, _ bun.Tx, c *Call) error { return c.Archive() })
}

// act is one move: lock, authorise, decide, save, step, audit.
func (s *Service) act(ctx context.Context, id uuid.UUID, action string, move func(context.Context, bun.Tx, *Call) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "call", action, c)
		if err != nil {
			return err
		}
		before := c.shown()
		if err := move(ctx, tx, c); err != nil {
			return err
		}
		if err := saveState(ctx, tx, c); err != nil {
			return err
		}
		return s.record(ctx, tx, c, action, "", actor, before)
	})
}

// record keeps the step for maker and checker, when there is one, and the audit row.
func (s *Service) record(ctx context.Context, tx bun.IDB, c *Call, action, step string, actor access.Actor, before any) error {
	if step != "" {
		if err := access.Step(ctx, tx, c, step, actor); err != nil {
			return fmt.Errorf("step %s of call %s: %w", step, c.Code, err)
		}
	}
	return audit.Record(ctx, tx, audit.Event{Act: "call." + action, Actor: actor.ID, Role: string(actor.Role),
		Kind: "call", Object: c.ID, Label: c.Code, Before: before, After: c.shown()})
}

// SetEvaluating starts evaluation in the authority of a downstream act, once: a call already evaluating stays.
func SetEvaluating(ctx context.Context, tx bun.IDB, id uuid.UUID) error {
	return settle(ctx, tx, id, Evaluating, (*Call).Evaluate)
}

// MarkDecided records in the authority of the award decision that a call is decided.
func MarkDecided(ctx context.Context, tx bun.IDB, id uuid.UUID) error {
	return settle(ctx, tx, id, Decided, (*Call).Decide)
}

func settle(ctx context.Context, tx bun.IDB, id uuid.UUID, to Status, move func(*Call) error) error {
	c, err := Lock(ctx, tx, id)
	if err != nil || c.Status == to {
		return err
	}
	if err := move(c); err != nil {
		return err
	}
	return saveState(ctx, tx, c)
}
