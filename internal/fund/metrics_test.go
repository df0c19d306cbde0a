package fund

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

func flow(kind FlowKind, on calendar.Date, n int64) Flow {
	return Flow{Kind: kind, On: on, Amount: money.VND(n)}
}

func TestMeasure(t *testing.T) {
	day := calendar.On(2026, time.January, 15)
	flows := []Flow{flow(FlowContribution, day, 100_000), flow(FlowInvestment, day.AddDays(9), 80_000),
		flow(FlowDistribution, day.AddDays(200), 5_000), flow(FlowContribution, day.AddDays(900), 1)}
	m := Measure(flows, money.VND(115_000), money.VND(200_000), day.AddDays(365))
	for _, c := range []struct{ name, got, want string }{
		{"paid in", m.PaidIn.String(), "100000"}, {"distributed", m.Distributed.String(), "5000"}, {"unfunded", m.Unfunded.String(), "100000"},
		{"gain", m.Gain().String(), "20000"}, {"TVPI", m.TVPI.String(), "1.2"}, {"DPI", m.DPI.String(), "0.05"}, {"RVPI", m.RVPI.String(), "1.15"},
	} {
		if c.got != c.want {
			t.Errorf("%s = %s, want %s", c.name, c.got, c.want)
		}
	}
	if m.Early || m.IRR == nil {
		t.Fatalf("a year after the first contribution the rate must be shown: %+v", m)
	}
}

func TestRateWaitsFourQuarters(t *testing.T) {
	first := calendar.On(2026, time.March, 31)
	flows := []Flow{flow(FlowContribution, first, 100)}
	for _, c := range []struct {
		on    calendar.Date
		early bool
	}{{first, true}, {calendar.On(2027, time.March, 30), true}, {calendar.On(2027, time.March, 31), false}} {
		if m := Measure(flows, money.VND(110), money.VND(100), c.on); m.Early != c.early || (m.IRR == nil) != c.early {
			t.Errorf("%s: early %v, IRR %v", c.on, m.Early, m.IRR)
		}
	}
	if m := Measure(nil, money.VND(0), money.VND(0), first); m.TVPI != nil || !m.Early {
		t.Errorf("a fund without money has no multiples: %+v", m)
	}
}

func TestMeasureScales(t *testing.T) {
	day := calendar.On(2025, time.June, 1)
	small := []Flow{flow(FlowContribution, day, 700), flow(FlowContribution, day.AddDays(90), 300), flow(FlowDistribution, day.AddDays(300), 120)}
	big := make([]Flow, len(small))
	for i, f := range small {
		big[i] = f
		big[i].Amount = f.Amount.Times(1_000_000)
	}
	a := Measure(small, money.VND(1_050), money.VND(2_000), day.AddDays(700))
	b := Measure(big, money.VND(1_050).Times(1_000_000), money.VND(2_000).Times(1_000_000), day.AddDays(700))
	if !a.TVPI.Equal(*b.TVPI) || !a.DPI.Equal(*b.DPI) || !a.RVPI.Equal(*b.RVPI) || !a.IRR.Equal(*b.IRR) || !a.Gain().Times(1_000_000).Equal(b.Gain()) {
		t.Errorf("figures change with the unit: %+v and %+v", a, b)
	}
}

func TestQuarterEnd(t *testing.T) {
	for d, want := range map[calendar.Date]string{
		calendar.On(2026, time.January, 1): "2026-03-31", calendar.On(2026, time.March, 31): "2026-03-31", calendar.On(2026, time.April, 1): "2026-06-30",
		calendar.On(2026, time.September, 30): "2026-09-30", calendar.On(2026, time.December, 31): "2026-12-31", calendar.On(2024, time.November, 5): "2024-12-31",
	} {
		if got := QuarterEnd(d).String(); got != want {
			t.Errorf("QuarterEnd(%s) = %s, want %s", d, got, want)
		}
	}
}

func TestAccountsAddUp(t *testing.T) {
	is := []Investor{{Committed: money.VND(80), Paid: money.VND(33)}, {Committed: money.VND(60), Paid: money.VND(33)}, {Committed: money.VND(60), Paid: money.VND(34)}}
	for _, nav := range []int64{0, 1, 100, 99_999_999_999, -7} {
		var sum money.Amount
		for _, a := range accounts(is, money.VND(nav)) {
			sum = sum.Add(a.NAV)
		}
		if !sum.Equal(money.VND(nav)) {
			t.Errorf("NAV %d is divided into %s", nav, sum)
		}
	}
	if as := accounts([]Investor{{Committed: money.VND(5)}}, money.VND(0)); !as[0].NAV.IsZero() {
		t.Errorf("nothing paid, nothing owned: %v", as)
	}
}

func TestBridgeExplainsTheChange(t *testing.T) {
	on, id := calendar.On(2028, time.September, 30), uuid.New()
	open := Position{NAV: money.VND(75_800), Unrealised: map[uuid.UUID]money.Amount{id: money.VND(100)}, Fees: money.VND(10)}
	end := Position{NAV: money.VND(90_200), Unrealised: map[uuid.UUID]money.Amount{id: money.VND(2_920)}, Fees: money.VND(430), Realised: money.VND(0)}
	flows := []Flow{flow(FlowContribution, on.AddDays(-200), 1), flow(FlowContribution, on.AddDays(-5), 12_000)}
	b, err := bridge(flows, []Holding{{ID: id, Name: "A"}}, on.AddDays(20), on, func(d calendar.Date) (Position, error) {
		if d.Equal(on) {
			return end, nil
		}
		return open, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := b.Open
	for _, l := range b.Lines {
		sum = sum.Add(l.Amount)
	}
	if !sum.Equal(b.Close) || b.From.String() != "2028-06-30" {
		t.Errorf("from %s: %s is not %s: %+v", b.From, sum, b.Close, b.Lines)
	}
}

func TestDrawStaysInTheBox(t *testing.T) {
	qs := []Quarter{{End: calendar.On(2026, 6, 30), Called: money.VND(12_000_000_000), Gain: money.VND(-1_200_000_000)},
		{End: calendar.On(2026, 9, 30), Gain: money.VND(-3_000_000_000)}, {End: calendar.On(2026, 12, 31), Distributed: money.VND(4_300_000_000), Gain: money.VND(8_500_000_000)}}
	c := draw(qs, quarterLabel, func(a money.Amount) string { return billions(a, 1) })
	if c.Lowest == nil || c.Lowest.Text != "−3" || c.Last.Text != "+8,5" || c.Labels[0].Text != "II/26" || c.Labels[1].Text != "III" {
		t.Errorf("labels: %+v %+v %+v", c.Lowest, c.Last, c.Labels)
	}
	if draw(nil, quarterLabel, nil) != nil {
		t.Error("nothing to draw without quarters")
	}
	if flat := draw([]Quarter{{End: qs[0].End}}, quarterLabel, func(a money.Amount) string { return billions(a, 1) }); flat == nil {
		t.Error("a quarter without money still draws")
	}
}
