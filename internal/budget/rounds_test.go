package budget

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Two approvals at once that the line covers alone but not together: exactly one passes, every time.
func TestTwoApprovalsThatDoNotFitTogether(t *testing.T) {
	const rounds = 1_000
	o := open(t)
	root := o.root(t, "NS", 10)
	lines := [2]*Line{o.child(t, root, "A", 1), o.child(t, root, "B", 1)} // 8 are left
	for round := range rounds {
		var acts [2]*Act
		for i, l := range lines {
			acts[i] = o.propose(t, l, ProposeInput{Kind: Allocate, Amount: money.VND(5), Reason: "kế hoạch"})
		}
		var wg sync.WaitGroup
		var got [2]error
		for i, a := range acts {
			wg.Go(func() { got[i] = o.svc.Decide(o.chief, a.ID, "15/QĐ-STC", decided) })
		}
		wg.Wait()
		for i, err := range got {
			if other := got[1-i]; err == nil && !errors.Is(other, ledger.ErrInsufficient) || err != nil && !errors.Is(err, ledger.ErrInsufficient) {
				t.Fatalf("round %d: %v and %v", round, got[0], got[1])
			}
		}
		if left := o.holds(t, root).Available; !left.Equal(money.VND(3)) {
			t.Fatalf("round %d left %s", round, left)
		}
		_, err := ledger.Post(t.Context(), o.db, ledger.Journal{Book: "BUDGET", Kind: "adjust", Document: ledger.Ref{Kind: "test", ID: uuid.New(), No: "1"},
			Key: uuid.NewString(), Actor: access.From(o.officer).ID, Approver: access.From(o.chief).ID, Reason: "bổ sung",
			Moves: []ledger.Move{{Line: root.ControlLine, From: ledger.Source, To: ledger.Available, Amount: money.VND(5)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}
