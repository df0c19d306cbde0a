package web

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/i18n"
)

// A public page is kept whole until what it shows changes, for half a minute at most: words such as "3 days left" grow
// old by themselves.
const (
	cacheTime  = 30 * time.Second
	cachePages = 500
	cacheBytes = 16 << 20
)

// pageCache is the public pages of this process, as guests read them.
type pageCache struct {
	mu    sync.Mutex
	pages map[string]cachedPage
	size  int
}

type cachedPage struct {
	version string // of the data, read before the page was made
	at      time.Time
	body    []byte
}

func (k *pageCache) get(key, version string, now time.Time) ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.pages[key]
	return p.body, ok && p.version == version && now.Sub(p.at) < cacheTime
}

func (k *pageCache) put(key string, p cachedPage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old, ok := k.pages[key]; ok {
		k.size -= len(old.body)
	}
	if k.pages == nil || len(k.pages) >= cachePages || k.size+len(p.body) > cacheBytes {
		k.pages, k.size = map[string]cachedPage{}, 0
	}
	k.pages[key] = p
	k.size += len(p.body)
}

// public says that a route's pages are the same for every guest.
func (r *route) public() bool { return r.resource == Everyone || r.action == "read_public" }

// showPublic answers a guest from the cache, or makes the page and keeps it. Signed-in people, fragments, pages with
// something to say once and pages with a form of their own are made each time.
func (rt *Router) showPublic(c *fiber.Ctx, show func() error) error {
	if access.From(c.UserContext()).ID != uuid.Nil || c.Method() != fiber.MethodGet || c.Get("HX-Request") != "" ||
		c.Cookies(noticeCookie) != "" || c.Locals(keyEnded) != nil {
		return show()
	}
	version, err := publicVersion(c.UserContext(), rt.opts.DB)
	if err != nil {
		return show() // which tells what is wrong with the database, if it is
	}
	lang := i18n.From(c.UserContext())
	key := string(lang) + " " + c.Path() + "?" + string(c.Request().URI().QueryString())
	if body, ok := rt.cache.get(key, version, time.Now()); ok {
		return sendPage(c, lang, fiber.StatusOK, body)
	}
	if err := show(); err != nil {
		return err
	}
	res := c.Response()
	if len(key) > 500 || res.StatusCode() != fiber.StatusOK || bytes.Contains(res.Body(), []byte(`name="_csrf"`)) {
		return nil
	}
	rt.cache.put(key, cachedPage{version: version, at: time.Now(), body: bytes.Clone(res.Body())})
	return nil
}

// publicVersion changes when a transaction that changed public data has committed.
func publicVersion(ctx context.Context, db bun.IDB) (version string, err error) {
	err = db.NewRaw("SELECT count(*) || '/' || COALESCE(sum(id), 0) FROM public_changes").Scan(ctx, &version)
	return version, err
}

// SweepPublic forgets changes older than any page that is kept; for a job.
func SweepPublic(ctx context.Context, db bun.IDB) error {
	if _, err := db.NewRaw("DELETE FROM public_changes WHERE at < clock_timestamp() - interval '1 minute'").Exec(ctx); err != nil {
		return fmt.Errorf("sweep public changes: %w", err)
	}
	return nil
}
