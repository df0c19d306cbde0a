//go:build linux

package pgserver

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clearStale makes sure that no postgres of ours still runs on the cluster and removes lock files that lie: those of
// a dead process, of a zombie, or of a process number that somebody else has now. stop says that a postgres of ours
// that runs without its program is stopped; otherwise it is an error.
func clearStale(cluster, socket string) error {
	for _, lock := range []string{filepath.Join(cluster, "postmaster.pid"), socket + ".lock"} {
		pid, err := firstNumber(lock)
		if os.IsNotExist(err) {
			continue
		}
		if err == nil && runsCluster(pid, cluster) {
			if err := stopOrphan(pid, cluster); err != nil {
				return err
			}
		}
		if err := os.Remove(lock); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("remove the left lock %s: %w", lock, err)
		}
	}
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove the left socket: %w", err)
	}
	return nil
}

func stopOrphan(pid int, cluster string) error {
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop the left PostgreSQL %d: %w", pid, err)
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if !runsCluster(pid, cluster) {
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL %d still runs on %s and does not stop; type: kill -QUIT %d", pid, cluster, pid)
}

// firstNumber reads the process number on the first line of a lock file; negative for a single-user server.
func firstNumber(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	n, err := strconv.Atoi(strings.TrimSpace(line))
	return max(n, -n), err
}

// runsCluster says whether process pid is a postgres with exactly this data folder. A zombie has an empty command line.
func runsCluster(pid int, cluster string) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return false
	}
	args := bytes.Split(bytes.TrimRight(b, "\x00"), []byte{0})
	if base := filepath.Base(string(args[0])); base != "postgres" && base != "postmaster" {
		return false
	}
	for i, a := range args[:len(args)-1] {
		if string(a) == "-D" && string(args[i+1]) == cluster {
			return true
		}
	}
	return false
}
