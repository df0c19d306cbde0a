package storage_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/storage"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestManyStartersMigrateOnce(t *testing.T) {
	db := dbtest.Empty(t)
	var wg sync.WaitGroup
	failed := make(chan error, 4)
	for range 4 {
		wg.Go(func() { failed <- storage.MigrateTo(t.Context(), db, "20261124019999") })
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	var groups, files int
	if err := db.NewRaw("SELECT count(DISTINCT group_id), count(*) - count(DISTINCT name) FROM kb.migrations").Scan(t.Context(), &groups, &files); err != nil || groups != 1 || files != 0 {
		t.Errorf("%d groups, %d migrations twice, error %v", groups, files, err)
	}
}

func TestInTxIsAllOrNothingAndJoins(t *testing.T) {
	db := dbtest.New(t)
	add := func(ctx context.Context, code string) error {
		return storage.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw("INSERT INTO communes VALUES (?, 'Thử', 'xã', NULL, 'thử', 'S', 'Test')", code).Exec(ctx)
			return err
		})
	}
	broken := errors.New("changed my mind")
	err := storage.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
		before := storage.Now(ctx)
		if err := add(ctx, "99998"); err != nil { // joins: undone with the outer one
			return err
		}
		if !storage.Now(ctx).Equal(before) {
			t.Error("deciding time moved inside one transaction")
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatalf("error %v", err)
	}
	if err := add(t.Context(), "99999"); err != nil {
		t.Fatal(err)
	}
	var codes []string
	if err := db.NewRaw("SELECT code FROM communes WHERE code > '99990'").Scan(t.Context(), &codes); err != nil || len(codes) != 1 || codes[0] != "99999" {
		t.Errorf("stored %v, error %v", codes, err)
	}
}

func TestInTxRetriesAConflict(t *testing.T) {
	db := dbtest.New(t)
	runs := 0
	err := storage.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
		if runs++; runs < 3 {
			_, err := tx.ExecContext(ctx, "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
			return err
		}
		return nil
	})
	if err != nil || runs != 3 {
		t.Errorf("%d runs, error %v", runs, err)
	}
}

func TestClockRunsForwardOnly(t *testing.T) {
	db := dbtest.New(t)
	owner := dbtest.Owner(t, db)
	shifted := func(want bool) {
		t.Helper()
		if got, err := storage.Shifted(t.Context(), db); err != nil || got != want {
			t.Errorf("shifted %v, want %v; error %v", got, want, err)
		}
	}
	shifted(false)
	for _, step := range []struct {
		to time.Duration
		ok bool
	}{
		{0, true}, {time.Hour, false}, {-900 * 24 * time.Hour, true}, {-901 * 24 * time.Hour, false},
		{-10 * time.Minute, true}, {0, true}, {-time.Second, false}, {time.Second, false},
	} {
		if err := storage.SetShift(t.Context(), owner, step.to); (err == nil) != step.ok {
			t.Errorf("shift to %v: error %v", step.to, err)
		}
		if step.to == -10*time.Minute {
			behind := time.Now().Add(step.to)
			err := storage.InTx(t.Context(), db, func(ctx context.Context, _ bun.Tx) error {
				if d := storage.Now(ctx).Sub(behind).Abs(); d > 5*time.Second {
					t.Errorf("kb.now() is %v off", d)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	shifted(true)
	for _, q := range []string{"DELETE FROM kb.clock_shift", "TRUNCATE kb.clock_shift", "DELETE FROM kb.database_mark", "TRUNCATE kb.database_mark"} {
		if _, err := owner.ExecContext(t.Context(), q); err == nil {
			t.Errorf("the owner may %q", q)
		}
	}
}

// eager gives its last bytes together with io.EOF, which pgdriver alone would lose.
type eager struct{ s *strings.Reader }

func (e eager) Read(p []byte) (int, error) {
	n, err := e.s.Read(p)
	if err == nil && e.s.Len() == 0 {
		err = io.EOF
	}
	return n, err
}

func TestCopyInCountsRows(t *testing.T) {
	db := dbtest.New(t)
	const query = "COPY departments (name_vi, kind, source, tag) FROM STDIN"
	const rows = "Sở A\tso\tthử\tS\nSở B\tso\tthử\tS\n"
	count := func() (n int) {
		if err := db.NewRaw("SELECT count(*) FROM departments WHERE source = 'thử'").Scan(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := storage.CopyIn(t.Context(), db, eager{strings.NewReader(rows)}, 3, query); err == nil || count() != 0 {
		t.Errorf("a missing row: error %v, %d stored", err, count())
	}
	broken := errors.New("disk gone")
	err := storage.CopyIn(t.Context(), db, io.MultiReader(strings.NewReader(rows), failing{broken}), 2, query)
	if !errors.Is(err, broken) || count() != 0 {
		t.Errorf("a failing reader: error %v, %d stored", err, count())
	}
	if err := storage.CopyIn(t.Context(), db, eager{strings.NewReader(rows)}, 2, query); err != nil || count() != 2 {
		t.Errorf("error %v, %d stored", err, count())
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestDeadConnectionIsNotUsed(t *testing.T) {
	db := dbtest.New(t)
	db.SetMaxOpenConns(1)
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	dbtest.Cut(t, db)
	if err := db.PingContext(t.Context()); err != nil {
		t.Errorf("the first query after the server hung up: %v", err)
	}
}

func TestFoldAndSearchPath(t *testing.T) {
	db := dbtest.New(t)
	var folded, path, zone string
	err := db.NewRaw("SELECT kb.fold('Nguyễn ĐẶNG Thị Ước'), current_setting('search_path'), current_setting('timezone')").Scan(t.Context(), &folded, &path, &zone)
	if err != nil || folded != "nguyen dang thi uoc" || path != "public" || zone != "UTC" {
		t.Errorf("%q %q %q, error %v", folded, path, zone, err)
	}
}

func TestOpenRefusesVagueURLs(t *testing.T) {
	for url, want := range map[string]error{
		"postgres://a:b@db/kinhbac":                              storage.ErrSSLMode,
		"postgres://a:b@db/kinhbac?sslmode=prefer":               storage.ErrSSLMode,
		"postgres://a:b@one,two/kinhbac?sslmode=require":         storage.ErrMultiHost,
		"postgres://a:b@db/?sslmode=disable":                     storage.ErrURL,
		"mysql://a:b@db/kinhbac?sslmode=disable":                 storage.ErrURL,
		"postgres://a:s%zzecret@db/kinhbac?sslmode=disable":      storage.ErrURL,
		"postgres://a:b@localhost:5432/kinhbac?sslmode=disable":  nil,
		"postgres://a@/kinhbac?host=/run/postgresql":             nil,
		"postgres://a:b@db/kinhbac?sslmode=verify-full":          nil,
		"postgresql://a:b@db.example.vn/kinhbac?sslmode=require": nil,
	} {
		db, err := storage.Open(url, storage.Options{})
		if !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", url, err, want)
		}
		if err == nil {
			_ = db.Close()
		} else if strings.Contains(err.Error(), "ecret") {
			t.Error("the error tells the password")
		}
	}
}
