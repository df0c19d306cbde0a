package identity

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/storage"
)

const (
	staffIdle = 30 * time.Minute
	otherIdle = 2 * time.Hour
	absolute  = 12 * time.Hour
	grace     = time.Minute    // the id before the last step-up
	remember  = 24 * time.Hour // how long an ended session still tells whose it was
	touch     = time.Minute    // seen_at is written at most this often
)

// free are the roles that need no second factor.
func free(r access.Role) bool { return r == access.Applicant || r == access.OrgSignatory }

type grantRow struct {
	Role         access.Role `json:"role"`
	Unit         *uuid.UUID  `json:"unit"`
	Organisation *uuid.UUID  `json:"organisation"`
	Fund         *uuid.UUID  `json:"fund"`
	From         time.Time   `json:"from"`
	To           *time.Time  `json:"to"`
}

func (g grantRow) grant() access.Grant {
	out := access.Grant{Role: g.Role}
	for to, from := range map[*uuid.UUID]*uuid.UUID{&out.Unit: g.Unit, &out.Organisation: g.Organisation, &out.Fund: g.Fund} {
		if from != nil {
			*to = *from
		}
	}
	if g.To != nil {
		out.From, out.To = g.From, *g.To
	}
	return out
}

// inForce is SQL for the grants of account us that hold now, as one JSON list in a steady order.
const inForce = `(SELECT COALESCE(jsonb_agg(jsonb_build_object('role', g.role, 'unit', g.unit_id, 'organisation', g.organisation_id,
	'fund', g.fund_id, 'from', g.valid_from, 'to', g.valid_to) ORDER BY g.valid_from, g.id), '[]')
	FROM role_grants g WHERE g.user_id = us.id AND g.valid_from <= kb.now() AND (g.valid_to IS NULL OR g.valid_to > kb.now()))`

// personRow is an account as a subject needs it.
type personRow struct {
	ID     uuid.UUID
	Name   string
	Login  string
	Factor bool
	Grants json.RawMessage
}

const personColumns = `us.id, us.name, us.login, EXISTS (SELECT 1 FROM user_factors f WHERE f.user_id = us.id AND f.confirmed_at IS NOT NULL) AS factor, ` +
	inForce + ` AS grants`

// subject leaves out grants that need a factor the person has not confirmed.
func (p *personRow) subject() (access.Subject, error) {
	s := access.Subject{ID: p.ID, Name: p.Name, Login: p.Login}
	var rows []grantRow
	if err := json.Unmarshal(p.Grants, &rows); err != nil {
		return access.Subject{}, fmt.Errorf("grants of %s: %w", p.ID, err)
	}
	for _, g := range rows {
		if p.Factor || free(g.Role) {
			s.Grants = append(s.Grants, g.grant())
		}
	}
	return s, nil
}

// Subject gives the person of a login with the grants in force, as the command line and the demonstration act: no
// session, nothing proven. Disabled and unknown accounts are errs.ErrNotFound.
func (s *Service) Subject(ctx context.Context, login string) (access.Subject, error) {
	var p personRow
	err := storage.Joined(ctx, s.db).NewRaw("SELECT "+personColumns+" FROM users us WHERE us.login = ? AND us.disabled_at IS NULL", Fold(login)).
		Scan(ctx, &p.ID, &p.Name, &p.Login, &p.Factor, &p.Grants)
	if errors.Is(err, sql.ErrNoRows) {
		return access.Subject{}, access.ErrNotFound
	}
	if err != nil {
		return access.Subject{}, fmt.Errorf("subject %s: %w", login, err)
	}
	sub, err := p.subject()
	if err == nil && len(sub.Grants) > 0 {
		sub.Active = sub.Grants[0].Role
	}
	return sub, err
}

// Load gives the person behind a cookie with the grants in force now; the zero Subject when the session is unknown or
// ended, or the account disabled. Rights follow a change at the next request.
func (s *Service) Load(ctx context.Context, cookie string) (access.Subject, error) {
	if cookie == "" {
		return access.Subject{}, nil
	}
	se, err := s.sessions.Do(ctx, digest(cookie))
	if err != nil || se == nil {
		return access.Subject{}, err
	}
	if now := s.clock.Now(); now.Sub(se.SeenAt) >= touch {
		if _, err := s.db.NewRaw("UPDATE sessions SET seen_at = greatest(seen_at, ?) WHERE id = ?", now, se.Session).Exec(ctx); err != nil {
			return access.Subject{}, fmt.Errorf("touch session: %w", err)
		}
	}
	sub, err := se.subject()
	if err != nil {
		return access.Subject{}, err
	}
	sub.Session, sub.Active, sub.Purpose = se.Session, se.ActiveRole, se.Purpose
	if !sub.Has(sub.Active) {
		sub.Active = ""
		if len(sub.Grants) > 0 {
			sub.Active = sub.Grants[0].Role
		}
	}
	return sub, nil
}

// Ended gives the person whose session the cookie was until it ended, for a day; uuid.Nil for an unknown cookie, a
// session that was signed out, and a disabled account. It opens nothing.
func (s *Service) Ended(ctx context.Context, cookie string) (user uuid.UUID, err error) {
	id := digest(cookie)
	err = s.db.NewRaw(`SELECT us.id FROM sessions se JOIN users us ON us.id = se.user_id
		WHERE (se.id = ? OR se.previous_id = ?) AND us.disabled_at IS NULL`, id, id).Scan(ctx, &user)
	if errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, nil
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("read ended session: %w", err)
	}
	return user, nil
}

// sessionRow is a session in force with its person.
type sessionRow struct {
	personRow  `bun:",extend"`
	Session    string
	PreviousID *string
	ActiveRole access.Role
	Purpose    string
	SeenAt     time.Time
}

// load reads the sessions of the given ids, or of those they replaced a moment ago, in order; nil where none is in
// force. Requests that come at the same moment are read in one statement: every one of them begins here.
func (s *Service) load(ctx context.Context, ids []string) ([]*sessionRow, error) {
	now := s.clock.Now()
	var rows []*sessionRow
	err := s.db.NewRaw(`SELECT se.id AS session, CASE WHEN se.renewed_at > ? THEN se.previous_id END AS previous_id,
			se.active_role, se.purpose, se.seen_at, `+personColumns+`
		FROM sessions se JOIN users us ON us.id = se.user_id
		WHERE (se.id IN (?) OR se.previous_id IN (?)) AND us.disabled_at IS NULL AND se.expires_at > ?
		AND se.seen_at + make_interval(secs => se.idle_seconds) > ?`, now.Add(-grace), bun.List(ids), bun.List(ids), now, now).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	by := make(map[string]*sessionRow, len(rows))
	for _, r := range rows {
		if r.PreviousID != nil {
			by[*r.PreviousID] = r
		}
	}
	for _, r := range rows { // an id of its own comes before one that was replaced
		by[r.Session] = r
	}
	found := make([]*sessionRow, len(ids))
	for i, id := range ids {
		found[i] = by[id]
	}
	return found, nil
}

// open starts a session with a new id and gives the value of its cookie.
func (s *Service) open(ctx context.Context, db bun.IDB, sub access.Subject, from Client) (cookie string, err error) {
	cookie = random()
	idle, now := otherIdle, s.clock.Now()
	for _, g := range sub.Grants {
		if !free(g.Role) {
			idle = staffIdle
		}
	}
	role := ""
	if len(sub.Grants) > 0 {
		role = string(sub.Grants[0].Role)
	}
	_, err = db.NewRaw(`INSERT INTO sessions (id, user_id, active_role, idle_seconds, created_at, renewed_at, seen_at, expires_at, address, agent)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, digest(cookie), sub.ID, role, int(idle.Seconds()), now, now, now, now.Add(absolute),
		short(from.Address, 64), short(from.Agent, 200)).Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("open session: %w", err)
	}
	return cookie, nil
}

func short(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}

// SignOut ends the session of the subject of ctx.
func (s *Service) SignOut(ctx context.Context) error {
	sub := access.From(ctx)
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM sessions WHERE id = ?", sub.Session).Exec(ctx); err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "session.end", Actor: sub.ID, Role: string(sub.Active), Kind: "user", Object: sub.ID, Label: sub.Login})
	})
}

// SignOutEverywhere ends every session of the subject of ctx, this one too.
func (s *Service) SignOutEverywhere(ctx context.Context) error {
	sub := access.From(ctx)
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := endSessions(ctx, tx, sub.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "session.end_all", Actor: sub.ID, Role: string(sub.Active), Kind: "user", Object: sub.ID, Label: sub.Login})
	})
}

func endSessions(ctx context.Context, tx bun.IDB, user uuid.UUID) error {
	if _, err := tx.NewRaw("DELETE FROM sessions WHERE user_id = ?", user).Exec(ctx); err != nil {
		return fmt.Errorf("end sessions of %s: %w", user, err)
	}
	return nil
}

// SwitchRole changes the role whose navigation is shown; commands go on considering every grant.
func (s *Service) SwitchRole(ctx context.Context, role access.Role) error {
	sub := access.From(ctx)
	if !slices.ContainsFunc(sub.Grants, func(g access.Grant) bool { return g.Role == role }) {
		return ErrNotHeld
	}
	_, err := storage.Joined(ctx, s.db).NewRaw("UPDATE sessions SET active_role = ? WHERE id = ?", string(role), sub.Session).Exec(ctx)
	return err
}

// GivePurpose stores why the subject of ctx reads from now on in this session, before anything is read.
func (s *Service) GivePurpose(ctx context.Context, reason, caseNo string) error {
	if !slices.Contains(Reasons, reason) {
		return errPurposeReason
	}
	if n := len([]rune(caseNo)); n < 3 || n > 60 {
		return errPurposeCase
	}
	sub := access.From(ctx)
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		text := reason + " " + caseNo
		if _, err := tx.NewRaw("UPDATE sessions SET purpose = ? WHERE id = ?", text, sub.Session).Exec(ctx); err != nil {
			return fmt.Errorf("store purpose: %w", err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "session.purpose", Actor: sub.ID, Role: string(sub.Active), Kind: "user", Object: sub.ID,
			Label: sub.Login, Reason: text})
	})
}
