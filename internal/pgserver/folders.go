//go:build linux

package pgserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"kinhbac/internal/storage"
)

// longestSocket is what the kernel allows for the path of a unix socket, with room for a suffix.
const longestSocket = 100

// runFolder is where the socket lives: pg/run in the data folder, or a short folder in TMPDIR when that is too long.
func runFolder(pg string) string {
	run := filepath.Join(pg, "run")
	if len(run)+1+len(socketName) <= longestSocket {
		return run
	}
	sum := sha256.Sum256([]byte(pg))
	return filepath.Join(os.TempDir(), "kb-"+hex.EncodeToString(sum[:6]))
}

// prepareFolders makes the cluster's parent and the socket's folder, private to the account.
func (c *Cluster) prepareFolders() error {
	if c.Run = runFolder(filepath.Dir(c.Dir)); len(c.Run)+1+len(socketName) > longestSocket {
		return fmt.Errorf("the socket path %s/%s is longer than %d bytes: choose a shorter --data or TMPDIR", c.Run, socketName, longestSocket)
	}
	for _, dir := range []string{filepath.Dir(c.Dir), c.Run} {
		if err := c.privateFolder(dir); err != nil {
			return err
		}
	}
	return c.Account.canEnter(filepath.Dir(c.Dir))
}

// privateFolder makes dir with mode 0700 for the account, or checks that an existing one is just that: in a shared
// TMPDIR somebody else may have made it, or a link.
func (c *Cluster) privateFolder(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return c.Account.give(dir)
	}
	if !os.IsExist(err) {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if owner := st.Sys().(*syscall.Stat_t).Uid; !st.IsDir() || owner != c.Account.UID {
		return fmt.Errorf("%s must be a folder of user %s and is not (owner %d, %s)", dir, c.Account.Name, owner, st.Mode())
	}
	return os.Chmod(dir, 0o700)
}

// answers tries one connection.
func (c *Cluster) answers(ctx context.Context) error {
	db, err := storage.Open(c.URL("postgres", "postgres"), storage.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return storage.Wait(ctx, db)
}
