// Package dbtest lends migrated PostgreSQL databases to tests, with nothing configured: it starts one loose cluster
// that all test programs of a user share, keeps a template per schema and clones it.
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
//	db := dbtest.New(t)          // *bun.DB of a fresh clone as kinhbac_app
//	owner := dbtest.Owner(t, db) // the same clone as kinhbac_owner
//	tx := dbtest.Tx(t)           // one rolled-back transaction of a clone shared by the package
//
// TEST_DATABASE_URL names a superuser of another server instead; TEST_MIGRATE_TO stops the template at a stamp.
//
// # Decisions
//
// 2026-11-24: the cluster lies in /dev/shm when 512 MB are free there, without fsync: a clone takes 40–100 ms instead
// of seconds. Its folder stays between runs, its server does not: the last test program stops it.
//
// 2026-11-24: a template is named by the digest of migrations and data, so another schema is another template, and
// the few newest are kept.
package dbtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/storage"
)

var shared struct {
	once sync.Once
	c    *cluster
	err  error

	rollback   sync.Once
	rollbackDB *bun.DB
}

// Main runs the tests of a package and gives the shared cluster back; call it from TestMain. A package whose run
// needs no database starts none.
func Main(m *testing.M) {
	code := m.Run()
	if shared.c != nil {
		if err := shared.c.leave(); err != nil {
			fmt.Fprintln(os.Stderr, "dbtest:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

func connect(t testing.TB) *cluster {
	t.Helper()
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		shared.c, shared.err = enter(ctx)
	})
	if shared.err != nil {
		t.Fatalf("dbtest: %v", shared.err)
	}
	return shared.c
}

// New lends a fresh clone of the migrated template as kinhbac_app; it is dropped when the test ends.
func New(t testing.TB) *bun.DB {
	t.Helper()
	c := connect(t)
	name, err := c.clone(t.Context())
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	db := open(t, c.url(storage.App, name), storage.Options{MaxConns: 40})
	t.Cleanup(func() {
		_ = db.Close()
		if err := c.drop(name); err != nil {
			t.Errorf("dbtest: drop %s: %v", name, err)
		}
	})
	return db
}

// Owner connects to the clone of db as kinhbac_owner: to set the clock, or to do what the program may not.
func Owner(t testing.TB, db *bun.DB) *bun.DB {
	t.Helper()
	return as(t, db, storage.Mover, storage.Options{Role: storage.Owner, MaxConns: 4})
}

// Reader connects to the clone of db as kinhbac_read.
func Reader(t testing.TB, db *bun.DB) *bun.DB {
	t.Helper()
	return as(t, db, storage.Reader, storage.Options{MaxConns: 2})
}

func as(t testing.TB, db *bun.DB, role string, o storage.Options) *bun.DB {
	t.Helper()
	other := open(t, connect(t).url(role, Name(t, db)), o)
	t.Cleanup(func() { _ = other.Close() })
	return other
}

// Name is the database of db.
func Name(t testing.TB, db *bun.DB) (name string) {
	t.Helper()
	if err := db.NewRaw("SELECT current_database()").Scan(t.Context(), &name); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return name
}

// URL names the clone of db for kinhbac_app, or for kinhbac_migrate with mover.
func URL(t testing.TB, db *bun.DB, mover bool) string {
	t.Helper()
	if mover {
		return connect(t).url(storage.Mover, Name(t, db))
	}
	return connect(t).url(storage.App, Name(t, db))
}

// Empty lends a database without a schema as kinhbac_owner, for tests of migrations.
func Empty(t testing.TB) *bun.DB {
	t.Helper()
	c := connect(t)
	name := c.fresh()
	if err := storage.CreateDatabase(t.Context(), c.super, name, "template1"); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	db := open(t, c.url(storage.Mover, name), storage.Options{Role: storage.Owner})
	t.Cleanup(func() {
		_ = db.Close()
		_ = c.drop(name)
	})
	return db
}

// Tx lends a transaction as kinhbac_app on a clone that the package's tests share; it is rolled back when the test
// ends, so nothing of it is seen by others.
func Tx(t testing.TB) bun.Tx {
	t.Helper()
	c := connect(t)
	shared.rollback.Do(func() {
		name, err := c.clone(context.Background())
		if err != nil {
			t.Fatalf("dbtest: %v", err)
		}
		c.kept = name
		shared.rollbackDB = open(t, c.url(storage.App, name), storage.Options{MaxConns: 20})
	})
	if shared.rollbackDB == nil {
		t.Fatal("dbtest: the shared clone could not be made")
	}
	tx, err := shared.rollbackDB.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func open(t testing.TB, url string, o storage.Options) *bun.DB {
	t.Helper()
	db, err := storage.Open(url, o)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return db
}

// Cut ends every connection to the clone of db from the server's side, as a failover does.
func Cut(t testing.TB, db *bun.DB) {
	t.Helper()
	_, err := connect(t).super.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
		WHERE datname = ? AND pid <> pg_backend_pid()`, Name(t, db))
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
}
