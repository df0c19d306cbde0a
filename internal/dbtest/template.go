package dbtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/pgserver"
	"kinhbac/internal/storage"
)

const keptTemplates = 4

// ensureTemplate builds the migrated template once per schema; a half-built one never has its name.
func (c *cluster) ensureTemplate(ctx context.Context) error {
	setup, err := pgserver.WaitLock(filepath.Join(c.base, "setup.lock"), false)
	if err != nil {
		return err
	}
	defer setup.Close()
	var exists bool
	if err := c.super.NewRaw("SELECT EXISTS (SELECT FROM pg_database WHERE datname = ?)", c.template).Scan(ctx, &exists); err != nil || exists {
		return err
	}
	half := c.template + "_half"
	if err := c.drop(half); err != nil {
		return err
	}
	if err := storage.CreateDatabase(ctx, c.super, half, "template1"); err != nil {
		return err
	}
	if err := c.migrate(ctx, half); err != nil {
		return fmt.Errorf("build the test template: %w", err)
	}
	if _, err := c.super.ExecContext(ctx, "ALTER DATABASE ? RENAME TO ?", bun.Ident(half), bun.Ident(c.template)); err != nil {
		return err
	}
	return c.forgetOld(ctx)
}

func (c *cluster) migrate(ctx context.Context, name string) error {
	db, err := storage.Open(c.url(storage.Mover, name), storage.Options{Role: storage.Owner, Statement: time.Minute})
	if err != nil {
		return err
	}
	defer db.Close()
	return storage.MigrateTo(ctx, db, os.Getenv("TEST_MIGRATE_TO"))
}

// forgetOld drops templates of earlier schemas, except the newest few, and clones that a killed run left. A clone is
// named after its program, so those of programs that still run stay.
func (c *cluster) forgetOld(ctx context.Context) error {
	var old []string
	err := c.super.NewRaw(`SELECT datname FROM pg_database WHERE datname LIKE 'tpl\_%' AND datname <> ?
		ORDER BY oid DESC OFFSET ?`, c.template, keptTemplates-1).Scan(ctx, &old)
	if err != nil {
		return err
	}
	var clones []string
	if err := c.super.NewRaw(`SELECT datname FROM pg_database WHERE datname LIKE 't\_%'`).Scan(ctx, &clones); err != nil {
		return err
	}
	for _, name := range clones {
		var pid, n int64
		if _, err := fmt.Sscanf(name, "t_%d_%d", &pid, &n); err == nil && !running(pid) {
			old = append(old, name)
		}
	}
	for _, name := range old {
		if err := c.drop(name); err != nil && storage.Code(err) != "55006" { // in use right now
			return err
		}
	}
	return nil
}

func running(pid int64) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err == nil
}

// fresh is an unused name of a database of this program.
func (c *cluster) fresh() string {
	return fmt.Sprintf("t_%d_%d", os.Getpid(), c.count.Add(1))
}

// clone copies the template; while another copy reads it PostgreSQL may answer 55006, so it is asked again.
func (c *cluster) clone(ctx context.Context) (string, error) {
	c.build.Do(func() { c.buildErr = c.ensureTemplate(context.WithoutCancel(ctx)) })
	if c.buildErr != nil {
		return "", c.buildErr
	}
	name := c.fresh()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := c.super.ExecContext(ctx, "CREATE DATABASE ? OWNER kinhbac_owner TEMPLATE ? STRATEGY FILE_COPY", bun.Ident(name), bun.Ident(c.template))
		if err == nil {
			return name, nil
		}
		if storage.Code(err) == "3D000" { // another schema's program found ours too old
			if err := c.ensureTemplate(ctx); err != nil {
				return "", err
			}
			continue
		}
		if code := storage.Code(err); code != "55006" && code != "55P03" || time.Now().After(end) {
			return "", err
		}
	}
}

func (c *cluster) drop(name string) error {
	super, err := storage.Open(c.admin, storage.Options{MaxConns: 1, Statement: time.Minute})
	if err != nil {
		return err
	}
	defer super.Close()
	_, err = super.ExecContext(context.Background(), "DROP DATABASE IF EXISTS ? WITH (FORCE)", bun.Ident(name))
	return err
}
