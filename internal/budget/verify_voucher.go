package budget

import (
	"context"
	"errors"

	"kinhbac/internal/audit"
	"kinhbac/internal/ledger"
	"kinhbac/internal/web"
)

// sealed is the proof of a voucher the reader may see; nil while it waits for the sealer.
func (h handler) sealed(ctx context.Context, no string) (*ledger.VoucherProof, error) {
	p, err := ledger.ProveVoucher(ctx, h.db, no)
	if errors.Is(err, audit.ErrUnsealed) {
		return nil, nil
	}
	return p, err
}

// apiProof gives the proof of a voucher as the file that is checked without a database: kinhbac verify proof FILE.
func (h handler) apiProof(ctx context.Context, r web.Req) (*ledger.VoucherProof, error) {
	p, err := h.voucher(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case p.Proof == nil:
		return nil, audit.ErrUnsealed
	}
	return p.Proof, nil
}
