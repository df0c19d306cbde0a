package pgserver

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Lock is an flock on a file, held until Close or the death of the program. The file itself stays.
type Lock struct{ f *os.File }

// ErrLocked is a lock that another program holds.
var ErrLocked = errors.New("locked by another program")

// TryLock takes the exclusive lock at once or says ErrLocked.
func TryLock(path string) (*Lock, error) { return flock(path, syscall.LOCK_EX|syscall.LOCK_NB) }

// WaitLock waits for the lock; shared ones exist side by side.
func WaitLock(path string, shared bool) (*Lock, error) {
	if shared {
		return flock(path, syscall.LOCK_SH)
	}
	return flock(path, syscall.LOCK_EX)
}

func flock(path string, how int) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return &Lock{f}, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// Close gives the lock back.
func (l *Lock) Close() error { return l.f.Close() }

// write tells others who holds the lock.
func (l *Lock) write(text string) error {
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	_, err := l.f.WriteAt([]byte(text), 0)
	return err
}
