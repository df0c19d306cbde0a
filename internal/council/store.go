package council

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/call"
	"kinhbac/internal/errs"
)

func found(err error, what string, id uuid.UUID) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", what, id, err)
	}
	return nil
}

// Get reads a council with its seats in order; errs.ErrNotFound when there is none.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Council, error) {
	return read(ctx, db, db.NewSelect().Where("co.id = ?", id), id)
}

func lock(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Council, error) {
	return read(ctx, tx, tx.NewSelect().Where("co.id = ?", id).For("UPDATE"), id)
}

func read(ctx context.Context, db bun.IDB, q *bun.SelectQuery, id uuid.UUID) (*Council, error) {
	c := new(Council)
	if err := found(q.Model(c).Scan(ctx), "council", id); err != nil {
		return nil, err
	}
	err := db.NewSelect().Model(&c.Seats).Where("st.council_id = ?", c.ID).OrderExpr("st.position").Scan(ctx)
	return c, err
}

func saveCouncil(ctx context.Context, tx bun.IDB, c *Council) error {
	c.Version++
	_, err := tx.NewUpdate().Model(c).Column("status", "decision_no", "decided_on", "approved_by", "approved_at", "version").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save council %s: %w", c.ID, err)
	}
	return nil
}

func readSession(ctx context.Context, q *bun.SelectQuery, id uuid.UUID) (*Session, error) {
	s := new(Session)
	return s, found(q.Model(s).Where("cs.id = ?", id).Scan(ctx), "session", id)
}

func lockSession(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Session, error) {
	return readSession(ctx, tx.NewSelect().For("UPDATE"), id)
}

func saveSession(ctx context.Context, tx bun.IDB, s *Session) error {
	s.Version++
	_, err := tx.NewUpdate().Model(s).ExcludeColumn("id", "council_id", "number").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save session %s: %w", s.ID, err)
	}
	return nil
}

func lockMatter(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Matter, error) {
	m := new(Matter)
	return m, found(tx.NewSelect().Model(m).Where("cm.id = ?", id).For("UPDATE").Scan(ctx), "matter", id)
}

func saveMatter(ctx context.Context, tx bun.IDB, m *Matter) error {
	m.Version++
	_, err := tx.NewUpdate().Model(m).ExcludeColumn("id", "council_id", "session_id", "position", "kind", "subject_id").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save matter %s: %w", m.ID, err)
	}
	return nil
}

func mattersOf(ctx context.Context, db bun.IDB, session uuid.UUID) ([]Matter, error) {
	var ms []Matter
	err := db.NewSelect().Model(&ms).Where("cm.session_id = ?", session).OrderExpr("cm.position").Scan(ctx)
	return ms, err
}

func itemsOf(ctx context.Context, db bun.IDB, matter uuid.UUID) ([]Item, error) {
	var is []Item
	err := db.NewSelect().Model(&is).Where("ci.matter_id = ?", matter).OrderExpr("ci.position").Scan(ctx)
	return is, err
}

func ballotsOf(ctx context.Context, db bun.IDB, matter uuid.UUID) ([]Ballot, error) {
	var bs []Ballot
	err := db.NewSelect().Model(&bs).Relation("Lines").Where("b.matter_id = ?", matter).OrderExpr("b.id").Scan(ctx)
	return bs, err
}

func criteriaOf(ctx context.Context, db bun.IDB, c *Council) ([]call.Criterion, error) {
	if c.Kind != Grant {
		return nil, nil
	}
	k, err := call.Get(ctx, db, c.SubjectID)
	if err != nil {
		return nil, err
	}
	return k.Criteria, nil
}

func personName(ctx context.Context, db bun.IDB, id uuid.UUID) (string, error) {
	var name string
	err := db.NewSelect().Table("users").Column("name").Where("id = ?", id).Scan(ctx, &name)
	return name, found(err, "person", id)
}
