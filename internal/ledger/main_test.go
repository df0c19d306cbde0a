package ledger

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	maker    = uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000001")
	checker  = uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000002")
	paperNil uuid.UUID
	paper    = Ref{Kind: "paper", ID: uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000003"), No: "2406/QĐ-UBND"}
)

// line opens a budget line with an amount authorised.
func line(t testing.TB, db bun.IDB, authorised int64) int64 {
	t.Helper()
	id, err := OpenLine(t.Context(), db, "BUDGET", BudgetLine, Dim{Year: 2026, SourceCode: "NS"}, uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	if authorised > 0 {
		if _, err := Post(t.Context(), db, journal("appropriate", Move{id, Source, Available, money.VND(authorised)})); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// journal is a valid journal of moves under a fresh key.
func journal(kind string, moves ...Move) Journal {
	return Journal{Book: "BUDGET", Kind: kind, Document: paper, Key: uuid.NewString(), Actor: maker, Approver: checker,
		Reason: "theo văn bản", Moves: moves}
}

func commit(ctx context.Context, db bun.IDB, id, amount int64) error {
	_, err := Post(ctx, db, journal("commit", Move{id, Available, Committed, money.VND(amount)}))
	return err
}

func state(t testing.TB, db bun.IDB, id int64) State {
	t.Helper()
	s, err := Line(t.Context(), db, id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
