package budget

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/idem"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// orders of one officer on one line, each with a key of its own.
func orders(ctx context.Context, line, approver uuid.UUID, amounts ...int64) []order {
	all := make([]order, len(amounts))
	for i, n := range amounts {
		all[i] = order{access.From(ctx), idem.Use{Scope: access.From(ctx).ID.String(), Key: fmt.Sprintf("k%d", i), Act: "a", Digest: fmt.Sprintf("%064d", n)},
			line, CommitInput{Amount: money.VND(n), Approver: approver, DocumentNo: "1/HĐ"}, false}
	}
	return all
}

func (o *office) holds(t *testing.T, l *Line) ledger.State {
	t.Helper()
	s, err := ledger.Line(t.Context(), o.db, l.ControlLine)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestManyCommitmentsGetAVerdictEach(t *testing.T) {
	o := open(t)
	line := o.child(t, o.root(t, "NS", 1_000_000), "NS-1", 1_000)
	signer := access.From(o.chief).ID
	all := orders(o.officer, line.ID, signer, 600, 500, 400, 1, 0)
	all = append(all, orders(o.officer2, line.ID, uuid.New(), 1)...) // signed by nobody
	all = append(all, orders(o.chief, line.ID, signer, 1)...)        // who may not commit
	all = append(all, orders(o.officer2, uuid.New(), signer, 1)...)  // no such line
	out, err := o.svc.commitAll(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ kept, insufficient bool }{{true, false}, {false, true}, {true, false}, {false, true}, {}, {}, {}, {}} {
		if (out[i].kept != nil) != want.kept || errors.Is(out[i].err, ledger.ErrInsufficient) != want.insufficient {
			t.Errorf("order %d: kept %s, error %v", i, out[i].kept, out[i].err)
		}
	}
	if s := o.holds(t, line); !s.Committed.Equal(money.VND(1_000)) || !s.Available.IsZero() {
		t.Errorf("the line holds %+v", s)
	}

	again, err := o.svc.commitAll(t.Context(), all[:3])
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 2} {
		if string(again[i].kept) != string(out[i].kept) {
			t.Errorf("order %d again: %s, first %s", i, again[i].kept, out[i].kept)
		}
	}
	if !errors.Is(again[1].err, ledger.ErrInsufficient) {
		t.Errorf("a refused order again: %v", again[1].err)
	}
	other := all[0]
	other.use.Digest, other.in.Amount = fmt.Sprintf("%064d", 7), money.VND(7)
	if got, err := o.svc.commitAll(t.Context(), []order{other}); err != nil || !errors.Is(got[0].err, idem.ErrReused) {
		t.Errorf("the key with another amount: %+v, %v", got, err)
	}
	over := orders(o.officer2, line.ID, signer, 1)
	over[0].use.Key = "alone"
	if got, err := o.svc.commitAll(t.Context(), over); err != nil || !errors.Is(got[0].err, ledger.ErrInsufficient) {
		t.Errorf("one alone that does not fit: %+v, %v", got, err)
	}
	if got, err := o.svc.commitAll(t.Context(), all[:1]); err != nil || string(got[0].kept) != string(out[0].kept) {
		t.Errorf("one alone again: %+v, %v", got, err)
	}
}

// One key sent many times at once, together and alone, is one commitment and one answer.
func TestOneKeyCommitsOnce(t *testing.T) {
	o := open(t)
	line := o.child(t, o.root(t, "NS", 1_000_000), "NS-1", 1_000)
	one := orders(o.officer, line.ID, access.From(o.chief).ID, 1)[0]
	var wg sync.WaitGroup
	answers := make(chan string, 32)
	for n := range 32 {
		wg.Go(func() {
			if n%4 == 0 {
				out, err := o.svc.commitAll(t.Context(), []order{one, one})
				if err != nil || string(out[0].kept) != string(out[1].kept) {
					t.Errorf("twice in one batch: %+v, %v", out, err)
					return
				}
				answers <- string(out[0].kept)
				return
			}
			v, err := o.svc.desk.Do(t.Context(), one)
			if err != nil || v.err != nil {
				t.Errorf("at the desk: %v, %v", v.err, err)
			}
			answers <- string(v.kept)
		})
	}
	wg.Wait()
	if _, err := o.svc.Commit(idem.With(o.officer, one.use), line.ID, one.in); err != nil {
		t.Errorf("alone, after the others: %v", err)
	}
	close(answers)
	first := <-answers
	for a := range answers {
		if a != first || a == "" {
			t.Errorf("answers %q and %q", first, a)
		}
	}
	if s := o.holds(t, line); !s.Committed.Equal(money.VND(1)) {
		t.Errorf("committed %s", s.Committed)
	}
}

func TestPageOfALineAnswersItsForm(t *testing.T) {
	o := open(t)
	line := o.child(t, o.root(t, "NS", 1_000_000), "NS-1", 1_000)
	one := orders(o.officer, line.ID, access.From(o.chief).ID, 1)[0]
	one.page = true
	out, err := o.svc.commitAll(t.Context(), []order{one})
	if err != nil {
		t.Fatal(err)
	}
	want, err := web.Kept(web.Done{Location: href(line), Notice: "budget.committed_notice"}, Committed{})
	if err != nil {
		t.Fatal(err)
	}
	if head := len(want) - len(`,"out":{"voucher":"","available":"0","committed":"0"}}`); string(out[0].kept[:head]) != string(want[:head]) {
		t.Errorf("kept %s", out[0].kept)
	}
}

// A key that another act used is left to the command alone, which refuses it; nothing is committed.
func TestKeyOfAnotherActCommitsNothing(t *testing.T) {
	o := open(t)
	line := o.child(t, o.root(t, "NS", 1_000_000), "NS-1", 1_000)
	all := orders(o.officer, line.ID, access.From(o.chief).ID, 1, 2)
	taken := all[0].use
	taken.Act = "another"
	if n, err := idem.Keep(t.Context(), o.db, []idem.Use{taken}, [][]byte{[]byte("{}")}); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	out, err := o.svc.commitAll(t.Context(), all)
	if err != nil || out[0].kept != nil || out[0].err != nil || out[1].kept != nil {
		t.Errorf("%+v, %v", out, err)
	}
	if s := o.holds(t, line); !s.Committed.IsZero() {
		t.Errorf("committed %s", s.Committed)
	}
}
