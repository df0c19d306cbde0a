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

// Parts of one journal are taken back by many at once: exactly what it put is taken back, and no reversal slips in.
func TestCorrectionsAtOnce(t *testing.T) {
	db := dbtest.New(t)
	for round := range 6 {
		id := line(t, db, 1000)
		p, err := Post(t.Context(), db, journal(KindCommit, Move{id, Available, Committed, money.VND(100)}))
		want(t, "commit", err, nil)
		if err := commit(t.Context(), db, id, 500); err != nil { // enough for all of them to be covered
			t.Fatal(err)
		}
		var done, reversed atomic.Int64
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for range 5 {
					_, err := Correct(t.Context(), db, Correction{Book: "BUDGET", Number: p.No, Kind: KindCorrect, Document: paper, Key: uuid.NewString(),
						Actor: maker, Approver: checker, Reason: "ghi thừa", Moves: []Move{{id, Committed, Available, money.VND(7)}}})
					switch {
					case err == nil:
						done.Add(7)
					case !errors.Is(err, ErrTooMuch) && !errors.Is(err, ErrReversed):
						t.Error(err)
					}
				}
			})
			if w == 5 && round%2 == 1 {
				wg.Go(func() {
					_, err := Reverse(t.Context(), db, Reversal{Number: p.No, Key: uuid.NewString(), Actor: maker, Approver: checker, Reason: "hủy"})
					switch {
					case err == nil:
						reversed.Store(100)
					case !errors.Is(err, ErrTooMuch):
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		back := done.Load() + reversed.Load()
		if s := state(t, db, id); !s.Committed.Equal(money.VND(600-back)) || back != 98 && back != 100 {
			t.Fatalf("%d taken back by parts, %d whole, line %+v", done.Load(), reversed.Load(), s)
		}
	}
	noDrift(t, db)
}

// Acts over several lines, one by one and in batches, meet on a ring of lines: nobody locks another out, and what has no
// ceiling never fails.
func TestActsOnARing(t *testing.T) {
	db := dbtest.New(t)
	ids := make([]int64, 5)
	for i := range ids {
		ids[i] = line(t, db, 1_000_000)
	}
	acts := []func(a, b int64) Journal{
		func(a, b int64) Journal {
			return journal(KindTransfer, Move{b, Source, Available, money.VND(3)}, Move{a, Available, Source, money.VND(3)})
		},
		func(a, b int64) Journal {
			return journal(KindAllocate, Move{a, Available, Allocated, money.VND(2)}, Move{b, Source, Available, money.VND(2)})
		},
		func(a, b int64) Journal {
			return journal(KindReserve, Move{b, Available, Reserved, money.VND(1)}, Move{a, Available, Reserved, money.VND(1)})
		},
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			draw := func() Journal {
				p := rand.Perm(len(ids))
				return acts[rand.IntN(len(acts))](ids[p[0]], ids[p[1]])
			}
			for range 15 {
				if w%2 == 0 {
					if _, err := Post(t.Context(), db, draw()); err != nil {
						t.Error(err)
					}
					continue
				}
				js := make([]Journal, 8)
				for i := range js {
					js[i] = draw()
				}
				out, err := PostBatch(t.Context(), db, js)
				if err != nil {
					t.Error(err)
				}
				for _, o := range out {
					if o.Err != nil {
						t.Error(o.Err)
					}
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
