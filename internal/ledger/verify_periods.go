package ledger

import "kinhbac/internal/audit"

// turnovers: what stands in the trial balance of each closed month is what was posted in it, by account, dimensions and
// line, and what stood before it.
var turnovers = audit.Query("ledger.check.turnovers", "SELECT count(*) FROM ledger.closed_months", `
	WITH t AS (
	    SELECT m.change_id, coalesce(p.line_id, 0) AS line_id, p.account_id, p.dim_id, coalesce(sum(p.amount) FILTER (WHERE p.effective_on < m.starts_on), 0) AS opening,
	           coalesce(sum(p.amount) FILTER (WHERE p.effective_on >= m.starts_on AND p.amount > 0), 0) AS debit,
	           coalesce(-sum(p.amount) FILTER (WHERE p.effective_on >= m.starts_on AND p.amount < 0), 0) AS credit
	      FROM ledger.closed_months m JOIN ledger.accounts a ON a.book_id = m.book_id JOIN ledger.postings p ON p.account_id = a.id AND p.effective_on <= m.ends_on
	     WHERE m.ends_on = (SELECT max(n.ends_on) FROM ledger.closed_months n WHERE n.book_id = m.book_id)
	     GROUP BY m.change_id, p.line_id, p.account_id, p.dim_id),
	b AS (SELECT b.* FROM ledger.period_balances b JOIN ledger.closed_months m ON m.change_id = b.change_id
	     WHERE m.ends_on = (SELECT max(n.ends_on) FROM ledger.closed_months n WHERE n.book_id = m.book_id))
	SELECT 'period_balances ' || change_id || '/' || line_id || '/' || account_id || '/' || dim_id,
	       concat_ws(' / ', trim_scale(coalesce(b.opening, 0)), trim_scale(coalesce(b.debit, 0)), trim_scale(coalesce(b.credit, 0))),
	       concat_ws(' / ', trim_scale(coalesce(t.opening, 0)), trim_scale(coalesce(t.debit, 0)), trim_scale(coalesce(t.credit, 0)))
	  FROM b FULL JOIN t USING (change_id, line_id, account_id, dim_id)
	 WHERE (coalesce(b.opening, 0), coalesce(b.debit, 0), coalesce(b.credit, 0)) <> (coalesce(t.opening, 0), coalesce(t.debit, 0), coalesce(t.credit, 0))
	 ORDER BY change_id, line_id, account_id, dim_id LIMIT 1`)

// chained: each closed month opens with what the one before it ended with.
var chained = audit.Query("ledger.check.chained", "SELECT count(*) FROM ledger.closed_months", `
	WITH m AS (SELECT change_id, lag(change_id) OVER (PARTITION BY book_id ORDER BY starts_on) AS before FROM ledger.closed_months)
	SELECT 'period_balances ' || change_id || '/' || line_id || '/' || account_id || '/' || dim_id, 'opening ' || trim_scale(coalesce(b.opening, 0)),
	       'opening ' || trim_scale(coalesce(o.closing, 0))
	  FROM (SELECT b.* FROM m JOIN ledger.period_balances b ON b.change_id = m.change_id WHERE m.before IS NOT NULL) b
	  FULL JOIN (SELECT m.change_id, o.line_id, o.account_id, o.dim_id, o.opening + o.debit - o.credit AS closing
	               FROM m JOIN ledger.period_balances o ON o.change_id = m.before WHERE o.opening + o.debit <> o.credit) o USING (change_id, line_id, account_id, dim_id)
	 WHERE coalesce(b.opening, 0) <> coalesce(o.closing, 0) ORDER BY change_id, line_id, account_id, dim_id LIMIT 1`)

// closings: a trial balance of a month has the digest it was closed with, and stands under a head of the sealed tree.
var closings = audit.Query("ledger.check.closings", "SELECT count(*) FROM ledger.state_changes WHERE version IS NOT NULL", `
	SELECT 'state_changes ' || c.id, x.stands, x.wanted FROM ledger.state_changes c
	  JOIN ledger.periods p ON p.id = c.period_id JOIN ledger.books k ON k.id = c.book_id
	  LEFT JOIN public.seal_heads h ON h.tree = 'ledger' AND h.size = c.tree_size
	 CROSS JOIN LATERAL (SELECT sha256(array_send(ARRAY['trial.1', 't' || k.code, 'd' || to_char(p.starts_on, 'YYYY-MM-DD'), 'i' || c.version, 'i' || c.journals,
	            'i' || c.tree_size, 'x' || encode(c.tree_root, 'hex')])
	        || coalesce(string_agg(sha256(array_send(ARRAY['i' || t.line_id, 'i' || t.account_id, 'i' || t.dim_id, 'n' || trim_scale(t.opening),
	            'n' || trim_scale(t.debit), 'n' || trim_scale(t.credit)])), '' ORDER BY t.line_id, t.account_id, t.dim_id), '')) AS digest
	        FROM ledger.period_balances t WHERE t.change_id = c.id) d
	 CROSS JOIN LATERAL (VALUES (1, encode(c.digest, 'hex'), encode(d.digest, 'hex')), (2, encode(c.tree_root, 'hex'), coalesce(encode(h.root, 'hex'), '–'))) x (place, stands, wanted)
	 WHERE c.version IS NOT NULL AND c.journals > 0 AND x.stands <> x.wanted ORDER BY c.id, x.place LIMIT 1`)

// states: a year and a period of a book stand where their last change left them, and each change begins where the one
// before it ended.
var states = audit.Query("ledger.check.states", "SELECT (SELECT count(*) FROM ledger.budget_years) + (SELECT count(*) FROM ledger.periods)", `
	SELECT x.place, x.stands, x.wanted FROM (
	    SELECT 'budget_years ' || y.book_id || '/' || y.year AS place, y.state AS stands, coalesce((SELECT c.to_state FROM ledger.state_changes c
	        WHERE c.book_id = y.book_id AND c.year = y.year ORDER BY c.id DESC LIMIT 1), 'open') AS wanted FROM ledger.budget_years y
	    UNION ALL SELECT 'periods ' || p.id, p.state, coalesce((SELECT c.to_state FROM ledger.state_changes c WHERE c.period_id = p.id ORDER BY c.id DESC LIMIT 1), 'open')
	      FROM ledger.periods p
	    UNION ALL SELECT 'state_changes ' || c.id, c.from_state, lag(c.to_state, 1, 'open') OVER (PARTITION BY c.book_id, c.period_id, c.year ORDER BY c.id)
	      FROM ledger.state_changes c) x
	 WHERE x.stands <> x.wanted ORDER BY x.place LIMIT 1`)
