// Package demo makes the living example: it plays two years of the province's work through the services, act by
// act, by the people of the cast, under a clock that runs forward from the past to now.
//
// # Decisions
//
// Nothing is inserted beside the services: every row of the example was made by the command that makes it in real
// life, with its rights, its second factor and its audit row. So the example proves the house, and kinhbac verify
// holds on it.
//
// The demo plays on connections whose commits do not wait for the disk (app.Base.Play): a third of the time went into
// three thousand of them, and an example cut off half-way is thrown away. The owner's shift of the clock to now ends
// the play and does wait, so whatever came before it stands on the disk.
package demo

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/clock"
	"kinhbac/internal/identity"
	"kinhbac/internal/job"
	"kinhbac/internal/storage"
)

// stage is the example being played.
type stage struct {
	*app.App
	ctx     context.Context
	owner   *bun.DB
	clock   *clock.Fake
	jobs    *job.Runner
	cookies map[string]string // the open session of each person
	acts    int
	signUps int
	now     time.Time // where the clock stands
}

var here = identity.Client{Address: "127.0.0.1", Agent: "demo"}

// newStage starts the play at an instant of the past.
func newStage(ctx context.Context, a *app.App, c *clock.Fake, owner *bun.DB, start time.Time) (*stage, error) {
	s := &stage{App: a, ctx: ctx, owner: owner, clock: c, jobs: a.Jobs(slog.New(slog.DiscardHandler), nil), now: start, cookies: map[string]string{}}
	return s, storage.SetShift(ctx, owner, -time.Since(start))
}

// at lets time pass to an instant, after the jobs and the sealer have caught up; an instant that has passed is now.
func (s *stage) at(t time.Time) {
	if !t.After(s.now) {
		return
	}
	s.now = t
	s.settle()
	must(storage.SetShift(s.ctx, s.owner, min(0, -time.Since(t))))
	must(s.Calls.Tick(access.With(s.ctx, access.System())))
}

// day lets time pass to nine o'clock of a day, yyyy-MM-dd, in Asia/Ho_Chi_Minh.
func (s *stage) day(d string) { s.at(day(d).Start().Add(9 * time.Hour)) }

// present ends the play: the clock stands at now and stays there.
func (s *stage) present() {
	s.settle()
	s.now = time.Now()
	must(storage.SetShift(s.ctx, s.owner, 0))
	must(s.Calls.Tick(access.With(s.ctx, access.System())))
	s.settle()
}

func (s *stage) settle() {
	must(s.jobs.Drain(s.ctx))
	for {
		n, err := audit.Seal(s.ctx, s.DB, s.Signer)
		must(err)
		if n == 0 {
			return
		}
	}
}

// as acts as a person of the cast, who signs in when no session is open.
func (s *stage) as(login string) context.Context {
	sub := take(s.Identity.Load(s.ctx, s.cookies[login]))
	if sub.Login != login {
		s.cookies[login] = take(s.Identity.SignInDemo(s.ctx, login, here))
		sub = take(s.Identity.Load(s.ctx, s.cookies[login]))
	}
	return access.With(s.ctx, sub)
}

// sure acts as a person who has just confirmed this act with the second factor.
func (s *stage) sure(login, act string) context.Context {
	s.acts++
	s.clock.Advance(30 * time.Second) // the next one-time code
	sub := access.From(s.as(login))
	f, err := s.Identity.Factor(s.ctx, sub)
	must(err)
	code := f.Demo
	if f.Password {
		code = Password
	}
	sub, err = s.Identity.Prove(s.ctx, sub, act, fmt.Sprint(act, s.acts), code)
	must(err)
	s.cookies[login] = sub.Renewed
	return access.With(s.ctx, sub)
}

// failure carries an error up through the play; Fill gives it back.
type failure struct{ error }

func must(err error) { check(err, 2) }

func take[T any](v T, err error) T {
	check(err, 2)
	return v
}

// check names the line of the play that was refused: the same act stands in it many times.
func check(err error, skip int) {
	if err == nil {
		return
	}
	_, file, line, _ := runtime.Caller(skip)
	panic(failure{fmt.Errorf("%s:%d: %v", filepath.Base(file), line, err)}) // not wrapped: its code says nothing to whoever starts a demo
}

func day(s string) calendar.Date { return take(calendar.ParseDate(s)) }

// instant is a time of a day, yyyy-MM-dd HH:mm, in Asia/Ho_Chi_Minh.
func instant(s string) time.Time {
	return take(time.ParseInLocation("2006-01-02 15:04", s, calendar.Zone))
}
