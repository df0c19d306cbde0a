package proposal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// Get reads a dossier, or errs.ErrNotFound; whether the reader may see it is the caller's question.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Proposal, error) {
	return find(ctx, db.NewSelect().Where("p.id = ?", id), id)
}

// Lock reads a dossier FOR UPDATE, or errs.ErrNotFound.
func Lock(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Proposal, error) {
	return find(ctx, tx.NewSelect().Where("p.id = ?", id).For("UPDATE"), id)
}

// Move takes a dossier to a later state for the room whose act decides it, under the caller's authorisation
// and in its transaction. It records the move; ErrMove when the graph does not have it.
func Move(ctx context.Context, tx bun.IDB, id uuid.UUID, to Status, actor access.Actor) error {
	p, err := Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	from := p.Status
	if err := p.Move(to); err != nil {
		return fmt.Errorf("move proposal %s from %s to %s: %w", id, from, to, err)
	}
	return saveStatus(ctx, tx, p, from, actor, "proposal."+string(to))
}

// OfCall gives the dossiers of a call in the given states, all but drafts when none is given, by code.
func OfCall(ctx context.Context, db bun.IDB, call uuid.UUID, states ...Status) ([]Proposal, error) {
	var ps []Proposal
	q := db.NewSelect().Model(&ps).Where("p.call_id = ?", call).Where("p.status <> ?", Draft).OrderExpr("p.code")
	if len(states) > 0 {
		q = q.Where("p.status IN (?)", bun.List(states))
	}
	return ps, q.Scan(ctx)
}

// PutForward marks a dossier that stands in a proposed set of awards: from then on the province's leader and the
// finance side may read it. Once is enough.
func PutForward(ctx context.Context, tx bun.IDB, id uuid.UUID) error {
	return stamp(ctx, tx, id, "put_forward_at")
}

// Publish marks a dossier whose outcome is public: from then on its applicant and /track read it. Once is enough.
func Publish(ctx context.Context, tx bun.IDB, id uuid.UUID) error {
	return stamp(ctx, tx, id, "published_at")
}

func stamp(ctx context.Context, tx bun.IDB, id uuid.UUID, column string) error {
	_, err := tx.NewUpdate().Model((*Proposal)(nil)).Set("? = COALESCE(?, ?)", bun.Ident(column), bun.Ident(column), storage.Now(ctx)).
		Where("p.id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("stamp %s of proposal %s: %w", column, id, err)
	}
	return nil
}

// Costs gives the cost lines of a dossier in the order of its table.
func Costs(ctx context.Context, db bun.IDB, proposal uuid.UUID) ([]Cost, error) {
	var cs []Cost
	err := db.NewSelect().Model(&cs).Where("pc.proposal_id = ?", proposal).OrderExpr("pc.position, pc.source").Scan(ctx)
	return cs, err
}

type statusChange struct {
	Status Status `json:"status"`
}

func saveStatus(ctx context.Context, tx bun.IDB, p *Proposal, from Status, actor access.Actor, act string) error {
	p.Version++
	p.UpdatedAt = storage.Now(ctx)
	_, err := tx.NewUpdate().Model(p).Column("status", "version", "updated_at", "screened_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save proposal %s: %w", p.ID, err)
	}
	return audit.Record(ctx, tx, audit.Event{
		Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "proposal", Object: p.ID, Label: p.Code,
		Before: statusChange{from}, After: statusChange{p.Status},
	})
}

func find(ctx context.Context, q *bun.SelectQuery, id uuid.UUID) (*Proposal, error) {
	p := new(Proposal)
	if err := noRow(q.Model(p).Scan(ctx), "proposal", id); err != nil {
		return nil, err
	}
	return p, nil
}

// noRow makes errs.ErrNotFound of no rows and names the row in any other error.
func noRow(err error, kind string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return nil
}
