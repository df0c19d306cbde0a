// Package file keeps uploads: type judged by content, size limited, streamed to disk, stored under digest.
package file

import (
	"context"
	"io"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
)

// Refusals. 20 MB a file, 200 MB a dossier; pdf, docx, xlsx, png, jpg.
var (
	ErrType     = errs.New(errs.Invalid, "file.type")
	ErrTooLarge = errs.New(errs.Invalid, "file.too_large")
)

// File is a stored upload.
type File struct {
	bun.BaseModel `bun:"table:files,alias:f"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Name          string
	Type          string // MIME type found in the content
	Size          int64
	Digest        string // sha256, hex
}

// Store keeps contents under their digest in a folder.
type Store struct{ dir string }

// NewStore keeps files under dir.
func NewStore(dir string) *Store { return &Store{dir} }

// Save streams r to disk, judges its type, and writes the row. The content is on disk before the row is visible.
func (s *Store) Save(ctx context.Context, tx bun.IDB, name string, r io.Reader) (*File, error) {
	panic("file: under construction")
}

// Open reads a stored content and checks its digest at the end.
func (s *Store) Open(ctx context.Context, db bun.IDB, id uuid.UUID) (*File, io.ReadCloser, error) {
	panic("file: under construction")
}
