package budget

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// Leg is one leg of a voucher as people read it.
type Leg struct {
	Account        string
	NameVI, NameEN string
	Line           *Line // of a stage account
	Amount         money.Amount
}

// Voucher is a journal with its legs and where it stands under the seal.
type Voucher struct {
	No, Book, Kind string
	On             calendar.Date
	Document       ledger.Ref
	Reason, Basis  string
	Actor, Checker string
	Digest         string // hex
	Leaf           *int64 // place in the sealed tree, nil while it waits for the seal
	TreeSize       *int64
	Reverses       string
	ReversedBy     string
	Legs           []Leg
	Paper          *Paper // nil where the document is of another kind
}

// Paper is the document of a commitment made straight on a line (cam kết chi).
type Paper struct {
	Voucher      string // that it made
	At           time.Time
	Amount, Held money.Amount // committed, and what of it was neither released nor taken back
	Released     []Act        // decided, oldest first
}

// Voucher reads a journal of the budget and of the books of what really moved by its number; others are errs.ErrNotFound.
func (s *Service) Voucher(ctx context.Context, no string) (*Voucher, error) {
	var head struct {
		ID                         int64
		No, Book, Kind             string
		EffectiveOn                calendar.Date
		DocumentKind, DocumentNo   string
		DocumentID                 uuid.UUID
		Reason, LegalBasis, Digest string
		ActorID                    uuid.UUID
		ApproverID                 *uuid.UUID
		Leaf, TreeSize             *int64
		Reverses, ReversedBy       string
	}
	err := s.db.NewRaw(`SELECT j.id, j.number AS no, b.code AS book, j.kind, j.effective_on, j.document_kind, j.document_no, j.document_id,
			j.reason, j.legal_basis, encode(j.digest, 'hex') AS digest, j.actor_id, j.approver_id, l.leaf,
			(SELECT max(h.size) FROM seal_heads h WHERE h.tree = 'ledger') AS tree_size,
			COALESCE((SELECT r.number FROM ledger.journals r WHERE r.id = COALESCE(j.reverses_id, j.adjusts_id)), '') AS reverses,
			COALESCE((SELECT min(r.number) FROM ledger.journals r WHERE r.reverses_id = j.id), '') AS reversed_by
		FROM ledger.journals j JOIN ledger.books b ON b.id = j.book_id
		LEFT JOIN seal_leaves l ON l.tree = 'ledger' AND l.row_id = j.id
		WHERE j.number = ? AND b.code IN ('BUDGET', 'CONTRACT', 'ACTUAL')`, no).Scan(ctx, &head)
	if err := one(err, "voucher", uuid.Nil); err != nil {
		return nil, err
	}
	people := map[uuid.UUID]bool{head.ActorID: true}
	if head.ApproverID != nil {
		people[*head.ApproverID] = true
	}
	who, err := names(ctx, s.db, people)
	if err != nil {
		return nil, err
	}
	v := &Voucher{No: head.No, Book: head.Book, Kind: head.Kind, On: head.EffectiveOn, Reason: head.Reason, Basis: head.LegalBasis,
		Document: ledger.Ref{Kind: head.DocumentKind, ID: head.DocumentID, No: head.DocumentNo}, Actor: who[head.ActorID],
		Digest: head.Digest, Leaf: head.Leaf, TreeSize: head.TreeSize, Reverses: head.Reverses, ReversedBy: head.ReversedBy}
	if head.ApproverID != nil {
		v.Checker = who[*head.ApproverID]
	}
	var legs []struct {
		Account, NameVI, NameEN string
		Amount                  money.Amount
		LineID                  *int64
	}
	err = s.db.NewRaw(`SELECT a.code AS account, a.name_vi, a.name_en, p.amount::numeric(24,0) AS amount, p.line_id
		FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.journal_id = ? ORDER BY p.leg`, head.ID).Scan(ctx, &legs)
	if err != nil {
		return nil, fmt.Errorf("legs of %s: %w", no, err)
	}
	lines := map[int64]*Line{}
	var ids []int64
	for _, l := range legs {
		if l.LineID != nil {
			ids = append(ids, *l.LineID)
		}
	}
	if len(ids) > 0 {
		var found []Line
		q := s.db.NewSelect().Model(&found).Where("bl.control_line IN (?)", bun.List(ids))
		if err := s.access.Scope(ctx, q, "budget_line", "read", "budget_line").Scan(ctx); err != nil {
			return nil, fmt.Errorf("lines of %s: %w", no, err)
		}
		for i := range found {
			lines[found[i].ControlLine] = &found[i]
		}
	}
	for _, l := range legs {
		leg := Leg{Account: l.Account, NameVI: l.NameVI, NameEN: l.NameEN, Amount: l.Amount}
		if l.LineID != nil {
			leg.Line = lines[*l.LineID]
		}
		v.Legs = append(v.Legs, leg)
	}
	if v.Document.Kind == "commitment" {
		v.Paper, err = paper(ctx, s.db, v.Document.ID)
	}
	return v, err
}

// paper reads the document of a commitment with what was given back of it.
func paper(ctx context.Context, db bun.IDB, id uuid.UUID) (*Paper, error) {
	var c struct {
		Number string
		At     time.Time
		Amount money.Amount
		LineID int64
	}
	err := db.NewRaw(`SELECT j.number, c.at, c.amount, c.line_id FROM ledger.commitments c JOIN ledger.journals j ON j.id = c.journal_id
		WHERE c.id = ?`, id).Scan(ctx, &c)
	if err := one(err, "commitment", id); err != nil {
		return nil, err
	}
	p := &Paper{Voucher: c.Number, At: c.At, Amount: c.Amount}
	held, err := commitments(ctx, db, &Line{ControlLine: c.LineID}, id)
	if err == nil {
		held, err = lessReleased(ctx, db, held)
	}
	if err != nil {
		return nil, err
	}
	for _, h := range held {
		p.Held = p.Held.Add(h.Held)
	}
	err = db.NewSelect().Model(&p.Released).Where("ba.kind = ?", Release).Where("ba.status = ?", Decided).Where("ba.frees_id = ?", id).
		OrderExpr("ba.decided_at, ba.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("releases of commitment %s: %w", id, err)
	}
	return p, nil
}
