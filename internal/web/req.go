package web

import (
	"io"
	"mime/multipart"
	"net/url"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
)

// Req is a request as a handler sees it. Its strings stay valid after the handler.
type Req struct {
	c  *fiber.Ctx
	rt *Router
}

func (rt *Router) req(c *fiber.Ctx) Req { return Req{c: c, rt: rt} }

// ID reads a uuid path parameter; anything else is ErrNotFound.
func (r Req) ID(name string) (uuid.UUID, error) {
	s := r.c.Params(name)
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 || id == uuid.Nil {
		return uuid.Nil, errs.ErrNotFound
	}
	return id, nil
}

// Param reads a text path parameter as typed, decoded once; "" when it is not clean text.
func (r Req) Param(name string) string {
	s, err := url.PathUnescape(r.c.Params(name))
	if err != nil {
		return ""
	}
	if s, err = clean(s); err != nil {
		return ""
	}
	return s
}

// Query reads a query parameter, normalised to NFC; "" when it is not clean text or longer than 300 bytes.
func (r Req) Query(name string) string {
	s, err := clean(r.c.Query(name))
	if err != nil || len(s) > 300 {
		return ""
	}
	return s
}

// Form is a typed value of a refused form while its page is shown again, "" otherwise.
func (r Req) Form(name string) string {
	values, _ := r.c.Locals(keyForm).(map[string]string)
	return values[name]
}

// Lang is the reader's language.
func (r Req) Lang() i18n.Lang { return i18n.From(r.c.UserContext()) }

// Path is the path asked for, without /en.
func (r Req) Path() string { return r.c.Path() }

// API says that the request came through /api/v1.
func (r Req) API() bool { return isAPI(r.c) }

// Fragment says that htmx asked for a part of the page.
func (r Req) Fragment() bool {
	return r.c.Get("HX-Request") == "true" && r.c.Get("HX-Boosted") != "true"
}

// Cookie is the raw session id of the request, "" for a guest.
func (r Req) Cookie() string { return r.c.Cookies(r.rt.cookieName()) }

// Address is the client's network address.
func (r Req) Address() string { return r.c.IP() }

// Origin is the scheme and host the reader used, for links on paper and in QR codes.
func (r Req) Origin() string {
	if u := r.rt.opts.BaseURL; u != "" {
		return strings.TrimSuffix(u, "/")
	}
	scheme := "http"
	if r.rt.opts.Secure {
		scheme = "https"
	}
	return scheme + "://" + string(r.c.Request().Host())
}

// Agent is the browser's own name, at most 200 bytes of clean text.
func (r Req) Agent() string {
	s, err := clean(r.c.Get(fiber.HeaderUserAgent))
	if err != nil {
		return ""
	}
	return s[:min(len(s), 200)]
}

// Upload is one file of a form, read once.
type Upload struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// fileField is the form field a command's file comes in.
const fileField = "file"

// Attached stands in the input of a command that takes one file, embedded or as the whole input: its form and its API
// read multipart/form-data, with the file in the field "file".
type Attached struct{}

var typeAttached = reflect.TypeFor[Attached]()

// attached says that inputs of the type come with a file.
func attached(t reflect.Type) bool {
	if t == typeAttached {
		return true
	}
	for i := range t.NumField() {
		if t.Field(i).Anonymous && t.Field(i).Type == typeAttached {
			return true
		}
	}
	return false
}

// File gives the file that came with the command; ok is false when none was sent.
func (Attached) File(r Req) (u Upload, ok bool) {
	if !strings.HasPrefix(r.c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return Upload{}, false
	}
	h, err := r.c.FormFile(fileField)
	if err != nil || h.Filename == "" {
		return Upload{}, false
	}
	return upload(h), true
}

func upload(h *multipart.FileHeader) Upload {
	name, err := clean(h.Filename)
	if err != nil {
		name = ""
	}
	return Upload{Name: name, Size: h.Size, Open: func() (io.ReadCloser, error) { return h.Open() }}
}

func isAPI(c *fiber.Ctx) bool { return strings.HasPrefix(c.Path(), "/api/") }
