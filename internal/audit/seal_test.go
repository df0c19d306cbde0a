package audit

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"kinhbac/internal/dbtest"
)

func TestSealThenVerify(t *testing.T) {
	db, k := fresh(t)
	if h, err := LatestHead(t.Context(), db, "audit"); err != nil || h != nil {
		t.Fatalf("an empty tree has head %v, %v", h, err)
	}
	for _, n := range []int{1, 2, 4, 7} { // edges of full and half-full trees
		record(t, db, n)
		seal(t, db, k, int64(n))
	}
	if b := broken(t, t.Context(), db, k.Public()); len(b) > 0 {
		t.Fatalf("an untouched log breaks: %v", b)
	}
	if b := broken(t, t.Context(), db, newKey(2).Public()); b["audit.check.heads"] != "seal_heads audit 1" {
		t.Errorf("another key: %v", b)
	}
	h, err := LatestHead(t.Context(), db, "audit")
	if err != nil || h.Size != 14 {
		t.Fatalf("head %+v, %v", h, err)
	}
	proof(t, k, h)
	if n, err := Seal(t.Context(), db, k); err != nil || n != 0 {
		t.Errorf("sealing again sealed %d, %v", n, err)
	}
}

// proof checks that the head signs and that its root is that of the kept hashes.
func proof(t *testing.T, k key, h *Head) {
	t.Helper()
	if !h.signedBy(k.Public()) {
		t.Error("the head is not signed")
	}
	if len(h.Root) != tlog.HashSize {
		t.Errorf("root %x", h.Root)
	}
}

func TestLateCommitterIsNotSkipped(t *testing.T) {
	db, k := fresh(t)
	late, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Record(t.Context(), late, Event{Act: "call.draft"}); err != nil {
		t.Fatal(err)
	}
	record(t, db, 3) // ids above the late one, committed before it
	if n, err := Seal(t.Context(), db, k); err != nil || n != 0 {
		t.Fatalf("sealed %d over a running transaction, %v", n, err)
	}
	if err := late.Commit(); err != nil {
		t.Fatal(err)
	}
	seal(t, db, k, 4)
	if b := broken(t, t.Context(), db, k.Public()); len(b) > 0 {
		t.Fatal(b)
	}
}

func TestNobodyChangesTheLog(t *testing.T) {
	db, k := fresh(t)
	record(t, db, 2)
	seal(t, db, k, 2)
	for who, as := range map[string]session{"app": session{t, db}, "owner": session{t, dbtest.Owner(t, db)}} {
		for _, table := range []string{"audit_log", "seal_leaves", "seal_hashes", "seal_heads", "seal_trees"} {
			for _, sql := range []string{"DELETE FROM %s", "TRUNCATE %s CASCADE", "DELETE FROM %s WHERE false"} {
				if err := as.run(fmt.Sprintf(sql, table)); err == nil {
					t.Errorf("%s may "+sql, who, table)
				}
			}
		}
		if err := as.run("UPDATE audit_log SET reason = ''"); err == nil {
			t.Errorf("%s may update", who)
		}
	}
	if err := (session{t, db}).run("ALTER TABLE audit_log DISABLE TRIGGER USER"); err == nil {
		t.Error("the app may disable triggers")
	}
}

func TestEveryManipulationIsFound(t *testing.T) {
	for _, c := range []struct{ name, sql, check, at string }{
		{"changed", "UPDATE audit_log SET reason = 'x' WHERE id = 3", "audit.check.digests", "audit_log 3"},
		{"changed with its digest", "UPDATE audit_log SET reason = 'x', digest = sha256('x') WHERE id = 3", "audit.check.digests", "audit_log 3"},
		{"back-dated", "UPDATE audit_log SET at = at - interval '1 microsecond' WHERE id = 4", "audit.check.digests", "audit_log 4"},
		{"deleted", "DELETE FROM audit_log WHERE id = 2", "audit.check.tree", "public.audit_log 2"},
		{"swapped", `UPDATE audit_log a SET digest = b.digest FROM audit_log b WHERE (a.id, b.id) IN ((1, 2), (2, 1))`, "audit.check.digests", "audit_log 1"},
		{"cut off the end", "DELETE FROM seal_leaves WHERE leaf >= 4", "audit.check.tree", "seal_leaves audit 4"},
		{"end and head cut off", `DELETE FROM seal_leaves WHERE leaf >= 4; DELETE FROM seal_heads WHERE size = 6; UPDATE seal_heads SET below = '0'`,
			"audit.check.waiting", "audit 5"},
		{"head forged", "UPDATE seal_heads SET root = sha256('x') WHERE size = 6", "audit.check.heads", "seal_heads audit 6"},
		{"signature forged", "UPDATE seal_heads SET signature = decode(repeat('00', 64), 'hex') WHERE size = 4", "audit.check.heads", "seal_heads audit 4"},
		{"kept hash forged", "UPDATE seal_hashes SET hash = sha256('x') WHERE at = 2", "audit.check.hashes", "seal_hashes audit 2"},
		{"kept hash removed", "DELETE FROM seal_hashes WHERE at = 9", "audit.check.hashes", "seal_hashes audit 9"},
		{"cut out of the middle", "DELETE FROM seal_leaves WHERE leaf = 2", "audit.check.tree", "public.audit_log 4"},
		{"inserted with an old clock", `INSERT INTO audit_log (act, role, object_kind, label, reason, rule_id) VALUES ('a.b', '', '', '', '', '');
			UPDATE audit_log SET recorded_at = recorded_at - interval '2 minutes' WHERE id = 7`, "audit.check.digests", "audit_log 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db, k := fresh(t)
			record(t, db, 4)
			seal(t, db, k, 4)
			record(t, db, 2)
			seal(t, db, k, 2)
			owner := dbtest.Owner(t, db)
			off := `ALTER TABLE audit_log DISABLE TRIGGER written_once; ALTER TABLE seal_leaves DISABLE TRIGGER USER; ALTER TABLE seal_heads DISABLE TRIGGER USER; ALTER TABLE seal_hashes DISABLE TRIGGER USER;`
			if _, err := owner.ExecContext(t.Context(), off+c.sql); err != nil {
				t.Fatal(err)
			}
			if c.check == "audit.check.waiting" { // what waits too long is judged by the real clock
				age := "UPDATE audit_log SET recorded_at = recorded_at - interval '2 minutes' WHERE id > 4"
				if _, err := owner.ExecContext(t.Context(), age); err != nil {
					t.Fatal(err)
				}
			}
			if b := broken(t, t.Context(), db, k.Public()); b[c.check] != c.at {
				t.Errorf("found %v, want %s at %s", b, c.check, c.at)
			}
		})
	}
}

func TestEdgeIsTheTree(t *testing.T) {
	var e edge
	var kept []tlog.Hash
	hashes := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, a := range at {
			out[i] = kept[a]
		}
		return out, nil
	})
	for n := range int64(200) {
		record := fmt.Appendf(nil, "%d", n)
		hs, err := tlog.StoredHashes(n, record, hashes)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, hs...)
		var made []byte
		for _, h := range hs {
			made = append(made, h[:]...)
		}
		if got := e.add(tlog.RecordHash(record), nil); !bytes.Equal(got, made) {
			t.Fatalf("leaf %d makes %x, kept are %x", n, got, made)
		}
		want, err := tlog.TreeHash(n+1, hashes)
		if got := e.root(); err != nil || !bytes.Equal(got[:], want[:]) {
			t.Fatalf("size %d: %v %v, %v", n+1, got, want, err)
		}
	}
}
