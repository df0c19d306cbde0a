package web_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

// TestPublicPagesAreKept counts how often a page is made: once for all guests of a language and query, never from the
// cache for somebody signed in, and anew as soon as another process has committed a change.
func TestPublicPagesAreKept(t *testing.T) {
	w, room := sample(t)
	other, writer := process(t, room.db)
	if _, err := dbtest.Owner(t, room.db).Exec(`CREATE TRIGGER sample_public AFTER INSERT ON sample_rows FOR EACH STATEMENT EXECUTE FUNCTION public_changed()`); err != nil {
		t.Fatal(err)
	}
	guest := context.Background()
	get := func(path string, header ...string) string {
		t.Helper()
		h := map[string]string{}
		for i := 0; i < len(header); i += 2 {
			h[header[i]] = header[i+1]
		}
		return w.Raw(guest, http.MethodGet, path, nil, h).Status(200).Body
	}
	made := func(want int64, when string) {
		t.Helper()
		if got := room.made.Swap(0); got != want {
			t.Errorf("%s: made %d times, not %d", when, got, want)
		}
	}
	first := get("/samples/public")
	for range 3 {
		if get("/samples/public") != first {
			t.Error("another page from the cache")
		}
	}
	made(1, "four guests")
	get("/en/samples/public")
	get("/samples/public?q=a")
	get("/samples/public?q=a")
	made(2, "another language and another query")
	get("/samples/public", "HX-Request", "true")
	w.Raw(guest, http.MethodGet, "/samples/public", nil, map[string]string{"Cookie": "kb-notice=web.held"}).Status(200).Has("chưa gửi")
	ctx := person(t, room)
	w.Get(ctx, "/samples/public").Status(200)
	made(4, "a fragment, a notice and somebody signed in, in both languages")

	other.Post(person(t, writer), "/samples/add", good).Location("/samples")
	w.Raw(guest, http.MethodGet, "/samples/public", nil, nil).Status(200).Has("<li>Một</li>")
	made(1, "after a change by another process")

	tx, err := room.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	insert(t, tx, "Hai")
	insert(t, room.db, "Ba") // its number is higher, its commit earlier
	w.Raw(guest, http.MethodGet, "/samples/public", nil, nil).Has("<li>Ba</li>").Lacks("<li>Hai</li>")
	made(1, "while a change is not committed")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	w.Raw(guest, http.MethodGet, "/samples/public", nil, nil).Has("<li>Hai</li>")
	get("/samples/public")
	made(1, "after its commit")
	if a, b := w.Raw(guest, http.MethodGet, "/samples", nil, nil), w.Raw(guest, http.MethodGet, "/samples", nil, nil); a.Body == b.Body {
		t.Error("a page with a form is the same for two guests")
	}
}

func insert(t *testing.T, db bun.IDB, title string) {
	t.Helper()
	row := sampleRow{ID: uuid.New(), Title: title, Amount: money.VND(1)}
	if _, err := db.NewInsert().Model(&row).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}
