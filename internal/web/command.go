package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/idem"
	"kinhbac/internal/storage"
)

const apiRoot = "/api/v1"

// act is a decoded command ready to run; it may run again after a serialization failure.
type act func(ctx context.Context, r Req) (Done, any, error)

type command struct {
	path, resource, action, page string
	bare                         bool // no transaction, no key
	versioned                    bool // the input names the version it was read at
	attached                     bool // the input comes with a file
	prepare                      func(body *node) (work, error)
}

// work is a decoded command: what does it alone, and for some what does it together with others that wait. together
// gives the kept answer, or nil when the command is to be done alone.
type work struct {
	alone    act
	together func(ctx context.Context, r Req, use idem.Use) ([]byte, error)
}

// Kept is how the answer of a command stays with its key: for commands that keep their keys themselves.
func Kept(d Done, out any) ([]byte, error) {
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer{d, raw})
}

var (
	errNoKey  = errs.New(errs.Invalid, "web.key_missing")
	errBadKey = errs.New(errs.Invalid, "web.key_form")
)

// answer is what the idempotency key keeps of a command that was done.
type answer struct {
	Done Done            `json:"done"`
	Out  json.RawMessage `json:"out"`
}

func (rt *Router) command(cmd command, in, out reflect.Type) {
	cmd.versioned, cmd.attached = versioned(in), attached(in)
	form := &route{method: fiber.MethodPost, path: cmd.path, resource: cmd.resource, action: cmd.action, class: "command", time: commandTime}
	entry := rt.entry(form, func(c *fiber.Ctx) error { return rt.serveForm(c, cmd) })
	form.serve = func(c *fiber.Ctx) error {
		err := entry(c)
		if err != nil && errs.From(err).Kind == errs.Unauthenticated {
			if done, again := rt.signInAgain(c, cmd); done {
				return again
			}
		}
		return err
	}
	rt.add(form)
	api := &route{method: fiber.MethodPost, path: apiRoot + cmd.path, resource: cmd.resource, action: cmd.action, in: in, out: out, class: "command", time: commandTime}
	api.serve = rt.entry(api, func(c *fiber.Ctx) error { return rt.serveAPI(c, cmd) })
	rt.add(api)
}

// serveForm answers a form by a redirect, by the page again with what is wrong, or by the question for a code.
func (rt *Router) serveForm(c *fiber.Ctx, cmd command) error {
	body, own, err := readForm(c)
	if err != nil {
		return err
	}
	if err := rt.checkToken(c, own["_csrf"]); err != nil {
		return rt.refuseToken(c, cmd, body, own["_csrf"], err)
	}
	a, err := rt.run(c, cmd, body, own["_key"], own["_code"])
	if err != nil {
		return rt.refuseForm(c, cmd, body, own, err)
	}
	rt.applySession(c, a.Done)
	if a.Done.Fragment != "" && rt.req(c).Fragment() {
		return rt.fragment(c, rt.pages[cmd.page].page, a.Done.Fragment)
	}
	if a.Done.Notice != "" {
		rt.setCookie(c, noticeCookie, a.Done.Notice, 60)
	}
	return redirect(c, a.Done.Location)
}

// refuseToken tells a page of an ended session from a forgery. A page of this site that is older than the session of
// now is shown again with what was typed and a token that fits; nothing has been done.
func (rt *Router) refuseToken(c *fiber.Ctx, cmd command, body *node, typed string, err error) error {
	if !cmd.bare && rt.endedCookie(c, typed) != "" {
		return access.ErrSignIn
	}
	page := rt.pages[cmd.page]
	if page == nil || cmd.bare || c.Get("Sec-Fetch-Site") != "same-origin" || access.From(c.UserContext()).ID == uuid.Nil {
		return err
	}
	shown := rt.show(c, page.page, fiber.StatusForbidden, Form{Values: body.flat(), Message: i18n.T(c.UserContext(), "web.session_changed")})
	if shown != nil {
		return err
	}
	return nil
}

// refuseForm shows the typed form again where that helps.
func (rt *Router) refuseForm(c *fiber.Ctx, cmd command, body *node, own map[string]string, err error) error {
	switch e := errs.From(err); {
	case e.Kind == errs.StepUp:
		return rt.askCode(c, cmd, body, own, nil)
	case own["_code"] != "" && errors.Is(err, errWrongCode):
		return rt.askCode(c, cmd, body, own, e)
	case e.Kind == errs.Invalid && cmd.page != "" && rt.pages[cmd.page] != nil:
		f := Form{Values: body.flat(), Errors: e.Fields, Rule: e.Rule}
		if len(e.Fields) == 0 {
			f.Message = i18n.T(c.UserContext(), e.Code, e.Args...)
		}
		shown := rt.show(c, rt.pages[cmd.page].page, fiber.StatusUnprocessableEntity, f)
		if shown != nil && errs.From(shown).Kind == errs.NotFound { // the form's page is not for this reader: say what was refused
			return err
		}
		return shown
	}
	return err
}

// serveAPI answers JSON, or a form with a file where the command takes one, with JSON.
func (rt *Router) serveAPI(c *fiber.Ctx, cmd command) error {
	read := readJSON
	if cmd.attached && strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		read = readParts
	}
	body, err := read(c)
	if err != nil {
		return err
	}
	if c.Locals(keyCookie) != nil {
		if err := rt.checkToken(c, c.Get("X-CSRF-Token")); err != nil {
			return err
		}
	}
	match := c.Get(fiber.HeaderIfMatch)
	if cmd.versioned {
		if err := precondition(match, body); err != nil {
			return err
		}
	}
	a, err := rt.run(c, cmd, body, c.Get("Idempotency-Key"), c.Get("X-Step-Up-Code"))
	if err != nil {
		if cmd.versioned {
			err = stale(match, body, err)
		}
		return err
	}
	rt.applySession(c, a.Done)
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(a.Out)
}

// run does the command once per key: everything in one transaction with the key and its answer. What was done before
// is answered before a code is looked at, and what would be refused anyway before one is asked for.
func (rt *Router) run(c *fiber.Ctx, cmd command, body *node, key, code string) (answer, error) {
	ctx, subject := c.UserContext(), access.From(c.UserContext())
	name, sum := cmd.resource+"."+cmd.action+" "+strings.TrimPrefix(c.Path(), apiRoot), digest(body)
	todo, err := cmd.prepare(body)
	if err != nil {
		return answer{}, err
	}
	do := todo.alone
	var use idem.Use
	if !cmd.bare {
		if err := checkKey(key); err != nil {
			return answer{}, err
		}
		if rt.req(c).Fragment() { // a page saves itself many times with its one key: every content is a use of its own
			key += "/" + sum[:16]
		}
		use = idem.Use{Scope: rt.scope(c, subject), Key: key, Act: name, Digest: sum}
	}
	if code != "" && subject.ID != uuid.Nil {
		if !cmd.bare {
			if a, done, err := rt.before(ctx, use); done || err != nil {
				return a, err
			}
		}
		proved, err := rt.opts.Sessions.Prove(ctx, subject, name, sum, code)
		if err != nil {
			return answer{}, wrongCode{err}
		}
		ctx = access.With(ctx, proved)
		if proved.Renewed != "" { // a new id at step-up, also when the act is refused afterwards
			rt.setCookie(c, rt.cookieName(), proved.Renewed, 0)
			c.Locals(keyCookie, proved.Renewed)
		}
	}
	if cmd.bare {
		done, out, err := do(ctx, rt.req(c))
		if err != nil {
			return answer{}, err
		}
		raw, err := json.Marshal(out)
		return answer{done, raw}, err
	}
	if todo.together != nil {
		kept, err := todo.together(ctx, rt.req(c), use)
		if err != nil {
			return answer{}, err
		}
		if kept != nil {
			var a answer
			return a, json.Unmarshal(kept, &a)
		}
	}
	a, err := rt.once(ctx, c, use, do)
	if err != nil && code == "" && errs.From(err).Kind == errs.StepUp && subject.ID != uuid.Nil {
		return answer{}, rt.rehearse(ctx, c, subject, do, err)
	}
	return a, err
}

func checkKey(key string) error {
	if key == "" {
		return errNoKey
	}
	if len(key) > 80 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errBadKey
	}
	return nil
}

// before gives the answer of an act that was done under the key.
func (rt *Router) before(ctx context.Context, use idem.Use) (a answer, done bool, err error) {
	stored, err := idem.Find(ctx, rt.opts.DB, use)
	if err != nil || stored == nil {
		return a, false, err
	}
	return a, true, json.Unmarshal(stored, &a)
}

// once does the act in one transaction with its key and answer, or gives the answer of the first time.
func (rt *Router) once(ctx context.Context, c *fiber.Ctx, use idem.Use, do act) (answer, error) {
	var a answer
	err := storage.InTx(ctx, rt.opts.DB, func(ctx context.Context, tx bun.Tx) error {
		stored, err := idem.Begin(ctx, tx, use)
		if err != nil {
			return err
		}
		if stored != nil {
			return json.Unmarshal(stored, &a)
		}
		done, out, err := do(idem.With(ctx, use), rt.req(c))
		if err != nil {
			return err
		}
		keep, err := Kept(done, out)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(keep, &a); err != nil {
			return err
		}
		return idem.Finish(ctx, tx, use, keep)
	})
	return a, err
}

var errRehearsed = errors.New("rehearsed")

// rehearse does an act that waits for a code as if the code had been given, and takes all of it back: what is wrong
// with its input or its time is told before the person is sent for a code. asked is what to say when nothing is.
func (rt *Router) rehearse(ctx context.Context, c *fiber.Ctx, s access.Subject, do act, asked error) error {
	s.Proved = rt.opts.Clock.Now()
	err := storage.InTx(access.With(ctx, s), rt.opts.DB, func(ctx context.Context, tx bun.Tx) error {
		if _, _, err := do(ctx, rt.req(c)); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return asked
	}
	return err
}

// scope is whose keys are compared: a person's, or those of one guest's browser or address.
func (rt *Router) scope(c *fiber.Ctx, s access.Subject) string {
	if s.ID != uuid.Nil {
		return s.ID.String()
	}
	who := rt.bearer(c)
	if who == "" {
		who = c.IP()
	}
	sum := sha256.Sum256([]byte(who))
	return "guest:" + hex.EncodeToString(sum[:16])
}

// digest is SHA-256 over the canonical text of what was sent, files included, without web's own fields.
func digest(body *node) string {
	sum := sha256.Sum256([]byte(body.canonical() + body.files))
	return hex.EncodeToString(sum[:])
}

// applySession gives or takes the session cookie as a sign-in, sign-out or step-up command says.
func (rt *Router) applySession(c *fiber.Ctx, d Done) {
	switch d.Session {
	case "":
	case "-":
		rt.dropCookie(c, rt.cookieName())
	default:
		rt.setCookie(c, rt.cookieName(), d.Session, 0)
		rt.dropCookie(c, rt.guestCookie())
	}
}

// redirect sends 303 to a path of this site and keeps the language.
func redirect(c *fiber.Ctx, to string) error {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, "\\") {
		to = "/"
	}
	if i18n.From(c.UserContext()) == i18n.EN {
		to = english(to)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

func english(path string) string {
	if path == "/" {
		return "/en/"
	}
	return "/en" + path
}

// wrongCode marks a refusal that came from the second factor, so that the code is asked for again.
type wrongCode struct{ error }

var errWrongCode = errors.New("wrong code")

func (w wrongCode) Unwrap() []error { return []error{errWrongCode, w.error} }
