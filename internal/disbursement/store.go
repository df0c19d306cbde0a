package disbursement

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

func missing(err error, what string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	return fmt.Errorf("load %s %s: %w", what, id, err)
}

func lockRequest(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Request, error) {
	r := new(Request)
	if err := tx.NewSelect().Model(r).Where("dr.id = ?", id).For("UPDATE").Scan(ctx); err != nil {
		return nil, missing(err, "disbursement request", id)
	}
	return r, nil
}

// lockOrder locks the request first and then the order, the same way round everywhere.
func lockOrder(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Order, *Request, error) {
	var request uuid.UUID
	if err := tx.NewRaw("SELECT request_id FROM payment_orders WHERE id = ?", id).Scan(ctx, &request); err != nil {
		return nil, nil, missing(err, "payment order", id)
	}
	r, err := lockRequest(ctx, tx, request)
	if err != nil {
		return nil, nil, err
	}
	o := new(Order)
	if err := tx.NewSelect().Model(o).Where("po.id = ?", id).For("UPDATE").Scan(ctx); err != nil {
		return nil, nil, missing(err, "payment order", id)
	}
	return o, r, nil
}

func nextNo(ctx context.Context, tx bun.IDB, kind string, year int) (string, error) {
	var n int
	err := tx.NewRaw(`INSERT INTO disbursement_serials (kind, year, last) VALUES (?, ?, 1)
		ON CONFLICT (kind, year) DO UPDATE SET last = disbursement_serials.last + 1 RETURNING last`, kind, year).Scan(ctx, &n)
	if err != nil {
		return "", fmt.Errorf("number a %s of %d: %w", kind, year, err)
	}
	return fmt.Sprintf("%s-%d-%04d", kind, year, n), nil
}

func insertRequest(ctx context.Context, tx bun.IDB, r *Request) error {
	_, err := tx.NewInsert().Model(r).Exec(ctx)
	if storage.Constraint(err) == "disbursement_requests_one_open" {
		return ErrOpenRequest
	}
	return err
}

func saveRequest(ctx context.Context, tx bun.IDB, r *Request) error {
	r.Version++
	_, err := tx.NewUpdate().Model(r).WherePK().
		Column("status", "reason", "remark", "submitted_by", "submitted_at", "checked_by", "checked_at", "paid_on", "paid_at", "advance_year", "version").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save disbursement request %s: %w", r.ID, err)
	}
	return nil
}

func insertOrder(ctx context.Context, tx bun.IDB, o *Order) error {
	_, err := tx.NewInsert().Model(o).Exec(ctx)
	switch storage.Constraint(err) {
	case "payment_orders_one_open":
		return ErrOpenOrder
	case "payment_orders_four_people":
		return ErrSamePerson
	}
	return err
}

func saveOrder(ctx context.Context, tx bun.IDB, o *Order) error {
	o.Version++
	_, err := tx.NewUpdate().Model(o).WherePK().Column("status", "checked_by", "checked_at", "check_remark", "approved_by", "approved_at",
		"released_at", "payee_before", "remark", "treasury_ref", "paid_on", "paid_at", "recorded_by", "reason", "version").Exec(ctx)
	switch storage.Constraint(err) {
	case "payment_orders_treasury_ref_key":
		return ErrPaidTwice.With(*o.TreasuryRef)
	case "payment_orders_four_people":
		return ErrSamePerson
	}
	if err != nil {
		return fmt.Errorf("save payment order %s: %w", o.ID, err)
	}
	return nil
}

// approvedSince sums what was approved and did not fail from an instant on, for one payee or, with Nil, for all.
// The caller holds the lock of limits.
func approvedSince(ctx context.Context, tx bun.IDB, since time.Time, payee uuid.UUID) (sum money.Amount, err error) {
	q := tx.NewSelect().Model((*Order)(nil)).ColumnExpr("COALESCE(sum(po.amount), 0)").
		Where("po.approved_at >= ?", since).Where("po.status <> 'failed'")
	if payee != uuid.Nil {
		q.Where("po.organisation_id = ?", payee)
	}
	if err = q.Scan(ctx, &sum); err != nil {
		return sum, fmt.Errorf("sum approved orders: %w", err)
	}
	return sum, nil
}

// lockLimits makes approvals wait for one another, so that two that fit alone are judged together.
func lockLimits(ctx context.Context, tx bun.IDB) error {
	_, err := tx.NewRaw("SELECT pg_advisory_xact_lock(hashtext('payment limits'))").Exec(ctx)
	return err
}

func dayStart(t time.Time) time.Time { return calendar.DateOf(t).Start() }

func yearStart(t time.Time) time.Time { return calendar.On(calendar.DateOf(t).Year(), 1, 1).Start() }
