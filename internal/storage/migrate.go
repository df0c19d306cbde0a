package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
	"github.com/uptrace/bun/migrate"

	"kinhbac/migrations"
)

// migrationLock is the advisory lock under which one starter migrates while the others wait.
const migrationLock = 0x6b696e68 // "kinh"

// oldest is the first PostgreSQL with unique keys in which nulls are equal.
const oldest = 150000

// Step is one migration; At is when it was applied.
type Step struct {
	Stamp, Name string
	Applied     bool
	At          time.Time
}

// Migrate brings the schema up to date and loads the reference data. db logs in as kinhbac_migrate and acts as
// kinhbac_owner (Options.Role). Any number of programs may call it at once: one works, the others wait for it.
func Migrate(ctx context.Context, db *bun.DB) error {
	return MigrateTo(ctx, db, "")
}

// MigrateTo is Migrate up to a stamp, inclusive; "" means all, and only then is reference data loaded for every table.
func MigrateTo(ctx context.Context, db *bun.DB, stamp string) error {
	return locked(ctx, db, func(m *migrate.Migrator) error {
		group, err := m.Migrate(ctx)
		if err != nil {
			return explain(err, group.Migrations, "up")
		}
		return loadAll(ctx, db, stamp != "")
	}, stamp)
}

// Down takes back the last steps migrations, newest first.
func Down(ctx context.Context, db *bun.DB, steps int) ([]Step, error) {
	var done []Step
	err := locked(ctx, db, func(m *migrate.Migrator) error {
		all, err := m.MigrationsWithStatus(ctx)
		if err != nil {
			return err
		}
		applied := all.Applied() // newest first
		for _, one := range applied[:min(steps, len(applied))] {
			if one.Down == nil {
				return fmt.Errorf("migration %s_%s has no down file", one.Name, one.Comment)
			}
			if err := one.Down(ctx, m, &one); err != nil {
				return explain(err, migrate.MigrationSlice{one}, "down")
			}
			if err := m.MarkUnapplied(ctx, &one); err != nil {
				return err
			}
			done = append(done, Step{Stamp: one.Name, Name: one.Comment})
		}
		return nil
	}, "")
	return done, err
}

// Status lists every migration of the program, oldest first. It needs only SELECT.
func Status(ctx context.Context, db *bun.DB) ([]Step, error) {
	known, err := discover("")
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Name       string
		MigratedAt time.Time
	}
	err = db.NewRaw("SELECT name, migrated_at FROM kb.migrations").Scan(ctx, &rows)
	if c := Code(err); err != nil && c != "42P01" && c != "3F000" { // no table yet: everything is pending
		return nil, err
	}
	at := map[string]time.Time{}
	for _, r := range rows {
		at[r.Name] = r.MigratedAt
	}
	var out []Step
	for _, one := range known.Sorted() {
		when, applied := at[one.Name]
		out = append(out, Step{one.Name, one.Comment, applied, when})
	}
	return out, nil
}

// Pending counts the migrations that Migrate would apply.
func Pending(ctx context.Context, db *bun.DB) (n int, err error) {
	steps, err := Status(ctx, db)
	for _, s := range steps {
		if !s.Applied {
			n++
		}
	}
	return n, err
}

func discover(stamp string) (*migrate.Migrations, error) {
	all := migrate.NewMigrations()
	if err := all.Discover(migrations.Files); err != nil {
		return nil, err
	}
	if stamp == "" {
		return all, nil
	}
	some := migrate.NewMigrations()
	for _, m := range all.Sorted() {
		if m.Name <= stamp {
			some.Add(m)
		}
	}
	return some, nil
}

// locked holds the advisory lock on one connection of its own while fn migrates over others.
func locked(ctx context.Context, db *bun.DB, fn func(*migrate.Migrator) error, stamp string) error {
	known, err := discover(stamp)
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var version int
	if err := conn.NewRaw("SELECT current_setting('server_version_num')::int").Scan(ctx, &version); err != nil {
		return err
	}
	if version < oldest {
		return fmt.Errorf("this PostgreSQL is version %d; the schema needs %d or newer", version/10000, oldest/10000)
	}
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = 0"); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(?)", migrationLock); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(?); RESET lock_timeout", migrationLock)
	}()
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS kb"); err != nil {
		return err
	}
	m := migrate.NewMigrator(db, known, migrate.WithMarkAppliedOnSuccess(true),
		migrate.WithTableName("kb.migrations"), migrate.WithLocksTableName("kb.migration_locks"))
	if err := m.Init(ctx); err != nil {
		return err
	}
	if err := fn(m); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "GRANT SELECT ON kb.migrations TO kinhbac_app, kinhbac_read")
	if Code(err) == "42P01" || errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// explain names the file, and the line PostgreSQL stopped at.
func explain(err error, tried migrate.MigrationSlice, way string) error {
	if len(tried) == 0 {
		return err
	}
	last := tried[len(tried)-1]
	file := fmt.Sprintf("%s_%s.tx.%s.sql", last.Name, last.Comment, way)
	var e pgdriver.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("migration %s: %w", file, err)
	}
	near := ""
	if at, convErr := strconv.Atoi(e.Field('P')); convErr == nil {
		near = "\n  at: " + lineAt(file, at)
	}
	if d := e.Field('D'); d != "" {
		near += "\n  detail: " + d
	}
	return fmt.Errorf("migration %s: %w%s", file, err, near)
}

// lineAt is the line of a file at PostgreSQL's position: characters, counted without empty lines, as they were sent.
func lineAt(file string, position int) string {
	b, err := migrations.Files.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		n := len([]rune(line))
		if position <= n {
			return strings.TrimSpace(line)
		}
		position -= n
	}
	return ""
}
