package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
)

var tokenField = regexp.MustCompile(`name="_csrf" value="([0-9a-f]+)"`)

func TestCompression(t *testing.T) {
	w, room := sample(t)
	room.fill(t, 50)
	ctx := person(t, room)
	for _, c := range []struct{ path, accept, want string }{
		{"/samples", "gzip, deflate, br", "br"},
		{"/en/samples", "gzip, deflate, br", "br"},
		{"/samples", "gzip;q=1.0, br;q=0", "gzip"},
		{"/samples", "identity", ""},
		{"/samples", "", ""},
		{"/nothing", "br", "br"},
		{"/api/openapi.json", "br", "br"},
		{"/healthz", "br", ""},      // small
		{"/samples.xlsx", "br", ""}, // compressed already
	} {
		plain := w.Raw(ctx, http.MethodGet, c.path, nil, nil)
		a := w.Raw(ctx, http.MethodGet, c.path, nil, map[string]string{"Accept-Encoding": c.accept})
		if got := a.Header.Get("Content-Encoding"); got != c.want {
			t.Errorf("%s for %q comes as %q", c.path, c.accept, got)
			continue
		}
		if c.want == "" {
			continue
		}
		body, err := fasthttp.AppendUnbrotliBytes(nil, []byte(a.Body))
		if c.want == "gzip" {
			body, err = fasthttp.AppendGunzipBytes(nil, []byte(a.Body))
		}
		if err != nil || len(a.Body) >= len(body) || len(body) != len(plain.Body) || !strings.Contains(a.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s as %s: %d of %d bytes, plain %d, %v, vary %q", c.path, c.want, len(a.Body), len(body), len(plain.Body), err, a.Header.Get("Vary"))
		}
	}
}

// TestTokensAreMasked gives every answer another text for one token, so that the size of compressed pages cannot be
// used to guess it; each is good.
func TestTokensAreMasked(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	_, plain := w.Session(ctx)
	seen := map[string]bool{}
	for range 3 {
		body := w.Raw(ctx, http.MethodGet, "/samples", nil, nil).Status(200).Lacks(plain).Body
		typed := tokenField.FindStringSubmatch(body)[1]
		if seen[typed] {
			t.Error("one text in two answers")
		}
		seen[typed] = true
		form := url.Values{"_csrf": {typed}, "_key": {uuid.NewString()}, "title": {"Một"}}
		w.Raw(ctx, http.MethodPost, "/samples/add", []byte(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}).Location("/samples")
		form.Set("_csrf", strings.Repeat("0", 64)+typed[64:])
		w.Raw(ctx, http.MethodPost, "/samples/add", []byte(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}).Status(403)
	}
	w.Raw(context.Background(), http.MethodGet, "/nothing", nil, nil).Status(404)
}
