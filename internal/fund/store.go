package fund

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// found turns the driver's missing row into errs.ErrNotFound.
func found(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

func one(ctx context.Context, db bun.IDB, where func(*bun.SelectQuery) *bun.SelectQuery) (*Fund, error) {
	f := new(Fund)
	if err := found("fund", where(db.NewSelect().Model(f)).Limit(1).Scan(ctx)); err != nil {
		return nil, err
	}
	var err error
	f.Investors, err = investors(ctx, db, f.ID)
	return f, err
}

func investors(ctx context.Context, db bun.IDB, fund uuid.UUID) (is []Investor, err error) {
	return is, db.NewSelect().Model(&is).Where("fi.fund_id = ?", fund).OrderExpr("fi.position").Scan(ctx)
}

// investor finds an investor of the fund, by id.
func (f *Fund) investor(id uuid.UUID) (*Investor, error) {
	for i := range f.Investors {
		if f.Investors[i].ID == id {
			return &f.Investors[i], nil
		}
	}
	return nil, errs.ErrNotFound
}

func insert(ctx context.Context, tx bun.IDB, row any) error {
	_, err := tx.NewInsert().Model(row).Exec(ctx)
	return err
}

// taken gives refusal when err is a breach of the named unique constraint.
func taken(err error, constraint string, refusal error) error {
	if err != nil && storage.Code(err) == "23505" && storage.Constraint(err) == constraint {
		return refusal
	}
	return err
}

// raise adds a contribution to one side of the charter capital. The statement itself refuses a share of the State
// above the cap, so that two at once cannot pass together; the CHECK of the table stands behind it.
func raise(ctx context.Context, tx bun.IDB, f *Fund, side string, class Class, amount money.Amount) error {
	state := money.VND(0)
	if class == State {
		state = amount
	}
	res, err := tx.NewRaw(`UPDATE fund_capitals SET total = total + ?0::numeric, state = state + ?1::numeric
		WHERE fund_id = ?2 AND side = ?3 AND (state + ?1::numeric) * 10000 <= cap_bp * (total + ?0::numeric)`,
		amount, state, f.ID, side).Exec(ctx)
	if err != nil {
		return fmt.Errorf("raise %s capital of fund %s: %w", side, f.Code, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	now, err := capital(ctx, tx, f.ID, side)
	if err != nil {
		return err
	}
	return overCap(now, state, amount)
}

// capital reads one side of the charter capital.
func capital(ctx context.Context, db bun.IDB, fund uuid.UUID, side string) (Capital, error) {
	var c Capital
	err := db.NewSelect().Model(&c).Where("fc.fund_id = ? AND fc.side = ?", fund, side).Scan(ctx)
	return c, found("capital of fund "+fund.String(), err)
}

// pay adds to what an investor has paid; more than is committed is refused.
func pay(ctx context.Context, tx bun.IDB, i *Investor, amount money.Amount) error {
	res, err := tx.NewRaw(`UPDATE fund_investors SET paid = paid + ?0::numeric WHERE id = ?1 AND paid + ?0::numeric <= committed`,
		amount, i.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("add payment of investor %s: %w", i.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrOverCommitment.With(i.Name, i.Unfunded().Format())
}

// next is the next number of a fund's calls or distributions; the fund's row is locked.
func next(ctx context.Context, tx bun.IDB, table string, fund uuid.UUID) (n int, err error) {
	return n, tx.NewRaw("SELECT COALESCE(max(number), 0) + 1 FROM ? WHERE fund_id = ?", bun.Ident(table), fund).Scan(ctx, &n)
}

// post writes the journals of one act, last in its transaction. Books come in the order ACTUAL, BUDGET, FUND, so
// that two acts lock control lines in one order.
func post(ctx context.Context, tx bun.IDB, js ...ledger.Journal) error {
	for _, j := range js {
		if _, err := ledger.Post(ctx, tx, j); err != nil {
			return fmt.Errorf("post %s to %s: %w", j.Key, j.Book, err)
		}
	}
	return nil
}

// getCall reads a capital call with its lines in the order of the investors.
func getCall(ctx context.Context, db bun.IDB, where func(*bun.SelectQuery) *bun.SelectQuery) (*CapitalCall, error) {
	c := new(CapitalCall)
	if err := found("capital call", where(db.NewSelect().Model(c)).Limit(1).Scan(ctx)); err != nil {
		return nil, err
	}
	err := db.NewSelect().Model(&c.Lines).Relation("Investor").Where("cl.call_id = ?", c.ID).OrderExpr("cl.position").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("lines of capital call %s: %w", c.Code, err)
	}
	return c, nil
}
