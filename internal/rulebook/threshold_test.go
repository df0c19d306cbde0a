package rulebook

import (
	"errors"
	"testing"
)

func TestThresholdMet(t *testing.T) {
	for _, c := range []struct {
		rule    string
		n, base int64
		want    bool
	}{
		{">= 2/3 cast", 4, 6, true},
		{">= 2/3 cast", 5, 7, true}, // 4.67 → 5
		{">= 2/3 cast", 4, 7, false},
		{"> 2/3 present", 4, 6, false},
		{"> 2/3 present", 5, 6, true},
		{"> 1/4 cast", 2, 8, false},
		{"> 1/4 cast", 3, 8, true},
		{">= 70/100 mean", 70, 100, true},
		{">= 70/100 mean", 6999, 10000, false},
		{">= 2/3 seats", 0, 0, false},
		{"> 15 points", 15, 1, false},
		{"> 15 points", 16, 1, true},
	} {
		th, err := ParseThreshold(c.rule)
		if err != nil {
			t.Fatalf("%s: %v", c.rule, err)
		}
		if th.Met(c.n, c.base) != c.want {
			t.Errorf("%s: %d of %d: got %v", c.rule, c.n, c.base, !c.want)
		}
		if th.String() != c.rule {
			t.Errorf("%s is written as %s", c.rule, th)
		}
	}
}

func TestThresholdNeeded(t *testing.T) {
	for rule, want := range map[string]int64{">= 2/3 seats": 5, "> 2/3 seats": 5, "> 1/2 seats": 4, ">= 1/1 seats": 7} {
		th, err := ParseThreshold(rule)
		if err != nil {
			t.Fatal(err)
		}
		if got := th.Needed(7); got != want {
			t.Errorf("%s of 7 seats: got %d, want %d", rule, got, want)
		}
	}
}

func TestThresholdRefused(t *testing.T) {
	for _, s := range []string{"", "2/3 cast", "= 2/3 cast", ">= 2/0 cast", ">= 2 / 3 cast", ">= -2/3 cast", ">= 2/3 members", ">=2/3 cast", ">= 2,5/3 cast"} {
		if _, err := ParseThreshold(s); !errors.Is(err, ErrNoParse) {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func TestValueReaders(t *testing.T) {
	if n, err := (Value{Text: "30"}).Int(); n != 30 || err != nil {
		t.Error(n, err)
	}
	for _, s := range []string{"", "3.5", "1e3", "NaN"} {
		if _, err := (Value{Text: s}).Int(); !errors.Is(err, ErrNoParse) {
			t.Errorf("%q read as a whole number", s)
		}
	}
	if d, err := (Value{Text: "6.5"}).Decimal(); err != nil || d.String() != "6.5" {
		t.Error(d, err)
	}
	for _, s := range []string{"", "1e3", "NaN", "-1", "1,5", "1.2.3"} {
		if _, err := (Value{Text: s}).Decimal(); !errors.Is(err, ErrNoParse) {
			t.Errorf("%q read as a number", s)
		}
	}
}
