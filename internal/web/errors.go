package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
)

const problemJSON = "application/problem+json"

var (
	errNoRoute    = errs.ErrNotFound
	errBadRequest = errs.New(errs.Invalid, "web.bad_request")
	errTooLarge   = errs.New(errs.Invalid, "web.too_large")
	errMethod     = errs.New(errs.Invalid, "web.method")
	errTimeout    = errs.New(errs.Unavailable, "web.timeout")
)

var statusOf = map[errs.Kind]int{
	errs.Internal: 500, errs.Invalid: 422, errs.Unauthenticated: 401, errs.Forbidden: 403, errs.NotFound: 404,
	errs.Conflict: 409, errs.TooMany: 429, errs.Unavailable: 503, errs.StepUp: 403,
}

// errorPage shows any refusal; P of its parts is empty where it has nothing to say.
type errorPage struct {
	Base
	Status      int
	Title, Text string
	Request     string
	Needed      []string // roles that may do what was refused
	Rule        *errs.Rule
	Differences []errs.Difference
	Fields      []errs.Field
	Back        string
	At          string
}

// problem is an error for programs, RFC 9457.
type problem struct {
	Type        string            `json:"type"`
	Title       string            `json:"title"`
	Status      int               `json:"status"`
	Request     string            `json:"request,omitempty"`
	Fields      []problemField    `json:"fields,omitempty"`
	Rule        *errs.Rule        `json:"rule,omitempty"`
	Differences []errs.Difference `json:"differences,omitempty"`
}

type problemField struct {
	Name   string `json:"name"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// handleError is the one place that turns an error into an answer: a page, or problem+json for programs.
func (rt *Router) handleError(c *fiber.Ctx, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), pageTime) // the route's is over
	defer cancel()
	c.SetUserContext(ctx)
	e := errs.From(err)
	code := statusOf[e.Kind]
	var fe *fiber.Error
	var own coded
	switch {
	case errors.As(err, &own):
		code = own.status
	case errors.As(err, &fe) && fe.Code < 500:
		e, code = fromFiber(fe)
	case e.Kind == errs.Internal && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)): // the latter from the wire
		e, code = errTimeout, fiber.StatusServiceUnavailable
	}
	if code >= 500 {
		slog.ErrorContext(c.UserContext(), "request failed", "method", c.Method(), "path", c.Path(), "request", requestID(c), "code", e.Code, "err", err)
	}
	here := c.Path()
	if q := string(c.Request().URI().QueryString()); q != "" {
		here += "?" + q
	}
	if e.Is(access.ErrPurpose) && c.Method() == fiber.MethodGet && rt.Has("/purpose") && !rt.wantsJSON(c) {
		return redirect(c, "/purpose?next="+url.QueryEscape(here))
	}
	if code == fiber.StatusForbidden {
		rt.recordRefusal(c, e)
	}
	if code == fiber.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, "30")
	}
	if rt.wantsJSON(c) {
		return rt.sendProblem(c, code, e)
	}
	if code == fiber.StatusUnauthorized && rt.Has("/login") && c.Method() == fiber.MethodGet {
		return redirect(c, "/login?next="+url.QueryEscape(here))
	}
	return rt.sendError(c, code, e)
}

func fromFiber(fe *fiber.Error) (*errs.Error, int) {
	switch fe.Code {
	case fiber.StatusNotFound:
		return errs.ErrNotFound, fe.Code
	case fiber.StatusMethodNotAllowed:
		return errMethod, fe.Code
	case fiber.StatusRequestEntityTooLarge:
		return errTooLarge, fe.Code
	}
	return errBadRequest, fe.Code
}

func (rt *Router) wantsJSON(c *fiber.Ctx) bool {
	return isAPI(c) || c.Accepts(fiber.MIMETextHTML, problemJSON) == problemJSON
}

func (rt *Router) sendProblem(c *fiber.Ctx, status int, e *errs.Error) error {
	ctx := c.UserContext()
	p := problem{Type: "urn:kinhbac:" + e.Code, Title: i18n.T(ctx, e.Code, e.Args...), Status: status, Rule: e.Rule, Differences: e.Differences}
	if status != fiber.StatusNotFound {
		p.Request = requestID(c)
	}
	for _, f := range e.Fields {
		code, args := f.Code, f.Args
		if code == "" {
			code, args = e.Code, e.Args
		}
		p.Fields = append(p.Fields, problemField{Name: f.Name, Code: code, Detail: i18n.T(ctx, code, args...)})
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, problemJSON)
	return c.Status(status).Send(body)
}

// sendError shows the page of a status. The page of a 404 is the same bytes whatever was asked for.
func (rt *Router) sendError(c *fiber.Ctx, status int, e *errs.Error) error {
	ctx := c.UserContext()
	p := &errorPage{Status: status, Title: errorTitle(ctx, status), Text: i18n.T(ctx, e.Code, e.Args...), Rule: e.Rule, Differences: e.Differences, Fields: e.Fields}
	for i, f := range p.Fields {
		if f.Code == "" {
			p.Fields[i].Code, p.Fields[i].Args = e.Code, e.Args
		}
	}
	rt.fill(c, &p.Base, Form{})
	p.Back = "/"
	if p.SignedIn() && rt.Has("/inbox") {
		p.Back = "/inbox"
	}
	if status == fiber.StatusNotFound {
		p.CSRF = steady(CSRFToken(rt.bearer(c)))
		p.Path, p.Other = "", english("/")
		if p.Lang == i18n.EN {
			p.Other = "/"
		}
		for i := range p.Nav {
			p.Nav[i].Current = false
		}
	} else {
		p.Request = requestID(c)
		p.At = Logtime(p.Now)
	}
	if status == fiber.StatusForbidden {
		p.Needed = rt.needed(c)
	}
	if status == fiber.StatusConflict && len(p.Differences) > 0 {
		if r := rt.formPage(c); r != "" {
			p.Back = r
		}
	}
	return rt.write(c, "errors/show", "", status, p, &p.Base)
}

func errorTitle(ctx context.Context, status int) string {
	switch status {
	case 401, 403, 404, 409, 413, 422, 429, 500, 503:
		return i18n.T(ctx, "web.title_"+strconv.Itoa(status))
	}
	return i18n.T(ctx, "web.title_422")
}

// needed names the roles that the route's policy line gives a cell, when access tells them.
func (rt *Router) needed(c *fiber.Ctx) []string {
	r, ok := c.Locals(keyRoute).(*route)
	teller, can := rt.opts.Access.(interface {
		RolesFor(resource, action string) []access.Role
	})
	if !ok || !can {
		return nil
	}
	var names []string
	for _, role := range teller.RolesFor(r.resource, r.action) {
		if role != access.Guest && role != access.Service {
			names = append(names, i18n.T(c.UserContext(), "web.role."+string(role)))
		}
	}
	return names
}

// formPage is the path the refused form came from, when it is one of this site's.
func (rt *Router) formPage(c *fiber.Ctx) string {
	u, err := url.Parse(c.Get(fiber.HeaderReferer))
	if err != nil || u.Host != string(c.Request().Host()) || u.Path == "" {
		return ""
	}
	if len(u.Path) > 3 && u.Path[:4] == "/en/" {
		return u.Path[3:]
	}
	return u.Path
}

// recordRefusal keeps a signed-in person's refused act in its own transaction; the refused one is gone.
func (rt *Router) recordRefusal(c *fiber.Ctx, e *errs.Error) {
	s := access.From(c.UserContext())
	r, ok := c.Locals(keyRoute).(*route)
	if !ok || s.ID == uuid.Nil || e.Kind == errs.StepUp {
		return
	}
	act := r.resource + "." + r.action
	if r.resource == Everyone || r.resource == SignedIn {
		act = "page.open"
	}
	err := storage.InTx(access.With(context.WithoutCancel(c.UserContext()), s), rt.opts.DB, func(ctx context.Context, tx bun.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Act: act + "_refused", Actor: s.ID, Role: string(s.Active), Kind: "route", Label: r.path, Reason: e.Code})
	})
	if err != nil {
		slog.ErrorContext(c.UserContext(), "refusal not recorded", "path", r.path, "err", err)
	}
}
