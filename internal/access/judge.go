package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Require allows the subject of ctx to do action on o, or refuses: ErrNotFound when the subject may not even
// see the row, else ErrForbidden or what alone is missing: ErrNotMaker, ErrConflict, ErrState, …, and ErrStepUp
// when everything else holds. Call it after locking the row: it judges the row as stored.
func (a *Access) Require(ctx context.Context, tx bun.IDB, resource, action string, o Object) (Actor, error) {
	s := From(ctx)
	n, ok := a.noun(o.AccessKind())
	if !ok {
		slog.ErrorContext(ctx, "access: unknown noun", "kind", o.AccessKind(), "resource", resource, "action", action)
		return Actor{}, ErrForbidden
	}
	tried, err := a.judge(ctx, tx, s, n, act{resource, action}, o.AccessID(), false)
	if err != nil {
		return Actor{}, err
	}
	for _, t := range tried {
		if len(t.missing) == 0 {
			return t.actor(s), nil
		}
	}
	return Actor{}, a.refuse(ctx, tx, s, n, act{resource, action}, o.AccessID(), tried)
}

// RequireRole is Require for an act or page without a row: it asks whether any role of the subject may ever do
// it, and for a purpose where only that is missing. Conditions of rows and the second factor are not asked.
func (a *Access) RequireRole(ctx context.Context, resource, action string) (Actor, error) {
	s := From(ctx)
	refusal := ErrForbidden
	if s.ID == uuid.Nil && len(s.Grants) == 0 {
		refusal = ErrSignIn
	}
	for _, h := range holdings(s) {
		names, ok := a.cells[cell{h.role, act{resource, action}}]
		switch {
		case !ok:
		case slices.Contains(names, "purpose") && s.Purpose == "":
			refusal = ErrPurpose
		case slices.Contains(names, "timebox") && len(h.windows) == 0:
		default:
			return trial{holding: h}.actor(s), nil
		}
	}
	return Actor{}, refusal
}

// Can is Require without its command conditions (stepup, idem); pages use it to show or hide a button. An error
// is no.
func (a *Access) Can(ctx context.Context, db bun.IDB, resource, action string, o Object) bool {
	n, ok := a.noun(o.AccessKind())
	if !ok {
		slog.ErrorContext(ctx, "access: unknown noun", "kind", o.AccessKind(), "resource", resource, "action", action)
		return false
	}
	tried, err := a.judge(ctx, db, From(ctx), n, act{resource, action}, o.AccessID(), false)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(tried, func(t trial) bool {
		return len(t.missing) == 0 || len(t.missing) == 1 && t.missing[0] == "stepup"
	})
}

// Scope adds to q, a select over the noun kind, the predicate of (resource, action) for the subject of ctx: the
// rows for which Can says yes, so that what waits for a second factor is listed before it is given. Add it last, and
// never an OR beside it.
func (a *Access) Scope(ctx context.Context, q *bun.SelectQuery, resource, action, kind string) *bun.SelectQuery {
	n, ok := a.noun(kind)
	if !ok {
		slog.ErrorContext(ctx, "access: unknown noun", "kind", kind, "resource", resource, "action", action)
		return q.Where("false")
	}
	s := From(ctx)
	var roles []string
	for _, h := range holdings(s) {
		if sql, ok := a.predicate(ctx, question{s, h, n, action, a.looks(act{resource, action}), a.clock.Now(), ""}, resource); ok {
			roles = append(roles, sql)
		}
	}
	if len(roles) == 0 {
		return q.Where("false")
	}
	return q.Where("?", bun.Safe("("+strings.Join(roles, " OR ")+")"))
}

// predicate is everything one role's cell asks for, as one SQL expression.
func (a *Access) predicate(ctx context.Context, q question, resource string) (string, bool) {
	names, ok := a.cells[cell{q.holding.role, act{resource, q.action}}]
	if !ok {
		return "", false
	}
	parts := []string{"true"}
	for _, name := range names {
		if name == "stepup" { // asked at the act itself, by Require
			continue
		}
		sql, err := q.ask(name)
		if err != nil {
			alarm(ctx, resource, q, err)
			return "", false
		}
		if sql == "false" {
			return "", false
		}
		parts = append(parts, "("+sql+")")
	}
	return "(" + strings.Join(parts, " AND ") + ")", true
}

// trial is one role of the subject with the conditions that did not hold; none missing = allowed.
type trial struct {
	holding holding
	asked   []string
	missing []string
}

func (t trial) actor(s Subject) Actor {
	actor := Actor{ID: s.ID, Name: s.Name, Role: t.holding.role}
	for _, ids := range [][]uuid.UUID{t.holding.units, t.holding.funds, t.holding.organisations} {
		if len(ids) > 0 {
			actor.Unit = ids[0]
			break
		}
	}
	return actor
}

// judge asks every condition of every role that has a cell, on the stored row, in one statement. ErrNotFound when
// there is no row. quiet leaves out the alarm: the caller only wonders whether the row could be seen.
func (a *Access) judge(ctx context.Context, db bun.IDB, s Subject, n Noun, do act, id uuid.UUID, quiet bool) ([]trial, error) {
	var (
		tried []trial
		exprs []string
		where = map[string]int{} // expression → position
		needs [][]int            // per trial and condition: position, or -1 = no, -2 = yes
	)
	for _, h := range holdings(s) {
		names, ok := a.cells[cell{h.role, do}]
		if !ok {
			continue
		}
		q := question{s, h, n, do.action, a.looks(do), a.clock.Now(), ""}
		positions := make([]int, len(names))
		for i, name := range names {
			expr, err := q.ask(name)
			switch {
			case err != nil:
				if !quiet {
					alarm(ctx, do.resource, q, err)
				}
				positions[i] = -1
			case expr == "false":
				positions[i] = -1
			case expr == "true":
				positions[i] = -2
			default:
				at, known := where[expr]
				if !known {
					at = len(exprs)
					where[expr], exprs = at, append(exprs, "COALESCE(("+expr+"), false)::int")
				}
				positions[i] = at
			}
		}
		tried, needs = append(tried, trial{holding: h, asked: names}), append(needs, positions)
	}
	var bits string
	if len(exprs) > 0 {
		query := fmt.Sprintf("SELECT concat(%s) FROM %s AS %s WHERE %s.id = %s", strings.Join(exprs, ", "), n.Table, n.Alias, n.Alias, literal(id))
		err := db.NewRaw("?", bun.Safe(query)).Scan(ctx, &bits)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, ErrNotFound
		}
		if err != nil {
			if storage.Code(err) != "40001" && storage.Code(err) != "40P01" && !errors.Is(err, context.Canceled) {
				slog.ErrorContext(ctx, "access: conditions failed", "noun", n.Kind, "resource", do.resource, "action", do.action, "err", err)
			}
			return nil, fmt.Errorf("judge %s of %s %s: %w", do.action, n.Kind, id, err)
		}
	}
	for i := range tried {
		for j, at := range needs[i] {
			if at == -1 || at >= 0 && bits[at] != '1' {
				tried[i].missing = append(tried[i].missing, tried[i].asked[j])
			}
		}
	}
	return tried, nil
}

func alarm(ctx context.Context, resource string, q question, err error) {
	slog.ErrorContext(ctx, "access: condition cannot be judged, refused", "resource", resource, "action", q.action,
		"role", string(q.holding.role), "err", err)
}

// words of a refusal by the condition that alone is missing, in the order in which they are told.
var words = []struct {
	condition string
	err       *errs.Error
}{
	{"no_coi", ErrConflict}, {"not_maker", ErrNotMaker}, {"not_requester", ErrNotMaker}, {"not_payer", ErrNotMaker}, {"not_self", ErrNotMaker},
	{"purpose", ErrPurpose}, {"coi_declared", ErrDeclareFirst}, {"before_deadline", ErrDeadline}, {"after_deadline", ErrNotYet},
	{"after_close", ErrNotYet}, {"state:", ErrState}, {"quorum", ErrQuorum}, {"all_ballots", ErrBallots}, {"stepup", ErrStepUp},
}

// refuse chooses the words: of the role that came closest.
func (a *Access) refuse(ctx context.Context, db bun.IDB, s Subject, n Noun, do act, id uuid.UUID, tried []trial) error {
	best := trial{missing: make([]string, 99)}
	for _, t := range tried {
		if len(t.missing) < len(best.missing) {
			best = t
		}
	}
	if slices.Contains(best.missing, "no_coi") && !a.looks(do) && told(best.missing) && (slices.Contains(best.asked, "assigned") || slices.Contains(best.asked, "seated")) {
		return ErrConflict // the seat or the assignment has told them of the row already
	}
	if slices.Equal(best.missing, []string{"stepup"}) {
		return ErrStepUp // whoever may decide on a row may know of it, also where nobody has a cell to read it
	}
	seen, err := a.visible(ctx, db, s, n, do.resource, id)
	if err != nil {
		return err
	}
	if !seen && !slices.Equal(best.missing, []string{"purpose"}) {
		return ErrNotFound
	}
	if s.ID == uuid.Nil && len(s.Grants) == 0 {
		return ErrSignIn
	}
	left := best.missing
	for _, w := range words {
		rest := slices.DeleteFunc(slices.Clone(left), func(name string) bool { return strings.HasPrefix(name, w.condition) })
		if len(rest) < len(left) && told(rest) {
			return w.err
		}
	}
	return ErrForbidden
}

// looks says that an act only reads: refused by a conflict of interest, it is refused as a row that never was.
func (a *Access) looks(do act) bool {
	return do.action == "list" || do.action == "count" || do.action == "download" || slices.Contains(a.reads[do.resource], do.action)
}

// told says that every condition left over has words of its own: then the first of them is the reason to give.
func told(missing []string) bool {
	for _, name := range missing {
		if !slices.ContainsFunc(words, func(w struct {
			condition string
			err       *errs.Error
		}) bool {
			return strings.HasPrefix(name, w.condition)
		}) {
			return false
		}
	}
	return true
}

// reading gives the rights by which a row may be seen: those its noun names, else every reading of the resource of its
// kind, else of the resource of the act.
func (a *Access) reading(n Noun, resource string) []Right {
	if n.Reading != nil {
		return n.Reading
	}
	if len(a.reads[n.Kind]) > 0 {
		resource = n.Kind
	}
	rights := make([]Right, len(a.reads[resource]))
	for i, action := range a.reads[resource] {
		rights[i] = Right{resource, action}
	}
	return rights
}

// visible says whether the subject may read the row by any reading of it.
func (a *Access) visible(ctx context.Context, db bun.IDB, s Subject, n Noun, resource string, id uuid.UUID) (bool, error) {
	for _, right := range a.reading(n, resource) {
		tried, err := a.judge(ctx, db, s, n, act{right.Resource, right.Action}, id, true)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(tried, func(t trial) bool { return len(t.missing) == 0 }) {
			return true, nil
		}
	}
	return false, nil
}
