package bench

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
)

// load is what a number of connections got done.
type load struct {
	took    []time.Duration // of each answer "done"
	refused int             // "insufficient"
	failed  int
	first   string // the first answer that was neither
	within  time.Duration
}

func (l *load) perSecond() float64 { return float64(len(l.took)) / l.within.Seconds() }

// at is the share of answers that were at least as fast, in milliseconds.
func (l *load) at(share float64) float64 {
	if len(l.took) == 0 {
		return 0
	}
	return millis(l.took[int(share*float64(len(l.took)-1))])
}

// closed sends from so many connections, each as soon as its last answer came.
func (c *client) closed(ctx context.Context, connections int, length time.Duration, line func() string) *load {
	return c.send(ctx, connections, length, line, func(context.Context) bool { return true })
}

// open sends at a fixed rate whatever the answers take; the time of an answer counts from when it was due.
func (c *client) open(ctx context.Context, perSecond int, length time.Duration, line func() string) *load {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	due := make(chan time.Time, perSecond)
	go func() {
		defer close(due)
		t := time.NewTicker(time.Second / time.Duration(perSecond))
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case at := <-t.C:
				due <- at
			}
		}
	}()
	var mu sync.Mutex
	all, start := &load{}, time.Now()
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			l := &load{}
			for at := range due {
				c.commit(n, line(), at, l)
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(l)
		})
	}
	wg.Wait()
	return all.finish(time.Since(start))
}

func (c *client) send(ctx context.Context, connections int, length time.Duration, line func() string, more func(context.Context) bool) *load {
	var mu sync.Mutex
	all, start := &load{}, time.Now()
	var wg sync.WaitGroup
	for n := range connections {
		wg.Go(func() {
			l := &load{}
			for more(ctx) && time.Since(start) < length && ctx.Err() == nil {
				c.commit(n, line(), time.Now(), l)
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(l)
		})
	}
	wg.Wait()
	return all.finish(time.Since(start))
}

func (l *load) add(part *load) {
	l.took, l.refused, l.failed = append(l.took, part.took...), l.refused+part.refused, l.failed+part.failed
	if l.first == "" {
		l.first = part.first
	}
}

func (l *load) finish(within time.Duration) *load {
	slices.Sort(l.took)
	l.within = within
	return l
}

// client is the load generator with its signed-in people.
type client struct {
	http     *fasthttp.HostClient
	host     string
	officers []session
	approver uuid.UUID
	sent     atomic.Int64
}

type session struct{ cookie, token string }

// commit posts one commitment of one đồng on a budget line and notes the answer's time since at.
func (c *client) commit(who int, line string, at time.Time, l *load) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	s := c.officers[who%len(c.officers)]
	req.SetRequestURI("http://" + c.host + "/api/v1/budget-lines/" + line + "/commitments")
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType("application/json")
	req.Header.SetCookie("kb", s.cookie)
	req.Header.Set("X-CSRF-Token", s.token)
	req.Header.Set("Idempotency-Key", fmt.Sprintf("bench-%d", c.sent.Add(1)))
	req.SetBodyString(`{"amount":"1","approver_id":"` + c.approver.String() + `","document_no":"12/HĐ","reason":""}`)
	err := c.http.DoTimeout(req, res, 30*time.Second)
	switch {
	case err != nil:
		l.failed++
		l.first = cmp.Or(l.first, err.Error())
	case res.StatusCode() == fasthttp.StatusOK:
		l.took = append(l.took, time.Since(at))
	case res.StatusCode() == fasthttp.StatusConflict && bytes.Contains(res.Body(), []byte("insufficient")):
		l.refused++
	default:
		l.failed++
		l.first = cmp.Or(l.first, fmt.Sprintf("%d %.300s", res.StatusCode(), res.Body()))
	}
}

// retries is how often the server has repeated a transaction that PostgreSQL refused for no fault of its own.
func (c *client) retries() (int, error) {
	status, body, err := c.http.Get(nil, "http://"+c.host+"/metrics")
	if err != nil {
		return 0, fmt.Errorf("read the server's figures: %w", err)
	}
	_, after, ok := bytes.Cut(body, []byte("\nkinhbac_transaction_retries_total "))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	if status != fasthttp.StatusOK || !ok {
		return 0, fmt.Errorf("the server's figures do not tell its retries (%d)", status)
	}
	return strconv.Atoi(string(line))
}
