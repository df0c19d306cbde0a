package budget

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
)

// try runs fn behind a savepoint and takes everything back, whatever fn says; it gives fn's verdict.
func (s *Service) try(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) (verdict, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, "SAVEPOINT tried"); err != nil {
			return fmt.Errorf("begin a trial: %w", err)
		}
		verdict = fn(ctx, tx)
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT tried"); err != nil {
			return fmt.Errorf("take a trial back: %w", err)
		}
		return nil
	})
	return verdict, err
}

// refusal splits a verdict: what a person would be told, or a failure of the machine.
func refusal(verdict error) (*errs.Error, error) {
	if verdict == nil {
		return nil, nil
	}
	if e := errs.From(verdict); e.Kind != errs.Internal {
		return e, nil
	}
	return nil, verdict
}

// Try says what an act would do to every line it touches, and why it would be refused, nil when it would not: the act is
// proposed and posted as if it were decided, and everything is taken back.
func (s *Service) Try(ctx context.Context, line uuid.UUID, in ProposeInput) (effects []Effect, refused *errs.Error, err error) {
	verdict, err := s.try(ctx, func(ctx context.Context, tx bun.Tx) error {
		l, err := lock(ctx, tx, line)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "propose_"+string(in.Kind), l)
		if err != nil {
			return err
		}
		if l.Status != Open {
			return ErrNotOpen
		}
		a, err := s.act(ctx, tx, l, in, actor.ID)
		if err != nil {
			return err
		}
		other := uuid.New() // stands for whoever will decide
		a.DecidedBy = &other
		p, err := s.posting(ctx, tx, a)
		if err != nil {
			return err
		}
		if effects, err = p.effects(ctx, tx); err != nil {
			return err
		}
		for _, j := range p.journals {
			if _, err := ledger.Post(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	refused, err = refusal(verdict)
	return effects, refused, err
}

// Verdict answers a dry run: accepted, or the code with which it would be refused.
type Verdict struct {
	Accepted  bool      `json:"accepted"`
	Code      string    `json:"code,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	Committed Committed `json:"line"` // as the line would be; empty when refused
	args      []any     // of the words of Code
}

// CheckCommit judges a commitment exactly as Commit does and keeps nothing of it.
func (s *Service) CheckCommit(ctx context.Context, id uuid.UUID, in CommitInput) (v Verdict, err error) {
	verdict, err := s.try(ctx, func(ctx context.Context, _ bun.Tx) (err error) {
		v.Committed, err = s.Commit(ctx, id, in)
		return err
	})
	if err != nil {
		return Verdict{}, err
	}
	e, err := refusal(verdict)
	switch {
	case err != nil:
		return Verdict{}, err
	case e == nil:
		v.Accepted = true
		v.Committed.Voucher = ""
		return v, nil
	case e.Kind == errs.NotFound || e.Kind == errs.Unauthenticated || errors.Is(e, access.ErrForbidden):
		return Verdict{}, e // the asker has no business with the line
	}
	return Verdict{Code: e.Code, args: e.Args}, nil
}

// now is deciding time outside a transaction, for pages.
func (s *Service) now(ctx context.Context) (at time.Time, err error) {
	if err := s.db.NewRaw("SELECT kb.now()").Scan(ctx, &at); err != nil {
		return at, fmt.Errorf("read deciding time: %w", err)
	}
	return at, nil
}
