package budget

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

type importSeen struct {
	Kind   ImportKind   `json:"kind"`
	Rows   int          `json:"rows"`
	Total  money.Amount `json:"total"`
	Digest string       `json:"sha256"`
	Status string       `json:"status"`
}

func (m *Import) seen() importSeen {
	return importSeen{m.Kind, m.RowCount, m.Total, m.Digest, m.Status}
}

// LoadLines reads a file of lines and allocations of a year and keeps it for its second person. One wrong row refuses
// the whole file; rows and columns are named, at most 100. The same content once more gives the import it made before.
func (s *Service) LoadLines(ctx context.Context, year int, name string, body io.Reader) (*Import, error) {
	sh, err := readSheet(ctx, name, body, lineColumns, lineNeeds)
	if err != nil {
		return nil, err
	}
	return s.load(ctx, "budget_line", "plan", &Import{Kind: ImportLines, Year: year, FileName: name}, func(ctx context.Context, tx bun.Tx, m *Import) (any, error) {
		if year < 2000 || year > 2199 {
			return nil, errs.FieldError("year", "budget.year_wrong")
		}
		records, err := readLines(ctx, tx, sh)
		if err != nil {
			return nil, err
		}
		p := &plan{opening: &opening{}, full: sh.full, wrong: func(row int, column, code string, args ...any) { sh.fail(row, column, code, args...) }}
		if err := planLines(ctx, tx, year, records, p); err != nil {
			return nil, err
		}
		for _, r := range records {
			m.Total = m.Total.Add(r.Amount)
		}
		if m.Total.Cmp(money.Max) > 0 {
			return nil, errs.FieldError("file", ErrTotal.Code)
		}
		m.RowCount = len(records)
		return records, sh.refusal()
	})
}

// LoadCodes reads a code list and keeps it for its second person, as LoadLines does.
func (s *Service) LoadCodes(ctx context.Context, name string, body io.Reader) (*Import, error) {
	sh, err := readSheet(ctx, name, body, codeColumns, codeNeeds)
	if err != nil {
		return nil, err
	}
	return s.load(ctx, "budget_code", "import", &Import{Kind: ImportCodes, FileName: name}, func(_ context.Context, _ bun.Tx, m *Import) (any, error) {
		list := readCodes(sh)
		m.RowCount = len(list)
		return list, sh.refusal()
	})
}

func (s *Service) load(ctx context.Context, resource, action string, m *Import, read func(context.Context, bun.Tx, *Import) (any, error)) (*Import, error) {
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, resource, action, access.Ref{Kind: "unit", ID: access.UnitFinance})
		if err != nil {
			return err
		}
		rows, err := read(ctx, tx, m)
		if err != nil {
			return err
		}
		if m.Rows, err = json.Marshal(rows); err != nil {
			return err
		}
		m.ID, m.Digest, m.Status, m.FinanceUnitID, m.Version = uuid.New(), fingerprint(m.Rows), importLoaded, access.UnitFinance, 1
		m.UploadedBy, m.UploadedAt = actor.ID, storage.Now(ctx)
		if m.FileName = strings.TrimSpace(m.FileName); m.FileName == "" {
			m.FileName = string(m.Kind)
		}
		r, err := tx.NewInsert().Model(m).On("CONFLICT (kind, year, digest) WHERE status <> 'declined' DO NOTHING").Exec(ctx)
		if err != nil {
			return fmt.Errorf("keep import %s: %w", m.FileName, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 { // the same content came before
			known := new(Import)
			err := tx.NewSelect().Model(known).Where("bi.kind = ?", m.Kind).Where("bi.year = ?", m.Year).Where("bi.digest = ?", m.Digest).
				Where("bi.status <> ?", importDeclined).Scan(ctx)
			*m = *known
			return err
		}
		if err := access.Step(ctx, tx, m, "load", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "budget_import.load", Actor: actor.ID, Role: string(actor.Role), Object: m.ID, Label: m.FileName, After: m.seen()})
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func lockImport(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Import, error) {
	m := new(Import)
	return m, one(tx.NewSelect().Model(m).Where("bi.id = ?", id).For("UPDATE").Scan(ctx), "import", id)
}

// decideImport confirms an import: fn does what it says, in the same transaction.
func (s *Service) decideImport(ctx context.Context, id uuid.UUID, version int, resource, action string, kind ImportKind,
	fn func(context.Context, bun.Tx, *Import, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		m, actor, err := s.importFor(ctx, tx, id, version, resource, action, kind)
		if err != nil {
			return err
		}
		if err := m.decide(importConfirmed, actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if err := fn(ctx, tx, m, actor); err != nil {
			return err
		}
		return s.endImport(ctx, tx, m, "budget_import.confirm", actor)
	})
}

// DeclineImport drops a loaded import with a reason.
func (s *Service) DeclineImport(ctx context.Context, id uuid.UUID, version int, kind ImportKind, reason string) error {
	resource, action := "budget_line", "allocate"
	if kind == ImportCodes {
		resource, action = "budget_code", "confirm"
	}
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		m, actor, err := s.importFor(ctx, tx, id, version, resource, action, kind)
		if err != nil {
			return err
		}
		if strings.TrimSpace(reason) == "" {
			return errs.FieldError("reason", "budget.reason_missing")
		}
		if err := m.decide(importDeclined, actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		m.Reason = reason
		return s.endImport(ctx, tx, m, "budget_import.decline", actor)
	})
}

func (s *Service) importFor(ctx context.Context, tx bun.Tx, id uuid.UUID, version int, resource, action string, kind ImportKind) (*Import, access.Actor, error) {
	m, err := lockImport(ctx, tx, id)
	if err != nil {
		return nil, access.Actor{}, err
	}
	if m.Kind != kind {
		return nil, access.Actor{}, errs.ErrNotFound
	}
	actor, err := s.access.Require(ctx, tx, resource, action, m)
	switch {
	case err != nil:
		return nil, actor, err
	case m.Status != importLoaded:
		return nil, actor, ErrImportDecided
	case m.Version != version:
		return nil, actor, errs.ErrStale
	}
	return m, actor, nil
}

func (s *Service) endImport(ctx context.Context, tx bun.Tx, m *Import, act string, actor access.Actor) error {
	m.Version++
	_, err := tx.NewUpdate().Model(m).Column("status", "decided_by", "decided_at", "decision_no", "decided_on", "reason", "edition", "version").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save import %s: %w", m.ID, err)
	}
	if err := access.ClearSteps(ctx, tx, m); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role), Object: m.ID, Label: m.FileName, Reason: m.Reason, After: m.seen()})
}
