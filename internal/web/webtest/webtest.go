// Package webtest drives a room's routes over HTTP in tests: pages, forms, the API.
//
// Every answer is checked for words that are missing in the catalogue, for template accidents and for what the
// content policy forbids; every page is also asked in English; every answer of the API is compared with the
// OpenAPI document.
package webtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/clock"
	"kinhbac/internal/web"
	"kinhbac/templates"
)

// Web is an application with the routes under test.
type Web struct {
	t        testing.TB
	app      *fiber.App
	sessions *sessions
	contract *contract
}

// Router is where rooms put their routes: the Routes method of a service.
type Router = func(*web.Router)

// New builds the application of the given rooms on the real templates.
func New(t testing.TB, db *bun.DB, acc web.Authoriser, rooms ...Router) *Web {
	t.Helper()
	return With(t, web.Options{DB: db, Access: acc}, rooms...)
}

// With is New with options; Sessions, Files and Limit are filled in.
func With(t testing.TB, o web.Options, rooms ...Router) *Web {
	t.Helper()
	s := &sessions{people: map[string]access.Subject{}, clock: clock.Real{}}
	if o.Sessions == nil {
		o.Sessions = s
	}
	if o.Files == nil {
		o.Files = templates.FS
	}
	o.Limit = -1
	rt, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rooms {
		r(rt)
	}
	app, err := rt.App()
	if err != nil {
		t.Fatal(err)
	}
	w := &Web{t: t, app: app, sessions: s}
	w.contract = readContract(t, w)
	return w
}

// sessions knows the people of the test by cookie; every second factor is right except "wrong".
type sessions struct {
	mu     sync.Mutex
	people map[string]access.Subject
	clock  clock.Clock
}

func (s *sessions) Load(_ context.Context, cookie string) (access.Subject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.people[cookie], nil
}

func (s *sessions) Prove(_ context.Context, who access.Subject, _, _, code string) (access.Subject, error) {
	if code == "wrong" {
		return who, access.ErrForbidden
	}
	who.Proved = s.clock.Now()
	return who, nil
}

func (s *sessions) Ended(context.Context, string) (uuid.UUID, error) { return uuid.Nil, nil }

func (s *sessions) Factor(context.Context, access.Subject) (web.Factor, error) {
	return web.Factor{}, nil
}

// Answer is what came back.
type Answer struct {
	t      testing.TB
	Code   int
	Header http.Header
	Body   string
	Took   time.Duration // of the application alone, without the checks made here
	what   string
}

const guestCookie = "guest-of-a-test"

// cookie registers the subject of ctx and gives the cookie header and the CSRF token that go with it.
func (w *Web) cookie(ctx context.Context) (header, csrf string) {
	s := access.From(ctx)
	if s.ID == uuid.Nil {
		return "kb-guest=" + guestCookie, web.CSRFToken(guestCookie)
	}
	raw := "session-of-" + s.ID.String()
	w.sessions.mu.Lock()
	w.sessions.people[raw] = s
	w.sessions.mu.Unlock()
	return "kb=" + raw, web.CSRFToken(raw)
}

// Get asks for a page as the subject of ctx, and once more in English.
func (w *Web) Get(ctx context.Context, path string) *Answer {
	w.t.Helper()
	a := w.send(ctx, http.MethodGet, path, nil, nil)
	if a.Code == http.StatusOK && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		w.send(ctx, http.MethodGet, "/en"+path, nil, nil)
	}
	return a
}

// Fragment asks as htmx does; target is the id of the element, "" for none.
func (w *Web) Fragment(ctx context.Context, path, target string) *Answer {
	w.t.Helper()
	return w.send(ctx, http.MethodGet, path, nil, map[string]string{"HX-Request": "true", "HX-Target": target})
}

// Post sends a form with its CSRF token and a new idempotency key; a question for the second factor is answered.
func (w *Web) Post(ctx context.Context, path string, form url.Values) *Answer {
	w.t.Helper()
	return w.PostKey(ctx, path, uuid.NewString(), form)
}

// PostKey is Post with the given idempotency key.
func (w *Web) PostKey(ctx context.Context, path, key string, form url.Values) *Answer {
	w.t.Helper()
	_, csrf := w.cookie(ctx)
	v := url.Values{"_csrf": {csrf}, "_key": {key}}
	for k, s := range form {
		v[k] = s
	}
	h := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
	a := w.send(ctx, http.MethodPost, path, []byte(v.Encode()), h)
	if a.Code == http.StatusForbidden && strings.Contains(a.Body, `name="_code"`) && v.Get("_code") == "" {
		v.Set("_code", "123456")
		a = w.send(ctx, http.MethodPost, path, []byte(v.Encode()), h)
	}
	return a
}

// Upload sends a multipart form with one file.
func (w *Web) Upload(ctx context.Context, path string, form url.Values, field, name string, content []byte) *Answer {
	w.t.Helper()
	_, csrf := w.cookie(ctx)
	fields := url.Values{"_csrf": {csrf}, "_key": {uuid.NewString()}}
	for k, v := range form {
		fields[k] = v
	}
	body, kind := w.multipart(fields, field, name, content)
	return w.send(ctx, http.MethodPost, path, body, map[string]string{"Content-Type": kind})
}

func (w *Web) multipart(fields url.Values, field, name string, content []byte) (body []byte, kind string) {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, vs := range fields {
		for _, v := range vs {
			if err := m.WriteField(k, v); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	f, err := m.CreateFormFile(field, name)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		w.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		w.t.Fatal(err)
	}
	return b.Bytes(), m.FormDataContentType()
}

// APIFile posts a form with the file the command takes to /api/v1+path; the OpenAPI document must say so.
func (w *Web) APIFile(ctx context.Context, path string, form url.Values, name string, content []byte) *Answer {
	w.t.Helper()
	_, csrf := w.cookie(ctx)
	return w.APIFileWith(ctx, path, form, name, content, map[string]string{"X-CSRF-Token": csrf, "Idempotency-Key": uuid.NewString(), "X-Step-Up-Code": "123456"})
}

// APIFileWith is APIFile with the given headers and no others.
func (w *Web) APIFileWith(ctx context.Context, path string, form url.Values, name string, content []byte, headers map[string]string) *Answer {
	w.t.Helper()
	body, kind := w.multipart(form, "file", name, content)
	h := map[string]string{"Content-Type": kind, "Accept": "application/json"}
	for k, v := range headers {
		h[k] = v
	}
	a := w.send(ctx, http.MethodPost, "/api/v1"+path, body, h)
	w.contract.check(w.t, http.MethodPost, path, a)
	if !w.contract.takesFile(path) {
		w.t.Errorf("%s: the OpenAPI document tells of no file", a.what)
	}
	return a
}

// API sends JSON to /api/v1+path and reads the answer into out when it is a success; in and out may be nil.
func (w *Web) API(ctx context.Context, method, path string, in, out any) *Answer {
	w.t.Helper()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			w.t.Fatal(err)
		}
	}
	_, csrf := w.cookie(ctx)
	h := map[string]string{"Content-Type": "application/json", "Accept": "application/json"}
	if method != http.MethodGet {
		h["X-CSRF-Token"], h["Idempotency-Key"], h["X-Step-Up-Code"] = csrf, uuid.NewString(), "123456"
	}
	a := w.send(ctx, method, "/api/v1"+path, body, h)
	w.contract.check(w.t, method, path, a)
	if out != nil && a.Code < 300 {
		if err := json.Unmarshal([]byte(a.Body), out); err != nil {
			w.t.Fatalf("%s: %v in %s", a.what, err, a.Body)
		}
	}
	return a
}

// Raw sends anything, as an attacker would.
func (w *Web) Raw(ctx context.Context, method, path string, body []byte, header map[string]string) *Answer {
	w.t.Helper()
	return w.send(ctx, method, path, body, header)
}

func (w *Web) send(ctx context.Context, method, path string, body []byte, header map[string]string) *Answer {
	w.t.Helper()
	req := httptest.NewRequest(method, path, bytes.NewReader(body))
	req.Host = "kinhbac.test"
	cookie, _ := w.cookie(ctx)
	req.Header.Set("Cookie", cookie)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	start := time.Now()
	res, err := w.app.Test(req, int((2 * time.Minute).Milliseconds()))
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := &Answer{t: w.t, Code: res.StatusCode, Header: res.Header, Body: string(b), Took: time.Since(start), what: method + " " + path}
	a.sane()
	return a
}

var forbidden = regexp.MustCompile(`⟦[^⟧]*⟧|<no value>|%!\w?\(|ZgotmplZ|<[a-z][^>]*\sstyle=|<[a-z][^>]*\son[a-z]+=|<script>|<style`)

// sane looks for words that are missing and for what the content policy forbids.
func (a *Answer) sane() {
	a.t.Helper()
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		return
	}
	if bad := forbidden.FindAllString(a.Body, 5); bad != nil {
		a.t.Errorf("%s: the page has %q", a.what, bad)
	}
}

// Status expects a status code.
func (a *Answer) Status(code int) *Answer {
	a.t.Helper()
	if a.Code != code {
		a.t.Errorf("%s: status %d, not %d: %s", a.what, a.Code, code, text(a.Body))
	}
	return a
}

// Has expects phrases in the body.
func (a *Answer) Has(phrases ...string) *Answer {
	a.t.Helper()
	for _, p := range phrases {
		if !strings.Contains(a.Body, p) && !strings.Contains(text(a.Body), p) {
			a.t.Errorf("%s: no %q in %s", a.what, p, text(a.Body))
		}
	}
	return a
}

// Lacks expects that phrases are not in the body.
func (a *Answer) Lacks(phrases ...string) *Answer {
	a.t.Helper()
	for _, p := range phrases {
		if strings.Contains(a.Body, p) {
			a.t.Errorf("%s: %q must not be there", a.what, p)
		}
	}
	return a
}

// Location expects a redirect by 303.
func (a *Answer) Location(path string) *Answer {
	a.t.Helper()
	if got := a.Header.Get("Location"); a.Code != http.StatusSeeOther || got != path {
		a.t.Errorf("%s: %d to %q, not 303 to %q: %s", a.what, a.Code, got, path, text(a.Body))
	}
	return a
}

var markup = regexp.MustCompile(`<[^>]*>`)

// text is the body as a reader sees it, shortened for a message.
func text(body string) string {
	if i := strings.Index(body, "<main"); i >= 0 {
		body = body[i:]
	}
	s := strings.Join(strings.Fields(markup.ReplaceAllString(body, " ")), " ")
	return s[:min(len(s), 1500)]
}

// Listen serves the application on a real port of this machine until the test ends, for what only a network shows, and
// gives its address.
func (w *Web) Listen() string {
	w.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	go w.app.Listener(ln)
	w.t.Cleanup(func() { w.app.ShutdownWithTimeout(time.Second) })
	return ln.Addr().String()
}

// Session gives the cookie and the CSRF token with which the person of ctx is known.
func (w *Web) Session(ctx context.Context) (cookie, csrf string) { return w.cookie(ctx) }
