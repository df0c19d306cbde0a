package app

import (
	"slices"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/allocation"
	"kinhbac/internal/audit"
	"kinhbac/internal/budget"
	"kinhbac/internal/call"
	"kinhbac/internal/council"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/document"
	"kinhbac/internal/fund"
	"kinhbac/internal/identity"
	"kinhbac/internal/indicator"
	"kinhbac/internal/investment"
	"kinhbac/internal/ledger"
	"kinhbac/internal/party"
	"kinhbac/internal/proposal"
	"kinhbac/internal/review"
	"kinhbac/internal/rulebook/revision"
)

// Probes are everything the house recomputes to prove itself, along the way of the money: evidence and books first,
// then ballots, rankings, awards, agreements, payments and payees, then the fund, then what was sent twice.
func Probes() []audit.Probe {
	return slices.Concat(audit.Probes(), ledger.Probes(), document.Probes(), access.Probes(), identity.Probes(), revision.Probes(), party.Probes(),
		budget.Probes(), call.Probes(), proposal.Probes(), review.Probes(), council.Probes(), allocation.Probes(), agreement.Probes(),
		disbursement.Probes(), fund.Probes(), investment.Probes(), indicator.Probes(), []audit.Probe{keys})
}

// keys: every command kept under a key has its one answer, and a voucher named in an answer is in the books.
var keys = audit.Query("app.check.keys", "SELECT count(*) FROM command_keys", `
	SELECT x.row, x.stands, x.wanted FROM (
	    SELECT 'command_keys ' || k.key AS row, coalesce(left(k.answer, 40), 'no answer') AS stands, 'an answer in JSON' AS wanted, 1 AS place
	      FROM command_keys k WHERE k.answer IS NULL OR k.answer !~ '^[{].*[}]$'
	    UNION ALL
	    SELECT 'command_keys ' || k.key, count(*) || ' rows', 'one act with its answer', 2 FROM command_keys k GROUP BY k.scope, k.key HAVING count(*) > 1
	    UNION ALL
	    SELECT 'command_keys ' || k.key, 'voucher ' || v.no, 'a voucher of the books', 3
	      FROM command_keys k CROSS JOIN LATERAL (SELECT (regexp_match(k.answer, '"voucher":"([^"]+)"'))[1] AS no) v
	     WHERE v.no IS NOT NULL AND NOT EXISTS (SELECT FROM ledger.journals j WHERE j.number = v.no)) x
	 ORDER BY x.place, x.row LIMIT 1`)
