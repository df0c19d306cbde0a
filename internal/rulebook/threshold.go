package rulebook

import (
	"strconv"
	"strings"
)

// Threshold is {comparison, share, base}: ">= 2/3 cast", "> 1/4 present", ">= 70/100 mean", "> 15 points".
type Threshold struct {
	Strict   bool // > instead of >=
	Num, Den int64
	Base     string // cast, present, seats, mean, points
}

// ParseThreshold reads "COMPARISON NUM/DEN BASE" or "COMPARISON NUM BASE" with single spaces; anything else is
// ErrNoParse.
func ParseThreshold(s string) (Threshold, error) {
	parts := strings.Split(s, " ")
	if len(parts) != 3 || parts[0] != ">=" && parts[0] != ">" {
		return Threshold{}, ErrNoParse
	}
	num, den, fraction := strings.Cut(parts[1], "/")
	if !fraction {
		den = "1"
	}
	n, err1 := strconv.ParseUint(num, 10, 31)
	d, err2 := strconv.ParseUint(den, 10, 31)
	if err1 != nil || err2 != nil || d == 0 {
		return Threshold{}, ErrNoParse
	}
	switch parts[2] {
	case "cast", "present", "seats", "mean", "points":
	default:
		return Threshold{}, ErrNoParse
	}
	return Threshold{Strict: parts[0] == ">", Num: int64(n), Den: int64(d), Base: parts[2]}, nil
}

// Met says whether n out of base reaches the threshold, in exact arithmetic. Nothing is reached out of nothing.
func (t Threshold) Met(n, base int64) bool {
	if base <= 0 {
		return false
	}
	l, r := n*t.Den, base*t.Num
	return l > r || !t.Strict && l == r
}

// Needed is the least whole number out of base that meets the threshold; for "thiếu 1 thành viên".
func (t Threshold) Needed(base int64) int64 {
	n := base * t.Num / t.Den
	for !t.Met(n, base) && n <= base {
		n++
	}
	return n
}

// String is the form ParseThreshold reads.
func (t Threshold) String() string {
	cmp := ">="
	if t.Strict {
		cmp = ">"
	}
	share := strconv.FormatInt(t.Num, 10)
	if t.Den != 1 {
		share += "/" + strconv.FormatInt(t.Den, 10)
	}
	return cmp + " " + share + " " + t.Base
}
