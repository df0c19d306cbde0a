package review

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Answer is one declaration to make. Kind and ID name the subject; an empty Ground with Conflict is refused.
type Answer struct {
	Kind     string
	ID       uuid.UUID
	Conflict bool
	Ground   string
}

// Declare records what the subject of ctx says about its own interests. No conflict opens the dossier to a
// reader or seat that is asked; a conflict closes it for good, declines an open assignment, and bars the person
// from the matter. errs.ErrNotFound when the person was not asked about the subject; ErrDeclared when a
// conflict stands already; the same answer twice is one.
func (s *Service) Declare(ctx context.Context, answers ...Answer) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		me := access.From(ctx).ID
		for _, a := range answers {
			d := &Declaration{ID: uuid.New(), PersonID: me, SubjectKind: a.Kind, SubjectID: a.ID, Conflict: a.Conflict,
				Ground: a.Ground, DeclaredAt: storage.Now(ctx)}
			if err := s.mayAnswer(ctx, tx, d); err != nil {
				return err
			}
			if err := s.declare(ctx, tx, d, "create"); err != nil {
				return err
			}
		}
		return nil
	})
}

// Impose records a conflict the office found for a person (coi_declaration,resolve).
func (s *Service) Impose(ctx context.Context, person uuid.UUID, a Answer) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		me := access.From(ctx).ID
		return s.declare(ctx, tx, &Declaration{ID: uuid.New(), PersonID: person, SubjectKind: a.Kind, SubjectID: a.ID,
			Conflict: true, Ground: a.Ground, ImposedBy: &me, DeclaredAt: storage.Now(ctx)}, "resolve")
	})
}

func (s *Service) declare(ctx context.Context, tx bun.Tx, d *Declaration, action string) error {
	if err := d.Check(); err != nil {
		return err
	}
	before, err := declarations(ctx, tx, d.PersonID, d.SubjectID)
	if err != nil {
		return err
	}
	for _, b := range before {
		switch {
		case b.Conflict == d.Conflict:
			return nil
		case b.Conflict:
			return ErrDeclared
		}
	}
	if _, err := tx.NewInsert().Model(d).Exec(ctx); err != nil {
		return err
	}
	subject := access.Ref{Kind: d.SubjectKind, ID: d.SubjectID}
	if err := access.AddTie(ctx, tx, access.Tie{Kind: "own", Who: d.PersonID, Object: d}); err != nil {
		return err
	}
	actor, err := s.access.Require(ctx, tx, "coi_declaration", action, d)
	if err != nil {
		return err
	}
	tie := access.Tie{Kind: "coi_declared", Who: d.PersonID, Object: subject}
	if d.Conflict {
		tie.Kind, tie.Reason = "conflict", d.Ground
	}
	if err := access.AddTie(ctx, tx, tie); err != nil {
		return err
	}
	if d.Conflict {
		if err := stepBack(ctx, tx, d); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Event{Act: "coi_declaration." + action, Actor: actor.ID, Role: string(actor.Role),
		Kind: "coi_declaration", Object: d.ID, After: declared{d.PersonID, d.SubjectKind, d.SubjectID, d.Conflict}, Reason: d.Ground})
}

type declared struct {
	Person   uuid.UUID `json:"person"`
	Kind     string    `json:"kind"`
	Subject  uuid.UUID `json:"subject"`
	Conflict bool      `json:"conflict"`
}

// mayAnswer says whether the person was asked about the subject; officers may speak of any call, and anyone of
// a conflict with a dossier they can read.
func (s *Service) mayAnswer(ctx context.Context, tx bun.IDB, d *Declaration) error {
	asked, err := s.subjects(ctx, tx, d.PersonID)
	if err != nil {
		return err
	}
	for _, a := range asked {
		if a.ID == d.SubjectID && a.Kind == d.SubjectKind {
			return nil
		}
	}
	if d.Conflict && d.SubjectKind == "proposal" &&
		s.access.Can(ctx, tx, "proposal", "read", access.Ref{Kind: d.SubjectKind, ID: d.SubjectID}) {
		return nil
	}
	return errs.ErrNotFound
}

// stepBack declines the open assignment of a person who is in conflict with its dossier.
func stepBack(ctx context.Context, tx bun.Tx, d *Declaration) error {
	var as []Assignment
	err := tx.NewSelect().Model(&as).Where("ra.proposal_id = ?", d.SubjectID).Where("ra.reviewer_id = ?", d.PersonID).
		Where("ra.status IN (?)", bun.List([]Status{Proposed, Approved, Accepted})).For("UPDATE").Scan(ctx)
	if err != nil {
		return err
	}
	for i := range as {
		if err := as[i].Decline(d.Ground, d.DeclaredAt); err != nil {
			return err
		}
		if err := save(ctx, tx, &as[i]); err != nil {
			return err
		}
	}
	return nil
}
