package journey

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The two widths every page is drawn for.
const (
	desk  = 1280
	phone = 390
)

// newChromium starts the machine's Chromium. Only a missing one lets the test be left out, and not in CI.
func newChromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("Chromium is missing: apt-get install chromium")
		}
		t.Skip("Chromium is not installed: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "vi"))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // the sandbox refuses root
	}
	alloc, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, quit := chromedp.NewContext(alloc)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); quit(); end() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// tab is one person's window: own cookies, own width. It collects what the page complains of.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu     sync.Mutex
	faults []string
	status int64 // of the document at hand
}

// newTab opens a window of a width in CSS pixels that shares nothing with others.
func newTab(t *testing.T, chromium context.Context, base string, width int64) *tab {
	t.Helper()
	ctx, quit := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	ctx, cancel := context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(func() { cancel(); quit() })
	b := &tab{t: t, ctx: ctx, base: base}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	b.must(err)
	b.still()
	b.carryAxe()
	b.resize(width)
	return b
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", b.path(), err, b.excerpt())
	}
}

func (b *tab) resize(width int64) {
	b.t.Helper()
	height := int64(900)
	if width == phone {
		height = 844
	}
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(width, height)))
}

// hear notes console errors, exceptions, breaches of the content policy and files that did not come. A refused
// document is the test's to judge: a page that asks for the second factor answers 403.
func (b *tab) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.fault("exception: %s", ev.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			var args []string
			for _, a := range ev.Args {
				args = append(args, a.Description+string(a.Value))
			}
			b.fault("console: %s", strings.Join(args, " "))
		}
	case *log.EventEntryAdded:
		if ev.Entry.Source != log.EntrySourceNetwork && (ev.Entry.Level == log.EntryLevelError || ev.Entry.Source == log.EntrySourceSecurity) {
			b.fault("%s: %s", ev.Entry.Source, ev.Entry.Text)
		}
	case *network.EventResponseReceived:
		if ev.Type == network.ResourceTypeDocument {
			b.status = ev.Response.Status
		} else if ev.Response.Status >= 400 {
			b.fault("%s answered %d", ev.Response.URL, ev.Response.Status)
		}
		if u := ev.Response.URL; !strings.HasPrefix(u, b.base) && !strings.HasPrefix(u, "data:") {
			b.fault("asked another machine: %s", u)
		}
	}
}

func (b *tab) fault(format string, args ...any) {
	if f := fmt.Sprintf(format, args...); !slices.Contains(b.faults, f) {
		b.faults = append(b.faults, f)
	}
}

// healthy fails the test with what the pages complained of since the last call.
func (b *tab) healthy() {
	b.t.Helper()
	b.mu.Lock()
	faults := b.faults
	b.faults = nil
	b.mu.Unlock()
	for _, f := range faults {
		b.t.Errorf("%s: %s", b.path(), f)
	}
}

func (b *tab) answer() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status
}

// open goes to a path and waits until it is loaded.
func (b *tab) open(path string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(b.base+path)))
}

// click presses the first visible element that matches, and waits for the page it leads to.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.must(b.lead(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)))
	b.answered()
}

// press sends keys to the focused element and waits for the page they lead to.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.must(b.lead(chromedp.KeyEvent(keys)))
	b.answered()
}

// answered fails unless the act led to a page, to the question for the second factor, or back to its form.
func (b *tab) answered() {
	b.t.Helper()
	if got := b.answer(); got != 200 && !b.has("#f-code") && got != 422 {
		b.t.Fatalf("%s answered %d:\n%s", b.path(), got, b.excerpt())
	}
	b.healthy()
}

func (b *tab) lead(step chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, step)
	return err
}

// focus puts the keyboard on an element the way Tab does.
func (b *tab) focus(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Focus(chromedp.CSS(selector), chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("%s (%d) has no %s to focus: %v\n%s", b.path(), b.answer(), selector, err, b.excerpt())
	}
}

// keys types on the focused element.
func (b *tab) keys(keys string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(keys)))
}

// write replaces what a field holds by typing, and leaves it by Tab.
func (b *tab) write(selector, words string) {
	b.t.Helper()
	b.focus(selector)
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(words+kb.Tab)))
}

// choose picks the option of a select by its value, as a change by hand.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	if !see[bool](b, `(() => { const s = document.querySelector(`+quote(selector)+`); s.focus(); s.value = `+quote(value)+`; s.dispatchEvent(new Event("change", {bubbles: true})); return s.value === `+quote(value)+` })()`) {
		b.t.Fatalf("%s has no option %q", selector, value)
	}
}

// await polls an expression until it is true.
func (b *tab) await(expression string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[bool]("!!("+expression+")", chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(15*time.Second)))
	if err != nil {
		b.t.Fatalf("%s: %s does not come true: %v\n%s", b.path(), expression, err, b.excerpt())
	}
}

// says fails unless the page shows every phrase.
func (b *tab) says(phrases ...string) {
	b.t.Helper()
	text := strings.Join(strings.Fields(see[string](b, "document.body.innerText")), " ")
	for _, p := range phrases {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(p)) {
			b.t.Fatalf("%s does not say %q:\n%s", b.path(), p, text)
		}
	}
}

func (b *tab) has(selector string) bool {
	b.t.Helper()
	return see[bool](b, "!!document.querySelector("+quote(selector)+")")
}

func (b *tab) path() string {
	p, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.pathname + location.search"))
	return p
}

func (b *tab) excerpt() string {
	s, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`(document.querySelector("main") || document.body).innerText.slice(0, 1500)`))
	return s
}

// fits fails when the page scrolls sideways.
func (b *tab) fits() {
	b.t.Helper()
	if over := see[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		b.t.Errorf("%s is %d px wider than its window", b.path(), over)
	}
}

// see evaluates an expression of the page.
func see[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	b.must(err)
	return v
}

// quote writes a string as JavaScript.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
