package storage

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Together does what waits at the same moment in one go. The first to come is done at once; who comes while the
// workers are busy waits and goes with the others into the next one. Nobody waits for company.
type Together[In, Out any] struct {
	do      func(ctx context.Context, all []In) ([]Out, error)
	workers int
	limit   int
	mu      sync.Mutex
	waiting []waiter[In, Out]
	running int
}

type waiter[In, Out any] struct {
	ctx  context.Context
	in   In
	done chan<- result[Out]
}

type result[Out any] struct {
	out Out
	err error
}

// togetherTime bounds one go: nobody's request may end the work of the others, so it has a time of its own.
const togetherTime = 20 * time.Second

// NewTogether makes a desk with so many workers that each take at most limit at once. do gives one Out for each In, in
// order; its error is everybody's.
func NewTogether[In, Out any](workers, limit int, do func(ctx context.Context, all []In) ([]Out, error)) *Together[In, Out] {
	return &Together[In, Out]{do: do, workers: workers, limit: limit}
}

// Do waits for the answer to in. When ctx ends first, the work may be done all the same.
func (t *Together[In, Out]) Do(ctx context.Context, in In) (Out, error) {
	done := make(chan result[Out], 1)
	t.mu.Lock()
	t.waiting = append(t.waiting, waiter[In, Out]{ctx, in, done})
	if t.running < t.workers {
		t.running++
		go t.work()
	}
	t.mu.Unlock()
	select {
	case r := <-done:
		return r.out, r.err
	case <-ctx.Done():
		var none Out
		return none, ctx.Err()
	}
}

func (t *Together[In, Out]) work() {
	for {
		t.mu.Lock()
		n := min(len(t.waiting), t.limit)
		if n == 0 {
			t.running--
			t.mu.Unlock()
			return
		}
		batch := t.waiting[:n:n]
		t.waiting = t.waiting[n:]
		t.mu.Unlock()
		t.one(batch)
	}
}

func (t *Together[In, Out]) one(batch []waiter[In, Out]) {
	all := make([]In, len(batch))
	for i, w := range batch {
		all[i] = w.in
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(batch[0].ctx), togetherTime)
	defer cancel()
	outs, err := t.safely(ctx, all)
	for i, w := range batch {
		r := result[Out]{err: err}
		if err == nil {
			r.out = outs[i]
		}
		w.done <- r
	}
}

// safely turns a panic into everybody's error: the waiting requests must hear something.
func (t *Together[In, Out]) safely(ctx context.Context, all []In) (outs []Out, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("together: panic: %v", p)
		}
	}()
	outs, err = t.do(ctx, all)
	if err == nil && len(outs) != len(all) {
		err = fmt.Errorf("together: %d answers to %d questions", len(outs), len(all))
	}
	return outs, err
}
