package web

import (
	"context"
	"time"
	"unicode"
	"unicode/utf8"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
)

// Home is what rooms give to the public home page; a nil part is left out. The page is open to everyone, so the
// parts give published facts only.
type Home struct {
	OpenCalls func(ctx context.Context) ([]HomeCall, error)  // open for submission, the first to close first
	Awards    func(ctx context.Context) ([]HomeAward, error) // published, latest first, at most six
	Figures   func(ctx context.Context) ([]Stat, error)      // at most six
}

// HomeCall is one open call.
type HomeCall struct {
	Code, Title, Summary string
	ClosesAt             time.Time
	CeilingAward         money.Amount
}

// HomeAward is one published award.
type HomeAward struct {
	Project, Organisation string
	Amount                money.Amount
	Decision, Href        string
}

type homePage struct {
	Base
	Calls   []callLine
	Awards  []HomeAward
	Figures []Stat
}

type callLine struct {
	HomeCall
	Day, Month, Left, Tone string
}

func (rt *Router) homePage(ctx context.Context, r Req) (*homePage, error) {
	p := &homePage{}
	if f := rt.opts.Home.OpenCalls; f != nil {
		calls, err := f(ctx)
		if err != nil {
			return nil, err
		}
		today := calendar.DateOf(rt.opts.Clock.Now())
		for _, call := range calls {
			day := calendar.DateOf(call.ClosesAt)
			l := callLine{HomeCall: call, Day: itoa2(day.Day()), Month: i18n.Text(r.Lang(), "web.month_year", int(day.Month()), day.Year()),
				Left: capital(untilText(r.Lang(), day, today)), Tone: "run"}
			if today.Days(day) <= 15 {
				l.Tone = "warn"
			}
			p.Calls = append(p.Calls, l)
		}
	}
	var err error
	if f := rt.opts.Home.Awards; f != nil {
		if p.Awards, err = f(ctx); err != nil {
			return nil, err
		}
	}
	if f := rt.opts.Home.Figures; f != nil {
		if p.Figures, err = f(ctx); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// capital begins a label with a capital letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func itoa2(n int) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }
