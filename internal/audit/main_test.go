package audit

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type key struct{ ed25519.PrivateKey }

func (k key) Sign(message []byte) []byte { return ed25519.Sign(k.PrivateKey, message) }
func (k key) Public() ed25519.PublicKey  { return k.PrivateKey.Public().(ed25519.PublicKey) }

func newKey(seed byte) key {
	s := make([]byte, ed25519.SeedSize)
	s[0] = seed
	return key{ed25519.NewKeyFromSeed(s)}
}

// fresh is a database in which the versions of what migrations wrote are sealed by the key it gives.
func fresh(t *testing.T) (*bun.DB, key) {
	t.Helper()
	db, k := dbtest.New(t), newKey(1)
	var n int64
	if err := db.NewRaw("SELECT count(*) FROM row_versions").Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	seal(t, db, k, n)
	return db, k
}

type fact struct {
	N     int    `json:"n"`
	Words string `json:"words"`
}

// record writes n events, each in its own transaction.
func record(t *testing.T, db bun.IDB, n int) {
	t.Helper()
	for i := range n {
		e := Event{Act: "call.publish", Actor: uuid.New(), Role: "department_head", Object: uuid.New(), Label: "BN-2026-01",
			After: fact{i, "Đợt “một”\n"}, Reason: "lý do"}
		if i%2 == 0 {
			e.Actor, e.Before = uuid.Nil, []int{i}
		}
		if err := Record(t.Context(), db, e); err != nil {
			t.Fatal(err)
		}
	}
}

// seal seals until n rows are in; transactions of other tests in the cluster may hold it up for a moment.
func seal(t *testing.T, db *bun.DB, k key, n int64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); n > 0; time.Sleep(10 * time.Millisecond) {
		done, err := Seal(t.Context(), db, k)
		if err != nil {
			t.Fatal(err)
		}
		if n -= done; n > 0 && time.Now().After(deadline) {
			t.Fatalf("%d rows stay unsealed", n)
		}
	}
}

// broken is the first break of each check that found one.
func broken(t *testing.T, ctx context.Context, db *bun.DB, k ed25519.PublicKey) map[string]string {
	t.Helper()
	checks, err := Verify(ctx, db, k)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range checks {
		if c.Break != "" {
			out[c.Code] = c.Break
		}
	}
	return out
}

// session runs single statements as one role.
type session struct {
	t  *testing.T
	db *bun.DB
}

func (s session) run(sql string) error {
	_, err := s.db.ExecContext(s.t.Context(), sql)
	return err
}
