package investment

import "kinhbac/internal/audit"

// Probes hold deals, holdings and valuations against each other and against the book of their fund.
func Probes() []audit.Probe {
	return []audit.Probe{dealsAddUp, holdingsAddUp, valuationsFollow, asLeft}
}

// dealsAddUp: what is drawn of a deal is the sum of its tranches.
var dealsAddUp = audit.Query("investment.check.deals", "SELECT count(*) FROM deals", `
	SELECT 'deals ' || d.id, 'drawn ' || d.drawn, 'drawn ' || x.drawn FROM deals d
	 CROSS JOIN LATERAL (SELECT coalesce(sum(i.amount), 0) AS drawn FROM investments i WHERE i.deal_id = d.id) x
	 WHERE d.drawn <> x.drawn ORDER BY d.id LIMIT 1`)

// holdingsAddUp: cost is the sum of confirmed tranches and stands in the book, as does the adjustment to fair value, which is
// that of the newest locked valuation.
var holdingsAddUp = audit.Query("investment.check.holdings", "SELECT count(*) FROM holdings", `
	WITH b AS (SELECT k.code AS book, a.code AS account, d.investee_id AS holding, sum(p.amount) AS amount FROM ledger.postings p
	        JOIN ledger.accounts a ON a.id = p.account_id AND a.code IN ('investments', 'fair_value') JOIN ledger.books k ON k.id = a.book_id AND k.code LIKE 'FUND/%'
	        JOIN ledger.dim_sets d ON d.id = p.dim_id GROUP BY k.code, a.code, d.investee_id)
	SELECT 'holdings ' || h.id, x.name || ' ' || trim_scale(x.stands), x.name || ' ' || trim_scale(coalesce(x.wanted, 0)) FROM holdings h JOIN funds f ON f.id = h.fund_id
	 CROSS JOIN LATERAL (VALUES
	    (1, 'cost', h.cost, (SELECT sum(i.amount) FROM investments i WHERE i.holding_id = h.id AND i.status = 'confirmed')),
	    (2, 'cost in the book', coalesce((SELECT b.amount FROM b WHERE b.book = 'FUND/' || f.code AND b.account = 'investments' AND b.holding = h.id), 0), h.cost),
	    (3, 'adjustment', h.adjustment, (SELECT v.fair - v.cost FROM valuations v WHERE v.holding_id = h.id AND v.status = 'locked' ORDER BY v.quarter_end DESC LIMIT 1)),
	    (4, 'adjustment in the book', coalesce((SELECT b.amount FROM b WHERE b.book = 'FUND/' || f.code AND b.account = 'fair_value' AND b.holding = h.id), 0), h.adjustment)
	    ) x (place, name, stands, wanted)
	 WHERE h.status = 'active' AND x.stands <> coalesce(x.wanted, 0) ORDER BY h.id, x.place LIMIT 1`)

// valuationsFollow: a locked valuation starts from the one before it at the cost of its day, and booked the difference.
var valuationsFollow = audit.Query("investment.check.valuations", "SELECT count(*) FROM valuations", `
	SELECT 'valuations ' || v.id, x.name || ' ' || trim_scale(x.stands), x.name || ' ' || trim_scale(x.wanted) FROM valuations v
	  LEFT JOIN LATERAL (SELECT o.fair - o.cost AS adjustment FROM valuations o WHERE o.holding_id = v.holding_id AND o.status = 'locked' AND o.quarter_end < v.quarter_end
	        ORDER BY o.quarter_end DESC LIMIT 1) o ON true
	 CROSS JOIN LATERAL (VALUES
	    (1, 'cost', v.cost, coalesce((SELECT sum(i.amount) FROM investments i WHERE i.holding_id = v.holding_id AND i.status = 'confirmed' AND i.paid_on <= v.quarter_end), 0)),
	    (2, 'previous', v.previous, v.cost + coalesce(o.adjustment, 0)),
	    (3, 'booked', coalesce((SELECT sum(p.amount) FROM ledger.journals j JOIN ledger.postings p ON p.journal_id = j.id JOIN ledger.accounts a ON a.id = p.account_id
	        AND a.code = 'fair_value' WHERE j.document_kind = 'valuation' AND j.document_id = v.id), 0), v.fair - v.previous)) x (place, name, stands, wanted)
	 WHERE v.status = 'locked' AND x.stands <> x.wanted ORDER BY v.id, x.place LIMIT 1`)

// asLeft: deals, holdings and valuations are what the acts on them left.
var asLeft = audit.Rows("investment.check.rows", audit.Tables("deals", "holdings", "investments", "valuations"))
