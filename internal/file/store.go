package file

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Store keeps contents under their digest in a folder.
type Store struct {
	dir   string
	judge chan struct{} // at most this many contents are judged at once, since judging a pdf holds it in memory
}

// NewStore keeps files under dir, which is made when the first file comes.
func NewStore(dir string) *Store { return &Store{dir: dir, judge: make(chan struct{}, 2)} }

// Save streams r to disk, judges its type, and writes the row inside storage.InTx. The content is on disk before
// the row is visible; a content whose transaction fails stays there unseen. Refuses with the errors above.
func (s *Store) Save(ctx context.Context, tx bun.IDB, name string, r io.Reader) (*File, error) {
	tmp, digest, size, err := s.receive(r)
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp) // gone already once it was moved
	kind, err := s.inspect(ctx, tmp, size)
	if err != nil {
		return nil, err
	}
	if err := s.keep(tmp, digest); err != nil {
		return nil, fmt.Errorf("keep %s: %w", digest, err)
	}
	f := &File{ID: uuid.New(), Name: clean(name, kind), Type: kind.mime, Size: size, Digest: digest, CreatedAt: storage.Now(ctx)}
	if _, err := tx.NewInsert().Model(f).Exec(ctx); err != nil {
		return nil, fmt.Errorf("save file %s: %w", f.ID, err)
	}
	return f, nil
}

// Open reads a stored content and checks its digest at the end: the last Read gives ErrDamaged instead of io.EOF
// when the content is not what was stored.
func (s *Store) Open(ctx context.Context, db bun.IDB, id uuid.UUID) (*File, io.ReadCloser, error) {
	f, err := Get(ctx, db, id)
	if err != nil {
		return nil, nil, err
	}
	body, err := os.Open(s.path(f.Digest))
	if err != nil {
		return nil, nil, fmt.Errorf("open file %s: %w", id, err)
	}
	return f, &checked{body, sha256.New(), f.Digest}, nil
}

// receive streams r into a new file under tmp, at most one byte beyond Max, and forces it to disk.
func (s *Store) receive(r io.Reader) (path, digest string, size int64, err error) {
	dir := filepath.Join(s.dir, "tmp")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", 0, err
	}
	f, err := os.CreateTemp(dir, "upload-*")
	if err != nil {
		return "", "", 0, err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(r, Max+1))
	switch {
	case err != nil:
		return "", "", 0, fmt.Errorf("receive upload: %w", err)
	case size == 0:
		return "", "", 0, ErrEmpty
	case size > Max:
		return "", "", 0, ErrTooLarge
	}
	return f.Name(), hex.EncodeToString(sum.Sum(nil)), size, f.Sync()
}

func (s *Store) inspect(ctx context.Context, path string, size int64) (format, error) {
	select {
	case s.judge <- struct{}{}:
		defer func() { <-s.judge }()
	case <-ctx.Done():
		return format{}, ctx.Err()
	}
	f, err := os.Open(path)
	if err != nil {
		return format{}, err
	}
	defer f.Close()
	return judge(f, size)
}

// keep moves the content under its digest and makes the move last through a crash.
func (s *Store) keep(tmp, digest string) error {
	to := s.path(digest)
	dir := filepath.Dir(to)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Rename(tmp, to); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (s *Store) path(digest string) string { return filepath.Join(s.dir, digest[:2], digest) }

type checked struct {
	*os.File
	sum    hash.Hash
	digest string
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.File.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(c.sum.Sum(nil)) != c.digest {
		return n, ErrDamaged
	}
	return n, err
}

func notFound(err error, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	return fmt.Errorf("read file %s: %w", id, err)
}
