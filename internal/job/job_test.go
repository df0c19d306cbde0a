package job_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/job"
	"kinhbac/internal/storage"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestAJobLivesWithItsTransaction(t *testing.T) {
	db := dbtest.New(t)
	r := job.New(db, quiet())
	var got []string
	r.Handle("letter", func(_ context.Context, arg string) error { got = append(got, arg); return nil })
	undone := errors.New("undone")
	for arg, want := range map[string]error{"kept": nil, "lost": undone} {
		err := storage.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
			return errors.Join(job.Enqueue(ctx, tx, "letter", arg), want)
		})
		if !errors.Is(err, want) {
			t.Fatal(err)
		}
	}
	for range 2 { // a done job is not done again
		if err := r.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 1 || got[0] != "kept" {
		t.Errorf("done: %v", got)
	}
}

func TestAFailureWaitsAndIsGivenUp(t *testing.T) {
	db := dbtest.New(t)
	r := job.New(db, quiet())
	calls := 0
	r.Handle("bank", func(context.Context, string) error {
		if calls++; calls%2 == 0 {
			panic("bank is closed")
		}
		return errors.New("bank is closed")
	})
	if err := job.Enqueue(t.Context(), db, "bank", "1"); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if err := r.Drain(t.Context()); err == nil {
			t.Fatal("no error")
		}
		if err := r.Drain(t.Context()); err != nil {
			t.Fatalf("it did not wait: %v", err)
		}
		if _, err := db.ExecContext(t.Context(), "UPDATE jobs SET run_at = clock_timestamp()"); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Drain(t.Context()); err != nil || calls != 8 {
		t.Errorf("%d calls, error %v", calls, err)
	}
	list, err := job.Failures(t.Context(), db)
	if err != nil || len(list) != 1 || list[0].Arg != "1" || list[0].LastError == "" {
		t.Errorf("failures %+v, error %v", list, err)
	}
}

func TestTwoProgramsDoEachJobOnce(t *testing.T) {
	db := dbtest.New(t)
	const jobs = 60
	var done sync.Map
	var twice atomic.Int64
	finished := make(chan struct{}, jobs)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		r := job.New(db, quiet())
		r.Handle("n", func(_ context.Context, arg string) error {
			if _, again := done.LoadOrStore(arg, true); again {
				twice.Add(1)
			}
			finished <- struct{}{}
			return nil
		})
		wg.Go(func() { r.Run(ctx) })
	}
	for i := range jobs {
		if err := job.Enqueue(t.Context(), db, "n", string(rune('a'+i))); err != nil {
			t.Fatal(err)
		}
	}
	for range jobs {
		select {
		case <-finished:
		case <-time.After(20 * time.Second):
			t.Fatal("jobs are left")
		}
	}
	stop()
	wg.Wait()
	if n := twice.Load(); n > 0 {
		t.Errorf("%d jobs done twice", n)
	}
}

func TestOneProgramRunsATask(t *testing.T) {
	db := dbtest.New(t)
	ctx, stop := context.WithTimeout(t.Context(), 1200*time.Millisecond)
	defer stop()
	var runs atomic.Int64
	var wg sync.WaitGroup
	for range 3 {
		r := job.New(db, quiet())
		r.Every("seal", time.Second, func(context.Context) error { runs.Add(1); return nil })
		wg.Go(func() { r.Run(ctx) })
	}
	wg.Wait()
	if n := runs.Load(); n < 1 || n > 2 {
		t.Errorf("%d runs in 1.2 s of a task that runs each second", n)
	}
}
