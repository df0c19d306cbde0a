// Package notify writes messages into the outbox in the transaction of the act; a job delivers them.
//
// # Decisions
//
// A message keeps its code and arguments, not its text, so that the program shows it in the reader's language; a
// mail carries both languages. The address is copied when the message is written: it goes where the person could
// be reached then. Delivery is at least once: a mail server that took the message and lost its answer gets it again.
// Retries follow the clock of the machine and double up to a day.
package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/i18n"
)

// Message is one line of the outbox, and of its reader's list.
type Message struct {
	bun.BaseModel `bun:"table:messages,alias:m"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	UserID        uuid.UUID `bun:",type:uuid"`
	Address       string
	Code          string
	Args          json.RawMessage `bun:"type:jsonb"`
	Href          string
	CreatedAt     time.Time
	ReadAt        bun.NullTime
	SentAt        bun.NullTime
	Tries         int
	LastError     string
}

// Subject is the line of the message in the reader's language.
func (m *Message) Subject(lang i18n.Lang) string { return i18n.Text(lang, m.Code+".subject") }

// Body is the text with its arguments filled in.
func (m *Message) Body(lang i18n.Lang) string {
	return i18n.Text(lang, m.Code+".body", m.arguments()...)
}

func (m *Message) arguments() (args []any) {
	in := json.NewDecoder(strings.NewReader(string(m.Args)))
	in.UseNumber()
	var stored []any
	if in.Decode(&stored) != nil {
		return nil
	}
	for _, v := range stored {
		if n, ok := v.(json.Number); ok {
			if i, err := n.Int64(); err == nil {
				v = i
			}
		}
		args = append(args, v)
	}
	return args
}

// Send queues a message for a person: code is of the catalogue (its .subject and .body), args fill the body,
// href is where to act. Whole numbers stay numbers, everything else becomes text as it prints. Without SMTP_URL
// messages wait and kinhbac mail list shows them.
func Send(ctx context.Context, tx bun.IDB, to uuid.UUID, code, href string, args ...any) error {
	kept := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case int, int64:
			kept[i] = v
		default:
			kept[i] = fmt.Sprint(v)
		}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("write message %s: %w", code, err)
	}
	if _, err := tx.NewRaw(`INSERT INTO messages (id, user_id, address, code, args, href)
		SELECT ?, u.id, u.login, ?, ?::jsonb, ? FROM users u WHERE u.id = ?`, uuid.New(), code, string(text), href, to).Exec(ctx); err != nil {
		return fmt.Errorf("write message %s: %w", code, err)
	}
	return nil
}

// List gives the newest messages first: all, or those that wait for delivery.
func List(ctx context.Context, db bun.IDB, waiting bool, limit int64) (all []Message, err error) {
	q := db.NewSelect().Model(&all).OrderExpr("m.created_at DESC, m.id").Limit(limit)
	if waiting {
		q.Where("m.sent_at IS NULL")
	}
	return all, q.Scan(ctx)
}

// Of gives the newest messages of a person.
func Of(ctx context.Context, db bun.IDB, person uuid.UUID, limit int64) (all []Message, err error) {
	err = db.NewSelect().Model(&all).Where("m.user_id = ?", person).OrderExpr("m.created_at DESC, m.id").Limit(limit).Scan(ctx)
	return all, err
}

// Unread counts the messages a person has not opened.
func Unread(ctx context.Context, db bun.IDB, person uuid.UUID) (n int, err error) {
	err = db.NewRaw("SELECT count(*) FROM messages WHERE user_id = ? AND read_at IS NULL", person).Scan(ctx, &n)
	return n, err
}

// MarkRead says that a person has opened all their messages.
func MarkRead(ctx context.Context, db bun.IDB, person uuid.UUID) error {
	_, err := db.NewRaw("UPDATE messages SET read_at = kb.now() WHERE user_id = ? AND read_at IS NULL", person).Exec(ctx)
	return err
}
