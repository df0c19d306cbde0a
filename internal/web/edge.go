package web

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"kinhbac/internal/i18n"
)

// What is too large is read and thrown away up to discardLimit and discardTime, so that the sender hears why: a browser
// whose sending is cut off shows a page of its own.
const (
	discardLimit = 220 << 20
	discardTime  = 60 * time.Second
)

// edge gives our page or problem+json to what never reaches a route: methods nobody knows, and requests that cannot be
// read.
func (rt *Router) edge(app *fiber.App) {
	server := app.Server()
	route, broken := server.Handler, server.ErrorHandler
	methods := app.Config().RequestMethods
	server.Handler = func(fc *fasthttp.RequestCtx) {
		if slices.Contains(methods, string(fc.Method())) {
			route(fc)
			return
		}
		c := app.AcquireCtx(fc)
		defer app.ReleaseCtx(c)
		rt.greet(c)
		if err := rt.handleError(c, fiber.ErrMethodNotAllowed); err != nil {
			fc.SetStatusCode(fiber.StatusInternalServerError)
		}
	}
	server.ErrorHandler = func(fc *fasthttp.RequestCtx, err error) {
		c := app.AcquireCtx(fc)
		rt.greet(c)
		app.ReleaseCtx(c)
		broken(fc, err)
	}
}

// greet does for a request without a route what language and headers do for the others.
func (rt *Router) greet(c *fiber.Ctx) {
	lang := i18n.VI
	switch p := c.Path(); {
	case p == "/en" || strings.HasPrefix(p, "/en/"):
		lang = i18n.EN
	case isAPI(c) && strings.HasPrefix(strings.ToLower(c.Get(fiber.HeaderAcceptLanguage)), "en"):
		lang = i18n.EN
	}
	c.Locals(keyLang, lang)
	c.SetUserContext(i18n.With(context.Background(), lang))
	rt.secure(c)
}

// receive reads the body of a request up to the limit of its class. A larger one is thrown away and refused.
func receive(c *fiber.Ctx) error {
	req, limit := c.Request(), formLimit
	upload := strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm)
	if upload {
		limit = uploadLimit
	}
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		if len(req.Body()) > limit {
			return fiber.ErrRequestEntityTooLarge
		}
		return nil
	}
	switch announced := req.Header.ContentLength(); {
	case announced > limit:
		if announced <= discardLimit {
			discard(stream)
		}
		return fiber.ErrRequestEntityTooLarge
	case upload && announced >= 0: // goes to disk part by part as it is read
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(stream, int64(limit)+1))
	if err != nil {
		return errors.Join(fiber.ErrBadRequest, err)
	}
	if len(body) > limit {
		discard(stream)
		return fiber.ErrRequestEntityTooLarge
	}
	req.SetBody(body)
	return nil
}

// discard reads on until the end, discardLimit or discardTime.
func discard(r io.Reader) {
	buf, until := make([]byte, 64<<10), time.Now().Add(discardTime)
	for left := discardLimit; left > 0 && time.Now().Before(until); {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		left -= n
	}
}
