package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
)

const (
	tries   = 8
	lease   = 5 * time.Minute // longest run of one job
	poll    = 5 * time.Second
	workers = 2
)

// Handler does one job; it may be called again for the same arg.
type Handler func(ctx context.Context, arg string) error

type task struct {
	name  string
	every time.Duration
	do    func(context.Context) error
}

// Runner works off the table. Handlers and tasks are named before Run.
type Runner struct {
	db       *bun.DB
	log      *slog.Logger
	handlers map[string]Handler
	tasks    []task
	wake     chan struct{}
}

// New makes a runner without handlers.
func New(db *bun.DB, log *slog.Logger) *Runner {
	r := &Runner{db: db, log: log, handlers: map[string]Handler{}, wake: make(chan struct{}, workers)}
	r.Every("job.sweep", 24*time.Hour, r.sweep)
	return r
}

// sweep forgets what was done a month ago; failures stay.
func (r *Runner) sweep(ctx context.Context) error {
	_, err := r.db.ExecContext(ctx, "DELETE FROM jobs WHERE done_at < clock_timestamp() - interval '30 days'")
	return err
}

// Handle names the handler of a kind.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// Every runs do about once per interval over all programs together.
func (r *Runner) Every(name string, interval time.Duration, do func(context.Context) error) {
	r.tasks = append(r.tasks, task{name, interval, do})
}

// Run works until ctx ends and returns when the jobs under way are finished.
func (r *Runner) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { r.listen(ctx) })
	wg.Go(func() { r.tick(ctx) })
	for range workers {
		wg.Go(func() { r.work(ctx) })
	}
	wg.Wait()
}

// Drain does every job that is due, and every task, until nothing is due: before the demo moves its clock, and in
// tests. It returns the first failure.
func (r *Runner) Drain(ctx context.Context) error {
	for {
		some, err := r.one(ctx)
		if err != nil {
			return err
		}
		if !some {
			break
		}
	}
	for _, t := range r.tasks {
		if err := guard(func() error { return t.do(ctx) }); err != nil {
			return fmt.Errorf("task %s: %w", t.name, err)
		}
	}
	return nil
}

func (r *Runner) work(ctx context.Context) {
	for ctx.Err() == nil {
		// a job under way is finished after ctx ended, within its lease
		some, err := r.one(context.WithoutCancel(ctx))
		if err != nil {
			r.log.Error("job", "error", err)
		}
		if some {
			continue
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-time.After(poll):
		}
	}
}

// one takes and does one due job; false when none is due. The error is of the job, already stored, or of the table.
func (r *Runner) one(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lease-10*time.Second)
	defer cancel()
	var id int64
	var kind, arg string
	var attempt int
	err := r.db.NewRaw(`UPDATE jobs SET attempts = attempts + 1, leased_to = clock_timestamp() + make_interval(secs => ?)
		WHERE id = (SELECT id FROM jobs WHERE done_at IS NULL AND failed_at IS NULL AND run_at <= clock_timestamp()
			AND (leased_to IS NULL OR leased_to < clock_timestamp()) ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING id, kind, arg, attempts`, lease.Seconds()).Scan(ctx, &id, &kind, &arg, &attempt)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take a job: %w", err)
	}
	do, known := r.handlers[kind]
	if !known {
		err = fmt.Errorf("no handler for %s", kind)
	} else {
		err = guard(func() error { return do(ctx, arg) })
	}
	if err != nil {
		return true, errors.Join(fmt.Errorf("job %d %s %s, attempt %d: %w", id, kind, arg, attempt, err), r.postpone(id, attempt, err))
	}
	_, err = r.db.NewRaw("UPDATE jobs SET done_at = clock_timestamp(), leased_to = NULL, last_error = NULL WHERE id = ?", id).Exec(ctx)
	return true, err
}

// postpone waits 5 s, 10 s, 20 s … before the next attempt, or gives up.
func (r *Runner) postpone(id int64, attempt int, cause error) error {
	pause := 5 * time.Second << (attempt - 1)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // the job's own time may be over
	defer cancel()
	_, err := r.db.NewRaw(`UPDATE jobs SET leased_to = NULL, last_error = ?, run_at = clock_timestamp() + make_interval(secs => ?),
		failed_at = CASE WHEN attempts >= ? THEN clock_timestamp() END WHERE id = ?`, cause.Error(), pause.Seconds(), tries, id).Exec(ctx)
	return err
}

// guard turns a panic of a handler into its failure.
func guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}

// tick runs each task when its interval has passed since any program ran it.
func (r *Runner) tick(ctx context.Context) {
	for ctx.Err() == nil {
		next := poll
		for _, t := range r.tasks {
			next = min(next, t.every)
			if r.due(ctx, t) {
				if err := guard(func() error { return t.do(context.WithoutCancel(ctx)) }); err != nil {
					r.log.Error("task", "name", t.name, "error", err)
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(next):
		}
	}
}

// due claims the task for this interval.
func (r *Runner) due(ctx context.Context, t task) bool {
	var mine bool
	err := r.db.NewRaw(`INSERT INTO job_ticks AS j (name, ran_at) VALUES (?, clock_timestamp())
		ON CONFLICT (name) DO UPDATE SET ran_at = excluded.ran_at
		WHERE j.ran_at <= clock_timestamp() - make_interval(secs => ?) RETURNING true`, t.name, t.every.Seconds()*0.9).Scan(ctx, &mine)
	if err != nil && !errors.Is(err, sql.ErrNoRows) && ctx.Err() == nil {
		r.log.Error("claim a task", "name", t.name, "error", err)
	}
	return mine
}

// listen turns notifications into wake-ups; when it cannot, polling goes on.
func (r *Runner) listen(ctx context.Context) {
	ln := pgdriver.NewListener(r.db)
	defer ln.Close()
	if err := ln.Listen(ctx, channel); err != nil {
		r.log.Warn("listen for jobs: polling only", "error", err)
		return
	}
	notes := ln.Channel()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-notes:
			if !open {
				return
			}
			select {
			case r.wake <- struct{}{}:
			default: // everybody is awake
			}
		}
	}
}
