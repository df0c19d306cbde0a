package fund

import (
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

// Metrics are a fund's figures on a day, all from its flows and the NAV of its book.
//
// Multiples have two decimals and are nil while nothing is paid in. IRR is net, in percent with one decimal; it is
// nil before four quarters have passed since the first contribution (Early), and where no single rate exists
// (Rate says why).
type Metrics struct {
	AsOf                                calendar.Date
	Committed, PaidIn, Distributed, NAV money.Amount
	Unfunded                            money.Amount
	TVPI, DPI, RVPI, IRR                *decimal.Decimal
	First                               calendar.Date // day of the first contribution
	Early                               bool
	Rate                                error
}

// Gain is NAV plus what was distributed less what was paid in.
func (m *Metrics) Gain() money.Amount { return m.NAV.Add(m.Distributed).Sub(m.PaidIn) }

// CalledShare is what was paid in as percent of what is committed; nil without commitments.
func (m *Metrics) CalledShare() *decimal.Decimal {
	return ratio(m.PaidIn.Decimal().Mul(decimal.NewFromInt(100)), m.Committed.Decimal(), 0)
}

// Measure computes the figures of a day from the flows up to it. NAV is the book's on that day; committed is what
// investors have committed.
func Measure(flows []Flow, nav, committed money.Amount, asOf calendar.Date) Metrics {
	m := Metrics{AsOf: asOf, Committed: committed, NAV: nav}
	net := make([]Dated, 0, len(flows)+1)
	for _, f := range flows {
		switch {
		case f.On.After(asOf):
			continue
		case f.Kind == FlowContribution:
			m.PaidIn = m.PaidIn.Add(f.Amount)
			net = append(net, Dated{f.On, f.Amount.Neg().Decimal()})
			if m.First.IsZero() || f.On.Before(m.First) {
				m.First = f.On
			}
		case f.Kind == FlowDistribution:
			m.Distributed = m.Distributed.Add(f.Amount)
			net = append(net, Dated{f.On, f.Amount.Decimal()})
		}
	}
	m.Unfunded = committed.Sub(m.PaidIn)
	in := m.PaidIn.Decimal()
	m.DPI = ratio(m.Distributed.Decimal(), in, 2)
	m.RVPI = ratio(nav.Decimal(), in, 2)
	m.TVPI = ratio(m.Distributed.Add(nav).Decimal(), in, 2)
	if m.Early = m.First.IsZero() || Quarters(m.First, asOf) < 4; m.Early {
		return m
	}
	r, err := XIRR(append(net, Dated{asOf, nav.Decimal()}))
	if err != nil {
		m.Rate = err
		return m
	}
	r = r.Mul(decimal.NewFromInt(100)).Round(1)
	m.IRR = &r
	return m
}

// Quarters counts the whole quarters, of three months each, from one day to another.
func Quarters(from, to calendar.Date) int {
	months := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	if to.AddDays(1).Day() != 1 && to.Day() < from.Day() {
		months--
	}
	return months / 3
}

// QuarterEnd is the last day of the quarter that d lies in.
func QuarterEnd(d calendar.Date) calendar.Date {
	first := calendar.On(d.Year(), (d.Month()-1)/3*3+1, 1)
	next := first.AddDays(95)
	return calendar.On(next.Year(), next.Month(), 1).AddDays(-1)
}
