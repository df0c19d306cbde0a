package web_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

var good = url.Values{"title": {"Một"}, "amount": {"1.350.000.000"}}

func TestIdempotency(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	key := uuid.NewString()
	w.PostKey(ctx, "/samples/add", key, good).Location("/samples")
	w.PostKey(ctx, "/samples/add", key, good).Location("/samples")
	if n := room.count(t); n != 1 {
		t.Errorf("the same key made %d rows", n)
	}
	w.PostKey(ctx, "/samples/add", key, url.Values{"title": {"Hai"}}).Status(http.StatusUnprocessableEntity).Has("Khóa này đã dùng")
	w.PostKey(ctx, "/samples/add", "", good).Status(http.StatusUnprocessableEntity)
	w.PostKey(person(t, room), "/samples/add", key, good).Location("/samples") // another person's key is another key

	retry := uuid.NewString()
	w.PostKey(ctx, "/samples/add", retry, url.Values{"title": {"refuse"}}).Status(http.StatusConflict)
	if n := room.count(t); n != 2 {
		t.Errorf("a refused command left a row: %d", n)
	}
	w.PostKey(ctx, "/samples/add", retry, url.Values{"title": {"slow"}}).Status(http.StatusServiceUnavailable) // the time was over at the socket
	w.PostKey(ctx, "/samples/add", retry, good).Location("/samples")                                           // a refusal keeps no key
}

// TestKeyOfUpload refuses another file under a key that was used: it was taken for the first one.
func TestKeyOfUpload(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	form := url.Values{"_key": {uuid.NewString()}, "title": {"Một"}}
	for range 2 {
		w.Upload(ctx, "/samples/add", form, "file", "a.csv", []byte("một")).Location("/samples")
	}
	w.Upload(ctx, "/samples/add", form, "file", "a.csv", []byte("hai")).Status(http.StatusUnprocessableEntity).Has("Khóa này đã dùng")
	w.Upload(ctx, "/samples/add", form, "file", "b.csv", []byte("một")).Status(http.StatusUnprocessableEntity)
	if n := room.count(t); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestTwoAtOnceWithOneKey(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	w.Get(ctx, "/samples")
	for range 20 {
		before, key := room.count(t), uuid.NewString()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { w.PostKey(ctx, "/samples/add", key, good).Location("/samples") })
		}
		wg.Wait()
		if n := room.count(t) - before; n != 1 {
			t.Fatalf("two at once made %d rows", n)
		}
	}
}

func TestCSRF(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	body := func(token string) []byte {
		return []byte(url.Values{"_csrf": {token}, "_key": {uuid.NewString()}, "title": {"x"}}.Encode())
	}
	right := web.CSRFToken("session-of-" + subject(ctx))
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	with := func(k, v string) map[string]string {
		return map[string]string{"Content-Type": form["Content-Type"], k: v}
	}
	for _, path := range []string{"/samples/add", "/samples/money", "/samples/stale"} {
		w.Raw(ctx, "POST", path, body(""), form).Status(http.StatusForbidden)
		w.Raw(ctx, "POST", path, body(strings.Repeat("0", 64)), form).Status(http.StatusForbidden)
		w.Raw(ctx, "POST", path, body(right), with("Origin", "https://evil.example")).Status(http.StatusForbidden)
		w.Raw(ctx, "POST", path, body(right), with("Origin", "null")).Status(http.StatusForbidden)
		w.Raw(ctx, "POST", path, body(right), with("Sec-Fetch-Site", "cross-site")).Status(http.StatusForbidden)
		w.Raw(ctx, "POST", "/api/v1"+path, []byte("{}"), map[string]string{"Content-Type": "application/json", "Idempotency-Key": "k"}).Status(http.StatusForbidden)
		w.Raw(ctx, "POST", "/api/v1"+path, []byte("{}"), map[string]string{"Content-Type": "text/plain", "Idempotency-Key": "k", "X-CSRF-Token": right}).Status(http.StatusUnprocessableEntity)
	}
	if room.calls.Load() != 0 {
		t.Error("a forged request reached the command")
	}
	w.Raw(ctx, "POST", "/samples/add", body(right), with("Origin", "http://kinhbac.test")).Status(http.StatusSeeOther)
}

func TestRefusedFormKeepsWhatWasTyped(t *testing.T) {
	w, room := sample(t)
	a := w.Post(person(t, room), "/samples/add", url.Values{"title": {""}, "amount": {"1.234,5"}, "text": {"<script>alert(1)</script>"}})
	a.Status(http.StatusUnprocessableEntity).Has("Cần sửa 2 chỗ", `value="1.234,5"`, `aria-invalid="true"`, `href="#f-amount"`, "&lt;script&gt;")
	w.Raw(context.Background(), "GET", "/en/samples", nil, nil).Has(`action="/en/samples/add"`, `href="/en/samples?sort=`)
}

func TestStaleShowsBothVersions(t *testing.T) {
	w, room := sample(t)
	w.Post(person(t, room), "/samples/stale", nil).Status(http.StatusConflict).Has("10 đ", "&lt;b&gt;12 đ&lt;/b&gt;", "Bản đang nhập", "Bản đã lưu")
}

func TestStepUp(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	right := web.CSRFToken("session-of-" + subject(ctx))
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	send := func(code string) []byte {
		v := url.Values{"_csrf": {right}, "_key": {"one"}, "title": {"Chi"}, "items[0].name": {"a\"b"}}
		if code != "" {
			v.Set("_code", code)
		}
		return []byte(v.Encode())
	}
	w.Raw(ctx, "POST", "/samples/money", send(""), form).Status(http.StatusForbidden).
		Has(`name="_code"`, `name="items[0].name" value="a&#34;b"`, `name="_key" value="one"`).Lacks("Lần truy cập này")
	w.Raw(ctx, "POST", "/samples/money", send("wrong"), form).Status(http.StatusForbidden).Has(`name="_code"`, "errsum")
	a := w.Raw(ctx, "POST", "/samples/money", send("123456"), form).Location("/samples")
	if !strings.Contains(a.Header.Get("Set-Cookie"), "kb-notice=web.task_none") {
		t.Errorf("no notice: %s", a.Header.Get("Set-Cookie"))
	}
	w.Raw(ctx, "POST", "/api/v1/samples/money", []byte(`{"title":"x"}`), map[string]string{"Content-Type": "application/json", "Idempotency-Key": "k2", "X-CSRF-Token": right}).
		Status(http.StatusForbidden).Has("urn:kinhbac:access.step_up")
}

// TestInputIsCheckedBeforeTheCode tells what is wrong with a form before asking for a code, and keeps nothing of trying.
func TestInputIsCheckedBeforeTheCode(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	send := func(agree, code string) *webtest.Answer {
		v := url.Values{"_csrf": {web.CSRFToken("session-of-" + subject(ctx))}, "_key": {"k-" + agree}, "title": {"Chi"}, "agree": {agree}}
		if code != "" {
			v.Set("_code", code)
		}
		return w.Raw(ctx, "POST", "/samples/checked", []byte(v.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	}
	send("", "").Status(http.StatusUnprocessableEntity).Has(`value="Chi"`).Lacks(`name="_code"`)
	send("on", "").Status(http.StatusForbidden).Has(`name="_code"`)
	if n := room.count(t); n != 0 {
		t.Errorf("trying left %d rows", n)
	}
	send("on", "123456").Location("/samples")
	send("on", "").Location("/samples") // done already
	if n := room.count(t); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestMissingAndHiddenAreTheSameBytes(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	a := w.Raw(ctx, "GET", "/samples/"+uuid.NewString(), nil, nil).Status(http.StatusNotFound)
	for _, path := range []string{"/samples/" + uuid.NewString(), "/samples/not-an-id", "/nothing", "/samples/%00", "/SAMPLES", "/samples/", "/samples/../x"} {
		b := w.Raw(ctx, "GET", path, nil, nil).Status(http.StatusNotFound)
		if a.Body != b.Body {
			t.Errorf("%s answers other bytes than a hidden row", path)
		}
	}
	x := w.Raw(ctx, "GET", "/api/v1/a", nil, nil).Status(http.StatusNotFound)
	y := w.Raw(ctx, "GET", "/api/v1/"+uuid.NewString(), nil, nil).Status(http.StatusNotFound)
	if x.Body != y.Body {
		t.Error("the API names what was asked for")
	}
}

func TestInternalErrorsTellNothing(t *testing.T) {
	w, _ := sample(t)
	w.Raw(context.Background(), "GET", "/samples/slow", nil, nil).Status(http.StatusInternalServerError).Lacks("postgres", "secret")
}

func TestHeaders(t *testing.T) {
	w, room := sample(t)
	for _, path := range []string{"/", "/samples", "/nothing", "/api/openapi.json", "/healthz", "/samples.csv", "/inbox"} {
		a := w.Raw(person(t, room), "GET", path, nil, nil)
		for k, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store"} {
			if got := a.Header.Get(k); got != want {
				t.Errorf("%s: %s is %q", path, k, got)
			}
		}
		if csp := a.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	page := w.Raw(context.Background(), "GET", "/samples", nil, nil)
	css := regexp.MustCompile(`/static/[0-9a-f]+/app\.css`).FindString(page.Body)
	if a := w.Raw(context.Background(), "GET", css, nil, map[string]string{"Accept-Encoding": "gzip"}).Status(http.StatusOK); !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || a.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("%s: %v", css, a.Header)
	}
	w.Raw(context.Background(), "GET", "/static/0/app.css", nil, nil).Status(http.StatusNotFound)
	if c := page.Header.Get("Set-Cookie"); c != "" { // the guest already has its cookie
		t.Errorf("cookie %q", c)
	}
	w.Raw(context.Background(), "POST", "/samples/add", bytes.Repeat([]byte("a"), 1<<20+1), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}).Status(http.StatusRequestEntityTooLarge)
}

func TestFragments(t *testing.T) {
	w, _ := sample(t)
	w.Fragment(context.Background(), "/samples", "totals").Status(http.StatusOK).Has("tổng").Lacks("<html", "<h1>")
	w.Fragment(context.Background(), "/samples", "").Status(http.StatusOK).Has("<h1>").Lacks("<html")
}
