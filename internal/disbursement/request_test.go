package disbursement

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

var (
	requester, checker, accountant, holder = uuid.New(), uuid.New(), uuid.New(), uuid.New()
	at                                     = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
)

func submitted() *Request {
	r := &Request{Status: Draft, PreparedBy: requester, Amount: money.VND(40_000_000)}
	if err := r.Submit(requester, at); err != nil {
		panic(err)
	}
	return r
}

func TestRequestMoves(t *testing.T) {
	cases := []struct {
		name string
		do   func(*Request) error
		from func() *Request
		want error
		end  Status
	}{
		{"finance officer checks", func(r *Request) error { return r.Check(checker, at, Opinion{}) }, submitted, nil, Checked},
		{"a check to look at, and nothing said", func(r *Request) error { return r.Check(checker, at, Opinion{1, " "}) }, submitted, ErrLook, Submitted},
		{"a check to look at, and a remark", func(r *Request) error { return r.Check(checker, at, Opinion{1, "Đã xem"}) }, submitted, nil, Checked},
		{"the requester may not check", func(r *Request) error { return r.Check(requester, at, Opinion{}) }, submitted, ErrSamePerson, Submitted},
		{"twice", func(r *Request) error { _ = r.Check(checker, at, Opinion{}); return r.Check(checker, at, Opinion{}) }, submitted, ErrNotSubmitted, Checked},
		{"return needs a reason", func(r *Request) error { return r.Refuse(Returned, " ") }, submitted, ErrReason, Submitted},
		{"return", func(r *Request) error { return r.Refuse(Returned, "Thiếu hóa đơn") }, submitted, nil, Returned},
		{"reject", func(r *Request) error { return r.Refuse(Rejected, "Sai đối tượng") }, submitted, nil, Rejected},
		{"cancel before the check", (*Request).Cancel, submitted, nil, Cancelled},
		{"cancel after the check", func(r *Request) error { _ = r.Check(checker, at, Opinion{}); return r.Cancel() }, submitted, ErrNotDraft, Checked},
		{"submit twice", func(r *Request) error { return r.Submit(requester, at) }, submitted, ErrNotDraft, Submitted},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := c.from()
			if err := c.do(r); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if r.Status != c.end {
				t.Fatalf("ends %s, want %s", r.Status, c.end)
			}
		})
	}
}

func TestOrderNeedsItsOwnPeople(t *testing.T) {
	made := func() *Order { return &Order{Status: Made, MadeBy: checker, Amount: money.VND(40_000_000)} }
	o := made()
	if err := o.Check(checker, at, Opinion{}); !errors.Is(err, ErrSamePerson) {
		t.Fatalf("maker checks: %v", err)
	}
	if err := o.Approve(holder, at, Opinion{Remark: ""}); !errors.Is(err, ErrOrderState) {
		t.Fatalf("approved unchecked: %v", err)
	}
	if err := o.Check(accountant, at, Opinion{}); err != nil {
		t.Fatal(err)
	}
	for _, same := range []uuid.UUID{checker, accountant} {
		if err := o.Approve(same, at, Opinion{Remark: ""}); !errors.Is(err, ErrSamePerson) {
			t.Fatalf("a person of the chain approves: %v", err)
		}
	}
	o.PayeeBefore = "115500884471 (970436)"
	if err := o.Approve(holder, at, Opinion{Remark: " "}); !errors.Is(err, ErrRemark) || o.Status != OrderChecked {
		t.Fatalf("approved to a changed account without a remark: %v", err)
	}
	if err := o.Approve(holder, at, Opinion{Remark: "Đã gọi người ký hợp đồng"}); err != nil {
		t.Fatal(err)
	}
	if err := o.Pay("KB-1", calendar.DateOf(at), &checker, at); !errors.Is(err, ErrOrderState) {
		t.Fatalf("paid before release: %v", err)
	}
	if err := o.Stop(OrderCancelled, "nhầm"); !errors.Is(err, ErrOrderState) {
		t.Fatalf("cancelled after approval: %v", err)
	}
	if err := o.Release(at); err != nil {
		t.Fatal(err)
	}
	if err := o.Pay("  ", calendar.DateOf(at), &checker, at); !errors.Is(err, ErrTreasuryRef) {
		t.Fatalf("paid without reference: %v", err)
	}
	for _, day := range []calendar.Date{{}, calendar.DateOf(at).AddDays(-1), calendar.DateOf(at).AddDays(1)} {
		if err := o.Pay("KB-1", day, &checker, at); !errors.Is(err, ErrPaidDay) || o.Status != Released {
			t.Fatalf("released and recorded on %s, paid on %s: %v", calendar.DateOf(at).Format(), day.Format(), err)
		}
	}
	if err := o.Pay(" kb-1", calendar.DateOf(at), &checker, at); err != nil || *o.TreasuryRef != "KB-1" {
		t.Fatalf("pay: %v", err)
	}
	if err := o.Stop(Failed, "đóng tài khoản"); !errors.Is(err, ErrOrderState) {
		t.Fatalf("failed after payment: %v", err)
	}
}

// One start, every state reachable, the ends final, no move without a named act.
func TestGraphs(t *testing.T) {
	for name, g := range map[string]struct {
		start string
		moves []Move
		ends  []string
		all   int
	}{
		"request": {"draft", Moves, []string{"paid", "returned", "rejected", "cancelled"}, 8},
		"order":   {"made", OrderMoves, []string{"paid", "failed", "cancelled"}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			reached := map[string]bool{g.start: true}
			for range g.moves {
				for _, m := range g.moves {
					if m.Act == "" {
						t.Fatalf("%s → %s has no act", m.From, m.To)
					}
					if reached[m.From] {
						reached[m.To] = true
					}
				}
			}
			if len(reached) != g.all {
				t.Fatalf("reached %v of %d", reached, g.all)
			}
			for _, e := range g.ends {
				for _, m := range g.moves {
					if m.From == e {
						t.Fatalf("%s is final but moves to %s", e, m.To)
					}
				}
			}
		})
	}
}
