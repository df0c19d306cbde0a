package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
)

// A full run measures reads and the proof over a million postings, two a journal.
const (
	manyJournals = 500_000
	fewJournals  = 2_000
)

// importing reports the batches that gave every line its money, without the first that warms the kernel, beside single
// posts from one connection.
func (h *house) importing(ctx context.Context, o Options) ([]Case, error) {
	pg, err := newGenerator(&h.cluster.Cluster, h.data)
	if err != nil {
		return nil, err
	}
	single, err := pg.run(ctx, commitment(h.first, h.first+spread-1, h.actor, h.client.approver, h.actor), 1, o.Length, h.databaseTime)
	if err != nil {
		return nil, err
	}
	warm := slices.Sorted(slices.Values(h.imported[1:]))
	middle, slowest := warm[len(warm)/2], warm[len(warm)-1]
	c := Case{Name: "import_10000", HTTP: spread / middle.Seconds(), PGBench: single.perSecond, P50: millis(middle), P99: millis(slowest),
		Operations: spread * len(warm)}
	c.Ratio = c.HTTP / c.PGBench
	return []Case{c.met("<= 3 s, ratio >= 5", max(slowest, h.imported[0]) <= 3*time.Second && c.Ratio >= 5)}, nil
}

// books measures reads over many postings, then the proof of all of it.
func (h *house) books(ctx context.Context, o Options) (all []Case, err error) {
	o.Say("filling the ledger")
	journals := manyJournals
	if o.Small {
		journals = fewJournals
	}
	year := time.Now().Year()
	err = ledger.Fill(ctx, h.owner, ledger.Filling{Journals: journals, Lines: min(spread, journals), Year: year})
	if err != nil {
		return nil, err
	}
	if _, err := h.owner.ExecContext(ctx, "ANALYZE"); err != nil {
		return nil, err
	}
	reads, err := h.reads(ctx, year)
	if err != nil {
		return nil, err
	}
	return append(all, reads...), nil
}

func (h *house) reads(ctx context.Context, year int) ([]Case, error) {
	line := func() int64 { return h.first + rand.Int64N(spread) }
	now, err := timed("balance_now", 500, func() error { _, err := ledger.Line(ctx, h.db, line()); return err })
	if err != nil {
		return nil, err
	}
	middle := calendar.On(year, 7, 1)
	past, err := timed("balance_as_of", 200, func() error { _, err := ledger.LineAsOf(ctx, h.db, line(), middle); return err })
	if err != nil {
		return nil, err
	}
	// The page's way: the first reader of a period sums every leg, the next ones what came since.
	var trials ledger.Trials
	ask := func() error {
		_, err := trials.Of(ctx, h.db, "BUDGET", calendar.On(year, 1, 1), calendar.On(year, 12, 31))
		return err
	}
	whole, err := timed("trial_balance_first", 1, ask)
	if err != nil {
		return nil, err
	}
	trial, err := timed("trial_balance", 20, ask)
	if err != nil {
		return nil, err
	}
	kept, err := timed("dashboard", 20, func() error { return h.sums(ctx, sumsKept) })
	if err != nil {
		return nil, err
	}
	bare, err := timed("", 3, func() error { return h.sums(ctx, sumsPosted) })
	if err != nil {
		return nil, err
	}
	kept.Ratio = bare.P50 / kept.P50
	return []Case{now.met("p99 <= 5 ms", now.P99 <= 5), past.met("p99 <= 50 ms", past.P99 <= 50), whole.met("p99 <= 1000 ms", whole.P99 <= 1000), trial.met("p99 <= 1000 ms", trial.P99 <= 1000),
		kept.met("ratio >= 30", kept.Ratio >= 30)}, nil
}

// The sums of a year by programme, from the balances and from the postings.
const (
	sumsKept = `SELECT count(*) FROM (SELECT d.programme_code, sum(c.authorised), sum(c.committed) FROM ledger.control_lines c
		JOIN ledger.dim_sets d ON d.id = c.dim_id GROUP BY d.source_code, left(d.programme_code, 2), d.programme_code) x`
	sumsPosted = `SELECT count(*) FROM (SELECT d.programme_code, -sum(p.amount) FILTER (WHERE a.code = 'source'), sum(p.amount) FILTER (WHERE a.code = 'committed')
		FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id JOIN ledger.dim_sets d ON d.id = p.dim_id
		WHERE p.line_id IS NOT NULL GROUP BY d.source_code, left(d.programme_code, 2), d.programme_code) x`
)

func (h *house) sums(ctx context.Context, query string) error {
	var n int
	return storage.InTx(ctx, h.db, func(ctx context.Context, tx bun.Tx) error { return tx.NewRaw(query).Scan(ctx, &n) })
}

// timed runs do so many times, one after the other.
func timed(name string, times int, do func() error) (Case, error) {
	took := make([]time.Duration, times)
	start := time.Now()
	for i := range took {
		one := time.Now()
		if err := do(); err != nil {
			return Case{}, fmt.Errorf("%s: %w", name, err)
		}
		took[i] = time.Since(one)
	}
	slices.Sort(took)
	l := load{took: took, within: time.Since(start)}
	return Case{Name: name, HTTP: l.perSecond(), P50: l.at(0.5), P99: l.at(0.99), Operations: times}, nil
}

// proof seals what is left and verifies everything, and counts what has drifted.
func (h *house) proof(ctx context.Context, o Options, r *Report) error {
	o.Say("sealing")
	for {
		n, err := audit.Seal(ctx, h.db, h.app.Signer)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	o.Say("verifying")
	start := time.Now()
	checks, err := audit.Prove(ctx, h.db, app.Probes(), audit.Options{Key: h.app.Signer.Public()})
	if err != nil {
		return err
	}
	took := time.Since(start)
	c := Case{Name: "verify", P50: millis(took), P99: millis(took)}
	for _, one := range checks {
		if one.Code == "ledger.check.zero_sum" {
			c.Operations = int(one.Count)
		}
	}
	c.HTTP = float64(c.Operations) / took.Seconds()
	r.Cases = append(r.Cases, c.met("1,000,000 journals in 60 s", c.HTTP >= 1_000_000/60.0 || o.Small))
	if first := audit.First(checks); first != nil {
		r.Broken = first.Code + ": " + first.Break
	}
	return h.db.NewRaw(drifted).Scan(ctx, &r.Drift)
}

// drifted counts control lines and balances that are not the sum of their postings.
const drifted = `SELECT (SELECT count(*) FROM ledger.control_lines c LEFT JOIN (
		SELECT p.line_id, -sum(p.amount) FILTER (WHERE a.code = 'source') AS authorised, sum(p.amount) FILTER (WHERE a.code = 'committed') AS committed
		  FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.line_id IS NOT NULL GROUP BY p.line_id) s ON s.line_id = c.id
	 WHERE c.authorised <> coalesce(s.authorised, 0) OR c.committed <> coalesce(s.committed, 0))
	+ (SELECT count(*) FROM ledger.account_balances b LEFT JOIN (
		SELECT p.account_id, p.dim_id, j.period_id, sum(p.amount) AS amount FROM ledger.postings p JOIN ledger.journals j ON j.id = p.journal_id
		 WHERE p.line_id IS NULL GROUP BY p.account_id, p.dim_id, j.period_id) s USING (account_id, dim_id, period_id)
	 WHERE b.debit - b.credit <> coalesce(s.amount, 0))`
