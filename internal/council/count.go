package council

import (
	"math/big"

	"github.com/shopspring/decimal"

	"kinhbac/internal/rulebook"
)

// Rules are the thresholds of a count, out of the rulebook.
type Rules struct {
	Outlier  *rulebook.Threshold // off the mean by more than this a ballot is invalid; base points or mean; nil = no such rule
	Zero     *rulebook.Threshold // a criterion scored 0 by this share of the ballots cast fails the matter; nil = no such rule
	PassMark decimal.Decimal     // of 100, reached means passed
	Content  rulebook.Threshold  // share of "Đạt" that carries a content item
	Vote     rulebook.Threshold  // share for that carries an approval
	Seats    int64               // seats of the decision that vote
	Present  int64               // those that take part in the matter
}

// Result is what a count gives. Mean is nil when no valid ballot is left.
type Result struct {
	Initial, Mean   *decimal.Decimal // rounded once to two decimals, half away from zero
	Valid           []bool           // by ballot, in the order given
	Lowest, Highest *int             // totals of the valid ballots
	Passed          bool
	FailedBy        string
	For, Against    int
	Items           []ItemResult
}

// ItemResult is the count of one content item.
type ItemResult struct {
	Passes int
	Passed bool
}

// CountPoints counts ballots by points. points[i] are the points of ballot i by criterion.
//
// The outlier test is done once on the exact mean of all ballots; the official mean is the exact mean of the
// valid ones, rounded once; the pass mark is compared with that printed number. The zero rule counts all ballots
// cast. Source: TT 20/2023/TT-BKHCN, Điều 12; kept as data in the rulebook.
func CountPoints(points [][]int, r Rules) Result {
	n := int64(len(points))
	totals := make([]int64, n)
	var sum int64
	for i, p := range points {
		for _, x := range p {
			totals[i] += int64(x)
		}
		sum += totals[i]
	}
	res := Result{Valid: make([]bool, n)}
	if n == 0 {
		res.FailedBy = "no_valid"
		return res
	}
	res.Initial = mean(sum, n)
	var validSum, valid int64
	for i, t := range totals {
		res.Valid[i] = r.Outlier == nil || !outlier(t, sum, n, *r.Outlier)
		if !res.Valid[i] {
			continue
		}
		validSum += t
		valid++
		v := int(t)
		if res.Lowest == nil || v < *res.Lowest {
			res.Lowest = &v
		}
		if res.Highest == nil || v > *res.Highest {
			res.Highest = &v
		}
	}
	switch {
	case valid == 0:
		res.FailedBy = "no_valid"
		return res
	case r.Zero != nil && zeros(points, *r.Zero):
		res.FailedBy = "zero"
	}
	res.Mean = mean(validSum, valid)
	if res.FailedBy == "" && res.Mean.LessThan(r.PassMark) {
		res.FailedBy = "pass_mark"
	}
	res.Passed = res.FailedBy == ""
	return res
}

func mean(sum, n int64) *decimal.Decimal {
	m := decimal.NewFromInt(sum).DivRound(decimal.NewFromInt(n), 2)
	return &m
}

// outlier compares |total − sum/n| with the limit, in points or as a share of the mean, in whole numbers.
func outlier(total, sum, n int64, t rulebook.Threshold) bool {
	off := new(big.Int).Abs(big.NewInt(total*n - sum)) // × 1/n
	left := off.Mul(off, big.NewInt(t.Den))
	base := n
	if t.Base == "mean" {
		base = sum
	}
	c := left.Cmp(new(big.Int).Mul(big.NewInt(t.Num), big.NewInt(base)))
	return c > 0 || !t.Strict && c == 0
}

func zeros(points [][]int, t rulebook.Threshold) bool {
	for c := range points[0] {
		var zero int64
		for _, p := range points {
			if p[c] == 0 {
				zero++
			}
		}
		if zero > 0 && t.Met(zero, int64(len(points))) {
			return true
		}
	}
	return false
}

// CountItems counts ballots of pass or fail per content item. A matter passes when one item does; Mean is the
// share of "Đạt" among all answers in percent, for ranking. Source: NĐ 268/2025/NĐ-CP, Điều 12(3).
func CountItems(answers [][]bool, r Rules) Result {
	n := len(answers)
	res := Result{Valid: make([]bool, n)}
	if n == 0 || len(answers[0]) == 0 {
		res.FailedBy = "no_valid"
		return res
	}
	items := len(answers[0])
	res.Items = make([]ItemResult, items)
	var all int64
	for i, a := range answers {
		res.Valid[i] = true
		for j, pass := range a {
			if pass {
				res.Items[j].Passes++
				all++
			}
		}
	}
	for j := range res.Items {
		base := map[string]int64{"cast": int64(n), "present": r.Present, "seats": r.Seats}[r.Content.Base]
		res.Items[j].Passed = r.Content.Met(int64(res.Items[j].Passes), base)
		if res.Items[j].Passed {
			res.Passed = true
			res.For++
		} else {
			res.Against++
		}
	}
	res.Mean = mean(all*100, int64(n*items))
	if !res.Passed {
		res.FailedBy = "content"
	}
	return res
}

// CountVotes counts ballots for and against; an abstention is cast but is neither.
func CountVotes(choices []string, r Rules) Result {
	res := Result{Valid: make([]bool, len(choices))}
	for i, c := range choices {
		res.Valid[i] = true
		switch c {
		case For:
			res.For++
		case Against:
			res.Against++
		}
	}
	base := map[string]int64{"cast": int64(len(choices)), "present": r.Present, "seats": r.Seats}[r.Vote.Base]
	res.Passed = base > 0 && r.Vote.Met(int64(res.For), base)
	if !res.Passed {
		res.FailedBy = "vote"
	}
	return res
}
