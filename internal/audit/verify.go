package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/mod/sumdb/tlog"
)

// Check is one line of a verification.
type Check struct {
	Code  string // catalogue code of what was checked
	Count int64  // how many rows it looked at
	Break string // the first thing that is wrong, by table and number; "" when nothing is
}

// Overdue is how long a row may wait for the sealer, by the real clock.
const Overdue = 60 * time.Second

// Verify recomputes every digest of the audit log and its tree and names the first altered, added or removed record.
// key is the one heads must be signed with; nil accepts the key kept beside each head.
func Verify(ctx context.Context, db *bun.DB, key ed25519.PublicKey) ([]Check, error) {
	var all []Check
	err := Snapshot(ctx, db, func(tx bun.Tx) error {
		digests, err := verifyRows(ctx, tx)
		if err != nil {
			return fmt.Errorf("verify audit digests: %w", err)
		}
		tree, err := VerifyTree(ctx, tx, "audit", key)
		all = append([]Check{digests}, tree...)
		return err
	})
	return all, err
}

// Snapshot runs fn on one unchanging view of the database.
func Snapshot(ctx context.Context, db *bun.DB, fn func(tx bun.Tx) error) error {
	return db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		func(_ context.Context, tx bun.Tx) error { return fn(tx) })
}

func verifyRows(ctx context.Context, tx bun.IDB) (Check, error) {
	c := Check{Code: "audit.check.digests"}
	rows, err := tx.QueryContext(ctx, `SELECT id, at, recorded_at, act, actor_id, role, object_kind, object_id, label,
			state_before::text, state_after::text, reason, rule_id, delegate_of, digest FROM audit_log ORDER BY id`)
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			id                                     int64
			at, recordedAt                         time.Time
			act, role, kind, label, reason, ruleID string
			actor, object, delegate                *uuid.UUID
			before, after                          *string
			digest                                 []byte
		)
		if err := rows.Scan(&id, &at, &recordedAt, &act, &actor, &role, &kind, &object, &label, &before, &after, &reason,
			&ruleID, &delegate, &digest); err != nil {
			return c, err
		}
		c.Count++
		var k Canon
		k.Raw("audit.1").Int(id).Instant(at).Instant(recordedAt).Text(act).MaybeID(actor).Text(role).Text(kind).MaybeID(object).
			Text(label).MaybeJSON(before).MaybeJSON(after).Text(reason).Text(ruleID).MaybeID(delegate)
		if c.Break == "" && !bytes.Equal(Digest(k.Bytes()), digest) {
			c.Break = fmt.Sprintf("audit_log %d", id)
		}
	}
	return c, rows.Err()
}

// VerifyTree recomputes a tree from the digests of its rows, compares every signed head with it, and looks for rows
// that were removed or that wait for the sealer longer than Overdue. Digests themselves are the caller's to recompute.
func VerifyTree(ctx context.Context, tx bun.IDB, tree string, key ed25519.PublicKey) ([]Check, error) {
	leaves, signed, err := verifyLeaves(ctx, tx, tree, key)
	if err != nil {
		return nil, fmt.Errorf("verify tree %s: %w", tree, err)
	}
	waiting := Check{Code: "audit.check.waiting"}
	var first *int64
	err = tx.NewRaw("SELECT count(*), min(row_id) FROM audit.overdue(?, clock_timestamp() - make_interval(secs => ?::int))",
		tree, int(Overdue.Seconds())).Scan(ctx, &waiting.Count, &first)
	if err != nil {
		return nil, fmt.Errorf("verify tree %s: %w", tree, err)
	}
	if first != nil {
		waiting.Break = fmt.Sprintf("%s %d", tree, *first)
	}
	return []Check{leaves, signed, waiting}, nil
}

func verifyLeaves(ctx context.Context, tx bun.IDB, tree string, key ed25519.PublicKey) (leaves, signed Check, err error) {
	leaves, signed = Check{Code: "audit.check.tree"}, Check{Code: "audit.check.heads"}
	hs, err := heads(ctx, tx, tree, "ORDER BY size")
	if err != nil {
		return leaves, signed, err
	}
	var relation string
	if err := tx.NewRaw("SELECT relation FROM seal_trees WHERE name = ?", tree).Scan(ctx, &relation); err != nil {
		return leaves, signed, err
	}
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(`SELECT l.leaf, l.row_id, r.digest FROM seal_leaves l
			LEFT JOIN %s r ON r.id = l.row_id WHERE l.tree = '%s' ORDER BY l.leaf`, relation, tree))
	if err != nil {
		return leaves, signed, err
	}
	defer rows.Close()
	var e edge
	next := 0 // head
	for rows.Next() {
		var leaf, id int64
		var digest []byte
		if err := rows.Scan(&leaf, &id, &digest); err != nil {
			return leaves, signed, err
		}
		if leaves.Break == "" && (digest == nil || leaf != leaves.Count) {
			leaves.Break = fmt.Sprintf("%s %d", relation, id)
		}
		leaves.Count++
		e.add(tlog.RecordHash(digest))
		for ; next < len(hs) && hs[next].Size == leaves.Count; next++ {
			signed.Count++
			root := e.root()
			if signed.Break == "" && (!bytes.Equal(root[:], hs[next].Root) || !hs[next].signedBy(key)) {
				signed.Break = fmt.Sprintf("seal_heads %s %d", tree, hs[next].Size)
			}
		}
	}
	if next < len(hs) && leaves.Break == "" { // leaves were cut off the end
		leaves.Break = fmt.Sprintf("seal_leaves %s %d", tree, leaves.Count)
	}
	if last := len(hs) - 1; leaves.Break == "" && leaves.Count > 0 && (last < 0 || hs[last].Size < leaves.Count) {
		leaves.Break = fmt.Sprintf("seal_heads %s %d", tree, leaves.Count)
	}
	return leaves, signed, rows.Err()
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

func (e *edge) add(h tlog.Hash) {
	level := 0
	for n := len(*e); n > 0 && (*e)[n-1].level == level; n = len(*e) {
		h = tlog.NodeHash((*e)[n-1].hash, h)
		*e = (*e)[:n-1]
		level++
	}
	*e = append(*e, struct {
		level int
		hash  tlog.Hash
	}{level, h})
}

func (e edge) root() tlog.Hash {
	h := e[len(e)-1].hash
	for i := len(e) - 2; i >= 0; i-- {
		h = tlog.NodeHash(e[i].hash, h)
	}
	return h
}
