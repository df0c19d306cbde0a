package ledger

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// A statement is read page by page, by day and not by entry, and every position tells the line as it stood.
func TestStatementPages(t *testing.T) {
	db := dbtest.New(t)
	ctx := t.Context()
	id, err := OpenLine(ctx, db, "BUDGET", BudgetLine, Dim{Year: 2026}, uuid.New())
	want(t, "open", err, nil)
	give := journal(KindAppropriate, Move{id, Source, Available, money.VND(1000)})
	give.On = calendar.On(2026, 1, 2).Start()
	_, err = Post(ctx, db, give)
	want(t, "appropriate", err, nil)
	for _, day := range []int{20, 10, 30, 10, 20, 30, 11} { // three of them entered late
		want(t, "commit", on(t, db, id, calendar.On(2026, 3, day)), nil)
	}
	for _, limit := range []int{1, 3, 8, 50} {
		var seen []string
		cursor, committed := "", int64(7)
		for {
			page, err := StatementPage(ctx, db, id, cursor, limit)
			want(t, "page", err, nil)
			for _, p := range page {
				seen = append(seen, p.On.String())
				if !p.After.Committed.Equal(money.VND(max(committed, 0))) || !p.After.Available.Equal(money.VND(1000-committed)) {
					t.Fatalf("%d a page: %s stands at %+v, want %d committed", limit, p.On, p.After, committed)
				}
				committed--
			}
			if len(page) < limit {
				break
			}
			cursor = page[len(page)-1].Cursor
		}
		if got := fmt.Sprint(seen); got != "[2026-03-30 2026-03-30 2026-03-20 2026-03-20 2026-03-11 2026-03-10 2026-03-10 2026-01-02]" {
			t.Fatalf("%d a page: %s", limit, got)
		}
	}
	for _, bad := range []string{"x", "!!", "MjAyNi0wMS0wMg"} {
		_, err := StatementPage(ctx, db, id, bad, 5)
		want(t, bad, err, errs.ErrNotFound)
	}
	_, err = LineAsOf(ctx, db, 999, calendar.On(2026, 1, 1))
	want(t, "no line", err, errs.ErrNotFound)
}

// The trial balance of any stretch is the same whether its months are closed or not.
func TestTrialBalanceOfOpenAndClosedMonths(t *testing.T) {
	db := dbtest.New(t)
	ctx := t.Context()
	for m := 1; m <= 4; m++ {
		for _, n := range []int64{100, 7} {
			j := Journal{Book: "ACTUAL", Kind: "pay", On: calendar.On(2026, 1, 15).AddDays(31 * (m - 1)).Start(), Document: paper, Key: uuid.NewString(),
				Actor: maker, Approver: checker, Legs: []Leg{{Account: "grant_expense", Amount: money.VND(n * int64(m))}, {Account: "cash_treasury", Amount: money.VND(-n * int64(m))}}}
			_, err := Post(ctx, db, j)
			want(t, "pay", err, nil)
		}
	}
	read := func() (out []string) {
		for _, s := range [][2]calendar.Date{{calendar.On(2026, 1, 1), calendar.On(2026, 12, 31)}, {calendar.On(2026, 2, 1), calendar.On(2026, 3, 31)},
			{calendar.On(2026, 1, 16), calendar.On(2026, 4, 1)}, {calendar.On(2026, 3, 1), calendar.On(2026, 3, 31)}, {calendar.On(2025, 1, 1), calendar.On(2025, 12, 31)}} {
			rows, err := TrialBalance(ctx, db, "ACTUAL", s[0], s[1])
			want(t, "trial balance", err, nil)
			var debit, credit, closing decimal.Decimal
			for _, r := range rows {
				debit, credit, closing = debit.Add(r.Debit), credit.Add(r.Credit), closing.Add(r.Closing)
				out = append(out, fmt.Sprint(s, r.Account, r.Opening, r.Debit, r.Credit, r.Closing))
			}
			if !debit.Equal(credit) || !closing.IsZero() {
				t.Fatalf("%s to %s does not balance: %+v", s[0], s[1], rows)
			}
		}
		for _, day := range []calendar.Date{calendar.On(2026, 2, 28), calendar.On(2026, 3, 5), calendar.On(2026, 3, 20)} {
			bs, err := Balances(ctx, db, "ACTUAL", day.Start())
			want(t, "balances", err, nil)
			out = append(out, fmt.Sprint(day, bs))
		}
		return out
	}
	open := read()
	if len(open) != 11 {
		t.Fatalf("%d rows: %q", len(open), open)
	}
	seal(t, db)
	for m := range 3 {
		want(t, "close", MovePeriod(ctx, db, "ACTUAL", calendar.On(2026, 1, 15).AddDays(31*m), PeriodClosed, alone), nil)
		for i, s := range read() {
			if s != open[i] {
				t.Errorf("%d months closed: %s, before %s", m+1, s, open[i])
			}
		}
	}
}
