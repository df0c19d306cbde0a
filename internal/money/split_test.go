package money

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitCases(t *testing.T) {
	raw, err := os.ReadFile("testdata/apportion.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		ID      string
		Source  string
		Total   Amount
		Weights []Amount
		Shares  []Amount
	}
	var all []json.RawMessage
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := errors.Join(json.Unmarshal(raw, &all), d.Decode(&cases)); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 || len(cases) != len(all) {
		t.Fatalf("%d cases of %d are read", len(cases), len(all))
	}
	for _, c := range cases {
		if len(c.Shares) == 0 || len(c.Shares) != len(Split(c.Total, c.Weights)) {
			t.Fatalf("%s: %d shares are expected of %d weights", c.ID, len(c.Shares), len(c.Weights))
		}
		for i, got := range Split(c.Total, c.Weights) {
			if !got.Equal(c.Shares[i]) {
				t.Errorf("%s: share %d = %s, want %s", c.ID, i, got, c.Shares[i])
			}
		}
	}
}

// Parts add up to the total, no part is a whole đồng away from its exact share, a larger weight never gets less, a
// negative total is the mirror of the positive one, and ten times the weights change nothing.
func TestSplitProperties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		total := VND(rapid.Int64Range(0, 999_999_999_999_999).Draw(r, "total"))
		raw := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000_000), 1, 40).Draw(r, "weights")
		weights, scaled, sum := make([]Amount, len(raw)), make([]Amount, len(raw)), Amount{}
		for i, w := range raw {
			weights[i], scaled[i] = VND(w), VND(w).Times(10)
			sum = sum.Add(VND(w))
		}
		if sum.IsZero() {
			return
		}
		parts := Split(total, weights)
		if !Sum(parts...).Equal(total) {
			r.Fatalf("parts add up to %s", Sum(parts...))
		}
		mirror, same := Split(total.Neg(), weights), Split(total, scaled)
		for i := range parts {
			off := parts[i].d.Mul(sum.d).Sub(total.d.Mul(weights[i].d)).Abs()
			if off.Cmp(sum.d) >= 0 {
				r.Fatalf("part %d is %s", i, parts[i])
			}
			if !mirror[i].Equal(parts[i].Neg()) || !same[i].Equal(parts[i]) {
				r.Fatalf("part %d: %s, mirrored %s, scaled %s", i, parts[i], mirror[i], same[i])
			}
			for j := range i {
				if weights[i].Cmp(weights[j]) > 0 && parts[i].Cmp(parts[j]) < 0 {
					r.Fatalf("weight %s got %s, weight %s got %s", weights[i], parts[i], weights[j], parts[j])
				}
			}
		}
	})
}

func TestSplitRefuses(t *testing.T) {
	for name, weights := range map[string][]Amount{"nothing": nil, "only zeros": {VND(0), VND(0)}, "a negative weight": {VND(2), VND(-1)}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is split", name)
				}
			}()
			Split(VND(10), weights)
		}()
	}
}

func BenchmarkSplit10k(b *testing.B) {
	weights := make([]Amount, 10_000)
	for i := range weights {
		weights[i] = VND(int64(i)*7919%1_000_003 + 1)
	}
	for b.Loop() {
		Split(VND(999_999_999_999_999), weights)
	}
}
