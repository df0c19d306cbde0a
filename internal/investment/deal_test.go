package investment

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

func TestDealGraph(t *testing.T) {
	all := append(append([]Status{}, Stages...), Contracted, Rejected)
	reached := map[Status]bool{Sourced: true}
	for range all {
		for from, tos := range Moves {
			for _, to := range tos {
				reached[to] = reached[to] || reached[from]
			}
		}
	}
	for _, from := range all {
		if !reached[from] {
			t.Errorf("%s is never reached", from)
		}
		for _, to := range all {
			d := Deal{Status: from}
			err := d.Move(to)
			if err == nil && d.Status != to || err != nil && (!errors.Is(err, ErrMove) || d.Status != from) {
				t.Errorf("%s to %s: %v, now %s", from, to, err, d.Status)
			}
		}
	}
}

func TestTranchePeople(t *testing.T) {
	maker, holding := uuid.New(), uuid.New()
	tr := Tranche{Status: "recorded", RecordedBy: maker}
	if err := tr.confirm(maker, holding); !errors.Is(err, ErrSamePerson) || tr.Status != "recorded" {
		t.Errorf("by the maker: %v", err)
	}
	if err := tr.confirm(uuid.New(), holding); err != nil {
		t.Errorf("by another: %v", err)
	}
	if err := tr.confirm(uuid.New(), holding); !errors.Is(err, ErrConfirmed) {
		t.Errorf("twice: %v", err)
	}
}

func TestValuationPeople(t *testing.T) {
	analyst, board := uuid.New(), uuid.New()
	v := Valuation{Status: "proposed", ProposedBy: analyst}
	if err := v.approve(analyst, time.Now()); !errors.Is(err, ErrSamePerson) {
		t.Errorf("approved by the analyst: %v", err)
	}
	if err := v.lock(uuid.New(), time.Now()); !errors.Is(err, ErrValuationState) {
		t.Errorf("locked before approval: %v", err)
	}
	if err := v.approve(board, time.Now()); err != nil {
		t.Errorf("approved: %v", err)
	}
	for who, id := range map[string]uuid.UUID{"analyst": analyst, "board": board} {
		if err := v.lock(id, time.Now()); !errors.Is(err, ErrSamePerson) || v.Status != "approved" {
			t.Errorf("locked by the %s: %v", who, err)
		}
	}
	if err := v.lock(uuid.New(), time.Now()); err != nil || v.Status != "locked" {
		t.Errorf("locked: %v", err)
	}
}

func TestQuarterNames(t *testing.T) {
	for name, day := range map[string]calendar.Date{"2026-Q1": calendar.On(2026, 3, 31), "2026-Q2": calendar.On(2026, 6, 30), "2026-Q3": calendar.On(2026, 9, 30), "2026-Q4": calendar.On(2026, 12, 31)} {
		if got := quarterName(day); got != name {
			t.Errorf("%s is named %s", day, got)
		}
		if got, err := parseQuarter(name); err != nil || !got.Equal(day) {
			t.Errorf("%s is read as %s, %v", name, got, err)
		}
	}
	for _, bad := range []string{"", "2026", "2026-Q0", "2026-Q5", "2026-Q1x", "26-Q1", "1999-Q1"} {
		if _, err := parseQuarter(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestHistoryStepsOnlyOnItsDays(t *testing.T) {
	day := calendar.On(2026, 6, 18)
	ts := []Tranche{{Status: "confirmed", PaidOn: day, Amount: money.VND(5)}, {Status: "recorded", PaidOn: day, Amount: money.VND(99)},
		{Status: "confirmed", PaidOn: day.AddDays(500), Amount: money.VND(10)}}
	vs := []Valuation{{Status: "locked", QuarterEnd: day.AddDays(600), Cost: money.VND(15), Fair: money.VND(22)}, {Status: "approved", QuarterEnd: day.AddDays(700), Fair: money.VND(1)},
		{Status: "locked", QuarterEnd: day.AddDays(100), Cost: money.VND(5), Fair: money.VND(6)}}
	var got []string
	for _, s := range history(ts, vs) {
		got = append(got, s.cost.String()+"/"+s.fair.String())
	}
	if want := []string{"5/5", "5/6", "15/16", "15/22"}; len(got) != 4 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("steps %v, want %v", got, want)
	}
	if c := drawSteps(ts, vs); c == nil || c.Name.Fair != "0" || len(c.Dots) != 4 {
		t.Errorf("chart: %+v", c)
	}
	if drawSteps(nil, nil) != nil {
		t.Error("nothing to draw without a payment")
	}
}

func TestSigned(t *testing.T) {
	for n, want := range map[int64]string{0: "–", 1_000: "+1.000", -2_500: "(2.500)"} {
		if got := signed(money.VND(n)); got != want {
			t.Errorf("signed(%d) = %s, want %s", n, got, want)
		}
	}
}
