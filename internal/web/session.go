package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
)

// Sessions is what web asks of package identity.
type Sessions interface {
	// Load gives the person behind a cookie; the zero Subject for an unknown or ended session.
	Load(ctx context.Context, cookie string) (access.Subject, error)
	// Prove checks a second factor (a one-time code, or the password of people without a factor) for exactly this
	// act and content, and gives the subject with Proved set. A wrong code is an errs.Invalid or errs.Forbidden.
	Prove(ctx context.Context, s access.Subject, act, digest, code string) (access.Subject, error)
	// Ended gives the person whose session a cookie was until it ended, for a day; uuid.Nil for an unknown cookie. It
	// opens nothing: what is kept for that person is shown once they have signed in again.
	Ended(ctx context.Context, cookie string) (uuid.UUID, error)
	// Factor says which factor s confirms with, and on a demo database the code itself.
	Factor(ctx context.Context, s access.Subject) (Factor, error)
}

// Factor is how a person confirms an act.
type Factor struct {
	Password bool   // confirms by password instead of a one-time code
	Demo     string // current code, only on a demo database
}

var (
	errCSRF   = errs.New(errs.Forbidden, "web.csrf")
	errOrigin = errs.New(errs.Forbidden, "web.origin")
)

// cookieName is __Host-kb over TLS; without it kb, which serves only on a loopback listener.
func (rt *Router) cookieName() string {
	if rt.opts.Secure {
		return "__Host-kb"
	}
	return "kb"
}

func (rt *Router) guestCookie() string { return rt.cookieName() + "-guest" }

func (rt *Router) setCookie(c *fiber.Ctx, name, value string, seconds int) {
	c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, HTTPOnly: true,
		Secure: rt.opts.Secure, SameSite: fiber.CookieSameSiteLaxMode, SessionOnly: seconds == 0,
	})
}

func (rt *Router) dropCookie(c *fiber.Ctx, name string) { rt.setCookie(c, name, "", -1) }

// CSRFToken is the token that belongs to a session cookie or to a guest's cookie; pages carry it masked.
func CSRFToken(cookie string) string {
	sum := sha256.Sum256([]byte("kinhbac csrf\x00" + cookie))
	return hex.EncodeToString(sum[:])
}

// token is random text of 256 bits.
func token() string {
	b := make([]byte, 32)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// loadSession puts the person behind the cookie into the context; a cookie that names nobody is dropped.
func (rt *Router) loadSession(c *fiber.Ctx) error {
	cookie := c.Cookies(rt.cookieName())
	if cookie == "" {
		return c.Next()
	}
	s, err := rt.opts.Sessions.Load(c.UserContext(), cookie)
	if err != nil {
		return err
	}
	if s.ID == uuid.Nil {
		rt.dropCookie(c, rt.cookieName())
		c.Locals(keyEnded, cookie)
		return c.Next()
	}
	c.Locals(keyCookie, cookie)
	c.SetUserContext(access.With(c.UserContext(), s))
	return c.Next()
}

// bearer is the cookie the CSRF token hangs on: the session's, else the guest's, else "".
func (rt *Router) bearer(c *fiber.Ctx) string {
	if s, ok := c.Locals(keyCookie).(string); ok {
		return s
	}
	if s, ok := c.Locals(keyGuest).(string); ok {
		return s
	}
	return c.Cookies(rt.guestCookie())
}

// checkOrigin refuses a command that another site's page sent. Programs send neither header.
func checkOrigin(c *fiber.Ctx) error {
	switch c.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return errOrigin
	}
	if o := c.Get(fiber.HeaderOrigin); o != "" {
		u, err := url.Parse(o)
		if err != nil || !strings.EqualFold(u.Host, string(c.Request().Host())) {
			return errOrigin
		}
	}
	return nil
}

// checkToken compares the token of the form or header with the one of the cookie, in constant time.
func (rt *Router) checkToken(c *fiber.Ctx, typed string) error {
	cookie := rt.bearer(c)
	if cookie == "" || subtle.ConstantTimeCompare([]byte(unmasked(typed)), []byte(CSRFToken(cookie))) != 1 {
		return errCSRF
	}
	return nil
}
