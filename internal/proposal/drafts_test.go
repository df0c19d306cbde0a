package proposal

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
)

// TestDraftsOfOneCall starts 32 drafts at once: exactly the limit stays, a deleted or submitted one makes room, and
// another organisation and another call have room of their own.
func TestDraftsOfOneCall(t *testing.T) {
	w := newWorld(t)
	start := func() (made []uuid.UUID) {
		t.Helper()
		var wg sync.WaitGroup
		var mu sync.Mutex
		for range 32 {
			wg.Go(func() {
				p, err := w.svc.Create(w.applicant, w.call.Code, w.org.ID)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					made = append(made, p.ID)
				case !errors.Is(err, ErrDrafts):
					t.Errorf("refused by %v", err)
				}
			})
		}
		wg.Wait()
		return made
	}
	first := start()
	if len(first) != maxDrafts {
		t.Fatalf("%d drafts, not %d", len(first), maxDrafts)
	}
	must(t, w.svc.Delete(w.applicant, first[0]))
	if again := start(); len(again) != 1 {
		t.Errorf("%d drafts after one was deleted", len(again))
	}
	must(t, w.svc.Delete(w.applicant, first[1]))
	if _, err := w.submit(w.draft()); err != nil {
		t.Fatal(err)
	}
	if again := start(); len(again) != 1 {
		t.Errorf("%d drafts after one was submitted", len(again))
	}
	var rival uuid.UUID
	for _, g := range access.From(w.rival).Grants {
		rival = g.Organisation
	}
	if _, err := w.svc.Create(w.rival, w.call.Code, rival); err != nil {
		t.Errorf("another organisation: %v", err)
	}
}
