package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"golang.org/x/mod/sumdb/tlog"
)

// Signer signs tree heads with the key of this installation.
type Signer interface {
	Sign(message []byte) []byte // Ed25519
	Public() ed25519.PublicKey
}

// batch is how many rows one transaction of the sealer takes: enough to catch up quickly, few enough to be short.
const batch = 5000

// Seal gives every finished row of every tree its place and signs a new head; it returns how many rows it sealed.
// Any number of programs may call it: one seals, the others wait for it and then find nothing. Rows of running
// transactions, and younger ones, wait for the next call.
func Seal(ctx context.Context, db *bun.DB, signer Signer) (n int64, err error) {
	var trees []string
	if err := db.NewRaw("SELECT name FROM seal_trees ORDER BY name").Scan(ctx, &trees); err != nil {
		return 0, fmt.Errorf("list the trees: %w", err)
	}
	for _, tree := range trees {
		for {
			var done int64
			err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) (err error) {
				done, err = sealBatch(ctx, tx, tree, signer)
				return err
			})
			if err != nil {
				return n, fmt.Errorf("seal %s: %w", tree, err)
			}
			n += done
			if done < batch {
				break
			}
		}
	}
	return n, nil
}

func sealBatch(ctx context.Context, tx bun.Tx, tree string, signer Signer) (int64, error) {
	// The row lock comes in its own statement: what follows then sees the head of whoever sealed before.
	if _, err := tx.NewRaw("SELECT FROM seal_trees WHERE name = ? FOR UPDATE", tree).Exec(ctx); err != nil {
		return 0, err
	}
	var below string
	var at time.Time
	var size int64
	err := tx.NewRaw(`SELECT pg_snapshot_xmin(pg_current_snapshot())::text, clock_timestamp(),
			coalesce((SELECT max(size) FROM seal_heads WHERE tree = ?0), 0)`, tree).
		Scan(ctx, &below, &at, &size)
	if err != nil {
		return 0, err
	}
	var rows []struct {
		RowID  int64
		Digest []byte
		Xid    string
	}
	err = tx.NewRaw("SELECT row_id, digest, xid::text FROM audit.waiting(?, ?::xid8, ?)", tree, below, batch).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	if len(rows) == batch {
		below = rows[batch-1].Xid // more of that transaction may wait
	}
	s := &stored{ctx: ctx, tx: tx, tree: tree, fresh: map[int64]tlog.Hash{}, next: tlog.StoredHashCount(size)}
	leaves, ids := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		leaves[i], ids[i] = size+int64(i), r.RowID
		hs, err := tlog.StoredHashesForRecordHash(leaves[i], tlog.RecordHash(r.Digest), s)
		if err != nil {
			return 0, err
		}
		s.append(hs)
	}
	_, err = tx.NewRaw("INSERT INTO seal_leaves (tree, leaf, row_id) SELECT ?, x.* FROM unnest(?::bigint[], ?::bigint[]) x",
		tree, pgdialect.Array(leaves), pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.save(); err != nil {
		return 0, err
	}
	size += int64(len(rows))
	root, err := tlog.TreeHash(size, s)
	if err != nil {
		return 0, err
	}
	h := Head{Tree: tree, Size: size, Root: root[:], SealedAt: at}
	_, err = tx.NewRaw(`INSERT INTO seal_heads (tree, size, root, sealed_at, below, public_key, signature)
			VALUES (?, ?, ?, ?, ?::xid8, ?, ?)`, tree, size, h.Root, at, below, []byte(signer.Public()), signer.Sign(h.Message())).Exec(ctx)
	return int64(len(rows)), err
}

// Head is a signed state of a tree: it commits to every row sealed so far.
type Head struct {
	Tree                 string
	Size                 int64
	Root                 []byte
	SealedAt             time.Time // by the real clock
	PublicKey, Signature []byte
}

// Message is what is signed.
func (h Head) Message() []byte {
	return fmt.Appendf(nil, "kinhbac %s\n%d\n%s\n%d\n", h.Tree, h.Size, base64.StdEncoding.EncodeToString(h.Root), h.SealedAt.UnixMicro())
}

// LatestHead is the newest head of a tree; nil when nothing is sealed yet.
func LatestHead(ctx context.Context, db bun.IDB, tree string) (*Head, error) {
	hs, err := heads(ctx, db, tree, "ORDER BY size DESC LIMIT 1")
	if err != nil || len(hs) == 0 {
		return nil, err
	}
	return &hs[0], nil
}

func heads(ctx context.Context, db bun.IDB, tree, order string) (hs []Head, err error) {
	err = db.NewRaw("SELECT tree, size, root, sealed_at, public_key, signature FROM seal_heads WHERE tree = ? "+order, tree).
		Scan(ctx, &hs)
	return hs, err
}

// stored reads and collects the hashes of one tree.
type stored struct {
	ctx   context.Context
	tx    bun.IDB
	tree  string
	fresh map[int64]tlog.Hash // of this batch
	next  int64               // index of the next one
}

func (s *stored) append(hs []tlog.Hash) {
	for _, h := range hs {
		s.fresh[s.next] = h
		s.next++
	}
}

// ReadHashes gives the hashes at the indexes, from this batch or from the table.
func (s *stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var missing []int64
	for _, i := range indexes {
		if _, ok := s.fresh[i]; !ok {
			missing = append(missing, i)
		}
	}
	old := map[int64]tlog.Hash{}
	if len(missing) > 0 {
		var rows []struct {
			At   int64
			Hash []byte
		}
		err := s.tx.NewRaw("SELECT at, hash FROM seal_hashes WHERE tree = ? AND at = ANY(?::bigint[])", s.tree,
			pgdialect.Array(missing)).Scan(s.ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			old[r.At] = tlog.Hash(r.Hash)
		}
	}
	out := make([]tlog.Hash, len(indexes))
	for k, i := range indexes {
		h, ok := s.fresh[i]
		if !ok {
			if h, ok = old[i]; !ok {
				return nil, fmt.Errorf("hash %d of tree %s is missing", i, s.tree)
			}
		}
		out[k] = h
	}
	return out, nil
}

func (s *stored) save() error {
	at := make([]int64, 0, len(s.fresh))
	hash := make([]string, 0, len(s.fresh))
	for i, h := range s.fresh {
		at = append(at, i)
		hash = append(hash, fmt.Sprintf("%x", h[:]))
	}
	_, err := s.tx.NewRaw(`INSERT INTO seal_hashes (tree, at, hash)
			SELECT ?, x.at, decode(x.hash, 'hex') FROM unnest(?::bigint[], ?::text[]) x (at, hash)`,
		s.tree, pgdialect.Array(at), pgdialect.Array(hash)).Exec(s.ctx)
	return err
}
