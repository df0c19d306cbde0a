package party

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Refusals round members.
var (
	ErrInvited   = errs.New(errs.Conflict, "party.already_invited")
	ErrNotMember = errs.New(errs.NotFound, "party.not_member")
	ErrLast      = errs.New(errs.Conflict, "party.last_member")
)

// Member acts for an organisation (thành viên), or is asked to: AcceptedAt is nil until the person accepts.
type Member struct {
	bun.BaseModel  `bun:"table:organisation_members,alias:om"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	OrganisationID uuid.UUID `bun:"type:uuid"`
	Login          string
	UserID         uuid.UUID `bun:"type:uuid,nullzero"`
	Signatory      bool
	InvitedBy      uuid.UUID  `bun:"type:uuid,nullzero"`
	InvitedAt      time.Time  `bun:",nullzero"`
	AcceptedAt     *time.Time `bun:",nullzero"`
	EndedAt        *time.Time `bun:",nullzero"`
	Name           string     `bun:",scanonly"` // of the person, once accepted
	Organisation   string     `bun:",scanonly"`
}

// Roles are what a member is granted, scoped to the organisation.
func (m *Member) Roles() []access.Role {
	if m.Signatory {
		return []access.Role{access.Applicant, access.OrgSignatory}
	}
	return []access.Role{access.Applicant}
}

// Members lists who acts for an organisation and who is asked to, in order of invitation.
func Members(ctx context.Context, db bun.IDB, organisation uuid.UUID) (ms []Member, err error) {
	err = db.NewSelect().Model(&ms).ColumnExpr("om.*, COALESCE(u.name, '') AS name").
		Join("LEFT JOIN users u ON u.id = om.user_id").
		Where("om.organisation_id = ? AND om.ended_at IS NULL", organisation).OrderExpr("om.invited_at, om.id").Scan(ctx)
	return ms, err
}

// Invitations lists what waits for the subject of ctx to accept.
func (s *Service) Invitations(ctx context.Context) (ms []Member, err error) {
	login := access.From(ctx).Login
	if login == "" {
		return nil, nil
	}
	err = storage.Joined(ctx, s.db).NewSelect().Model(&ms).ColumnExpr("om.*, o.name AS organisation").
		Join("JOIN organisations o ON o.id = om.organisation_id").
		Where("om.login = ? AND om.accepted_at IS NULL AND om.ended_at IS NULL", login).OrderExpr("om.invited_at").Scan(ctx)
	return ms, err
}

// Invite asks the person with a sign-in name to act for the organisation. Whether such an account exists is not
// told. ErrInvited when that name is a member or asked already.
func (s *Service) Invite(ctx context.Context, organisation uuid.UUID, login string, signatory bool) (*Member, error) {
	m := &Member{ID: uuid.New(), OrganisationID: organisation, Login: strings.ToLower(login), Signatory: signatory}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		o, err := lock(ctx, tx, organisation)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "organisation", "invite", o)
		if err != nil {
			return err
		}
		m.InvitedBy = actor.ID
		if _, err := tx.NewInsert().Model(m).Exec(ctx); storage.Constraint(err) == "organisation_members_once" {
			return ErrInvited
		} else if err != nil {
			return fmt.Errorf("invite to organisation %s: %w", organisation, err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "organisation.invite", Actor: actor.ID, Role: string(actor.Role),
			Kind: "organisation", Object: o.ID, Label: o.TaxCode, After: memberFact{signatory}})
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Accept makes the subject of ctx a member by an invitation to its own sign-in name; ErrNotMember for any other.
func (s *Service) Accept(ctx context.Context, invitation uuid.UUID) (*Member, error) {
	var m Member
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		person := access.From(ctx)
		m = Member{}
		err := tx.NewSelect().Model(&m).Where("om.id = ? AND om.login = ?", invitation, person.Login).
			Where("om.accepted_at IS NULL AND om.ended_at IS NULL").For("UPDATE").Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) || err == nil && person.Login == "" {
			return ErrNotMember
		}
		if err != nil {
			return fmt.Errorf("lock invitation %s: %w", invitation, err)
		}
		now := storage.Now(ctx)
		m.UserID, m.AcceptedAt = person.ID, &now
		if _, err := tx.NewUpdate().Model(&m).Column("user_id", "accepted_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("accept invitation %s: %w", invitation, err)
		}
		if err := s.join(ctx, tx, &m); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "organisation.accept", Actor: person.ID, Role: string(access.Applicant),
			Kind: "organisation", Object: m.OrganisationID})
	})
	return &m, err
}

// Leave ends a membership or an invitation; somebody must remain who acts for the organisation.
func (s *Service) Leave(ctx context.Context, organisation, member uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		o, err := lock(ctx, tx, organisation)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "organisation", "invite", o)
		if err != nil {
			return err
		}
		ms, err := Members(ctx, tx, organisation)
		if err != nil {
			return err
		}
		var m *Member
		acting := 0
		for i := range ms {
			if ms[i].ID == member {
				m = &ms[i]
			} else if ms[i].AcceptedAt != nil {
				acting++
			}
		}
		switch {
		case m == nil:
			return ErrNotMember
		case acting == 0:
			return ErrLast
		}
		now := storage.Now(ctx)
		m.EndedAt = &now
		if _, err := tx.NewUpdate().Model(m).Column("ended_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("end membership %s: %w", member, err)
		}
		if m.AcceptedAt != nil {
			if err := access.EndTie(ctx, tx, access.Tie{Kind: "own", Who: m.UserID, Object: o}); err != nil {
				return err
			}
			if err := s.grants.RevokeOrganisation(ctx, tx, m.UserID, o.ID); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Act: "organisation.leave", Actor: actor.ID, Role: string(actor.Role),
			Kind: "organisation", Object: o.ID, Label: o.TaxCode})
	})
}

// join gives a member the tie and the roles, in the caller's transaction.
func (s *Service) join(ctx context.Context, tx bun.IDB, m *Member) error {
	own := access.Tie{Kind: "own", Who: m.UserID, Object: access.Ref{Kind: "organisation", ID: m.OrganisationID}}
	if err := access.AddTie(ctx, tx, own); err != nil {
		return fmt.Errorf("tie member %s: %w", m.ID, err)
	}
	return s.grants.GrantOrganisation(ctx, tx, m.UserID, m.OrganisationID, m.Roles()...)
}

type memberFact struct {
	Signatory bool `json:"signatory"`
}
