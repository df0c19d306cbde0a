package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// limit is how many attempts one key has in one window.
type limit struct {
	name   string
	count  int
	window time.Duration
}

var (
	byAccount  = limit{"account", 5, 15 * time.Minute}
	byAddress  = limit{"address", 60, 15 * time.Minute}
	byCode     = limit{"code", 5, 15 * time.Minute}
	bySignUp   = limit{"signup", 20, time.Hour}
	byPassword = limit{"password", 5, 15 * time.Minute}
)

// attempt counts one before its outcome is known, so that many at once cannot outrun the count; ErrTooMany says how
// long to wait. An empty key is not counted: the program itself has no address. What was right is taken back by
// forget (the whole count) or spare (the one).
func (s *Service) attempt(ctx context.Context, db bun.IDB, l limit, key string) error {
	if key == "" {
		return nil
	}
	now := s.clock.Now()
	start := now.Truncate(l.window)
	var n int
	err := db.NewRaw(`INSERT INTO attempts (key, started_at, count) VALUES (?, ?, 1)
		ON CONFLICT (key, started_at) DO UPDATE SET count = attempts.count + 1 RETURNING count`, l.name+":"+key, start).Scan(ctx, &n)
	if err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	if n > l.count {
		return ErrTooMany.With(minutes(start.Add(l.window).Sub(now)))
	}
	return nil
}

// forget starts the count of a key anew.
func (s *Service) forget(ctx context.Context, db bun.IDB, l limit, key string) error {
	_, err := db.NewRaw("DELETE FROM attempts WHERE key = ?", l.name+":"+key).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget attempts: %w", err)
	}
	return nil
}

// spare takes back one attempt that was right: many people share the address of an office.
func (s *Service) spare(ctx context.Context, db bun.IDB, l limit, key string) error {
	_, err := db.NewRaw("UPDATE attempts SET count = count - 1 WHERE key = ? AND started_at = ? AND count > 1",
		l.name+":"+key, s.clock.Now().Truncate(l.window)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("spare attempt: %w", err)
	}
	return nil
}

// withdraw takes back one attempt that told nothing, the first one too.
func (s *Service) withdraw(ctx context.Context, db bun.IDB, l limit, key string) error {
	res, err := db.NewRaw("DELETE FROM attempts WHERE key = ? AND started_at = ? AND count <= 1", l.name+":"+key, s.clock.Now().Truncate(l.window)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("withdraw attempt: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return s.spare(ctx, db, l, key)
}

// Sweep removes sessions that ended a day ago, links that expired, and counts and codes of past windows; for a job.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.clock.Now()
	for _, q := range []struct {
		sql string
		at  any
	}{
		{"DELETE FROM sessions WHERE expires_at <= ?", now.Add(-remember)},
		{"DELETE FROM sessions WHERE seen_at + make_interval(secs => idle_seconds) <= ?", now.Add(-remember)},
		{"DELETE FROM confirmations WHERE expires_at <= ?", now.Add(-24 * time.Hour)},
		{"DELETE FROM attempts WHERE started_at <= ?", now.Add(-24 * time.Hour)},
		{"DELETE FROM used_codes WHERE step < ?", s.step() - 2*demoWindow},
	} {
		if _, err := s.db.NewRaw(q.sql, q.at).Exec(ctx); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}
