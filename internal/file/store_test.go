package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func save(t *testing.T, db *bun.DB, s *Store, name string, r io.Reader) (f *File, err error) {
	t.Helper()
	err = storage.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
		f, err = s.Save(ctx, tx, name, r)
		return err
	})
	return f, err
}

func TestStore(t *testing.T) {
	db, dir := dbtest.New(t), t.TempDir()
	s := NewStore(dir)
	body := pngOf(t, 3, 3)
	f, err := save(t, db, s, "ảnh.jpeg", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "ảnh.png" || f.Type != png.mime || f.Size != int64(len(body)) {
		t.Errorf("stored as %+v", f)
	}
	again, err := save(t, db, s, "bản sao.png", bytes.NewReader(body))
	if err != nil || again.Digest != f.Digest || again.ID == f.ID {
		t.Errorf("one content twice: %+v, %v", again, err)
	}
	_, r, err := s.Open(t.Context(), db, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("read back %d bytes, %v", len(got), err)
	}
	r.Close()
	if _, _, err := s.Open(t.Context(), db, uuid.New()); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("no such file: %v", err)
	}

	path := filepath.Join(dir, f.Digest[:2], f.Digest)
	if err := os.WriteFile(path, append(bytes.Clone(body[:len(body)-1]), 'x'), 0o600); err != nil {
		t.Fatal(err)
	}
	_, r, err = s.Open(t.Context(), db, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, ErrDamaged) {
		t.Errorf("a changed content was read: %v", err)
	}
}

func TestStoreLimit(t *testing.T) {
	db, dir := dbtest.New(t), t.TempDir()
	s := NewStore(dir)
	photo := []byte("\xff\xd8\xff\xe0")
	for name, c := range map[string]struct {
		size int
		want error
	}{"nothing": {0, ErrEmpty}, "one byte over": {Max + 1, ErrTooLarge}, "exactly the limit, but no picture": {Max, ErrBroken}} {
		body := io.LimitReader(io.MultiReader(bytes.NewReader(photo), zeros{}), int64(c.size))
		if _, err := save(t, db, s, "a.jpg", body); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("refused uploads left %v, %v", left, err)
	}
	rows, err := db.NewSelect().Model((*File)(nil)).Count(t.Context())
	if err != nil || rows > 0 {
		t.Errorf("refused uploads left %d rows, %v", rows, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
