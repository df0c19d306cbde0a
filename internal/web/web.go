// Package web is the shell of pages and API: routing with policies, forms, templates, errors, navigation.
//
// A room registers its pages with Page, its commands with Command and its API reads with JSON. One Command
// serves both the form of a page (POST /path, answered by a redirect) and the API (POST /api/v1/path, JSON in
// and out); both run in one transaction with their idempotency key.
//
// # Decisions
//
// Routes are collected and handed to Fiber at the end, literal segments before parameters, so that the order in
// which rooms register never matters.
//
// Forms and JSON are read into one tree and decoded by one walker: the same limits and the same refusals for
// both, and unknown or doubled names are refused in both. encoding/json keeps the last of two keys silently.
//
// English pages are the same pages under /en. Templates always write plain links; the prefix is put in front of
// them when the page is sent, so no template can forget it.
//
// The CSRF token is a hash of the session cookie: bound to the session by construction, new with every new id,
// nothing to store and no key to share between processes. Visitors without a session get a random cookie for it.
//
// A refused page and a missing page are the same bytes: they name neither the path nor the request.
//
// An act that waits for a code is rehearsed before the code is asked for: done as if it had been proven, and rolled
// back. So every refusal that needs no code comes first, without a second set of checks that could differ.
//
// Answers are compressed; the token in them is masked anew each time, since the size of a compressed page that shows
// what was asked for would give a fixed one away.
//
// A public page is kept whole by each process while public_changes reads the same. The row of a change is written by
// triggers in its transaction, so that no room can forget it and none sees it early; a test of the whole house reads
// every public page and fails on a table without one.
//
// A form sent after its session ended is held for its person only, by the token of that session; the other way, a
// draft in the browser, would leave it to whoever sits down next.
package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/clock"
)

// Everyone as resource, with the empty action, opens a route to every visitor; SignedIn to every signed-in person.
const (
	Everyone = "@everyone"
	SignedIn = "@signed_in"
)

// Authoriser is what web asks of package access.
type Authoriser interface {
	// Known says that the matrix has the line (resource, action).
	Known(resource, action string) bool
	// RequireRole refuses when none of the subject's roles has a cell in the line, whatever its conditions.
	RequireRole(ctx context.Context, resource, action string) (access.Actor, error)
	// Purposed says whether the subject may only for a stated purpose, and in which role: such reading is recorded.
	Purposed(ctx context.Context, resource, action string) (access.Actor, bool)
}

// Options is what the shell is built of. DB, Access, Sessions and Files are needed; the rest has defaults.
type Options struct {
	DB       *bun.DB
	Access   Authoriser
	Sessions Sessions
	Files    fs.FS       // layouts/, partials/, pages/, static/
	Clock    clock.Clock // the machine's when nil
	BaseURL  string      // scheme and host for links on paper; the request's own when empty
	Secure   bool        // behind TLS: __Host- cookies and HSTS
	Demo     bool        // the database carries the mark of a shifted clock: pages say so
	Limit    int         // requests a second per session or address; 0 = 100, negative = none
	Proxies  []string    // addresses whose X-Forwarded-For is believed
	Unread   func(ctx context.Context, user uuid.UUID) (int, error)
	Home     Home
	Ready    func(ctx context.Context) error // asked by /readyz besides the database
}

// Router collects the routes of every room.
type Router struct {
	opts    Options
	views   *views
	pages   map[string]*route // GET pages by their path
	routes  []*route
	served  []*route // routes in the order they are tried
	tasks   []Tasks
	desks   []func(ctx context.Context, d *Desk) error
	waiting *waiting
	limits  *limiter
	cache   pageCache
	meter   *meter
	built   bool
}

// New parses every template; a broken one fails here.
func New(o Options) (*Router, error) {
	if o.DB == nil || o.Access == nil || o.Sessions == nil || o.Files == nil {
		return nil, errors.New("web: DB, Access, Sessions and Files are needed")
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Limit == 0 {
		o.Limit = 100
	}
	v, err := parseViews(o.Files)
	if err != nil {
		return nil, err
	}
	rt := &Router{opts: o, views: v, pages: map[string]*route{}, limits: newLimiter(o.Limit, o.Clock), waiting: newWaiting(o.Clock), meter: newMeter()}
	rt.own()
	return rt, nil
}

// Tasks registers what a room has waiting for its people.
func (rt *Router) Tasks(t Tasks) { rt.tasks = append(rt.tasks, t) }

// Has says whether GET path is a page of some room.
func (rt *Router) Has(path string) bool { return rt.pages[path] != nil }

// Pages lists the addresses of the pages, parameters and all, in order, for tests and for checks after start.
func (rt *Router) Pages() []string { return slices.Sorted(maps.Keys(rt.pages)) }

// PublicPages are those of Pages that are the same for every guest and are kept until what they show changes.
func (rt *Router) PublicPages() []string {
	return slices.DeleteFunc(rt.Pages(), func(path string) bool { return !rt.pages[path].public() })
}

// Serves says whether some room answers GET path.
func (rt *Router) Serves(path string) bool {
	for _, r := range rt.routes {
		if r.path == path && r.method == fiber.MethodGet {
			return true
		}
	}
	return false
}

// App builds the Fiber application of everything registered so far; call it once, last.
func (rt *Router) App() (*fiber.App, error) {
	if rt.built {
		return nil, errors.New("web: App is built once")
	}
	rt.built = true
	cfg := fiber.Config{
		AppName:               "kinhbac",
		Immutable:             true,
		CaseSensitive:         true,
		StrictRouting:         true,
		DisableStartupMessage: true,
		BodyLimit:             uploadLimit,
		StreamRequestBody:     true, // receive reads it, so that a body over the limit is answered in words

		DisablePreParseMultipartForm: true,
		ReadTimeout:                  120 * time.Second,
		WriteTimeout:                 120 * time.Second,
		IdleTimeout:                  60 * time.Second,
		ReadBufferSize:               16 << 10,
		ErrorHandler:                 rt.handleError,
		EnableTrustedProxyCheck:      true,
		TrustedProxies:               rt.opts.Proxies,
	}
	if len(rt.opts.Proxies) > 0 {
		cfg.ProxyHeader = fiber.HeaderXForwardedFor
	}
	app := fiber.New(cfg)
	rt.edge(app)
	rt.shell(app)
	spec, err := rt.openAPI()
	if err != nil {
		return nil, fmt.Errorf("web: describe the API: %w", err)
	}
	app.Get("/api/openapi.json", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(spec)
	})
	rt.served = sorted(rt.routes)
	for _, r := range rt.served {
		app.Add(r.method, r.path, r.serve)
	}
	app.Use(func(*fiber.Ctx) error { return errNoRoute })
	return app, nil
}
