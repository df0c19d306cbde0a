package budget

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

// Get reads a line whoever asks; none is errs.ErrNotFound.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Line, error) {
	l := new(Line)
	return l, one(db.NewSelect().Model(l).Where("bl.id = ?", id).Scan(ctx), "budget line", id)
}

// leaf is what a commitment asks of its line.
type leaf struct {
	Line     `bun:",extend"`
	HasLines bool
	Signed   bool // the approver may sign a source document and is another person than the actor
}

// getLeaf reads a line for a commitment, in one round trip: it is on the hot path. Until the end of the transaction
// nobody plans a line below it.
func getLeaf(ctx context.Context, db bun.IDB, id, actor, approver uuid.UUID) (*leaf, error) {
	l := new(leaf)
	err := db.NewSelect().Model(l).ColumnExpr("bl.*").
		ColumnExpr("budget_hold_leaf(bl.id) AS has_lines").
		ColumnExpr(signs("?0", "?1")+" AS signed", approver, actor).
		Where("bl.id = ?", id).Scan(ctx)
	return l, one(err, "budget line", id)
}

// signs is SQL that says whether the approver may sign a source document and is another person than the actor.
func signs(approver, actor string) string {
	return `EXISTS (SELECT FROM users s JOIN role_grants g ON g.user_id = s.id WHERE s.id = ` + approver + ` AND s.disabled_at IS NULL
		AND g.role IN ('department_head', 'province_leader', 'chief_accountant', 'account_holder')
		AND g.valid_from <= kb.now() AND (g.valid_to IS NULL OR g.valid_to > kb.now())
		AND s.person_id IS DISTINCT FROM (SELECT a.person_id FROM users a WHERE a.id = ` + actor + `))`
}

// lock reads a line for the rest of the transaction.
func lock(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Line, error) {
	l := new(Line)
	return l, one(tx.NewSelect().Model(l).Where("bl.id = ?", id).For("UPDATE").Scan(ctx), "budget line", id)
}

func lockAct(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Act, error) {
	a := new(Act)
	return a, one(tx.NewSelect().Model(a).Where("ba.id = ?", id).For("UPDATE").Scan(ctx), "budget act", id)
}

func getAct(ctx context.Context, db bun.IDB, line, id uuid.UUID) (*Act, error) {
	a := new(Act)
	return a, one(db.NewSelect().Model(a).Where("ba.id = ?", id).Where("ba.line_id = ?", line).Scan(ctx), "budget act", id)
}

func one(err error, what string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", what, id, err)
	}
	return nil
}

func insert(ctx context.Context, tx bun.IDB, l *Line) error {
	_, err := tx.NewInsert().Model(l).Exec(ctx)
	if storage.Constraint(err) == "budget_lines_year_code_key" {
		return ErrTaken.With(l.Code)
	}
	if err != nil {
		return fmt.Errorf("insert budget line %s: %w", l.Code, err)
	}
	return nil
}

func save(ctx context.Context, tx bun.IDB, l *Line) error {
	l.Version++
	_, err := tx.NewUpdate().Model(l).WherePK().Column("status", "approved_by", "decision_no", "decided_on", "version").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save budget line %s: %w", l.ID, err)
	}
	return nil
}

func insertAct(ctx context.Context, tx bun.IDB, a *Act) error {
	if _, err := tx.NewInsert().Model(a).Exec(ctx); err != nil {
		return fmt.Errorf("insert budget act %s: %w", a.ID, err)
	}
	return nil
}

func saveAct(ctx context.Context, tx bun.IDB, a *Act) error {
	a.Version++
	_, err := tx.NewUpdate().Model(a).WherePK().
		Column("status", "decided_by", "decided_at", "decision_no", "decided_on", "voucher", "version").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save budget act %s: %w", a.ID, err)
	}
	return nil
}

// Leaf reads an open line that may be spent and keeps it a leaf to the end of the transaction. It refuses with
// ErrNotOpen and ErrHasLines.
func Leaf(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Line, error) {
	var l leaf
	err := tx.NewSelect().Model(&l).ColumnExpr("bl.*").ColumnExpr("budget_hold_leaf(bl.id) AS has_lines").Where("bl.id = ?", id).Scan(ctx)
	if err := one(err, "budget line", id); err != nil {
		return nil, err
	}
	switch {
	case l.Status != Open:
		return nil, ErrNotOpen
	case l.HasLines:
		return nil, ErrHasLines
	}
	return &l.Line, nil
}

// branchOut makes a line a parent, alone: it waits for commitments under way and refuses when the line holds any.
func branchOut(ctx context.Context, tx bun.IDB, p *Line) error {
	if _, err := tx.NewRaw("SELECT budget_hold_branch(?)", p.ID).Exec(ctx); err != nil {
		return fmt.Errorf("hold budget line %s: %w", p.ID, err)
	}
	held, err := ledger.Line(ctx, tx, p.ControlLine)
	if err != nil {
		return err
	}
	if money.Sum(held.Reserved, held.Committed, held.Requested, held.Advanced, held.Disbursed).Sign() > 0 {
		return ErrHolds
	}
	_, err = tx.NewUpdate().Model((*Line)(nil)).Set("lines = lines + 1").Where("id = ?", p.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("count the lines below %s: %w", p.ID, err)
	}
	if p.Lines == 0 && held.Authorised.Sign() > 0 { // its money is no longer that of a leaf: the sums kept of the year are wrong
		if _, err := tx.NewRaw("DELETE FROM budget_sum_marks WHERE year = ?", p.Year).Exec(ctx); err != nil {
			return fmt.Errorf("forget the sums of %d: %w", p.Year, err)
		}
	}
	return nil
}

func parentOf(ctx context.Context, db bun.IDB, l *Line) (*Line, error) {
	if l.ParentID == nil {
		return nil, nil
	}
	return Get(ctx, db, *l.ParentID)
}
