package web

import (
	"context"
	"html/template"
	"reflect"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
)

// Base is what every page has; embed it as web.Base and leave it alone: web fills it after the handler.
type Base struct {
	Lang   i18n.Lang
	Path   string // without /en
	Other  string // the same page in the other language
	CSRF   string
	Key    string // idempotency key for the page's forms
	User   access.Subject
	Roles  []RoleChoice // to switch to, when the person holds several
	Nav    []NavItem
	Search string // path of the search form in the mast, "" hides it
	Unread int    // notifications not read yet
	Links  Links
	Notice string // words of a notice shown once
	Demo   bool
	Now    time.Time
	Form   Form // what was typed and what is wrong with it, after a refused form
	opens  func(path string) bool
}

// Links says which pages of other rooms exist.
type Links struct{ SignIn, Profile, SignOut, SwitchRole, Notifications, Register, Track, Help bool }

// RoleChoice is one role of the person.
type RoleChoice struct {
	Role, Label string
	Current     bool
}

// NavItem is one entry of the navigation row; Count is work waiting, 0 hides it.
type NavItem struct {
	Href, Label string
	Current     bool
	Count       int
}

// Form is a refused form shown again.
type Form struct {
	Values  map[string]string
	Errors  []errs.Field
	Message string // words of a refusal that names no field
	Rule    *errs.Rule
}

// T gives the words of a code in the page's language.
func (b *Base) T(code string, args ...any) string { return i18n.Text(b.Lang, code, args...) }

// Opens says that path, without /en, is a page that is not closed to every role of the reader: a link to another room
// stands only where it is. What the reader may not see of the rows behind it is asked by the page itself.
func (b *Base) Opens(path string) bool { return b.opens != nil && b.opens(path) }

// SignedIn says that the page is shown to a person, not to a guest.
func (b *Base) SignedIn() bool { return b.User.ID != uuid.Nil }

// RoleName is the words of the active role.
func (b *Base) RoleName() string {
	if b.User.Active == "" {
		return ""
	}
	return i18n.Text(b.Lang, "web.role."+string(b.User.Active))
}

func (b *Base) base() *Base { return b }

// based is any pointer to a struct that embeds Base.
type based interface{ base() *Base }

// baseOf finds the Base embedded in a page struct; a nil page is a bug of its handler.
func baseOf(page any) *Base {
	if v := reflect.ValueOf(page); !v.IsValid() || v.IsNil() {
		panic("web: a page handler gave no page and no error")
	}
	return page.(based).base()
}

// fill completes the Base of a page for this request.
func (rt *Router) fill(c *fiber.Ctx, b *Base, f Form) {
	ctx := c.UserContext()
	b.Lang, b.Path, b.User, b.Demo, b.Form = i18n.From(ctx), c.Path(), access.From(ctx), rt.opts.Demo, f
	b.Now, b.Key = rt.opts.Clock.Now(), uuid.NewString()
	b.opens = func(path string) bool { return rt.opens(ctx, path) }
	query := ""
	if q := string(c.Request().URI().QueryString()); q != "" && c.Method() == fiber.MethodGet {
		query = "?" + q
	}
	b.Other = english(b.Path) + query
	if b.Lang == i18n.EN {
		b.Other = b.Path + query
	}
	if code := c.Cookies(noticeCookie); code != "" && i18n.Has(code) && c.Method() == fiber.MethodGet {
		b.Notice = i18n.Text(b.Lang, code)
		rt.dropCookie(c, noticeCookie)
	}
	if c.Locals(keyHeld) != nil {
		b.Notice = i18n.Text(b.Lang, "web.held")
	}
	who := rt.bearer(c)
	if who == "" {
		who = token()
		c.Locals(keyGuest, who)
	}
	b.CSRF = masked(CSRFToken(who))
	b.Links = Links{
		SignIn: rt.Has("/login"), Profile: rt.Has("/profile"), Notifications: rt.Has("/notifications"), Register: rt.Has("/register"),
		Track: rt.Has("/track"), Help: rt.Has("/faq"), SignOut: rt.hasCommand("/session/end"), SwitchRole: rt.hasCommand("/session/role"),
	}
	b.Search = rt.search(ctx, b)
	b.Nav = rt.navigation(ctx, b)
	if c.Get("HX-Request") == "" { // a fragment shows no navigation
		rt.countTasks(ctx, b)
	}
	b.Roles = roleChoices(b)
	rt.counts(ctx, b)
}

func (rt *Router) hasCommand(path string) bool {
	for _, r := range rt.routes {
		if r.path == path && r.method == fiber.MethodPost {
			return true
		}
	}
	return false
}

// counts asks for the numbers of the mast; a failure hides them and spoils no page.
func (rt *Router) counts(ctx context.Context, b *Base) {
	if !b.SignedIn() {
		return
	}
	if rt.opts.Unread != nil && b.Links.Notifications {
		if n, err := rt.opts.Unread(ctx, b.User.ID); err == nil {
			b.Unread = n
		}
	}
}

func roleChoices(b *Base) []RoleChoice {
	var out []RoleChoice
	seen := map[access.Role]bool{}
	for _, g := range b.User.Grants {
		if seen[g.Role] {
			continue
		}
		seen[g.Role] = true
		out = append(out, RoleChoice{Role: string(g.Role), Label: i18n.Text(b.Lang, "web.role."+string(g.Role)), Current: g.Role == b.User.Active})
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

const noticeCookie = "kb-notice"

// show runs a page's handler and sends the page with the given status and form.
func (rt *Router) show(c *fiber.Ctx, p *page, status int, f Form) error {
	c.Locals(keyForm, f.Values)
	data, b, err := p.load(c.UserContext(), rt.req(c))
	if err != nil {
		return err
	}
	block := ""
	if rt.req(c).Fragment() {
		block = rt.views.block(p.template, c.Get("HX-Target"))
	}
	return rt.send(c, p.template, block, status, data, b, f)
}

// fragment sends one define of a page after a command.
func (rt *Router) fragment(c *fiber.Ctx, p *page, name string) error {
	data, b, err := p.load(c.UserContext(), rt.req(c))
	if err != nil {
		return err
	}
	return rt.send(c, p.template, name, fiber.StatusOK, data, b, Form{})
}

// send renders into a buffer and then answers, so that a page is never half-sent. block "" is the whole page.
func (rt *Router) send(c *fiber.Ctx, name, block string, status int, data any, b *Base, f Form) error {
	rt.fill(c, b, f)
	return rt.write(c, name, block, status, data, b)
}

func (rt *Router) write(c *fiber.Ctx, name, block string, status int, data any, b *Base) error {
	body, err := rt.views.render(b.Lang, name, block, data)
	if err != nil {
		return err
	}
	if b.Lang == i18n.EN {
		body = prefixed(body)
	}
	if guest, ok := c.Locals(keyGuest).(string); ok && strings.Contains(string(body), `name="_csrf"`) {
		rt.setCookie(c, rt.guestCookie(), guest, 7200)
	}
	return sendPage(c, b.Lang, status, body)
}

func sendPage(c *fiber.Ctx, lang i18n.Lang, status int, body []byte) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderContentLanguage, string(lang))
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Vary("HX-Request", "Cookie")
	return c.Status(status).Send(body)
}

var linkPrefix = strings.NewReplacer(
	`href="/static/`, `href="/static/`, `href="/en/`, `href="/en/`, `href="/api/`, `href="/api/`, `href="//`, `href="//`, `data-vi="`, `href="`,
	`href="/`, `href="/en/`, `action="/`, `action="/en/`, `hx-get="/`, `hx-get="/en/`, `hx-post="/`, `hx-post="/en/`,
)

// prefixed puts /en in front of the site's own links; quotes in people's text are escaped, so only attributes match.
func prefixed(body []byte) []byte { return []byte(linkPrefix.Replace(string(body))) }

// Pair is one line of a summary list; Value is text or template.HTML.
type Pair struct {
	Label string
	Value any
}

// Stat is one figure of the row of figures.
type Stat struct {
	Label string
	Value any // text or template.HTML
	Unit  string
	Note  string
}

// Stage is one step of a process: State is done, now or "".
type Stage struct{ Label, Note, State string }

// Event is one line of a history.
type Event struct {
	Text, At string
	Done     bool
}

// Part is one line of a task list.
type Part struct {
	Label, Href, Noun, State string
	Current                  bool
}

// Crumb is one step of the way to a page.
type Crumb struct{ Href, Label string }

// Note is a remark with its tone: "", ok, warn or bad.
type Note struct {
	Tone string
	Text any
}

// Empty is what a list says when it has nothing yet.
type Empty struct{ Title, Text, Href, Button string }

// HTML marks text as safe markup made by the program itself.
type HTML = template.HTML
