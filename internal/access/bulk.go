package access

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
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
	type who struct {
		subject Subject
		rows    map[uuid.UUID][]int // positions in asks
	}
	var people []*who
	for i, ask := range asks {
		at := slices.IndexFunc(people, func(w *who) bool {
			return w.subject.ID == ask.Subject.ID && w.subject.Session == ask.Subject.Session
		})
		if at < 0 {
			at = len(people)
			people = append(people, &who{ask.Subject, map[uuid.UUID][]int{}})
		}
		people[at].rows[ask.ID] = append(people[at].rows[ask.ID], i)
	}
	var parts []string
	var held []holding
	var owner []*who
	for _, w := range people {
		for _, h := range holdings(w.subject) {
			if slices.Contains(a.cells[cell{h.role, act{resource, action}}], "stepup") {
				continue
			}
			sql, ok := a.predicate(ctx, question{w.subject, h, n, action, a.looks(act{resource, action}), a.clock.Now()}, resource)
			if !ok {
				continue
			}
			ids := make([]string, 0, len(w.rows))
			for id := range w.rows {
				ids = append(ids, literal(id))
			}
			parts = append(parts, fmt.Sprintf("SELECT %d AS asked, %s.id FROM %s AS %s WHERE %s.id IN (%s) AND %s",
				len(held), n.Alias, n.Table, n.Alias, n.Alias, strings.Join(ids, ", "), sql))
			held, owner = append(held, h), append(owner, w)
		}
	}
	if len(parts) == 0 {
		return actors, nil
	}
	var rows []struct {
		Asked int
		ID    uuid.UUID
	}
	if err := tx.NewRaw("?", bun.Safe(strings.Join(parts, " UNION ALL "))).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("judge %s of %d rows: %w", action, len(asks), err)
	}
	for _, r := range rows {
		w := owner[r.Asked]
		for _, i := range w.rows[r.ID] {
			if actors[i].Role == "" {
				actors[i] = trial{holding: held[r.Asked]}.actor(w.subject)
			}
		}
	}
	return actors, nil
}
