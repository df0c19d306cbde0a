package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStatOfAnyProcessName(t *testing.T) {
	pid, parent, used, err := parseStat("42 (a) b (c) S 7 42 42 0 -1 4194560 100 200 0 0 3 4 5 6 20 0 1 0 100 1000 10\n")
	if err != nil || pid != 42 || parent != 7 || used != 18*tick {
		t.Errorf("%d, %d, %v, %v", pid, parent, used, err)
	}
	for _, bad := range []string{"", "42 (a", "42 (a) S 7", "x (a) S 7 42 42 0 -1 4194560 100 200 0 0 3 4 5 6 20"} {
		if _, _, _, err := parseStat(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	if used, err := cpuTime(os.Getpid()); err != nil || used < 0 {
		t.Errorf("this process used %v, %v", used, err)
	}
}

func TestMedian(t *testing.T) {
	if m := median([]float64{3, 1, 2}); m != 2 {
		t.Errorf("median %v", m)
	}
	if m := median([]int{4}); m != 4 {
		t.Errorf("median of one %v", m)
	}
}

// The bench itself, as short as it goes: every case is measured and the books still add up. It says nothing of speed.
func TestLedgerBenchRuns(t *testing.T) {
	if testing.Short() {
		return
	}
	program := filepath.Join(t.TempDir(), "kinhbac")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "kinhbac/cmd/kinhbac").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	r, err := Ledger(t.Context(), Options{Program: program, Length: time.Second, Repetitions: 1, Small: true})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range r.Cases {
		names = append(names, c.Name)
		if c.HTTP <= 0 && c.P50 <= 0 || c.Failed > 0 {
			t.Errorf("case %+v", c)
		}
	}
	want := "commit_spread_1 commit_spread_8 commit_spread_32 commit_hot_1 commit_hot_8 commit_hot_32 commit_100_per_s " +
		"import_10000 balance_now balance_as_of trial_balance_first trial_balance dashboard verify"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("cases %s, want %s", got, want)
	}
	if r.Drift != 0 || r.Broken != "" {
		t.Errorf("drift %d, break %q", r.Drift, r.Broken)
	}
}
