package budget

import "kinhbac/internal/audit"

// Probes hold every act against its voucher, every line against those below it, and sponsorship against the books.
func Probes() []audit.Probe { return []audit.Probe{vouchers, pushed, counted, sponsored} }

// vouchers: a decided act names the journal it posted, a receipt the one that took the money in.
var vouchers = audit.Query("budget.check.vouchers", "SELECT (SELECT count(*) FROM budget_acts) + (SELECT count(*) FROM sponsorship_receipts)", `
	SELECT x.what || ' ' || x.id, 'voucher ' || coalesce(nullif(x.voucher, ''), '–'), 'voucher ' || coalesce(j.number, '–') FROM (
		SELECT 'budget_acts' AS what, a.id, a.voucher, 'budget_act/' || a.id AS key FROM budget_acts a WHERE a.status = 'decided'
		UNION ALL SELECT 'sponsorship_receipts', r.id, r.voucher, 'sponsorship_receipt/' || r.id FROM sponsorship_receipts r WHERE r.status = 'confirmed') x
	  LEFT JOIN ledger.journals j ON j.request_key = x.key AND j.book_id = (SELECT b.id FROM ledger.books b WHERE b.code = 'BUDGET')
	 WHERE x.voucher IS DISTINCT FROM j.number ORDER BY x.id LIMIT 1`)

// pushed: what a line pushed down is what the lines below it were given.
var pushed = audit.Query("budget.check.pushed", "SELECT count(*) FROM budget_lines WHERE lines > 0", `
	SELECT 'budget_lines ' || p.id, 'allocated ' || trim_scale(cl.allocated), 'allocated ' || trim_scale(coalesce(x.given, 0)) FROM budget_lines p
	  JOIN ledger.control_lines cl ON cl.id = p.control_line
	  LEFT JOIN (SELECT c.parent_id, sum(k.authorised) AS given FROM budget_lines c JOIN ledger.control_lines k ON k.id = c.control_line
	              WHERE c.parent_id IS NOT NULL GROUP BY c.parent_id) x ON x.parent_id = p.id
	 WHERE cl.allocated <> coalesce(x.given, 0) ORDER BY p.id LIMIT 1`)

// counted: a line knows how many lines stand below it, and is of the year and source of the line above.
var counted = audit.Query("budget.check.tree", "SELECT count(*) FROM budget_lines", `
	SELECT 'budget_lines ' || p.id, x.name || ' ' || x.stands, x.name || ' ' || x.wanted FROM budget_lines p
	  LEFT JOIN budget_lines up ON up.id = p.parent_id
	  LEFT JOIN (SELECT parent_id, count(*) AS n FROM budget_lines GROUP BY parent_id) c ON c.parent_id = p.id
	 CROSS JOIN LATERAL (VALUES ('lines', p.lines::text, coalesce(c.n, 0)::text), ('year', p.year::text, coalesce(up.year, p.year)::text),
	        ('source', p.source_code, coalesce(up.source_code, p.source_code))) x (name, stands, wanted)
	 WHERE x.stands <> x.wanted ORDER BY p.id, x.name LIMIT 1`)

// sponsored: what confirmed receipts say came in is what the books of what really moved took from sponsors.
var sponsored = audit.Query("budget.check.sponsored", "SELECT count(*) FROM sponsorship_receipts WHERE status = 'confirmed'", `
	SELECT 'sponsorship_receipts ' || r.id, 'amount ' || r.amount, 'amount ' || coalesce(trim_scale(x.amount)::text, '–') FROM sponsorship_receipts r
	  LEFT JOIN LATERAL (SELECT -sum(p.amount) AS amount FROM ledger.journals j JOIN ledger.books b ON b.id = j.book_id AND b.code = 'ACTUAL'
	      JOIN ledger.postings p ON p.journal_id = j.id JOIN ledger.accounts a ON a.id = p.account_id AND a.code = 'sponsorship'
	      WHERE j.document_kind = 'sponsorship_receipt' AND j.document_id = r.id) x ON true
	 WHERE r.status = 'confirmed' AND r.amount IS DISTINCT FROM x.amount ORDER BY r.id LIMIT 1`)
