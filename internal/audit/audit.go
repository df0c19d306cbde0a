// Package audit keeps one row per act, written in the transaction of the act with a digest of its content,
// and sealed afterwards by a single sealer into a Merkle tree whose signed heads can leave the machine.
//
// # Decisions
//
// 2026-11-24: no hash chain inside the act. A chain would make every act wait for one row; instead each row carries
// its own digest, and Seal later gives it a place in a tree. Only rows of transactions older than every running one
// are sealed, so that a late committer is never skipped.
//
// 2026-11-24: trees are rows of seal_trees, so that the ledger's journals are sealed by the same sealer although this
// package knows nothing of them. The tree is that of golang.org/x/mod/sumdb/tlog (RFC 6962), refused: an own format.
//
// 2026-11-24: a row is digested in the binary form of a PostgreSQL text array, a type letter before each value. SQL
// builds it in one built-in call, Go rebuilds it in Canon; joining fields with a separator was refused because two
// rows could then encode alike.
//
// 2026-11-24: verification is a list of probes that rooms give and app joins, run by a few connections on one exported
// snapshot, so that all see the same instant. Digests are rebuilt in SQL from built-in functions in chunks of
// ids, trees in Go from blocks of bytes. Refused: checks that call the kernel's own functions, because whoever replaces a
// function would replace its check.
//
// 2026-11-24: functions and triggers are held against the text of the migrations in the program, read whole and compared
// here: whoever owns the database can empty a guard and put it back, but not change what the program carries. Refused: digests
// kept in a table, which the same owner writes; a list in Go, which the next migration forgets. Rights on tables are the
// ledger's check; the server's own superuser stands outside all of it, signed heads off the machine are the answer to him.
//
// 2026-11-24: every change of a row of a kept table leaves a version of it (row_versions), written by a trigger, digested and sealed,
// tied to its act by the transaction. Verify holds rows against versions and versions against acts, so that a new column is proved
// without a line of code. Secrets are left out; only the program reads versions. Refused: comparing documents with their acts one by
// one, which forgets the next column; keeping only digests, which cannot say what should stand.
//
// 2026-11-24: versions keep personal data as long as the records, and nothing erases it yet. Chosen for when erasure comes: a personal
// column leaves the sealed content as a salted digest, its clear value and salt go to a row beside the version that an act of erasure
// blanks, and verify takes a blank only where such an act of the same row covers it. A digest without its salt tells nothing of a phone
// number. Refused: rewriting sealed versions, which breaks the tree; a key for each person, which must then be kept safe for ever.
//
// 2026-11-24: reading that the rules allow for a stated purpose only leaves a record, written by package web as the answer
// leaves; ordinary reading leaves none, or the log would be about reading.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Event is one act as it is kept for ever. Before and After are marshalled to JSON; leave them nil
// when there is nothing to show. They never carry secrets, scores under seal or personal identifiers.
type Event struct {
	Act        string    // resource.action, e.g. disbursement_request.check
	Actor      uuid.UUID // Nil for the system itself
	Role       string    // role under which the actor acted
	Kind       string    // kind of the object; "" takes the resource of Act
	Object     uuid.UUID
	Label      string // human code of the object, e.g. GN-2028-0143
	Before     any
	After      any
	Reason     string
	RuleID     string // rulebook id that decided, when one did
	DelegateOf uuid.UUID
}

// Record writes one event in the caller's transaction. The database stamps both clocks and the digest.
func Record(ctx context.Context, tx bun.IDB, e Event) error {
	before, err := state(e.Before)
	if err != nil {
		return fmt.Errorf("audit %s: before: %w", e.Act, err)
	}
	after, err := state(e.After)
	if err != nil {
		return fmt.Errorf("audit %s: after: %w", e.Act, err)
	}
	if e.Kind == "" {
		e.Kind, _, _ = strings.Cut(e.Act, ".")
	}
	_, err = tx.NewRaw(`INSERT INTO audit_log (act, actor_id, role, object_kind, object_id, label, state_before, state_after,
			reason, rule_id, delegate_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Act, known(e.Actor), e.Role, e.Kind, known(e.Object), e.Label, before, after, e.Reason, e.RuleID,
		known(e.DelegateOf)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Act, err)
	}
	return nil
}

func state(v any) (*string, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	s := string(b)
	return &s, nil
}

func known(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
