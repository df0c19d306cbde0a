package budget

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

// posting is what an act does to the books: journals in order, and every line they touch.
type posting struct {
	journals []ledger.Journal
	lines    []*Line
}

func (p *posting) touch(lines ...*Line) {
	for _, l := range lines {
		known := false
		for _, x := range p.lines {
			known = known || x.ID == l.ID
		}
		if !known {
			p.lines = append(p.lines, l)
		}
	}
}

// posting makes the journals of a. Reads only; it refuses what the act may not do whatever the line holds.
func (s *Service) posting(ctx context.Context, db bun.IDB, a *Act) (posting, error) {
	var p posting
	from, err := branchOf(ctx, db, a.LineID)
	if err != nil {
		return p, err
	}
	var to branch
	if a.ToLineID != nil {
		if to, err = branchOf(ctx, db, *a.ToLineID); err != nil {
			return p, err
		}
	}
	p.touch(from[0])
	if a.Kind == CarryOver {
		return s.carry(a, p, from, to)
	}
	moves, err := a.Moves(from, to)
	if err != nil {
		return p, err
	}
	for _, l := range append(from, to...) {
		for _, m := range moves {
			if m.Line == l.ControlLine {
				p.touch(l)
			}
		}
	}
	kind := string(a.Kind)
	if a.Kind == Transfer && len(moves) > 2 { // the lines between pass it on: money is pushed up and down
		kind = string(Allocate)
	}
	p.journals = []ledger.Journal{a.journal(kind, "", moves)}
	return p, nil
}

// journal is one journal of the act; part tells several of one act apart.
func (a *Act) journal(kind, part string, moves []ledger.Move) ledger.Journal {
	j := ledger.Journal{Book: "BUDGET", Kind: kind, Key: "budget_act/" + a.ID.String() + part, Actor: a.ProposedBy, Reason: a.Reason,
		Basis: a.Basis, Document: ledger.Ref{Kind: "budget_act", ID: a.ID, No: a.Document()}, Moves: moves}
	if a.DecidedBy != nil {
		j.Approver = *a.DecidedBy
	}
	return j
}

// carry closes the open stages and the unused part in the old year, gives the sum to the root of the new year's
// branch, allocates it down and holds it there again in the same stages.
func (s *Service) carry(a *Act, p posting, from, to branch) (posting, error) {
	old, line, root := from[0], to[0], to[len(to)-1]
	switch {
	case line.Year != old.Year+1:
		return p, ErrNotNextYear
	case line.SourceCode != old.SourceCode:
		return p, ErrOtherSource
	case line.Lines > 0:
		return p, ErrHasLines
	}
	free := a.Amount.Sub(money.Sum(a.CarryReserved, a.CarryCommitted, a.CarryAdvanced))
	if free.Sign() < 0 {
		return p, errs.FieldError("amount", "budget.amount_missing")
	}
	out := []ledger.Move{move(root, ledger.Source, ledger.Available, a.Amount)}
	again := posting{}
	for _, part := range []struct {
		stage  ledger.Stage
		kind   string
		amount money.Amount
		via    ledger.Stage
	}{{ledger.Available, "", free, ""}, {ledger.Reserved, "reserve", a.CarryReserved, ledger.Available},
		{ledger.Committed, "commit", a.CarryCommitted.Add(a.CarryAdvanced), ledger.Available}, {ledger.Advanced, "advance", a.CarryAdvanced, ledger.Committed}} {
		if part.amount.IsZero() {
			continue
		}
		gone := part.amount
		if part.stage == ledger.Committed {
			gone = a.CarryCommitted
		}
		if !gone.IsZero() {
			out = append(out, move(old, part.stage, ledger.Closing, gone))
		}
		if part.kind != "" {
			again.journals = append(again.journals, a.journal(part.kind, "/"+part.kind, []ledger.Move{move(line, part.via, part.stage, part.amount)}))
		}
	}
	p.journals = append(p.journals, a.journal(string(CarryOver), "", out))
	for i := len(to) - 1; i > 0; i-- {
		p.journals = append(p.journals, a.journal(string(Allocate), fmt.Sprintf("/allocate-%d", i), []ledger.Move{
			move(to[i], ledger.Available, ledger.Allocated, a.Amount), move(to[i-1], ledger.Source, ledger.Available, a.Amount)}))
	}
	p.journals = append(p.journals, again.journals...)
	p.touch(to...)
	return p, nil
}

// Effect is a line as it stands and as an act would leave it.
type Effect struct {
	Line          *Line
	Before, After ledger.State
}

// effects applies the moves of p to what its lines hold now.
func (p posting) effects(ctx context.Context, db bun.IDB) ([]Effect, error) {
	ids := make([]int64, len(p.lines))
	for i, l := range p.lines {
		ids[i] = l.ControlLine
	}
	states, err := ledger.Lines(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Effect, len(p.lines))
	for i, l := range p.lines {
		before := states[l.ControlLine]
		out[i] = Effect{Line: l, Before: before, After: after(before, l.ControlLine, p.journals)}
	}
	return out, nil
}

// after is a line's state once the journals are posted; below zero where they would be refused.
func after(s ledger.State, line int64, journals []ledger.Journal) ledger.State {
	stage := func(st ledger.Stage) *money.Amount {
		switch st {
		case ledger.Allocated:
			return &s.Allocated
		case ledger.Reserved:
			return &s.Reserved
		case ledger.Committed:
			return &s.Committed
		case ledger.Requested:
			return &s.Requested
		case ledger.Advanced:
			return &s.Advanced
		case ledger.Disbursed:
			return &s.Disbursed
		case ledger.Returned:
			return &s.Returned
		case ledger.Closing:
			return &s.Closing
		}
		return &s.Available
	}
	for _, j := range journals {
		for _, m := range j.Moves {
			if m.Line != line {
				continue
			}
			if m.From == ledger.Source {
				s.Authorised = s.Authorised.Add(m.Amount)
			} else {
				*stage(m.From) = stage(m.From).Sub(m.Amount)
			}
			if m.To == ledger.Source {
				s.Authorised = s.Authorised.Sub(m.Amount)
			} else {
				*stage(m.To) = stage(m.To).Add(m.Amount)
			}
		}
	}
	return s
}

// branchOf reads a line and the lines above it, up to the root.
func branchOf(ctx context.Context, db bun.IDB, id uuid.UUID) (branch, error) {
	var b []*Line
	err := db.NewSelect().Model(&b).Join(`JOIN (WITH RECURSIVE up AS (SELECT l.id, l.parent_id, 0 AS depth FROM budget_lines l WHERE l.id = ?
		UNION ALL SELECT p.id, p.parent_id, up.depth + 1 FROM up JOIN budget_lines p ON p.id = up.parent_id)
		SELECT id, depth FROM up) u ON u.id = bl.id`, id).OrderExpr("u.depth").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the lines above %s: %w", id, err)
	}
	if len(b) == 0 {
		return nil, errs.ErrNotFound
	}
	return b, nil
}
