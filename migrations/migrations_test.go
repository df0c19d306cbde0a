package migrations_test

import (
	"io/fs"
	"strings"
	"testing"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/storage"
	"kinhbac/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestUpDownUp walks the whole schema up, all the way down and up again: a down file that forgets something breaks it.
func TestUpDownUp(t *testing.T) {
	db := dbtest.Empty(t)
	if err := storage.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	steps, err := storage.Status(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	gone, err := storage.Down(t.Context(), db, len(steps))
	if err != nil || len(gone) != len(steps) {
		t.Fatalf("%d of %d taken back, error %v", len(gone), len(steps), err)
	}
	if err := storage.Migrate(t.Context(), db); err != nil {
		t.Fatalf("up again: %v", err)
	}
	if n, err := storage.Pending(t.Context(), db); err != nil || n != 0 {
		t.Errorf("%d pending, error %v", n, err)
	}
	var left []string
	err = db.NewRaw(`SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname = 'public' AND c.relowner <> 'kinhbac_owner'::regrole`).Scan(t.Context(), &left)
	if err != nil || len(left) > 0 {
		t.Errorf("tables of another owner: %v, error %v", left, err)
	}
}

// TestEveryMigrationIsWhole wants a transaction and a way back for each.
func TestEveryMigrationIsWhole(t *testing.T) {
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name, isUp := strings.CutSuffix(f, ".tx.up.sql")
		if !isUp {
			if !strings.HasSuffix(f, ".tx.down.sql") {
				t.Errorf("%s runs outside a transaction", f)
			}
			continue
		}
		if _, err := migrations.Files.Open(name + ".tx.down.sql"); err != nil {
			t.Errorf("%s has no way back", f)
		}
	}
}
