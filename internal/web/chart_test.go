package web

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
)

// TestChartsAreWhole draws every kind with nothing, with one value and with several: no NaN, no infinity, a finding.
func TestChartsAreWhole(t *testing.T) {
	d := decimal.RequireFromString
	pts := []Point{{X: 2025, Y: 50, Label: "≥ 50"}, {X: 2030, Y: 150, Label: `"<b>"`, Tick: "2030"}}
	charts := map[string]Chart{
		"empty line":    LineChart{Finding: "chưa có"},
		"one point":     LineChart{Finding: "một", Lines: []Line{{Kind: "actual", Points: pts[:1]}}},
		"line":          LineChart{Finding: "hai", MinX: 2025, MaxX: 2045, Ticks: pts, Lines: []Line{{Kind: "path", Dots: true, Points: pts}, {Kind: "limit", Points: pts}}},
		"J-curve":       LineChart{Finding: "J", MaxX: 3, BarWidth: .5, Bars: []Bar{{X: 1, Y: -40, Kind: "cham3"}, {X: 2, Y: 20, Kind: "dong"}}, Lines: []Line{{Kind: "actual", Points: []Point{{X: 1, Y: -40}, {X: 2, Y: -20}}}}},
		"steps":         LineChart{Finding: "bậc", MaxX: 3, Lines: []Line{{Kind: "actual", Step: true, Points: []Point{{X: 0, Y: 1}, {X: 2, Y: 3}}}}},
		"empty ranking": RankingChart{Finding: "trống"},
		"ranking": RankingChart{Finding: "xếp hạng", Limit: d("100"), LimitText: "100 triệu", PassMark: d("70"), PassText: "Điểm sàn",
			Bars: []Ranked{{Label: "1", Money: d("60"), Score: d("91.25"), Low: d("85"), High: d("95"), Funded: true}, {Label: "2", Money: d("60"), Score: d("71"), Low: d("71"), High: d("71")}}},
		"empty nested": NestedBar{Finding: "0"},
		"nested":       NestedBar{Whole: d("10"), Finding: "10", Shares: []Share{{d("8"), "cham3"}, {d("12"), "cham"}}},
	}
	for name, c := range charts {
		svg := string(c.SVG())
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || strings.Contains(svg, "<b>") || !strings.Contains(svg, `aria-label="`) {
			t.Errorf("%s: %s", name, svg)
		}
		if strings.Count(svg, "<svg") != strings.Count(svg, "</svg>") {
			t.Errorf("%s is not closed", name)
		}
	}
	if svg := (Spark{Values: []float64{1}}).SVG(); svg != "" {
		t.Errorf("one value drew %s", svg)
	}
}

func TestNumbersForReaders(t *testing.T) {
	short := func(n int64) string {
		a, u := Short(i18n.VI, money.VND(n))
		return a + " " + u
	}
	for n, want := range map[int64]string{0: "0 đ", 999_999: "999.999 đ", 392_000_000: "392 triệu", 1_180_000_000: "1,18 tỷ", 54_700_000_000: "54,70 tỷ", 1_234_567_890_123: "1.234,57 tỷ"} {
		if got := short(n); got != want {
			t.Errorf("%d: %q, not %q", n, got, want)
		}
	}
	for in, want := range map[string]string{"69.4": "69,4", "-1234.50": "−1.234,5", "0.00": "0", "100": "100", "0.771": "0,771"} {
		if got := numberText(decimal.RequireFromString(in)); got != want {
			t.Errorf("%s: %q, not %q", in, got, want)
		}
	}
	if got := spaced(4, 3, 3)("2401908339"); got != "2401\u00a0908\u00a0339" {
		t.Errorf("tax code %q", got)
	}
	if got, _ := cell(money.VND(-1234)); got != `<span class="neg">−1.234</span>` {
		t.Errorf("negative %q", got)
	}
}
