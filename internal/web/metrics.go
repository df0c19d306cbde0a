package web

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"kinhbac/internal/storage"
)

// bounds of the histogram of answer times, in milliseconds.
var boundsMS = []int64{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000}

// meter counts requests by route and status, never by address or person, and writes them in the text format that
// Prometheus reads.
type meter struct {
	mu     sync.Mutex
	series map[meterKey]*meterSeries
}

type meterKey struct {
	method, route string
	status        int
}

type meterSeries struct {
	buckets []int64 // by boundsMS, not summed up
	count   int64
	took    time.Duration
}

func newMeter() *meter { return &meter{series: map[meterKey]*meterSeries{}} }

func (m *meter) measure(c *fiber.Ctx) error {
	start := time.Now()
	if err := c.Next(); err != nil { // written here, so that the status counted is the status sent
		if err := c.App().ErrorHandler(c, err); err != nil {
			return err
		}
	}
	name := "other"
	if r, ok := c.Locals(keyRoute).(*route); ok {
		name = r.path
	}
	m.add(meterKey{c.Method(), name, c.Response().StatusCode()}, time.Since(start))
	return nil
}

func (m *meter) add(k meterKey, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.series[k]
	if s == nil {
		s = &meterSeries{buckets: make([]int64, len(boundsMS))}
		m.series[k] = s
	}
	s.count++
	s.took += took
	for i, b := range boundsMS {
		if took <= time.Duration(b)*time.Millisecond {
			s.buckets[i]++
			break
		}
	}
}

// serve answers only to a program on this machine that no proxy speaks for: figures of load are not public.
func (m *meter) serve(c *fiber.Ctx) error {
	if !c.Context().RemoteIP().IsLoopback() || c.Get(fiber.HeaderXForwardedFor) != "" {
		return errNoRoute
	}
	c.Set(fiber.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
	return c.SendString(m.text())
}

func (m *meter) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]meterKey, 0, len(m.series))
	for k := range m.series {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b meterKey) int {
		return strings.Compare(fmt.Sprint(a.route, a.method, a.status), fmt.Sprint(b.route, b.method, b.status))
	})
	var b strings.Builder
	b.WriteString("# HELP kinhbac_http_seconds Time to answer a request, by route and status.\n# TYPE kinhbac_http_seconds histogram\n")
	for _, k := range keys {
		s, label := m.series[k], fmt.Sprintf("method=%q,route=%q,status=\"%d\"", k.method, k.route, k.status)
		sum := int64(0)
		for i, n := range s.buckets {
			sum += n
			fmt.Fprintf(&b, "kinhbac_http_seconds_bucket{%s,le=\"%g\"} %d\n", label, float64(boundsMS[i])/1000, sum)
		}
		fmt.Fprintf(&b, "kinhbac_http_seconds_bucket{%s,le=\"+Inf\"} %d\nkinhbac_http_seconds_sum{%s} %g\nkinhbac_http_seconds_count{%s} %d\n",
			label, s.count, label, s.took.Seconds(), label, s.count)
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	fmt.Fprintf(&b, "# TYPE go_goroutines gauge\ngo_goroutines %d\n# TYPE go_memstats_heap_inuse_bytes gauge\ngo_memstats_heap_inuse_bytes %d\n",
		runtime.NumGoroutine(), mem.HeapInuse)
	fmt.Fprintf(&b, "# TYPE kinhbac_transaction_retries_total counter\nkinhbac_transaction_retries_total %d\n", storage.Retries())
	return b.String()
}
