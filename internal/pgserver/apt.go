//go:build linux

package pgserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const createCluster = "/etc/postgresql-common/createcluster.conf"

// aptInstall installs the distribution's server without letting it make and start a cluster of its own.
func aptInstall(ctx context.Context) error {
	if err := noMainCluster(createCluster); err != nil {
		return err
	}
	if run(ctx, "apt-get", "install", "--yes", "--no-install-recommends", "postgresql") == nil {
		return nil
	}
	if err := run(ctx, "apt-get", "update"); err != nil { // the lists may be old or missing
		return err
	}
	return run(ctx, "apt-get", "install", "--yes", "--no-install-recommends", "postgresql")
}

// noMainCluster writes create_main_cluster = false unless the administrator has decided about it.
func noMainCluster(path string) error {
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(strings.TrimSpace(line), "create_main_cluster") {
			return nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(b, "create_main_cluster = false\n"...), 0o644)
}

func run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, tail(out.String()))
	}
	return nil
}
