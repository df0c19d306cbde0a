package council

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/call"
	"kinhbac/internal/rulebook"
)

type countCase struct {
	ID          string   `json:"id"`
	Ballots     []string `json:"ballots"`
	InitialMean string   `json:"initial_mean"`
	Official    string   `json:"official_mean"`
	Invalid     []int    `json:"invalid"`
	Refused     bool     `json:"refused"`
}

func TestCountCases(t *testing.T) {
	b, err := os.ReadFile("testdata/council.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []countCase
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	outlier := map[string]string{"C3": "> 15 points", "C4": "> 20/100 mean"}
	for _, c := range cases {
		if c.Refused {
			n, err := strconv.Atoi(c.Ballots[0])
			if err != nil {
				t.Fatal(err)
			}
			one := call.Criterion{ID: uuid.New(), MaxPoints: 100}
			b := Ballot{Lines: []BallotLine{{CriterionID: &one.ID, Points: &n}}}
			if err := b.check(Points, []call.Criterion{one}, nil); !errors.Is(err, ErrPoints) {
				t.Errorf("%s: %d points: %v", c.ID, n, err)
			}
		}
		rule, ok := outlier[c.ID]
		if !ok {
			continue // quorum is asked of the database
		}
		r := Rules{Outlier: threshold(t, rule), PassMark: decimal.NewFromInt(70)}
		res := CountPoints(points(t, c.Ballots), r)
		if got := res.Initial.StringFixed(2); got != c.InitialMean {
			t.Errorf("%s: initial mean %s, want %s", c.ID, got, c.InitialMean)
		}
		if got := res.Mean.StringFixed(2); got != c.Official {
			t.Errorf("%s: official mean %s, want %s", c.ID, got, c.Official)
		}
		var invalid []int
		for i, ok := range res.Valid {
			if !ok {
				invalid = append(invalid, i)
			}
		}
		if !slices.Equal(invalid, c.Invalid) {
			t.Errorf("%s: invalid %v, want %v", c.ID, invalid, c.Invalid)
		}
	}
}

func TestMeanIsRoundedOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		totals []string
		mean   string
		passed bool
	}{
		{"exactly the mark", []string{"70", "70", "70"}, "70.00", true},
		{"a hair under", []string{"70", "70", "69"}, "69.67", false},
		{"69.995 is printed 70.00 and passes", spread(200, 70, 1, 69), "70.00", true},
		{"69.99 stays below", spread(100, 70, 1, 69), "69.99", false},
		{"two thirds", []string{"80", "80", "81"}, "80.33", true},
		{"half away from zero", spread(200, 80, 1, 81), "80.01", true},
	} {
		res := CountPoints(points(t, c.totals), Rules{PassMark: decimal.NewFromInt(70)})
		if got := res.Mean.StringFixed(2); got != c.mean || res.Passed != c.passed {
			t.Errorf("%s: mean %s passed %v, want %s %v", c.name, got, res.Passed, c.mean, c.passed)
		}
	}
}

func TestOutlierIsStrict(t *testing.T) {
	// Mean 80: 65 and 95 are exactly 15 points away and stay.
	res := CountPoints(points(t, []string{"65", "95"}), Rules{Outlier: threshold(t, "> 15 points")})
	if !slices.Equal(res.Valid, []bool{true, true}) {
		t.Errorf("exactly at the limit: %v", res.Valid)
	}
	// Mean 80, 20 % is 16: 64 and 96 stay.
	res = CountPoints(points(t, []string{"64", "96"}), Rules{Outlier: threshold(t, "> 20/100 mean")})
	if !slices.Equal(res.Valid, []bool{true, true}) {
		t.Errorf("exactly at the share: %v", res.Valid)
	}
	res = CountPoints(points(t, []string{"0", "100"}), Rules{Outlier: threshold(t, "> 15 points")})
	if res.Mean != nil || res.Passed || res.FailedBy != "no_valid" {
		t.Errorf("nobody left: %+v", res)
	}
}

func TestZeroRuleCountsBallotsCast(t *testing.T) {
	zero := threshold(t, "> 1/4 cast")
	quarter := [][]int{{0, 90}, {10, 80}, {10, 80}, {10, 80}}
	if res := CountPoints(quarter, Rules{Zero: zero, PassMark: decimal.NewFromInt(70)}); !res.Passed {
		t.Errorf("exactly a quarter fails: %+v", res)
	}
	more := [][]int{{0, 90}, {0, 90}, {10, 80}, {10, 80}}
	if res := CountPoints(more, Rules{Zero: zero, PassMark: decimal.NewFromInt(70)}); res.Passed || res.FailedBy != "zero" {
		t.Errorf("more than a quarter passes: %+v", res)
	}
}

func TestItemsAndVotes(t *testing.T) {
	r := Rules{Content: *threshold(t, ">= 2/3 cast")}
	res := CountItems([][]bool{{true, true}, {true, false}, {false, false}}, r)
	if !res.Items[0].Passed || res.Items[1].Passed || !res.Passed || res.Mean.StringFixed(2) != "50.00" {
		t.Errorf("items: %+v", res)
	}
	v := Rules{Vote: *threshold(t, "> 1/2 seats"), Seats: 4}
	if res := CountVotes([]string{For, For, Against}, v); res.Passed {
		t.Error("half of the seats is not more than half")
	}
	if res := CountVotes([]string{For, For, For}, v); !res.Passed || res.For != 3 {
		t.Errorf("three of four: %+v", res)
	}
}

func threshold(t *testing.T, s string) *rulebook.Threshold {
	t.Helper()
	th, err := rulebook.ParseThreshold(s)
	if err != nil {
		t.Fatal(err)
	}
	return &th
}

func points(t *testing.T, totals []string) [][]int {
	t.Helper()
	var ps [][]int
	for _, s := range totals {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, []int{n})
	}
	return ps
}

// spread is n totals, few of them other and the rest most.
func spread(n, most, few, other int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(most)
		if i < few {
			out[i] = strconv.Itoa(other)
		}
	}
	return out
}
