package access

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Ask is one question of RequireAll: may this subject do the act on the row of this id?
type Ask struct {
	Subject Subject
	ID      uuid.UUID
}

// RequireAll judges one act for many people and rows of a kind in one statement. It gives the actor of each question
// in order; the zero Actor is no, also for a row that is not there and for an act that asks for a second factor:
// Require tells why. Call it after locking the rows.
func (a *Access) RequireAll(ctx context.Context, tx bun.IDB, resource, action, kind string, asks []Ask) ([]Actor, error) {
	actors := make([]Actor, len(asks))
	n, ok := a.noun(kind)
	if !ok {
		slog.ErrorContext(ctx, "access: unknown noun", "kind", kind, "resource", resource, "action", action)
		return actors, nil
	}
	// People with the same rights are asked about in one query, so the work does not grow with the people.
	type group struct {
		sql                string
		asked, people, ids []string
	}
	var groups []*group
	var held []trial
	var owner []int // position in asks
	for i, ask := range asks {
		for _, h := range holdings(ask.Subject) {
			if slices.Contains(a.cells[cell{h.role, act{resource, action}}], "stepup") {
				continue
			}
			q := question{ask.Subject, h, n, action, a.looks(act{resource, action}), a.clock.Now(), "kb_q.person"}
			sql, ok := a.predicate(ctx, q, resource)
			if !ok {
				continue
			}
			at := slices.IndexFunc(groups, func(g *group) bool { return g.sql == sql })
			if at < 0 {
				at, groups = len(groups), append(groups, &group{sql: sql})
			}
			g := groups[at]
			g.asked, g.people, g.ids = append(g.asked, strconv.Itoa(len(held))), append(g.people, ask.Subject.ID.String()), append(g.ids, ask.ID.String())
			held, owner = append(held, trial{holding: h}), append(owner, i)
		}
	}
	if len(groups) == 0 {
		return actors, nil
	}
	parts := make([]string, len(groups))
	var args []any
	for i, g := range groups {
		parts[i] = fmt.Sprintf("SELECT kb_q.asked FROM unnest(?::int[], ?::uuid[], ?::uuid[]) kb_q (asked, person, id) JOIN %s AS %s ON %s.id = kb_q.id WHERE ?",
			n.Table, n.Alias, n.Alias)
		args = append(args, pgdialect.Array(g.asked), pgdialect.Array(g.people), pgdialect.Array(g.ids), bun.Safe(g.sql))
	}
	var rows []int
	if err := tx.NewRaw(strings.Join(parts, " UNION ALL "), args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("judge %s of %d rows: %w", action, len(asks), err)
	}
	slices.Sort(rows) // of the roles that may, the first acts
	for _, asked := range rows {
		if i := owner[asked]; actors[i].Role == "" {
			actors[i] = held[asked].actor(asks[i].Subject)
		}
	}
	return actors, nil
}
