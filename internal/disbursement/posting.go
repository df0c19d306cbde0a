package disbursement

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/agreement"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// stage is what a document moves on the budget line and on the contract's line. Approver is Nil where the kind needs
// none; a zero On is today.
type stage struct {
	Kind               string
	Amount             money.Amount
	From, FromContract ledger.Stage
	To, ToContract     ledger.Stage // ToContract "" = To
	Actor, Approver    uuid.UUID
	On                 time.Time
}

// postStage moves an amount on the budget line of a request and on the contract's line, in this order: the budget
// line has the lower id.
func postStage(ctx context.Context, tx bun.IDB, r *Request, doc ledger.Ref, s stage) error {
	line, err := budget.Get(ctx, tx, r.BudgetLineID)
	if err != nil {
		return err
	}
	a, err := agreement.Get(ctx, tx, r.AgreementID)
	if err != nil {
		return err
	}
	if s.ToContract == "" {
		s.ToContract = s.To
	}
	for _, m := range []struct {
		book string
		move ledger.Move
	}{
		{"BUDGET", ledger.Move{Line: line.ControlLine, From: s.From, To: s.To, Amount: s.Amount}},
		{"CONTRACT", ledger.Move{Line: *a.ContractLine, From: s.FromContract, To: s.ToContract, Amount: s.Amount}},
	} {
		if _, err := ledger.Post(ctx, tx, ledger.Journal{Book: m.book, Kind: s.Kind, On: s.On, Document: doc, Key: key(doc, s.Kind), Actor: s.Actor,
			Approver: s.Approver, Reason: r.No, Moves: []ledger.Move{m.move}}); err != nil {
			return err
		}
	}
	return nil
}

// side is an account of ACTUAL in a budget year.
type side struct {
	account string
	year    int
}

// postCash books the same act in ACTUAL: debit against credit.
func postCash(ctx context.Context, tx bun.IDB, r *Request, doc ledger.Ref, s stage, debit, credit side) error {
	leg := func(x side, amount money.Amount) ledger.Leg {
		return ledger.Leg{Account: x.account, Dim: ledger.Dim{Year: x.year, Organisation: r.OrganisationID, Contract: r.AgreementID}, Amount: amount}
	}
	_, err := ledger.Post(ctx, tx, ledger.Journal{Book: "ACTUAL", Kind: s.Kind, On: s.On, Document: doc, Key: key(doc, s.Kind), Actor: s.Actor,
		Approver: s.Approver, Reason: r.No,
		Legs: []ledger.Leg{leg(debit, s.Amount), leg(credit, s.Amount.Neg())}})
	return err
}

// treasuryDoc names a voucher of the treasury with its day, which the books keep also when they take it on another one.
func treasuryDoc(ref string, on calendar.Date) string { return ref + " ngày " + on.Format() }

// bookedOn is the day the books take what the treasury did on a day: that day, or today when its month is closed.
func bookedOn(ctx context.Context, tx bun.IDB, on calendar.Date) (calendar.Date, error) {
	open, err := ledger.MonthOpen(ctx, tx, on, "BUDGET", "CONTRACT", "ACTUAL")
	if err == nil && !open {
		on = calendar.DateOf(storage.Now(ctx))
	}
	return on, err
}

// postSettlement takes a confirmed settlement off its advance. Money paid back is posted on the day the treasury had it;
// when the books of that month are closed, today, and the document keeps its day.
func postSettlement(ctx context.Context, tx bun.IDB, r *Request, se *Settlement) error {
	line, err := budget.Get(ctx, tx, r.BudgetLineID)
	if err != nil {
		return err
	}
	doc := ledger.Ref{Kind: "advance_settlement", ID: se.ID, No: se.No}
	m := stage{Kind: ledger.KindClearAdvance, Amount: se.Amount, From: ledger.Advanced, FromContract: ledger.Advanced, To: ledger.Disbursed,
		Actor: *se.CheckedBy, Approver: *se.ConfirmedBy}
	debit := "grant_expense"
	if se.Kind == ByRefund {
		doc.No += ", " + treasuryDoc(*se.TreasuryRef, *se.PaidBackOn)
		on, err := bookedOn(ctx, tx, *se.PaidBackOn)
		if err != nil {
			return err
		}
		m.Kind, m.To, m.ToContract, m.On = ledger.KindRefund, ledger.Available, ledger.Returned, on.Start()
		if on.Year() > line.Year {
			m.To = ledger.Returned
		}
		debit = "cash_treasury"
	}
	// A carried over advance is spent in its new year, and off the account of the year it was paid in.
	if err := postCash(ctx, tx, r, doc, m, side{debit, line.Year}, side{"advances", *r.AdvanceYear}); err != nil {
		return err
	}
	return postStage(ctx, tx, r, doc, m)
}

func key(doc ledger.Ref, kind string) string { return doc.Kind + "/" + doc.ID.String() + "/" + kind }
