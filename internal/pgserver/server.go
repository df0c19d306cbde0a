//go:build linux

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kinhbac/internal/storage"
)

// Database is the name of the program's database in the private cluster.
const Database = "kinhbac"

// Options say how to open the private PostgreSQL.
type Options struct {
	Data  string       // data folder, absolute; DefaultData when ""
	Serve bool         // demo and serve: refuse when another program holds the folder; others join it
	Say   func(string) // progress for the person at the command line; nil is silent
}

// Server is the private PostgreSQL: started by us, or joined.
type Server struct {
	Cluster
	Data   string
	Joined bool
	lock   *Lock
	proc   *process
}

// joinWithin is how long a command waits for a server that is just starting.
const joinWithin = 90 * time.Second

// ErrRunning is a second server on one data folder.
var ErrRunning = errors.New("another kinhbac already runs on this data folder")

// DefaultData is /var/lib/kinhbac for root, $XDG_DATA_HOME/kinhbac or ~/.local/share/kinhbac for others.
func DefaultData() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/kinhbac", nil
	}
	if x := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(x) {
		return filepath.Join(x, "kinhbac"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no --data and no home folder: %w", err)
	}
	return filepath.Join(home, ".local", "share", "kinhbac"), nil
}

// Open starts the cluster of the data folder, makes it when there is none, or joins the running one. Roles and the
// database exist when it returns; the schema is the caller's. Close stops only what Open started.
func Open(ctx context.Context, o Options) (*Server, error) {
	say := o.Say
	if say == nil {
		say = func(string) {}
	}
	data, err := dataFolder(o.Data)
	if err != nil {
		return nil, err
	}
	s := &Server{Data: data}
	for giveUp := time.Now().Add(joinWithin); ; {
		s.lock, err = TryLock(filepath.Join(data, "instance.lock"))
		if err == nil {
			break
		}
		if !errors.Is(err, ErrLocked) {
			return nil, fmt.Errorf("lock the data folder: %w", err)
		}
		if o.Serve {
			return nil, fmt.Errorf("%w: %s (process %s). Stop it first, or choose another --data", ErrRunning, data, s.holder())
		}
		err := s.join(ctx)
		if err == nil {
			return s, nil
		}
		if ctx.Err() != nil || time.Now().After(giveUp) || errors.Is(err, os.ErrPermission) {
			return nil, fmt.Errorf("process %s holds %s but its PostgreSQL does not answer (commands run as the same user): %w", s.holder(), data, err)
		}
	}
	if err := s.launch(ctx, say); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// dataFolder makes the folder when it is missing. Below a root's folder the cluster's user must pass: 0711.
func dataFolder(data string) (string, error) {
	if data == "" {
		d, err := DefaultData()
		if err != nil {
			return "", err
		}
		data = d
	}
	data, err := filepath.Abs(data)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(data); os.IsNotExist(err) {
		mode := os.FileMode(0o700)
		if os.Geteuid() == 0 {
			mode = 0o711
		}
		if err := os.MkdirAll(data, 0o755); err != nil {
			return "", fmt.Errorf("make the data folder: %w", err)
		}
		if err := os.Chmod(data, mode); err != nil {
			return "", err
		}
	} else if err != nil {
		return "", fmt.Errorf("the data folder: %w", err)
	}
	return filepath.EvalSymlinks(data)
}

func (s *Server) holder() string {
	b, err := os.ReadFile(filepath.Join(s.Data, "instance.lock"))
	if err != nil || len(b) == 0 {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}

// join connects to the cluster that the holder of the lock runs, or is about to run.
func (s *Server) join(ctx context.Context) error {
	s.Run, s.Joined = runFolder(filepath.Join(s.Data, "pg")), true
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	db, err := storage.Open(s.URL(storage.App, Database), storage.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// launch holds the lock and brings the cluster up.
func (s *Server) launch(ctx context.Context, say func(string)) error {
	s.Joined = false
	if err := s.lock.write(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		return err
	}
	if err := s.choose(ctx, say); err != nil {
		return err
	}
	if s.Account.Warning != "" {
		say(s.Account.Warning)
	}
	for _, dir := range []string{s.Data, s.Bin} {
		if err := s.Account.canEnter(dir); err != nil {
			return err
		}
	}
	if err := s.prepareFolders(); err != nil {
		return err
	}
	if err := clearStale(s.Dir, s.socket()); err != nil {
		return err
	}
	if !s.exists() {
		say("making the private database in " + s.Dir)
		if err := s.create(ctx); err != nil {
			return err
		}
	}
	if err := s.configure(); err != nil {
		return err
	}
	var err error
	if s.proc, err = s.start(false); err != nil {
		return err
	}
	if err := s.proc.ready(ctx, &s.Cluster, say); err != nil {
		return err
	}
	super, err := storage.Open(s.URL("postgres", "postgres"), storage.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer super.Close()
	return storage.Setup(ctx, super, Database)
}

// choose decides version, binaries and account from what lies in the data folder.
func (s *Server) choose(ctx context.Context, say func(string)) error {
	major, err := clusterMajor(filepath.Join(s.Data, "pg"))
	if err != nil {
		return err
	}
	dir := func(n int) string { return filepath.Join(s.Data, "pg", strconv.Itoa(n)) }
	bin, err := choose(findBinaries(ctx, s.Data), major, dir(major))
	if errors.Is(err, ErrNoBinaries) {
		if err := Install(ctx, s.Data, say); err != nil {
			return err
		}
		bin, err = choose(findBinaries(ctx, s.Data), 0, "")
	}
	if err != nil {
		return err
	}
	s.Bin, s.Dir = bin.dir, dir(bin.major)
	s.Account, err = chooseAccount(s.Dir)
	return err
}

// clusterMajor is the version of the newest finished cluster in pg, 0 for none.
func clusterMajor(pg string) (int, error) {
	found, _ := filepath.Glob(filepath.Join(pg, "*", "PG_VERSION")) // the pattern is well formed
	newest := 0
	for _, f := range found {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err != nil {
			continue // an .init that was cut off
		}
		b, err := os.ReadFile(f)
		if err != nil {
			return 0, fmt.Errorf("read the version of the cluster: %w", err)
		}
		if v := strings.TrimSpace(string(b)); v != strconv.Itoa(n) {
			return 0, fmt.Errorf("the cluster %s says it is PostgreSQL %s: it was moved by hand; the data is untouched, put it back into pg/%s", filepath.Dir(f), v, v)
		}
		newest = max(newest, n)
	}
	return newest, nil
}

// Done is closed when PostgreSQL ended; by itself, when Close was not called. Nil for a joined server: it never ends here.
func (s *Server) Done() <-chan struct{} {
	if s.proc == nil {
		return nil
	}
	return s.proc.done
}

// Log is the end of the server's log, to explain why it died.
func (s *Server) Log() string {
	if s.proc == nil {
		return ""
	}
	return s.proc.tail()
}

// Close stops PostgreSQL if Open started it and gives the data folder back. Pools must be closed before.
func (s *Server) Close() error {
	if s.Joined {
		return nil
	}
	var err error
	if s.proc != nil {
		err = s.proc.stop()
	}
	return errors.Join(err, s.lock.Close())
}
