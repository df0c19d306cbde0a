package access

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// AddTie writes a tie in the caller's transaction; the same tie twice is one.
func AddTie(ctx context.Context, tx bun.IDB, t Tie) error {
	_, err := tx.NewRaw(`INSERT INTO access_ties (id, kind, subject_id, object_kind, object_id, reason) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (subject_id, kind, object_kind, object_id, reason) WHERE valid_to IS NULL DO NOTHING`,
		uuid.New(), t.Kind, t.Who, t.Object.AccessKind(), t.Object.AccessID(), t.Reason).Exec(ctx)
	if err != nil {
		return fmt.Errorf("tie %s to %s %s: %w", t.Kind, t.Object.AccessKind(), t.Object.AccessID(), err)
	}
	return nil
}

// EndTie ends a tie now, with its reason or, when Reason is "", whatever the reason. None is no error.
func EndTie(ctx context.Context, tx bun.IDB, t Tie) error {
	_, err := tx.NewRaw(`UPDATE access_ties SET valid_to = kb.now() WHERE valid_to IS NULL AND kind = ? AND subject_id = ?
		AND object_kind = ? AND object_id = ? AND (reason = ? OR ? = '')`,
		t.Kind, t.Who, t.Object.AccessKind(), t.Object.AccessID(), t.Reason, t.Reason).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end tie %s to %s %s: %w", t.Kind, t.Object.AccessKind(), t.Object.AccessID(), err)
	}
	return nil
}

// CopyTies gives to the ties of kind on from.
func CopyTies(ctx context.Context, tx bun.IDB, kind string, from, to Object) error {
	_, err := tx.NewRaw(`INSERT INTO access_ties (id, kind, subject_id, object_kind, object_id, reason)
		SELECT gen_random_uuid(), kind, subject_id, ?, ?, reason FROM access_ties
		WHERE valid_to IS NULL AND kind = ? AND object_kind = ? AND object_id = ?
		ON CONFLICT (subject_id, kind, object_kind, object_id, reason) WHERE valid_to IS NULL DO NOTHING`,
		to.AccessKind(), to.AccessID(), kind, from.AccessKind(), from.AccessID()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("copy ties %s from %s %s: %w", kind, from.AccessKind(), from.AccessID(), err)
	}
	return nil
}

// Step records that actor made a step (prepare, propose, check, …) of the pending chain of o. The program itself
// makes no steps: nobody is kept from a later one by what a job did.
func Step(ctx context.Context, tx bun.IDB, o Object, step string, actor Actor) error {
	if actor.ID == uuid.Nil {
		return nil
	}
	_, err := tx.NewRaw(`INSERT INTO access_steps (id, object_kind, object_id, step, actor_id, person_id, role)
		SELECT ?, ?, ?, ?, u.id, u.person_id, ? FROM users u WHERE u.id = ?`,
		uuid.New(), o.AccessKind(), o.AccessID(), step, actor.Role, actor.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("step %s on %s %s: %w", step, o.AccessKind(), o.AccessID(), err)
	}
	return nil
}

// ClearSteps starts a new chain on o: after an edit that resets it, or when it ended. The old steps are kept.
func ClearSteps(ctx context.Context, tx bun.IDB, o Object) error {
	_, err := tx.NewRaw(`UPDATE access_steps SET cleared_at = kb.now() WHERE cleared_at IS NULL AND object_kind = ? AND object_id = ?`,
		o.AccessKind(), o.AccessID()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("clear steps on %s %s: %w", o.AccessKind(), o.AccessID(), err)
	}
	return nil
}
