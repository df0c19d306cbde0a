package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU time in /proc; Linux fixes it for user space.
const tick = 10 * time.Millisecond

// cpuTime is what the process and its descendants, ended ones included, have used.
func cpuTime(root int) (time.Duration, error) {
	children, used := map[int][]int{}, map[int]time.Duration{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		pid, parent, took, err := parseStat(string(b))
		if err != nil {
			return 0, err
		}
		children[parent], used[pid] = append(children[parent], pid), took
	}
	var sum time.Duration
	for todo := []int{root}; len(todo) > 0; {
		pid := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], children[pid]...)
		sum += used[pid]
	}
	return sum, nil
}

// parseStat reads a line of /proc/PID/stat: the name in brackets may hold anything.
func parseStat(line string) (pid, parent int, used time.Duration, err error) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return 0, 0, 0, fmt.Errorf("no process name in %q", line)
	}
	rest := strings.Fields(line[end+1:])
	if len(rest) < 15 {
		return 0, 0, 0, fmt.Errorf("too few fields in %q", line)
	}
	if pid, err = strconv.Atoi(strings.TrimSpace(line[:open])); err != nil {
		return 0, 0, 0, err
	}
	if parent, err = strconv.Atoi(rest[1]); err != nil {
		return 0, 0, 0, err
	}
	for _, f := range rest[11:15] { // own and reaped children's time in user space and in the kernel
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, 0, 0, err
		}
		used += time.Duration(n) * tick
	}
	return pid, parent, used, nil
}

// postmaster is the process number of the cluster in dir.
func postmaster(dir string) (int, error) {
	b, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	return strconv.Atoi(strings.TrimSpace(first))
}

// flush is the median time of one 8 kB write that reaches the disk of dir, in milliseconds.
func flush(dir string) (float64, error) {
	f, err := os.CreateTemp(dir, "flush")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 8192)
	took := make([]float64, 200)
	for i := range took {
		start := time.Now()
		if _, err := f.WriteAt(block, 0); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took[i] = millis(time.Since(start))
	}
	return median(took), nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
