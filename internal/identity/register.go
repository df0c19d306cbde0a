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
	"kinhbac/internal/audit"
	"kinhbac/internal/notify"
	"kinhbac/internal/storage"
)

const linkLife = 24 * time.Hour

// SignUp is what the public form asks.
type SignUp struct{ Name, Email, Password string }

// Register makes an account that waits for its address to be confirmed and mails the link. An address that has an
// account already gets a mail saying so, and the answer here is the same. token is what the link carries, given
// only on a demonstration database, where the page shows it.
func (s *Service) Register(ctx context.Context, in SignUp, from Client) (token string, err error) {
	in.Email = Fold(in.Email)
	for _, err := range []error{checkName(in.Name), checkEmail(in.Email), checkPassword("password", in.Password, in.Email)} {
		if err != nil {
			return "", err
		}
	}
	if err := s.attempt(ctx, s.db, bySignUp, from.Address); err != nil {
		return "", err
	}
	stored, secret := hash(in.Password, s.cost), random()
	program := access.With(ctx, access.System()) // nobody is signed in yet; the form itself acts
	err = storage.InTx(program, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "user_account", "create", access.Ref{Kind: "unit", ID: access.UnitScience})
		if err != nil {
			return err
		}
		u, err := byLogin(ctx, tx, in.Email)
		switch {
		case err != nil:
			return err
		case u != nil && !u.ConfirmedAt.IsZero():
			return notify.Send(ctx, tx, u.ID, "identity.mail_known", "/login")
		case u == nil:
			id, now := uuid.New(), storage.Now(ctx)
			u = &User{ID: id, PersonID: id, Login: in.Email, Name: in.Name, Origin: "public", PasswordHash: stored, PasswordChangedAt: now, CreatedAt: now, Version: 1}
			if err := insertUser(ctx, tx, u); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, audit.Event{Act: "user_account.register", Role: string(actor.Role), Kind: "user", Object: u.ID}); err != nil {
				return err
			}
		}
		if _, err := tx.NewRaw("INSERT INTO confirmations (token_hash, user_id, name, password_hash, expires_at) VALUES (?, ?, ?, ?, ?)",
			digest(secret), u.ID, in.Name, stored, s.clock.Now().Add(linkLife)).Exec(ctx); err != nil {
			return fmt.Errorf("write confirmation: %w", err)
		}
		return notify.Send(ctx, tx, u.ID, "identity.mail_confirm", "/confirm?token="+secret, in.Name)
	})
	if err != nil || !s.opts.Demo {
		return "", err
	}
	return secret, nil
}

// Confirm makes the account of a link good for signing in, with the role of an applicant and the name and password
// typed when that very link was asked for: whoever typed somebody else's address gains nothing. ErrLink when the link is
// unknown, used or older than a day.
func (s *Service) Confirm(ctx context.Context, token string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		var user uuid.UUID
		var name, stored string
		err := tx.NewRaw("UPDATE confirmations SET used_at = ? WHERE token_hash = ? AND used_at IS NULL AND expires_at > ? RETURNING user_id, name, password_hash",
			s.clock.Now(), digest(token), s.clock.Now()).Scan(ctx, &user, &name, &stored)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrLink
		}
		if err != nil {
			return fmt.Errorf("use confirmation: %w", err)
		}
		res, err := tx.NewRaw(`UPDATE users SET confirmed_at = kb.now(), name = ?, password_hash = ?, version = version + 1
			WHERE id = ? AND confirmed_at IS NULL`, name, stored, user).Exec(ctx)
		if err != nil {
			return fmt.Errorf("confirm %s: %w", user, err)
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return ErrLink
		}
		if err := insertGrant(ctx, tx, user, NewGrant{Role: access.Applicant}, uuid.Nil); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "user_account.confirm", Actor: user, Kind: "user", Object: user})
	})
}
