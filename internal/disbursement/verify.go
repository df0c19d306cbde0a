package disbursement

import (
	"kinhbac/internal/audit"
	"kinhbac/internal/ledger"
)

// Probes hold requests, payment orders and settlements of advances against the agreement both parties signed, and the books against both.
func Probes() []audit.Probe {
	return []audit.Probe{requestsAgree, ordersAgree, payeesAgree, requestsPosted, ordersPosted, settlementsAgree, settlementsPosted, contractsStand, asLeft}
}

// requestsAgree: a request asks the amount of its milestone, of its agreement, and nobody is paid who did not ask.
var requestsAgree = audit.Query("disbursement.check.requests", "SELECT count(*) FROM disbursement_requests", `
	SELECT 'disbursement_requests ' || r.id, x.name || ' ' || coalesce(x.stands, '–'), x.name || ' ' || coalesce(x.wanted, '–') FROM disbursement_requests r
	  LEFT JOIN agreements g ON g.id = r.agreement_id LEFT JOIN agreement_milestones m ON m.id = r.milestone_id AND m.agreement_id = r.agreement_id
	 CROSS JOIN LATERAL (VALUES (1, 'amount', r.amount::text, m.amount::text), (2, 'organisation', r.organisation_id::text, g.organisation_id::text),
	        (5, 'advance', r.advance::text, (m.kind = 'advance')::text),
	        (3, 'paid orders', (SELECT count(*)::text FROM payment_orders o WHERE o.request_id = r.id AND o.status = 'paid'), CASE r.status WHEN 'paid' THEN '1' ELSE '0' END),
	        (4, 'orders under way', (SELECT count(*)::text FROM payment_orders o WHERE o.request_id = r.id AND o.status NOT IN ('paid', 'failed', 'cancelled')),
	            CASE r.status WHEN 'ordered' THEN '1' ELSE '0' END)) x (place, name, stands, wanted)
	 WHERE x.stands IS DISTINCT FROM x.wanted ORDER BY r.id, x.place LIMIT 1`)

// ordersAgree: an order pays the amount of its request, by four people, and is booked on the treasury's day or, when that
// month was closed, on the day it was recorded.
var ordersAgree = audit.Query("disbursement.check.orders", "SELECT count(*) FROM payment_orders", `
	SELECT 'payment_orders ' || o.id, x.name || ' ' || coalesce(x.stands, '–'), x.name || ' ' || coalesce(x.wanted, '–') FROM payment_orders o
	  LEFT JOIN disbursement_requests r ON r.id = o.request_id
	  LEFT JOIN LATERAL (SELECT string_agg(DISTINCT j.effective_on::text, ' ') AS days FROM ledger.journals j
	       WHERE j.document_kind = 'payment_order' AND j.document_id = o.id AND j.kind IN ('disburse', 'advance')) b ON true
	 CROSS JOIN LATERAL (VALUES (1, 'amount', o.amount::text, r.amount::text), (2, 'organisation', o.organisation_id::text, r.organisation_id::text),
	        (3, 'people', (SELECT count(DISTINCT p)::text FROM unnest(ARRAY[coalesce(r.submitted_by, r.prepared_by), o.made_by, o.checked_by, o.approved_by]) p),
	            (SELECT count(*)::text FROM unnest(ARRAY[coalesce(r.submitted_by, r.prepared_by), o.made_by, o.checked_by, o.approved_by]) p WHERE p IS NOT NULL)),
        (4, 'paid on', o.paid_on::text, CASE o.status WHEN 'paid' THEN r.paid_on::text END),
        (5, 'booked on', b.days, CASE WHEN b.days = (o.paid_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date::text THEN b.days ELSE o.paid_on::text END)) x (place, name, stands, wanted)
	 WHERE x.stands IS DISTINCT FROM x.wanted ORDER BY o.id, x.place LIMIT 1`)

// payeesAgree: an order pays into the account that stands in the agreement both parties signed, or stood there when it was made.
var payeesAgree = audit.Query("disbursement.check.payees", "SELECT count(*) FROM payment_orders", `
	SELECT 'payment_orders ' || o.id, concat_ws(' · ', o.payee_name, o.payee_bank, o.payee_account), concat_ws(' · ', g.payee_name, g.payee_bank, g.payee_account)
	  FROM payment_orders o JOIN disbursement_requests r ON r.id = o.request_id JOIN agreements g ON g.id = r.agreement_id
	 WHERE (o.payee_name, o.payee_bank, o.payee_account) IS DISTINCT FROM (g.payee_name, g.payee_bank, g.payee_account)
	   AND NOT EXISTS (SELECT FROM row_versions w WHERE w.relation = 'agreements' AND w.row_key = g.id::text AND w.at <= o.made_at
	       AND (w.content ->> 'payee_name', w.content ->> 'payee_bank', w.content ->> 'payee_account') = (o.payee_name, o.payee_bank, o.payee_account))
	 ORDER BY o.id LIMIT 1`)

// requestsPosted: a request accepted for payment is owed in the books, no other is.
var requestsPosted = ledger.Follows("disbursement.check.requested", "disbursement_request", "^(BUDGET|CONTRACT)$", `
	SELECT r.id, x.book, x.account, x.sign * r.amount FROM disbursement_requests r
	 CROSS JOIN (VALUES ('BUDGET', 'committed', -1), ('BUDGET', 'requested', 1), ('CONTRACT', 'available', -1), ('CONTRACT', 'requested', 1)) x (book, account, sign)
	 WHERE r.status IN ('checked', 'ordered', 'paid')`)

// ordersPosted: a paid order is spent in all three books, or of an advance advanced, no other is.
var ordersPosted = ledger.Follows("disbursement.check.posted", "payment_order", "^(BUDGET|CONTRACT|ACTUAL)$", `
	SELECT o.id, x.book, x.account, x.sign * o.amount FROM payment_orders o JOIN disbursement_requests r ON r.id = o.request_id
	 CROSS JOIN LATERAL (VALUES ('BUDGET', 'requested', -1), ('BUDGET', CASE WHEN r.advance THEN 'advanced' ELSE 'disbursed' END, 1),
	        ('CONTRACT', 'requested', -1), ('CONTRACT', CASE WHEN r.advance THEN 'advanced' ELSE 'disbursed' END, 1),
	        ('ACTUAL', CASE WHEN r.advance THEN 'advances' ELSE 'grant_expense' END, 1), ('ACTUAL', 'cash_treasury', -1)) x (book, account, sign)
	 WHERE o.status = 'paid'`)

// settlementsAgree: a settlement is the sum of its vouchers, by different people, and takes no more off an advance than
// was paid.
var settlementsAgree = audit.Query("disbursement.check.settlements", "SELECT count(*) FROM advance_settlements", `
	SELECT 'advance_settlements ' || s.id, x.name || ' ' || coalesce(x.stands, '–'), x.name || ' ' || coalesce(x.wanted, '–') FROM advance_settlements s
	  JOIN disbursement_requests r ON r.id = s.request_id
	 CROSS JOIN LATERAL (VALUES (1, 'amount', s.amount::text, CASE s.kind WHEN 'refund' THEN s.amount::text
	            ELSE (SELECT coalesce(sum(v.amount), 0)::text FROM advance_vouchers v WHERE v.settlement_id = s.id) END),
	        (2, 'advance', r.advance::text || ' ' || r.status, 'true paid'), (3, 'agreement', s.agreement_id::text, r.agreement_id::text),
	        (4, 'organisation', s.organisation_id::text, r.organisation_id::text),
	        (6, 'vouchers claimed', (SELECT count(*)::text FROM advance_vouchers v WHERE v.settlement_id = s.id AND v.live),
	            (SELECT count(*)::text FROM advance_vouchers v WHERE v.settlement_id = s.id AND s.status NOT IN ('returned', 'cancelled'))),
	        (5, 'over the advance', greatest(0, (SELECT sum(y.amount) FROM advance_settlements y WHERE y.request_id = r.id AND y.status = 'confirmed') - r.amount)::text, '0')
	        ) x (place, name, stands, wanted)
	 WHERE x.stands IS DISTINCT FROM x.wanted ORDER BY s.id, x.place LIMIT 1`)

// settlementsPosted: a confirmed settlement is off the advance in all three books, no other is.
var settlementsPosted = ledger.Follows("disbursement.check.settled", "advance_settlement", "^(BUDGET|CONTRACT|ACTUAL)$", `
	SELECT s.id, x.book, x.account, x.sign * s.amount FROM advance_settlements s
	 CROSS JOIN LATERAL (VALUES ('BUDGET', 'advanced', -1), ('CONTRACT', 'advanced', -1), ('ACTUAL', 'advances', -1),
	        ('BUDGET', CASE WHEN s.kind = 'vouchers' THEN 'disbursed' ELSE (SELECT a.code FROM ledger.journals j
	                JOIN ledger.books b ON b.id = j.book_id AND b.code = 'BUDGET' JOIN ledger.postings p ON p.journal_id = j.id AND p.amount > 0
	                JOIN ledger.accounts a ON a.id = p.account_id
	                WHERE j.document_kind = 'advance_settlement' AND j.document_id = s.id AND a.code IN ('available', 'returned') LIMIT 1) END, 1),
	        ('CONTRACT', CASE s.kind WHEN 'vouchers' THEN 'disbursed' ELSE 'returned' END, 1),
	        ('ACTUAL', CASE s.kind WHEN 'vouchers' THEN 'grant_expense' ELSE 'cash_treasury' END, 1)) x (book, account, sign)
	 WHERE s.status = 'confirmed'`)

// contractsStand: the control line of a contract stands where its requests, orders and settlements say; what it has
// advanced is what its advances have open.
var contractsStand = audit.Query("disbursement.check.contracts", "SELECT count(*) FROM agreements WHERE contract_line IS NOT NULL", `
	SELECT 'control_lines ' || c.id, x.name || ' ' || trim_scale(x.stands), x.name || ' ' || trim_scale(x.wanted) FROM agreements g
	  JOIN ledger.control_lines c ON c.id = g.contract_line
	 CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount) FILTER (WHERE r.status = 'paid' AND NOT r.advance), 0) AS paid,
	        coalesce(sum(r.amount) FILTER (WHERE r.status = 'paid' AND r.advance), 0) AS given,
	        coalesce(sum(r.amount) FILTER (WHERE r.status IN ('checked', 'ordered')), 0) AS owed FROM disbursement_requests r WHERE r.agreement_id = g.id) s
	 CROSS JOIN LATERAL (SELECT coalesce(sum(y.amount) FILTER (WHERE y.kind = 'vouchers'), 0) AS spent, coalesce(sum(y.amount) FILTER (WHERE y.kind = 'refund'), 0) AS back
	          FROM advance_settlements y WHERE y.agreement_id = g.id AND y.status = 'confirmed') y
	 CROSS JOIN LATERAL (VALUES (1, 'disbursed', c.disbursed, s.paid + y.spent), (2, 'requested', c.requested, s.owed),
	        (3, 'advanced', c.advanced, s.given - y.spent - y.back), (4, 'returned', c.returned, y.back)) x (place, name, stands, wanted)
	 WHERE x.stands <> x.wanted ORDER BY c.id, x.place LIMIT 1`)

// asLeft: requests, orders and settlements are what the acts on them left.
var asLeft = audit.Rows("disbursement.check.rows", audit.Tables("disbursement_requests", "payment_orders", "advance_settlements", "advance_vouchers"))
