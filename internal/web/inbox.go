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
	Desk   Desk
	Mine   bool // an applicant's: one list, and the state of the own dossiers below it
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
	who := access.From(ctx)
	if !failed {
		rt.waiting.put(waitingFor{who.ID, who.Active}, open(all))
	}
	now, lang := rt.opts.Clock.Now(), r.Lang()
	today := calendar.DateOf(now)
	p := &inboxPage{Day: i18n.Text(lang, "web.weekday_"+[]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[today.Weekday()]) + ", " + today.Format(),
		Total: open(all), Failed: failed, Mine: who.Active == access.Applicant || who.Active == access.OrgSignatory}
	groups := map[string][]taskLine{}
	for _, t := range all {
		l, key := line(lang, t, today)
		if p.Mine {
			key = "mine"
		}
		if !t.Waiting && !t.Due.IsZero() && calendar.DateOf(t.Due).Equal(today) {
			p.Today++
		}
		groups[key] = append(groups[key], l)
	}
	for _, key := range []string{"mine", "today", "week", "later", "waiting"} {
		if len(groups[key]) > 0 {
			p.Groups = append(p.Groups, taskGroup{Title: i18n.Text(lang, "web.tasks_"+key), Tasks: groups[key]})
		}
	}
	p.Desk, failed = rt.desk(ctx)
	p.Failed = p.Failed || failed
	return p, nil
}

// line is a task with its time in words, and the group it stands in.
func line(lang i18n.Lang, t Task, today calendar.Date) (l taskLine, key string) {
	l = taskLine{Task: t}
	switch day := calendar.DateOf(t.Due); {
	case t.Waiting:
		l.When = t.Who
		return l, "waiting"
	case t.Due.IsZero():
		l.Tone, l.When = "run", i18n.Text(lang, "web.task_open")
		return l, "today"
	case day.Before(today):
		l.Tone, l.When = "bad", capital(untilText(lang, day, today))
		return l, "today"
	case day.Equal(today):
		l.Tone, l.When = "warn", i18n.Text(lang, "web.task_by", t.Due.In(calendar.Zone).Format("15:04"))
		return l, "today"
	default:
		l.When = i18n.Text(lang, "web.task_until", day.Format(), untilText(lang, day, today))
		if today.Days(day) > 7 {
			return l, "later"
		}
		l.Tone = "run"
		if today.Days(day) <= 2 {
			l.Tone = "warn"
		}
		return l, "week"
	}
}
