package ledger

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
)

// VoucherProof is one voucher with all that its digest covers and the proof that this digest is sealed. It is checked far
// from the database, by whoever has the public key of the installation. ID, Book number, combination and line are inner
// numbers: they stand here because the digest covers them, and nowhere else outside.
type VoucherProof struct {
	Format    string          `json:"format"` // voucherFormat
	Voucher   Voucher         `json:"voucher"`
	Inclusion audit.Inclusion `json:"inclusion"`
}

const voucherFormat = "kinhbac voucher 1"

// Voucher is a journal as its digest covers it.
type Voucher struct {
	Number       string       `json:"number"`
	Book         string       `json:"book"`
	Kind         string       `json:"kind"`
	EffectiveOn  string       `json:"effective_on"` // yyyy-MM-dd
	DocumentKind string       `json:"document_kind"`
	DocumentID   uuid.UUID    `json:"document_id"`
	DocumentNo   string       `json:"document_no"`
	Reason       string       `json:"reason"`
	LegalBasis   string       `json:"legal_basis"`
	ActorID      uuid.UUID    `json:"actor_id"`
	ApproverID   *uuid.UUID   `json:"approver_id"`
	At           time.Time    `json:"at"` // deciding time
	RequestKey   string       `json:"request_key"`
	ContentHash  audit.Bytes  `json:"content_hash"`
	ID           int64        `json:"id"`
	BookID       int64        `json:"book_id"`
	ReversesID   *int64       `json:"reverses_id"`
	AdjustsID    *int64       `json:"adjusts_id"`
	Legs         []VoucherLeg `json:"legs" bun:"-"`
}

// VoucherLeg is one leg: debit positive, in its currency. BaseAmount is what a foreign leg is worth in đồng, nil for others.
type VoucherLeg struct {
	Leg        int64            `json:"leg"`
	Account    string           `json:"account"`
	DimID      int64            `json:"dim_id"`
	LineID     *int64           `json:"line_id"`
	Amount     decimal.Decimal  `json:"amount"`
	Currency   string           `json:"currency"`
	BaseAmount *decimal.Decimal `json:"base_amount"`
	RateID     *int64           `json:"rate_id"`
}

// Digest computes what the kernel kept beside the journal, from the content alone.
func (v *Voucher) Digest() []byte {
	head := new(audit.Canon).Raw("journal.1").Int(v.ID).Int(v.BookID).Text(v.Number).Text(v.Kind).Day(v.EffectiveOn).
		Text(v.DocumentKind).ID(v.DocumentID).Text(v.DocumentNo).Text(v.RequestKey).Hex(v.ContentHash.String()).
		MaybeInt(v.ReversesID).MaybeInt(v.AdjustsID).Text(v.Reason).Text(v.LegalBasis).ID(v.ActorID).MaybeID(v.ApproverID).
		Instant(v.At).Int(int64(len(v.Legs)))
	legs, width := new(audit.Canon), 6
	for _, l := range v.Legs {
		if l.Currency != "VND" { // foreign legs say their worth in đồng too
			width = 8
		}
	}
	for _, l := range v.Legs {
		legs.Int(l.Leg).Text(l.Account).Int(l.DimID).MaybeInt(l.LineID).Number(l.Amount).Text(l.Currency)
		if width == 8 {
			legs.MaybeNumber(l.BaseAmount).MaybeInt(l.RateID)
		}
	}
	return audit.Digest(head.Bytes(), legs.Rows(width))
}

// ErrAltered is a voucher whose content is not the one that was sealed.
var ErrAltered = errors.New("the content of the voucher is not the one that was sealed")

// Check says whether the voucher stands, word for word, under the signed head of its proof. key is the one that must
// have signed; nil believes the key in the proof.
func (p *VoucherProof) Check(key ed25519.PublicKey) error {
	switch {
	case p.Format != voucherFormat || p.Inclusion.Head.Tree != "ledger":
		return fmt.Errorf("this is no %q", voucherFormat)
	case hex.EncodeToString(p.Voucher.Digest()) != p.Inclusion.Digest.String():
		return ErrAltered
	}
	return p.Inclusion.Check(key)
}

// ProveVoucher reads a voucher by its number with its proof; no such voucher is errs.ErrNotFound, one that waits for the
// sealer audit.ErrUnsealed with the proof filled as far as it goes. The caller decides who may see it.
func ProveVoucher(ctx context.Context, db bun.IDB, number string) (*VoucherProof, error) {
	p := &VoucherProof{Format: voucherFormat}
	var digest []byte
	v := &p.Voucher
	err := db.NewRaw(`SELECT j.number, b.code, j.kind, j.effective_on::text, j.document_kind, j.document_id, j.document_no, j.reason, j.legal_basis,
			j.actor_id, j.approver_id, j.at, j.request_key, j.content_hash, j.id, j.book_id, j.reverses_id, j.adjusts_id, j.digest
			FROM ledger.journals j JOIN ledger.books b ON b.id = j.book_id WHERE j.number = ?`, number).
		Scan(ctx, &v.Number, &v.Book, &v.Kind, &v.EffectiveOn, &v.DocumentKind, &v.DocumentID, &v.DocumentNo, &v.Reason, &v.LegalBasis,
			&v.ActorID, &v.ApproverID, &v.At, &v.RequestKey, &v.ContentHash, &v.ID, &v.BookID, &v.ReversesID, &v.AdjustsID, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read voucher %s: %w", number, err)
	}
	v.At = v.At.UTC()
	err = db.NewRaw(`SELECT p.leg, a.code AS account, p.dim_id, p.line_id, trim_scale(p.amount) AS amount, p.currency, trim_scale(p.base_amount) AS base_amount,
			p.rate_id FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id WHERE p.journal_id = ? ORDER BY p.leg`, v.ID).Scan(ctx, &v.Legs)
	if err != nil {
		return nil, fmt.Errorf("read legs of voucher %s: %w", number, err)
	}
	p.Inclusion, err = audit.Include(ctx, db, "ledger", v.ID, digest)
	return p, err
}
