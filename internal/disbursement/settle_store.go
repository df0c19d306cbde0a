package disbursement

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/agreement"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// lockSettlement locks the advance first and then the settlement, the same way round everywhere.
func lockSettlement(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Settlement, *Request, error) {
	var advance uuid.UUID
	if err := tx.NewRaw("SELECT request_id FROM advance_settlements WHERE id = ?", id).Scan(ctx, &advance); err != nil {
		return nil, nil, missing(err, "settlement", id)
	}
	r, err := lockRequest(ctx, tx, advance)
	if err != nil {
		return nil, nil, err
	}
	se := new(Settlement)
	if err := tx.NewSelect().Model(se).Where("se.id = ?", id).For("UPDATE").Scan(ctx); err != nil {
		return nil, nil, missing(err, "settlement", id)
	}
	return se, r, nil
}

// draftOf is the settlement of an advance that is still being put together, nil when there is none.
func draftOf(ctx context.Context, tx bun.IDB, advance uuid.UUID) (*Settlement, error) {
	se := new(Settlement)
	err := tx.NewSelect().Model(se).Where("se.request_id = ?", advance).Where("se.status = ?", SettlementDraft).For("UPDATE").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("draft settlement of %s: %w", advance, err)
	}
	return se, nil
}

func insertSettlement(ctx context.Context, tx bun.IDB, se *Settlement) error {
	_, err := tx.NewInsert().Model(se).Exec(ctx)
	if storage.Constraint(err) == "advance_settlements_treasury_ref" {
		return ErrPaidTwice.With(*se.TreasuryRef)
	}
	if err != nil {
		return fmt.Errorf("insert settlement %s: %w", se.ID, err)
	}
	return nil
}

func saveSettlement(ctx context.Context, tx bun.IDB, se *Settlement) error {
	se.Version++
	_, err := tx.NewUpdate().Model(se).WherePK().Column("amount", "status", "reason", "submitted_by", "submitted_at",
		"checked_by", "checked_at", "confirmed_by", "confirmed_at", "version").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save settlement %s: %w", se.ID, err)
	}
	return nil
}

func insertVoucher(ctx context.Context, tx bun.IDB, v *Voucher) error {
	_, err := tx.NewInsert().Model(v).Exec(ctx)
	switch storage.Constraint(err) {
	case "advance_vouchers_once", "advance_vouchers_once_inside":
		return ErrVoucherTwice.With(v.No, v.IssuedOn.Format(), v.Issuer)
	}
	if err != nil {
		return fmt.Errorf("insert voucher %s: %w", v.ID, err)
	}
	return nil
}

// lockVoucher reads a voucher with its settlement and advance, locked in the order of lockSettlement.
func lockVoucher(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Voucher, *Settlement, error) {
	v := new(Voucher)
	if err := tx.NewSelect().Model(v).Where("av.id = ?", id).Scan(ctx); err != nil {
		return nil, nil, missing(err, "voucher", id)
	}
	se, _, err := lockSettlement(ctx, tx, v.SettlementID)
	if err != nil {
		return nil, nil, err
	}
	if err := tx.NewSelect().Model(v).WherePK().For("UPDATE").Scan(ctx); err != nil { // taken off meanwhile
		return nil, nil, missing(err, "voucher", id)
	}
	return v, se, nil
}

func deleteVoucher(ctx context.Context, tx bun.IDB, v *Voucher) error {
	if _, err := tx.NewDelete().Model(v).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("delete voucher %s: %w", v.ID, err)
	}
	return nil
}

// openOf is what an advance still has open; the caller holds its lock.
func openOf(ctx context.Context, db bun.IDB, r *Request) (money.Amount, error) {
	var settled money.Amount
	err := db.NewSelect().Model((*Settlement)(nil)).ColumnExpr("COALESCE(sum(se.amount), 0)").
		Where("se.request_id = ?", r.ID).Where("se.status = ?", SettlementConfirmed).Scan(ctx, &settled)
	if err != nil {
		return settled, fmt.Errorf("settled of advance %s: %w", r.ID, err)
	}
	return r.Amount.Sub(settled), nil
}

// advancesOf sums the advances of an agreement that were accepted for payment, but for one, and what was settled or
// paid back of them.
func advancesOf(ctx context.Context, db bun.IDB, id, but uuid.UUID) (given, settled money.Amount, err error) {
	err = db.NewRaw(`SELECT COALESCE(sum(dr.amount), 0), COALESCE(sum((SELECT sum(se.amount) FROM advance_settlements se
			WHERE se.request_id = dr.id AND se.status = 'confirmed')), 0) FROM disbursement_requests dr
		WHERE dr.agreement_id = ? AND dr.id <> ? AND dr.advance AND dr.status IN ('checked', 'ordered', 'paid')`, id, but).Scan(ctx, &given, &settled)
	if err != nil {
		return given, settled, fmt.Errorf("advances of agreement %s: %w", id, err)
	}
	return given, settled, nil
}

// Advances are the paid advances of an agreement, for its page.
func (Payments) Advances(ctx context.Context, db bun.IDB, id uuid.UUID) ([]agreement.Advance, error) {
	var list []agreement.Advance
	err := db.NewRaw(`SELECT dr.no, m.name, '/disbursements/' || dr.id AS href, dr.paid_on, s.last_on, dr.amount,
			COALESCE(s.settled, 0) AS settled, dr.amount - COALESCE(s.settled, 0) AS open
		FROM disbursement_requests dr JOIN agreement_milestones m ON m.id = dr.milestone_id
		LEFT JOIN LATERAL (SELECT sum(se.amount) AS settled, max(se.confirmed_at) AS last_on FROM advance_settlements se
			WHERE se.request_id = dr.id AND se.status = 'confirmed') s ON true
		WHERE dr.agreement_id = ? AND dr.advance AND dr.status = 'paid' ORDER BY dr.paid_on, dr.paid_at`, id).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("advances of agreement %s: %w", id, err)
	}
	return list, nil
}

// Asked are the requests under way or paid of agreements, by milestone: at most one each.
func (Payments) Asked(ctx context.Context, db bun.IDB, agreements []uuid.UUID) (map[uuid.UUID]agreement.Asked, error) {
	var rows []struct {
		MilestoneID uuid.UUID
		No, Href    string
		Draft       bool
	}
	err := db.NewSelect().TableExpr("disbursement_requests AS dr").
		ColumnExpr("dr.milestone_id, dr.no, '/disbursements/' || dr.id AS href, dr.status = ? AS draft", Draft).
		Where("dr.agreement_id IN (?)", bun.List(agreements)).Where("dr.status NOT IN (?)", bun.List([]Status{Returned, Rejected, Cancelled})).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("requests of %d agreements: %w", len(agreements), err)
	}
	out := map[uuid.UUID]agreement.Asked{}
	for _, r := range rows {
		out[r.MilestoneID] = agreement.Asked{No: r.No, Href: r.Href, Draft: r.Draft}
	}
	return out, nil
}

// settlementsOf reads what was taken off an advance, with its vouchers, first the oldest.
func settlementsOf(ctx context.Context, db bun.IDB, advance uuid.UUID) (list []Settlement, err error) {
	err = db.NewSelect().Model(&list).Where("se.request_id = ?", advance).OrderExpr("se.created_at").
		Relation("Vouchers", func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("av.issued_on, av.no") }).Relation("Vouchers.File").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("settlements of advance %s: %w", advance, err)
	}
	return list, nil
}
