package ledger

import "kinhbac/internal/audit"

// journalDigest rebuilds in SQL the digest of a journal j from its row and its legs l, by built-in functions only:
// whoever replaces the kernel's functions does not replace the check. The order of the elements is told at the kernel.
const journalDigest = `sha256(array_send(ARRAY['journal.1', 'i' || j.id, 'i' || j.book_id, 't' || j.number, 't' || j.kind,
	'd' || to_char(j.effective_on, 'YYYY-MM-DD'), 't' || j.document_kind, 'u' || j.document_id, 't' || j.document_no,
	't' || j.request_key, 'x' || encode(j.content_hash, 'hex'), 'i' || j.reverses_id, 'i' || j.adjusts_id, 't' || j.reason,
	't' || j.legal_basis, 'u' || j.actor_id,
	'u' || j.approver_id, 'T' || (extract(epoch FROM j.at) * 1000000)::bigint, 'i' || j.leg_count]) || array_send(l.legs))`

// digests recomputes the digest of every journal.
func digests() audit.Probe {
	return audit.Chunks("ledger.check.digests", "ledger.journals", `SELECT 'journals ' || x.id, encode(x.digest, 'hex'), encode(x.wanted, 'hex')
		FROM (SELECT j.id, j.digest, `+journalDigest+` AS wanted FROM ledger.journals j
		  LEFT JOIN (SELECT p.journal_id, CASE WHEN bool_or(p.currency <> 'VND')
		                THEN array_agg(ARRAY['i' || p.leg, 't' || a.code, 'i' || p.dim_id, 'i' || p.line_id, 'n' || trim_scale(p.amount),
		                     't' || p.currency, 'n' || trim_scale(p.base_amount), 'i' || p.rate_id] ORDER BY p.leg)
		                ELSE array_agg(ARRAY['i' || p.leg, 't' || a.code, 'i' || p.dim_id, 'i' || p.line_id, 'n' || trim_scale(p.amount),
		                     't' || p.currency] ORDER BY p.leg) END AS legs
		               FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id
		              WHERE p.journal_id >= ?0 AND p.journal_id < ?1 GROUP BY p.journal_id) l ON l.journal_id = j.id
		 WHERE j.id >= ?0 AND j.id < ?1) x
		WHERE x.digest IS DISTINCT FROM x.wanted ORDER BY x.id LIMIT 1`)
}
