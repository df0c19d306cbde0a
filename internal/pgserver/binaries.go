//go:build linux

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNoBinaries is a machine without a PostgreSQL server.
var ErrNoBinaries = errors.New("no PostgreSQL server on this machine")

// binaries is one installation: its folder and its major version.
type binaries struct {
	dir   string
	major int
}

// findBinaries lists the installations in the documented order of preference: KINHBAC_PG_BIN, pgsql/bin beside the
// executable, <data>/pgbin, the distribution's folders (newest first), PATH.
func findBinaries(ctx context.Context, data string) []binaries {
	var dirs []string
	if d := os.Getenv("KINHBAC_PG_BIN"); d != "" {
		dirs = append(dirs, d)
	}
	if exe, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Join(filepath.Dir(exe), "pgsql", "bin"))
	}
	for _, pattern := range []string{filepath.Join(data, "pgbin", "*", "bin"), "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"} {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		slices.SortFunc(found, func(a, b string) int { return numberIn(b) - numberIn(a) })
		dirs = append(dirs, found...)
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	var out []binaries
	for _, d := range dirs {
		if major, err := majorOf(ctx, d); err == nil {
			out = append(out, binaries{d, major})
		}
	}
	return out
}

// choose takes the installation that fits the cluster's major version; want 0 takes the first.
func choose(found []binaries, want int, cluster string) (binaries, error) {
	for _, b := range found {
		if want == 0 || b.major == want {
			return b, nil
		}
	}
	if want == 0 {
		return binaries{}, ErrNoBinaries
	}
	var have []string
	for _, b := range found {
		have = append(have, strconv.Itoa(b.major))
	}
	return binaries{}, fmt.Errorf("the cluster %s was made by PostgreSQL %d, this machine has %s; the data is untouched. Type: apt-get install postgresql-%d, or name its folder in KINHBAC_PG_BIN",
		cluster, want, orNone(have), want)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "no PostgreSQL"
	}
	return strings.Join(list, ", ")
}

// majorOf asks postgres in dir for its version; both programs that we need must be there.
func majorOf(ctx context.Context, dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() // postgres (PostgreSQL) 15.13 (Debian …)
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return 0, fmt.Errorf("unknown version %q", out)
	}
	major, _, _ := strings.Cut(fields[2], ".")
	return strconv.Atoi(leadingDigits(major))
}

func leadingDigits(s string) string {
	n := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if n < 0 {
		return s
	}
	return s[:n]
}

// numberIn is the version in a path such as /usr/lib/postgresql/15/bin, 0 when there is none.
func numberIn(path string) int {
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '-' }) {
		if n, err := strconv.Atoi(part); err == nil {
			return n
		}
	}
	return 0
}
