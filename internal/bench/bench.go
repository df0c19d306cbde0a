package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/google/uuid"
)

// spread is how many budget lines the load is spread over.
const spread = 10_000

// Options say how long to measure. The zero value is a full run.
type Options struct {
	Program     string        // the server to measure; "" = this program
	Data        string        // empty folder for the cluster; "" = one of its own, removed at the end
	Length      time.Duration // of one cell; 0 = 4 s
	Repetitions int           // 0 = 3
	Small       bool          // few postings: to see that it works, not how fast
	Say         func(string)  // progress; nil is silent
}

func (o Options) filled() (Options, error) {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Length == 0 {
		o.Length = 4 * time.Second
	}
	if o.Repetitions == 0 {
		o.Repetitions = 3
	}
	if o.Program == "" {
		p, err := os.Executable()
		if err != nil {
			return o, err
		}
		o.Program = p
	}
	return o, nil
}

// Ledger measures posting, import, sums and the proof of the ledger on a cluster made for it.
func Ledger(ctx context.Context, o Options) (r Report, err error) {
	start := time.Now()
	if o, err = o.filled(); err != nil {
		return r, err
	}
	if o.Data == "" {
		if o.Data, err = os.MkdirTemp("", "kinhbac-bench-"); err != nil {
			return r, err
		}
		defer os.RemoveAll(o.Data)
		if err := os.Chmod(o.Data, 0o711); err != nil { // the cluster's user passes
			return r, err
		}
	}
	h, err := open(ctx, o.Data, o.Program, o.Say)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if r.FlushMS, err = flush(o.Data); err != nil {
		return r, err
	}
	for _, run := range []func(context.Context, Options) ([]Case, error){h.posting, h.importing, h.books} {
		cases, err := run(ctx, o)
		r.Cases = append(r.Cases, cases...)
		if err != nil {
			return r, err
		}
	}
	if err := h.proof(ctx, o, &r); err != nil {
		return r, err
	}
	r.Seconds = time.Since(start).Round(time.Second).Seconds()
	return r, err
}

// cell is one repetition of one case.
type cell struct {
	raw  raw
	load *load
	cpu  float64 // of program and PostgreSQL per operation, over pgbench's
}

// posting compares the commitment over HTTP with pgbench on the same lines.
func (h *house) posting(ctx context.Context, o Options) (all []Case, err error) {
	pg, err := newGenerator(&h.cluster.Cluster, h.data)
	if err != nil {
		return nil, err
	}
	for _, hot := range []bool{false, true} {
		for _, connections := range []int{1, 8, 32} {
			c, err := h.compare(ctx, o, pg, hot, connections)
			if err != nil {
				return all, err
			}
			all = append(all, c)
		}
	}
	h.client.open(ctx, 100, time.Second, h.anyLine) // warm
	l := h.client.open(ctx, 100, o.Length*time.Duration(o.Repetitions), h.anyLine)
	calm := Case{Name: "commit_100_per_s", HTTP: l.perSecond(), P50: l.at(0.5), P99: l.at(0.99), Refused: l.refused, Failed: l.failed, Operations: len(l.took)}
	return append(all, calm.met("p99 <= 25 ms", calm.P99 <= 25 && l.failed == 0)), l.err()
}

func (l *load) err() error {
	if l.failed > 0 {
		return fmt.Errorf("%d answers were neither done nor insufficient, the first: %s", l.failed, l.first)
	}
	return nil
}

func (h *house) anyLine() string { return h.lines[rand.IntN(len(h.lines))].String() }

func (h *house) compare(ctx context.Context, o Options, pg *generator, hot bool, connections int) (Case, error) {
	c := Case{Name: fmt.Sprintf("commit_spread_%d", connections)}
	line, to := h.anyLine, h.first+spread-1
	if hot {
		c.Name = fmt.Sprintf("commit_hot_%d", connections)
		line, to = func() string { return h.lines[0].String() }, h.first
	}
	var cells []cell
	for n := range o.Repetitions {
		o.Say(fmt.Sprintf("%s, repetition %d of %d", c.Name, n+1, o.Repetitions))
		before, err := h.client.retries()
		if err != nil {
			return c, err
		}
		one, err := h.cell(ctx, o.Length, pg, commitment(h.first, to, h.actor, h.client.approver, uuid.New()), connections, line)
		if err != nil {
			return c, fmt.Errorf("%s: %w", c.Name, err)
		}
		after, err := h.client.retries()
		if err != nil {
			return c, err
		}
		c.Retries += after - before
		cells = append(cells, one)
	}
	pick := func(f func(cell) float64) float64 {
		var v []float64
		for _, one := range cells {
			v = append(v, f(one))
		}
		return median(v)
	}
	c.HTTP, c.PGBench = pick(func(x cell) float64 { return x.load.perSecond() }), pick(func(x cell) float64 { return x.raw.perSecond })
	c.Ratio, c.CPURatio = pick(func(x cell) float64 { return x.load.perSecond() / x.raw.perSecond }), pick(func(x cell) float64 { return x.cpu })
	c.P50, c.P99 = pick(func(x cell) float64 { return x.load.at(0.5) }), pick(func(x cell) float64 { return x.load.at(0.99) })
	for _, one := range cells {
		c.Refused, c.Failed, c.Operations = c.Refused+one.load.refused, c.Failed+one.load.failed, c.Operations+len(one.load.took)
	}
	if connections == 32 {
		goal, want := "ratio >= 0.6, cpu_ratio <= 2.5", 0.6
		if hot {
			goal, want = "ratio >= 1.5, cpu_ratio <= 2.5", 1.5
		}
		c = c.met(goal, c.Ratio >= want && c.CPURatio <= 2.5)
	}
	return c, nil
}

// cell measures pgbench, then the program, each with the CPU time it took.
func (h *house) cell(ctx context.Context, length time.Duration, pg *generator, script string, connections int, line func() string) (c cell, err error) {
	if c.raw, err = pg.run(ctx, script, connections, length, h.databaseTime); err != nil {
		return c, err
	}
	before, err := h.wholeTime()
	if err != nil {
		return c, err
	}
	c.load = h.client.closed(ctx, connections, length, line)
	after, err := h.wholeTime()
	if err != nil {
		return c, err
	}
	if err := c.load.err(); err != nil {
		return c, err
	}
	c.cpu = float64(after-before) / float64(len(c.load.took)) / float64(c.raw.cpu)
	return c, nil
}

// databaseTime is the CPU time that PostgreSQL has used.
func (h *house) databaseTime() (time.Duration, error) {
	master, err := postmaster(h.cluster.Dir)
	if err != nil {
		return 0, err
	}
	return cpuTime(master)
}

// wholeTime is that of PostgreSQL and the program.
func (h *house) wholeTime() (time.Duration, error) {
	db, err := h.databaseTime()
	if err != nil {
		return 0, err
	}
	program, err := cpuTime(h.server.Process.Pid)
	return db + program, err
}
