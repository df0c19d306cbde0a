package bench

import (
	"cmp"
	"slices"
)

// Case is one measured case. A figure that the case does not have is 0 and left out.
type Case struct {
	Name       string  `json:"name"`
	HTTP       float64 `json:"http_per_s"`           // operations a second through the program
	PGBench    float64 `json:"pgbench_per_s"`        // the same function called by pgbench
	Ratio      float64 `json:"ratio"`                // of the two, median of the repetitions
	CPURatio   float64 `json:"cpu_ratio"`            // CPU of program and PostgreSQL per operation, over pgbench's PostgreSQL
	P50        float64 `json:"p50_ms"`               // of an answer, milliseconds
	P99        float64 `json:"p99_ms"`               // of an answer, milliseconds
	Retries    int     `json:"retries"`              // transactions that PostgreSQL asked to repeat
	Refused    int     `json:"refused,omitempty"`    // answers "insufficient"
	Failed     int     `json:"failed,omitempty"`     // any other answer than done or insufficient; must be 0
	Goal       string  `json:"goal,omitempty"`       // what ARCHITECTURE asks
	Reached    *bool   `json:"reached,omitempty"`    // whether it was
	Operations int     `json:"operations,omitempty"` // how many were measured
}

// Report is one run of the bench.
type Report struct {
	Cases   []Case  `json:"cases"`
	FlushMS float64 `json:"flush_ms"`         // median of one 8 kB write and flush in the data folder
	Drift   int     `json:"drift"`            // lines and balances that differ from their postings; must be 0
	Broken  string  `json:"broken,omitempty"` // first break named by verify; "" = none
	Seconds float64 `json:"seconds"`          // the whole run
}

// met notes the goal of a case and whether it was reached.
func (c Case) met(goal string, reached bool) Case {
	c.Goal, c.Reached = goal, &reached
	return c
}

// median of at least one value.
func median[T cmp.Ordered](all []T) T {
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/2]
}

// Verdict is the goal with whether it was reached, "" for a case without one.
func (c Case) Verdict() string {
	switch {
	case c.Reached == nil:
		return ""
	case *c.Reached:
		return c.Goal + ": reached"
	}
	return c.Goal + ": missed"
}
