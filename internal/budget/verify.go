package budget

import "kinhbac/internal/audit"

// Probes hold every act against its voucher, every line against those below it, sponsorship and ends of years against
// the books, and estimates against the versions they kept.
func Probes() []audit.Probe {
	return []audit.Probe{vouchers, acts, pushed, counted, sponsored, years, kept, estimates, asLeft}
}

// vouchers: a decided act names the journal it posted, a receipt the one that took the money in.
var vouchers = audit.Query("budget.check.vouchers", "SELECT (SELECT count(*) FROM budget_acts) + (SELECT count(*) FROM sponsorship_receipts)", `
	SELECT x.what || ' ' || x.id, 'voucher ' || coalesce(nullif(x.voucher, ''), '–'), 'voucher ' || coalesce(j.number, '–') FROM (
		SELECT 'budget_acts' AS what, a.id, a.voucher, 'budget_act/' || a.id AS key FROM budget_acts a WHERE a.status = 'decided'
		UNION ALL SELECT 'sponsorship_receipts', r.id, r.voucher, 'sponsorship_receipt/' || r.id FROM sponsorship_receipts r WHERE r.status = 'confirmed') x
	  LEFT JOIN ledger.journals j ON j.request_key = x.key AND j.book_id = (SELECT b.id FROM ledger.books b WHERE b.code = 'BUDGET')
	 WHERE x.voucher IS DISTINCT FROM j.number ORDER BY x.id LIMIT 1`)

// acts: a decided act says what its voucher says, and the voucher stands on the lines of the act.
var acts = audit.Query("budget.check.acts", "SELECT count(*) FROM budget_acts WHERE status = 'decided'", `
	SELECT 'budget_acts ' || a.id, x.name || ' ' || x.stands, x.name || ' ' || coalesce(x.wanted, '–') FROM budget_acts a
	  JOIN ledger.books b ON b.code = 'BUDGET' JOIN ledger.journals j ON j.book_id = b.id AND j.request_key = 'budget_act/' || a.id
	  JOIN budget_lines l ON l.id = a.line_id LEFT JOIN budget_lines t ON t.id = a.to_line_id AND a.kind = 'transfer'
	 CROSS JOIN LATERAL (VALUES (1, 'document', a.decision_no || ' ngày ' || to_char(a.decided_on, 'DD/MM/YYYY'), j.document_no), (2, 'reason', a.reason, j.reason),
	        (3, 'basis', a.basis, j.legal_basis), (4, 'maker', a.proposed_by::text, j.actor_id::text), (5, 'checker', a.decided_by::text, j.approver_id::text),
	        (6, 'line', l.control_line::text, (SELECT min(p.line_id)::text FROM ledger.postings p WHERE p.journal_id = j.id AND p.line_id = l.control_line)),
	        (7, 'to line', t.control_line::text, (SELECT min(p.line_id)::text FROM ledger.postings p WHERE p.journal_id = j.id AND p.line_id = t.control_line))) x (place, name, stands, wanted)
	 WHERE a.status = 'decided' AND x.stands IS DISTINCT FROM x.wanted ORDER BY a.id, x.place LIMIT 1`)

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

// years: who opened the adjusting period of a year and who closed it are those of the books, and so is whether it is closed.
var years = audit.Query("budget.check.years", "SELECT count(*) FROM budget_year_ends", `
	SELECT 'budget_year_ends ' || e.year, x.name || ' ' || x.stands, x.name || ' ' || x.wanted FROM budget_year_ends e
	  JOIN ledger.books b ON b.code = 'BUDGET' LEFT JOIN ledger.budget_years y ON y.book_id = b.id AND y.year = e.year
	  LEFT JOIN LATERAL (SELECT c.actor_id FROM ledger.state_changes c WHERE c.book_id = b.id AND c.year = e.year AND NOT c.backwards
	      AND c.to_state = 'adjusting' ORDER BY c.id LIMIT 1) began ON true
	  LEFT JOIN LATERAL (SELECT c.approver_id FROM ledger.state_changes c WHERE c.book_id = b.id AND c.year = e.year AND y.state = 'closed'
	      ORDER BY c.id DESC LIMIT 1) closed ON true
	 CROSS JOIN LATERAL (VALUES (1, 'started by', e.started_by::text, coalesce(began.actor_id::text, '–')),
	        (2, 'closed by', coalesce(e.closed_by::text, '–'), coalesce(closed.approver_id::text, '–'))) x (place, name, stands, wanted)
	 WHERE x.stands <> x.wanted ORDER BY e.year, x.place LIMIT 1`)

// kept: a version of an estimate has the digest it was kept with.
var kept = audit.Query("budget.check.versions", "SELECT count(*) FROM budget_estimate_versions", `
	SELECT 'budget_estimate_versions ' || v.estimate_id || '/' || v.no, v.digest, d.digest FROM budget_estimate_versions v
	 CROSS JOIN LATERAL (SELECT encode(sha256(convert_to(v.content::text, 'UTF8')), 'hex') AS digest) d
	 WHERE v.digest <> d.digest ORDER BY v.estimate_id, v.no LIMIT 1`)

// estimates: an assigned estimate and its rows are those of its last version.
var estimates = audit.Query("budget.check.estimates", "SELECT count(*) FROM budget_estimates WHERE status = 'assigned'", `
	SELECT x.place, x.stands, x.wanted FROM budget_estimates e
	 CROSS JOIN LATERAL (SELECT v.status, v.content FROM budget_estimate_versions v WHERE v.estimate_id = e.id ORDER BY v.no DESC LIMIT 1) v
	 CROSS JOIN LATERAL (
	    SELECT 'budget_estimates ' || e.id AS place, concat_ws(' / ', e.status, e.decision_no) AS stands, concat_ws(' / ', v.status, v.content->>'decision') AS wanted
	     UNION ALL SELECT 'budget_estimate_rows ' || coalesce(r.id::text, c->>'id'), concat_ws(' / ', r.asked, r.appraised, r.code),
	           concat_ws(' / ', c->>'asked', c->>'appraised', c->>'code')
	      FROM (SELECT * FROM budget_estimate_rows WHERE estimate_id = e.id) r FULL JOIN jsonb_array_elements(v.content->'rows') c ON c->>'id' = r.id::text) x
	 WHERE e.status = 'assigned' AND x.stands <> x.wanted ORDER BY x.place LIMIT 1`)

// asLeft: budget rows are what the acts on them left.
var asLeft = audit.Rows("budget.check.rows", audit.Loaded("budget_codes"), audit.Tables("budget_lines", "budget_acts", "budget_estimates", "budget_estimate_rows",
	"budget_estimate_versions", "budget_estimate_files", "budget_imports", "budget_sources", "budget_source_files", "budget_spending_plans",
	"budget_year_ends", "sponsorships", "sponsorship_receipts", "budget_cancellations", "budget_cancellation_lines"))
