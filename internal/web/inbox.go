package web

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
)

// Task is one line of the inbox.
type Task struct {
	Title   string // ready text in the reader's language
	Detail  string
	Href    string
	Action  string    // label of the one button
	Due     time.Time // zero = none
	Waiting bool      // waits for someone else
	Who     string    // who it waits for
}

// Tasks gives what waits for the subject of ctx; every room with work has one.
type Tasks func(ctx context.Context) ([]Task, error)

// inboxPage is the first page of every role: what, by when, one button.
type inboxPage struct {
	Base
	Day    string
	Total  int
	Today  int
	Groups []taskGroup
	Failed bool // a room could not be asked; the rest of the page lives
	Start  []Pair
}

type taskGroup struct {
	Title string
	Tasks []taskLine
}

type taskLine struct {
	Task
	Tone, When string
}

// own registers the pages that belong to the shell.
func (rt *Router) own() {
	Page(rt, "/", Everyone, "", "home/show", rt.homePage)
	Page(rt, "/inbox", SignedIn, "", "inbox/show", rt.inboxPage)
	JSON(rt, "/session", Everyone, "", rt.sessionOut)
	JSON(rt, "/inbox", SignedIn, "", func(ctx context.Context, _ Req) ([]Task, error) {
		tasks, _ := rt.allTasks(ctx)
		return tasks, nil
	})
}

// sessionView is what a program must know to send commands.
type sessionView struct {
	SignedIn bool   `json:"signed_in"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	CSRF     string `json:"csrf"` // to be sent as X-CSRF-Token
}

func (rt *Router) sessionOut(ctx context.Context, r Req) (sessionView, error) {
	s := access.From(ctx)
	v := sessionView{Name: s.Name, Role: string(s.Active)}
	if cookie, ok := r.c.Locals(keyCookie).(string); ok {
		v.SignedIn, v.CSRF = true, CSRFToken(cookie)
	}
	return v, nil
}

func (rt *Router) allTasks(ctx context.Context) (all []Task, failed bool) {
	all = []Task{}
	for _, t := range rt.tasks {
		some, err := t(ctx)
		if err != nil {
			slog.ErrorContext(ctx, "inbox of a room", "err", err)
			failed = true
			continue
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b Task) int {
		switch {
		case a.Due.IsZero() && b.Due.IsZero():
			return 0
		case a.Due.IsZero():
			return 1
		case b.Due.IsZero():
			return -1
		}
		return cmp.Compare(a.Due.Unix(), b.Due.Unix())
	})
	return all, failed
}

func (rt *Router) inboxPage(ctx context.Context, r Req) (*inboxPage, error) {
	all, failed := rt.allTasks(ctx)
	now, lang := rt.opts.Clock.Now(), r.Lang()
	today := calendar.DateOf(now)
	p := &inboxPage{Day: i18n.Text(lang, "web.weekday_"+[]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[today.Weekday()]) + ", " + today.Format(),
		Total: len(all), Failed: failed}
	groups := map[string][]taskLine{}
	for _, t := range all {
		l := taskLine{Task: t}
		key := "later"
		switch day := calendar.DateOf(t.Due); {
		case t.Waiting:
			key, l.When = "waiting", t.Who
		case t.Due.IsZero():
			key, l.When = "today", i18n.Text(lang, "web.task_open")
			l.Tone = "run"
		case day.Before(today):
			key, l.Tone, l.When = "today", "bad", capital(untilText(lang, day, today))
		case day.Equal(today):
			key, l.Tone, l.When = "today", "warn", i18n.Text(lang, "web.task_by", t.Due.In(calendar.Zone).Format("15:04"))
			p.Today++
		case today.Days(day) <= 7:
			key, l.Tone, l.When = "week", "run", day.Format()
		default:
			l.When = day.Format()
		}
		groups[key] = append(groups[key], l)
	}
	for _, key := range []string{"today", "week", "later", "waiting"} {
		if len(groups[key]) > 0 {
			p.Groups = append(p.Groups, taskGroup{Title: i18n.Text(lang, "web.tasks_"+key), Tasks: groups[key]})
		}
	}
	return p, nil
}
