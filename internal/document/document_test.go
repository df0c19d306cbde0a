package document

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kinhbac/internal/calendar"
)

func TestSignerKeepsItsKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "ed25519")
	prints := make([]string, 8)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			s, err := NewSigner(path)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = s.Fingerprint()
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] {
			t.Fatalf("starters at once read two keys: %v", prints)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("key has mode %o", info.Mode().Perm())
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner(path); err == nil {
		t.Error("a key that others may read was accepted")
	}
}

func TestReceiptSignature(t *testing.T) {
	s, err := NewSigner(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	r := Receipt{Code: "H05.08-261124-0047", Digest: strings.Repeat("ab", 32), IssuedAt: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), Fingerprint: s.Fingerprint()}
	r.Signature = s.Sign(r.Text())
	if !bytes.Contains(r.Text(), []byte("at 2026-11-24T17:00:00+07:00\n")) {
		t.Errorf("the instant is not told in Asia/Ho_Chi_Minh: %s", r.Text())
	}
	if !Verify(s.Public(), r.Text(), r.Signature) {
		t.Fatal("own signature refused")
	}
	for name, edit := range map[string]func(*Receipt){
		"code":    func(r *Receipt) { r.Code = "H05.08-261124-0048" },
		"digest":  func(r *Receipt) { r.Digest = strings.Repeat("ac", 32) },
		"instant": func(r *Receipt) { r.IssuedAt = r.IssuedAt.Add(time.Second) },
		"key":     func(r *Receipt) { r.Fingerprint = strings.Repeat("0", 16) },
	} {
		changed := r
		edit(&changed)
		if Verify(s.Public(), changed.Text(), r.Signature) {
			t.Errorf("another %s still verifies", name)
		}
	}
	if Verify(nil, r.Text(), r.Signature) {
		t.Error("no key verifies")
	}
}

func TestTrackingKey(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		k := newTrackingKey()
		if len(k) != 8 || strings.Trim(k, crockford) != "" {
			t.Fatalf("key %q", k)
		}
		seen[k] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d different keys of 1000", len(seen))
	}
	if got := typedKey(" o1lI-abcd "); got != "0111ABCD" {
		t.Errorf("typed key read as %q", got)
	}
}

func TestQR(t *testing.T) {
	svg, err := QR("https://kinhbac.example/track?code=H05.08-261124-0047&key=ABCD2345", `a "b"`)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(svg); !strings.Contains(s, `aria-label="a &#34;b&#34;"`) || !strings.Contains(s, "M0 0h7v1h-7z") {
		t.Errorf("no finder pattern or label: %.200s", s)
	}
	if _, err := QR(strings.Repeat("x", 5000), ""); err == nil {
		t.Error("a text too long was drawn")
	}
}

func TestLongDate(t *testing.T) {
	for d, want := range map[calendar.Date]string{
		calendar.On(2029, 2, 5):   "ngày 05 tháng 02 năm 2029",
		calendar.On(2028, 7, 14):  "ngày 14 tháng 7 năm 2028",
		calendar.On(2028, 12, 10): "ngày 10 tháng 12 năm 2028",
	} {
		if got := LongDate(d); got != want {
			t.Errorf("LongDate = %q, want %q", got, want)
		}
	}
}
