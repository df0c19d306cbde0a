// Package job runs work that may wait: jobs put into a table in the transaction that causes them, and regular tasks.
//
// Any number of programs share the table. A job is taken by SKIP LOCKED under a lease, so it is done at least once:
// handlers are idempotent. NOTIFY only wakes; polling alone is enough.
//
// # Decisions
//
// 2026-11-24: a job names what to do and an id, never content: the handler reads the truth when it runs.
//
// 2026-11-24: after 8 failures a job is marked failed and stays for a person; it is not retried for ever.
package job

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// channel wakes the workers.
const channel = "kinhbac_jobs"

// Enqueue adds a job in the caller's transaction: it exists when, and only if, that commits.
func Enqueue(ctx context.Context, tx bun.IDB, kind, arg string) error {
	return EnqueueIn(ctx, tx, kind, arg, 0)
}

// EnqueueIn is Enqueue for work that starts after a while, by the machine's clock.
func EnqueueIn(ctx context.Context, tx bun.IDB, kind, arg string, after time.Duration) error {
	_, err := tx.NewRaw("INSERT INTO jobs (kind, arg, run_at) VALUES (?, ?, clock_timestamp() + make_interval(secs => ?))",
		kind, arg, after.Seconds()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("enqueue %s %s: %w", kind, arg, err)
	}
	_, err = tx.NewRaw("SELECT pg_notify(?, '')", channel).Exec(ctx)
	return err
}

// Failure is a job that was given up.
type Failure struct {
	ID        int64
	Kind, Arg string
	LastError string
	FailedAt  time.Time
}

// Failures lists the jobs that were given up, newest first, at most 100.
func Failures(ctx context.Context, db bun.IDB) (list []Failure, err error) {
	err = db.NewRaw(`SELECT id, kind, arg, last_error, failed_at FROM jobs WHERE failed_at IS NOT NULL
		ORDER BY failed_at DESC LIMIT 100`).Scan(ctx, &list)
	return list, err
}
