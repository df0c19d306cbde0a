package ledger

import (
	"errors"
	"testing"
	"time"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

func TestPostRefusesAndChangesNothing(t *testing.T) {
	db := dbtest.New(t)
	id := line(t, db, 1_000_000)
	other := line(t, db, 0)
	before := state(t, db, id)
	edit := func(f func(*Journal)) Journal {
		j := journal("commit", Move{id, Available, Committed, money.VND(10)})
		f(&j)
		return j
	}
	for _, c := range []struct {
		name string
		j    Journal
		want error
	}{
		{"one đồng over", edit(func(j *Journal) { j.Moves[0].Amount = money.VND(1_000_001) }), ErrInsufficient},
		{"the same person twice", edit(func(j *Journal) { j.Approver = maker }), ErrSamePerson},
		{"nobody approves", edit(func(j *Journal) { j.Approver = paperNil }), ErrSecondPerson},
		{"under another name", edit(func(j *Journal) { j.Kind, j.Approver = "reserve", paperNil }), ErrMove},
		{"nothing", edit(func(j *Journal) { j.Moves[0].Amount = money.VND(0) }), ErrMove},
		{"less than nothing", edit(func(j *Journal) { j.Moves[0].Amount = money.VND(-5) }), ErrMove},
		{"a stage is jumped", edit(func(j *Journal) { j.Moves[0].From, j.Moves[0].To = Reserved, Disbursed }), ErrMove},
		{"no such line", edit(func(j *Journal) { j.Moves[0].Line = 999 }), ErrMove},
		{"no such book", edit(func(j *Journal) { j.Book = "NONE" }), ErrUnbalanced},
		{"a line of another book", edit(func(j *Journal) { j.Book = "ACTUAL" }), ErrMove},
		{"nothing reserved", edit(func(j *Journal) { j.Moves[0].From = Reserved }), ErrInsufficient},
		{"the child gets more than the parent gives", journal("allocate", Move{id, Available, Allocated, money.VND(5)},
			Move{other, Source, Available, money.VND(6)}), ErrMove},
		{"legs off by one", Journal{Book: "ACTUAL", Kind: "pay", Document: paper, Key: "off", Actor: maker, Approver: checker,
			Legs: []Leg{{Account: "grant_expense", Amount: money.VND(5)}, {Account: "cash_treasury", Amount: money.VND(-4)}}}, ErrUnbalanced},
		{"an unknown account", Journal{Book: "ACTUAL", Kind: "pay", Document: paper, Key: "acc", Actor: maker, Approver: checker,
			Legs: []Leg{{Account: "grants", Amount: money.VND(5)}, {Account: "cash_treasury", Amount: money.VND(-5)}}}, ErrUnbalanced},
		{"no legs at all", Journal{Book: "ACTUAL", Kind: "pay", Document: paper, Key: "none", Actor: maker}, ErrUnbalanced},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Post(t.Context(), db, c.j); !errors.Is(err, c.want) {
				t.Fatalf("Post = %v, want %v", err, c.want)
			}
			if after := state(t, db, id); after.Version != before.Version || !after.Available.Equal(before.Available) {
				t.Fatalf("the line moved: %+v", after)
			}
		})
	}
	if err := commit(t.Context(), db, id, 1_000_000); err != nil {
		t.Fatalf("all that is left: %v", err)
	}
}

func TestAllocationPushesDownAndComesBack(t *testing.T) {
	db := dbtest.New(t)
	parent, child := line(t, db, 100), line(t, db, 0)
	p, err := Post(t.Context(), db, journal("allocate", Move{child, Source, Available, money.VND(60)}, Move{parent, Available, Allocated, money.VND(60)}))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Lines) != 2 || !p.Lines[0].Available.Equal(money.VND(40)) || !p.Lines[1].Authorised.Equal(money.VND(60)) {
		t.Fatalf("lines %+v", p.Lines)
	}
	if _, err := Reverse(t.Context(), db, Reversal{Number: p.No, Key: "back", Actor: maker, Approver: checker, Reason: "nhầm dòng"}); err != nil {
		t.Fatal(err)
	}
	if s := state(t, db, parent); !s.Available.Equal(money.VND(100)) {
		t.Fatalf("parent %+v", s)
	}
	_, err = Reverse(t.Context(), db, Reversal{Number: p.No, Key: "again", Actor: maker, Approver: checker, Reason: "nhầm dòng"})
	if !errors.Is(err, ErrReversed) {
		t.Fatalf("second reversal = %v", err)
	}
}

func TestKeyRepeatsTheAnswer(t *testing.T) {
	db := dbtest.New(t)
	id := line(t, db, 100)
	j := journal("commit", Move{id, Available, Committed, money.VND(60)})
	first, err := Post(t.Context(), db, j)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Post(t.Context(), db, j)
	if err != nil || !again.Replay || again.No != first.No || again.ID != first.ID {
		t.Fatalf("again = %+v, %v", again, err)
	}
	j.Moves[0].Amount = money.VND(40)
	if _, err := Post(t.Context(), db, j); !errors.Is(err, ErrKeyReused) {
		t.Fatalf("other content = %v", err)
	}
	if s := state(t, db, id); !s.Committed.Equal(money.VND(60)) {
		t.Fatalf("committed %s", s.Committed)
	}
}

func TestClosedPeriodTakesNothing(t *testing.T) {
	db := dbtest.New(t)
	id := line(t, db, 100)
	j := journal("commit", Move{id, Available, Committed, money.VND(1)})
	j.On = time.Date(2026, 3, 31, 17, 0, 0, 0, time.UTC) // 01/04 in Bắc Ninh
	if _, err := Post(t.Context(), db, j); err != nil {
		t.Fatal(err)
	}
	j.On, j.Key = j.On.Add(-time.Second), "march" // 31/03
	if _, err := Post(t.Context(), db, j); err != nil {
		t.Fatal(err)
	}
	j.On = j.On.Add(time.Second)
	owner := dbtest.Owner(t, db)
	if _, err := owner.ExecContext(t.Context(), "UPDATE ledger.periods SET state = 'closed' WHERE starts_on = '2026-04-01'"); err != nil {
		t.Fatal(err)
	}
	j.Key = "april"
	if _, err := Post(t.Context(), db, j); !errors.Is(err, ErrClosed) {
		t.Fatalf("closed month = %v", err)
	}
	j.On = j.On.Add(-time.Second) // 31/03
	if _, err := Post(t.Context(), db, j); err != nil {
		t.Fatalf("the month before: %v", err)
	}
	j.On, j.Key = j.On.AddDate(0, -2, 0), "january" // has no period yet, and one after it is closed
	if _, err := Post(t.Context(), db, j); !errors.Is(err, ErrClosed) {
		t.Fatalf("a month never opened before a closed one = %v", err)
	}
}

func TestBalancesAndEntries(t *testing.T) {
	db := dbtest.New(t)
	dim := Dim{Year: 2026, SourceCode: "NS", Organisation: checker}
	pay := Journal{Book: "ACTUAL", Kind: "disburse", Document: paper, Key: "pay", Actor: maker, Approver: checker, Legs: []Leg{
		{Account: "grant_expense", Dim: dim, Amount: money.VND(999_999_999_999_999)}, {Account: "cash_treasury", Amount: money.VND(-999_999_999_999_999)}}}
	if _, err := Post(t.Context(), db, pay); err != nil {
		t.Fatal(err)
	}
	id := line(t, db, 100)
	for _, asOf := range []time.Time{{}, time.Now().AddDate(0, 0, 2)} {
		for book, want := range map[string]int{"ACTUAL": 2, "BUDGET": 2} {
			bs, err := Balances(t.Context(), db, book, asOf)
			if err != nil || len(bs) != want {
				t.Fatalf("%s as of %v: %+v, %v", book, asOf, bs, err)
			}
			if s := bs[0].Amount.Add(bs[1].Amount); !s.IsZero() {
				t.Fatalf("%s sums to %s", book, s)
			}
		}
	}
	if bs, err := Balances(t.Context(), db, "ACTUAL", time.Now().AddDate(0, 0, -2)); err != nil || len(bs) != 0 {
		t.Fatalf("two days ago: %+v, %v", bs, err)
	}
	es, err := Entries(t.Context(), db, paper.Kind, paper.ID)
	if err != nil || len(es) != 2 || len(es[0].Legs) != 2 || es[0].Legs[0].Dim != dim || es[0].ApproverID != checker {
		t.Fatalf("entries %+v, %v", es, err)
	}
	st, err := Statement(t.Context(), db, id)
	if err != nil || len(st) != 1 || len(st[0].Legs) != 2 || st[0].Kind != "appropriate" {
		t.Fatalf("statement %+v, %v", st, err)
	}
}

func TestOpenLineGivesTheSameLine(t *testing.T) {
	db := dbtest.New(t)
	for _, subject := range []bool{true, false} {
		s := paperNil
		if subject {
			s = paper.ID
		}
		a, err := OpenLine(t.Context(), db, "BUDGET", BudgetLine, Dim{Year: 2027}, s)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := OpenLine(t.Context(), db, "BUDGET", BudgetLine, Dim{Year: 2027}, s); err != nil || a != b {
			t.Fatalf("lines %d and %d, %v", a, b, err)
		}
	}
}
