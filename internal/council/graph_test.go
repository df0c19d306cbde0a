package council

import (
	"maps"
	"slices"
	"testing"
)

// A graph has one start, every state is reached, and every move names its act.
func TestGraphs(t *testing.T) {
	walk(t, "council", Proposed, CouncilMoves, Established)
	walk(t, "session", Scheduled, SessionMoves, Signed)
	walk(t, "matter", Waiting, MatterMoves, Concluded)
}

func walk[S ~string](t *testing.T, name string, start S, moves map[S]map[S]string, end S) {
	t.Helper()
	reached, queue := map[S]bool{start: true}, []S{start}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		for to, act := range moves[from] {
			if act == "" {
				t.Errorf("%s: %s → %s has no act", name, from, to)
			}
			if !reached[to] {
				reached[to] = true
				queue = append(queue, to)
			}
		}
	}
	for from := range moves {
		if !reached[from] {
			t.Errorf("%s: %s is never reached", name, from)
		}
	}
	if len(moves[end]) > 0 || !reached[end] {
		t.Errorf("%s: %s is not the end", name, end)
	}
	for _, s := range slices.Collect(maps.Keys(reached)) {
		if len(moves[s]) == 0 && s != end {
			t.Errorf("%s: %s is a dead end", name, s)
		}
	}
}
