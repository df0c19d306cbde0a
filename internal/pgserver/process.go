//go:build linux

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"kinhbac/internal/storage"
)

// process is a running postgres that is our child.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it ended
	err  error         // of Wait, readable after done
}

// start runs postgres as a child. It dies with us even when we are killed: the kernel sends it SIGINT when the thread
// that made it ends, so that thread stays locked and waits. detached leaves it running instead (shared test cluster).
func (c *Cluster) start(detached bool) (*process, error) {
	logPath := filepath.Join(filepath.Dir(c.Dir), "postgres.log")
	keepOneOld(logPath)
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{log: logPath, done: make(chan struct{})}
	p.cmd = c.postgres(context.Background())
	p.cmd.Stdout, p.cmd.Stderr = logFile, logFile
	if detached {
		p.cmd.SysProcAttr.Setpgid, p.cmd.SysProcAttr.Setsid = false, true
	} else {
		p.cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine, after the child
		err := p.cmd.Start()
		_ = logFile.Close()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", p.cmd.Path, err)
	}
	return p, nil
}

// keepOneOld keeps the log from growing without end.
func keepOneOld(path string) {
	if st, err := os.Stat(path); err == nil && st.Size() > 16<<20 {
		_ = os.Rename(path, path+".1")
	}
}

// ready waits until the server answers; recovery after a crash may take minutes and is told to say.
func (p *process) ready(ctx context.Context, c *Cluster, say func(string)) error {
	db, err := storage.Open(c.URL("postgres", "postgres"), storage.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-p.done:
			cancel(fmt.Errorf("PostgreSQL ended while starting: %v\n%s", p.err, p.tail()))
		case <-ctx.Done():
		}
	}()
	begun := time.Now()
	for told := begun; ; {
		probe, stop := context.WithTimeout(ctx, time.Second)
		err := db.PingContext(probe)
		stop()
		if err == nil {
			return nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if !storage.Starting(err) {
			return fmt.Errorf("connect to the private PostgreSQL: %w", err)
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			say(fmt.Sprintf("PostgreSQL is starting or recovering, %d s", int(time.Since(begun).Seconds())))
		}
		time.Sleep(15 * time.Millisecond)
	}
}

func (p *process) tail() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	return tail(string(b[max(0, len(b)-8192):]))
}

// stop asks for a fast shutdown and after 20 s for an immediate one.
func (p *process) stop() error {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop PostgreSQL: %w", err)
		}
		select {
		case <-p.done:
			return nil
		case <-time.After(20 * time.Second):
		}
	}
	return errors.New("PostgreSQL does not stop; the next start recovers its data")
}
