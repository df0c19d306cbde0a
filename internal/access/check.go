package access

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Check has PostgreSQL parse every expression of every noun that was registered, and names those it refuses: a server
// that would judge a row wrongly does not start.
func (a *Access) Check(ctx context.Context, db bun.IDB) error {
	a.mu.RLock()
	nouns := slices.Collect(maps.Values(a.nouns))
	a.mu.RUnlock()
	var all error
	for _, n := range nouns {
		for _, e := range n.expressions() {
			query := fmt.Sprintf("SELECT 1 FROM %s AS %s WHERE false AND (%s)", n.Table, n.Alias, when(e, literal(uuid.Nil)))
			if _, err := db.NewRaw("?", bun.Safe(query)).Exec(ctx); err != nil {
				all = errors.Join(all, fmt.Errorf("noun %s: %s: %w", n.Kind, e, err))
			}
		}
	}
	return all
}

// expressions are the booleans that together hold every piece of SQL the noun gave: one for its columns and links,
// one for each condition.
func (n Noun) expressions() []string {
	uuids := []string{n.Alias + ".id"}
	for _, e := range []string{n.Managing, n.Finance, n.Fund} {
		if e != "" {
			uuids = append(uuids, e)
		}
	}
	for _, l := range slices.Concat(n.Own, n.Assigned, n.Seat, n.Conflict, n.Declared, n.Steps) {
		uuids = append(uuids, l.ID)
	}
	all := []string{literal(uuid.Nil) + " = " + strings.Join(uuids, " OR "+literal(uuid.Nil)+" = ")}
	for _, conditions := range []map[string]string{n.When, n.Acts} {
		for _, name := range slices.Sorted(maps.Keys(conditions)) {
			all = append(all, conditions[name])
		}
	}
	return all
}
