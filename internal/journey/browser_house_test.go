package journey

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/uptrace/bun"

	"kinhbac/internal/app"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/demo"
	"kinhbac/internal/identity"
)

// filled is a served clone with the whole example in it.
type filled struct {
	*app.App
	db   *bun.DB
	base string // scheme and host
}

// newFilled plays the example on a clone and serves it in this process, jobs included.
func newFilled(t *testing.T) *filled {
	t.Helper()
	begun := time.Now()
	db, data, past := dbtest.New(t), t.TempDir(), demo.Clock()
	played, err := app.Build(t.Context(), app.Parts{DB: db, Data: data, Clock: past, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Fill(t.Context(), played, dbtest.Owner(t, db), past, func(string) {}); err != nil {
		t.Fatal(err)
	}
	a, err := app.Build(t.Context(), app.Parts{DB: db, Data: data, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan string, 1)
	go func() {
		ended <- a.Serve(ctx, app.Listen{Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Ready: func(url string) { ready <- url }}, nil)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	select {
	case base := <-ready:
		t.Logf("filled and served after %.1f s", time.Since(begun).Seconds())
		return &filled{a, db, base}
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return nil
	}
}

// enter gives the window the session of a person of the example, without the sign-in page.
func (f *filled) enter(b *tab, login string) {
	b.t.Helper()
	cookie, err := f.Identity.SignInDemo(b.ctx, login, identity.Client{Address: "127.0.0.1", Agent: "browser"})
	b.must(err)
	_, err = chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: "kb", Value: cookie, URL: b.base})
	b.must(err)
}

// TestInChromium uses the filled house by hand in a real browser, then looks at every page as every role.
func TestInChromium(t *testing.T) {
	chromium := newChromium(t)
	f := newFilled(t)
	t.Run("applicant at the desk", func(t *testing.T) { applicantAtDesk(t, chromium, f) })
	t.Run("council", func(t *testing.T) { councilInSession(t, chromium, f) })
	t.Run("pages", func(t *testing.T) { everyPage(t, chromium, f) })
	t.Run("applicant on a phone", func(t *testing.T) { applicantOnPhone(t, chromium, f) })
}
