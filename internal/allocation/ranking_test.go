package allocation

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/money"
)

var day = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)

func judged(code, score string, asked, proposed int64, passed bool) candidate {
	d := decimal.RequireFromString(score)
	return candidate{code: code, passed: passed, submitted: day, criteria: map[int]share{1: {20, 1}, 2: {20, 1}},
		Line: Line{ProposalID: uuid.New(), Score: &d, Requested: money.VND(asked), Proposed: money.VND(proposed)}}
}

func TestWalkUnderTheCeiling(t *testing.T) {
	for _, c := range []struct {
		name    string
		ceiling int64
		want    string
	}{
		{"exactly full", 600, "funded funded funded rejected"},
		{"one đồng short", 599, "funded funded reserve rejected"},
		{"the first that does not fit closes the line", 250, "funded reserve reserve rejected"},
		{"nothing fits", 99, "reserve reserve reserve rejected"},
	} {
		cs := []candidate{judged("D", "60.00", 90, 90, false), judged("B", "80.00", 200, 200, true),
			judged("A", "90.00", 100, 100, true), judged("C", "70.00", 300, 300, true)}
		got := ""
		for i, l := range rank(cs, []string{"requested"}, money.VND(c.ceiling)) {
			if i > 0 {
				got += " "
			}
			got += string(l.Outcome)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	// A cheaper proposal behind the line is not pulled over it.
	cs := []candidate{judged("A", "90.00", 100, 100, true), judged("B", "80.00", 200, 200, true), judged("C", "70.00", 50, 50, true)}
	if lines := rank(cs, nil, money.VND(150)); lines[2].Outcome != Reserve {
		t.Errorf("strict skip: %s", lines[2].Outcome)
	}
}

func TestTies(t *testing.T) {
	order := []string{"requested", "criterion:1", "criterion:2", "submitted"}
	base := judged("M", "80.00", 100, 100, true)
	for _, c := range []struct {
		name  string
		other func(*candidate)
		first bool // the other goes first
		rule  string
	}{
		{"higher score", func(o *candidate) { d := decimal.RequireFromString("80.01"); o.Score = &d }, true, ""},
		{"smaller request", func(o *candidate) { o.Requested = money.VND(99) }, true, "requested"},
		{"larger request", func(o *candidate) { o.Requested = money.VND(101) }, false, "requested"},
		{"first criterion, exact", func(o *candidate) { o.criteria = map[int]share{1: {61, 3}, 2: {0, 1}} }, true, "criterion:1"},
		{"second criterion", func(o *candidate) { o.criteria = map[int]share{1: {60, 3}, 2: {59, 3}} }, false, "criterion:2"},
		{"handed in earlier", func(o *candidate) { o.submitted = day.Add(-time.Second) }, true, "submitted"},
		{"nothing left but the code", func(o *candidate) { o.code = "Z" }, false, "code"},
	} {
		other := judged("N", "80.00", 100, 100, true)
		c.other(&other)
		got, rule := compare(other, base, order)
		if (got < 0) != c.first || rule != c.rule {
			t.Errorf("%s: %d by %q, want first %v by %q", c.name, got, rule, c.first, c.rule)
		}
		if back, _ := compare(base, other, order); back != -got {
			t.Errorf("%s: not antisymmetric", c.name)
		}
		// Whatever the order of input, the ranking is one.
		a, b := rank([]candidate{base, other}, order, money.VND(1000)), rank([]candidate{other, base}, order, money.VND(1000))
		if fmt.Sprint(a[0].ProposalID, a[1].Tie) != fmt.Sprint(b[0].ProposalID, b[1].Tie) {
			t.Errorf("%s: depends on the order of input", c.name)
		}
	}
}

func TestGraph(t *testing.T) {
	s, seen := Draft, 0
	for len(Moves[s]) == 1 {
		for to, act := range Moves[s] {
			if act == "" {
				t.Errorf("%s → %s has no act", s, to)
			}
			s, seen = to, seen+1
		}
	}
	if s != Published || seen != len(Moves) {
		t.Errorf("the walk ends at %s after %d moves of %d", s, seen, len(Moves))
	}
}

func TestAppraise(t *testing.T) {
	for _, c := range []struct {
		name   string
		amount int64
		reason string
		want   error
	}{
		{"all of it", 100, "", nil},
		{"one đồng more", 101, "", ErrAppraisal},
		{"a cut with its reason", 99, "vượt định mức", nil},
		{"a cut without", 99, " ", ErrReason},
		{"nothing", 0, "không có căn cứ", ErrAppraisal},
	} {
		a := Award{Outcome: Funded, Proposed: money.VND(100)}
		err := a.Appraise(money.VND(c.amount), c.reason)
		if (err == nil) != (c.want == nil) || err != nil && err.Error() != c.want.Error() {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if c.want != nil && a.Appraised != nil {
			t.Errorf("%s: the refusal changed the line", c.name)
		}
	}
}
