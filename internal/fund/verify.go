package fund

import "kinhbac/internal/audit"

// Probes hold the tables of a fund against each other and against its book.
func Probes() []audit.Probe {
	return []audit.Probe{investorsAddUp, capitalsAddUp, callsAddUp, flowsAreCash, cashIsThere, asLeft}
}

// asLeft: what a fund is, who pays into it and what moved are what the acts on them left.
var asLeft = audit.Rows("fund.check.rows", audit.Tables("funds", "fund_investors", "fund_capitals", "fund_capital_entries", "fund_distributions", "fund_flows",
	"capital_calls", "capital_call_lines", "capital_call_payments"))

// investorsAddUp: committed, paid and distributed are the sums of approved records, of payments and of distributions, and
// what is paid and distributed stands in the book under the investor's name.
var investorsAddUp = audit.Query("fund.check.investors", "SELECT count(*) FROM fund_investors", `
	WITH b AS (SELECT k.code AS book, a.code AS account, d.organisation_id AS investor, sum(p.amount) AS amount FROM ledger.postings p
	        JOIN ledger.accounts a ON a.id = p.account_id AND a.code IN ('capital', 'distributed') JOIN ledger.books k ON k.id = a.book_id AND k.code LIKE 'FUND/%'
	        JOIN ledger.dim_sets d ON d.id = p.dim_id GROUP BY k.code, a.code, d.organisation_id)
	SELECT 'fund_investors ' || i.id, x.name || ' ' || trim_scale(x.stands), x.name || ' ' || trim_scale(coalesce(x.wanted, 0)) FROM fund_investors i JOIN funds f ON f.id = i.fund_id
	 CROSS JOIN LATERAL (VALUES
	    (1, 'committed', i.committed, (SELECT sum(e.amount) FROM fund_capital_entries e WHERE e.investor_id = i.id AND e.kind = 'commitment' AND e.status = 'approved')),
	    (2, 'paid', i.paid, coalesce((SELECT sum(e.amount) FROM fund_capital_entries e WHERE e.investor_id = i.id AND e.kind = 'contribution' AND e.status = 'approved'), 0)
	        + coalesce((SELECT sum(p.amount) FROM capital_call_payments p JOIN capital_call_lines l ON l.id = p.line_id WHERE l.investor_id = i.id), 0)),
	    (3, 'paid in the book', -coalesce((SELECT sum(b.amount) FROM b WHERE b.book = 'FUND/' || f.code AND b.account = 'capital' AND b.investor = i.id), 0), i.paid),
	    (4, 'distributed', i.distributed, (SELECT sum(w.amount) FROM fund_flows w WHERE w.investor_id = i.id AND w.kind = 'distribution')),
	    (5, 'distributed in the book', coalesce((SELECT sum(b.amount) FROM b WHERE b.book = 'FUND/' || f.code AND b.account = 'distributed' AND b.investor = i.id), 0), i.distributed)
	    ) x (place, name, stands, wanted)
	 WHERE x.stands <> coalesce(x.wanted, 0) ORDER BY i.id, x.place LIMIT 1`)

// capitalsAddUp: the two sides of the State's share are the sums of the investors, within the charter's cap.
var capitalsAddUp = audit.Query("fund.check.capitals", "SELECT count(*) FROM fund_capitals", `
	SELECT 'fund_capitals ' || c.fund_id || ' ' || c.side, x.name || ' ' || x.stands, x.name || ' ' || x.wanted FROM fund_capitals c JOIN funds f ON f.id = c.fund_id
	 CROSS JOIN LATERAL (SELECT coalesce(sum(CASE c.side WHEN 'paid' THEN i.paid ELSE i.committed END), 0) AS total,
	        coalesce(sum(CASE c.side WHEN 'paid' THEN i.paid ELSE i.committed END) FILTER (WHERE i.class = 'state'), 0) AS state
	        FROM fund_investors i WHERE i.fund_id = c.fund_id) s
	 CROSS JOIN LATERAL (VALUES (1, 'total', c.total::text, s.total::text), (2, 'state', c.state::text, s.state::text), (3, 'cap', c.cap_bp::text, f.state_cap_bp::text),
	        (4, 'share within the cap', (c.state * 10000 <= c.cap_bp * c.total)::text, 'true')) x (place, name, stands, wanted)
	 WHERE x.stands <> x.wanted ORDER BY c.fund_id, c.side, x.place LIMIT 1`)

// callsAddUp: the lines of a call add up to its buckets, and a line is paid what came in on it.
var callsAddUp = audit.Query("fund.check.calls", "SELECT count(*) FROM capital_call_lines", `
	SELECT y.row, y.name || ' ' || y.stands, y.name || ' ' || y.wanted FROM (
	    SELECT 'capital_call_lines ' || l.id AS row, 'paid' AS name, l.paid AS stands,
	           coalesce((SELECT sum(p.amount) FROM capital_call_payments p WHERE p.line_id = l.id), 0) AS wanted FROM capital_call_lines l
	    UNION ALL
	    SELECT 'capital_calls ' || c.id, x.name, x.stands, x.wanted FROM capital_calls c
	     CROSS JOIN LATERAL (SELECT coalesce(sum(l.investment), 0) AS investment, coalesce(sum(l.fee), 0) AS fee, coalesce(sum(l.expense), 0) AS expense, count(*) AS n
	            FROM capital_call_lines l WHERE l.call_id = c.id) s
	     CROSS JOIN LATERAL (VALUES ('investment', s.investment, c.investment), ('fee', s.fee, c.fee), ('expense', s.expense, c.expense)) x (name, stands, wanted) WHERE s.n > 0) y
	 WHERE y.stands <> y.wanted ORDER BY y.row LIMIT 1`)

// flowsAreCash: what the flows of a document moved is what its journals moved on the fund's cash, and the other way round.
var flowsAreCash = audit.Query("fund.check.flows", "SELECT count(*) FROM fund_flows", `
	WITH w AS (SELECT f.fund_id, f.document_kind, f.document_id, sum(CASE WHEN f.kind IN ('contribution', 'proceeds') THEN f.amount ELSE -f.amount END) AS amount
	             FROM fund_flows f GROUP BY 1, 2, 3),
	b AS (SELECT f.id AS fund_id, j.document_kind, j.document_id, sum(p.amount) AS amount FROM funds f
	        JOIN ledger.books k ON k.code = 'FUND/' || f.code JOIN ledger.accounts a ON a.book_id = k.id AND a.code = 'cash'
	        JOIN ledger.journals j ON j.book_id = k.id JOIN ledger.postings p ON p.journal_id = j.id AND p.account_id = a.id
	       GROUP BY 1, 2, 3 HAVING sum(p.amount) <> 0)
	SELECT 'fund_flows ' || document_kind || ' ' || document_id, trim_scale(coalesce(w.amount, 0))::text, trim_scale(coalesce(b.amount, 0))::text
	  FROM w FULL JOIN b USING (fund_id, document_kind, document_id)
	 WHERE coalesce(w.amount, 0) <> coalesce(b.amount, 0) ORDER BY document_kind, document_id LIMIT 1`)

// cashIsThere: the line that keeps a fund from spending what it has not stands at the balance of its cash.
var cashIsThere = audit.Query("fund.check.cash", "SELECT count(*) FROM funds WHERE cash_line IS NOT NULL", `
	SELECT 'control_lines ' || c.id, 'available ' || trim_scale(x.available), 'available ' || trim_scale(x.cash) FROM funds f
	  JOIN ledger.control_lines c ON c.id = f.cash_line
	 CROSS JOIN LATERAL (SELECT c.authorised - c.allocated - c.reserved - c.committed - c.requested - c.advanced - c.disbursed - c.returned - c.closing AS available,
	        coalesce((SELECT sum(b.debit - b.credit) FROM ledger.account_balances b JOIN ledger.accounts a ON a.id = b.account_id AND a.code = 'cash'
	           JOIN ledger.books k ON k.id = a.book_id AND k.code = 'FUND/' || f.code), 0) AS cash) x
	 WHERE x.available <> x.cash ORDER BY c.id LIMIT 1`)
