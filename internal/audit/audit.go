// Package audit keeps one row per act, written in the transaction of the act with a digest of its content,
// and sealed afterwards by a single sealer into a Merkle tree whose signed heads can leave the machine.
package audit

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Event is one act as it is kept for ever. Before and After are marshalled to canonical JSON; leave them nil
// when there is nothing to show. They never carry secrets, scores under seal or personal identifiers.
type Event struct {
	Act        string    // resource.action, e.g. disbursement_request.check
	Actor      uuid.UUID // Nil for the system itself
	Role       string    // role under which the actor acted
	Kind       string    // kind of the object, e.g. disbursement_request
	Object     uuid.UUID
	Label      string // human code of the object, e.g. GN-2028-0143
	Before     any
	After      any
	Reason     string
	RuleID     string // rulebook id that decided, when one did
	DelegateOf uuid.UUID
}

// Record writes one event in the caller's transaction.
func Record(ctx context.Context, tx bun.IDB, e Event) error {
	panic("audit.Record: under construction")
}
