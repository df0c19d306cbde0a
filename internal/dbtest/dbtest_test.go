package dbtest_test

import (
	"testing"

	"kinhbac/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestClonesAreApart(t *testing.T) {
	a, b := dbtest.New(t), dbtest.New(t)
	if _, err := a.ExecContext(t.Context(), "INSERT INTO departments (name_vi, kind, source, tag) VALUES ('Sở Thử', 'so', 'thử', 'S')"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := b.NewRaw("SELECT count(*) FROM departments WHERE name_vi = 'Sở Thử'").Scan(t.Context(), &n); err != nil || n != 0 {
		t.Fatalf("the other clone sees %d rows, error %v", n, err)
	}
	var loaded int
	if err := a.NewRaw("SELECT count(*) FROM communes").Scan(t.Context(), &loaded); err != nil || loaded != 99 {
		t.Fatalf("%d communes are loaded, want 99; error %v", loaded, err)
	}
}

func TestAppOwnsNoSchema(t *testing.T) {
	db := dbtest.New(t)
	for _, q := range []string{
		"CREATE TABLE x (a int)", "DROP TABLE communes", "UPDATE kb.clock_shift SET shift = interval '-1 day'",
		"DELETE FROM kb.database_mark", "SET ROLE kinhbac_owner",
	} {
		if _, err := db.ExecContext(t.Context(), q); err == nil {
			t.Errorf("kinhbac_app may %q", q)
		}
	}
}

func TestTxLeavesNothing(t *testing.T) {
	t.Run("write", func(t *testing.T) {
		tx := dbtest.Tx(t)
		if _, err := tx.ExecContext(t.Context(), "DELETE FROM communes"); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("read", func(t *testing.T) {
		var n int
		if err := dbtest.Tx(t).NewRaw("SELECT count(*) FROM communes").Scan(t.Context(), &n); err != nil || n != 99 {
			t.Fatalf("%d communes, error %v", n, err)
		}
	})
}
