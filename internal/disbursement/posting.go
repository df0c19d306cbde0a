package disbursement

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/agreement"
	"kinhbac/internal/budget"
	"kinhbac/internal/ledger"
)

// postStage moves the request's amount on the budget line and on the contract's line, in this order: the budget
// line has the lower id.
func postStage(ctx context.Context, tx bun.IDB, r *Request, doc ledger.Ref, kind string, fromBudget, fromContract, to ledger.Stage, actor, approver uuid.UUID) error {
	line, err := budget.Get(ctx, tx, r.BudgetLineID)
	if err != nil {
		return err
	}
	a, err := agreement.Get(ctx, tx, r.AgreementID)
	if err != nil {
		return err
	}
	key := doc.Kind + "/" + doc.ID.String() + "/" + kind
	for _, m := range []struct {
		book string
		move ledger.Move
	}{
		{"BUDGET", ledger.Move{Line: line.ControlLine, From: fromBudget, To: to, Amount: r.Amount}},
		{"CONTRACT", ledger.Move{Line: *a.ContractLine, From: fromContract, To: to, Amount: r.Amount}},
	} {
		if _, err := ledger.Post(ctx, tx, ledger.Journal{Book: m.book, Kind: kind, Document: doc, Key: key, Actor: actor,
			Approver: approver, Reason: r.No, Moves: []ledger.Move{m.move}}); err != nil {
			return err
		}
	}
	return nil
}

// postExpense books what the treasury paid: grant expense against treasury cash.
func postExpense(ctx context.Context, tx bun.IDB, r *Request, o *Order, year int) error {
	dim := ledger.Dim{Year: year, Organisation: r.OrganisationID, Contract: r.AgreementID}
	_, err := ledger.Post(ctx, tx, ledger.Journal{
		Book: "ACTUAL", Kind: "disburse", Document: ledger.Ref{Kind: "payment_order", ID: o.ID, No: o.No + ", " + *o.TreasuryRef},
		Key: "payment_order/" + o.ID.String() + "/disburse", Actor: o.MadeBy, Approver: *o.ApprovedBy, Reason: r.No,
		Legs: []ledger.Leg{{Account: "grant_expense", Dim: dim, Amount: r.Amount}, {Account: "cash_treasury", Dim: dim, Amount: r.Amount.Neg()}},
	})
	return err
}
