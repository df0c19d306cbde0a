package audit

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/mod/sumdb/tlog"

	"kinhbac/internal/errs"
)

// ErrUnsealed is a row that waits for the sealer.
var ErrUnsealed = errs.New(errs.Conflict, "audit.unsealed")

// Inclusion proves that the row with a digest stands at a place of a tree whose head was signed: what Check needs and
// nothing else, so that it can be checked far from the database (RFC 6962, 2.1.1).
type Inclusion struct {
	Digest Bytes   `json:"digest"` // SHA-256 of the row's canonical encoding
	Leaf   int64   `json:"leaf"`   // place in the tree, from 0
	Path   []Bytes `json:"path"`   // hashes beside the way from the leaf to the root
	Head   Signed  `json:"head"`
}

// Signed is a head as it leaves the machine.
type Signed struct {
	Tree      string    `json:"tree"`
	Size      int64     `json:"size"`
	Root      Bytes     `json:"root"`
	SealedAt  time.Time `json:"sealed_at"`
	PublicKey Bytes     `json:"public_key"` // Ed25519
	Signature Bytes     `json:"signature"`
}

// Bytes are written as hexadecimal digits.
type Bytes []byte

// String is the digits.
func (b Bytes) String() string { return hex.EncodeToString(b) }

// MarshalJSON writes the digits.
func (b Bytes) MarshalJSON() ([]byte, error) { return json.Marshal(b.String()) }

// UnmarshalJSON reads the digits.
func (b *Bytes) UnmarshalJSON(raw []byte) (err error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	*b, err = hex.DecodeString(s)
	return err
}

// Include proves a row of a tree under its newest head. ErrUnsealed when the sealer has not reached it.
func Include(ctx context.Context, db bun.IDB, tree string, row int64, digest []byte) (Inclusion, error) {
	p := Inclusion{Digest: digest}
	err := db.NewRaw("SELECT leaf FROM seal_leaves WHERE tree = ? AND row_id = ?", tree, row).Scan(ctx, &p.Leaf)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrUnsealed
	}
	if err != nil {
		return p, fmt.Errorf("find leaf of %s %d: %w", tree, row, err)
	}
	h, err := LatestHead(ctx, db, tree)
	if err != nil {
		return p, fmt.Errorf("head of %s: %w", tree, err)
	}
	if h == nil || h.Size <= p.Leaf {
		return p, ErrUnsealed
	}
	p.Head = Signed{h.Tree, h.Size, h.Root, h.SealedAt.UTC(), h.PublicKey, h.Signature}
	path, err := tlog.ProveRecord(h.Size, p.Leaf, &stored{ctx: ctx, tx: db, tree: tree})
	if err != nil {
		return p, fmt.Errorf("prove %s %d: %w", tree, row, err)
	}
	p.Path = []Bytes{}
	for _, one := range path {
		p.Path = append(p.Path, one[:])
	}
	return p, nil
}

// What a proof may fail on.
var (
	ErrNotIncluded = errors.New("the digest does not stand under this head")
	ErrNotSigned   = errors.New("the head is not signed by this key")
)

// Check says whether the proof holds: the digest leads to the root and the root is signed. key is the one that must
// have signed it; nil believes the key in the proof.
func (p Inclusion) Check(key ed25519.PublicKey) error {
	if len(p.Head.Root) != tlog.HashSize {
		return ErrNotIncluded
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, b := range p.Path {
		if len(b) != tlog.HashSize {
			return ErrNotIncluded
		}
		path[i] = tlog.Hash(b)
	}
	if p.Leaf < 0 || p.Leaf >= p.Head.Size || tlog.CheckRecord(path, p.Head.Size, tlog.Hash(p.Head.Root), p.Leaf, tlog.RecordHash(p.Digest)) != nil {
		return ErrNotIncluded
	}
	h := Head{p.Head.Tree, p.Head.Size, p.Head.Root, p.Head.SealedAt, ed25519.PublicKey(p.Head.PublicKey), p.Head.Signature}
	if !h.signedBy(key) {
		return ErrNotSigned
	}
	return nil
}
