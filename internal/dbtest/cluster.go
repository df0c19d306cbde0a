package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/pgserver"
	"kinhbac/internal/storage"
	"kinhbac/migrations"
)

// cluster is what one test program holds of the shared server.
type cluster struct {
	super    *bun.DB
	pg       *pgserver.Cluster // nil with TEST_DATABASE_URL
	admin    string            // URL of the superuser
	base     string
	users    *pgserver.Lock
	template string
	build    sync.Once
	buildErr error
	kept     string // clone of Tx
	count    atomic.Int64
}

// enter joins or starts the cluster.
func enter(ctx context.Context) (*cluster, error) {
	c := &cluster{template: templateName()}
	base, err := baseFolder()
	if err != nil {
		return nil, err
	}
	c.base = base
	setup, err := pgserver.WaitLock(filepath.Join(base, "setup.lock"), false)
	if err != nil {
		return nil, err
	}
	defer setup.Close()
	if c.users, err = pgserver.WaitLock(filepath.Join(base, "users.lock"), true); err != nil {
		return nil, err
	}
	if c.admin = os.Getenv("TEST_DATABASE_URL"); c.admin == "" {
		if c.pg, err = pgserver.OpenShared(ctx, filepath.Join(base, "pg")); err != nil {
			return nil, err
		}
		c.admin = c.pg.URL("postgres", "postgres")
	}
	if c.super, err = storage.Open(c.admin, storage.Options{MaxConns: 8, Statement: 2 * time.Minute}); err != nil {
		return nil, err
	}
	if err := storage.Setup(ctx, c.super, "kinhbac"); err != nil {
		return nil, err
	}
	return c, nil
}

// leave drops what is left of this program and stops the cluster when nobody else uses it.
func (c *cluster) leave() error {
	var errDrop error
	if c.kept != "" {
		_ = shared.rollbackDB.Close()
		errDrop = c.drop(c.kept)
	}
	_ = c.super.Close()
	setup, err := pgserver.WaitLock(filepath.Join(c.base, "setup.lock"), false)
	if err != nil {
		return err
	}
	defer setup.Close()
	if err := c.users.Close(); err != nil {
		return err
	}
	last, err := pgserver.TryLock(filepath.Join(c.base, "users.lock"))
	if errors.Is(err, pgserver.ErrLocked) {
		return errDrop
	}
	if err != nil {
		return err
	}
	defer last.Close()
	if c.pg == nil {
		return errDrop
	}
	return errors.Join(errDrop, c.pg.StopShared())
}

// url names a database of the cluster for a role; with TEST_DATABASE_URL the roles need no password or have the
// superuser's.
func (c *cluster) url(role, database string) string {
	if c.pg != nil {
		return c.pg.URL(role, database)
	}
	u, err := url.Parse(c.admin)
	if err != nil {
		return c.admin
	}
	u.Path = "/" + database
	if password, ok := u.User.Password(); ok {
		u.User = url.UserPassword(role, password)
	} else {
		u.User = url.User(role)
	}
	return u.String()
}

func templateName() string {
	name := "tpl_" + migrations.Digest()[:16]
	if to := os.Getenv("TEST_MIGRATE_TO"); to != "" {
		name += "_" + to
	}
	return name
}

// baseFolder is one folder per user: in memory when there is room, else in TMPDIR.
func baseFolder() (string, error) {
	parent := os.TempDir()
	var st syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &st); err == nil && st.Bavail*uint64(st.Bsize) >= 512<<20 {
		parent = "/dev/shm"
	}
	base := filepath.Join(parent, fmt.Sprintf("kinhbac-test-%d", os.Getuid()))
	if err := os.Mkdir(base, 0o711); err != nil && !os.IsExist(err) {
		return "", err
	}
	info, err := os.Lstat(base)
	if err != nil {
		return "", err
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; !info.IsDir() || int(owner) != os.Getuid() {
		return "", fmt.Errorf("%s exists and is not a folder of this user", base)
	}
	return base, nil
}
