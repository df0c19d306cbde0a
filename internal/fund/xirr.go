package fund

import (
	"errors"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
)

// Dated is one amount of a series: negative is paid by the investor, positive is received.
type Dated struct {
	On     calendar.Date
	Amount decimal.Decimal
}

// Why a series has no rate.
var (
	ErrRateUndefined = errors.New("no rate makes the present value zero")
	ErrRateNotUnique = errors.New("more than one rate makes the present value zero")
)

// Where several roots are possible the search runs over x = ln(1 + rate) from −12 to 12: rates from −99.9994 % to
// 162,000 times a year.
const (
	lowest, highest = -12.0, 12.0
	steps           = 2400
)

// XIRR is the yearly rate at which the present value of the flows is zero, Actual/365, as a ratio with eight
// decimals: 0.1 is 10 %. It refuses with ErrRateUndefined where no such rate exists, and with ErrRateNotUnique
// where there are two or more, instead of giving one of them.
//
// With x = ln(1 + rate) the present value is Σ aᵢ·exp(−tᵢ·x), smooth on the whole axis. Flows that change sign
// once have one root at most (Descartes); for others the axis is searched in steps, and every turning point
// between two steps is looked at too.
func XIRR(flows []Dated) (decimal.Decimal, error) {
	s := newSeries(flows)
	roots := s.roots()
	switch len(roots) {
	case 0:
		return decimal.Decimal{}, ErrRateUndefined
	case 1:
		return decimal.NewFromFloat(math.Expm1(roots[0])).Round(8), nil
	}
	return decimal.Decimal{}, ErrRateNotUnique
}

// XNPV is the present value of the flows at a yearly rate above −1, Actual/365 from the first day, as a ratio of
// the unit the flows are in, with eight decimals.
func XNPV(flows []Dated, rate decimal.Decimal) decimal.Decimal {
	s := newSeries(flows)
	return decimal.NewFromFloat(s.value(math.Log1p(rate.InexactFloat64())) * s.scale).Round(8)
}

type series struct {
	t, a  []float64 // years since the first flow; amounts as parts of the largest
	scale float64
}

func newSeries(flows []Dated) series {
	flows = slices.Clone(flows)
	slices.SortStableFunc(flows, func(a, b Dated) int { return b.On.Days(a.On) })
	s := series{scale: 1}
	sums := make([]decimal.Decimal, 0, len(flows))
	for i, f := range flows {
		t := float64(flows[0].On.Days(f.On)) / 365
		if i > 0 && t == s.t[len(s.t)-1] {
			sums[len(sums)-1] = sums[len(sums)-1].Add(f.Amount)
			continue
		}
		s.t, sums = append(s.t, t), append(sums, f.Amount)
	}
	largest := 0.0
	for _, d := range sums {
		largest = max(largest, math.Abs(d.InexactFloat64()))
	}
	if largest > 0 {
		s.scale = largest
	}
	for _, d := range sums {
		s.a = append(s.a, d.InexactFloat64()/s.scale)
	}
	return s
}

func (s series) value(x float64) (v float64) {
	for i, t := range s.t {
		v += s.a[i] * math.Exp(-t*x)
	}
	return v
}

func (s series) slope(x float64) (v float64) {
	for i, t := range s.t {
		v -= t * s.a[i] * math.Exp(-t*x)
	}
	return v
}

// turns counts the changes of sign along the series.
func (s series) turns() (n int) {
	last := 0.0
	for _, a := range s.a {
		if a == 0 {
			continue
		}
		if last*a < 0 {
			n++
		}
		last = a
	}
	return n
}

// roots finds where the present value is zero, at most two of them.
func (s series) roots() (found []float64) {
	switch s.turns() {
	case 0:
		return nil
	case 1:
		for w, most := 1.0, 600/max(s.t[len(s.t)-1], 1); w <= most; w *= 2 { // beyond it exp overflows
			if s.value(-w)*s.value(w) <= 0 {
				return []float64{bisect(s.value, -w, w)}
			}
		}
		return nil
	}
	const width = (highest - lowest) / steps
	left, leftSlope := s.value(lowest), s.slope(lowest)
	for i := 1; i <= steps && len(found) < 2; i++ {
		a, b := lowest+width*float64(i-1), lowest+width*float64(i)
		right, rightSlope := s.value(b), s.slope(b)
		switch {
		case left == 0: // the root was found as the right end of the step before, or is the lowest rate
			if i == 1 {
				found = append(found, a)
			}
		case right == 0:
			found = append(found, b)
		case left*right < 0:
			found = append(found, bisect(s.value, a, b))
		case leftSlope*rightSlope < 0: // a turning point between the steps may touch or cross zero
			m := bisect(s.slope, a, b)
			if v := s.value(m); v*left < 0 {
				found = append(found, bisect(s.value, a, m), bisect(s.value, m, b))
			} else if math.Abs(v) < 1e-15 {
				found = append(found, m)
			}
		}
		left, leftSlope = right, rightSlope
	}
	return found
}

// bisect narrows a bracket whose ends have different signs down to neighbouring numbers.
func bisect(f func(float64) float64, a, b float64) float64 {
	fa := f(a)
	for range 200 {
		m := a + (b-a)/2
		if m == a || m == b {
			break
		}
		fm := f(m)
		if fm == 0 {
			return m
		}
		if fa*fm < 0 {
			b = m
		} else {
			a, fa = m, fm
		}
	}
	return a + (b-a)/2
}
