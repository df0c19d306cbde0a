package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/storage"
)

// GrantRow is one grant in the list of rights. Unit is the name of the unit; Scoped says that the grant is for one
// organisation or one fund.
type GrantRow struct {
	bun.BaseModel `bun:"table:role_grants,alias:rg" json:"-"`
	ID            uuid.UUID    `bun:",pk,type:uuid" json:"id"`
	Name          string       `json:"name"`
	Login         string       `json:"login"`
	Role          access.Role  `json:"role"`
	UnitVI        string       `bun:"unit_vi" json:"unit_vi"`
	UnitEN        string       `bun:"unit_en" json:"unit_en"`
	Scoped        string       `json:"scoped"` // organisation, fund or ""
	ValidFrom     time.Time    `json:"valid_from"`
	ValidTo       bun.NullTime `json:"valid_to"`
	Ended         bool         `json:"ended"`
}

// grants selects the grants the subject of ctx may see.
func (s *Service) grants(ctx context.Context, rows *[]GrantRow) *bun.SelectQuery {
	q := storage.Joined(ctx, s.db).NewSelect().Model(rows).
		ColumnExpr("rg.id, us.name, us.login, rg.role, rg.valid_from, rg.valid_to").
		ColumnExpr("COALESCE(un.name_vi, '') AS unit_vi, COALESCE(un.name_en, '') AS unit_en").
		ColumnExpr("CASE WHEN rg.organisation_id IS NOT NULL THEN 'organisation' WHEN rg.fund_id IS NOT NULL THEN 'fund' ELSE '' END AS scoped").
		ColumnExpr("rg.valid_to IS NOT NULL AND rg.valid_to <= kb.now() AS ended").
		Join("JOIN users us ON us.id = rg.user_id").Join("LEFT JOIN units un ON un.id = COALESCE(rg.unit_id, us.unit_id)")
	return s.access.Scope(ctx, q, "role_grant", "read", "role_grant")
}

// ProposalRow is one proposed grant that waits.
type ProposalRow struct {
	ID         uuid.UUID
	Name       string
	Login      string
	Role       access.Role
	Proposer   string // "" = the command line
	ProposedAt time.Time
	ValidTo    bun.NullTime
	CanDecide  bool `bun:"-"`
}

// Waiting lists the proposed grants the subject of ctx may see, oldest first.
func (s *Service) Waiting(ctx context.Context) (rows []ProposalRow, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().TableExpr("role_grant_proposals AS gp").
		ColumnExpr("gp.id, us.name, us.login, gp.role, COALESCE(pr.name, '') AS proposer, gp.proposed_at, gp.valid_to").
		Join("JOIN users us ON us.id = gp.user_id").Join("LEFT JOIN users pr ON pr.id = gp.proposed_by").
		Where("gp.status = 'proposed'").OrderExpr("gp.proposed_at, gp.id").Limit(200)
	if err := s.access.Scope(ctx, q, "role_grant", "read", "role_grant_proposal").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("proposed grants: %w", err)
	}
	for i := range rows {
		rows[i].CanDecide = s.access.Can(ctx, storage.Joined(ctx, s.db), "role_grant", "approve", access.Ref{Kind: "role_grant_proposal", ID: rows[i].ID})
	}
	return rows, nil
}

// UserRow is one account in the list of accounts.
type UserRow struct {
	bun.BaseModel `bun:"table:users,alias:us" json:"-"`
	ID            uuid.UUID `bun:",pk,type:uuid" json:"id"`
	Name          string    `json:"name"`
	Login         string    `json:"login"`
	UnitVI        string    `bun:"unit_vi" json:"unit_vi"`
	UnitEN        string    `bun:"unit_en" json:"unit_en"`
	Origin        string    `json:"origin"`
	Factor        bool      `json:"factor"`
	State         string    `json:"state"` // active, unconfirmed, disabled
	CreatedAt     time.Time `json:"created_at"`
}

// users selects the accounts the subject of ctx may see.
func (s *Service) users(ctx context.Context, rows *[]UserRow) *bun.SelectQuery {
	q := storage.Joined(ctx, s.db).NewSelect().Model(rows).
		ColumnExpr("us.id, us.name, us.login, us.origin, us.created_at").
		ColumnExpr("COALESCE(un.name_vi, '') AS unit_vi, COALESCE(un.name_en, '') AS unit_en").
		ColumnExpr("EXISTS (SELECT FROM user_factors uf WHERE uf.user_id = us.id AND uf.confirmed_at IS NOT NULL) AS factor").
		ColumnExpr("CASE WHEN us.disabled_at IS NOT NULL THEN 'disabled' WHEN us.confirmed_at IS NULL THEN 'unconfirmed' ELSE 'active' END AS state").
		Join("LEFT JOIN units un ON un.id = us.unit_id")
	return s.access.Scope(ctx, q, "user_account", "read", "user")
}

// SessionRow is one of a person's own sessions.
type SessionRow struct {
	Address   string
	Agent     string
	CreatedAt time.Time
	SeenAt    time.Time
	Current   bool
}

// Sessions lists the running sessions of the subject of ctx, the newest first.
func (s *Service) Sessions(ctx context.Context) (rows []SessionRow, err error) {
	sub := access.From(ctx)
	err = s.db.NewRaw(`SELECT address, agent, created_at, seen_at, id = ? AS current FROM sessions
		WHERE user_id = ? AND expires_at > ? AND seen_at + make_interval(secs => idle_seconds) > ?
		ORDER BY created_at DESC LIMIT 20`, sub.Session, sub.ID, s.clock.Now(), s.clock.Now()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("sessions of %s: %w", sub.ID, err)
	}
	return rows, nil
}

// DemoPerson is one person somebody trying the program may be: by one click, or with password and code.
type DemoPerson struct {
	Name, Login, Unit, Code string
	Roles                   []access.Role
}

// DemoPeople lists the people with roles in the order they were made; none outside a demonstration database.
func (s *Service) DemoPeople(ctx context.Context) (people []DemoPerson, err error) {
	if !s.opts.Demo {
		return nil, nil
	}
	var rows []struct {
		ID          uuid.UUID
		Name, Login string
		Unit        string
		Roles       []access.Role `bun:",array"`
	}
	err = s.db.NewRaw(`SELECT us.id, us.name, us.login, COALESCE(un.name_vi, '') AS unit, array_agg(DISTINCT g.role) AS roles
		FROM users us JOIN role_grants g ON g.user_id = us.id AND g.valid_from <= kb.now() AND (g.valid_to IS NULL OR g.valid_to > kb.now())
		LEFT JOIN units un ON un.id = us.unit_id WHERE us.disabled_at IS NULL
		GROUP BY us.id, un.name_vi ORDER BY min(us.created_at), us.login LIMIT 60`).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("people of the demonstration: %w", err)
	}
	for _, r := range rows {
		p := DemoPerson{Name: r.Name, Login: r.Login, Unit: r.Unit, Roles: r.Roles}
		f, err := factorOf(ctx, s.db, r.ID)
		if err != nil {
			return nil, err
		}
		if f != nil {
			if p.Code, err = s.freshCode(ctx, s.db, f); err != nil {
				return nil, err
			}
		}
		people = append(people, p)
	}
	return people, nil
}
