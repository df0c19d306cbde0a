//go:build !linux

package pgserver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// ErrNoBinaries is a machine on which no private PostgreSQL can run: the launcher reads /proc.
var ErrNoBinaries = errors.New("the private PostgreSQL runs on Linux only: give DATABASE_URL (tests: TEST_DATABASE_URL)")

// ErrRunning is a second server on one data folder.
var ErrRunning = errors.New("another kinhbac already runs on this data folder")

// Database is the name of the program's database in the private cluster.
const Database = "kinhbac"

// Options say how to open the private PostgreSQL.
type Options struct {
	Data  string
	Serve bool
	Say   func(string)
}

// Cluster never exists here.
type Cluster struct{}

// URL is empty.
func (*Cluster) URL(role, database string) string { return "" }

// StopShared has nothing to stop.
func (*Cluster) StopShared() error { return nil }

// Server never exists here.
type Server struct {
	Cluster
	Data   string
	Joined bool
}

// Open refuses.
func Open(context.Context, Options) (*Server, error) { return nil, ErrNoBinaries }

// OpenShared refuses.
func OpenShared(context.Context, string) (*Cluster, error) { return nil, ErrNoBinaries }

// Install refuses.
func Install(context.Context, string, func(string)) error { return ErrNoBinaries }

// Done is nil.
func (*Server) Done() <-chan struct{} { return nil }

// Log is empty.
func (*Server) Log() string { return "" }

// Close has nothing to stop.
func (*Server) Close() error { return nil }

// DefaultData is the folder of files and keys in the user's home.
func DefaultData() (string, error) {
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".kinhbac"), err
}
