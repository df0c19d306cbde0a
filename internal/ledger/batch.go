package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"

	"kinhbac/internal/calendar"
)

// Outcome is the verdict on one command of a batch. With Err nothing of it was posted, and Err is what Post would have
// said of it alone; Posted.Lines are the lines right after the command, whatever follows in the batch.
type Outcome struct {
	Posted Posted
	Err    error
}

// RowError names the command, counted from 0, for which a batch was refused whole.
type RowError struct {
	Row int
	Err error
}

func (e *RowError) Error() string { return fmt.Sprintf("command %d: %v", e.Row, e.Err) }

// Unwrap gives the refusal of the command.
func (e *RowError) Unwrap() error { return e.Err }

// ErrForeign says that a batch takes no legs in foreign currency.
var ErrForeign = errors.New("a batch of journals takes legs in đồng only")

// PostBatch posts journals of one book in one statement: each gets the verdict that Post would give it if they came one
// after the other, and all accepted ones are written. It holds the touched lines to the end of the transaction, in
// ascending id. Corrections and reversals are acts of their own. An error is of the batch and nothing was posted;
// SQLSTATE 40001 means that one of the keys was posted meanwhile, and storage.InTx tries again.
func PostBatch(ctx context.Context, tx bun.IDB, js []Journal) ([]Outcome, error) {
	return postBatch(ctx, tx, js, false)
}

// PostAll posts all journals of one book or none: a *RowError names the first that is refused. Its transaction must then
// be rolled back.
func PostAll(ctx context.Context, tx bun.IDB, js []Journal) ([]Posted, error) {
	out, err := postBatch(ctx, tx, js, true)
	if err != nil {
		return nil, err
	}
	all := make([]Posted, len(out))
	for i, o := range out {
		all[i] = o.Posted
	}
	return all, nil
}

// command is a journal as ledger.post_batch reads it.
type command struct {
	Kind         string         `json:"kind"`
	On           *calendar.Date `json:"effective_on"`
	DocumentKind string         `json:"document_kind"`
	DocumentID   uuid.UUID      `json:"document_id"`
	DocumentNo   string         `json:"document_no"`
	Key          string         `json:"key"`
	Actor        uuid.UUID      `json:"actor"`
	Approver     *uuid.UUID     `json:"approver"`
	Reason       string         `json:"reason"`
	Basis        string         `json:"basis"`
	Lines        []int64        `json:"lines"`
	From         []string       `json:"from_stages"`
	To           []string       `json:"to_stages"`
	Moved        []string       `json:"moved"`
	Accounts     []string       `json:"accounts"`
	Dims         []int64        `json:"dims"`
	Amounts      []string       `json:"amounts"`
}

func postBatch(ctx context.Context, tx bun.IDB, js []Journal, atomic bool) ([]Outcome, error) {
	if len(js) == 0 {
		return nil, nil
	}
	interned := map[Dim]int64{}
	commands := make([]command, len(js))
	for i, j := range js {
		if j.Book != js[0].Book {
			return nil, fmt.Errorf("post batch: journal %d is of book %s, the first of %s", i, j.Book, js[0].Book)
		}
		if len(j.Foreign) > 0 {
			return nil, fmt.Errorf("post batch: journal %d: %w", i, ErrForeign)
		}
		c := command{Kind: j.Kind, On: day(j.On), DocumentKind: j.Document.Kind, DocumentID: j.Document.ID, DocumentNo: j.Document.No, Key: j.Key,
			Actor: j.Actor, Approver: known(j.Approver), Reason: j.Reason, Basis: j.Basis, Lines: []int64{}, From: []string{}, To: []string{},
			Moved: []string{}, Accounts: []string{}, Dims: []int64{}, Amounts: []string{}}
		for _, m := range j.Moves {
			c.Lines, c.From, c.To, c.Moved = append(c.Lines, m.Line), append(c.From, string(m.From)), append(c.To, string(m.To)), append(c.Moved, m.Amount.String())
		}
		for _, l := range j.Legs {
			d, ok := interned[l.Dim]
			if !ok {
				var err error
				if d, err = intern(ctx, tx, l.Dim); err != nil {
					return nil, fmt.Errorf("post batch: journal %d: %w", i, refusal(err))
				}
				interned[l.Dim] = d
			}
			c.Accounts, c.Dims, c.Amounts = append(c.Accounts, l.Account), append(c.Dims, d), append(c.Amounts, l.Amount.String())
		}
		commands[i] = c
	}
	raw, err := json.Marshal(commands)
	if err != nil {
		return nil, fmt.Errorf("post batch: %w", err)
	}
	var rows []outcomeRow
	if err := tx.NewRaw("SELECT * FROM ledger.post_batch(?, ?::jsonb, ?)", js[0].Book, string(raw), atomic).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("post batch: %w", rowRefusal(err))
	}
	return outcomes(rows, len(js)), nil
}

// CommitBatch commits amounts of budget lines in one statement, each judged and answered as Commit would one after the
// other. Errors as of PostBatch.
func CommitBatch(ctx context.Context, db bun.IDB, cs []Commitment) ([]Outcome, error) {
	return commitBatch(ctx, db, cs, false)
}

// CommitAll commits all or none; a *RowError names the first that is refused.
func CommitAll(ctx context.Context, tx bun.IDB, cs []Commitment) ([]Posted, error) {
	out, err := commitBatch(ctx, tx, cs, true)
	if err != nil {
		return nil, err
	}
	all := make([]Posted, len(out))
	for i, o := range out {
		all[i] = o.Posted
	}
	return all, nil
}

func commitBatch(ctx context.Context, db bun.IDB, cs []Commitment, atomic bool) ([]Outcome, error) {
	if len(cs) == 0 {
		return nil, nil
	}
	n := len(cs)
	lines, amounts, keys, roles := make([]int64, n), make([]string, n), make([]string, n), make([]string, n)
	kinds, nos, reasons := make([]string, n), make([]string, n), make([]string, n)
	actors, approvers, objects, documents := make([]string, n), make([]*string, n), make([]string, n), make([]string, n)
	for i, c := range cs {
		lines[i], amounts[i], keys[i], roles[i], kinds[i], nos[i], reasons[i] = c.Line, c.Amount.String(), c.Key, c.Role, c.Document.Kind, c.Document.No, c.Reason
		actors[i], objects[i], documents[i] = c.Actor.String(), c.Budget.String(), c.Document.ID.String()
		if c.Approver != uuid.Nil {
			s := c.Approver.String()
			approvers[i] = &s
		}
	}
	var rows []outcomeRow
	err := db.NewRaw(`SELECT * FROM ledger.commit_batch(?::bigint[], ?::numeric[], ?::text[], ?::uuid[], ?::uuid[], ?::text[], ?::uuid[],
			?::text[], ?::uuid[], ?::text[], ?::text[], ?)`, pgdialect.Array(lines), pgdialect.Array(amounts), pgdialect.Array(keys),
		pgdialect.Array(actors), pgdialect.Array(approvers), pgdialect.Array(roles), pgdialect.Array(objects), pgdialect.Array(kinds),
		pgdialect.Array(documents), pgdialect.Array(nos), pgdialect.Array(reasons), atomic).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("commit batch: %w", rowRefusal(err))
	}
	return outcomes(rows, n), nil
}

// outcomeRow is one row of what the kernel gives back for a batch; items count from 1.
type outcomeRow struct {
	Item    int
	Refusal *string
	Detail  *string
	answer  `bun:",extend"`
}

func outcomes(rows []outcomeRow, n int) []Outcome {
	out := make([]Outcome, n)
	for from := 0; from < len(rows); {
		r := rows[from]
		to := from + 1
		for to < len(rows) && rows[to].Item == r.Item {
			to++
		}
		if r.Refusal != nil {
			detail := ""
			if r.Detail != nil {
				detail = *r.Detail
			}
			out[r.Item-1].Err = refused(*r.Refusal, detail, *r.Refusal)
		} else {
			answers := make([]answer, 0, to-from)
			for _, row := range rows[from:to] {
				answers = append(answers, row.answer)
			}
			out[r.Item-1].Posted = posted(answers)
		}
		from = to
	}
	return out
}

// rowRefusal tells which command an atomic batch was refused for.
func rowRefusal(err error) error {
	var e pgdriver.Error
	if errors.As(err, &e) {
		if row, bad := strconv.Atoi(e.Field('H')); bad == nil {
			return &RowError{Row: row - 1, Err: refusal(err)}
		}
	}
	return refusal(err)
}

// Check says what Post would do with a journal and keeps nothing of it: the lines as they would be, or the refusal.
// Voucher numbers it takes stay unused.
func Check(ctx context.Context, db bun.IDB, j Journal) ([]State, error) {
	var p Posted
	errKeep := errors.New("nothing is kept")
	err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) (err error) {
		if p, err = Post(ctx, tx, j); err != nil {
			return err
		}
		return errKeep
	})
	if !errors.Is(err, errKeep) {
		return nil, err
	}
	return p.Lines, nil
}
