package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"
)

// TestEditsNameTheirVersion edits over the API with a version in the body, as If-Match, both, or none.
func TestEditsNameTheirVersion(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	if tag := w.API(ctx, "GET", "/samples/edited", nil, nil).Status(200).Header.Get("ETag"); tag != `"3"` {
		t.Errorf("the tag is %s", tag)
	}
	_, csrf := w.Session(ctx)
	for _, c := range []struct {
		match, body string
		want        int
		says        string
	}{
		{"", `{"version":3}`, 200, `"version":4`},
		{`"3"`, `{}`, 200, `"version":4`},
		{`"3"`, "", 200, `"version":4`},
		{`"3"`, `{"version":3}`, 200, `"version":4`},
		{"", `{"version":2}`, 409, "urn:kinhbac:errs.stale"},
		{`"2"`, `{}`, 412, "urn:kinhbac:errs.stale"},
		{`"3"`, `{"version":2}`, 412, "urn:kinhbac:web.precondition"},
		{`W/"3"`, `{}`, 412, "urn:kinhbac:web.precondition"},
		{`*`, `{}`, 412, "urn:kinhbac:web.precondition"},
		{`"3", "4"`, `{}`, 412, "urn:kinhbac:web.precondition"},
		{"", `{}`, 428, "urn:kinhbac:web.version_missing"},
		{"", `{"version":null}`, 428, "urn:kinhbac:web.version_missing"},
	} {
		h := map[string]string{"Content-Type": "application/json", "Idempotency-Key": uuid.NewString(), "X-CSRF-Token": csrf}
		if c.match != "" {
			h["If-Match"] = c.match
		}
		a := w.Raw(ctx, http.MethodPost, "/api/v1/samples/edit", []byte(c.body), h).Status(c.want).Has(c.says)
		if kind := a.Header.Get("Content-Type"); c.want > 299 && kind != "application/problem+json" {
			t.Errorf("%s %s: %s", c.match, c.body, kind)
		}
	}
	w.Post(ctx, "/samples/edit", url.Values{"version": {"3"}}).Location("/samples") // forms carry it as a field
}
