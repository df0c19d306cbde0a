package budget

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/idem"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// Commitments that wait at the same moment go into the ledger in one statement, a verdict each: one hot line is then
// bound by what a transaction holds and no longer by one flush for each. One worker gathers most and never waits for
// another of its own process.
const (
	deskWorkers = 1
	deskLimit   = 100
)

// order is one waiting commitment.
type order struct {
	subject access.Subject
	use     idem.Use
	line    uuid.UUID
	in      CommitInput
	page    bool // asked by a form, answered by the line's page
}

// verdict is its answer: kept when it was done, err when the ledger refused; neither leaves it to Commit, which says
// what stands in the way.
type verdict struct {
	kept []byte
	err  error
}

// together commits with whoever waits at the same moment.
func (h handler) together(ctx context.Context, r web.Req, use idem.Use, in commitIn) ([]byte, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	v, err := h.desk.Do(ctx, order{access.From(ctx), use, id, CommitInput(in), !r.API()})
	if err != nil {
		return nil, err
	}
	return v.kept, v.err
}

// errTaken takes a batch back whose keys were used meanwhile: each order is then done alone.
var errTaken = errors.New("a key of the batch was used before")

// commitAll takes the orders that are plainly right in one transaction: rights, open leaves and signers are judged in
// two statements, the money in one. The ledger itself tells an order that was done before; its first answer is given.
func (s *Service) commitAll(ctx context.Context, all []order) (out []verdict, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		out = make([]verdict, len(all))
		leaves, err := getLeaves(ctx, tx, all)
		if err != nil {
			return err
		}
		asks := make([]access.Ask, len(all))
		for i, o := range all {
			asks[i] = access.Ask{Subject: o.subject, ID: o.line}
		}
		actors, err := s.access.RequireAll(ctx, tx, "budget_line", "commit", "budget_line", asks)
		if err != nil {
			return err
		}
		var places []int
		var commitments []ledger.Commitment
		for i, o := range all {
			if l := leaves[i]; l != nil && actors[i].Role != "" && l.refuse(o.in, actors[i]) == nil {
				places, commitments = append(places, i), append(commitments, l.commitment(o.in, actors[i], o.use))
			}
		}
		outcomes, err := post(ctx, tx, commitments)
		if err != nil {
			return err
		}
		if err := keep(ctx, tx, all, places, outcomes, leaves, out); err != nil {
			return err
		}
		if len(outcomes) == 1 && outcomes[0].Err != nil {
			return errNothing
		}
		return nil
	})
	switch {
	case errors.Is(err, errTaken):
		return make([]verdict, len(all)), nil
	case errors.Is(err, errNothing):
		return out, nil
	}
	return out, err
}

// errNothing rolls back a transaction whose only commitment was refused.
var errNothing = errors.New("nothing was committed")

// post posts commitments in one statement, or one by the function that costs least. A refusal by that one ends what the
// transaction can do.
func post(ctx context.Context, tx bun.Tx, cs []ledger.Commitment) ([]ledger.Outcome, error) {
	if len(cs) != 1 {
		return ledger.CommitBatch(ctx, tx, cs)
	}
	p, err := ledger.Commit(ctx, tx, cs[0])
	if no := new(errs.Error); err != nil && !errors.As(err, &no) {
		return nil, err
	}
	return []ledger.Outcome{{Posted: p, Err: err}}, nil
}

// keep writes the answers of what was done beside their keys.
func keep(ctx context.Context, tx bun.Tx, all []order, places []int, outcomes []ledger.Outcome, leaves []*leaf, out []verdict) error {
	var fresh, replayed []idem.Use
	var again []int
	var answers [][]byte
	for n, i := range places {
		switch p := outcomes[n]; {
		case errors.Is(p.Err, ledger.ErrKeyReused):
			out[i].err = idem.ErrReused
		case p.Err != nil:
			out[i].err = p.Err
		case p.Posted.Replay:
			replayed, again = append(replayed, all[i].use), append(again, i)
		default:
			var where web.Done
			if all[i].page {
				where = web.Done{Location: href(&leaves[i].Line), Notice: "budget.committed_notice"}
			}
			var err error
			if out[i].kept, err = web.Kept(where, committed(p.Posted)); err != nil {
				return err
			}
			fresh, answers = append(fresh, all[i].use), append(answers, out[i].kept)
		}
	}
	if n, err := idem.Keep(ctx, tx, fresh, answers); err != nil {
		return err
	} else if n < len(fresh) {
		return errTaken
	}
	first, refused, err := idem.Answers(ctx, tx, replayed)
	if err != nil {
		return err
	}
	for n, i := range again {
		out[i] = verdict{first[n], refused[n]}
	}
	return nil
}

// getLeaves reads the lines of many orders in one statement, as getLeaf does for one; nil where there is no such line.
func getLeaves(ctx context.Context, tx bun.IDB, all []order) ([]*leaf, error) {
	found := make([]*leaf, len(all))
	lines, actors, approvers := make([]uuid.UUID, len(all)), make([]uuid.UUID, len(all)), make([]uuid.UUID, len(all))
	for i, o := range all {
		lines[i], actors[i], approvers[i] = o.line, o.subject.ID, o.in.Approver
	}
	var rows []struct {
		leaf `bun:",extend"`
		N    int
	}
	err := tx.NewRaw(`SELECT q.n, bl.*, budget_hold_leaf(bl.id) AS has_lines, `+signs("q.approver", "q.actor")+` AS signed
		FROM unnest(?::uuid[], ?::uuid[], ?::uuid[]) WITH ORDINALITY q (line, actor, approver, n) JOIN budget_lines bl ON bl.id = q.line
		ORDER BY bl.id`, pgdialect.Array(lines), pgdialect.Array(actors), pgdialect.Array(approvers)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read %d budget lines: %w", len(all), err)
	}
	for i := range rows {
		found[rows[i].N-1] = &rows[i].leaf
	}
	return found, nil
}
