package web

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/clock"
)

// waitingKept is how long the number beside the inbox in the navigation may be old; the page of tasks itself and an act
// of the person renew it at once.
const waitingKept = 30 * time.Second

// waitingPeople bounds the memory of the numbers kept.
const waitingPeople = 10_000

// waitingFor is a person in one role.
type waitingFor struct {
	person uuid.UUID
	role   access.Role
}

type waitingNumber struct {
	n  int
	at time.Time
}

// waiting keeps how many tasks wait for each person, so that a page does not ask every room again.
type waiting struct {
	mu    sync.Mutex
	clock clock.Clock
	kept  map[waitingFor]waitingNumber
}

func newWaiting(c clock.Clock) *waiting {
	return &waiting{clock: c, kept: map[waitingFor]waitingNumber{}}
}

func (w *waiting) get(who waitingFor) (int, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, ok := w.kept[who]
	return k.n, ok && w.clock.Now().Sub(k.at) < waitingKept
}

func (w *waiting) put(who waitingFor, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.kept) >= waitingPeople {
		clear(w.kept)
	}
	w.kept[who] = waitingNumber{n, w.clock.Now()}
}

// forget drops the numbers of a person in every role.
func (w *waiting) forget(person uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for who := range w.kept {
		if who.person == person {
			delete(w.kept, who)
		}
	}
}

// tasksWaiting is how many tasks wait for the subject of ctx; what waits for others is not counted. It is 0 when a room
// cannot be asked, as the page of tasks then says.
func (rt *Router) tasksWaiting(ctx context.Context) int {
	s := access.From(ctx)
	who := waitingFor{s.ID, s.Active}
	if n, ok := rt.waiting.get(who); ok {
		return n
	}
	if ctx.Err() != nil { // the page of a request that has failed asks for nothing more
		return 0
	}
	tasks, failed := rt.allTasks(ctx)
	n := open(tasks)
	if !failed {
		rt.waiting.put(who, n)
	}
	return n
}

// open counts the tasks that wait for the reader.
func open(tasks []Task) (n int) {
	for _, t := range tasks {
		if !t.Waiting {
			n++
		}
	}
	return n
}
