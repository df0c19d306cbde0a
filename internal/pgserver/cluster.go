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

// Cluster is one data folder of PostgreSQL with the binaries and the account that run it. Paths are absolute.
type Cluster struct {
	Dir     string // <data>/pg/<major>
	Run     string // folder of the socket
	Bin     string // folder of postgres and initdb
	Account Account
	Loose   bool // for tests: no fsync, nothing survives a crash
}

// URL names a database of the cluster for a role; it connects over the private socket.
func (c *Cluster) URL(role, database string) string {
	return "postgres://" + role + "@/" + database + "?host=" + c.Run + "/" + socketName + "&sslmode=disable"
}

const (
	socketName = ".s.PGSQL.5432"
	hba        = "# type database user method\nlocal all all peer map=app\n"
)

var roles = []string{"postgres", "kinhbac_migrate", "kinhbac_app", "kinhbac_read"}

func (c *Cluster) socket() string { return filepath.Join(c.Run, socketName) }

// exists says that the cluster was completely made.
func (c *Cluster) exists() bool {
	_, err := os.Stat(filepath.Join(c.Dir, "PG_VERSION"))
	return err == nil
}

// create runs initdb beside the final place and renames, so that a kill in the middle leaves nothing half-made.
func (c *Cluster) create(ctx context.Context) error {
	half := c.Dir + ".init"
	if err := os.RemoveAll(half); err != nil { // never a finished cluster: those have the final name
		return fmt.Errorf("clear the unfinished %s: %w", half, err)
	}
	args := []string{"-D", half, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject", "--data-checksums"}
	if c.Loose {
		args = append(args, "--no-sync")
	}
	cmd := c.command(ctx, "initdb", args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, tail(out.String()))
	}
	return os.Rename(half, c.Dir)
}

// configure writes who may connect; the settings themselves are given on the command line of postgres.
func (c *Cluster) configure() error {
	var ident strings.Builder
	ident.WriteString("# map system-user role\n")
	users := []string{c.Account.Name}
	if c.Account.Drop {
		users = append(users, "root")
	}
	for _, u := range users {
		for _, r := range roles {
			fmt.Fprintf(&ident, "app %q %s\n", u, r)
		}
	}
	for name, text := range map[string]string{"pg_hba.conf": hba, "pg_ident.conf": ident.String()} {
		path := filepath.Join(c.Dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
		if err := c.Account.give(path); err != nil {
			return err
		}
	}
	return nil
}

// settings of the server; everything else is PostgreSQL's default.
func (c *Cluster) settings() []string {
	list := []string{
		"listen_addresses=", "unix_socket_directories=" + c.Run, "unix_socket_permissions=0700", "port=5432",
		"timezone=UTC", "log_timezone=UTC", "max_connections=100", "shared_buffers=128MB", "jit=off",
		"statement_timeout=0", "lock_timeout=0", "idle_in_transaction_session_timeout=10min", "client_connection_check_interval=2s",
		"log_line_prefix=%m [%p] ", "logging_collector=off",
	}
	if c.Loose {
		return append(list, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_connections=300",
			"log_min_error_statement=panic", "max_wal_size=256MB", "wal_level=minimal", "max_wal_senders=0")
	}
	return append(list, "fsync=on", "synchronous_commit=on", "full_page_writes=on")
}

// command prepares a PostgreSQL program under the account, from / and with a clean environment.
func (c *Cluster) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.Bin, program), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C.UTF-8", "TZ=UTC", "PATH=/usr/bin:/bin"}
	cmd.SysProcAttr = c.Account.attr()
	return cmd
}

func (c *Cluster) postgres(ctx context.Context) *exec.Cmd {
	args := []string{"-D", c.Dir}
	for _, s := range c.settings() {
		args = append(args, "-c", s)
	}
	return c.command(ctx, "postgres", args...)
}

func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
