package fund

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
)

// cases are the reference values that do not come from our own code; the file is a copy of the reference set.
type xirrCase struct {
	ID    string
	Flows [][2]string
	XIRR  string
	Rate  string
	XNPV  string
	Error string
}

func cases(t *testing.T) (cs []xirrCase) {
	b, err := os.ReadFile("testdata/xirr.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cs); err != nil {
		t.Fatal(err)
	}
	return cs
}

func dated(t *testing.T, flows [][2]string) (ds []Dated) {
	for _, f := range flows {
		on, err := calendar.ParseDate(f[0])
		if err != nil {
			t.Fatal(err)
		}
		ds = append(ds, Dated{on, decimal.RequireFromString(f[1])})
	}
	return ds
}

func TestXIRRReference(t *testing.T) {
	for _, c := range cases(t) {
		t.Run(c.ID, func(t *testing.T) {
			flows := dated(t, c.Flows)
			if c.XNPV != "" {
				got, want := XNPV(flows, decimal.RequireFromString(c.Rate)), decimal.RequireFromString(c.XNPV)
				if got.Sub(want).Abs().GreaterThan(decimal.New(1, -6)) {
					t.Errorf("XNPV = %s, want %s", got, want)
				}
				return
			}
			got, err := XIRR(flows)
			switch c.Error {
			case "not unique":
				if !errors.Is(err, ErrRateNotUnique) {
					t.Errorf("XIRR = %s, %v, want not unique", got, err)
				}
			case "undefined":
				if !errors.Is(err, ErrRateUndefined) {
					t.Errorf("XIRR = %s, %v, want undefined", got, err)
				}
			default:
				if err != nil || got.Sub(decimal.RequireFromString(c.XIRR)).Abs().GreaterThan(decimal.New(1, -8)) {
					t.Errorf("XIRR = %s, %v, want %s", got, err, c.XIRR)
				}
			}
		})
	}
}

func TestXIRRProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	start := calendar.On(2024, time.January, 1)
	for range 300 {
		flows := []Dated{{start, decimal.NewFromInt(-1000 - int64(r.IntN(100_000)))}}
		for range 1 + r.IntN(6) {
			flows = append(flows, Dated{start.AddDays(90 + r.IntN(3000)), decimal.NewFromInt(1 + int64(r.IntN(200_000)))})
		}
		rate, err := XIRR(flows)
		if err != nil {
			t.Fatalf("one change of sign must have a rate: %v: %v", flows, err)
		}
		step := decimal.New(1, -8)
		if XNPV(flows, rate.Sub(step)).Mul(XNPV(flows, rate.Add(step))).Sign() > 0 {
			t.Fatalf("no change of sign round %s: %v", rate, flows)
		}
		scaled := make([]Dated, len(flows))
		for i, f := range flows {
			scaled[len(flows)-1-i] = Dated{f.On, f.Amount.Mul(decimal.NewFromInt(1_000_000))}
		}
		again, err := XIRR(scaled)
		if err != nil || again.Sub(rate).Abs().GreaterThan(decimal.New(2, -8)) {
			t.Fatalf("scaled and turned round: %s, %v, want %s", again, err, rate)
		}
	}
}

func TestXIRREdges(t *testing.T) {
	day := calendar.On(2026, time.January, 1)
	for name, c := range map[string]struct {
		flows []Dated
		want  string
		err   error
	}{
		"nothing":            {nil, "", ErrRateUndefined},
		"only zero":          {[]Dated{{day, decimal.Zero}}, "", ErrRateUndefined},
		"same day":           {[]Dated{{day, decimal.NewFromInt(-5)}, {day, decimal.NewFromInt(6)}}, "", ErrRateUndefined},
		"no gain":            {[]Dated{{day, decimal.NewFromInt(-5)}, {day.AddDays(400), decimal.NewFromInt(5)}}, "0", nil},
		"doubled in a year":  {[]Dated{{day, decimal.NewFromInt(-5)}, {day.AddDays(365), decimal.NewFromInt(10)}}, "1", nil},
		"halved in a year":   {[]Dated{{day, decimal.NewFromInt(-10)}, {day.AddDays(365), decimal.NewFromInt(5)}}, "-0.5", nil},
		"same day is netted": {[]Dated{{day, decimal.NewFromInt(-10)}, {day, decimal.NewFromInt(5)}, {day.AddDays(365), decimal.NewFromInt(10)}}, "1", nil},
	} {
		got, err := XIRR(c.flows)
		if !errors.Is(err, c.err) || err == nil && !got.Equal(decimal.RequireFromString(c.want)) {
			t.Errorf("%s: %s, %v, want %s, %v", name, got, err, c.want, c.err)
		}
	}
}

func BenchmarkXIRR(b *testing.B) {
	flows := make([]Dated, 0, 1000)
	for i := range 999 {
		flows = append(flows, Dated{calendar.On(2020, 1, 1).AddDays(i), decimal.NewFromInt(-1_000_000)})
	}
	flows = append(flows, Dated{calendar.On(2026, 1, 1), decimal.NewFromInt(1_900_000_000)})
	for b.Loop() {
		if _, err := XIRR(flows); err != nil {
			b.Fatal(err)
		}
	}
}
