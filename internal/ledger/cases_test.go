package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

type step struct {
	Reserve, Commit, Request, Disburse string
	Times                              int
	Refused                            string
}

type budgetCase struct {
	ID, Source string
	Authorised string
	Steps      []step
	End        map[string]string
	Concurrent []step
	Accepted   int
	Repeat     int
}

// journals of a step on a line, in the stage the money stands in.
func (s step) move(line int64) (string, Move) {
	amount := func(v string) money.Amount { n, _ := strconv.ParseInt(v, 10, 64); return money.VND(n) }
	switch {
	case s.Reserve != "":
		return "reserve", Move{line, Available, Reserved, amount(s.Reserve)}
	case s.Commit != "":
		return "commit", Move{line, Reserved, Committed, amount(s.Commit)}
	case s.Request != "":
		return "request", Move{line, Committed, Requested, amount(s.Request)}
	}
	if s.Disburse == "" {
		panic("a step that moves nothing")
	}
	return "disburse", Move{line, Requested, Disbursed, amount(s.Disburse)}
}

func TestBudgetCases(t *testing.T) {
	raw, err := os.ReadFile("testdata/budget.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	var cases []budgetCase
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // a step or an end that nothing reads would prove nothing
	if err := errors.Join(json.Unmarshal(raw, &all), d.Decode(&cases)); err != nil {
		t.Fatal(err)
	}
	db, done := dbtest.New(t), 0
	defer func() {
		if done != len(all) {
			t.Errorf("%d cases of %d were acted out", done, len(all))
		}
	}()
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			if c.End == nil && c.Concurrent == nil {
				t.Fatal("the case says nothing of how it ends")
			}
			done++
			authorised, _ := strconv.ParseInt(c.Authorised, 10, 64)
			if c.Concurrent != nil {
				for range c.Repeat {
					together(t, db, line(t, db, authorised), c)
				}
				noDrift(t, db)
				return
			}
			id := line(t, db, authorised)
			for i, s := range c.Steps {
				for range max(s.Times, 1) {
					kind, m := s.move(id)
					_, err := Post(t.Context(), db, journal(kind, m))
					if (s.Refused != "") != errors.Is(err, ErrInsufficient) || s.Refused == "" && err != nil {
						t.Fatalf("step %d: %v", i, err)
					}
				}
			}
			s := state(t, db, id)
			has := map[string]money.Amount{"reserved": s.Reserved, "committed": s.Committed, "requested": s.Requested, "disbursed": s.Disbursed, "available": s.Available}
			for name, want := range c.End {
				if got, known := has[name]; !known || got.String() != want {
					t.Errorf("%s = %s, want %s", name, got, want)
				}
			}
		})
	}
}

// together runs the steps at once: as many pass as the case says, the others have too little and nothing else.
func together(t *testing.T, db *bun.DB, id int64, c budgetCase) {
	t.Helper()
	var wg sync.WaitGroup
	got := make([]error, len(c.Concurrent))
	start := make(chan struct{})
	for i, s := range c.Concurrent {
		kind, m := s.move(id)
		m.From = Available
		wg.Go(func() {
			<-start
			_, got[i] = Post(t.Context(), db, journal(kind, m))
		})
	}
	close(start)
	wg.Wait()
	passed := 0
	for _, err := range got {
		if err == nil {
			passed++
		} else if !errors.Is(err, ErrInsufficient) {
			t.Fatal(err)
		}
	}
	if passed != c.Accepted {
		t.Fatalf("%d passed, want %d", passed, c.Accepted)
	}
}

// noDrift asks verify for everything but the sealer, which does not run here.
func noDrift(t testing.TB, db *bun.DB) {
	t.Helper()
	checks, err := Verify(t.Context(), db, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Break != "" && !strings.HasSuffix(c.Code, ".check.waiting") {
			t.Errorf("%s: %s", c.Code, c.Break)
		}
	}
}
