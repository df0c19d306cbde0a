package idem_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/idem"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestKeyGivesItsAnswerAgain(t *testing.T) {
	ctx, tx := t.Context(), dbtest.Tx(t)
	u := idem.Use{Scope: "a", Key: "k", Act: "x.y /p", Digest: strings.Repeat("0", 64)}
	if got, err := idem.Begin(ctx, tx, u); got != nil || err != nil {
		t.Fatalf("first use: %q, %v", got, err)
	}
	if err := idem.Finish(ctx, tx, u, []byte(`{"a": 1}`)); err != nil {
		t.Fatal(err)
	}
	if got, err := idem.Begin(ctx, tx, u); string(got) != `{"a": 1}` || err != nil {
		t.Errorf("second use: %q, %v", got, err)
	}
	for name, other := range map[string]idem.Use{
		"other content": {Scope: "a", Key: "k", Act: u.Act, Digest: strings.Repeat("1", 64)},
		"other act":     {Scope: "a", Key: "k", Act: "x.z /p", Digest: u.Digest},
	} {
		if _, err := idem.Begin(ctx, tx, other); !errors.Is(err, idem.ErrReused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := idem.Begin(ctx, tx, idem.Use{Scope: "b", Key: "k", Act: u.Act, Digest: u.Digest}); got != nil || err != nil {
		t.Errorf("another person's key: %q, %v", got, err)
	}
	if n, err := idem.Sweep(ctx, tx, time.Hour); n != 0 || err != nil {
		t.Errorf("swept %d fresh keys, %v", n, err)
	}
	if n, err := idem.Sweep(ctx, tx, -time.Hour); n != 2 || err != nil {
		t.Errorf("swept %d of 2, %v", n, err)
	}
}
