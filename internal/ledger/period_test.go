package ledger

import (
	"crypto/ed25519"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

var (
	alone = Change{Actor: maker, Reason: "hết tháng"}
	both  = Change{Actor: maker, Approver: checker, Reason: "sai sót"}
)

// seal seals all that was posted; other tests of the cluster keep old transactions running for a moment.
func seal(t testing.TB, db *bun.DB) {
	t.Helper()
	k := key{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := audit.Seal(t.Context(), db, k); err != nil {
			t.Fatal(err)
		}
		var waiting int
		if err := db.NewRaw(`SELECT count(*) FROM ledger.journals j WHERE NOT EXISTS
			(SELECT FROM seal_leaves l WHERE l.tree = 'ledger' AND l.row_id = j.id)`).Scan(t.Context(), &waiting); err != nil {
			t.Fatal(err)
		}
		if waiting == 0 {
			return
		}
	}
	t.Fatal("journals stay unsealed")
}

// on posts a commitment of 1 on a day.
func on(t testing.TB, db bun.IDB, line int64, day calendar.Date) error {
	t.Helper()
	j := journal(KindCommit, Move{line, Available, Committed, money.VND(1)})
	j.On = day.Start()
	_, err := Post(t.Context(), db, j)
	return err
}

func want(t testing.TB, what string, got, wanted error) {
	t.Helper()
	if !errors.Is(got, wanted) || wanted == nil && got != nil {
		t.Fatalf("%s = %v, want %v", what, got, wanted)
	}
}

func TestMonthsCloseInTheirOrderAndReopenBackwards(t *testing.T) {
	db := dbtest.New(t)
	ctx := t.Context()
	january, february, march := calendar.On(2026, 1, 5), calendar.On(2026, 2, 5), calendar.On(2026, 3, 5)
	id, err := OpenLine(ctx, db, "BUDGET", BudgetLine, Dim{Year: 2026}, uuid.New())
	want(t, "open", err, nil)
	give := journal(KindAppropriate, Move{id, Source, Available, money.VND(100)})
	give.On = january.Start()
	_, err = Post(ctx, db, give)
	want(t, "appropriate", err, nil)
	for _, d := range []calendar.Date{january, february, march} {
		want(t, "post", on(t, db, id, d), nil)
	}
	want(t, "unsealed", MovePeriod(ctx, db, "BUDGET", january, PeriodClosed, alone), ErrUnsealed)
	seal(t, db)
	want(t, "february first", MovePeriod(ctx, db, "BUDGET", february, PeriodClosed, alone), ErrOrder)
	want(t, "soft", MovePeriod(ctx, db, "BUDGET", january, PeriodSoftClosed, alone), nil)
	want(t, "a plain posting in a softly closed month", on(t, db, id, january), ErrClosed)
	want(t, "january", MovePeriod(ctx, db, "BUDGET", january, PeriodClosed, alone), nil)
	want(t, "february", MovePeriod(ctx, db, "BUDGET", february, PeriodClosed, alone), nil)
	want(t, "posting in february", on(t, db, id, february), ErrClosed)
	want(t, "reopen january", MovePeriod(ctx, db, "BUDGET", january, PeriodOpen, both), ErrOrder)
	want(t, "reopen alone", MovePeriod(ctx, db, "BUDGET", february, PeriodOpen, alone), ErrSecondPerson)
	want(t, "reopen as oneself", MovePeriod(ctx, db, "BUDGET", february, PeriodOpen, Change{Actor: maker, Approver: maker, Reason: "x"}), ErrSamePerson)
	want(t, "reopen for nothing", MovePeriod(ctx, db, "BUDGET", february, PeriodOpen, Change{Actor: maker, Approver: checker}), ErrReason)
	want(t, "reopen", MovePeriod(ctx, db, "BUDGET", february, PeriodOpen, both), nil)
	want(t, "posting in february again", on(t, db, id, february), nil)
	seal(t, db)
	want(t, "february again", MovePeriod(ctx, db, "BUDGET", february, PeriodClosed, alone), nil)

	ps, err := Periods(ctx, db, "BUDGET", 2026)
	want(t, "periods", err, nil)
	if len(ps) != 3 || ps[0].Version != 1 || ps[1].Version != 2 || ps[2].Version != 0 || len(ps[1].Digest) != 32 || ps[1].TreeSize != 5 || len(ps[1].TreeRoot) != 32 {
		t.Fatalf("periods %+v", ps)
	}
	rs, err := Records(ctx, db, "BUDGET", 2026)
	want(t, "records", err, nil)
	if len(rs) != 5 || !rs[3].Backwards || rs[3].ApproverID == nil || rs[4].Version != 2 {
		t.Fatalf("records %+v", rs)
	}
	for day, committed := range map[calendar.Date]int64{calendar.On(2025, 12, 31): 0, january.AddDays(-1): 0, january: 1, calendar.On(2026, 1, 31): 1,
		february: 3, march.AddDays(-1): 3, march: 4, march.AddYears(1): 4} {
		s, err := LineAsOf(ctx, db, id, day)
		want(t, "as of", err, nil)
		if !s.Committed.Equal(money.VND(committed)) || committed > 0 && !s.Available.Equal(money.VND(100-committed)) {
			t.Errorf("as of %s: %+v, want %d committed", day, s, committed)
		}
	}
	noDrift(t, db)
}

func TestAMonthThatDriftsDoesNotClose(t *testing.T) {
	db := dbtest.New(t)
	line(t, db, 100)
	seal(t, db)
	if _, err := dbtest.Owner(t, db).ExecContext(t.Context(), "UPDATE ledger.control_lines SET authorised = authorised + 1"); err != nil {
		t.Fatal(err)
	}
	want(t, "close", MovePeriod(t.Context(), db, "BUDGET", calendar.DateOf(time.Now()), PeriodClosed, alone), ErrDrift)
}

func TestBudgetYearCounts(t *testing.T) {
	db := dbtest.New(t)
	ctx := t.Context()
	id := line(t, db, 100) // of 2026
	post := func(kind string, from, to Stage, n int64) error {
		_, err := Post(ctx, db, journal(kind, Move{id, from, to, money.VND(n)}))
		return err
	}
	want(t, "commit", post(KindCommit, Available, Committed, 60), nil)
	want(t, "request", post(KindRequest, Committed, Requested, 50), nil)
	want(t, "closed at once", MoveYear(ctx, db, "BUDGET", 2026, YearClosed, alone), ErrOrder)
	want(t, "adjusting", MoveYear(ctx, db, "BUDGET", 2026, YearAdjusting, alone), nil)
	want(t, "commit in an adjusting year", post(KindCommit, Available, Committed, 1), ErrYearAdjusts)
	want(t, "pay what was accepted", post(KindDisburse, Requested, Disbursed, 50), nil)
	want(t, "money left", MoveYear(ctx, db, "BUDGET", 2026, YearClosed, alone), ErrYearHeld)
	want(t, "release", post(KindRelease, Committed, Available, 10), nil)
	want(t, "cancel", post(KindCancel, Available, Closing, 50), nil)
	want(t, "close", MoveYear(ctx, db, "BUDGET", 2026, YearClosed, alone), nil)
	want(t, "refund in a closed year", post(KindRefund, Disbursed, Available, 1), ErrYearClosed)
	want(t, "reopen alone", MoveYear(ctx, db, "BUDGET", 2026, YearAdjusting, alone), ErrSecondPerson)
	want(t, "reopen", MoveYear(ctx, db, "BUDGET", 2026, YearAdjusting, both), nil)
	want(t, "refund", post(KindRefund, Disbursed, Available, 1), nil)
	y, err := YearOf(ctx, db, "BUDGET", 2026)
	if err != nil || y.State != YearAdjusting {
		t.Fatalf("%+v, %v", y, err)
	}
	ys, err := Years(ctx, db, "BUDGET")
	if err != nil || len(ys) != 1 {
		t.Fatalf("%+v, %v", ys, err)
	}
	noDrift(t, db)
}

// Postings and a close that meet: each posting is wholly before the close or refused, and the trial balance holds all.
func TestCloseAndPostAtOnce(t *testing.T) {
	db := dbtest.New(t)
	ctx := t.Context()
	id := line(t, db, 1_000_000)
	var accepted, refused atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 40 {
				switch err := commit(ctx, db, id, 1); {
				case err == nil:
					accepted.Add(1)
				case errors.Is(err, ErrYearAdjusts):
					refused.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	for accepted.Load() < 40 {
		time.Sleep(time.Millisecond)
	}
	want(t, "adjusting", MoveYear(ctx, db, "BUDGET", 2026, YearAdjusting, alone), nil)
	before := state(t, db, id).Committed
	wg.Wait()
	if after := state(t, db, id).Committed; !after.Equal(before) || !after.Equal(money.VND(accepted.Load())) || refused.Load() == 0 {
		t.Errorf("committed %s at the close, %s after, %d accepted, %d refused", before, after, accepted.Load(), refused.Load())
	}
	noDrift(t, db)
}
