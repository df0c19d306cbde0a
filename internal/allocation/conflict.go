package allocation

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
)

// Refusals of who is in conflict with a line of a set.
var (
	ErrInConflict = errs.New(errs.Forbidden, "allocation.in_conflict")       // Args: who may act
	ErrNobodyFree = errs.New(errs.Forbidden, "allocation.in_conflict_alone") // nobody else may
)

// freeOfLines is SQL over aws: {user} is in conflict with no line of the set, owns none of its dossiers and firms,
// and is in no conflict with the call.
const freeOfLines = `NOT EXISTS (SELECT 1 FROM access_ties kb_t LEFT JOIN awards kb_a ON kb_a.set_id = aws.id
	WHERE kb_t.valid_to IS NULL AND kb_t.subject_id = {user} AND (
		kb_t.kind IN ('conflict', 'own') AND (kb_t.object_kind = 'proposal' AND kb_t.object_id = kb_a.proposal_id
			OR kb_t.object_kind = 'organisation' AND kb_t.object_id = kb_a.organisation_id)
		OR kb_t.kind = 'conflict' AND (kb_t.object_kind = 'award' AND kb_t.object_id = kb_a.id
			OR kb_t.object_kind = 'award_set' AND kb_t.object_id = aws.id OR kb_t.object_kind = 'call' AND kb_t.object_id = aws.call_id)))`

// freeOfRanking is the same over rk, a ranking: whoever makes a set of it, or closes it, speaks on every line.
const freeOfRanking = `NOT EXISTS (SELECT 1 FROM access_ties kb_t LEFT JOIN ranking_lines kb_l ON kb_l.ranking_id = rk.id
	WHERE kb_t.valid_to IS NULL AND kb_t.subject_id = {user} AND (
		kb_t.kind IN ('conflict', 'own') AND (kb_t.object_kind = 'proposal' AND kb_t.object_id = kb_l.proposal_id
			OR kb_t.object_kind = 'organisation' AND kb_t.object_id = kb_l.organisation_id)
		OR kb_t.kind = 'conflict' AND (kb_t.object_kind = 'matter' AND kb_t.object_id = kb_l.matter_id
			OR kb_t.object_kind = 'ranking' AND kb_t.object_id = rk.id OR kb_t.object_kind = 'call' AND kb_t.object_id = rk.call_id)))`

// presidesOverAll is SQL over rk: {user} takes the place of the chair, who is away or in conflict with a line.
var presidesOverAll = `EXISTS (SELECT 1 FROM council_seats kb_v WHERE kb_v.council_id = rk.council_id AND kb_v.person_id = {user}
		AND (kb_v.kind = 'vice' OR kb_v.id = (SELECT kb_s.presiding_seat_id FROM council_sessions kb_s WHERE kb_s.id = rk.session_id))
		AND council_takes_part(rk.session_id, kb_v.id, NULL))
	AND NOT EXISTS (SELECT 1 FROM council_seats kb_c WHERE kb_c.council_id = rk.council_id AND kb_c.kind = 'chair'
		AND council_takes_part(rk.session_id, kb_c.id, NULL) AND ` + strings.ReplaceAll(freeOfRanking, "{user}", "kb_c.person_id") + `)`

// require asks for (award, action) on the whole set; who is in conflict with a line is told who acts instead.
func (s *Service) require(ctx context.Context, tx bun.IDB, action string, set *AwardSet) (access.Actor, error) {
	actor, err := s.access.Require(ctx, tx, "award", action, set)
	if err == nil || !errs.From(err).Is(access.ErrConflict) {
		return actor, err
	}
	names, err := s.colleagues(ctx, tx, action, set.ID)
	return otherwise(actor, names, err)
}

// requireDraft asks for (award, draft) on a ranking, in the same words.
func (s *Service) requireDraft(ctx context.Context, tx bun.IDB, r *Ranking) (access.Actor, error) {
	actor, err := s.access.Require(ctx, tx, "award", "draft", r)
	if err == nil || !errs.From(err).Is(access.ErrConflict) {
		return actor, err
	}
	var names []string
	err = tx.NewRaw(`SELECT DISTINCT us.name FROM rankings rk, users us JOIN role_grants g ON g.user_id = us.id
		WHERE rk.id = ? AND us.disabled_at IS NULL AND g.role IN (?) AND g.valid_from <= kb.now() AND (g.valid_to IS NULL OR g.valid_to > kb.now())
		AND g.unit_id = rk.managing_unit_id AND `+strings.ReplaceAll(freeOfRanking, "{user}", "us.id")+` ORDER BY us.name`,
		r.ID, bun.List(s.access.RolesFor("award", "draft"))).Scan(ctx, &names)
	return otherwise(actor, names, err)
}

// otherwise is the refusal of somebody in conflict with a line. It names people, never the line.
func otherwise(actor access.Actor, names []string, err error) (access.Actor, error) {
	switch {
	case err != nil:
		return actor, err
	case len(names) == 0:
		return actor, ErrNobodyFree
	}
	return actor, ErrInConflict.With(strings.Join(names, ", "))
}

// colleagues are the names of those who may do the act on the set: the role, the unit, no conflict with any line, and
// no earlier step of it.
func (s *Service) colleagues(ctx context.Context, db bun.IDB, action string, set uuid.UUID) (names []string, err error) {
	roles := s.access.RolesFor("award", action)
	if len(roles) == 0 {
		return nil, nil
	}
	err = db.NewRaw(`SELECT DISTINCT us.name FROM award_sets aws, users us JOIN role_grants g ON g.user_id = us.id
		WHERE aws.id = ? AND us.disabled_at IS NULL AND g.role IN (?) AND g.valid_from <= kb.now() AND (g.valid_to IS NULL OR g.valid_to > kb.now())
		AND CASE WHEN g.role IN ('finance_officer', 'chief_accountant') THEN g.unit_id = aws.finance_unit_id
			WHEN g.role = 'province_leader' THEN true ELSE g.unit_id = aws.managing_unit_id END
		AND NOT EXISTS (SELECT 1 FROM access_steps st WHERE st.cleared_at IS NULL AND st.object_kind = 'award_set' AND st.object_id = aws.id
			AND st.person_id = us.person_id AND st.step <> ?)
		AND `+strings.ReplaceAll(freeOfLines, "{user}", "us.id")+` ORDER BY us.name`, set, bun.List(roles), action).Scan(ctx, &names)
	if err != nil {
		return nil, fmt.Errorf("who may %s award set %s: %w", action, set, err)
	}
	return names, nil
}

// turn names who may take the set on from where it stands, "" when nobody is left or nothing is left to do. Every reader
// without the button is told the same, whatever keeps it from them.
func (s *Service) turn(ctx context.Context, db bun.IDB, set *AwardSet) (string, error) {
	action := next[set.Status]
	if action == "" {
		return "", nil
	}
	names, err := s.colleagues(ctx, db, action, set.ID)
	return strings.Join(names, ", "), err
}

// next is the act that takes a set on from each of its states.
var next = map[Status]string{Draft: "propose", Proposed: "appraise", Appraised: "confirm_appraisal", Confirmed: "approve", Decided: "publish"}
