package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// proofLife is how long a proof allows the act it was given for.
const proofLife = 5 * time.Minute

// Prove checks the second factor of a signed-in person (the password of people without one) for one act on one content
// and gives the subject with Proved set and a new session id in Renewed. A proof already given for exactly this in this
// session is good for five minutes without another code. ErrCode, and ErrTooMany after five wrong codes.
func (s *Service) Prove(ctx context.Context, sub access.Subject, act, content, code string) (access.Subject, error) {
	if sub.ID == uuid.Nil || sub.Session == "" {
		return sub, access.ErrSignIn
	}
	now := s.clock.Now()
	var at time.Time
	err := s.db.NewRaw("SELECT proven_at FROM step_ups WHERE session_id = ? AND act = ? AND digest = ? AND proven_at > ?",
		sub.Session, act, content, now.Add(-proofLife)).Scan(ctx, &at)
	if err == nil {
		sub.Proved = at
		return sub, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return sub, fmt.Errorf("read proof: %w", err)
	}
	if err := s.confirm(ctx, sub.ID, code); err != nil {
		return sub, err
	}
	cookie := random()
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw("UPDATE sessions SET previous_id = id, id = ?, renewed_at = ? WHERE id = ?", digest(cookie), now, sub.Session).Exec(ctx)
		if err != nil {
			return fmt.Errorf("renew session: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return access.ErrSignIn // ended, or renewed by a request at the same time
		}
		_, err = tx.NewRaw(`INSERT INTO step_ups (session_id, act, digest, proven_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (session_id, act, digest) DO UPDATE SET proven_at = EXCLUDED.proven_at`, digest(cookie), act, content, now).Exec(ctx)
		return err
	})
	if err != nil {
		return sub, err
	}
	sub.Session, sub.Renewed, sub.Proved = digest(cookie), cookie, now
	return sub, nil
}

// confirm checks the one factor a person confirms with and counts wrong ones.
func (s *Service) confirm(ctx context.Context, user uuid.UUID, code string) error {
	if err := s.attempt(ctx, s.db, byCode, user.String()); err != nil {
		return err
	}
	f, err := factorOf(ctx, s.db, user)
	if err != nil {
		return err
	}
	var ok bool
	if f != nil && !f.ConfirmedAt.IsZero() {
		ok, err = s.takeCode(ctx, s.db, f, code)
	} else {
		var u *User
		if u, err = get(ctx, s.db, user); err == nil {
			ok = len(code) <= 1024 && matches(code, u.PasswordHash)
		}
	}
	if err != nil {
		return err
	}
	if !ok {
		return ErrCode
	}
	return s.forget(ctx, s.db, byCode, user.String())
}

// Factor says how a person confirms, and on a demonstration database with which code.
func (s *Service) Factor(ctx context.Context, sub access.Subject) (web.Factor, error) {
	f, err := factorOf(ctx, s.db, sub.ID)
	if err != nil || f == nil || f.ConfirmedAt.IsZero() {
		return web.Factor{Password: true}, err
	}
	var out web.Factor
	if s.opts.Demo {
		out.Demo, err = s.freshCode(ctx, s.db, f)
	}
	return out, err
}
