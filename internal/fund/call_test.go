package fund

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

func people(committed ...int64) (is []Investor) {
	for i, c := range committed {
		is = append(is, Investor{ID: uuid.New(), Position: i + 1, Name: string(rune('A' + i)), Committed: money.VND(c)})
	}
	return is
}

func TestDivideAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 500 {
		is := people(1+r.Int64N(1e12), 1+r.Int64N(1e12), r.Int64N(1e12), 1+r.Int64N(1e6))
		b := Buckets{money.VND(r.Int64N(1e5)), money.VND(r.Int64N(100)), money.VND(1 + r.Int64N(3))}
		lines, err := divide(b, is)
		if errors.Is(err, ErrOverCommitment) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var sum Buckets
		for _, l := range lines {
			if !l.Amount.Equal(l.Buckets.Total()) {
				t.Fatalf("line %+v is not the sum of its buckets", l)
			}
			sum = Buckets{sum.Investment.Add(l.Investment), sum.Fee.Add(l.Fee), sum.Expense.Add(l.Expense)}
		}
		if !sum.Investment.Equal(b.Investment) || !sum.Fee.Equal(b.Fee) || !sum.Expense.Equal(b.Expense) {
			t.Fatalf("%+v was divided into %+v", b, sum)
		}
	}
}

func TestDivideRefuses(t *testing.T) {
	is := people(100, 100)
	if _, err := divide(Buckets{Investment: money.VND(200)}, is); err != nil {
		t.Errorf("all that was committed: %v", err)
	}
	if _, err := divide(Buckets{Investment: money.VND(201)}, is); !errors.Is(err, ErrOverCommitment) {
		t.Errorf("one đồng more: %v", err)
	}
	if _, err := divide(Buckets{}, is); !errors.Is(err, ErrAmount) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := divide(Buckets{Fee: money.VND(1)}, people(0, 0)); !errors.Is(err, ErrNoInvestors) {
		t.Errorf("nobody committed: %v", err)
	}
}

func TestCallLine(t *testing.T) {
	due := calendar.On(2026, time.May, 20)
	l := CallLine{Amount: money.VND(100)}
	if s := l.State(due, due); s != "waiting" {
		t.Errorf("on the due day: %s", s)
	}
	if s := l.State(due, due.AddDays(1)); s != "overdue" {
		t.Errorf("a day later: %s", s)
	}
	if err := l.pay(money.VND(101), due, due); !errors.Is(err, ErrOverLine) || !l.Paid.IsZero() {
		t.Errorf("one đồng more than due: %v, paid %s", err, l.Paid)
	}
	if err := l.pay(money.VND(0), due, due); !errors.Is(err, ErrAmount) {
		t.Errorf("nothing: %v", err)
	}
	if err := l.pay(money.VND(40), due, due); err != nil || l.State(due, due) != "partial" {
		t.Errorf("in part: %v, %s", err, l.State(due, due))
	}
	if err := l.pay(money.VND(60), due, due); err != nil || l.State(due, due) != "paid" {
		t.Errorf("on time: %v, %s", err, l.State(due, due))
	}
	late := CallLine{Amount: money.VND(5)}
	if err := late.pay(money.VND(5), due.AddDays(1), due); err != nil || late.State(due, due.AddDays(2)) != "paid_late" {
		t.Errorf("late: %v, %s", err, late.State(due, due))
	}
}

func TestCallMoves(t *testing.T) {
	for _, from := range []CallStatus{CallDraft, CallApproved, CallIssued, CallClosed} {
		for _, to := range []CallStatus{CallDraft, CallApproved, CallIssued, CallClosed} {
			c := CapitalCall{Status: from}
			err := c.move(to)
			allowed := from == CallDraft && to == CallApproved || from == CallApproved && to == CallIssued || from == CallIssued && to == CallClosed
			if allowed != (err == nil) || err != nil && c.Status != from {
				t.Errorf("%s to %s: %v, now %s", from, to, err, c.Status)
			}
		}
	}
}

func TestStateShareBoundary(t *testing.T) {
	total := money.VND(200_000_000_000)
	if !withinCap(money.VND(98_000_000_000), total, 4900) {
		t.Error("49 % exactly must fit")
	}
	if withinCap(money.VND(98_000_000_001), total, 4900) {
		t.Error("one đồng above 49 % must not fit")
	}
}

func TestEntryApprove(t *testing.T) {
	maker := uuid.New()
	e := Entry{Status: Recorded, RecordedBy: maker}
	if err := e.Approve(maker, time.Now()); !errors.Is(err, ErrSamePerson) || e.Status != Recorded {
		t.Errorf("by the maker: %v, %s", err, e.Status)
	}
	if err := e.Approve(uuid.New(), time.Now()); err != nil || e.Status != Approved {
		t.Errorf("by another: %v, %s", err, e.Status)
	}
	if err := e.Approve(uuid.New(), time.Now()); !errors.Is(err, ErrEntryDone) {
		t.Errorf("twice: %v", err)
	}
}
