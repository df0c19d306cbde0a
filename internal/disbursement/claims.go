package disbursement

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/agreement"
	"kinhbac/internal/budget"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Agreements tells the budget what signed agreements hold of its lines: their amount less what was asked for.
type Agreements struct{}

type heldRow struct {
	ID     uuid.UUID
	No     string
	Status agreement.Status
	Left   money.Amount
}

// signed selects the signed agreements of a line that are not all asked for.
func signed(db bun.IDB, line uuid.UUID) *bun.SelectQuery {
	asked := db.NewSelect().Model((*Request)(nil)).ColumnExpr("COALESCE(sum(dr.amount), 0)").Where("dr.agreement_id = ag.id").
		Where("dr.status IN (?)", bun.List([]Status{Checked, Ordered, Paid}))
	return db.NewSelect().TableExpr("agreements AS ag").ColumnExpr("ag.id, ag.no, ag.status, ag.amount - (?) AS left", asked).
		Where("ag.budget_line_id = ?", line).Where("ag.state_signed_by IS NOT NULL").Where("ag.amount > (?)", asked).OrderExpr("ag.no")
}

func (r heldRow) claim() budget.Claim {
	c := budget.Claim{Kind: "agreement", ID: r.ID, No: r.No, Href: "/agreements/" + r.ID.String(), Stage: ledger.Committed, Held: r.Left, Need: r.Left}
	if r.Status != agreement.Running {
		c.Need = money.Amount{}
	}
	return c
}

// Claims are the agreements with money still committed.
func (Agreements) Claims(ctx context.Context, db bun.IDB, line uuid.UUID) ([]budget.Claim, error) {
	var rows []heldRow
	if err := signed(db, line).Limit(200).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("agreements on budget line %s: %w", line, err)
	}
	claims := make([]budget.Claim, len(rows))
	for i, r := range rows {
		claims[i] = r.claim()
	}
	return claims, nil
}

// LockClaim keeps an agreement from asking for more meanwhile.
func (Agreements) LockClaim(ctx context.Context, tx bun.IDB, line uuid.UUID, kind string, id uuid.UUID) (*budget.Claim, error) {
	if kind != "agreement" {
		return nil, nil
	}
	if _, err := tx.NewRaw("SELECT id FROM agreements WHERE id = ? FOR UPDATE", id).Exec(ctx); err != nil {
		return nil, fmt.Errorf("lock agreement %s: %w", id, err)
	}
	var r heldRow
	err := signed(tx, line).Where("ag.id = ?", id).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("agreement %s on budget line %s: %w", id, line, err)
	}
	c := r.claim()
	return &c, nil
}

// CarryOver moves the requests that are not accepted yet, and the advances that are not settled, to the line of the
// next year.
func (Agreements) CarryOver(ctx context.Context, tx bun.IDB, from, to uuid.UUID) error {
	_, err := tx.NewUpdate().Model((*Request)(nil)).Set("budget_line_id = ?", to).Where("budget_line_id = ?", from).
		Where(`status IN (?) OR advance AND status = 'paid' AND amount > (SELECT COALESCE(sum(se.amount), 0) FROM advance_settlements se
			WHERE se.request_id = dr.id AND se.status = 'confirmed')`, bun.List([]Status{Draft, Submitted})).Exec(ctx)
	if err != nil {
		return fmt.Errorf("carry requests to budget line %s: %w", to, err)
	}
	return nil
}

// Blockers are the requests and payment orders of a budget year that wait, and its advances that are not settled.
func (Agreements) Blockers(ctx context.Context, db bun.IDB, year int) ([]budget.Blocker, error) {
	var list []budget.Blocker
	err := db.NewRaw(`SELECT * FROM (
		SELECT 'request' AS code, dr.no, '/disbursements/' || dr.id AS href, dr.amount FROM disbursement_requests dr
		  JOIN budget_lines bl ON bl.id = dr.budget_line_id WHERE bl.year = ?0 AND dr.status IN ('submitted', 'checked')
		UNION ALL
		SELECT 'advance', dr.no, '/disbursements/' || dr.id, dr.amount - COALESCE(s.settled, 0) FROM disbursement_requests dr
		  JOIN budget_lines bl ON bl.id = dr.budget_line_id LEFT JOIN LATERAL (SELECT sum(se.amount) AS settled FROM advance_settlements se
		       WHERE se.request_id = dr.id AND se.status = 'confirmed') s ON true
		 WHERE bl.year = ?0 AND dr.advance AND dr.status = 'paid' AND dr.amount > COALESCE(s.settled, 0)
		UNION ALL
		SELECT 'order', po.no, '/disbursements/' || po.request_id, po.amount FROM payment_orders po
		  JOIN disbursement_requests dr ON dr.id = po.request_id JOIN budget_lines bl ON bl.id = dr.budget_line_id
		 WHERE bl.year = ?0 AND po.status IN ('made', 'checked', 'approved', 'released')) x ORDER BY code, no LIMIT 200`, year).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("open requests and orders of %d: %w", year, err)
	}
	return list, nil
}
