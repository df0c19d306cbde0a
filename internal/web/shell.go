package web

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
)

// Keys of what the middleware leaves for later handlers of the same request.
type localKey string

const (
	keyRoute   localKey = "route"
	keyCookie  localKey = "cookie" // raw session id of a live session
	keyGuest   localKey = "guest"  // new cookie of a guest
	keyRequest localKey = "request"
	keyLang    localKey = "lang"
	keyEnded   localKey = "ended" // raw id of a session that has ended
	keyHeld    localKey = "held"  // the page shows what was typed before the session ended
	keyForm    localKey = "form"  // values of the refused form that is shown again
)

var errTooMany = errs.New(errs.TooMany, "web.too_many_requests")

// shell is what every request passes before its route, in this order.
func (rt *Router) shell(app *fiber.App) {
	app.Use(recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: func(c *fiber.Ctx, e any) {
		slog.ErrorContext(c.UserContext(), "panic", "path", c.Path(), "panic", e, "request", requestID(c))
	}}))
	app.Use(rt.language)
	app.Use(rt.headers)
	app.Use(compress)
	app.Use(rt.meter.measure)
	app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	app.Get("/readyz", rt.ready)
	app.Get("/metrics", rt.meter.serve)
	app.Get("/static/*", rt.views.assets.serve)
	app.Get("/favicon.ico", func(c *fiber.Ctx) error {
		return c.Redirect(rt.views.assets.href("favicon.svg"), fiber.StatusMovedPermanently)
	})
	app.Use(rt.bounds)
	app.Use(rt.loadSession)
	app.Use(rt.limit)
	app.Use(func(c *fiber.Ctx) error {
		if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead {
			return c.Next()
		}
		if err := checkOrigin(c); err != nil {
			return err
		}
		person := access.From(c.UserContext()).ID
		err := c.Next()
		rt.waiting.forget(person) // an act changes what waits
		return err
	})
}

// language takes /en off the path and puts the reader's language into the context.
func (rt *Router) language(c *fiber.Ctx) error {
	if p := c.Path(); p == "/en" || strings.HasPrefix(p, "/en/") {
		rest := strings.TrimPrefix(p, "/en")
		if strings.HasPrefix(rest, "/en/") || strings.HasPrefix(rest, "/api/") || strings.HasPrefix(rest, "/static/") || strings.HasPrefix(rest, "//") {
			return errNoRoute
		}
		if rest == "" {
			rest = "/"
		}
		c.Locals(keyLang, i18n.EN)
		c.Path(rest)
		return c.RestartRouting()
	}
	lang, _ := c.Locals(keyLang).(i18n.Lang)
	if isAPI(c) && strings.HasPrefix(strings.ToLower(c.Get(fiber.HeaderAcceptLanguage)), "en") {
		lang = i18n.EN
	}
	if lang == "" {
		lang = i18n.VI
	}
	ctx := i18n.With(context.Background(), lang)
	c.SetUserContext(ctx)
	return c.Next()
}

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (rt *Router) headers(c *fiber.Ctx) error {
	rt.secure(c)
	return c.Next()
}

// secure names the request and sets what every answer carries.
func (rt *Router) secure(c *fiber.Ctx) {
	c.Locals(keyRequest, token()[:12])
	c.Set("X-Request-Id", requestID(c))
	c.Set("Content-Security-Policy", contentPolicy)
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("X-Frame-Options", "DENY")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	c.Set(fiber.HeaderCacheControl, "no-store")
	if rt.opts.Secure {
		c.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

func requestID(c *fiber.Ctx) string { s, _ := c.Locals(keyRequest).(string); return s }

// bounds reads the body within its limit, and gives the session load its deadline.
func (rt *Router) bounds(c *fiber.Ctx) error {
	if err := receive(c); err != nil {
		return err
	}
	outer := c.UserContext()
	ctx, cancel := context.WithTimeout(outer, downloadTime+5*time.Second)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// limit bounds the requests of one session, or of one address for guests.
func (rt *Router) limit(c *fiber.Ctx) error {
	who := c.IP()
	if s := access.From(c.UserContext()); s.Session != "" {
		who = s.Session
	}
	if !rt.limits.take(who) {
		c.Set(fiber.HeaderRetryAfter, "1")
		return errTooMany
	}
	return c.Next()
}

func (rt *Router) ready(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := rt.opts.DB.PingContext(ctx)
	if err == nil && rt.opts.Ready != nil {
		err = rt.opts.Ready(ctx)
	}
	if err != nil {
		slog.Warn("not ready", "err", err)
		return c.Status(fiber.StatusServiceUnavailable).SendString("not ready\n")
	}
	return c.SendString("ready\n")
}
