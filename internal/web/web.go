// Package web is the shell of pages and API: routing with policies, forms, templates, errors, navigation.
//
// A room registers its pages with Page, its commands with Command and its API reads with JSON. One Command
// serves both the form of a page (POST /path, answered by a redirect) and the API (POST /api/v1/path, JSON in
// and out); both run in one transaction with their idempotency key.
package web

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
)

// Router collects the routes of every room.
type Router struct{ unexported struct{} }

// Req is a request as a handler sees it. Its strings stay valid after the handler.
type Req struct{ unexported struct{} }

// ID reads a uuid path parameter; anything else is ErrNotFound.
func (r Req) ID(name string) (uuid.UUID, error) { panic("web: under construction") }

// Param reads a text path parameter, upper-cased codes as typed.
func (r Req) Param(name string) string { panic("web: under construction") }

// Query reads a query parameter, normalised to NFC.
func (r Req) Query(name string) string { panic("web: under construction") }

// Lang is the reader's language.
func (r Req) Lang() i18n.Lang { panic("web: under construction") }

// File gives an uploaded file of a multipart form; ok is false when none was sent.
func (r Req) File(name string) (u Upload, ok bool) { panic("web: under construction") }

// Fragment says that htmx asked for a part of the page.
func (r Req) Fragment() bool { panic("web: under construction") }

// Upload is one file of a form, read once.
type Upload struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// Done is a command's answer for a page: 303 to Location (keeping /en). The API gets Out as JSON.
type Done struct {
	Location string
	Notice   string // catalogue code shown once on the next page
}

// Base is what every page has; embed it as web.Base and fill the rest.
type Base struct {
	Lang   i18n.Lang
	Path   string // without /en
	CSRF   string
	Key    string // idempotency key for the page's forms
	User   access.Subject
	Nav    []NavItem
	Notice string
	Demo   bool
	Now    time.Time
	Form   Form // what was typed and what is wrong with it, after a refused form
}

// NavItem is one entry of the navigation row; Count is work waiting, 0 hides it.
type NavItem struct {
	Href, Label string
	Current     bool
	Count       int
}

// Form is a refused form shown again.
type Form struct {
	Values map[string]string
	Errors []errs.Field
}

// T gives the words of a code in the page's language.
func (b *Base) T(code string, args ...any) string { return i18n.Text(b.Lang, code, args...) }

// Page registers GET path as an HTML page: template "room/page" of templates/pages. P embeds Base; h fills
// the rest. The policy line (resource, action) must exist; rows are checked by h through access.
func Page[P any](rt *Router, path, resource, action, template string, h func(ctx context.Context, r Req) (*P, error)) {
	panic("web: under construction")
}

// Command registers POST path as a form and POST /api/v1+path as JSON. In is a struct whose fields have form and
// json tags of one name; types string, bool, int, uuid.UUID, money.Amount, calendar.Date, time.Time
// (dd/MM/yyyy HH:mm in forms, RFC 3339 in JSON) and slices of structs (items[0].amount). A field tagged
// kb:"required" must not be empty. page is the path of the page that holds the form: a refusal with
// errs.Invalid shows that page again with the typed values; "" shows an error page.
func Command[In, Out any](rt *Router, path, resource, action, page string, h func(ctx context.Context, r Req, in In) (Done, Out, error)) {
	panic("web: under construction")
}

// JSON registers GET /api/v1+path.
func JSON[Out any](rt *Router, path, resource, action string, h func(ctx context.Context, r Req) (Out, error)) {
	panic("web: under construction")
}

// Download registers GET path as a file sent as attachment.
func Download(rt *Router, path, resource, action string, h func(ctx context.Context, r Req) (File, error)) {
	panic("web: under construction")
}

// File is a file to send; Inline only for types made by the program itself.
type File struct {
	Name, Type string
	Body       io.ReadCloser
}

// Task is one line of the inbox.
type Task struct {
	Title  string // ready text in the reader's language
	Detail string
	Href   string
	Action string    // label of the one button
	Due    time.Time // zero = none
}

// Tasks gives what waits for the subject of ctx; every room with work has one.
type Tasks func(ctx context.Context) ([]Task, error)

// List is the keyset paging and sorting of a list page: 25, 50 or 100 rows.
type List struct {
	Size       int
	After      string // opaque cursor
	Sort       string // column, "-" in front for descending
	Filter     map[string]string
	Next, Prev string // set by the page for its links
}
