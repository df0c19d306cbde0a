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
	ErrUnread     = errs.New(errs.Forbidden, "allocation.decision_in_conflict")
)

// freeOfLines is SQL over aws: {user} is in conflict with no line of the set, owns none of its dossiers and firms,
// and is in no conflict with the call.
const freeOfLines = `NOT EXISTS (SELECT 1 FROM access_ties kb_t LEFT JOIN awards kb_a ON kb_a.set_id = aws.id
	WHERE kb_t.valid_to IS NULL AND kb_t.subject_id = {user} AND (
		kb_t.kind IN ('conflict', 'own') AND (kb_t.object_kind = 'proposal' AND kb_t.object_id = kb_a.proposal_id
			OR kb_t.object_kind = 'organisation' AND kb_t.object_id = kb_a.organisation_id)
		OR kb_t.kind = 'conflict' AND (kb_t.object_kind = 'award' AND kb_t.object_id = kb_a.id
			OR kb_t.object_kind = 'award_set' AND kb_t.object_id = aws.id OR kb_t.object_kind = 'call' AND kb_t.object_id = aws.call_id)))`

// require asks for (award, action) on the whole set; who is in conflict with a line is told who acts instead.
func (s *Service) require(ctx context.Context, tx bun.IDB, action string, set *AwardSet) (access.Actor, error) {
	actor, err := s.access.Require(ctx, tx, "award", action, set)
	if err == nil || !errs.From(err).Is(access.ErrConflict) {
		return actor, err
	}
	names, err := s.colleagues(ctx, tx, action, set.ID)
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

// instead names who acts on the set at its present step for a reader who would, were it not for a conflict; "" when
// the reader is not of those, and a dash when nobody is left.
func (s *Service) instead(ctx context.Context, db bun.IDB, set *AwardSet) (string, error) {
	action := next[set.Status]
	if action == "" {
		return "", nil
	}
	_, err := s.access.Require(ctx, db, "award", action, set)
	if err == nil || !errs.From(err).Is(access.ErrConflict) {
		return "", nil
	}
	names, err := s.colleagues(ctx, db, action, set.ID)
	if len(names) == 0 {
		return "–", err
	}
	return strings.Join(names, ", "), err
}

// next is the act that takes a set on from each of its states.
var next = map[Status]string{Draft: "propose", Proposed: "appraise", Appraised: "confirm_appraisal", Confirmed: "approve", Decided: "publish"}
