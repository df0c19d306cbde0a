package access

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Free adds to q, a select over the noun kind, that the subject of ctx is in no conflict of interest with the row or a
// part of it. Rights to read ask that themselves: Free is for counts and lists whose right speaks of no row.
func (a *Access) Free(ctx context.Context, q *bun.SelectQuery, kind string) *bun.SelectQuery {
	n, ok := a.noun(kind)
	if !ok {
		slog.ErrorContext(ctx, "access: unknown noun", "kind", kind)
		return q.Where("false")
	}
	return q.Where("?", bun.Safe("("+n.free(From(ctx).ID)+")"))
}

// FreeOf gives those of ids, rows of the noun kind, that Free leaves, in the order asked.
func (a *Access) FreeOf(ctx context.Context, db bun.IDB, kind string, ids []uuid.UUID) ([]uuid.UUID, error) {
	n, ok := a.noun(kind)
	if !ok || len(ids) == 0 {
		return nil, nil
	}
	var free []uuid.UUID
	q := db.NewSelect().TableExpr("? AS ?", bun.Ident(n.Table), bun.Ident(n.Alias)).ColumnExpr("?.id", bun.Ident(n.Alias)).
		Where("?.id IN (?)", bun.Ident(n.Alias), bun.List(ids))
	if err := a.Free(ctx, q, kind).Scan(ctx, &free); err != nil {
		return nil, fmt.Errorf("conflicts with %d rows of %s: %w", len(ids), kind, err)
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return !slices.Contains(free, id) }), nil
}

// FreeRows narrows q to the rows that speak of nothing the subject of ctx is in conflict with. kind and id are SQL of q
// that name an object; one of a kind nobody registered has no parties and is asked about for itself only.
func (a *Access) FreeRows(ctx context.Context, db bun.IDB, q *bun.SelectQuery, kind, id string) (*bun.SelectQuery, error) {
	s := From(ctx)
	tied, err := db.NewSelect().Table("access_ties").Where("subject_id = ?", s.ID).Where("kind IN ('conflict', 'own')").Where("valid_to IS NULL").Exists(ctx)
	if err != nil || !tied {
		return q, err
	}
	q = q.Where("?", bun.Safe(fmt.Sprintf("NOT EXISTS (SELECT 1 FROM access_ties kb_o WHERE kb_o.valid_to IS NULL AND kb_o.kind = 'conflict'"+
		" AND kb_o.subject_id = %s AND kb_o.object_kind = %s AND kb_o.object_id = %s)", literal(s.ID), kind, id)))
	a.mu.RLock()
	defer a.mu.RUnlock()
	kinds := make([]string, 0, len(a.nouns))
	for k := range a.nouns {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		if n := a.nouns[k]; len(n.Conflict) > 0 {
			q = q.Where("?", bun.Safe(fmt.Sprintf("(COALESCE(%s, '') <> '%s' OR NOT EXISTS (SELECT 1 FROM %s AS %s WHERE %s.id = %s AND NOT (%s)))",
				kind, k, n.Table, n.Alias, n.Alias, id, n.free(s.ID))))
		}
	}
	return q, nil
}

// free is SQL: the person is in no conflict with the row, nor with a part of it.
func (n Noun) free(who uuid.UUID) string {
	q := question{subject: Subject{ID: who}, noun: n}
	sql, _ := noCOI(q) // never refuses
	if parts, ok := n.Acts["no_coi"]; ok {
		sql += " AND " + when(parts, q.user())
	}
	return sql
}
