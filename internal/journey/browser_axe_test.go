package journey

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Bounds of a page. Source: DESIGN §14.
const (
	maxHTML      = 40_000  // bytes of one document, not compressed
	maxFirstLoad = 150_000 // bytes on the wire with an empty cache
)

var axeSource = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile("testdata/axe.min.js")
	return string(b), err
})

// finding is one rule of axe-core that a page breaks.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct{ Target, HTML, Why string }
}

// carryAxe has every page of the window loaded with axe-core in it.
func (b *tab) carryAxe() {
	b.t.Helper()
	source, err := axeSource()
	b.must(err)
	_, err = chromedp.Call(b.ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: source})
	b.must(err)
}

// axe runs axe-core on the page at hand, with every rule or the named ones, and gives the serious findings.
func (b *tab) axe(rules ...string) []finding {
	b.t.Helper()
	if !see[bool](b, "typeof axe === 'object'") {
		source, err := axeSource()
		b.must(err)
		b.must(chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](source)))
	}
	only := ""
	if len(rules) > 0 {
		only = `, runOnly: ["` + strings.Join(rules, `", "`) + `"]`
	}
	return see[[]finding](b, `axe.run(document, {preload: false, resultTypes: ["violations"]`+only+`}).then((r) => r.violations
		.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.slice(0, 3).map((n) => ({
			Target: n.target.join(" "), HTML: n.html.slice(0, 200), Why: n.any.concat(n.all, n.none).map((c) => c.message).join("; ").slice(0, 300)}))})))`)
}

// What depends on the theme and the width, and what depends on the language; the rest is the same markup.
var (
	drawn  = []string{"color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"}
	spoken = []string{"html-has-lang", "html-lang-valid", "valid-lang", "document-title", "button-name", "link-name", "label", "select-name", "image-alt",
		"svg-img-alt", "aria-input-field-name", "aria-toggle-field-name", "summary-name"}
)

// look fails the test with the serious findings on the page at hand: every rule as it stands, and in the dark what
// is drawn.
func (b *tab) look() {
	b.t.Helper()
	b.report("light", b.axe())
	b.dark()
	b.fits()
	b.healthy()
}

func (b *tab) dark() {
	b.t.Helper()
	b.theme("dark")
	b.report("dark", b.axe(drawn...))
	b.theme("light")
}

func (b *tab) theme(name string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void]("document.documentElement.dataset.theme = "+quote(name))))
}

func (b *tab) report(theme string, found []finding) {
	b.t.Helper()
	for _, f := range found {
		var nodes strings.Builder
		for _, n := range f.Nodes {
			fmt.Fprintf(&nodes, "\n\t%s\n\t\t%s\n\t\t%s", n.Target, n.HTML, n.Why)
		}
		b.t.Errorf("%s, %s: %s (%s): %s%s", b.path(), theme, f.ID, f.Impact, f.Help, nodes.String())
	}
}

// still turns moving parts off, so that colours are looked at when they have settled.
func (b *tab) still() {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	b.must(err)
}

// weight is what a page costs.
type weight struct {
	path        string
	HTML, First int
}

// weigh measures the page at hand, which must have been loaded with an empty cache.
func (b *tab) weigh() weight {
	b.t.Helper()
	w := see[weight](b, `document.fonts.ready.then(() => { const p = performance.getEntriesByType("navigation")[0];
		return {HTML: p.decodedBodySize, First: performance.getEntriesByType("resource").reduce((n, r) => n + r.transferSize, p.transferSize)} })`)
	w.path = b.path()
	if w.HTML > maxHTML {
		b.t.Errorf("%s has %d bytes of HTML, at most %d are allowed", w.path, w.HTML, maxHTML)
	}
	if w.First > maxFirstLoad {
		b.t.Errorf("%s takes %d bytes to load, at most %d are allowed", w.path, w.First, maxFirstLoad)
	}
	return w
}

// heaviest logs the pages that come nearest to the bounds.
func heaviest(t *testing.T, all []weight) {
	t.Helper()
	if len(all) == 0 {
		return
	}
	html := slices.MaxFunc(all, func(a, b weight) int { return a.HTML - b.HTML })
	first := slices.MaxFunc(all, func(a, b weight) int { return a.First - b.First })
	t.Logf("%d pages; most HTML: %s, %d bytes; heaviest first load: %s, %d bytes", len(all), html.path, html.HTML, first.path, first.First)
}
