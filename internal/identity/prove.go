package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
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
// session is good for five minutes without another code: the same form sent twice at once is proven once and good both
// times. ErrCode, ErrCodeUsed for a right code that has confirmed something else, and ErrTooMany after five wrong codes.
func (s *Service) Prove(ctx context.Context, sub access.Subject, act, content, code string) (access.Subject, error) {
	if sub.ID == uuid.Nil || sub.Session == "" {
		return sub, access.ErrSignIn
	}
	now := s.clock.Now()
	var proved access.Subject
	var refused error // a wrong code is counted: its transaction must not be rolled back
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		proved, refused = sub, nil
		var id, before string
		err := tx.NewRaw(`SELECT id, COALESCE(previous_id, '') FROM sessions
			WHERE user_id = ? AND (id = ? OR previous_id = ? AND renewed_at > ?) FOR UPDATE`, sub.ID, sub.Session, sub.Session, now.Add(-grace)).Scan(ctx, &id, &before)
		if errors.Is(err, sql.ErrNoRows) {
			return access.ErrSignIn // ended in the meantime
		}
		if err != nil {
			return fmt.Errorf("lock session: %w", err)
		}
		proved.Session = id
		err = tx.NewRaw("SELECT proven_at FROM step_ups WHERE session_id = ? AND act = ? AND digest = ? AND proven_at > ?",
			id, act, content, now.Add(-proofLife)).Scan(ctx, &proved.Proved)
		if err == nil { // the answer with the new id may have been lost with the first of two requests
			if again := s.renewed(before, act, content, code); digest(again) == id {
				proved.Renewed = again
			}
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read proof: %w", err)
		}
		if refused, err = s.confirm(ctx, tx, sub.ID, code); refused != nil || err != nil {
			return err
		}
		cookie := s.renewed(id, act, content, code)
		if _, err := tx.NewRaw("UPDATE sessions SET previous_id = id, id = ?, renewed_at = ? WHERE id = ?", digest(cookie), now, id).Exec(ctx); err != nil {
			return fmt.Errorf("renew session: %w", err)
		}
		_, err = tx.NewRaw(`INSERT INTO step_ups (session_id, act, digest, proven_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (session_id, act, digest) DO UPDATE SET proven_at = EXCLUDED.proven_at`, digest(cookie), act, content, now).Exec(ctx)
		proved.Session, proved.Renewed, proved.Proved = digest(cookie), cookie, now
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return sub, err
	}
	return proved, nil
}

// renewed is the session id that follows id when this code proves this act: a function of them under the server's key,
// so that the same form sent twice gets the same new id twice, and nobody else can say it.
func (s *Service) renewed(id, act, content, code string) string {
	mac := hmac.New(sha256.New, s.opts.Key)
	for _, part := range []string{"session after step-up", id, act, content, code} {
		sum := sha256.Sum256([]byte(part)) // of one length: no two lists of parts read the same
		mac.Write(sum[:])
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// confirm checks the one factor a person confirms with and counts wrong codes; a right one that was used already is
// refused and not counted.
func (s *Service) confirm(ctx context.Context, tx bun.Tx, user uuid.UUID, code string) (refused, err error) {
	if err := s.attempt(ctx, tx, byCode, user.String()); errors.Is(err, ErrTooMany) {
		return err, nil
	} else if err != nil {
		return nil, err
	}
	f, err := factorOf(ctx, tx, user)
	if err != nil {
		return nil, err
	}
	var right, fresh bool
	if f != nil && !f.ConfirmedAt.IsZero() {
		right, fresh, err = s.takeCode(ctx, tx, f, code)
	} else {
		var u *User
		if u, err = get(ctx, tx, user); err == nil {
			right = len(code) <= 1024 && matches(code, u.PasswordHash)
			fresh = right
		}
	}
	switch {
	case err != nil:
		return nil, err
	case fresh:
		return nil, s.forget(ctx, tx, byCode, user.String())
	case right:
		return ErrCodeUsed, s.withdraw(ctx, tx, byCode, user.String())
	}
	return ErrCode, nil
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
