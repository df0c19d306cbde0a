package council

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Replacement names who acts as administrative secretary for one subject in place of the council's own (thư ký thay).
//
// It moves proposed → approved, by a second person and with the number of the document. The person holds no seat in
// the council and is in no conflict of interest with the subject.
type Replacement struct {
	bun.BaseModel  `bun:"table:council_replacements,alias:cr"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	CouncilID      uuid.UUID
	SubjectID      uuid.UUID // proposal or deal
	OrganisationID *uuid.UUID
	Code           string
	TitleVI        string `bun:"title_vi"`
	TitleEN        string `bun:"title_en"`
	PersonID       uuid.UUID
	PersonName     string
	Reason         string
	Status         ReplacementStatus
	ProposedBy     uuid.UUID
	ProposedAt     time.Time
	DocumentNo     string        `bun:",nullzero"`
	DecidedOn      calendar.Date `bun:"type:date,nullzero"`
	ApprovedBy     *uuid.UUID
	ApprovedAt     *time.Time
	Version        int
}

// ReplacementStatus is where a replacement stands.
type ReplacementStatus string

// A replacement is put forward by an officer and approved by a leader.
const (
	ReplacementProposed ReplacementStatus = "proposed"
	ReplacementApproved ReplacementStatus = "approved"
)

// Refusals of replacements.
var (
	ErrReplacementPerson = errs.New(errs.Invalid, "council.replacement_person") // no secretary, seated here, or not free
	ErrReplacementTwice  = errs.New(errs.Conflict, "council.replacement_twice") // the subject has one
)

// AccessKind names the noun.
func (r *Replacement) AccessKind() string { return "council_replacement" }

// AccessID is the replacement's id.
func (r *Replacement) AccessID() uuid.UUID { return r.ID }

// Approve records the decision by the given person, who neither proposed it nor is the one named.
func (r *Replacement) Approve(no string, on calendar.Date, by uuid.UUID, at time.Time) error {
	switch {
	case r.Status != ReplacementProposed:
		return ErrState
	case no == "" || on.IsZero():
		return ErrDecision.At(errs.Field{Name: "document_no", Code: "council.decision_missing"})
	case by == r.ProposedBy || by == r.PersonID:
		return access.ErrNotMaker
	}
	r.Status, r.DocumentNo, r.DecidedOn, r.ApprovedBy, r.ApprovedAt = ReplacementApproved, no, on, &by, &at
	return nil
}

// NewReplacement is what an officer puts forward. Reason is told to whoever may see the subject.
type NewReplacement struct {
	Subject, Person uuid.UUID
	Reason          string
}

// Replace puts forward who acts as secretary for a subject that waits for the council.
func (s *Service) Replace(ctx context.Context, council uuid.UUID, in NewReplacement) (*Replacement, error) {
	var rep *Replacement
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := lock(ctx, tx, council)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "council", "propose_secretary", c)
		if err != nil {
			return err
		}
		waiting, err := s.waiting(ctx, tx, c)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(waiting, func(w Subject) bool { return w.ID == in.Subject })
		switch {
		case c.Status != Established:
			return ErrState
		case i < 0:
			return errs.FieldError("subject", "council.matter_not_waiting")
		case in.Reason == "":
			return errs.FieldError("reason", "council.replacement_reason_missing")
		}
		people, err := s.replacing(ctx, tx, c)
		if err != nil {
			return err
		}
		who := slices.IndexFunc(people, func(p Person) bool { return p.ID == in.Person && p.ID != actor.ID })
		if who < 0 || !s.freeOf(ctx, tx, c, in.Person, in.Subject) {
			return ErrReplacementPerson.At(errs.Field{Name: "person", Code: "council.replacement_person"})
		}
		rep = &Replacement{ID: uuid.New(), CouncilID: c.ID, SubjectID: in.Subject, OrganisationID: waiting[i].OrganisationID, Code: waiting[i].Code,
			TitleVI: waiting[i].TitleVI, TitleEN: waiting[i].TitleEN, PersonID: in.Person, PersonName: people[who].Name, Reason: in.Reason,
			Status: ReplacementProposed, ProposedBy: actor.ID, ProposedAt: storage.Now(ctx), Version: 1}
		res, err := tx.NewInsert().Model(rep).On("CONFLICT (council_id, subject_id) DO NOTHING").Exec(ctx)
		if err != nil {
			return fmt.Errorf("save replacement of secretary: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return ErrReplacementTwice
		}
		if err := access.Step(ctx, tx, rep, "propose", actor); err != nil {
			return err
		}
		return record(ctx, tx, "council.propose_secretary", actor, rep, rep.Code, replacementSeen{rep.Status, rep.PersonID, ""})
	})
	return rep, err
}

// ApproveReplacement gives the person the place of the secretary, by the document of that number and day.
func (s *Service) ApproveReplacement(ctx context.Context, id uuid.UUID, version int, no string, on calendar.Date) (*Replacement, error) {
	rep := new(Replacement)
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewSelect().Model(rep).Where("cr.id = ?", id).For("UPDATE").Scan(ctx)
		if err := found(err, "replacement of secretary", id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "council", "replace_secretary", rep)
		if err != nil {
			return err
		}
		if version != rep.Version {
			return errs.ErrStale
		}
		c, err := Get(ctx, tx, rep.CouncilID)
		if err != nil {
			return err
		}
		if !s.freeOf(ctx, tx, c, rep.PersonID, rep.SubjectID) { // since it was put forward
			return ErrReplacementPerson
		}
		if err := rep.Approve(no, on, actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		rep.Version++
		if _, err := tx.NewUpdate().Model(rep).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("save replacement %s: %w", id, err)
		}
		for _, o := range []access.Object{c, access.Ref{Kind: c.SubjectKind, ID: c.SubjectID}} {
			if err := access.AddTie(ctx, tx, access.Tie{Kind: "seat", Who: rep.PersonID, Object: o, Reason: "secretary"}); err != nil {
				return err
			}
		}
		if err := access.ClearSteps(ctx, tx, rep); err != nil {
			return err
		}
		return record(ctx, tx, "council.replace_secretary", actor, rep, rep.DocumentNo, replacementSeen{rep.Status, rep.PersonID, rep.DocumentNo})
	})
	return rep, err
}

type replacementSeen struct {
	Status   ReplacementStatus `json:"status"`
	Person   uuid.UUID         `json:"person"`
	Document string            `json:"document,omitempty"`
}

// replacing are the secretaries who hold no part in the council.
func (s *Service) replacing(ctx context.Context, db bun.IDB, c *Council) ([]Person, error) {
	people, err := candidates(ctx, db, access.CouncilSecretary)
	return slices.DeleteFunc(people, func(p Person) bool {
		return p.ID == c.SecretaryID || slices.ContainsFunc(c.Seats, func(st Seat) bool { return st.PersonID == p.ID })
	}), err
}

// freeOf says that a person is in no conflict of interest with a subject of the council, nor with the call it belongs to.
func (s *Service) freeOf(ctx context.Context, db bun.IDB, c *Council, person, subject uuid.UUID) bool {
	free, err := s.access.FreeOf(access.With(ctx, access.Subject{ID: person}), db, c.kindOf(), []uuid.UUID{subject})
	return err == nil && len(free) == 1
}

// replacements are those of a council whose subjects the subject of ctx is in no conflict with, oldest first.
func (s *Service) replacements(ctx context.Context, db bun.IDB, council uuid.UUID) (rs []Replacement, err error) {
	q := db.NewSelect().Model(&rs).Where("cr.council_id = ?", council).OrderExpr("cr.proposed_at, cr.id")
	return rs, s.access.Free(ctx, q, "council_replacement").Scan(ctx)
}

// schedulable is what the subject of ctx may put on an agenda: whatever waits for the secretary of the decision, and
// what they were named for to one who replaces.
func (s *Service) schedulable(ctx context.Context, db bun.IDB, c *Council) ([]Subject, error) {
	all, err := s.waiting(ctx, db, c)
	me := access.From(ctx).ID
	if err != nil || me == c.SecretaryID {
		return all, err
	}
	rs, err := s.replacements(ctx, db, c.ID)
	return slices.DeleteFunc(all, func(w Subject) bool {
		return !slices.ContainsFunc(rs, func(r Replacement) bool {
			return r.SubjectID == w.ID && r.PersonID == me && r.Status == ReplacementApproved
		})
	}), err
}
