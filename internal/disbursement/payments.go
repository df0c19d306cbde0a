package disbursement

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/money"
)

// Payments tells what the treasury has paid, to rooms upstream that only show it.
type Payments struct{}

// Disbursed sums what was paid out by proposal, in đồng; a proposal without a payment is left out.
func (Payments) Disbursed(ctx context.Context, db bun.IDB, proposals []uuid.UUID) (map[uuid.UUID]money.Amount, error) {
	var rows []struct {
		ProposalID uuid.UUID
		Sum        money.Amount
	}
	err := db.NewSelect().TableExpr("disbursement_requests AS dr").ColumnExpr("dr.proposal_id, sum(dr.amount) AS sum").
		Where("dr.status = ?", Paid).Where("dr.proposal_id IN (?)", bun.List(proposals)).GroupExpr("dr.proposal_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("sum what was paid: %w", err)
	}
	out := map[uuid.UUID]money.Amount{}
	for _, r := range rows {
		out[r.ProposalID] = r.Sum
	}
	return out, nil
}

// Standing tells the public how far each award has come: waiting until both sides have signed, then the state of the
// agreement. Proposals whose agreement is not drawn up wait too.
func (Payments) Standing(ctx context.Context, db bun.IDB, proposals []uuid.UUID) (map[uuid.UUID]string, error) {
	out := map[uuid.UUID]string{}
	for _, id := range proposals {
		out[id] = "waiting"
	}
	var rows []struct {
		ProposalID uuid.UUID `bun:"type:uuid"`
		Status     string
	}
	err := db.NewSelect().TableExpr("agreements AS ag").ColumnExpr("ag.proposal_id, ag.status").
		Where("ag.state_signed_at IS NOT NULL").Where("ag.proposal_id IN (?)", bun.List(proposals)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("standing of awards: %w", err)
	}
	for _, r := range rows {
		out[r.ProposalID] = r.Status
	}
	return out, nil
}

// Published sums over the published awards what was paid out and what is bound by agreements signed by both sides, in
// đồng, for the public.
func (Payments) Published(ctx context.Context, db bun.IDB) (paid, bound money.Amount, err error) {
	err = db.NewRaw(`SELECT COALESCE(sum(r.paid), 0), COALESCE(sum(ag.amount), 0)
		FROM agreements ag JOIN awards aw ON aw.id = ag.award_id JOIN award_sets s ON s.id = aw.set_id AND s.status = 'published'
		LEFT JOIN LATERAL (SELECT sum(dr.amount) AS paid FROM disbursement_requests dr WHERE dr.agreement_id = ag.id AND dr.status = 'paid') r ON true
		WHERE ag.state_signed_at IS NOT NULL`).Scan(ctx, &paid, &bound)
	if err != nil {
		return paid, bound, fmt.Errorf("sum published payments: %w", err)
	}
	return paid, bound, nil
}
