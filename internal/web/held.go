package web

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/i18n"
)

// A form that is sent after its session has ended is held for the person whose session it was: at most so many forms
// a person, of so many bytes, for so long.
const (
	heldForms = 5
	heldBytes = 256 << 10
	heldTime  = 12 * time.Hour
)

// endedCookie is the dead session cookie the form's token belongs to, "" when the token belongs to nothing.
func (rt *Router) endedCookie(c *fiber.Ctx, typed string) string {
	cookie, _ := c.Locals(keyEnded).(string)
	if cookie == "" || subtle.ConstantTimeCompare([]byte(unmasked(typed)), []byte(CSRFToken(cookie))) != 1 {
		return ""
	}
	return cookie
}

// signInAgain sends a person whose session ended to the sign-in page and from there back to the form with what was
// typed. done is false when the request was none of that.
func (rt *Router) signInAgain(c *fiber.Ctx, cmd command) (done bool, err error) {
	body, own, err := readForm(c)
	if err != nil || cmd.bare || !rt.Has("/login") {
		return false, nil
	}
	cookie := rt.endedCookie(c, own["_csrf"])
	if cookie == "" {
		return false, nil
	}
	next, notice := rt.formPage(c), "web.session_ended"
	if page := rt.pages[cmd.page]; page != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), pageTime) // the refused route's is over
		defer cancel()
		path := concrete(c, cmd.page)
		id, err := rt.hold(ctx, cookie, path, body.flat())
		switch {
		case err != nil: // the person still gets to sign in
			slog.ErrorContext(c.UserContext(), "form not held", "path", path, "err", err)
		case id != uuid.Nil:
			next, notice = path+"?held="+id.String(), "web.session_ended_held"
		}
	}
	to := "/login"
	if next != "" {
		to += "?next=" + url.QueryEscape(next)
	}
	rt.setCookie(c, noticeCookie, notice, 60)
	if !rt.req(c).Fragment() {
		return true, redirect(c, to)
	}
	if i18n.From(c.UserContext()) == i18n.EN {
		to = english(to)
	}
	c.Set("HX-Redirect", to)
	return true, c.SendStatus(fiber.StatusOK)
}

// concrete is a route's path with the parameters of this request.
func concrete(c *fiber.Ctx, path string) string {
	segs := strings.Split(path, "/")
	for i, s := range segs {
		if name, ok := strings.CutPrefix(s, ":"); ok {
			segs[i] = c.Params(name)
		}
	}
	return strings.Join(segs, "/")
}

// hold keeps the fields for the person whose session the cookie was; uuid.Nil when nobody knows it or it is too much.
func (rt *Router) hold(ctx context.Context, cookie, page string, fields map[string]string) (uuid.UUID, error) {
	who, err := rt.opts.Sessions.Ended(ctx, cookie)
	if err != nil || who == uuid.Nil {
		return uuid.Nil, err
	}
	for name := range fields {
		if strings.Contains(name, "password") || strings.Contains(name, "code") && len(fields[name]) <= 8 {
			delete(fields, name)
		}
	}
	text, err := json.Marshal(fields)
	if err != nil || len(text) > heldBytes || len(page) > 500 {
		return uuid.Nil, err
	}
	id := uuid.New()
	if _, err := rt.opts.DB.NewRaw("INSERT INTO held_forms (id, user_id, page, fields) VALUES (?, ?, ?, ?::jsonb)", id, who, page, string(text)).Exec(ctx); err != nil {
		return uuid.Nil, fmt.Errorf("hold form: %w", err)
	}
	_, err = rt.opts.DB.NewRaw(`DELETE FROM held_forms WHERE user_id = ? AND id NOT IN (
		SELECT id FROM held_forms WHERE user_id = ? ORDER BY held_at DESC, id LIMIT ?)`, who, who, heldForms).Exec(ctx)
	return id, err
}

// held gives what the signed-in person had typed into the form of this page, named by ?held; nothing to anybody else.
func (rt *Router) held(c *fiber.Ctx) Form {
	id, err := uuid.Parse(c.Query("held"))
	s := access.From(c.UserContext())
	if err != nil || s.ID == uuid.Nil {
		return Form{}
	}
	var text string
	var values map[string]string
	err = rt.opts.DB.NewRaw(`SELECT fields::text FROM held_forms WHERE id = ? AND user_id = ? AND page = ?
		AND held_at > clock_timestamp() - make_interval(secs => ?)`, id, s.ID, c.Path(), int64(heldTime.Seconds())).Scan(c.UserContext(), &text)
	if err == nil {
		err = json.Unmarshal([]byte(text), &values)
	}
	if err != nil {
		if !errors.Is(err, sql.ErrNoRows) {
			slog.ErrorContext(c.UserContext(), "held form not read", "err", err)
		}
		return Form{}
	}
	c.Locals(keyHeld, true)
	return Form{Values: values}
}

// SweepHeld forgets held forms whose time is over; for a job.
func SweepHeld(ctx context.Context, db bun.IDB) error {
	_, err := db.NewRaw("DELETE FROM held_forms WHERE held_at <= clock_timestamp() - make_interval(secs => ?)", int64(heldTime.Seconds())).Exec(ctx)
	if err != nil {
		return fmt.Errorf("sweep held forms: %w", err)
	}
	return nil
}
