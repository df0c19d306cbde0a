//go:build linux

package pgserver

import (
	"os"
	"os/exec"
	"testing"
)

func TestRunsCluster(t *testing.T) {
	zombie := exec.CommandContext(t.Context(), "true")
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = zombie.Wait() })
	for name, pid := range map[string]int{"ourselves": os.Getpid(), "a child that ended": zombie.Process.Pid, "no process": 1 << 30} {
		if runsCluster(pid, "/srv/data/pg/15") {
			t.Errorf("%s passes for our PostgreSQL", name)
		}
	}
}

func TestNoMainClusterKeepsADecision(t *testing.T) {
	path := t.TempDir() + "/conf.d/createcluster.conf"
	for range 2 {
		if err := noMainCluster(path); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "create_main_cluster = false\n" {
		t.Errorf("%q, error %v", b, err)
	}
}
