package ledger

import (
	"crypto/ed25519"
	"flag"
	"testing"
	"time"

	"kinhbac/internal/dbtest"
)

// filled is how many journals the test of a filled ledger writes; -filled 1000000 measures the whole.
var filled = flag.Int("filled", 2_000, "journals of the filled ledger")

func TestFilledLedgerVerifies(t *testing.T) {
	db := dbtest.New(t)
	k := key{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	start := time.Now()
	if err := Fill(t.Context(), dbtest.Owner(t, db), Filling{Journals: *filled, Lines: min(10_000, *filled/10), Year: 2026}); err != nil {
		t.Fatal(err)
	}
	t.Logf("filled in %v", time.Since(start))
	start = time.Now()
	seal(t, db)
	t.Logf("sealed in %v", time.Since(start))
	start = time.Now()
	checks, err := Verify(t.Context(), db, k.Public())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("verified in %v", time.Since(start))
	for _, c := range checks {
		t.Logf("%-26s %9d %8v", c.Code, c.Count, c.Took.Round(time.Millisecond))
		if c.Break != "" {
			t.Errorf("%s breaks at %s: %s for %s", c.Code, c.Break, c.Stands, c.Wanted)
		}
	}
}
