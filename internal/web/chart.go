package web

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Chart is a drawing made on the server: its size by viewBox, its colours by class, its finding in words.
type Chart interface{ SVG() template.HTML }

// Point is one value of a line; Label is drawn above it, Tick below the axis. X and Y are only positions on paper.
type Point struct {
	X, Y        float64
	Label, Tick string
}

// Line is one line of a LineChart: Kind actual, path (dashed) or limit (son).
type Line struct {
	Kind   string
	Points []Point
	Dots   bool
	Step   bool // the value changes only at a point, as a valuation does
}

// Bar is one bar under a LineChart or in a BarChart; Kind cham, cham2, cham3, son or dong.
type Bar struct {
	X, Y  float64
	Kind  string
	Label string
}

// LineChart draws lines over bars: goals against time, the J-curve of a fund, values by quarter.
type LineChart struct {
	Finding    string // the sentence read aloud
	MinX, MaxX float64
	MinY, MaxY float64 // 0, 0 = from the data
	Ticks      []Point // of the x axis: X and Tick
	Steps      int     // lines of the y axis, 0 = 4
	Lines      []Line
	Bars       []Bar
	BarWidth   float64 // in units of X
	Format     func(y float64) string
}

const (
	chartW, chartH                             = 720.0, 262.0
	chartLeft, chartRight, chartTop, chartBase = 52.0, 706.0, 32.0, 228.0
)

// Position turns a number of any exactness into a place on paper, the one use of float for it.
func Position(d decimal.Decimal) float64 { return d.InexactFloat64() }

func px(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

func esc(s string) string { return template.HTMLEscapeString(s) }

// SVG draws the chart.
func (c LineChart) SVG() template.HTML {
	c.bounds()
	sx := func(x float64) float64 { return chartLeft + (x-c.MinX)/(c.MaxX-c.MinX)*(chartRight-12-chartLeft) }
	sy := func(y float64) float64 { return chartBase - (y-c.MinY)/(c.MaxY-c.MinY)*(chartBase-chartTop) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartW, chartH, esc(c.Finding))
	steps := c.Steps
	if steps == 0 {
		steps = 4
	}
	var axes, words strings.Builder
	for i := 0; i <= steps; i++ {
		y := c.MinY + float64(i)*(c.MaxY-c.MinY)/float64(steps)
		if i > 0 {
			fmt.Fprintf(&axes, `<path d="M%g %sH%g"/>`, chartLeft, px(sy(y)), chartRight)
		}
		fmt.Fprintf(&words, `<text x="%g" y="%s" text-anchor="end">%s</text>`, chartLeft-8, px(sy(y)+4), esc(c.write(y)))
	}
	b.WriteString(`<g class="ax">` + axes.String() + `</g>` + words.String())
	zero := sy(math.Max(c.MinY, math.Min(0, c.MaxY)))
	w := c.BarWidth / (c.MaxX - c.MinX) * (chartRight - 12 - chartLeft)
	for _, bar := range c.Bars {
		top, bottom := math.Min(sy(bar.Y), zero), math.Max(sy(bar.Y), zero)
		fmt.Fprintf(&b, `<rect class="f-%s" x="%s" y="%s" width="%s" height="%s"/>`, esc(bar.Kind), px(sx(bar.X)-w/2), px(top), px(w), px(bottom-top))
	}
	fmt.Fprintf(&b, `<path class="ax0" d="M%g %sH%g"/>`, chartLeft, px(zero), chartRight)
	for _, t := range c.Ticks {
		fmt.Fprintf(&b, `<text x="%s" y="252" text-anchor="middle">%s</text>`, px(sx(t.X)), esc(t.Tick))
	}
	for _, l := range c.Lines {
		l.draw(&b, sx, sy)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func (l Line) draw(b *strings.Builder, sx, sy func(float64) float64) {
	class, dot := "l-cham", "f-cham"
	switch l.Kind {
	case "path":
		class, dot = "l-dash", "f-sheet ring"
	case "limit":
		class, dot = "l-son", "f-son"
	}
	var d strings.Builder
	for i, p := range l.Points {
		switch {
		case i == 0:
			fmt.Fprintf(&d, "M%s %s", px(sx(p.X)), px(sy(p.Y)))
		case l.Step:
			fmt.Fprintf(&d, "H%sV%s", px(sx(p.X)), px(sy(p.Y)))
		default:
			fmt.Fprintf(&d, "L%s %s", px(sx(p.X)), px(sy(p.Y)))
		}
	}
	if d.Len() > 0 {
		fmt.Fprintf(b, `<path class="%s" d="%s"/>`, class, d.String())
	}
	for i, p := range l.Points {
		if l.Dots || l.Kind == "actual" && i == len(l.Points)-1 {
			fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="4.5" class="%s"/>`, px(sx(p.X)), px(sy(p.Y)), dot)
		}
		if p.Label != "" {
			anchor, words := "middle", "strong"
			if sx(p.X) > chartRight-60 {
				anchor = "end"
			}
			if l.Kind == "actual" {
				words = "strong t-cham"
			}
			fmt.Fprintf(b, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, words, px(sx(p.X)), px(sy(p.Y)-14), anchor, esc(p.Label))
		}
	}
}

func (c LineChart) write(y float64) string {
	if c.Format != nil {
		return c.Format(y)
	}
	return numberText(decimal.NewFromFloat(y).Round(2))
}

// bounds completes the axes from the data and keeps them from being empty.
func (c *LineChart) bounds() {
	if c.MinY == 0 && c.MaxY == 0 {
		for _, l := range c.Lines {
			for _, p := range l.Points {
				c.MinY, c.MaxY = math.Min(c.MinY, p.Y), math.Max(c.MaxY, p.Y)
			}
		}
		for _, b := range c.Bars {
			c.MinY, c.MaxY = math.Min(c.MinY, b.Y), math.Max(c.MaxY, b.Y)
		}
		c.MaxY, c.MinY = nice(c.MaxY), -nice(-c.MinY)
	}
	if c.MaxY <= c.MinY {
		c.MaxY = c.MinY + 1
	}
	if c.MaxX <= c.MinX {
		c.MaxX = c.MinX + 1
	}
}

// nice rounds up to 1, 2, 4, 5 or 8 times a power of ten.
func nice(v float64) float64 {
	if v <= 0 {
		return 0
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 5, 8, 10} {
		if m*p >= v {
			return m * p
		}
	}
	return 10 * p
}

// Spark is a small line without words beside a number; the number stands in the same row.
type Spark struct{ Values []float64 }

// SVG draws it; fewer than two values draw nothing.
func (s Spark) SVG() template.HTML {
	if len(s.Values) < 2 {
		return ""
	}
	lo, hi := s.Values[0], s.Values[0]
	for _, v := range s.Values {
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	if hi == lo {
		hi = lo + 1
	}
	var d strings.Builder
	var x, y float64
	for i, v := range s.Values {
		x, y = 4+54*float64(i)/float64(len(s.Values)-1), 20-16*(v-lo)/(hi-lo)
		cmd := "L"
		if i == 0 {
			cmd = "M"
		}
		fmt.Fprintf(&d, "%s%s %s", cmd, px(x), px(y))
	}
	return template.HTML(fmt.Sprintf(`<svg class="spark" viewBox="0 0 64 24" aria-hidden="true"><path class="l-cham" d="%s"/><circle class="f-cham" cx="%s" cy="%s" r="2.8"/></svg>`, d.String(), px(x), px(y)))
}
