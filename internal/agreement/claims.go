package agreement

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/allocation"
	"kinhbac/internal/budget"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Awards tells the budget which awards hold money of its lines until their agreement is signed.
type Awards struct{}

// held selects the awards of a line that were decided and have no agreement signed by both.
func held(db bun.IDB, line uuid.UUID) *bun.SelectQuery {
	return db.NewSelect().TableExpr("awards AS aw").Join("JOIN award_sets st ON st.id = aw.set_id").
		Join("JOIN proposals p ON p.id = aw.proposal_id").
		ColumnExpr("aw.id, aw.set_id, p.code, p.status = 'withdrawn' AS dropped, aw.amount").
		Where("st.budget_line_id = ?", line).Where("st.decided_at IS NOT NULL").Where("aw.amount > 0").
		Where("NOT EXISTS (SELECT FROM agreements ag WHERE ag.award_id = aw.id AND ag.state_signed_by IS NOT NULL)").OrderExpr("aw.rank, aw.id")
}

type heldRow struct {
	ID, SetID uuid.UUID
	Code      string
	Dropped   bool
	Amount    money.Amount
}

func (r heldRow) claim() budget.Claim {
	c := budget.Claim{Kind: "award", ID: r.ID, No: r.Code, Href: "/award-sets/" + r.SetID.String(), Stage: ledger.Reserved, Held: r.Amount, Need: r.Amount}
	if r.Dropped {
		c.Need = money.Amount{}
	}
	return c
}

// Claims are the awards that wait for their agreement.
func (Awards) Claims(ctx context.Context, db bun.IDB, line uuid.UUID) ([]budget.Claim, error) {
	var rows []heldRow
	if err := held(db, line).Limit(200).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("awards on budget line %s: %w", line, err)
	}
	claims := make([]budget.Claim, len(rows))
	for i, r := range rows {
		claims[i] = r.claim()
	}
	return claims, nil
}

// LockClaim keeps one of them from being signed meanwhile.
func (Awards) LockClaim(ctx context.Context, tx bun.IDB, line uuid.UUID, kind string, id uuid.UUID) (*budget.Claim, error) {
	if kind != "award" {
		return nil, nil
	}
	if _, err := tx.NewRaw("SELECT id FROM agreements WHERE award_id = ? FOR UPDATE", id).Exec(ctx); err != nil {
		return nil, fmt.Errorf("lock the agreement of award %s: %w", id, err)
	}
	var r heldRow
	err := held(tx, line).Where("aw.id = ?", id).For("UPDATE OF aw").Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("award %s on budget line %s: %w", id, line, err)
	}
	c := r.claim()
	return &c, nil
}

// CarryOver moves what is not signed, and the agreements that run, to the line of the next year.
func (Awards) CarryOver(ctx context.Context, tx bun.IDB, from, to uuid.UUID) error {
	if err := allocation.CarryOver(ctx, tx, from, to); err != nil {
		return err
	}
	_, err := tx.NewUpdate().Model((*Agreement)(nil)).Set("budget_line_id = ?", to).Where("budget_line_id = ?", from).
		Where("status IN (?)", bun.List([]Status{Draft, SignedGrantee, Running})).Exec(ctx)
	if err != nil {
		return fmt.Errorf("carry agreements to budget line %s: %w", to, err)
	}
	return nil
}

// Blockers has none: what an award or agreement holds shows as money of its line.
func (Awards) Blockers(context.Context, bun.IDB, int) ([]budget.Blocker, error) { return nil, nil }
