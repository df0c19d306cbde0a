package ledger

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"kinhbac/internal/audit"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// A voucher is proved by what its file says and nothing else; whatever is changed in the file is found.
func TestVoucherIsProvedWithoutTheDatabase(t *testing.T) {
	db := dbtest.New(t)
	k := key{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	id := line(t, db, 1_000_000)
	for range 5 {
		if err := commit(t.Context(), db, id, 7); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Post(t.Context(), db, journal("commit", Move{id, Available, Committed, money.VND(123_456)}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ProveVoucher(t.Context(), db, "NS-2026-999999"); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("no such voucher: %v", err)
	}
	if v, err := ProveVoucher(t.Context(), db, p.No); !errors.Is(err, audit.ErrUnsealed) || v.Voucher.Number != p.No {
		t.Fatalf("before the sealer: %v", err)
	}
	seal(t, db)
	proof, err := ProveVoucher(t.Context(), db, p.No)
	if err != nil {
		t.Fatal(err)
	}
	if proof.Inclusion.Leaf != 6 || proof.Inclusion.Head.Size != 7 {
		t.Errorf("leaf %d of %d", proof.Inclusion.Leaf, proof.Inclusion.Head.Size)
	}
	file, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	other := key{ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", ed25519.SeedSize)))}
	for _, c := range []struct {
		name, old, new string
		key            ed25519.PublicKey
		want           error
	}{
		{"as it is", "", "", k.Public(), nil},
		{"the key of the file", "", "", nil, nil},
		{"another key", "", "", other.Public(), audit.ErrNotSigned},
		{"an amount", `"123456"`, `"123457"`, nil, ErrAltered},
		{"a reason", "theo văn bản", "theo lời", nil, ErrAltered},
		{"a person", maker.String(), checker.String(), nil, ErrAltered},
		{"a day", `"effective_on":"2`, `"effective_on":"3`, nil, ErrAltered},
		{"the place", `"leaf":6`, `"leaf":5`, nil, audit.ErrNotIncluded},
		{"a place outside", `"leaf":6`, `"leaf":7`, nil, audit.ErrNotIncluded},
		{"the size", `"size":7`, `"size":8`, nil, audit.ErrNotIncluded},
		{"the root", `"root":"`, `"root":"00`, nil, audit.ErrNotIncluded},
		{"the tree", `"tree":"ledger"`, `"tree":"audit"`, nil, errs.ErrNotFound},
		{"the signature", `"signature":"`, `"signature":"00`, nil, audit.ErrNotSigned},
	} {
		text := string(file)
		if c.old != "" {
			if text = strings.Replace(text, c.old, c.new, 1); text == string(file) {
				t.Fatalf("%s: the file does not say %s", c.name, c.old)
			}
		}
		got := new(VoucherProof)
		if err := json.Unmarshal([]byte(text), got); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		switch err := got.Check(c.key); {
		case c.want == errs.ErrNotFound && err == nil, c.want != errs.ErrNotFound && !errors.Is(err, c.want):
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
