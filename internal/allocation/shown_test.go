package allocation

import (
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/money"
)

// TestShown hides lines of a ranking one by one and looks for traces: what is left must be what rank would give, had
// the hidden dossiers never been there.
func TestShown(t *testing.T) {
	var cs []candidate
	for i, asked := range []int64{400, 300, 300, 200} {
		cs = append(cs, candidate{passed: i < 3, code: string(rune('a' + i)), Line: Line{MatterID: uuid.New(), Proposed: money.VND(asked), Requested: money.VND(asked)}})
	}
	all := rank(cs, []string{"requested"}, money.VND(800))
	for i := range all {
		var rest []candidate
		for _, c := range cs {
			if c.MatterID != all[i].MatterID {
				rest = append(rest, c)
			}
		}
		want := rank(rest, []string{"requested"}, money.VND(800))
		got := shown(all, func(l Line) bool { return l.MatterID != all[i].MatterID })
		for j := range want {
			w, g := want[j], got[j]
			if g.Rank != w.Rank || g.Position != w.Position || g.Cumulative.Cmp(w.Cumulative) != 0 {
				t.Errorf("without line %d: line %d stands at %d.%d with %s, want %d.%d with %s", i, j, g.Position, g.Rank, g.Cumulative, w.Position, w.Rank, w.Cumulative)
			}
			if j == 0 && g.Tie != "" {
				t.Errorf("without line %d the first line tells of a tie", i)
			}
		}
	}
	if got := shown(all, func(Line) bool { return true }); len(got) != len(all) || got[2].Tie != all[2].Tie || got[3].Rank != 0 {
		t.Errorf("whoever is in no conflict sees %+v", got)
	}
}
