package budget

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Claim is a document that holds money of a line: an award that waits for its agreement, an agreement that runs, a
// plain commitment. Held is what of Stage stands for it, Need what it still needs of that; both in đồng.
type Claim struct {
	Kind       string
	ID         uuid.UUID
	No         string // as people know it
	Href       string // its page, "" when it has none
	Stage      ledger.Stage
	Held, Need money.Amount
}

// Free is what may be released without leaving the document short.
func (c Claim) Free() money.Amount { return c.Held.Sub(c.Need) }

// Blocker is something that keeps a budget year from being closed. Code is its words in the catalogue, after
// budget.blocker.
type Blocker struct {
	Code, No, Href string
	Amount         money.Amount
}

// Holder is a room downstream whose documents hold money of budget lines. App plugs them in.
type Holder interface {
	// Claims are the documents that hold money of a line.
	Claims(ctx context.Context, db bun.IDB, line uuid.UUID) ([]Claim, error)
	// LockClaim reads one of them and keeps it from changing for the rest of the transaction; nil when it is not of
	// this room.
	LockClaim(ctx context.Context, tx bun.IDB, line uuid.UUID, kind string, id uuid.UUID) (*Claim, error)
	// CarryOver moves the documents that go on to the line of the next year.
	CarryOver(ctx context.Context, tx bun.IDB, from, to uuid.UUID) error
	// Blockers are the open documents of a budget year.
	Blockers(ctx context.Context, db bun.IDB, year int) ([]Blocker, error)
}

// Follow plugs in the rooms whose documents hold money of budget lines.
func (s *Service) Follow(h ...Holder) { s.holders = append(s.holders, h...) }

// Claims are the documents that hold money of a line, less what was released of them.
func (s *Service) Claims(ctx context.Context, db bun.IDB, l *Line) ([]Claim, error) {
	claims, err := commitments(ctx, db, l, uuid.Nil)
	if err != nil {
		return nil, err
	}
	for _, h := range s.holders {
		more, err := h.Claims(ctx, db, l.ID)
		if err != nil {
			return nil, err
		}
		claims = append(claims, more...)
	}
	return lessReleased(ctx, db, claims)
}

// lockClaim reads the document a release names, for the rest of the transaction; nil when it holds nothing of l.
func (s *Service) lockClaim(ctx context.Context, tx bun.IDB, l *Line, kind string, id uuid.UUID) (*Claim, error) {
	var found []Claim
	if kind == "commitment" {
		own, err := commitments(ctx, tx, l, id)
		if err != nil {
			return nil, err
		}
		found = own
	}
	for _, h := range s.holders {
		c, err := h.LockClaim(ctx, tx, l.ID, kind, id)
		if err != nil {
			return nil, err
		}
		if c != nil {
			found = append(found, *c)
		}
	}
	found, err := lessReleased(ctx, tx, found)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// commitments are the plain commitments made straight on a line, or the one of a document.
func commitments(ctx context.Context, db bun.IDB, l *Line, document uuid.UUID) ([]Claim, error) {
	var rows []struct {
		DocumentID uuid.UUID
		DocumentNo string
		Number     string
		Amount     money.Amount
	}
	q := db.NewSelect().TableExpr("ledger.postings AS p").Join("JOIN ledger.journals j ON j.id = p.journal_id").
		Join("JOIN ledger.accounts a ON a.id = p.account_id AND a.code = ?", ledger.Committed).
		ColumnExpr("j.document_id, j.document_no, min(j.number) AS number, sum(p.amount)::numeric(24,0) AS amount").
		Where("p.line_id = ?", l.ControlLine).Where("j.document_kind = 'commitment'").
		GroupExpr("j.document_id, j.document_no").Having("sum(p.amount) > 0").OrderExpr("min(j.id)").Limit(200)
	if document != uuid.Nil {
		q = q.Where("j.document_id = ?", document)
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read commitments on %s: %w", l.Code, err)
	}
	claims := make([]Claim, len(rows))
	for i, r := range rows {
		claims[i] = Claim{Kind: "commitment", ID: r.DocumentID, No: r.DocumentNo, Href: "/vouchers/" + r.Number,
			Stage: ledger.Committed, Held: r.Amount}
	}
	return claims, nil
}

// lessReleased takes off what decided releases gave back already.
func lessReleased(ctx context.Context, db bun.IDB, claims []Claim) ([]Claim, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(claims))
	for i, c := range claims {
		ids[i] = c.ID
	}
	var rows []struct {
		FreesID uuid.UUID
		Stage   ledger.Stage
		Amount  money.Amount
	}
	err := db.NewSelect().Model((*Act)(nil)).ColumnExpr("ba.frees_id, ba.stage, sum(ba.amount) AS amount").
		Where("ba.kind = ?", Release).Where("ba.status = ?", Decided).Where("ba.frees_id IN (?)", bun.List(ids)).
		GroupExpr("ba.frees_id, ba.stage").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read what was released: %w", err)
	}
	for i := range claims {
		for _, r := range rows {
			if r.FreesID == claims[i].ID && r.Stage == claims[i].Stage {
				claims[i].Held = claims[i].Held.Sub(r.Amount)
			}
		}
	}
	return claims, nil
}
