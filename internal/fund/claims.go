package fund

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/budget"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Commitments tells the budget what the State promised to funds and has not paid in.
type Commitments struct{}

// Claims are the funds whose contribution stands on a line.
func (Commitments) Claims(ctx context.Context, db bun.IDB, line uuid.UUID) ([]budget.Claim, error) {
	var rows []struct {
		ID   uuid.UUID
		Code string
		Due  money.Amount
	}
	err := db.NewRaw(`SELECT f.id, f.code, sum(i.committed - i.paid) AS due FROM funds f
		JOIN fund_investors i ON i.fund_id = f.id AND i.class = 'state'
		WHERE f.budget_line_id = ? GROUP BY f.id, f.code HAVING sum(i.committed - i.paid) > 0 ORDER BY f.code`, line).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("funds on budget line %s: %w", line, err)
	}
	claims := make([]budget.Claim, len(rows))
	for i, r := range rows {
		claims[i] = budget.Claim{Kind: "fund", ID: r.ID, No: r.Code, Href: "/fund/" + r.Code, Stage: ledger.Committed, Held: r.Due, Need: r.Due}
	}
	return claims, nil
}

// LockClaim finds a fund's promise; it is needed whole, so nothing of it changes by a release.
func (c Commitments) LockClaim(ctx context.Context, tx bun.IDB, line uuid.UUID, kind string, id uuid.UUID) (*budget.Claim, error) {
	if kind != "fund" {
		return nil, nil
	}
	claims, err := c.Claims(ctx, tx, line)
	if err != nil {
		return nil, err
	}
	for i := range claims {
		if claims[i].ID == id {
			return &claims[i], nil
		}
	}
	return nil, nil
}

// CarryOver moves the funds of a line to the line of the next year.
func (Commitments) CarryOver(ctx context.Context, tx bun.IDB, from, to uuid.UUID) error {
	_, err := tx.NewRaw("UPDATE funds SET budget_line_id = ? WHERE budget_line_id = ?", to, from).Exec(ctx)
	if err != nil {
		return fmt.Errorf("carry funds to budget line %s: %w", to, err)
	}
	return nil
}

// Blockers has none: what a fund is owed shows as money of its line.
func (Commitments) Blockers(context.Context, bun.IDB, int) ([]budget.Blocker, error) { return nil, nil }
