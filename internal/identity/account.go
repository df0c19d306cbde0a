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

// NewUser is what the office knows of a person it makes an account for. Unit may be Nil. Factor gives a second factor,
// which every role but applicant and signatory needs.
type NewUser struct {
	Login, Name, Password string
	Unit                  uuid.UUID
	Factor                bool
}

// authorise asks the policies, except for whoever runs commands on the server itself: they hold the database.
func (s *Service) authorise(ctx context.Context, tx bun.IDB, resource, action string, o access.Object) (access.Actor, error) {
	if sub := access.From(ctx); sub.ID == uuid.Nil && sub.Has(access.Service) {
		return access.Actor{Name: sub.Name, Role: access.Service}, nil
	}
	return s.access.Require(ctx, tx, resource, action, o)
}

// AddUser makes a confirmed account and gives the otpauth address of its second factor, "" without one.
func (s *Service) AddUser(ctx context.Context, in NewUser) (u *User, uri string, err error) {
	in.Login = Fold(in.Login)
	for _, err := range []error{checkLogin(in.Login), checkName(in.Name), checkPassword("password", in.Password, in.Login)} {
		if err != nil {
			return nil, "", err
		}
	}
	stored := hash(in.Password, s.cost)
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.authorise(ctx, tx, "user_account", "create", access.Ref{Kind: "unit", ID: access.UnitScience})
		if err != nil {
			return err
		}
		id, now := uuid.New(), storage.Now(ctx)
		u = &User{ID: id, PersonID: id, Login: in.Login, Name: in.Name, Origin: "office", PasswordHash: stored, PasswordChangedAt: now,
			ConfirmedAt: bun.NullTime{Time: now}, CreatedAt: now, Version: 1}
		if in.Unit != uuid.Nil {
			u.UnitID = &in.Unit
		}
		if err := insertUser(ctx, tx, u); err != nil {
			return err
		}
		if in.Factor {
			if uri, err = s.enrol(ctx, tx, u, true); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Act: "user_account.create", Actor: actor.ID, Role: string(actor.Role), Kind: "user", Object: u.ID, Label: u.Login})
	})
	return u, uri, err
}

// Unit gives the id of a unit by its code, e.g. KHCN; ErrNoUnit when there is none.
func (s *Service) Unit(ctx context.Context, code string) (id uuid.UUID, err error) {
	err = storage.Joined(ctx, s.db).NewRaw("SELECT id FROM units WHERE code = upper(?)", code).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, ErrNoUnit
	}
	return id, err
}

func insertUser(ctx context.Context, tx bun.IDB, u *User) error {
	_, err := tx.NewInsert().Model(u).Exec(ctx)
	switch storage.Constraint(err) {
	case "users_login_key":
		return ErrLoginTaken.At(errs.Field{Name: "login", Code: ErrLoginTaken.Code})
	case "users_unit_id_fkey":
		return ErrNoUnit
	}
	if err != nil {
		return fmt.Errorf("make account %s: %w", u.Login, err)
	}
	return nil
}

// Disable closes an account and ends its sessions at once.
func (s *Service) Disable(ctx context.Context, login, reason string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		u, err := byLogin(ctx, tx, Fold(login))
		if err != nil {
			return err
		}
		if u == nil {
			return errs.ErrNotFound
		}
		actor, err := s.authorise(ctx, tx, "user_account", "disable", u)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("UPDATE users SET disabled_at = kb.now(), version = version + 1 WHERE id = ? AND disabled_at IS NULL", u.ID).Exec(ctx); err != nil {
			return fmt.Errorf("disable %s: %w", u.ID, err)
		}
		if err := endSessions(ctx, tx, u.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "user_account.disable", Actor: actor.ID, Role: string(actor.Role), Kind: "user", Object: u.ID,
			Label: u.Login, Reason: reason})
	})
}

// Join says that two accounts belong to one natural person: from then on their duties count together. ErrToxicPair
// when the person would hold roles that must be kept apart.
func (s *Service) Join(ctx context.Context, login, other string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		one, err := byLogin(ctx, tx, Fold(login))
		if err != nil {
			return err
		}
		two, err := byLogin(ctx, tx, Fold(other))
		if err != nil {
			return err
		}
		if one == nil || two == nil {
			return errs.ErrNotFound
		}
		actor, err := s.authorise(ctx, tx, "user_account", "disable", two)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("UPDATE users SET person_id = ?, version = version + 1 WHERE person_id = ?", one.PersonID, two.PersonID).Exec(ctx); err != nil {
			return grantError(err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "user_account.join", Actor: actor.ID, Role: string(actor.Role), Kind: "user", Object: two.ID,
			Label: two.Login, After: map[string]string{"person": one.PersonID.String()}})
	})
}

// Code prints the current one-time code of a login, on a demonstration database only.
func (s *Service) Code(ctx context.Context, login string) (string, error) {
	if !s.opts.Demo {
		return "", ErrNotDemo
	}
	u, err := byLogin(ctx, s.db, Fold(login))
	if err != nil {
		return "", err
	}
	if u == nil {
		return "", errs.ErrNotFound
	}
	f, err := factorOf(ctx, s.db, u.ID)
	if err != nil {
		return "", err
	}
	if f == nil {
		return "", errs.ErrNotFound
	}
	return s.freshCode(ctx, s.db, f)
}

// ChangePassword replaces the password of the subject of ctx and ends the person's other sessions.
func (s *Service) ChangePassword(ctx context.Context, old, fresh string) error {
	sub := access.From(ctx)
	if err := checkPassword("new_password", fresh, sub.Login); err != nil {
		return err
	}
	if err := s.attempt(ctx, s.db, byPassword, sub.ID.String()); err != nil {
		return err
	}
	u, err := get(ctx, s.db, sub.ID)
	if err != nil {
		return err
	}
	if len(old) > 1024 || !matches(old, u.PasswordHash) {
		return ErrPassword.At(errs.Field{Name: "password", Code: ErrPassword.Code})
	}
	stored := hash(fresh, s.cost)
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("UPDATE users SET password_hash = ?, password_changed_at = kb.now(), version = version + 1 WHERE id = ?", stored, u.ID).Exec(ctx); err != nil {
			return fmt.Errorf("change password of %s: %w", u.ID, err)
		}
		if _, err := tx.NewRaw("DELETE FROM sessions WHERE user_id = ? AND id <> ?", u.ID, sub.Session).Exec(ctx); err != nil {
			return fmt.Errorf("end sessions of %s: %w", u.ID, err)
		}
		if err := s.forget(ctx, tx, byPassword, u.ID.String()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "user_account.change_password", Actor: u.ID, Role: string(sub.Active), Kind: "user", Object: u.ID, Label: u.Login})
	})
}

// StartFactor gives the subject of ctx a new, not yet confirmed second factor and its otpauth address; a confirmed
// one stays.
func (s *Service) StartFactor(ctx context.Context) (uri string, err error) {
	sub := access.From(ctx)
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		u, err := get(ctx, tx, sub.ID)
		if err != nil {
			return err
		}
		f, err := factorOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if f != nil && !f.ConfirmedAt.IsZero() {
			return errFactorThere
		}
		uri, err = s.enrol(ctx, tx, u, false)
		return err
	})
	return uri, err
}

// ConfirmFactor makes the second factor count with its first right code.
func (s *Service) ConfirmFactor(ctx context.Context, code string) error {
	sub := access.From(ctx)
	if err := s.attempt(ctx, s.db, byCode, sub.ID.String()); err != nil {
		return err
	}
	f, err := factorOf(ctx, s.db, sub.ID)
	if err != nil {
		return err
	}
	if f == nil {
		return errs.ErrNotFound
	}
	_, ok, err := s.takeCode(ctx, s.db, f, code)
	if err != nil {
		return err
	}
	if !ok {
		return ErrCode.At(errs.Field{Name: "code", Code: ErrCode.Code})
	}
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("UPDATE user_factors SET confirmed_at = ? WHERE user_id = ? AND confirmed_at IS NULL", s.clock.Now(), sub.ID).Exec(ctx); err != nil {
			return fmt.Errorf("confirm factor of %s: %w", sub.ID, err)
		}
		if err := s.forget(ctx, tx, byCode, sub.ID.String()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "user_account.enrol_factor", Actor: sub.ID, Role: string(sub.Active), Kind: "user", Object: sub.ID, Label: sub.Login})
	})
}

var errFactorThere = errs.New(errs.Conflict, "identity.factor_there")
