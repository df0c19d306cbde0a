package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/notify"
	"kinhbac/internal/storage"
)

// NewGrant is a role for a person with its scope; Nil and zero mean none. An auditor's grant has a last day.
type NewGrant struct {
	Role                     access.Role
	Unit, Organisation, Fund uuid.UUID
	From, To                 time.Time
}

func (g NewGrant) check() error {
	switch {
	case g.Role == access.Guest || g.Role == access.Service || !slices.Contains(access.Roles, g.Role):
		return ErrRole.At(errs.Field{Name: "role", Code: ErrRole.Code})
	case g.Role == access.Auditor && g.To.IsZero():
		return ErrNoLastDay.At(errs.Field{Name: "to", Code: ErrNoLastDay.Code})
	}
	return nil
}

// Proposal asks for a grant; somebody else decides it.
type Proposal struct {
	bun.BaseModel  `bun:"table:role_grant_proposals,alias:gp"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	UserID         uuid.UUID `bun:",type:uuid"`
	Role           access.Role
	UnitID         *uuid.UUID `bun:",type:uuid"`
	OrganisationID *uuid.UUID `bun:",type:uuid"`
	FundID         *uuid.UUID `bun:",type:uuid"`
	ValidFrom      bun.NullTime
	ValidTo        bun.NullTime
	Status         string
	ProposedBy     *uuid.UUID `bun:",type:uuid"`
	ProposedAt     time.Time
	DecidedBy      *uuid.UUID `bun:",type:uuid"`
	DecidedAt      bun.NullTime
}

// AccessKind is role_grant_proposal.
func (p *Proposal) AccessKind() string { return "role_grant_proposal" }

// AccessID is the id of the proposal.
func (p *Proposal) AccessID() uuid.UUID { return p.ID }

func (p *Proposal) grant() NewGrant {
	g := NewGrant{Role: p.Role, From: p.ValidFrom.Time, To: p.ValidTo.Time}
	for to, from := range map[*uuid.UUID]*uuid.UUID{&g.Unit: p.UnitID, &g.Organisation: p.OrganisationID, &g.Fund: p.FundID} {
		if from != nil {
			*to = *from
		}
	}
	return g
}

// Grant gives a role, or proposes it: alone it grants only from the command line and only while no security officer
// can sign in. granted is false when a proposal now waits for a second person.
func (s *Service) Grant(ctx context.Context, login string, g NewGrant) (granted bool, err error) {
	if err := g.check(); err != nil {
		return false, err
	}
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		u, err := byLogin(ctx, tx, Fold(login))
		if err != nil {
			return err
		}
		if u == nil {
			return errs.ErrNotFound
		}
		actor, err := s.authorise(ctx, tx, "role_grant", "propose", u)
		if err != nil {
			return err
		}
		if actor.ID == uuid.Nil {
			guarded, err := hasSecurityOfficer(ctx, tx)
			if err != nil {
				return err
			}
			if !guarded {
				granted = true
				if err := insertGrant(ctx, tx, u.ID, g, uuid.Nil); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Event{Act: "role_grant.bootstrap", Role: string(actor.Role), Kind: "user", Object: u.ID, Label: u.Login,
					After: map[string]string{"role": string(g.Role)}})
			}
		}
		p := &Proposal{ID: uuid.New(), UserID: u.ID, Role: g.Role, UnitID: some(g.Unit), OrganisationID: some(g.Organisation), FundID: some(g.Fund),
			ValidFrom: bun.NullTime{Time: g.From}, ValidTo: bun.NullTime{Time: g.To}, Status: "proposed", ProposedBy: some(actor.ID), ProposedAt: storage.Now(ctx)}
		if _, err := tx.NewInsert().Model(p).Exec(ctx); err != nil {
			return fmt.Errorf("propose %s for %s: %w", g.Role, u.ID, err)
		}
		if err := access.Step(ctx, tx, p, "propose", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "role_grant.propose", Actor: actor.ID, Role: string(actor.Role), Kind: "user", Object: u.ID, Label: u.Login,
			After: map[string]string{"role": string(g.Role)}})
	})
	return granted && err == nil, err
}

// Approve makes a proposal of somebody else a grant.
func (s *Service) Approve(ctx context.Context, proposal uuid.UUID) error {
	return s.decide(ctx, proposal, "approved")
}

// Reject closes a proposal of somebody else without a grant.
func (s *Service) Reject(ctx context.Context, proposal uuid.UUID) error {
	return s.decide(ctx, proposal, "rejected")
}

func (s *Service) decide(ctx context.Context, id uuid.UUID, status string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p := new(Proposal)
		err := tx.NewSelect().Model(p).Where("gp.id = ?", id).For("UPDATE").Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("lock proposal %s: %w", id, err)
		}
		actor, err := s.access.Require(ctx, tx, "role_grant", "approve", p)
		if err != nil {
			return err
		}
		if p.Status != "proposed" {
			return ErrDecided
		}
		if status == "approved" {
			if err := insertGrant(ctx, tx, p.UserID, p.grant(), actor.ID); err != nil {
				return err
			}
			if err := notify.Send(ctx, tx, p.UserID, "identity.mail_granted", "/profile"); err != nil {
				return err
			}
		}
		if _, err := tx.NewRaw("UPDATE role_grant_proposals SET status = ?, decided_by = ?, decided_at = kb.now() WHERE id = ?", status, actor.ID, p.ID).Exec(ctx); err != nil {
			return fmt.Errorf("decide proposal %s: %w", id, err)
		}
		return audit.Record(ctx, tx, audit.Event{Act: "role_grant." + status, Actor: actor.ID, Role: string(actor.Role), Kind: "user", Object: p.UserID,
			After: map[string]string{"role": string(p.Role)}})
	})
}

// Revoke ends a grant now.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		var user uuid.UUID
		var role string
		err := tx.NewRaw("SELECT user_id, role FROM role_grants WHERE id = ? FOR UPDATE", id).Scan(ctx, &user, &role)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("lock grant %s: %w", id, err)
		}
		actor, err := s.authorise(ctx, tx, "role_grant", "revoke", access.Ref{Kind: "role_grant", ID: id})
		if err != nil {
			return err
		}
		if err := endGrants(ctx, tx, "id = ?", id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "role_grant.revoke", Actor: actor.ID, Role: string(actor.Role), Kind: "user", Object: user,
			Before: map[string]string{"role": role}})
	})
}

// endGrants ends the grants of a condition, those that have not begun too.
func endGrants(ctx context.Context, tx bun.IDB, where string, args ...any) error {
	_, err := tx.NewUpdate().Table("role_grants").Set("valid_from = least(valid_from, kb.now())").Set("valid_to = kb.now()").
		Where(where, args...).Where("valid_to IS NULL OR valid_to > kb.now()").Exec(ctx)
	if err != nil {
		return fmt.Errorf("end grants: %w", err)
	}
	return nil
}

// Grants gives and ends the roles that come with an organisation, by rule and not by a proposal: whoever registers
// one applies for it. It has no state; rooms get it as an interface of their own.
type Grants struct{}

// GrantOrganisation gives person roles in organisation; those already held stay. They count from the next request.
func (Grants) GrantOrganisation(ctx context.Context, tx bun.IDB, person, organisation uuid.UUID, roles ...access.Role) error {
	for _, role := range roles {
		if !free(role) {
			return ErrRole
		}
		var held bool
		if err := tx.NewRaw(`SELECT EXISTS (SELECT 1 FROM role_grants WHERE user_id = ? AND role = ? AND organisation_id = ? AND valid_to IS NULL)`,
			person, role, organisation).Scan(ctx, &held); err != nil {
			return fmt.Errorf("grants of %s: %w", person, err)
		}
		if held {
			continue
		}
		if err := insertGrant(ctx, tx, person, NewGrant{Role: role, Organisation: organisation}, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}

// RevokeOrganisation ends the roles person holds in organisation.
func (Grants) RevokeOrganisation(ctx context.Context, tx bun.IDB, person, organisation uuid.UUID) error {
	return endGrants(ctx, tx, "user_id = ? AND organisation_id = ?", person, organisation)
}

func insertGrant(ctx context.Context, tx bun.IDB, user uuid.UUID, g NewGrant, by uuid.UUID) error {
	from := bun.NullTime{Time: g.From}
	_, err := tx.NewRaw(`INSERT INTO role_grants (id, user_id, role, unit_id, organisation_id, fund_id, valid_from, valid_to, granted_by)
		VALUES (?, ?, ?, ?, ?, ?, COALESCE(?::timestamptz, kb.now()), ?, ?)`, uuid.New(), user, g.Role, some(g.Unit), some(g.Organisation), some(g.Fund),
		from, bun.NullTime{Time: g.To}, some(by)).Exec(ctx)
	if err != nil {
		return grantError(fmt.Errorf("grant %s to %s: %w", g.Role, user, err))
	}
	return nil
}

// grantError puts the database's refusal into words.
func grantError(err error) error {
	switch storage.Constraint(err) {
	case "sod_ok":
		return ErrToxicPair
	case "role_grants_once":
		return ErrGrantTwice
	case "role_grants_unit_id_fkey":
		return ErrNoUnit
	}
	return err
}

func hasSecurityOfficer(ctx context.Context, db bun.IDB) (yes bool, err error) {
	err = db.NewRaw(`SELECT EXISTS (SELECT 1 FROM role_grants g JOIN users u ON u.id = g.user_id AND u.disabled_at IS NULL
		WHERE g.role = ? AND g.valid_from <= kb.now() AND (g.valid_to IS NULL OR g.valid_to > kb.now()))`, access.SecurityOfficer).Scan(ctx, &yes)
	if err != nil {
		return false, fmt.Errorf("look for a security officer: %w", err)
	}
	return yes, nil
}

func some(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
