// Package notify writes messages into the outbox in the transaction of the act; a job delivers them.
package notify

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Send queues a message for a person: Code is of the catalogue (its .subject and .body), args fill the body,
// href is where to act. Without SMTP_URL messages wait and kinhbac mail list shows them.
func Send(ctx context.Context, tx bun.IDB, to uuid.UUID, code, href string, args ...any) error {
	panic("notify: under construction")
}
