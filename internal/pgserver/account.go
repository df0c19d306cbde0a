//go:build linux

package pgserver

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Account is the operating system user that owns the cluster and runs postgres.
type Account struct {
	Name     string
	UID, GID uint32
	Drop     bool   // we are root and must become it
	Warning  string // what to tell the administrator, "" for nothing
}

// chooseAccount is the current user, or for root: the owner of an existing cluster, else postgres, else nobody.
func chooseAccount(cluster string) (Account, error) {
	if os.Geteuid() != 0 {
		u, err := user.Current()
		if err != nil {
			return Account{}, fmt.Errorf("who runs this program: %w", err)
		}
		return account(u, false)
	}
	if st, err := os.Stat(filepath.Join(cluster, "PG_VERSION")); err == nil {
		uid := st.Sys().(*syscall.Stat_t).Uid
		u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
		if err != nil {
			return Account{}, fmt.Errorf("the cluster %s belongs to user number %d, who has no name on this machine: %w", cluster, uid, err)
		}
		return account(u, true)
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		a, err := account(u, true)
		if name == "nobody" {
			a.Warning = "there is no user postgres on this machine: the database runs as nobody"
		}
		return a, err
	}
	return Account{}, errors.New("PostgreSQL refuses to run as root and there is neither a user postgres nor nobody; type: useradd --system postgres")
}

func account(u *user.User, drop bool) (Account, error) {
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return Account{}, err
	}
	if uid == 0 && drop {
		return Account{}, errors.New("the cluster belongs to root, as whom PostgreSQL refuses to run; chown it to postgres")
	}
	return Account{Name: u.Username, UID: uint32(uid), GID: uint32(gid), Drop: drop}, nil
}

// attr gives the process its user and its own process group, so that Ctrl-C in the terminal reaches only us.
func (a Account) attr() *syscall.SysProcAttr {
	s := &syscall.SysProcAttr{Setpgid: true}
	if a.Drop {
		s.Credential = &syscall.Credential{Uid: a.UID, Gid: a.GID}
	}
	return s
}

// give hands a path to the account.
func (a Account) give(path string) error {
	if !a.Drop {
		return nil
	}
	return os.Chown(path, int(a.UID), int(a.GID))
}

// canEnter names the first parent folder of dir that the account may not pass through.
func (a Account) canEnter(dir string) error {
	if !a.Drop {
		return nil
	}
	for p := dir; ; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		if err == nil && !a.passes(st) {
			return fmt.Errorf("user %s cannot pass through the folder %s (mode %#o): choose another --data, or type: chmod o+x %s", a.Name, p, st.Mode().Perm(), p)
		}
		if p == filepath.Dir(p) {
			return nil
		}
	}
}

func (a Account) passes(st os.FileInfo) bool {
	sys := st.Sys().(*syscall.Stat_t)
	mode := st.Mode().Perm()
	switch {
	case sys.Uid == a.UID:
		return mode&0o100 != 0
	case sys.Gid == a.GID:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}
