package budget

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// opening is what one decision does to the tree: lines to open, and money for lines, each as its own act. Lines and
// grants stand in order, a parent before what is below it.
type opening struct {
	proposer   uuid.UUID // who prepared it; never the one who decides
	decider    access.Actor
	decisionNo string
	decidedOn  calendar.Date
	reason     string
	lines      []*Line
	grants     []given
}

// given is money for one line: appropriated to a root, added to an open root, allocated to a line below another.
type given struct {
	line, parent *Line // parent nil for a root
	amount       money.Amount
	kind         ActKind
}

// give adds money for a line; nothing is no act.
func (o *opening) give(line, parent *Line, amount money.Amount, kind ActKind) {
	if !amount.IsZero() {
		o.grants = append(o.grants, given{line, parent, amount, kind})
	}
}

// open is a new line under the decision.
func (o *opening) open(l *Line, parent *Line) *Line {
	l.ID, l.Status, l.PlannedBy, l.Version = uuid.New(), Open, o.proposer, 1
	if parent != nil {
		l.ParentID = &parent.ID
	} else {
		l.ApprovedBy, l.DecisionNo, l.DecidedOn = &o.decider.ID, o.decisionNo, o.decidedOn
	}
	o.lines = append(o.lines, l)
	return l
}

// openAll writes the lines and posts the grants, in a handful of statements whatever their number. Row of a refused
// grant is given back, -1 for another error. It refuses with ledger.ErrInsufficient where a parent has too little.
func (s *Service) openAll(ctx context.Context, tx bun.Tx, o *opening) (row int, err error) {
	if err := openLines(ctx, tx, o.lines); err != nil {
		return -1, err
	}
	now := storage.Now(ctx)
	acts, journals := make([]*Act, len(o.grants)), make([]ledger.Journal, len(o.grants))
	rules := map[ActKind][2]string{}
	for i, g := range o.grants {
		rule, known := rules[g.kind]
		if !known {
			v, err := basis(ctx, tx, string(g.kind), "", now)
			if err != nil {
				return -1, err
			}
			rule = [2]string{v.ID, v.Source()}
			rules[g.kind] = rule
		}
		a := &Act{ID: uuid.New(), Kind: g.kind, LineID: g.line.ID, Amount: g.amount, Reason: o.reason, Basis: rule[0], BasisArticle: rule[1],
			Status: Proposed, ProposedBy: o.proposer, ProposedAt: now, Version: 1}
		if err := a.Decide(o.decider.ID, o.decisionNo, o.decidedOn, now); err != nil {
			return -1, err
		}
		b := branch{g.line}
		if g.parent != nil {
			b = append(b, g.parent)
		}
		moves, err := a.Moves(b, nil)
		if err != nil {
			return i, err
		}
		acts[i], journals[i] = a, a.journal(string(a.Kind), "", moves)
	}
	posted, at, err := postTogether(ctx, tx, journals)
	if err != nil {
		return at, err
	}
	for i := range acts {
		acts[i].Voucher = posted[i].No
	}
	for part := range slices.Chunk(acts, 1000) {
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return -1, fmt.Errorf("insert budget acts: %w", err)
		}
	}
	return -1, nil
}

// openLines opens the control lines of new lines and writes them. A line that is spent on already gets none below it.
func openLines(ctx context.Context, tx bun.Tx, lines []*Line) error {
	if len(lines) == 0 {
		return nil
	}
	fresh, below := map[uuid.UUID]bool{}, map[uuid.UUID]int{}
	for _, l := range lines {
		fresh[l.ID] = true
		if l.ParentID != nil {
			below[*l.ParentID]++
		}
	}
	for _, l := range lines {
		l.Lines = below[l.ID]
	}
	for id, n := range below {
		if fresh[id] {
			continue
		}
		p, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.Status != Open {
			return ErrNotOpen
		}
		if err := branchOut(ctx, tx, p); err != nil { // counts one of them
			return err
		}
		if _, err := tx.NewUpdate().Model((*Line)(nil)).Set("lines = lines + ?", n-1).Where("id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("count the lines below %s: %w", id, err)
		}
	}
	if err := openControlLines(ctx, tx, lines); err != nil {
		return err
	}
	for part := range slices.Chunk(lines, 1000) {
		_, err := tx.NewInsert().Model(&part).Exec(ctx)
		if storage.Constraint(err) == "budget_lines_year_code_key" {
			return ErrTaken.With("")
		}
		if err != nil {
			return fmt.Errorf("insert budget lines: %w", err)
		}
	}
	return nil
}

// openControlLines opens a control line for each, in two statements: the combinations of dimensions, then the lines.
func openControlLines(ctx context.Context, tx bun.Tx, lines []*Line) error {
	number := map[ledger.Dim]int64{}
	for _, l := range lines {
		if d := l.Dim(); number[d] == 0 {
			id, err := ledger.Intern(ctx, tx, d)
			if err != nil {
				return fmt.Errorf("dimensions of line %s: %w", l.Code, err)
			}
			number[d] = id
		}
	}
	dims, subjects := make([]int64, len(lines)), make([]uuid.UUID, len(lines))
	for i, l := range lines {
		dims[i], subjects[i] = number[l.Dim()], l.ID
	}
	at, err := ledger.OpenLines(ctx, tx, "BUDGET", ledger.BudgetLine, dims, subjects)
	if err != nil {
		return err
	}
	for _, l := range lines {
		l.ControlLine = at[l.ID]
	}
	return nil
}

// inOneGo is how many acts one statement posts.
const inOneGo = 1000

// postTogether posts journals all or none. The number of the refused one is given back, -1 for another error.
func postTogether(ctx context.Context, tx bun.Tx, journals []ledger.Journal) (posted []ledger.Posted, row int, err error) {
	for part := range slices.Chunk(journals, inOneGo) {
		done, err := ledger.PostAll(ctx, tx, part)
		if refused := (*ledger.RowError)(nil); errors.As(err, &refused) {
			return nil, len(posted) + refused.Row, refused.Err
		}
		if err != nil {
			return nil, -1, err
		}
		posted = append(posted, done...)
	}
	return posted, -1, nil
}
