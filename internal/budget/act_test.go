package budget

import (
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// TestStageOfAnAct gives a stage only to a release, and to a release only one from which money can come back.
func TestStageOfAnAct(t *testing.T) {
	for _, c := range []struct {
		kind  ActKind
		stage ledger.Stage
		ok    bool
	}{
		{Release, ledger.Reserved, true}, {Release, ledger.Committed, true}, {Release, "", false}, {Release, ledger.Disbursed, false},
		{Release, "abc", false}, {Cut, "", true}, {Cut, ledger.Committed, false}, {Cut, "abc", false}, {Allocate, "abc", false}, {Adjust, ledger.Disbursed, false},
	} {
		a := Act{Kind: c.kind, Stage: c.stage, Amount: money.VND(1), Reason: "lý do"}
		if c.kind == Release {
			a.FreesID = new(uuid.UUID)
		}
		if err := a.Check(); (err == nil) != c.ok || err != nil && errs.From(err).Fields[0].Name != "stage" {
			t.Errorf("%s from %q = %v", c.kind, c.stage, err)
		}
	}
}
