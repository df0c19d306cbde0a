package proposal

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/storage"
)

// ErrDocument is a document code that the call does not know.
var ErrDocument = errs.New(errs.Invalid, "proposal.document_unknown")

// Attach adds a file to a draft, or to a dossier whose supplement is asked for, as one of the call's documents or
// OtherDocument. It refuses what file.Store refuses, and more than file.MaxDossier together.
func (s *Service) Attach(ctx context.Context, id uuid.UUID, document, name string, content io.Reader) (*Attachment, error) {
	var a *Attachment
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		act := "upload"
		if p.Status == SupplementRequested {
			act = "upload_supplement"
		}
		actor, err := s.access.Require(ctx, tx, "proposal_file", act, p)
		if err != nil {
			return err
		}
		c, err := call.Get(ctx, tx, p.CallID)
		if err != nil {
			return err
		}
		if document != OtherDocument && !slices.Contains(c.Documents, document) {
			return ErrDocument.At(errs.Field{Name: "document", Code: ErrDocument.Code})
		}
		f, err := s.files.Save(ctx, tx, name, content)
		if err != nil {
			return at("file", err)
		}
		var before int64
		err = tx.NewRaw("SELECT COALESCE(sum(f.size), 0) FROM proposal_files pf JOIN files f ON f.id = pf.file_id WHERE pf.proposal_id = ?", id).Scan(ctx, &before)
		if err != nil {
			return fmt.Errorf("size of proposal %s: %w", id, err)
		}
		if before+f.Size > file.MaxDossier {
			return at("file", file.ErrDossier)
		}
		a = &Attachment{ID: uuid.New(), ProposalID: id, Document: document, FileID: f.ID, AddedAt: storage.Now(ctx), File: f}
		if _, err := tx.NewInsert().Model(a).Exec(ctx); err != nil {
			return fmt.Errorf("attach file to proposal %s: %w", id, err)
		}
		return record(ctx, tx, p, "proposal_file."+act, actor, nil, fileNamed{document, f.Digest, f.Size}, "")
	})
	return a, err
}

type fileNamed struct {
	Document string `json:"document"`
	Digest   string `json:"sha256"`
	Size     int64  `json:"size"`
}

// Detach takes a file off a draft.
func (s *Service) Detach(ctx context.Context, id, attachment uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "proposal_file", "delete", p)
		if err != nil {
			return err
		}
		a, err := attached(ctx, tx, id, attachment)
		if err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model(a).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("detach file %s: %w", attachment, err)
		}
		return record(ctx, tx, p, "proposal_file.delete", actor, fileNamed{a.Document, a.File.Digest, a.File.Size}, nil, "")
	})
}

// Download opens a file of a dossier for a reader who may have it. A reader from whom names are hidden gets it
// under a neutral name.
func (s *Service) Download(ctx context.Context, id, attachment uuid.UUID) (name, mime string, body io.ReadCloser, err error) {
	db := storage.Joined(ctx, s.db)
	p, err := Get(ctx, db, id)
	if err != nil {
		return "", "", nil, err
	}
	if _, err := s.access.Require(ctx, db, "proposal_file", "download", p); err != nil {
		return "", "", nil, err
	}
	a, err := attached(ctx, db, id, attachment)
	if err != nil {
		return "", "", nil, err
	}
	f, body, err := s.files.Open(ctx, db, a.FileID)
	if err != nil {
		return "", "", nil, err
	}
	if !s.access.Can(ctx, db, "applicant_identity", "read", p) {
		return neutral(f), f.Type, body, nil
	}
	return f.Name, f.Type, body, nil
}

func attached(ctx context.Context, db bun.IDB, proposal, attachment uuid.UUID) (*Attachment, error) {
	a := new(Attachment)
	err := db.NewSelect().Model(a).Relation("File").Where("pf.id = ?", attachment).Where("pf.proposal_id = ?", proposal).Scan(ctx)
	return a, noRow(err, "attachment", attachment)
}

// neutral is a name that tells nothing: the start of the digest and the extension.
func neutral(f *file.File) string { return f.Digest[:8] + f.Extension() }

// at names the input an error speaks of, so that the form shows it there.
func at(name string, err error) error {
	e := errs.From(err)
	if e.Kind != errs.Invalid {
		return err
	}
	return e.At(errs.Field{Name: name, Code: e.Code, Args: e.Args})
}
