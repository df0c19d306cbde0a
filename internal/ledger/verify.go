package ledger

import (
	"context"
	"crypto/ed25519"

	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
	"kinhbac/internal/storage"
)

// Verify recomputes the whole ledger on one unchanging view: zero sums, control lines and balances against the
// postings, allocations, journals against documents and back, guards, digests, the tree and its heads. Each check is
// one line; the first break of each is named. key is the one heads must be signed with; nil accepts the kept one.
func Verify(ctx context.Context, db *bun.DB, key ed25519.PublicKey) ([]audit.Check, error) {
	return audit.Prove(ctx, db, Probes(), audit.Options{Key: key})
}

// Probes are those of the ledger, in the order their lines are read.
func Probes() []audit.Probe {
	return []audit.Probe{
		zeroSum, lines, ceilings, balances, periods, states, turnovers, chained, closings, reversals, guards(), requests, documents(), commitments, digests(), audit.Tree("ledger"), asLeft,
	}
}

// zeroSum: every journal has the legs it declares, and they sum to zero per currency and per control line, as does the
// worth in đồng of its foreign legs.
var zeroSum = audit.Query("ledger.check.zero_sum", "SELECT count(*) FROM ledger.journals", `
	SELECT 'journals ' || coalesce(j.id, p.journal_id),
	       concat_ws(', ', coalesce(p.n, 0) || ' legs', CASE WHEN p.off THEN 'sum ' || p.total END),
	       coalesce(j.leg_count || ' legs, ', '') || 'sum 0'
	  FROM ledger.journals j
	  FULL JOIN (SELECT s.journal_id, sum(s.n) AS n, bool_or(s.total <> 0) OR coalesce(sum(s.base), 0) <> 0 AS off,
	                    trim_scale(greatest(max(abs(s.total)), abs(sum(s.base)))) AS total
	               FROM (SELECT journal_id, currency, line_id, count(*) AS n, sum(amount) AS total, sum(base_amount) AS base
	                       FROM ledger.postings GROUP BY journal_id, currency, line_id) s GROUP BY s.journal_id) p
	    ON p.journal_id = j.id
	 WHERE j.id IS NULL OR p.n IS NULL OR p.n <> j.leg_count OR p.off ORDER BY coalesce(j.id, p.journal_id) LIMIT 1`)

// lines: every stage of every control line is the sum of its postings.
var lines = audit.Query("ledger.check.lines", "SELECT count(*) FROM ledger.control_lines", `
	SELECT 'control_lines ' || x.id, x.stage || ' ' || trim_scale(x.stands), x.stage || ' ' || trim_scale(coalesce(x.wanted, 0)) FROM (
	    SELECT c.id, v.* FROM ledger.control_lines c
	      LEFT JOIN (SELECT s.line_id, count(*) AS version,
	            -coalesce(sum(s.source), 0) AS authorised, coalesce(sum(s.allocated), 0) AS allocated,
	            coalesce(sum(s.reserved), 0) AS reserved, coalesce(sum(s.committed), 0) AS committed,
	            coalesce(sum(s.requested), 0) AS requested, coalesce(sum(s.advanced), 0) AS advanced,
	            coalesce(sum(s.disbursed), 0) AS disbursed, coalesce(sum(s.returned), 0) AS returned,
	            coalesce(sum(s.closing), 0) AS closing
	            FROM (SELECT p.line_id, p.journal_id, sum(p.amount) FILTER (WHERE a.code = 'source') AS source,
	                  sum(p.amount) FILTER (WHERE a.code = 'allocated') AS allocated,
	                  sum(p.amount) FILTER (WHERE a.code = 'reserved') AS reserved,
	                  sum(p.amount) FILTER (WHERE a.code = 'committed') AS committed,
	                  sum(p.amount) FILTER (WHERE a.code = 'requested') AS requested,
	                  sum(p.amount) FILTER (WHERE a.code = 'advanced') AS advanced,
	                  sum(p.amount) FILTER (WHERE a.code = 'disbursed') AS disbursed,
	                  sum(p.amount) FILTER (WHERE a.code = 'returned') AS returned,
	                  sum(p.amount) FILTER (WHERE a.code = 'closing') AS closing
	                  FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id
	                 WHERE p.line_id IS NOT NULL GROUP BY p.line_id, p.journal_id) s GROUP BY s.line_id) s
	        ON s.line_id = c.id
	     CROSS JOIN LATERAL (VALUES (1, 'authorised', c.authorised, s.authorised), (2, 'allocated', c.allocated, s.allocated),
	            (3, 'reserved', c.reserved, s.reserved), (4, 'committed', c.committed, s.committed),
	            (5, 'requested', c.requested, s.requested), (6, 'advanced', c.advanced, s.advanced),
	            (7, 'disbursed', c.disbursed, s.disbursed), (8, 'returned', c.returned, s.returned),
	            (9, 'closing', c.closing, s.closing), (10, 'version', c.version, s.version)) v (place, stage, stands, wanted)
	     WHERE (c.version, c.authorised, c.allocated, c.reserved, c.committed, c.requested, c.advanced, c.disbursed,
	            c.returned, c.closing)
	        <> (coalesce(s.version, 0), coalesce(s.authorised, 0), coalesce(s.allocated, 0), coalesce(s.reserved, 0),
	            coalesce(s.committed, 0), coalesce(s.requested, 0), coalesce(s.advanced, 0), coalesce(s.disbursed, 0),
	            coalesce(s.returned, 0), coalesce(s.closing, 0))) x
	 WHERE x.stands <> coalesce(x.wanted, 0) ORDER BY x.id, x.place LIMIT 1`)

// ceilings: no stage is below zero, and together they stay within what is authorised.
var ceilings = audit.Query("ledger.check.ceilings", "SELECT count(*) FROM ledger.control_lines", `
	SELECT 'control_lines ' || id, trim_scale(least(authorised, allocated, reserved, committed, requested, advanced, disbursed, returned, closing))
	       || ' … ' || trim_scale(allocated + reserved + committed + requested + advanced + disbursed + returned + closing), '0 … ' || trim_scale(authorised)
	  FROM ledger.control_lines
	 WHERE least(authorised, allocated, reserved, committed, requested, advanced, disbursed, returned, closing) < 0
	    OR allocated + reserved + committed + requested + advanced + disbursed + returned + closing > authorised ORDER BY id LIMIT 1`)

// balances: every running balance is the sum of its postings, in the currency of its account and in đồng.
var balances = audit.Query("ledger.check.balances", "SELECT count(*) FROM ledger.account_balances", `
	SELECT 'account_balances ' || coalesce(b.account_id, s.account_id) || '/' || coalesce(b.dim_id, s.dim_id) || '/'
	       || coalesce(b.period_id, s.period_id), concat_ws(' / ', trim_scale(b.debit), trim_scale(b.credit), trim_scale(b.base)),
	       concat_ws(' / ', trim_scale(s.debit), trim_scale(s.credit), trim_scale(s.base))
	  FROM ledger.account_balances b
	  FULL JOIN (SELECT p.account_id, p.dim_id, j.period_id, coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0) AS debit,
	        coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0) AS credit, sum(p.base_amount) AS base
	        FROM ledger.postings p JOIN ledger.journals j ON j.id = p.journal_id WHERE p.line_id IS NULL
	       GROUP BY p.account_id, p.dim_id, j.period_id) s
	    ON (s.account_id, s.dim_id, s.period_id) = (b.account_id, b.dim_id, b.period_id)
	 WHERE (b.debit, b.credit, b.base) IS DISTINCT FROM (s.debit, s.credit, s.base)
	 ORDER BY coalesce(b.account_id, s.account_id), coalesce(b.dim_id, s.dim_id), coalesce(b.period_id, s.period_id) LIMIT 1`)

// periods: every journal stands in the period of its own book that holds its day, and its legs stand on that day.
var periods = audit.Query("ledger.check.periods", "SELECT count(*) FROM ledger.periods", `
	(SELECT 'journals ' || j.id, 'period ' || j.period_id, 'period of ' || j.effective_on
	   FROM ledger.journals j LEFT JOIN ledger.periods p ON p.id = j.period_id
	  WHERE p.id IS NULL OR p.book_id <> j.book_id OR j.effective_on NOT BETWEEN p.starts_on AND p.ends_on ORDER BY j.id LIMIT 1)
	UNION ALL
	(SELECT 'journals ' || j.id || ' leg ' || p.leg, p.effective_on::text, j.effective_on::text
	   FROM ledger.journals j JOIN ledger.postings p ON p.journal_id = j.id WHERE p.effective_on <> j.effective_on ORDER BY j.id, p.leg LIMIT 1)
	 LIMIT 1`)

// reversals: a journal that takes another back mirrors every leg of it.
var reversals = audit.Query("ledger.check.reversals", "SELECT count(*) FROM ledger.journals WHERE reverses_id IS NOT NULL", `
	SELECT 'journals ' || r.id, x.stands, x.wanted FROM ledger.journals r
	 CROSS JOIN LATERAL (SELECT string_agg(concat_ws('/', p.account_id, p.dim_id, p.line_id, trim_scale(p.amount), trim_scale(p.base_amount)), ' ' ORDER BY p.leg) AS stands
	       FROM ledger.postings p WHERE p.journal_id = r.id) a
	 CROSS JOIN LATERAL (SELECT a.stands, string_agg(concat_ws('/', p.account_id, p.dim_id, p.line_id, trim_scale(-p.amount), trim_scale(-p.base_amount)), ' ' ORDER BY p.leg) AS wanted
	       FROM ledger.postings p WHERE p.journal_id = r.reverses_id) x
	 WHERE r.reverses_id IS NOT NULL AND r.kind = 'reverse' AND x.stands IS DISTINCT FROM x.wanted ORDER BY r.id LIMIT 1`)

// requests: the key of a request stands on one journal a book and its content is kept with it.
var requests = audit.Query("ledger.check.requests", "SELECT count(*) FROM ledger.journals", `
	SELECT 'journals ' || min(id), count(*) || ' journals of key ' || request_key, '1' FROM ledger.journals
	 GROUP BY book_id, request_key HAVING count(*) > 1 ORDER BY min(id) LIMIT 1`)

// commitments: the document of a commitment made straight on a line says what its sealed journal says.
var commitments = audit.Query("ledger.check.commitments", "SELECT count(*) FROM ledger.commitments", `
	SELECT 'commitments ' || c.id, concat_ws(' / ', c.document_no, c.line_id, c.amount, c.made_by, c.signed_by, c.reason, c.at),
	       concat_ws(' / ', j.document_no, p.line_id, trim_scale(p.amount), j.actor_id, j.approver_id, j.reason, j.at)
	  FROM ledger.commitments c LEFT JOIN ledger.journals j ON j.id = c.journal_id AND j.document_kind = 'commitment' AND j.document_id = c.id
	  LEFT JOIN ledger.postings p ON p.journal_id = j.id AND p.amount > 0
	 WHERE (c.document_no, c.line_id, c.amount, c.made_by, c.signed_by, c.reason, c.at)
	       IS DISTINCT FROM (j.document_no, p.line_id, p.amount, j.actor_id, j.approver_id, j.reason, j.at) ORDER BY c.id LIMIT 1`)

// asLeft: who opened and closed what and why, rates, dimensions and the plan of accounts are what the acts on them left.
// The sums of control lines are another check's.
var asLeft = audit.Rows("ledger.check.rows", audit.Guarded("ledger.books", "ledger.accounts", "ledger.currencies", "ledger.kinds", "ledger.kind_moves",
	"ledger.document_kinds", "ledger.dim_sets",
	"ledger.state_changes", "ledger.rates", "ledger.budget_years", "ledger.periods", "ledger.dim_spans"),
	[]audit.Kept{{Table: "ledger.control_lines", Free: []string{storage.Mover, storage.App}, Fixed: true, Leave: []string{"authorised", "allocated", "reserved", "committed", "requested", "advanced",
		"disbursed", "returned", "closing", "version"}}})
