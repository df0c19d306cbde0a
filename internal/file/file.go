// Package file keeps uploads: type judged by content, size limited, streamed to disk, stored under digest.
//
// # Decisions
//
// 24/11/2026: a file is judged by what is in it, never by its name or the browser's word. Inside a docx or xlsx
// only the list of parts, the content types and the relations are read; nothing is expanded. Files that can act
// (macros, scripts, links to outside templates, embedded programs) or that are two formats at once are refused,
// because they are opened on the machines of officers and council members.
//
// 24/11/2026: contents are stored once under their sha256 and never deleted here: a row may be, the evidence of
// a receipt may not. The digest is checked again at every read.
package file

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
)

// Limits in bytes, each included: what is exactly as large still passes.
const (
	Max        = 20 << 20  // one file
	MaxDossier = 200 << 20 // the files of one dossier together; the room that owns the dossier adds them up
)

// Refusals. 20 MB a file, 200 MB a dossier; pdf, docx, xlsx, png, jpg.
var (
	ErrType     = errs.New(errs.Invalid, "file.type")
	ErrTooLarge = errs.New(errs.Invalid, "file.too_large")
	ErrDossier  = errs.New(errs.Invalid, "file.dossier_too_large")
	ErrEmpty    = errs.New(errs.Invalid, "file.empty")
	ErrActive   = errs.New(errs.Invalid, "file.active")    // macros, scripts, embedded or linked content
	ErrLocked   = errs.New(errs.Invalid, "file.encrypted") // protected by a password
	ErrBroken   = errs.New(errs.Invalid, "file.broken")    // damaged, two formats at once, or built to exhaust a reader
	ErrPixels   = errs.New(errs.Invalid, "file.pixels")
	ErrDamaged  = errs.New(errs.Internal, "file.damaged") // the stored content no longer has its digest
)

// File is a stored upload.
type File struct {
	bun.BaseModel `bun:"table:files,alias:f"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Name          string    // safe for a download, its extension follows the content
	Type          string    // MIME type found in the content
	Size          int64     // bytes
	Digest        string    // sha256, hex
	CreatedAt     time.Time
}

// AccessKind names files in policies and ties.
func (f *File) AccessKind() string { return "file" }

// AccessID is the file's id.
func (f *File) AccessID() uuid.UUID { return f.ID }

// Get reads the row of a file, or errs.ErrNotFound; whether the reader may see it is the caller's question.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*File, error) {
	f := new(File)
	if err := db.NewSelect().Model(f).Where("f.id = ?", id).Scan(ctx); err != nil {
		return nil, notFound(err, id)
	}
	return f, nil
}
