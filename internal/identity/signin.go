package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Client is where a sign-in comes from.
type Client struct{ Address, Agent string }

// Reasons are the codes an auditor, a security or data-protection officer chooses from.
var Reasons = []string{"inspection", "audit", "complaint", "incident", "data_request"}

var (
	errPurposeReason = errs.FieldError("reason", "identity.reason_needed")
	errPurposeCase   = errs.FieldError("case_no", "identity.case_needed")
)

// SignIn checks login, password and, for people with a second factor, the code, and opens a session with a new id.
// What was wrong is not told, and an unknown login takes as long as a known one.
func (s *Service) SignIn(ctx context.Context, login, password, code string, from Client) (cookie string, err error) {
	login = Fold(login)
	if len(login) > 254 || len(password) > 1024 {
		return "", ErrSignIn
	}
	if err := s.attempt(ctx, s.db, byAddress, from.Address); err != nil {
		return "", err
	}
	if err := s.attempt(ctx, s.db, byAccount, login); err != nil {
		return "", err
	}
	u, err := byLogin(ctx, s.db, login)
	if err != nil {
		return "", err
	}
	stored := s.dummy
	if u != nil {
		stored = u.PasswordHash
	}
	if !matches(password, stored) || u == nil || u.Disabled() {
		return "", ErrSignIn
	}
	if u.ConfirmedAt.IsZero() {
		return "", ErrConfirm
	}
	f, err := factorOf(ctx, s.db, u.ID)
	if err != nil {
		return "", err
	}
	if f != nil && !f.ConfirmedAt.IsZero() {
		_, ok, err := s.takeCode(ctx, s.db, f, code)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", ErrSignIn
		}
	}
	if err := s.forget(ctx, s.db, byAccount, login); err != nil {
		return "", err
	}
	if err := s.spare(ctx, s.db, byAddress, from.Address); err != nil {
		return "", err
	}
	return s.begin(ctx, u, "session.start", from)
}

// SignInDemo opens a session for a login by one click, on a demonstration database only.
func (s *Service) SignInDemo(ctx context.Context, login string, from Client) (cookie string, err error) {
	if !s.opts.Demo {
		return "", ErrNotDemo
	}
	u, err := byLogin(ctx, s.db, Fold(login))
	if err != nil {
		return "", err
	}
	if u == nil || u.Disabled() {
		return "", access.ErrNotFound
	}
	return s.begin(ctx, u, "session.start_demo", from)
}

func (s *Service) begin(ctx context.Context, u *User, act string, from Client) (cookie string, err error) {
	sub, err := s.Subject(ctx, u.Login)
	if err != nil {
		return "", err
	}
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if cookie, err = s.open(ctx, tx, sub, from); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: act, Actor: u.ID, Role: string(sub.Active), Kind: "user", Object: u.ID, Label: u.Login})
	})
	return cookie, err
}

// byLogin gives an account, nil when there is none.
func byLogin(ctx context.Context, db bun.IDB, login string) (*User, error) {
	u := new(User)
	err := db.NewSelect().Model(u).Where("us.login = ?", login).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", login, err)
	}
	return u, nil
}

// get gives an account by id, errs.ErrNotFound when there is none.
func get(ctx context.Context, db bun.IDB, id uuid.UUID) (*User, error) {
	u := new(User)
	err := db.NewSelect().Model(u).Where("us.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", id, err)
	}
	return u, nil
}
