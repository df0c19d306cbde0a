package disbursement

import (
	"kinhbac/internal/audit"
	"kinhbac/internal/ledger"
)

// Probes hold requests and payment orders against the agreement both parties signed, and the books against both.
func Probes() []audit.Probe {
	return []audit.Probe{requestsAgree, ordersAgree, payeesAgree, requestsPosted, ordersPosted, contractsStand}
}

// requestsAgree: a request asks the amount of its milestone, of its agreement, and nobody is paid who did not ask.
var requestsAgree = audit.Query("disbursement.check.requests", "SELECT count(*) FROM disbursement_requests", `
	SELECT 'disbursement_requests ' || r.id, x.name || ' ' || coalesce(x.stands, '–'), x.name || ' ' || coalesce(x.wanted, '–') FROM disbursement_requests r
	  LEFT JOIN agreements g ON g.id = r.agreement_id LEFT JOIN agreement_milestones m ON m.id = r.milestone_id AND m.agreement_id = r.agreement_id
	 CROSS JOIN LATERAL (VALUES (1, 'amount', r.amount::text, m.amount::text), (2, 'organisation', r.organisation_id::text, g.organisation_id::text),
	        (3, 'paid orders', (SELECT count(*)::text FROM payment_orders o WHERE o.request_id = r.id AND o.status = 'paid'), CASE r.status WHEN 'paid' THEN '1' ELSE '0' END),
	        (4, 'orders under way', (SELECT count(*)::text FROM payment_orders o WHERE o.request_id = r.id AND o.status NOT IN ('paid', 'failed', 'cancelled')),
	            CASE r.status WHEN 'ordered' THEN '1' ELSE '0' END)) x (place, name, stands, wanted)
	 WHERE x.stands IS DISTINCT FROM x.wanted ORDER BY r.id, x.place LIMIT 1`)

// ordersAgree: an order pays the amount of its request, by four people.
var ordersAgree = audit.Query("disbursement.check.orders", "SELECT count(*) FROM payment_orders", `
	SELECT 'payment_orders ' || o.id, x.name || ' ' || coalesce(x.stands, '–'), x.name || ' ' || coalesce(x.wanted, '–') FROM payment_orders o
	  LEFT JOIN disbursement_requests r ON r.id = o.request_id
	 CROSS JOIN LATERAL (VALUES (1, 'amount', o.amount::text, r.amount::text), (2, 'organisation', o.organisation_id::text, r.organisation_id::text),
	        (3, 'people', (SELECT count(DISTINCT p)::text FROM unnest(ARRAY[coalesce(r.submitted_by, r.prepared_by), o.made_by, o.checked_by, o.approved_by]) p),
	            (SELECT count(*)::text FROM unnest(ARRAY[coalesce(r.submitted_by, r.prepared_by), o.made_by, o.checked_by, o.approved_by]) p WHERE p IS NOT NULL))) x (place, name, stands, wanted)
	 WHERE x.stands IS DISTINCT FROM x.wanted ORDER BY o.id, x.place LIMIT 1`)

// payeesAgree: an order pays into the account that stood in the agreement both parties signed.
var payeesAgree = audit.Query("disbursement.check.payees", "SELECT count(*) FROM payment_orders", `
	SELECT 'payment_orders ' || o.id, concat_ws(' · ', o.payee_name, o.payee_bank, o.payee_account), concat_ws(' · ', g.payee_name, g.payee_bank, g.payee_account)
	  FROM payment_orders o JOIN disbursement_requests r ON r.id = o.request_id JOIN agreements g ON g.id = r.agreement_id
	 WHERE (o.payee_name, o.payee_bank, o.payee_account) IS DISTINCT FROM (g.payee_name, g.payee_bank, g.payee_account) ORDER BY o.id LIMIT 1`)

// requestsPosted: a request accepted for payment is owed in the books, no other is.
var requestsPosted = ledger.Follows("disbursement.check.requested", "disbursement_request", "^(BUDGET|CONTRACT)$", `
	SELECT r.id, x.book, x.account, x.sign * r.amount FROM disbursement_requests r
	 CROSS JOIN (VALUES ('BUDGET', 'committed', -1), ('BUDGET', 'requested', 1), ('CONTRACT', 'available', -1), ('CONTRACT', 'requested', 1)) x (book, account, sign)
	 WHERE r.status IN ('checked', 'ordered', 'paid')`)

// ordersPosted: a paid order is spent in all three books, no other is.
var ordersPosted = ledger.Follows("disbursement.check.posted", "payment_order", "^(BUDGET|CONTRACT|ACTUAL)$", `
	SELECT o.id, x.book, x.account, x.sign * o.amount FROM payment_orders o
	 CROSS JOIN (VALUES ('BUDGET', 'requested', -1), ('BUDGET', 'disbursed', 1), ('CONTRACT', 'requested', -1), ('CONTRACT', 'disbursed', 1),
	        ('ACTUAL', 'grant_expense', 1), ('ACTUAL', 'cash_treasury', -1)) x (book, account, sign) WHERE o.status = 'paid'`)

// contractsStand: the control line of a contract stands where its requests and orders say.
var contractsStand = audit.Query("disbursement.check.contracts", "SELECT count(*) FROM agreements WHERE contract_line IS NOT NULL", `
	SELECT 'control_lines ' || c.id, x.name || ' ' || trim_scale(x.stands), x.name || ' ' || trim_scale(x.wanted) FROM agreements g
	  JOIN ledger.control_lines c ON c.id = g.contract_line
	 CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount) FILTER (WHERE r.status = 'paid'), 0) AS paid,
	        coalesce(sum(r.amount) FILTER (WHERE r.status IN ('checked', 'ordered')), 0) AS owed FROM disbursement_requests r WHERE r.agreement_id = g.id) s
	 CROSS JOIN LATERAL (VALUES (1, 'disbursed', c.disbursed, s.paid), (2, 'requested', c.requested, s.owed)) x (place, name, stands, wanted)
	 WHERE x.stands <> x.wanted ORDER BY c.id, x.place LIMIT 1`)
