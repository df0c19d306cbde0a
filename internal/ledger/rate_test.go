package ledger

import (
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

func rate(t testing.TB, db bun.IDB, day calendar.Date, accounting string) int64 {
	t.Helper()
	d := decimal.RequireFromString(accounting)
	id, err := AddRate(t.Context(), db, Rate{Currency: "USD", Day: day, Source: "Ngân hàng Nhà nước", Document: "TB 12", Bid: d.Sub(decimal.NewFromInt(50)),
		Ask: d.Add(decimal.NewFromInt(50)), Accounting: d, RecordedBy: maker})
	want(t, "rate", err, nil)
	return id
}

func usd(account, amount string, rate int64, by RateKind) ForeignLeg {
	return ForeignLeg{Account: account, Currency: "USD", Amount: decimal.RequireFromString(amount), Rate: rate, By: by}
}

func worth(t testing.TB, db bun.IDB, day calendar.Date) map[string]string {
	t.Helper()
	ws, err := Worths(t.Context(), db, "ACTUAL", day)
	want(t, "worths", err, nil)
	out := map[string]string{}
	sum, base := decimal.Decimal{}, decimal.Decimal{}
	for _, w := range ws {
		out[w.Account] = w.Amount.String() + " = " + w.Base.String()
		sum, base = sum.Add(w.Amount), base.Add(w.Base)
	}
	if !sum.IsZero() || !base.IsZero() {
		t.Fatalf("on %s %s USD, %s đồng", day, sum, base)
	}
	return out
}

// Dollars come in, are exchanged through the position accounts and are revalued at the month's end and back.
func TestForeignCurrency(t *testing.T) {
	db := dbtest.New(t)
	ctx := t.Context()
	march, end := calendar.On(2026, 3, 10), calendar.On(2026, 3, 31)
	r := rate(t, db, march, "25347.5")
	want(t, "open", OpenCurrency(ctx, db, "ACTUAL", "USD", "cash_bank", "sponsorship", "payable"), nil)
	want(t, "no such currency", OpenCurrency(ctx, db, "ACTUAL", "XXX"), ErrUnbalanced)
	post := func(day calendar.Date, vnd []Leg, legs ...ForeignLeg) error {
		_, err := Post(ctx, db, Journal{Book: "ACTUAL", Kind: "sponsor", On: day.Start(), Document: paper, Key: uuid.NewString(), Actor: maker, Approver: checker,
			Reason: "tài trợ", Legs: vnd, Foreign: legs})
		return err
	}
	// 33.33 × 25,347.5 = 844,832.175, 66.67 × … = 1,689,917.825, 100 × … = 2,534,750: rounded they sum to 0 here, and to 1 with 33.34.
	want(t, "in", post(march, nil, usd("cash_bank", "33.33", r, Accounting), usd("payable", "66.67", r, Accounting), usd("sponsorship", "-100", r, Accounting)), nil)
	want(t, "in", post(march, nil, usd("cash_bank", "33.34", r, Accounting), usd("payable", "33.34", r, Accounting), usd("sponsorship", "-66.68", r, Accounting)), nil)
	want(t, "off by a cent", post(march, nil, usd("cash_bank", "1", r, Accounting), usd("sponsorship", "-0.99", r, Accounting)), ErrUnbalanced)
	want(t, "a rate of tomorrow", post(march.AddDays(-1), nil, usd("cash_bank", "1", r, Accounting), usd("sponsorship", "-1", r, Accounting)), ErrMove)
	want(t, "less than a cent", post(march, nil, usd("cash_bank", "0.005", r, Accounting), usd("sponsorship", "-0.005", r, Accounting)), ErrMove)
	// Sold: dollars out against the position, đồng in against its other side.
	want(t, "exchange", post(march, []Leg{{Account: "cash_bank", Amount: money.VND(1_264_875)}, {Account: "fx_position", Amount: money.VND(-1_264_875)}},
		usd("cash_bank", "-50", r, Bid), usd("fx_position", "50", r, Bid)), nil)
	before := worth(t, db, end)
	if before["cash_bank"] != "16.67 = 425043" || before["fx_rounding"] != "0 = -1" && before["fx_rounding"] != "0 = 1" {
		t.Fatalf("worth %+v", before)
	}
	higher := rate(t, db, end, "26000")
	re := Revaluation{Book: "ACTUAL", Currency: "USD", Month: march, Rate: higher, Document: paper, Key: "march", Actor: maker, Approver: checker, Reason: "cuối tháng"}
	change, back, err := Revalue(ctx, db, re)
	want(t, "revalue", err, nil)
	at, after := worth(t, db, end), worth(t, db, end.AddDays(1))
	if at["cash_bank"] != "16.67 = 433420" || after["cash_bank"] != before["cash_bank"] || after["fx_revaluation"] != "0 = 0" {
		t.Fatalf("worth at the end %+v, the day after %+v", at, after)
	}
	again, backAgain, err := Revalue(ctx, db, re)
	if err != nil || !again.Replay || !backAgain.Replay || again.No != change.No || backAgain.No != back.No {
		t.Fatalf("again %+v %+v, %v", again, backAgain, err)
	}
	re.Key, re.Approver = "alone", uuid.Nil
	_, _, err = Revalue(ctx, db, re)
	want(t, "nothing changes or alone", err, ErrMove)
	re.Month = march.AddDays(31)
	_, _, err = Revalue(ctx, db, re)
	want(t, "alone", err, ErrSecondPerson)
	if _, err := db.ExecContext(ctx, "INSERT INTO ledger.rates (currency) VALUES ('USD')"); err == nil {
		t.Error("the app writes rates by hand")
	}
	if _, err := dbtest.Owner(t, db).ExecContext(ctx, "UPDATE ledger.rates SET accounting = 1"); err == nil {
		t.Error("a rate is changed")
	}
	noDrift(t, db)
}
