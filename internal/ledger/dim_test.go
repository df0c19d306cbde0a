package ledger

import (
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/dbtest"
)

// Combinations that differ in one dimension are two, the same values are one.
func TestMilestoneIsADimension(t *testing.T) {
	ctx, tx := t.Context(), dbtest.Tx(t)
	subject, project, first, second := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	open := func(milestone uuid.UUID) int64 {
		id, err := OpenLine(ctx, tx, "BUDGET", BudgetLine, Dim{Year: 2026, SourceCode: "NS", Project: project, Milestone: milestone}, subject)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	if a, b, again := open(first), open(second), open(first); a == b || a != again {
		t.Errorf("lines %d, %d and again %d", a, b, again)
	}
}
