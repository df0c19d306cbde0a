package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/idem"
	"kinhbac/internal/job"
	"kinhbac/internal/notify"
	"kinhbac/internal/web"
	"kinhbac/templates"

	"github.com/google/uuid"
)

// Listen is how a server answers.
type Listen struct {
	Addr     string // host:port
	Secure   bool   // TLS stands in front
	Proxies  []string
	SMTPURL  string // "" leaves letters in the outbox
	MailFrom string
	BaseURL  string
	Log      *slog.Logger
	Ready    func(url string) // called once the port answers
}

// keysKept is how long a command's key answers a repeat with the first answer.
const keysKept = 24 * 30 * 24 * time.Hour

// drain is how long requests under way may take after the signal to stop.
const drain = 15 * time.Second

// Web builds the Fiber application with every room's routes.
func (a *App) Web(l Listen) (*fiber.App, error) {
	rt, err := web.New(web.Options{DB: a.DB, Access: a.Access, Sessions: a.Identity, Files: templates.FS, Clock: a.Clock,
		BaseURL: l.BaseURL, Secure: l.Secure, Demo: a.Demo, Proxies: l.Proxies, Home: a.home(),
		Unread: func(ctx context.Context, user uuid.UUID) (int, error) { return notify.Unread(ctx, a.DB, user) }})
	if err != nil {
		return nil, err
	}
	for _, room := range a.rooms() {
		room.Routes(rt)
	}
	return rt.App()
}

type room interface{ Routes(*web.Router) }

func (a *App) rooms() []room {
	return []room{a.Identity, a.Rules, a.Party, a.Budget, a.Calls, a.Proposal, a.Review, a.Council, a.Awards, a.Agree, a.Pay,
		a.Fund, a.Invest, a.Indicate, a.Report, a.Trail}
}

// Jobs is the runner with everything that waits or repeats.
func (a *App) Jobs(log *slog.Logger, mail *notify.Mailer) *job.Runner {
	r := job.New(a.DB, log)
	r.Handle(disbursement.ReleaseJob, func(ctx context.Context, arg string) error {
		id, err := uuid.Parse(arg)
		if err != nil {
			return fmt.Errorf("release %q: %w", arg, err)
		}
		return a.Pay.Release(access.With(ctx, access.System()), id)
	})
	r.Every("call.tick", 2*time.Second, func(ctx context.Context) error { return a.Calls.Tick(access.With(ctx, access.System())) })
	r.Every("audit.seal", 2*time.Second, a.seal)
	r.Every("budget.sums", 30*time.Second, a.Budget.RefreshSums)
	r.Every("identity.sweep", time.Hour, a.Identity.Sweep)
	r.Every("idem.sweep", time.Hour, func(ctx context.Context) error {
		_, err := idem.Sweep(ctx, a.DB, keysKept)
		return err
	})
	r.Every("web.sweep_public", time.Minute, func(ctx context.Context) error { return web.SweepPublic(ctx, a.DB) })
	r.Every("web.sweep", time.Hour, func(ctx context.Context) error { return web.SweepHeld(ctx, a.DB) })
	if mail != nil {
		r.Every("mail.deliver", 5*time.Second, func(ctx context.Context) error {
			_, err := mail.Deliver(ctx, a.DB)
			return err
		})
	}
	return r
}

// Serve answers until ctx ends or died closes: it stops listening, lets requests finish, then stops the jobs.
func (a *App) Serve(ctx context.Context, l Listen, died <-chan struct{}) error {
	var mail *notify.Mailer
	if l.SMTPURL != "" {
		m, err := notify.NewMailer(l.SMTPURL, l.MailFrom, l.BaseURL)
		if err != nil {
			return err
		}
		mail = m
	}
	app, err := a.Web(l)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", l.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s (another program holds it? give --addr): %w", l.Addr, err)
	}
	jobs, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan struct{})
	go func() { defer close(ended); a.Jobs(l.Log, mail).Run(jobs) }()
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	if l.Ready != nil {
		l.Ready("http://" + ln.Addr().String())
	}
	var cause error
	select {
	case err := <-served:
		cause = fmt.Errorf("server: %w", err)
	case <-died:
		cause = errors.New("the private database ended by itself; the next start recovers it")
	case <-ctx.Done():
	}
	done, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	cause = errors.Join(cause, app.ShutdownWithContext(done))
	stop()
	<-ended
	return errors.Join(cause, a.seal(done)) // the last acts are under a head before the machine rests
}

func (a *App) seal(ctx context.Context) error {
	_, err := audit.Seal(ctx, a.DB, a.Signer)
	return err
}
