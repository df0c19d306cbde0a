package indicator

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func ptr(s string) *decimal.Decimal { d := dec(s); return &d }

func line2(values ...string) []Target {
	var ts []Target
	for k, y := range []int{2025, 2030, 2035} {
		if k < len(values) && values[k] != "" {
			ts = append(ts, Target{Year: y, Comparison: AtLeast, Value: ptr(values[k]), Printed: values[k]})
		}
	}
	return ts
}

func on(y int, m time.Month, d int) calendar.Date { return calendar.On(y, m, d) }

func TestJudge(t *testing.T) {
	stock := &Indicator{Direction: "up", Targets: line2("50", "150", "300")}
	yearly := &Indicator{Direction: "up", PerYear: true, Targets: line2("10", "30", "60")}
	rank := &Indicator{Direction: "down", Targets: []Target{{Year: 2025, Comparison: RankWithin, Value: ptr("10")}, {Year: 2030, Comparison: RankWithin, Value: ptr("10")}}}
	rising := &Indicator{Direction: "up", Targets: []Target{{Year: 2030, Comparison: AtLeast, Value: ptr("0.7")}, {Year: 2035, Comparison: Rising}}}
	late := &Indicator{Direction: "up", Targets: []Target{{Year: 2040, Comparison: Between, Value: ptr("50"), Upper: ptr("60")}}}
	q3 := on(2028, 9, 30) // 2028,75: three quarters of the way to 2030
	for _, c := range []struct {
		name    string
		of      *Indicator
		history []Measure
		want    Standing
		path    string
	}{
		{"nothing published", stock, nil, NoData, ""},
		{"exactly on the path", stock, []Measure{{q3, dec("125")}}, OnTrack, "125"},
		{"a hair under it", stock, []Measure{{q3, dec("124.99")}}, AtRisk, "125"},
		{"exactly 90 %", stock, []Measure{{q3, dec("112.5")}}, AtRisk, "125"},
		{"under 90 %", stock, []Measure{{q3, dec("112.4")}}, Behind, "125"},
		{"a year's count by months", yearly, []Measure{{q3, dec("16.5")}}, OnTrack, "16.5"},
		{"a year's count behind", yearly, []Measure{{q3, dec("11")}}, Behind, "16.5"},
		{"rank at the limit", rank, []Measure{{q3, dec("10")}}, OnTrack, "10"},
		{"rank one worse", rank, []Measure{{q3, dec("11")}}, AtRisk, "10"},
		{"rank far worse", rank, []Measure{{q3, dec("12")}}, Behind, "10"},
		{"no start of the line, target not reached", rising, []Measure{{on(2027, 12, 31), dec("0.69")}}, NoMilestone, ""},
		{"no start of the line, target reached", rising, []Measure{{on(2027, 12, 31), dec("0.771")}}, OnTrack, ""},
		{"rising", rising, []Measure{{on(2031, 12, 31), dec("0.78")}, {on(2032, 12, 31), dec("0.79")}}, OnTrack, "0.78"},
		{"not rising", rising, []Measure{{on(2031, 12, 31), dec("0.78")}, {on(2032, 12, 31), dec("0.78")}}, Behind, "0.78"},
		{"first milestone far ahead", late, []Measure{{q3, dec("31")}}, NoMilestone, ""},
		{"published value of 2025 starts the line", late, []Measure{{on(2025, 12, 31), dec("20")}, {q3, dec("31")}}, OnTrack, "27.5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := c.of.Judge(c.history)
			if j.Standing != c.want {
				t.Errorf("standing %s, not %s", j.Standing, c.want)
			}
			got := ""
			if j.Path != nil {
				got = j.Path.String()
			}
			if got != c.path {
				t.Errorf("path %q, not %q", got, c.path)
			}
		})
	}
}

func TestEntryCheck(t *testing.T) {
	today := on(2026, 11, 24)
	for _, c := range []struct {
		name  string
		value string
		asOf  calendar.Date
		want  string
	}{
		{"today", "12.3456", today, ""},
		{"tomorrow", "12", on(2026, 11, 25), "indicator.future"},
		{"five decimals", "12.34567", today, "indicator.scale"},
		{"largest", "999999999.9999", today, ""},
		{"too large", "1000000000", today, "indicator.scale"},
		{"negative", "-0.0001", today, "indicator.scale"},
		{"no day", "1", calendar.Date{}, "errs.invalid"},
	} {
		err := (&Entry{Value: dec(c.value), AsOf: c.asOf}).Check(today)
		if got := code(err); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestEntryMoves(t *testing.T) {
	me, other, now := uuid.New(), uuid.New(), time.Now()
	e := Entry{Status: Proposed, ProposedBy: me}
	if err := e.Publish(other, now); code(err) != "indicator.state" {
		t.Errorf("published unverified: %v", err)
	}
	if err := e.Verify(me, now); code(err) != "indicator.same_person" || e.Status != Proposed {
		t.Errorf("verified by its proposer: %v", err)
	}
	if err := e.Verify(other, now); err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(other, now); code(err) != "indicator.state" {
		t.Errorf("verified twice: %v", err)
	}
	if err := e.Supersede(); code(err) != "indicator.not_published" {
		t.Errorf("superseded before publication: %v", err)
	}
	if err := e.Publish(other, now); err != nil || e.Status != Published {
		t.Fatal(err)
	}
}

// TestGraph walks the states: one start, every state reachable, ends final.
func TestGraph(t *testing.T) {
	seen := map[Status]bool{}
	var walk func(Status)
	walk = func(s Status) {
		if seen[s] {
			return
		}
		seen[s] = true
		for _, m := range Graph[s] {
			walk(m.To)
		}
	}
	walk(Proposed)
	for s := range Graph {
		if !seen[s] {
			t.Errorf("%s is never reached", s)
		}
	}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return errs.From(err).Code
}
