package agreement

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
	"kinhbac/internal/ledger"
)

// Probes hold every agreement against its award, its signed digest and the books.
func Probes() []audit.Probe {
	return []audit.Probe{{Name: "agreement.check.digest", Run: reseal}, promised, committed, asLeft}
}

// promised: an agreement promises what was awarded, to whom it was awarded, and its milestones add up to it.
var promised = audit.Query("agreement.check.award", "SELECT count(*) FROM agreements", `
	SELECT 'agreements ' || g.id, x.name || ' ' || coalesce(x.stands, '–'), x.name || ' ' || coalesce(x.wanted, '–') FROM agreements g
	  LEFT JOIN awards a ON a.id = g.award_id
	 CROSS JOIN LATERAL (VALUES (1, 'amount', g.amount::text, a.amount::text), (2, 'organisation', g.organisation_id::text, a.organisation_id::text),
	        (3, 'proposal', g.proposal_id::text, a.proposal_id::text),
	        (4, 'milestones', (SELECT coalesce(sum(m.amount), 0)::text FROM agreement_milestones m WHERE m.agreement_id = g.id), g.amount::text),
	        (5, 'contract line', (SELECT trim_scale(c.authorised)::text FROM ledger.control_lines c WHERE c.id = g.contract_line AND c.subject_id = g.id),
	            CASE WHEN g.state_signed_by IS NOT NULL THEN g.amount::text END)) x (place, name, stands, wanted)
	 WHERE x.stands IS DISTINCT FROM x.wanted ORDER BY g.id, x.place LIMIT 1`)

// committed: what the State signed is committed on the budget line and is the ceiling of the contract; nothing else is.
var committed = ledger.Follows("agreement.check.posted", "agreement", "^(BUDGET|CONTRACT)$", `
	SELECT g.id, x.book, x.account, x.sign * g.amount FROM agreements g
	 CROSS JOIN (VALUES ('BUDGET', 'reserved', -1), ('BUDGET', 'committed', 1), ('CONTRACT', 'source', -1), ('CONTRACT', 'available', 1)) x (book, account, sign)
	 WHERE g.state_signed_by IS NOT NULL`)

// resealAt is how many agreements are read together.
const resealAt = 500

// reseal digests the terms of every agreement as they stand and compares with what both parties signed.
func reseal(ctx context.Context, l audit.Look) ([]audit.Check, error) {
	c := audit.Check{Code: "agreement.check.digest"}
	for last := uuid.Nil; ; {
		var as []Agreement
		err := l.Tx.NewSelect().Model(&as).Relation("Milestones", func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("position") }).
			Where("ag.id > ?", last).OrderExpr("ag.id").Limit(resealAt).Scan(ctx)
		if err != nil || len(as) == 0 {
			return []audit.Check{c}, err
		}
		for i := range as {
			c.Same("agreements "+as[i].ID.String(), "digest", as[i].Digest, as[i].Seal())
		}
		c.Count += int64(len(as))
		l.Step(int64(len(as)))
		last = as[len(as)-1].ID
	}
}

// asLeft: agreements, their milestones and reports are what the acts on them left.
var asLeft = audit.Rows("agreement.check.rows", audit.Tables("agreements", "agreement_milestones", "progress_reports"))
