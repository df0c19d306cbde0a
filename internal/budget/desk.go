package budget

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"kinhbac/internal/access"
	"kinhbac/internal/idem"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// Commitments that wait at the same moment go into the ledger in one statement, a verdict each: one hot line is then
// bound by what a transaction holds and no longer by one flush for each. Two workers keep the disk and the processor
// busy at once.
const (
	deskWorkers = 2
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

// commitAll takes the orders that are plainly right in one transaction: rights, open leaves and signers are judged in
// two statements, the money in one.
func (s *Service) commitAll(ctx context.Context, all []order) (out []verdict, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		out = make([]verdict, len(all))
		kept, refused, err := idem.Answers(ctx, tx, uses(all))
		if err != nil {
			return err
		}
		var fresh []int
		for i := range all {
			out[i] = verdict{kept[i], refused[i]}
			if kept[i] == nil && refused[i] == nil {
				fresh = append(fresh, i)
			}
		}
		return s.commitFresh(ctx, tx, all, fresh, out)
	})
	return out, err
}

func uses(all []order) []idem.Use {
	list := make([]idem.Use, len(all))
	for i, o := range all {
		list[i] = o.use
	}
	return list
}

// commitFresh posts the orders at the given places that nobody has answered before, and keeps their answers.
func (s *Service) commitFresh(ctx context.Context, tx bun.Tx, all []order, fresh []int, out []verdict) error {
	asks := make([]access.Ask, len(fresh))
	for n, i := range fresh {
		asks[n] = access.Ask{Subject: all[i].subject, ID: all[i].line}
	}
	leaves, err := getLeaves(ctx, tx, all, fresh)
	if err != nil {
		return err
	}
	actors, err := s.access.RequireAll(ctx, tx, "budget_line", "commit", "budget_line", asks)
	if err != nil {
		return err
	}
	var posted []int
	var commitments []ledger.Commitment
	for n, i := range fresh {
		if l := leaves[n]; l != nil && l.refuse(all[i].in, actors[n]) == nil && actors[n].Role != "" {
			posted, commitments = append(posted, i), append(commitments, l.commitment(all[i].in, actors[n], all[i].use))
		}
	}
	if len(posted) == 0 {
		return nil
	}
	outcomes, err := ledger.CommitBatch(ctx, tx, commitments)
	if err != nil {
		return err
	}
	return keep(ctx, tx, all, posted, outcomes, leaves, fresh, out)
}

// keep writes the answers beside their keys. An order that the ledger had from another process before gets the answer
// that was kept then.
func keep(ctx context.Context, tx bun.Tx, all []order, posted []int, outcomes []ledger.Outcome, leaves []*leaf, fresh []int, out []verdict) error {
	at := make(map[int]*leaf, len(fresh))
	for n, i := range fresh {
		at[i] = leaves[n]
	}
	var done, replayed []order
	var places []int
	var answers [][]byte
	for n, i := range posted {
		if out[i].err = outcomes[n].Err; out[i].err != nil {
			continue
		}
		var where web.Done
		if all[i].page {
			where = web.Done{Location: href(&at[i].Line), Notice: "budget.committed_notice"}
		}
		var err error
		if out[i].kept, err = web.Kept(where, committed(outcomes[n].Posted)); err != nil {
			return err
		}
		done, answers = append(done, all[i]), append(answers, out[i].kept)
		if outcomes[n].Posted.Replay {
			replayed, places = append(replayed, all[i]), append(places, i)
		}
	}
	if len(done) > 0 {
		if err := idem.Keep(ctx, tx, uses(done), answers); err != nil {
			return err
		}
	}
	if len(replayed) == 0 {
		return nil
	}
	first, refused, err := idem.Answers(ctx, tx, uses(replayed))
	if err != nil {
		return err
	}
	for n, i := range places {
		out[i] = verdict{first[n], refused[n]}
	}
	return nil
}

// getLeaves reads the lines of many orders in one statement, as getLeaf does for one; nil where there is no such line.
func getLeaves(ctx context.Context, tx bun.IDB, all []order, places []int) ([]*leaf, error) {
	found := make([]*leaf, len(places))
	if len(places) == 0 {
		return found, nil
	}
	lines, actors, approvers := make([]uuid.UUID, len(places)), make([]uuid.UUID, len(places)), make([]uuid.UUID, len(places))
	for n, i := range places {
		lines[n], actors[n], approvers[n] = all[i].line, all[i].subject.ID, all[i].in.Approver
	}
	var rows []struct {
		leaf `bun:",extend"`
		N    int
	}
	err := tx.NewRaw(`SELECT q.n, bl.*, budget_hold_leaf(bl.id) AS has_lines, `+signs("q.approver", "q.actor")+` AS signed
		FROM unnest(?::uuid[], ?::uuid[], ?::uuid[]) WITH ORDINALITY q (line, actor, approver, n) JOIN budget_lines bl ON bl.id = q.line
		ORDER BY bl.id`, pgdialect.Array(lines), pgdialect.Array(actors), pgdialect.Array(approvers)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read %d budget lines: %w", len(places), err)
	}
	for i := range rows {
		found[rows[i].N-1] = &rows[i].leaf
	}
	return found, nil
}
