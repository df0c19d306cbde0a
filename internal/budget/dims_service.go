package budget

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/storage"
)

// AddSource names a sub-source: a donor with the purpose of its money. It refuses with ErrSourceTaken.
func (s *Service) AddSource(ctx context.Context, in SubSource) (*SubSource, error) {
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "budget_line", "record_sponsorship", access.Ref{Kind: "unit", ID: access.UnitFinance})
		if err != nil {
			return err
		}
		if err := in.Check(calendar.DateOf(storage.Now(ctx))); err != nil {
			return err
		}
		in.ID, in.FinanceUnitID, in.CreatedBy, in.CreatedAt = uuid.New(), access.UnitFinance, actor.ID, storage.Now(ctx)
		_, err = tx.NewInsert().Model(&in).Exec(ctx)
		if storage.Constraint(err) == "budget_sources_code_key" {
			return ErrSourceTaken.With(in.Code)
		}
		if err != nil {
			return fmt.Errorf("insert sub-source %s: %w", in.Code, err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "budget_source.add", Actor: actor.ID, Role: string(actor.Role), Object: in.ID, Label: in.Code, After: &in})
	})
	if err != nil {
		return nil, err
	}
	return &in, nil
}

// SourceFile is a document of a sub-source, such as the sponsorship agreement.
type SourceFile struct {
	bun.BaseModel `bun:"table:budget_source_files,alias:bsf"`
	SourceID      uuid.UUID `bun:",pk,type:uuid"`
	FileID        uuid.UUID `bun:",pk,type:uuid"`
	AddedBy       uuid.UUID `bun:"type:uuid"`
	AddedAt       time.Time
	File          *file.File `bun:"rel:belongs-to,join:file_id=id"`
}

// AttachToSource adds a document to a sub-source; it refuses what file.Store refuses.
func (s *Service) AttachToSource(ctx context.Context, id uuid.UUID, name string, content io.Reader) (f *file.File, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		src := new(SubSource)
		if err := one(tx.NewSelect().Model(src).Where("bs.id = ?", id).For("UPDATE").Scan(ctx), "sub-source", id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "record_sponsorship", src)
		if err != nil {
			return err
		}
		if f, err = s.files.Save(ctx, tx, name, content); err != nil {
			if e := errs.From(err); e.Kind == errs.Invalid {
				return e.At(errs.Field{Name: "file", Code: e.Code, Args: e.Args})
			}
			return err
		}
		row := &SourceFile{SourceID: id, FileID: f.ID, AddedBy: actor.ID, AddedAt: storage.Now(ctx)}
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return fmt.Errorf("attach file to sub-source %s: %w", id, err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "budget_source.attach", Actor: actor.ID, Role: string(actor.Role), Object: id, Label: src.Code,
			After: attachedOut{f.ID, f.Name, f.Size, f.Digest}})
	})
	return f, err
}

func sourceFiles(ctx context.Context, db bun.IDB) (map[uuid.UUID][]SourceFile, error) {
	var rows []SourceFile
	if err := db.NewSelect().Model(&rows).Relation("File").OrderExpr("bsf.added_at").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read files of sub-sources: %w", err)
	}
	out := map[uuid.UUID][]SourceFile{}
	for _, r := range rows {
		out[r.SourceID] = append(out[r.SourceID], r)
	}
	return out, nil
}
