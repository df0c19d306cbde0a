package budget

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// TestCancelMany cancels the unused of chosen lines by one decision: all of them, and none when one is short.
func TestCancelMany(t *testing.T) {
	o := open(t)
	root := o.line(t, 2025, nil, "A", StateBudget, 1000)
	a, b, c := o.line(t, 2025, root, "A.1", "", 300), o.line(t, 2025, root, "A.2", "", 200), o.line(t, 2025, root, "A.3", "", 0)
	chosen := []uuid.UUID{a.ID, b.ID, root.ID}
	if _, err := o.svc.ProposeCancellation(o.chief, 2025, chosen, "hết năm"); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the chief accountant proposes = %v", err)
	}
	for name, x := range map[string]struct {
		lines []uuid.UUID
		want  error
	}{"none": {nil, ErrNoLines}, "one with nothing": {append(chosen, c.ID), ErrCancelRefused}, "a stranger": {[]uuid.UUID{uuid.New()}, errs.ErrNotFound}} {
		if _, err := o.svc.ProposeCancellation(o.officer, 2025, x.lines, "hết năm"); !errors.Is(err, x.want) {
			t.Errorf("%s = %v", name, err)
		}
	}
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	w.Get(o.officer, "/budgets/2025/cancellations/new").Status(200).Has("A.1").Has("A.2").Has("1.000").Lacks(" checked").Has(`href="/budgets/2025/cancellations/new?all=1"`)
	if all := w.Get(o.officer, "/budgets/2025/cancellations/new?q=a.&all=1").Status(200); strings.Count(all.Body, " checked") != 2 || !strings.Contains(all.Body, `new?q=a."`) {
		t.Errorf("all of a search: %d chosen", strings.Count(all.Body, " checked"))
	}
	w.Get(o.officer, "/budgets/2025/cancellations/new?q=a.2").Status(200).Has("A.2")
	w.Post(o.officer, "/budgets/2025/cancellations", url.Values{"reason": {"x"}}).Status(422).Has("Chọn từ 1 đến 500 dòng")
	if typed := w.Post(o.officer, "/budgets/2025/cancellations", url.Values{"lines": {a.ID.String()}, "reason": {""}}).Status(422); strings.Count(typed.Body, " checked") != 1 {
		t.Errorf("what was chosen is lost: %s", typed.Body)
	}
	first, err := o.svc.ProposeCancellation(o.officer, 2025, chosen, "hết năm")
	if err != nil {
		t.Fatal(err)
	}
	at := "/budgets/2025/cancellations/" + first.ID.String()
	w.Get(o.chief, at).Status(200).Has("Đủ số dư").Has("Duyệt")
	w.Get(o.chief, "/budgets/2025/year-end").Status(200).Has(at)
	if err := o.commit(t, b, 1); err != nil { // one line is short now
		t.Fatal(err)
	}
	w.Get(o.chief, at).Status(200).Has("Không còn đủ")
	err = o.svc.DecideCancellation(o.chief, 2025, first.ID, "9/QĐ", decided)
	if e := errs.From(err); !errors.Is(err, ErrCancelRefused) || len(e.Fields) != 1 || e.Fields[0].Args[0] != "A.2" {
		t.Errorf("one line short = %v", err)
	}
	w.Post(o.chief, at+"/decide", url.Values{"decision_no": {"9/QĐ"}, "decided_on": {"12/12/2025"}}).Status(422).Has("A.2:")
	is(t, "A.1 untouched", o.held(t, a).Available, 300)
	if err := o.svc.DeclineCancellation(o.chief, 2025, first.ID, "tính lại"); err != nil {
		t.Fatal(err)
	}
	if err := o.svc.DecideCancellation(o.chief, 2025, first.ID, "9/QĐ", decided); !errors.Is(err, ErrDecided) {
		t.Errorf("a declined one = %v", err)
	}

	var made madeOut
	w.API(o.officer, "POST", "/budgets/2025/cancellations", map[string]any{"lines": chosen, "reason": "hết năm"}, &made).Status(200)
	again := "/budgets/2025/cancellations/" + made.ID.String()
	both := o.svc.DecideCancellation
	if err := both(o.officer, 2025, made.ID, "9/QĐ", decided); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the maker decides = %v", err)
	}
	w.API(o.chief, "POST", again+"/decide", map[string]any{"decision_no": "9/QĐ", "decided_on": "2025-12-12"}, nil).Status(200)
	w.Get(o.chief, again).Status(200).Has("Đã duyệt").Has("/vouchers/")
	for l, want := range map[*Line]int64{a: 300, b: 199, root: 500} {
		s := o.held(t, l)
		is(t, l.Code+" closing", s.Closing, want)
		is(t, l.Code+" available", s.Available, 0)
	}
	o.proved(t)
}

// TestCancelManyAndCommitAtOnce lets the cancellation of all lines meet a commitment on one: one of the two passes, and no
// line ever holds more than it was given.
func TestCancelManyAndCommitAtOnce(t *testing.T) {
	o := open(t)
	for i := range 12 {
		root := o.line(t, 2026, nil, fmt.Sprintf("R%02d", i), StateBudget, 100)
		a, b := o.line(t, 2026, root, root.Code+".1", "", 40), o.line(t, 2026, root, root.Code+".2", "", 60)
		c, err := o.svc.ProposeCancellation(o.officer, 2026, []uuid.UUID{a.ID, b.ID}, "hết năm")
		if err != nil {
			t.Fatal(err)
		}
		got := atOnce(func() error { return o.svc.DecideCancellation(o.chief, 2026, c.ID, "9/QĐ", decided) }, func() error { return o.commit(t, b, 30) },
			func() error { return o.svc.DecideCancellation(o.chief, 2026, c.ID, "9/QĐ", decided) })
		passed := 0
		for _, err := range got {
			if err == nil {
				passed++
			} else if !errors.Is(err, ErrCancelRefused) && !errors.Is(err, ledger.ErrInsufficient) && !errors.Is(err, ErrDecided) {
				t.Fatal(err)
			}
		}
		if passed != 1 {
			t.Fatalf("%d passed: %v", passed, got)
		}
		s, r := o.held(t, b), o.held(t, a)
		if !money.Sum(s.Available, s.Committed, s.Closing).Equal(money.VND(60)) || r.Closing.IsZero() == (s.Closing.Sign() > 0) {
			t.Fatalf("%s and %s closing after %s", r.Closing, s.Closing, strings.TrimSpace(fmt.Sprint(got)))
		}
	}
	o.proved(t)
}

// TestOneOpenCancellationOfALine refuses a second proposal on a line while one waits, whichever is of the line alone, and
// one of more than the line has unused.
func TestOneOpenCancellationOfALine(t *testing.T) {
	o := open(t)
	root := o.line(t, 2026, nil, "A", StateBudget, 1000)
	a, b := o.line(t, 2026, root, "A.1", "", 300), o.line(t, 2026, root, "A.2", "", 200)
	alone := func(l *Line, amount int64) (*Act, error) {
		return o.svc.Propose(o.officer2, l.ID, ProposeInput{Kind: Cancel, Amount: money.VND(amount), Reason: "thừa"})
	}
	_, err := alone(a, 301)
	if e := errs.From(err); !errors.Is(err, ErrCancelOver) || fmt.Sprint(e.Args) != "[A.1 300 301]" || e.Fields[0].Name != "amount" {
		t.Errorf("more than there is = %v %v", err, e.Args)
	}
	act, err := alone(a, 300)
	if err != nil {
		t.Fatalf("all there is = %v", err)
	}
	if _, err := alone(a, 1); !errors.Is(err, ErrCancelOpen) {
		t.Errorf("a second of one line = %v", err)
	}
	_, err = o.svc.ProposeCancellation(o.officer, 2026, []uuid.UUID{b.ID, a.ID}, "hết năm")
	if e := errs.From(err); !errors.Is(err, ErrCancelRefused) || len(e.Fields) != 1 || e.Fields[0].Args[0] != "A.1" || !strings.Contains(fmt.Sprint(e.Fields[0].Args...), "/acts/"+act.ID.String()) {
		t.Errorf("of many after one = %v %v", err, e.Fields)
	}
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	w.Get(o.officer, "/budgets/2026/cancellations/new?all=1").Status(200).Has("Đang chờ quyết định").Has("/acts/" + act.ID.String()).Lacks(`value="` + a.ID.String())
	if err := o.svc.Decline(o.chief, act.ID, "gộp lại"); err != nil {
		t.Fatal(err)
	}
	for range 20 { // two at once: one waits for the other and is refused
		got, made := make([]error, 2), make([]*Cancellation, 2)
		var wait sync.WaitGroup
		for i, by := range []context.Context{o.officer, o.officer2} {
			wait.Go(func() {
				made[i], got[i] = o.svc.ProposeCancellation(by, 2026, []uuid.UUID{[]*Line{a, b}[i].ID, []*Line{b, a}[i].ID}, "hết năm")
			})
		}
		wait.Wait()
		first := made[0]
		if got[0] != nil {
			first = made[1]
		}
		if (got[0] == nil) == (got[1] == nil) || !errors.Is(errors.Join(got...), ErrCancelRefused) {
			t.Fatalf("two at once = %v", got)
		}
		if _, err := alone(b, 1); !errors.Is(err, ErrCancelOpen) || !strings.Contains(fmt.Sprint(errs.From(err).Args...), first.ID.String()) {
			t.Fatalf("one after many = %v", err)
		}
		if err := o.svc.DeclineCancellation(o.chief, 2026, first.ID, "thử lại"); err != nil {
			t.Fatal(err)
		}
	}
	o.proved(t)
}
