package storage_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kinhbac/internal/storage"
)

func TestTogetherGathersWhatWaits(t *testing.T) {
	gate, sizes := make(chan struct{}), make(chan int, 10)
	desk := storage.NewTogether(1, 3, func(_ context.Context, all []int) ([]int, error) {
		<-gate
		sizes <- len(all)
		out := make([]int, len(all))
		for i, n := range all {
			out[i] = n * 2
		}
		return out, nil
	})
	var wg sync.WaitGroup
	ask := func(n int) {
		if got, err := desk.Do(t.Context(), n); err != nil || got != 2*n {
			t.Errorf("%d: %d, %v", n, got, err)
		}
	}
	wg.Go(func() { ask(1) })
	for desk.Waiting() != 0 || desk.Busy() != 1 { // the first one is at work
		time.Sleep(time.Millisecond)
	}
	for n := 2; n <= 6; n++ {
		wg.Go(func() { ask(n) })
	}
	for desk.Waiting() != 5 {
		time.Sleep(time.Millisecond)
	}
	close(gate)
	wg.Wait()
	if a, b, c := <-sizes, <-sizes, <-sizes; a != 1 || b != 3 || c != 2 {
		t.Errorf("went %d, %d and %d at once; want 1, 3 and 2", a, b, c)
	}
}

func TestTogetherTellsEverybodyOfAnError(t *testing.T) {
	broken := errors.New("broken")
	desk := storage.NewTogether(2, 10, func(_ context.Context, all []int) ([]int, error) {
		if all[0] == 0 {
			panic("no zero")
		}
		return nil, broken
	})
	if _, err := desk.Do(t.Context(), 1); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := desk.Do(t.Context(), 0); err == nil {
		t.Error("a panic went unheard")
	}
	if _, err := desk.Do(t.Context(), 1); !errors.Is(err, broken) {
		t.Errorf("after a panic: %v", err)
	}
}

func TestTogetherLetsACallerGo(t *testing.T) {
	gate := make(chan struct{})
	desk := storage.NewTogether(1, 10, func(ctx context.Context, all []int) ([]int, error) {
		<-gate
		return all, ctx.Err() // not ended with the caller
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := desk.Do(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(gate)
	if got, err := desk.Do(t.Context(), 2); got != 2 || err != nil {
		t.Errorf("the next one: %d, %v", got, err)
	}
}
