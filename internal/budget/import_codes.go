package budget

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/storage"
)

var (
	codeColumns = []string{"kind", "code", "parent", "name_vi", "name_en", "valid_from", "valid_to", "source", "tag"}
	codeNeeds   = []string{"kind", "code", "name_vi", "valid_from", "source"}
)

// readCodes reads the rows of a code list; a row without a tag was confirmed by the office with its source.
func readCodes(s *sheet) (list []Code) {
	seen := map[string]bool{}
	for i := range s.rows {
		if s.full() {
			break
		}
		if s.blank(i) {
			s.fail(i, "code", "budget.import_blank")
			continue
		}
		c := Code{Kind: CodeKind(s.cell(i, "kind")), Code: s.cell(i, "code"), Parent: s.cell(i, "parent"), NameVI: s.text(i, "name_vi", 500),
			NameEN: s.text(i, "name_en", 500), ValidFrom: s.date(i, "valid_from"), ValidTo: s.date(i, "valid_to"), Source: s.text(i, "source", 500), Tag: s.cell(i, "tag")}
		for _, f := range c.Check() {
			s.fail(i, f.Name, f.Code, f.Args...)
		}
		if key := string(c.Kind) + c.Code; seen[key] {
			s.fail(i, "code", "budget.import_twice", c.Code)
		} else {
			seen[key] = true
		}
		if c.Tag == "" {
			c.Tag = "C"
		}
		list = append(list, c)
	}
	for i, c := range list {
		if c.Parent != "" && !slices.ContainsFunc(list, func(o Code) bool { return o.Kind == c.Kind && o.Code == c.Parent }) && !s.full() {
			s.wrong = append(s.wrong, cellField(s.ctx, i, "parent", "budget.import_no_parent", c.Parent))
		}
	}
	return list
}

// ConfirmCodes makes a loaded code list the next edition. What lines may be posted on is judged by it from now on.
func (s *Service) ConfirmCodes(ctx context.Context, id uuid.UUID, version int, documentNo string, on calendar.Date) error {
	return s.decideImport(ctx, id, version, "budget_code", "confirm", ImportCodes, func(ctx context.Context, tx bun.Tx, m *Import, _ access.Actor) error {
		if err := checkDecision(documentNo, on, storage.Now(ctx)); err != nil {
			return err
		}
		m.DecisionNo, m.DecidedOn = documentNo, on
		var list []Code
		if err := json.Unmarshal(m.Rows, &list); err != nil {
			return fmt.Errorf("read import %s: %w", id, err)
		}
		if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(520000)").Exec(ctx); err != nil { // editions are numbered one by one
			return err
		}
		edition := 0
		if err := tx.NewRaw("SELECT COALESCE(max(edition), 0) + 1 FROM budget_codes").Scan(ctx, &edition); err != nil {
			return fmt.Errorf("number the edition of import %s: %w", id, err)
		}
		m.Edition = &edition
		for i := range list {
			list[i].Edition = edition
		}
		for part := range slices.Chunk(list, 1000) {
			if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
				return fmt.Errorf("write budget codes of edition %d: %w", edition, err)
			}
		}
		if _, err := tx.NewRaw("SELECT ledger.refresh_codes()").Exec(ctx); err != nil {
			return fmt.Errorf("tell the ledger of edition %d: %w", edition, err)
		}
		return nil
	})
}
