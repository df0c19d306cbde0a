package ledger

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

// What was remembered plus what came since is what a sum of everything says, before and after it is summed anew.
func TestTrialsSayWhatTheBooksSay(t *testing.T) {
	db, ctx := dbtest.New(t), t.Context()
	a, b := line(t, db, 1000), line(t, db, 500)
	year := 2026
	spans := [][2]calendar.Date{{calendar.On(year, 1, 1), calendar.On(year, 12, 31)}, {calendar.On(year+1, 1, 1), calendar.On(year+1, 12, 31)}, {calendar.On(year-1, 1, 1), calendar.On(year-1, 12, 31)}}
	var trials Trials
	same := func(when string) {
		t.Helper()
		for _, s := range spans {
			want, err := TrialBalance(ctx, db, "BUDGET", s[0], s[1])
			if err != nil {
				t.Fatal(err)
			}
			got, err := trials.Of(ctx, db, "BUDGET", s[0], s[1])
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s, from %s: %v, %v; the books say %v", when, s[0], got, err, want)
			}
		}
	}
	same("first")
	for n := range 20 {
		if _, err := Commit(ctx, db, Commitment{Line: a, Budget: paper.ID, Amount: money.VND(int64(n + 1)), Document: paper, Key: uuid.NewString(), Actor: maker,
			Role: "finance_officer", Approver: checker}); err != nil {
			t.Fatal(err)
		}
		same(fmt.Sprint("after commitment ", n))
	}
	if _, err := Post(ctx, db, Journal{Book: "BUDGET", Kind: "commit", Document: paper, Key: uuid.NewString(), Actor: maker, Approver: checker, Reason: "x",
		Moves: []Move{{Line: b, From: Available, To: Committed, Amount: money.VND(500)}}}); err != nil {
		t.Fatal(err)
	}
	same("a line used up")
	cs := make([]Commitment, staleTrial)
	for i := range cs {
		cs[i] = commitment(a, 1)
	}
	if _, err := CommitAll(ctx, db, cs); err != nil {
		t.Fatal(err)
	}
	seen := trials.kept[span{"BUDGET", spans[0][0], spans[0][1]}].seen
	if err := trials.Refresh(ctx, db); err != nil {
		t.Fatal(err)
	}
	if k := trials.kept[span{"BUDGET", spans[0][0], spans[0][1]}]; k.seen == seen {
		t.Error("an old trial balance was not summed anew")
	}
	same("summed anew")
}
