//go:build linux

package pgserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// OpenShared gives the running, loose cluster below base that test programs share, and starts it detached when it
// does not run. The caller holds the lock that lets one program at a time do this. Its content is worth nothing: what
// does not start again is made anew.
func OpenShared(ctx context.Context, base string) (*Cluster, error) {
	found := findBinaries(ctx, base)
	bin, err := choose(found, 0, base)
	if err != nil {
		return nil, fmt.Errorf("%w; %s", err, howToInstall())
	}
	c := &Cluster{Dir: filepath.Join(base, strconv.Itoa(bin.major)), Run: runFolder(base), Bin: bin.dir, Loose: true}
	if c.Account, err = chooseAccount(c.Dir); err != nil {
		return nil, err
	}
	if pid, err := firstNumber(filepath.Join(c.Dir, "postmaster.pid")); err == nil && runsCluster(pid, c.Dir) {
		if c.answers(ctx) == nil {
			return c, nil
		}
	}
	if err := c.prepareFolders(); err != nil {
		return nil, err
	}
	if err := clearStale(c.Dir, c.socket()); err != nil {
		return nil, err
	}
	err = c.launchShared(ctx)
	if err != nil { // a killed machine may leave a loose cluster unusable
		if err2 := os.RemoveAll(c.Dir); err2 != nil {
			return nil, err2
		}
		err = c.launchShared(ctx)
	}
	return c, err
}

func (c *Cluster) launchShared(ctx context.Context) error {
	if !c.exists() {
		if err := c.create(ctx); err != nil {
			return err
		}
	}
	if err := c.configure(); err != nil {
		return err
	}
	p, err := c.start(true)
	if err != nil {
		return err
	}
	if err := p.ready(ctx, c, func(string) {}); err != nil {
		_ = p.stop()
		return err
	}
	return nil
}

// StopShared stops the shared cluster, whoever started it.
func (c *Cluster) StopShared() error {
	pid, err := firstNumber(filepath.Join(c.Dir, "postmaster.pid"))
	if err != nil || !runsCluster(pid, c.Dir) {
		return nil
	}
	return stopOrphan(pid, c.Dir)
}
