package fund

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Accounts of a fund's book. Investments stand at cost; FairValue is what valuations added or took off; investors
// are the dimension Organisation of Capital and Distributed, holdings the dimension Investee of the others.
const (
	Cash        = "cash"
	Investments = "investments"
	FairValue   = "fair_value"
	Payable     = "payable"
	CapitalIn   = "capital"
	CapitalOut  = "distributed"
	Unrealised  = "unrealised"
	Realised    = "realised"
	Fee         = "management_fee"
	Expense     = "fund_expense"
)

// Chart is the chart of accounts of every fund's book.
var Chart = []ledger.Account{
	{Code: Cash, NameVI: "Tiền", NameEN: "Cash", Class: "asset"},
	{Code: Investments, NameVI: "Khoản đầu tư theo giá vốn", NameEN: "Investments at cost", Class: "asset"},
	{Code: FairValue, NameVI: "Điều chỉnh giá trị hợp lý", NameEN: "Fair value adjustment", Class: "asset"},
	{Code: Payable, NameVI: "Phải trả", NameEN: "Payables", Class: "liability"},
	{Code: CapitalIn, NameVI: "Vốn góp của nhà đầu tư", NameEN: "Capital paid in", Class: "equity"},
	{Code: CapitalOut, NameVI: "Đã phân phối cho nhà đầu tư", NameEN: "Distributed to investors", Class: "equity"},
	{Code: Unrealised, NameVI: "Lãi, lỗ chưa thực hiện", NameEN: "Unrealised gain or loss", Class: "income"},
	{Code: Realised, NameVI: "Lãi, lỗ đã thực hiện", NameEN: "Realised gain or loss", Class: "income"},
	{Code: Fee, NameVI: "Phí quản lý", NameEN: "Management fee", Class: "expense"},
	{Code: Expense, NameVI: "Chi phí của quỹ", NameEN: "Fund expenses", Class: "expense"},
}

// inNAV are the accounts whose balances make up the net asset value: assets less liabilities.
var inNAV = map[string]bool{Cash: true, Investments: true, FairValue: true, Payable: true}

// Position is a fund's book on a day, in đồng: NAV = Cash + Investments at cost + FairValue − Payables. Gain is
// the fair value adjustment by holding.
type Position struct {
	NAV, Cash, Cost, Adjustment money.Amount
	Fees, Expenses, Realised    money.Amount
	Unrealised                  map[uuid.UUID]money.Amount // by holding; a gain is positive
}

// PositionOn reads the book of a fund up to and including a day; no day reads all.
func PositionOn(ctx context.Context, db bun.IDB, f *Fund, on calendar.Date) (p Position, err error) {
	var to time.Time
	if !on.IsZero() {
		to = on.Start()
	}
	bs, err := ledger.Balances(ctx, db, f.Book(), to)
	if err != nil {
		return p, fmt.Errorf("balances of %s: %w", f.Book(), err)
	}
	p.Unrealised = map[uuid.UUID]money.Amount{}
	for _, b := range bs {
		if inNAV[b.Account] {
			p.NAV = p.NAV.Add(b.Amount)
		}
		switch b.Account {
		case Cash:
			p.Cash = p.Cash.Add(b.Amount)
		case Investments:
			p.Cost = p.Cost.Add(b.Amount)
		case FairValue:
			p.Adjustment = p.Adjustment.Add(b.Amount)
		case Fee:
			p.Fees = p.Fees.Add(b.Amount)
		case Expense:
			p.Expenses = p.Expenses.Add(b.Amount)
		case Realised:
			p.Realised = p.Realised.Sub(b.Amount)
		case Unrealised:
			p.Unrealised[b.Dim.Investee] = p.Unrealised[b.Dim.Investee].Sub(b.Amount)
		}
	}
	return p, nil
}

// CashIn is the move of the cash line when money comes in.
func (f *Fund) CashIn(a money.Amount) ledger.Move {
	return ledger.Move{Line: f.CashLine, From: ledger.Source, To: ledger.Available, Amount: a}
}

// CashOut is the move of the cash line when money goes out; the ledger refuses more than is there.
func (f *Fund) CashOut(a money.Amount) ledger.Move {
	return ledger.Move{Line: f.CashLine, From: ledger.Available, To: ledger.Disbursed, Amount: a}
}

// journal starts a journal of the fund's book for a document.
func (f *Fund) journal(kind string, on calendar.Date, doc ledger.Ref, key string, actor, approver uuid.UUID) ledger.Journal {
	return ledger.Journal{Book: f.Book(), Kind: kind, On: on.Start(), Document: doc, Key: key, Actor: actor, Approver: approver}
}
