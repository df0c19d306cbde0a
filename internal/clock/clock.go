// Package clock is the time of machines: sessions, step-up, one-time codes, limits, jobs and leases.
// What decides (deadlines, periods, dates of documents) asks SQL kb.now() through storage.Now instead.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time of the machine.
type Clock interface{ Now() time.Time }

// Real is the machine's clock, in UTC.
type Real struct{}

// Now is the current instant in UTC.
func (Real) Now() time.Time { return time.Now().UTC() }

// Fake stands until it is moved; safe for many goroutines.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake starts at t.
func NewFake(t time.Time) *Fake { return &Fake{now: t.UTC()} }

// Now is the instant it was last moved to.
func (f *Fake) Now() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.now }

// Advance moves the clock forward by d.
func (f *Fake) Advance(d time.Duration) { f.mu.Lock(); f.now = f.now.Add(d); f.mu.Unlock() }
