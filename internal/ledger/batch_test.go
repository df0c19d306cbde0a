package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

func commitment(line, amount int64) Commitment {
	return Commitment{Line: line, Budget: paper.ID, Amount: money.VND(amount), Document: paper, Key: uuid.NewString(), Actor: maker, Role: "finance_officer",
		Approver: checker, Reason: "theo văn bản"}
}

// A batch gives each command the verdict of its turn: what is refused takes nothing, what follows may still fit.
func TestCommitBatchJudgesInTurn(t *testing.T) {
	db := dbtest.New(t)
	ctx := t.Context()
	a, b := line(t, db, 100), line(t, db, 10)
	same, again := commitment(a, 10), commitment(a, 30)
	same.Approver, same.Key = maker, "same"
	nobody := commitment(a, 10)
	nobody.Approver = uuid.Nil
	other := again
	other.Amount = money.VND(31)
	cs := []Commitment{again, commitment(a, 71), commitment(b, 10), commitment(b, 1), commitment(a, 70), commitment(a, 1), again, other, same, nobody, commitment(999, 1), commitment(a, 0)}
	for name, c := range map[string]struct {
		refused []error
		replay  int
	}{"first": {[]error{nil, ErrInsufficient, nil, ErrInsufficient, nil, ErrInsufficient, nil, ErrKeyReused, ErrSamePerson, ErrSecondPerson, ErrMove, ErrMove}, 1}} {
		out, err := CommitBatch(ctx, db, cs)
		want(t, name, err, nil)
		replays := 0
		for i, o := range out {
			if !errors.Is(o.Err, c.refused[i]) || c.refused[i] == nil && o.Err != nil {
				t.Errorf("command %d = %v, want %v", i, o.Err, c.refused[i])
			}
			if o.Posted.Replay {
				replays++
			}
		}
		if replays != c.replay {
			t.Errorf("%d replays", replays)
		}
		if s := out[0].Posted.Lines[0]; !s.Committed.Equal(money.VND(30)) || !s.Available.Equal(money.VND(70)) || s.Version != 2 {
			t.Errorf("after the first command %+v", s)
		}
		if s := out[4].Posted.Lines[0]; !s.Available.IsZero() || s.Version != 3 {
			t.Errorf("after the fifth command %+v", s)
		}
	}
	out, err := CommitBatch(ctx, db, cs[:7])
	want(t, "again", err, nil)
	for i, o := range out {
		if wanted := i == 0 || i == 2 || i == 4 || i == 6; o.Posted.Replay != wanted {
			t.Errorf("command %d: replay %v, %v", i, o.Posted.Replay, o.Err)
		}
	}
	p, err := Commit(ctx, db, again)
	if err != nil || !p.Replay {
		t.Errorf("alone after the batch: %+v, %v", p, err)
	}
	var acts int
	if err := db.NewRaw("SELECT count(*) FROM audit_log WHERE act = 'budget_line.commit'").Scan(ctx, &acts); err != nil || acts != 3 {
		t.Errorf("%d acts, %v", acts, err)
	}
	noDrift(t, db)
}

// Post and PostBatch say the same of the same journals, one after the other and at once.
func TestPostBatchSaysWhatPostSays(t *testing.T) {
	run := func(post func(context.Context, *bun.DB, []Journal) []Outcome) (said []string) {
		db := dbtest.New(t)
		a, b, next := line(t, db, 100), line(t, db, 50), int64(0)
		next, err := OpenLine(t.Context(), db, "BUDGET", BudgetLine, Dim{Year: 2027}, uuid.New())
		want(t, "open", err, nil)
		key := 0
		js := []Journal{}
		add := func(kind string, edit func(*Journal), moves ...Move) {
			j := journal(kind, moves...)
			key++
			j.Key = fmt.Sprint("k", key)
			if edit != nil {
				edit(&j)
			}
			js = append(js, j)
		}
		vnd := money.VND
		add(KindTransfer, nil, Move{a, Available, Source, vnd(40)}, Move{b, Source, Available, vnd(40)})
		add(KindTransfer, nil, Move{a, Available, Source, vnd(40)}, Move{b, Source, Available, vnd(41)})
		add(KindTransfer, nil, Move{a, Available, Source, vnd(61)}, Move{b, Source, Available, vnd(61)})
		add(KindTransfer, nil, Move{a, Available, Source, vnd(1)}, Move{next, Source, Available, vnd(1)})
		add(KindCommit, nil, Move{b, Available, Committed, vnd(90)})
		add(KindAdvance, nil, Move{b, Committed, Advanced, vnd(30)})
		add(KindClearAdvance, nil, Move{b, Advanced, Disbursed, vnd(31)})
		add(KindClearAdvance, nil, Move{b, Advanced, Disbursed, vnd(10)})
		add(KindCarryOver, nil, Move{b, Committed, Closing, vnd(60)}, Move{next, Source, Committed, vnd(60)})
		add(KindCarryOver, func(j *Journal) { j.Basis = "L89/2025 Đ66" }, Move{b, Committed, Closing, vnd(60)}, Move{next, Source, Committed, vnd(60)})
		add(KindCarryOver, func(j *Journal) { j.Basis = "L89/2025 Đ66" }, Move{b, Advanced, Closing, vnd(20)}, Move{next, Source, Advanced, vnd(19)})
		add(KindCarryOver, func(j *Journal) { j.Basis = "L89/2025 Đ66" }, Move{b, Advanced, Closing, vnd(20)}, Move{next, Source, Advanced, vnd(20)})
		add(KindRefund, nil, Move{b, Disbursed, Returned, vnd(4)})
		add(KindRefund, nil, Move{b, Disbursed, Available, vnd(4)})
		add(KindRefund, func(j *Journal) { j.On = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC) }, Move{b, Disbursed, Returned, vnd(4)})
		add(KindRefund, func(j *Journal) { j.On = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC) }, Move{b, Disbursed, Available, vnd(1)})
		add(KindCancel, func(j *Journal) { j.Reason = "" }, Move{a, Available, Closing, vnd(60)})
		add(KindCancel, nil, Move{a, Available, Closing, vnd(60)})
		add(KindCancel, nil, Move{a, Available, Closing, vnd(1)})
		add(KindReverse, nil, Move{a, Closing, Available, vnd(1)})
		for _, o := range post(t.Context(), db, js) {
			text := fmt.Sprint(o.Err)
			for i := range o.Posted.Lines {
				text += fmt.Sprintf(" %+v", o.Posted.Lines[i])
			}
			for _, e := range []error{ErrInsufficient, ErrMove, ErrBasis, ErrReason} {
				if errors.Is(o.Err, e) {
					text = e.Error()
				}
			}
			said = append(said, text)
		}
		noDrift(t, db)
		return said
	}
	single := run(func(ctx context.Context, db *bun.DB, js []Journal) (out []Outcome) {
		for _, j := range js {
			p, err := Post(ctx, db, j)
			out = append(out, Outcome{p, err})
		}
		return out
	})
	many := run(func(ctx context.Context, db *bun.DB, js []Journal) []Outcome {
		out, err := PostBatch(ctx, db, js)
		want(t, "batch", err, nil)
		return out
	})
	accepted := 0
	for i := range single {
		if single[i] != many[i] {
			t.Errorf("journal %d alone: %s\nin a batch: %s", i, single[i], many[i])
		}
		if single[i][0] == '<' {
			accepted++
		}
	}
	if accepted != 9 {
		t.Errorf("%d accepted: %q", accepted, single)
	}
}

func TestPostAllNamesTheRowAndKeepsNothing(t *testing.T) {
	db := dbtest.New(t)
	id := line(t, db, 100)
	js := make([]Journal, 50)
	for i := range js {
		js[i] = journal(KindCommit, Move{id, Available, Committed, money.VND(3)})
	}
	_, err := PostAll(t.Context(), db, js)
	var row *RowError
	if !errors.As(err, &row) || row.Row != 33 || !errors.Is(err, ErrInsufficient) {
		t.Fatalf("PostAll = %v", err)
	}
	if s := state(t, db, id); !s.Committed.IsZero() {
		t.Fatalf("something stayed: %+v", s)
	}
	ps, err := PostAll(t.Context(), db, js[:33])
	if err != nil || len(ps) != 33 || !ps[32].Lines[0].Available.Equal(money.VND(1)) {
		t.Fatalf("%d posted, %v", len(ps), err)
	}
	legs := []Leg{{Account: "grant_expense", Amount: money.VND(5)}, {Account: "cash_treasury", Amount: money.VND(-5)}}
	pay := Journal{Book: "ACTUAL", Kind: "pay", Document: paper, Key: "a", Actor: maker, Approver: checker, Legs: legs}
	off := pay
	off.Key, off.Legs = "b", []Leg{legs[0], {Account: "cash_treasury", Amount: money.VND(-4)}}
	out, err := PostBatch(t.Context(), db, []Journal{pay, off})
	if err != nil || out[0].Err != nil || !errors.Is(out[1].Err, ErrUnbalanced) {
		t.Fatalf("%+v, %v", out, err)
	}
	noDrift(t, db)
}

// Batches and single commitments race for one line: never one đồng over, no error but insufficient.
func TestBatchesRace(t *testing.T) {
	db := dbtest.New(t)
	const ceiling = 1000
	id := line(t, db, ceiling)
	accepted := make(chan int, 100)
	for w := range 8 {
		go func() {
			n := 0
			defer func() { accepted <- n }()
			for empty := 0; empty < 3; {
				got := 0
				if w%2 == 0 {
					cs := make([]Commitment, 1+w)
					for i := range cs {
						cs[i] = commitment(id, 1)
					}
					err := storage.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
						got = 0
						out, err := CommitBatch(ctx, tx, cs)
						for _, o := range out {
							if o.Err == nil {
								got++
							} else if !errors.Is(o.Err, ErrInsufficient) {
								t.Error(o.Err)
							}
						}
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
				} else if _, err := Commit(t.Context(), db, commitment(id, 1)); err == nil {
					got = 1
				} else if !errors.Is(err, ErrInsufficient) {
					t.Error(err)
					return
				}
				n += got
				if got == 0 {
					empty++
				}
			}
		}()
	}
	total := 0
	for range 8 {
		total += <-accepted
	}
	if s := state(t, db, id); total != ceiling || !s.Committed.Equal(money.VND(ceiling)) {
		t.Errorf("%d accepted, %+v", total, s)
	}
	noDrift(t, db)
}

func TestCheckKeepsNothing(t *testing.T) {
	db := dbtest.New(t)
	id := line(t, db, 100)
	lines, err := Check(t.Context(), db, journal(KindCommit, Move{id, Available, Committed, money.VND(60)}))
	if err != nil || len(lines) != 1 || !lines[0].Available.Equal(money.VND(40)) {
		t.Fatalf("%+v, %v", lines, err)
	}
	_, err = Check(t.Context(), db, journal(KindCommit, Move{id, Available, Committed, money.VND(101)}))
	want(t, "too much", err, ErrInsufficient)
	if s := state(t, db, id); !s.Committed.IsZero() {
		t.Fatalf("kept: %+v", s)
	}
}
