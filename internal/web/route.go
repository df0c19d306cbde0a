package web

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/idem"
)

// Time a request may take, by class; the deadline is in the handler's context.
const (
	pageTime     = 10 * time.Second
	commandTime  = 20 * time.Second
	downloadTime = 100 * time.Second
)

// Size of a request body, by class.
const (
	formLimit   = 1 << 20
	uploadLimit = 21 << 20
)

// route is one method and path with its policy line.
type route struct {
	method, path     string
	resource, action string
	serve            fiber.Handler
	page             *page
	in, out          reflect.Type // of the API; nil for pages
	class            string       // page, command, api, download
	time             time.Duration
	twin             bool // of a csv, as a spreadsheet; a room may register its own instead
}

// page is a GET page that can be shown by itself or again by a refused command.
type page struct {
	template string
	load     func(ctx context.Context, r Req) (any, *Base, error)
}

// Done is a command's answer for a page: 303 to Location (keeping /en). The API gets Out as JSON.
type Done struct {
	Location string
	Notice   string // catalogue code shown once on the next page
	Fragment string // define of the form's page sent to htmx instead of the redirect
	Session  string // new session id for the cookie; "-" ends it. Only identity sets it
}

// Page registers GET path as an HTML page: template "room/page" of templates/pages. P embeds Base; h fills
// the rest. The policy line (resource, action) must exist; rows are checked by h through access.
func Page[P any](rt *Router, path, resource, action, template string, h func(ctx context.Context, r Req) (*P, error)) {
	rt.views.must(template)
	p := &page{template: template, load: func(ctx context.Context, r Req) (any, *Base, error) {
		data, err := h(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		return data, baseOf(data), nil
	}}
	if _, ok := any(new(P)).(based); !ok {
		panic(fmt.Sprintf("web: the page struct of %s does not embed web.Base", path))
	}
	r := &route{method: fiber.MethodGet, path: path, resource: resource, action: action, page: p, class: "page", time: pageTime}
	r.serve = rt.entry(r, func(c *fiber.Ctx) error {
		show := func() error { return rt.show(c, p, fiber.StatusOK, rt.held(c)) }
		if r.public() {
			return rt.showPublic(c, show)
		}
		return show()
	})
	rt.pages[path] = r
	rt.add(r)
}

// Command registers POST path as a form and POST /api/v1+path as JSON. In is a struct whose fields have form and
// json tags of one name; types string, bool, int, uuid.UUID, money.Amount, calendar.Date, time.Time
// (dd/MM/yyyy HH:mm in forms, RFC 3339 in JSON), decimal.Decimal and slices of structs (items[0].amount). A field
// tagged kb:"required" must not be empty. page is the path of the page that holds the form: a refusal with
// errs.Invalid shows that page again with the typed values; "" shows an error page.
func Command[In, Out any](rt *Router, path, resource, action, page string, h func(ctx context.Context, r Req, in In) (Done, Out, error)) {
	rt.command(command{path: path, resource: resource, action: action, page: page, prepare: preparer(h)}, reflect.TypeFor[In](), reflect.TypeFor[Out]())
}

// Action is a Command without transaction and idempotency key, for acts that must write although they refuse
// (sign-in, one-time codes) and open their own transactions.
func Action[In, Out any](rt *Router, path, resource, action, page string, h func(ctx context.Context, r Req, in In) (Done, Out, error)) {
	rt.command(command{path: path, resource: resource, action: action, page: page, bare: true, prepare: preparer(h)}, reflect.TypeFor[In](), reflect.TypeFor[Out]())
}

// Shared is a Command that may be done together with others of its kind that wait at the same moment, in one
// transaction: together keeps the key of each with its answer, made by Kept, and gives that answer. Where it gives
// nil the command is done alone by h, which then says what stands in the way.
func Shared[In, Out any](rt *Router, path, resource, action, page string,
	together func(ctx context.Context, r Req, use idem.Use, in In) ([]byte, error), h func(ctx context.Context, r Req, in In) (Done, Out, error)) {
	prepare := func(body *node) (work, error) {
		var in In
		if err := decode(body, &in); err != nil {
			return work{}, err
		}
		return work{
			alone:    func(ctx context.Context, r Req) (Done, any, error) { return h(ctx, r, in) },
			together: func(ctx context.Context, r Req, use idem.Use) ([]byte, error) { return together(ctx, r, use, in) },
		}, nil
	}
	rt.command(command{path: path, resource: resource, action: action, page: page, prepare: prepare}, reflect.TypeFor[In](), reflect.TypeFor[Out]())
}

func preparer[In, Out any](h func(context.Context, Req, In) (Done, Out, error)) func(*node) (work, error) {
	return func(body *node) (work, error) {
		var in In
		if err := decode(body, &in); err != nil {
			return work{}, err
		}
		return work{alone: func(ctx context.Context, r Req) (Done, any, error) { return h(ctx, r, in) }}, nil
	}
}

// JSON registers GET /api/v1+path.
func JSON[Out any](rt *Router, path, resource, action string, h func(ctx context.Context, r Req) (Out, error)) {
	r := &route{method: fiber.MethodGet, path: apiRoot + path, resource: resource, action: action, out: reflect.TypeFor[Out](), class: "api", time: pageTime}
	r.serve = rt.entry(r, func(c *fiber.Ctx) error {
		out, err := h(c.UserContext(), rt.req(c))
		if err != nil {
			return err
		}
		if tag := etag(out); tag != "" {
			c.Set(fiber.HeaderETag, tag)
		}
		return c.JSON(out)
	})
	rt.add(r)
}

// Download registers GET path as a file sent as attachment. A path that ends in .csv is there with .xlsx too: what
// Req.CSV makes is then a spreadsheet, unless the room registers that address itself.
func Download(rt *Router, path, resource, action string, h func(ctx context.Context, r Req) (File, error)) {
	rt.download(path, resource, action, false, h)
	if base, ok := strings.CutSuffix(path, ".csv"); ok {
		rt.download(base+".xlsx", resource, action, true, h)
	}
}

func (rt *Router) download(path, resource, action string, twin bool, h func(ctx context.Context, r Req) (File, error)) {
	r := &route{twin: twin, method: fiber.MethodGet, path: path, resource: resource, action: action, class: "download", time: downloadTime}
	r.serve = rt.entry(r, func(c *fiber.Ctx) error {
		f, err := h(c.UserContext(), rt.req(c))
		if err == nil {
			err = f.err
		}
		if err != nil {
			return err
		}
		return sendFile(c, f)
	})
	rt.add(r)
}

// add keeps a route after checking that its policy line exists and that nothing else answers there.
func (rt *Router) add(r *route) {
	if r.resource != Everyone && r.resource != SignedIn && !rt.opts.Access.Known(r.resource, r.action) {
		panic(fmt.Sprintf("web: %s %s names the policy line (%s, %s), which the matrix does not have", r.method, r.path, r.resource, r.action))
	}
	for i, other := range rt.routes {
		if other.method == r.method && other.path == r.path {
			if r.twin {
				return
			}
			if other.twin {
				rt.routes[i] = r
				return
			}
			panic(fmt.Sprintf("web: %s %s is registered twice", r.method, r.path))
		}
	}
	rt.routes = append(rt.routes, r)
}

// entry is what every route passes first: its class, its deadline and the roles of its policy line.
func (rt *Router) entry(r *route, next fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Locals(keyRoute, r)
		ctx, cancel := context.WithTimeout(c.UserContext(), r.time)
		defer cancel()
		c.SetUserContext(ctx)
		if err := rt.allow(ctx, r); err != nil {
			return err
		}
		if err := next(c); err != nil {
			return err
		}
		return rt.logged(ctx, c, r)
	}
}

// allow lets through the roles that have a cell in the route's policy line; a guest who has none is asked to sign in.
func (rt *Router) allow(ctx context.Context, r *route) error {
	guest := access.From(ctx).ID == access.Subject{}.ID
	switch {
	case r.resource == Everyone:
		return nil
	case r.resource == SignedIn:
		if guest {
			return access.ErrSignIn
		}
		return nil
	}
	_, err := rt.opts.Access.RequireRole(ctx, r.resource, r.action)
	if err != nil && guest && errs.From(err).Kind == errs.Forbidden {
		return access.ErrSignIn
	}
	return err
}

// sorted puts literal segments before parameters, so that /calls/new is found before /calls/:code.
func sorted(rs []*route) []*route {
	out := slices.Clone(rs)
	rank := func(path string) string {
		segs := strings.Split(path, "/")
		for i, s := range segs {
			if strings.HasPrefix(s, ":") {
				segs[i] = "\uffff"
			}
		}
		return strings.Join(segs, "/")
	}
	slices.SortStableFunc(out, func(a, b *route) int { return cmp.Compare(rank(a.path), rank(b.path)) })
	return out
}

// File is a file to send; Inline only for types made by the program itself.
type File struct {
	Name, Type string
	Body       io.ReadCloser
	Inline     bool
	err        error // of making it
}
