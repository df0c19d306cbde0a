package web

import (
	"sync"
	"time"

	"kinhbac/internal/clock"
)

// limiter is a bucket per session or address: rate tokens a second, up to four seconds' worth at once. It lives in
// the process; limits that guard passwords and codes are counted by identity in the database.
type limiter struct {
	mu      sync.Mutex
	rate    float64
	clock   clock.Clock
	buckets map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

const maxBuckets = 50000

func newLimiter(rate int, c clock.Clock) *limiter {
	return &limiter{rate: float64(rate), clock: c, buckets: map[string]*bucket{}}
}

// take says whether who may go on; a negative rate lets everyone.
func (l *limiter) take(who string) bool {
	if l.rate < 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	b := l.buckets[who]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			l.forget(now)
		}
		b = &bucket{left: 4 * l.rate, at: now}
		l.buckets[who] = b
	}
	b.left = min(4*l.rate, b.left+l.rate*now.Sub(b.at).Seconds())
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// forget drops buckets that are full again, or all of them when none is.
func (l *limiter) forget(now time.Time) {
	for k, b := range l.buckets {
		if now.Sub(b.at) > 4*time.Second {
			delete(l.buckets, k)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
