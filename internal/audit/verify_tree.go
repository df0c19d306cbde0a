package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"

	"github.com/uptrace/bun"
	"golang.org/x/mod/sumdb/tlog"
)

// block is how many leaves are read as one row: the bytes of a million digests cost less than a million rows.
const block = 2048

// Tree is the probe of a tree: it is rebuilt from the digests of its rows, every signed head and every kept hash is
// compared with it, and rows are looked for that were removed or that wait for the sealer longer than Overdue. Digests
// themselves are another probe's to recompute. The codes of its checks start with the name of the tree.
func Tree(tree string) Probe {
	return Probe{Name: tree + ".check.tree", Run: func(ctx context.Context, l Look) ([]Check, error) {
		w := walk{tree: tree, key: l.Key, step: l.Step, leaves: Check{Code: tree + ".check.tree"},
			signed: Check{Code: tree + ".check.heads"}, kept: Check{Code: tree + ".check.hashes"}}
		if err := w.rebuild(ctx, l.Tx); err != nil {
			return nil, fmt.Errorf("tree %s: %w", tree, err)
		}
		waiting, err := overdue(ctx, l.Tx, tree)
		return []Check{w.leaves, w.signed, w.kept, waiting}, err
	}}
}

func overdue(ctx context.Context, tx bun.IDB, tree string) (Check, error) {
	c := Check{Code: tree + ".check.waiting"}
	var first *int64
	err := tx.NewRaw("SELECT count(*), min(row_id) FROM audit.overdue(?, clock_timestamp() - make_interval(secs => ?::int))",
		tree, int(Overdue.Seconds())).Scan(ctx, &c.Count, &first)
	if err != nil {
		return c, fmt.Errorf("tree %s: %w", tree, err)
	}
	if first != nil {
		c.Break = fmt.Sprintf("%s %d", tree, *first)
	}
	return c, nil
}

// walk rebuilds a tree leaf by leaf.
type walk struct {
	tree, relation       string
	key                  ed25519.PublicKey
	step                 func(int64)
	heads                []Head
	next                 int // head
	leaves, signed, kept Check
	e                    edge
}

func (w *walk) rebuild(ctx context.Context, tx bun.IDB) (err error) {
	if w.heads, err = heads(ctx, tx, w.tree, "ORDER BY size"); err != nil {
		return err
	}
	var size int64
	err = tx.NewRaw("SELECT relation, (SELECT coalesce(max(leaf) + 1, 0) FROM seal_leaves WHERE tree = ?0) FROM seal_trees WHERE name = ?0", w.tree).
		Scan(ctx, &w.relation, &size)
	if err != nil {
		return err
	}
	for at := int64(0); at < size; at += block {
		if err := w.block(ctx, tx, at, min(block, size-at)); err != nil {
			return err
		}
	}
	if w.next < len(w.heads) && w.leaves.Break == "" { // leaves were cut off the end
		w.leaves.Break = fmt.Sprintf("seal_leaves %s %d", w.tree, w.leaves.Count)
	}
	if last := len(w.heads) - 1; w.leaves.Break == "" && w.leaves.Count > 0 && (last < 0 || w.heads[last].Size < w.leaves.Count) {
		w.leaves.Break = fmt.Sprintf("seal_heads %s %d", w.tree, w.leaves.Count)
	}
	return nil
}

// block adds n leaves from a place on. A leaf without its row, or a place without its leaf, is a break; the walk goes on
// with what there is.
func (w *walk) block(ctx context.Context, tx bun.IDB, at, n int64) error {
	var found int64
	var digests []byte
	var wrong *int64
	err := tx.NewRaw(fmt.Sprintf(`SELECT count(*), coalesce(string_agg(coalesce(x.digest, decode(repeat('00', 32), 'hex')), '' ORDER BY x.leaf), ''),
			(array_agg(x.row_id ORDER BY x.leaf) FILTER (WHERE x.digest IS NULL OR x.leaf <> ?1 + x.n - 1))[1]
		FROM (SELECT l.leaf, l.row_id, (SELECT r.digest FROM %s r WHERE r.id = l.row_id) AS digest, row_number() OVER (ORDER BY l.leaf) AS n
		        FROM seal_leaves l WHERE l.tree = ?0 AND l.leaf >= ?1 AND l.leaf < ?2) x`, w.relation),
		w.tree, at, at+n).Scan(ctx, &found, &digests, &wrong)
	if err != nil {
		return err
	}
	switch {
	case w.leaves.Break != "":
	case wrong != nil:
		w.leaves.Break = fmt.Sprintf("%s %d", w.relation, *wrong)
	case found < n:
		w.leaves.Break = fmt.Sprintf("seal_leaves %s %d", w.tree, at+found)
	}
	made := make([]byte, 0, 2*found*tlog.HashSize)
	for i := range found {
		made = w.e.add(tlog.RecordHash(digests[i*tlog.HashSize:(i+1)*tlog.HashSize]), made)
		w.leaves.Count++
		w.judgeHead()
	}
	w.step(found)
	return w.judgeHashes(ctx, tx, tlog.StoredHashIndex(0, w.leaves.Count-found), made)
}

// judgeHead compares the heads signed at this size.
func (w *walk) judgeHead() {
	for ; w.next < len(w.heads) && w.heads[w.next].Size == w.leaves.Count; w.next++ {
		w.signed.Count++
		h, root := w.heads[w.next], w.e.root()
		if w.signed.Break != "" || bytes.Equal(root[:], h.Root) && h.signedBy(w.key) {
			continue
		}
		w.signed.Break = fmt.Sprintf("seal_heads %s %d", w.tree, h.Size)
		if !bytes.Equal(root[:], h.Root) {
			w.signed.Stands, w.signed.Wanted = hex.EncodeToString(h.Root), hex.EncodeToString(root[:])
		}
	}
}

// judgeHashes compares the kept hashes from a place on with those just made: proofs are taken from the kept ones.
func (w *walk) judgeHashes(ctx context.Context, tx bun.IDB, at int64, made []byte) error {
	n := int64(len(made) / tlog.HashSize)
	w.kept.Count += n
	if w.kept.Break != "" || w.leaves.Break != "" {
		return nil
	}
	var stands []byte
	err := tx.NewRaw("SELECT coalesce(string_agg(hash, '' ORDER BY at), '') FROM seal_hashes WHERE tree = ?0 AND at >= ?1 AND at < ?2",
		w.tree, at, at+n).Scan(ctx, &stands)
	if err != nil || bytes.Equal(stands, made) {
		return err
	}
	err = tx.NewRaw(`SELECT string_agg(coalesce(h.hash, decode(repeat('00', 32), 'hex')), '' ORDER BY g.at)
		FROM generate_series(?1::bigint, ?2::bigint - 1) g (at) LEFT JOIN seal_hashes h ON h.tree = ?0 AND h.at = g.at`,
		w.tree, at, at+n).Scan(ctx, &stands)
	if err != nil {
		return err
	}
	for i := 0; i < len(made); i += tlog.HashSize {
		is, want := stands[i:i+tlog.HashSize], made[i:i+tlog.HashSize]
		if !bytes.Equal(is, want) {
			w.kept.Break = fmt.Sprintf("seal_hashes %s %d", w.tree, at+int64(i/tlog.HashSize))
			w.kept.Stands, w.kept.Wanted = hex.EncodeToString(is), hex.EncodeToString(want)
			break
		}
	}
	return nil
}

func (h Head) signedBy(key ed25519.PublicKey) bool {
	if key == nil {
		key = h.PublicKey
	}
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, h.Message(), h.Signature)
}

// edge is the right edge of a growing tree: the roots of its full subtrees, largest first.
type edge []struct {
	level int
	hash  tlog.Hash
}

// add puts a leaf on the right and appends to made the hashes this completes, in the order they are kept.
func (e *edge) add(h tlog.Hash, made []byte) []byte {
	level := 0
	made = append(made, h[:]...)
	for n := len(*e); n > 0 && (*e)[n-1].level == level; n = len(*e) {
		h = tlog.NodeHash((*e)[n-1].hash, h)
		made = append(made, h[:]...)
		*e = (*e)[:n-1]
		level++
	}
	*e = append(*e, struct {
		level int
		hash  tlog.Hash
	}{level, h})
	return made
}

func (e edge) root() tlog.Hash {
	h := e[len(e)-1].hash
	for i := len(e) - 2; i >= 0; i-- {
		h = tlog.NodeHash(e[i].hash, h)
	}
	return h
}
