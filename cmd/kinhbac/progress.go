package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"kinhbac/internal/audit"
	"kinhbac/internal/i18n"
)

// progress shows on a terminal what is being checked: a line for each probe as it ends, and below them one that changes
// with the rows looked at so far.
type progress struct {
	out  io.Writer
	stop chan struct{}
	over sync.WaitGroup

	mu   sync.Mutex
	rows map[string]int64
	busy []string // in the order they began
}

// terminal says whether people watch what is written there.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// watch starts a progress that is redrawn ten times a second.
func watch(out io.Writer) *progress {
	p := &progress{out: out, stop: make(chan struct{}), rows: map[string]int64{}}
	p.over.Go(func() {
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-p.stop:
				tick.Stop()
				return
			case <-tick.C:
				p.mu.Lock()
				p.draw()
				p.mu.Unlock()
			}
		}
	})
	return p
}

func (p *progress) step(name string, rows int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.rows[name]; !known {
		p.busy = append(p.busy, name)
	}
	p.rows[name] = rows
}

func (p *progress) done(name string, took time.Duration, _ []audit.Check) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "\r\x1b[K      %s · %d · %.1f s\n", i18n.Text(i18n.EN, name), p.rows[name], took.Seconds())
	delete(p.rows, name)
	for i, b := range p.busy {
		if b == name {
			p.busy = append(p.busy[:i], p.busy[i+1:]...)
			break
		}
	}
	p.draw()
}

func (p *progress) draw() {
	parts := make([]string, len(p.busy))
	for i, b := range p.busy {
		parts[i] = fmt.Sprintf("%s %d", i18n.Text(i18n.EN, b), p.rows[b])
	}
	fmt.Fprintf(p.out, "\r\x1b[K…     %.110s", strings.Join(parts, " · "))
}

// close wipes the changing line. A nil progress has none.
func (p *progress) close() {
	if p == nil {
		return
	}
	close(p.stop)
	p.over.Wait()
	fmt.Fprint(p.out, "\r\x1b[K")
}
