//go:build linux

package pgserver

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinhbac/internal/storage"
)

// TestMain lets the test binary be the program that is killed.
func TestMain(m *testing.M) {
	if data := os.Getenv("PGSERVER_TEST_RUN"); data != "" {
		s, err := Open(context.Background(), Options{Data: data, Serve: true})
		if err != nil {
			panic(err)
		}
		if err := os.WriteFile(filepath.Join(data, "ready"), nil, 0o600); err != nil {
			panic(err)
		}
		<-s.Done()
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// dataDir is a folder that the cluster's user can reach, unlike t.TempDir.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kbpg-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func open(t *testing.T, data string, serve bool) *Server {
	t.Helper()
	s, err := Open(t.Context(), Options{Data: data, Serve: serve})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func exec1(t *testing.T, s *Server, query string) {
	t.Helper()
	db, err := storage.Open(s.URL(storage.Mover, Database), storage.Options{Role: storage.Owner, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestLifeOfACluster(t *testing.T) {
	data := dataDir(t)
	begun := time.Now()
	s := open(t, data, true)
	t.Logf("cold start %v", time.Since(begun))
	exec1(t, s, "CREATE TABLE kept (a int)")

	t.Run("a second server is refused", func(t *testing.T) {
		_, err := Open(t.Context(), Options{Data: data, Serve: true})
		if !errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
			t.Fatalf("error %v", err)
		}
	})
	t.Run("a command joins and leaves it running", func(t *testing.T) {
		c := open(t, data, false)
		if !c.Joined {
			t.Fatal("it started a second cluster")
		}
		exec1(t, c, "INSERT INTO kept VALUES (1)")
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		exec1(t, s, "INSERT INTO kept VALUES (2)")
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	begun = time.Now()
	s = open(t, data, false) // alone, a command starts it
	t.Logf("warm start %v", time.Since(begun))
	if s.Joined {
		t.Error("joined a server that was stopped")
	}
	exec1(t, s, "INSERT INTO kept VALUES (3)")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	t.Run("the lock of a stranger", func(t *testing.T) {
		lie := strconv.Itoa(os.Getpid()) + "\n" + filepath.Join(data, "pg", "x") + "\n" // alive, and no postgres
		if err := os.WriteFile(filepath.Join(s.Dir, "postmaster.pid"), []byte(lie), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.socket()+".lock", []byte(lie), 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, data, true)
		exec1(t, again, "INSERT INTO kept VALUES (4)")
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("another major version", func(t *testing.T) {
		other := filepath.Join(data, "pg", "9")
		if err := os.Rename(s.Dir, other); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(other, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := listing(t, other)
		_, err := Open(t.Context(), Options{Data: data, Serve: true})
		if err == nil || !strings.Contains(err.Error(), "PostgreSQL 9") || !strings.Contains(err.Error(), "untouched") {
			t.Fatalf("error %v", err)
		}
		if after := listing(t, other); before != after {
			t.Error("the data folder changed")
		}
	})
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "find", dir, "-printf", "%P %s %T@\n").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestKilledProgram(t *testing.T) {
	data := dataDir(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "PGSERVER_TEST_RUN="+data)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(data, "ready")); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the program did not start")
		}
	}
	pids, _ := filepath.Glob(filepath.Join(data, "pg", "*", "postmaster.pid"))
	if len(pids) != 1 {
		t.Fatalf("lock files %v", pids)
	}
	pid, err := firstNumber(pids[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	s := open(t, data, true) // stops what was left, recovers, serves
	exec1(t, s, "CREATE TABLE after_kill (a int)")
	if got, err := firstNumber(filepath.Join(s.Dir, "postmaster.pid")); err != nil || got == pid {
		t.Errorf("process %d still serves, error %v", got, err)
	}
	if runsCluster(pid, s.Dir) {
		t.Errorf("process %d is still there", pid)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDyingAloneIsSeen(t *testing.T) {
	s := open(t, dataDir(t), true)
	if err := s.proc.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("nobody noticed")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLongSocketPath(t *testing.T) {
	data := filepath.Join(dataDir(t), strings.Repeat("a-rather-long-name-", 6))
	s := open(t, data, true)
	exec1(t, s, "CREATE TABLE reached (a int)")
	if !strings.HasPrefix(s.Run, os.TempDir()) || strings.HasPrefix(s.Run, data) {
		t.Errorf("the socket lies in %s", s.Run)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.Run) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestParentThatNobodyMayPass(t *testing.T) {
	if os.Geteuid() != 0 {
		return // a plain user's cluster runs as the same user, so every folder it made can be passed
	}
	closed := filepath.Join(dataDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Data: filepath.Join(closed, "data"), Serve: true})
	if err == nil || !strings.Contains(err.Error(), "chmod o+x "+closed) {
		t.Fatalf("error %v", err)
	}
}
