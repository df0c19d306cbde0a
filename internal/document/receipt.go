package document

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

// ErrReceipt is a receipt whose signature does not match its content.
var ErrReceipt = errs.New(errs.Conflict, "document.receipt_invalid")

// Object names the row a receipt is about; every access.Object is one.
type Object interface {
	AccessKind() string
	AccessID() uuid.UUID
}

// Receipt certifies that a dossier with this digest reached the office at this instant (giấy tiếp nhận hồ sơ).
// IssuedAt is kb.now() cut to whole seconds. The row is never changed.
type Receipt struct {
	bun.BaseModel `bun:"table:receipts,alias:rc"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	SubjectKind   string
	SubjectID     uuid.UUID `bun:"type:uuid"`
	Code          string    // mã hồ sơ
	Digest        string    // sha256 of the dossier as submitted, hex
	IssuedAt      time.Time
	TrackingKey   string // 8 characters
	Fingerprint   string // of the public key
	Signature     []byte
}

// Issue signs and stores the receipt of a dossier at the deciding time of the transaction.
func (s *Signer) Issue(ctx context.Context, tx bun.IDB, subject Object, code, digest string) (*Receipt, error) {
	_, err := tx.NewRaw("INSERT INTO signing_keys (fingerprint, public_key, first_used_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		s.Fingerprint(), []byte(s.Public()), storage.Now(ctx)).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("keep signing key: %w", err)
	}
	r := &Receipt{
		ID: uuid.New(), SubjectKind: subject.AccessKind(), SubjectID: subject.AccessID(), Code: code, Digest: digest,
		IssuedAt: storage.Now(ctx).Truncate(time.Second), TrackingKey: newTrackingKey(), Fingerprint: s.Fingerprint(),
	}
	r.Signature = s.Sign(r.Text())
	if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return nil, fmt.Errorf("save receipt %s: %w", code, err)
	}
	return r, nil
}

// Text is exactly what is signed: five lines, the instant in Asia/Ho_Chi_Minh to the second.
func (r *Receipt) Text() []byte {
	return fmt.Appendf(nil, "kinhbac receipt 1\ncode %s\ndossier sha256 %s\nat %s\nkey %s\n",
		r.Code, r.Digest, r.IssuedAt.In(calendar.Zone).Format(time.RFC3339), r.Fingerprint)
}

// ReceiptOf reads the receipt of a dossier, or errs.ErrNotFound.
func ReceiptOf(ctx context.Context, db bun.IDB, subject Object) (*Receipt, error) {
	return receipt(ctx, db.NewSelect().Where("rc.subject_kind = ? AND rc.subject_id = ?", subject.AccessKind(), subject.AccessID()))
}

// Track reads the receipt with this code when key is its tracking key. A wrong key, a missing code and a code
// that never was give the same errs.ErrNotFound, after the same comparison.
func Track(ctx context.Context, db bun.IDB, code, key string) (*Receipt, error) {
	r, err := receipt(ctx, db.NewSelect().Where("rc.code = ?", strings.ToUpper(strings.TrimSpace(code))))
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return nil, err
	}
	want := strings.Repeat("-", 8) // no typed key becomes this
	if err == nil {
		want = r.TrackingKey
	}
	if subtle.ConstantTimeCompare([]byte(typedKey(key)), []byte(want)) != 1 || err != nil {
		return nil, errs.ErrNotFound
	}
	return r, nil
}

// Check says whether the signature fits the content, by the key kept under its fingerprint; else ErrReceipt.
func (r *Receipt) Check(ctx context.Context, db bun.IDB) error {
	var key []byte
	err := db.NewRaw("SELECT public_key FROM signing_keys WHERE fingerprint = ?", r.Fingerprint).Scan(ctx, &key)
	if err != nil {
		return fmt.Errorf("read signing key %s: %w", r.Fingerprint, err)
	}
	if Fingerprint(key) != r.Fingerprint || !Verify(key, r.Text(), r.Signature) {
		return ErrReceipt
	}
	return nil
}

func receipt(ctx context.Context, q *bun.SelectQuery) (*Receipt, error) {
	r := new(Receipt)
	err := q.Model(r).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read receipt: %w", err)
	}
	return r, nil
}

// crockford leaves out I, L, O and U, which are misread or spell words.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func newTrackingKey() string {
	var b [8]byte
	rand.Read(b[:]) // never fails, it ends the program instead
	for i := range b {
		b[i] = crockford[b[i]&31]
	}
	return string(b[:])
}

// typedKey reads a key as people type it: small letters, spaces, dashes, O for 0, I and L for 1.
func typedKey(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
}
