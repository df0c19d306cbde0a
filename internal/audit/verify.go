package audit

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// Check is one line of a verification.
type Check struct {
	Code   string        // catalogue code of what was checked
	Count  int64         // how many rows it looked at
	Break  string        // the first row that is wrong, by table and number; "" when none is
	Stands string        // what stands in that row; "" where the row as a whole is wrong
	Wanted string        // what should stand there
	Took   time.Duration // of the probe that gave it
}

// Probe is a part of a verification that runs on its own: a room gives one for each thing it can recompute. Run gives
// its checks in order, with the first break of each; an error says that the check itself could not be made.
type Probe struct {
	Name string // catalogue code shown while it runs
	Run  func(ctx context.Context, l Look) ([]Check, error)
	Kept []string // tables whose rows it holds against their versions
}

// Look is what a probe sees: one unchanging view of the database.
type Look struct {
	Tx   bun.Tx
	Key  ed25519.PublicKey // heads must be signed with it; nil accepts the key kept beside each head
	Step func(rows int64)  // told how many further rows were looked at; never nil
}

// Options change how Prove runs.
type Options struct {
	Key      ed25519.PublicKey
	Workers  int                                                   // connections at work; 0 = one a processor, four at most
	Progress func(name string, rows int64)                         // called often, from several goroutines, with the rows a probe has looked at; nil = no
	Done     func(name string, took time.Duration, checks []Check) // called once a probe, one at a time; nil = no
}

// Overdue is how long a row may wait for the sealer, by the real clock.
const Overdue = 60 * time.Second

// Prove runs the probes on one unchanging view of the database, several at a time, and gives their checks in the order
// of the probes.
func Prove(ctx context.Context, db *bun.DB, probes []Probe, o Options) ([]Check, error) {
	if o.Workers == 0 {
		o.Workers = min(runtime.NumCPU(), 4)
	}
	var all []Check
	err := Snapshot(ctx, db, func(tx bun.Tx) error {
		var view string
		if err := tx.NewRaw("SELECT pg_export_snapshot()").Scan(ctx, &view); err != nil {
			return fmt.Errorf("export the view: %w", err)
		}
		r := run{o: o, probes: probes, found: make([][]Check, len(probes))}
		if err := r.all(ctx, db, tx, view); err != nil {
			return err
		}
		for _, cs := range r.found {
			all = append(all, cs...)
		}
		return nil
	})
	return all, err
}

// Verify recomputes every digest of the audit log and its tree and names the first altered, added or removed record.
// key is the one heads must be signed with; nil accepts the key kept beside each head.
func Verify(ctx context.Context, db *bun.DB, key ed25519.PublicKey) ([]Check, error) {
	return Prove(ctx, db, Probes(), Options{Key: key})
}

// Probes are those of the schema, of the audit log and of the versions of kept rows.
func Probes() []Probe {
	return []Probe{functions(), triggers(), rows(), Tree("audit"), versions(), Tree("rows")}
}

// First gives the first check that found a break, nil when all hold.
func First(checks []Check) *Check {
	for i := range checks {
		if checks[i].Break != "" {
			return &checks[i]
		}
	}
	return nil
}

// Snapshot runs fn on one unchanging view of the database. Statements in it may take longer than those of a page.
func Snapshot(ctx context.Context, db *bun.DB, fn func(tx bun.Tx) error) error {
	return db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		func(_ context.Context, tx bun.Tx) error { return fn(tx) })
}

// run is one verification under way.
type run struct {
	o      Options
	probes []Probe
	found  [][]Check

	mu   sync.Mutex
	next int
	err  error
}

// all shares the probes out to the workers; the first of them works on the connection that holds the view.
func (r *run) all(ctx context.Context, db *bun.DB, tx bun.Tx, view string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	for range min(r.o.Workers, len(r.probes)) - 1 {
		wg.Go(func() {
			r.fail(stop, Snapshot(ctx, db, func(tx bun.Tx) error {
				if _, err := tx.ExecContext(ctx, "SET TRANSACTION SNAPSHOT '"+view+"'"); err != nil {
					return fmt.Errorf("share the view: %w", err)
				}
				return r.work(ctx, tx)
			}))
		})
	}
	r.fail(stop, r.work(ctx, tx))
	wg.Wait()
	return r.err
}

func (r *run) fail(stop context.CancelFunc, err error) {
	if err == nil {
		return
	}
	stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

func (r *run) work(ctx context.Context, tx bun.Tx) error {
	// Whole tables are sorted and hashed; a plan compiled anew for each statement costs more than it gives.
	if _, err := tx.ExecContext(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"); err != nil {
		return err
	}
	for ctx.Err() == nil {
		r.mu.Lock()
		i := r.next
		r.next++
		r.mu.Unlock()
		if i >= len(r.probes) {
			return nil
		}
		if err := r.one(ctx, tx, i); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (r *run) one(ctx context.Context, tx bun.Tx, i int) error {
	p, start, rows := r.probes[i], time.Now(), int64(0)
	step := func(n int64) {
		if rows += n; r.o.Progress != nil {
			r.o.Progress(p.Name, rows)
		}
	}
	step(0)
	cs, err := p.Run(ctx, Look{Tx: tx, Key: r.o.Key, Step: step})
	if err != nil {
		return fmt.Errorf("verify %s: %w", p.Name, err)
	}
	took := time.Since(start)
	for k := range cs {
		cs[k].Took = took
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[i] = cs
	if r.o.Done != nil {
		r.o.Done(p.Name, took, cs)
	}
	return nil
}

// Query is a probe in SQL. count gives how many rows are looked at; first gives at most one row: the broken one by name,
// what stands there and what should. Both are run with args.
func Query(code, count, first string, args ...any) Probe {
	return Probe{Name: code, Run: func(ctx context.Context, l Look) ([]Check, error) {
		c := Check{Code: code}
		if err := l.Tx.NewRaw(count, args...).Scan(ctx, &c.Count); err != nil {
			return nil, err
		}
		if err := c.first(ctx, l.Tx, first, args...); err != nil {
			return nil, err
		}
		l.Step(c.Count)
		return []Check{c}, nil
	}}
}

// Chunk is how many rows Chunks takes at a time.
const Chunk = 25_000

// Chunks is a probe in SQL that walks the ids of a table, Chunk at a time: first is run for each part with ?0 the first
// id and ?1 the one after the last, until one gives a row.
func Chunks(code, relation, first string) Probe {
	return Probe{Name: code, Run: func(ctx context.Context, l Look) ([]Check, error) {
		c := Check{Code: code}
		var low, high int64
		err := l.Tx.NewRaw("SELECT count(*), coalesce(min(id), 1), coalesce(max(id), 0) FROM "+relation).Scan(ctx, &c.Count, &low, &high)
		if err != nil {
			return nil, err
		}
		left := c.Count
		for ; low <= high && c.Break == ""; low += Chunk {
			if err := c.first(ctx, l.Tx, first, low, low+Chunk); err != nil {
				return nil, err
			}
			l.Step(min(left, Chunk))
			left -= min(left, Chunk)
		}
		return []Check{c}, nil
	}}
}

// first reads the broken row of a query into c.
func (c *Check) first(ctx context.Context, tx bun.IDB, query string, args ...any) error {
	var stands, wanted *string
	err := tx.NewRaw(query, args...).Scan(ctx, &c.Break, &stands, &wanted)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	c.Say(stands, wanted)
	return nil
}

// Say keeps what stands in the broken row and what should, nil for nothing at all.
func (c *Check) Say(stands, wanted *string) {
	word := func(s *string) string {
		if s == nil {
			return "–"
		}
		return *s
	}
	c.Stands, c.Wanted = word(stands), word(wanted)
}

// Same compares what stands in a row with what should, written out; the first difference becomes the break of c. A nil
// pointer is nothing at all.
func (c *Check) Same(row, what string, stands, wanted any) {
	is, want := written(stands), written(wanted)
	if c.Break == "" && is != want {
		c.Break, c.Stands, c.Wanted = row, what+" "+is, what+" "+want
	}
}

func written(v any) string {
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer {
		if r.IsNil() {
			return "–"
		}
		r = r.Elem()
	}
	if !r.IsValid() {
		return "–"
	}
	return fmt.Sprint(r.Interface())
}
