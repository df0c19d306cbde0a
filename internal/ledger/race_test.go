package ledger

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// Sixteen clients commit one đồng after the other until they are refused: exactly the ceiling is committed.
func TestExhaustionRace(t *testing.T) {
	db := dbtest.New(t)
	id := line(t, db, 1000)
	var done atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for {
				switch err := commit(t.Context(), db, id, 1); {
				case err == nil:
					done.Add(1)
				case errors.Is(err, ErrInsufficient):
					return
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if s := state(t, db, id); done.Load() != 1000 || !s.Committed.Equal(money.VND(1000)) || !s.Available.IsZero() {
		t.Errorf("%d passed, line %+v", done.Load(), s)
	}
	noDrift(t, db)
}

func TestOnlyOneReversalWins(t *testing.T) {
	db := dbtest.New(t)
	for range 20 {
		id := line(t, db, 100)
		p, err := Post(t.Context(), db, journal("commit", Move{id, Available, Committed, money.VND(60)}))
		if err != nil {
			t.Fatal(err)
		}
		var won atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				_, err := Reverse(t.Context(), db, Reversal{Number: p.No, Key: uuid.NewString(), Actor: maker, Approver: checker, Reason: "hủy"})
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, ErrReversed) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if s := state(t, db, id); won.Load() != 1 || !s.Available.Equal(money.VND(100)) {
			t.Fatalf("%d won, line %+v", won.Load(), s)
		}
	}
}

func TestSameKeyAtOnceIsOneJournal(t *testing.T) {
	db := dbtest.New(t)
	id := line(t, db, 1000)
	for range 20 {
		j := journal("commit", Move{id, Available, Committed, money.VND(10)})
		before := state(t, db, id).Committed
		numbers := make([]string, 6)
		var wg sync.WaitGroup
		for i := range numbers {
			wg.Go(func() {
				p, err := Post(t.Context(), db, j)
				if err != nil {
					t.Error(err)
				}
				numbers[i] = p.No
			})
		}
		wg.Wait()
		for _, n := range numbers {
			if n != numbers[0] {
				t.Fatalf("answers differ: %v", numbers)
			}
		}
		if got := state(t, db, id).Committed.Sub(before); !got.Equal(money.VND(10)) {
			t.Fatalf("committed %s", got)
		}
	}
}

// Journals over rings of lines in random order never lock each other out: the kernel locks in ascending id.
func TestManyLinesInAnyOrder(t *testing.T) {
	db := dbtest.New(t)
	ids := make([]int64, 6)
	for i := range ids {
		ids[i] = line(t, db, 1_000_000)
	}
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			for range 25 {
				var moves []Move
				for _, k := range rand.Perm(len(ids))[:2+rand.IntN(len(ids)-1)] {
					moves = append(moves, Move{ids[k], Available, Reserved, money.VND(1 + rand.Int64N(9))})
				}
				if _, err := Post(t.Context(), db, journal("reserve", moves...)); err != nil {
					if storage.Code(err) == "40P01" {
						t.Error("deadlock")
					} else {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	wg.Wait()
	noDrift(t, db)
}

// A close and postings never pass each other: what was posted before stands, the rest is refused.
func TestCloseAgainstPost(t *testing.T) {
	db := dbtest.New(t)
	owner := dbtest.Owner(t, db)
	id := line(t, db, 1000)
	var done, closed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				switch err := commit(t.Context(), db, id, 1); {
				case err == nil:
					done.Add(1)
				case errors.Is(err, ErrClosed):
					closed.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() { closeAll(t, t.Context(), owner) })
	wg.Wait()
	if err := commit(t.Context(), db, id, 1); !errors.Is(err, ErrClosed) {
		t.Errorf("after the close: %v", err)
	}
	if s := state(t, db, id); !s.Committed.Equal(money.VND(done.Load())) {
		t.Errorf("%d passed, committed %s", done.Load(), s.Committed)
	}
}

func closeAll(t *testing.T, ctx context.Context, owner bun.IDB) {
	if _, err := owner.ExecContext(ctx, "UPDATE ledger.periods SET state = 'closed'"); err != nil {
		t.Error(err)
	}
}
