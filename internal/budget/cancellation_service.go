package budget

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// ProposeCancellation puts the unused money of the lines of a year before the chief accountant. It names every line that
// is not open, has nothing unused, or waits in another proposal.
func (s *Service) ProposeCancellation(ctx context.Context, year int, lines []uuid.UUID, reason string) (c *Cancellation, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "budget_line", "propose_cancel", financeUnit)
		if err != nil {
			return err
		}
		if len(lines) == 0 || len(lines) > cancelMost {
			return ErrNoLines.With(fmt.Sprint(cancelMost)).At(errs.Field{Name: "lines", Code: ErrNoLines.Code, Args: []any{fmt.Sprint(cancelMost)}})
		}
		now := storage.Now(ctx)
		rule, err := basis(ctx, tx, string(Cancel), "", now)
		if err != nil {
			return err
		}
		c = &Cancellation{ID: uuid.New(), Year: year, FinanceUnitID: access.UnitFinance, Reason: reason, Basis: rule.ID, BasisArticle: rule.Source(),
			Status: Proposed, ProposedBy: actor.ID, ProposedAt: now, Version: 1}
		found, states, err := linesOf(ctx, tx, year, lines, "UPDATE") // of two proposals at once the second sees the first
		if err != nil {
			return err
		}
		waiting, err := openCancels(ctx, tx, lines)
		if err != nil {
			return err
		}
		var wrong []errs.Field
		for _, l := range found {
			unused := states[l.ControlLine].Available
			first, taken := waiting[l.ID]
			switch {
			case taken:
				wrong = append(wrong, errs.Field{Name: "lines", Code: ErrCancelOpen.Code, Args: first.refusal(l).Args})
			case l.Status != Open:
				wrong = append(wrong, lineField(ctx, l, ErrNotOpen))
			case unused.Sign() <= 0:
				wrong = append(wrong, lineField(ctx, l, ErrNothing))
			}
			c.Lines = append(c.Lines, CancellationLine{CancellationID: c.ID, LineID: l.ID, Amount: unused})
		}
		if wrong != nil {
			return ErrCancelRefused.At(wrong...)
		}
		if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
			return fmt.Errorf("insert cancellation of %d: %w", year, err)
		}
		if _, err := tx.NewInsert().Model(&c.Lines).Exec(ctx); err != nil {
			return fmt.Errorf("insert lines of cancellation %s: %w", c.ID, err)
		}
		if err := access.Step(ctx, tx, c, "propose", actor); err != nil {
			return err
		}
		return recordCancellation(ctx, tx, "budget_line.propose_cancel", actor, c, reason)
	})
	return c, err
}

// openCancel is a proposal to cancel from a line that waits for its decision: of the line alone, or of many.
type openCancel struct {
	LineID uuid.UUID
	At     time.Time
	Reason string
	Path   string
}

// refusal is why a second proposal on the line is not taken.
func (o openCancel) refusal(l *Line) *errs.Error {
	return ErrCancelOpen.With(l.Code, calendar.DateOf(o.At).Format(), o.Reason, o.Path)
}

// openCancels are the waiting proposals to cancel from lines, by line; of a line with several the first.
func openCancels(ctx context.Context, db bun.IDB, lines []uuid.UUID) (map[uuid.UUID]openCancel, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	var found []openCancel
	err := db.NewRaw(`SELECT ba.line_id, ba.proposed_at AS at, ba.reason, '/budgets/' || bl.year || '/lines/' || bl.id || '/acts/' || ba.id AS path
			FROM budget_acts ba JOIN budget_lines bl ON bl.id = ba.line_id WHERE ba.kind = ?0 AND ba.status = ?1 AND ba.line_id IN (?2)
		UNION ALL SELECT bx.line_id, bc.proposed_at, bc.reason, '/budgets/' || bc.year || '/cancellations/' || bc.id
			FROM budget_cancellation_lines bx JOIN budget_cancellations bc ON bc.id = bx.cancellation_id WHERE bc.status = ?1 AND bx.line_id IN (?2)
		ORDER BY at DESC`, Cancel, Proposed, in(lines)).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("open cancellations: %w", err)
	}
	out := make(map[uuid.UUID]openCancel, len(found))
	for _, o := range found {
		out[o.LineID] = o
	}
	return out, nil
}

// linesOf reads the lines of a year, in the order of their ids, and what they hold; one that is not of the year, or not
// the finance office's, is errs.ErrNotFound. lock is "" or FOR UPDATE's strength.
func linesOf(ctx context.Context, db bun.IDB, year int, ids []uuid.UUID, lock string) ([]*Line, map[int64]ledger.State, error) {
	var found []*Line
	q := db.NewSelect().Model(&found).Where("bl.id IN (?)", bun.List(ids)).Where("bl.year = ?", year).Where("bl.finance_unit_id = ?", access.UnitFinance).OrderExpr("bl.id")
	if lock != "" {
		q = q.For(lock)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, nil, fmt.Errorf("lines of %d: %w", year, err)
	}
	distinct := map[uuid.UUID]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	if len(found) != len(distinct) {
		return nil, nil, errs.ErrNotFound
	}
	control := make([]int64, len(found))
	for i, l := range found {
		control[i] = l.ControlLine
	}
	states, err := ledger.Lines(ctx, db, control)
	return found, states, err
}

// lineField says of a line why it is refused.
func lineField(ctx context.Context, l *Line, err error) errs.Field {
	return errs.Field{Name: "lines", Code: "budget.cancel_line_refused", Args: []any{l.Code, told(ctx, errs.From(err))}}
}

// DecideCancellation cancels the unused of all lines under a decision, in one statement with a verdict for each. When one
// is refused nothing is cancelled, and ErrCancelRefused says of each refused line why.
func (s *Service) DecideCancellation(ctx context.Context, year int, id uuid.UUID, decisionNo string, on calendar.Date) error {
	return s.endCancellation(ctx, year, id, "budget_line.cancel", func(ctx context.Context, tx bun.Tx, actor access.Actor, c *Cancellation) error {
		if err := c.Decide(actor.ID, decisionNo, on, storage.Now(ctx)); err != nil {
			return err
		}
		amount, ids := map[uuid.UUID]CancellationLine{}, make([]uuid.UUID, len(c.Lines))
		for i, x := range c.Lines {
			amount[x.LineID], ids[i] = x, x.LineID
		}
		lines, _, err := linesOf(ctx, tx, c.Year, ids, "UPDATE")
		if err != nil {
			return err
		}
		var wrong []errs.Field
		acts, journals := make([]*Act, len(lines)), make([]ledger.Journal, len(lines))
		for i, l := range lines {
			if l.Status != Open {
				wrong = append(wrong, lineField(ctx, l, ErrNotOpen))
			}
			acts[i], journals[i] = c.act(amount[l.ID], l)
			if err := recordLine(ctx, tx, actor, acts[i], l); err != nil {
				return err
			}
		}
		verdicts, err := ledger.PostBatch(ctx, tx, journals)
		if err != nil {
			return err
		}
		for i, v := range verdicts {
			if v.Err != nil && lines[i].Status == Open {
				wrong = append(wrong, lineField(ctx, lines[i], v.Err))
			}
			acts[i].Voucher = v.Posted.No
		}
		if wrong != nil {
			return ErrCancelRefused.At(wrong...)
		}
		if _, err := tx.NewInsert().Model(&acts).Exec(ctx); err != nil {
			return fmt.Errorf("insert the acts of cancellation %s: %w", id, err)
		}
		for _, a := range acts {
			_, err := tx.NewUpdate().Model((*CancellationLine)(nil)).Set("act_id = ?", a.ID).Where("cancellation_id = ?", id).Where("line_id = ?", a.LineID).Exec(ctx)
			if err != nil {
				return fmt.Errorf("name the act of line %s: %w", a.LineID, err)
			}
		}
		return nil
	})
}

func recordLine(ctx context.Context, tx bun.Tx, actor access.Actor, a *Act, l *Line) error {
	return audit.Record(ctx, tx, audit.Event{Act: "budget_line.cancel", Actor: actor.ID, Role: string(actor.Role), Kind: "budget_line", Object: l.ID,
		Label: l.label(), Reason: a.Reason, RuleID: a.Basis, After: struct {
			Kind     ActKind      `json:"kind"`
			Amount   money.Amount `json:"amount"`
			Decision string       `json:"decision"`
		}{a.Kind, a.Amount, a.Document()}})
}

// DeclineCancellation refuses a proposed cancellation, all its lines, with a reason.
func (s *Service) DeclineCancellation(ctx context.Context, year int, id uuid.UUID, reason string) error {
	return s.endCancellation(ctx, year, id, "budget_line.decline", func(ctx context.Context, _ bun.Tx, actor access.Actor, c *Cancellation) error {
		return c.Decline(actor.ID, reason, storage.Now(ctx))
	})
}

func (s *Service) endCancellation(ctx context.Context, year int, id uuid.UUID, act string, do func(context.Context, bun.Tx, access.Actor, *Cancellation) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c := new(Cancellation)
		if err := one(tx.NewSelect().Model(c).Where("bc.id = ?", id).Where("bc.year = ?", year).For("UPDATE").Scan(ctx), "cancellation", id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "cancel", c)
		if err != nil {
			return err
		}
		if err := tx.NewSelect().Model(&c.Lines).Where("bx.cancellation_id = ?", id).OrderExpr("bx.line_id").Scan(ctx); err != nil {
			return fmt.Errorf("lines of cancellation %s: %w", id, err)
		}
		if err := access.ClearSteps(ctx, tx, c); err != nil {
			return err
		}
		if err := do(ctx, tx, actor, c); err != nil {
			return err
		}
		c.Version++
		if _, err := tx.NewUpdate().Model(c).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("save cancellation %s: %w", id, err)
		}
		return recordCancellation(ctx, tx, act, actor, c, c.Reason)
	})
}

func recordCancellation(ctx context.Context, tx bun.Tx, act string, actor access.Actor, c *Cancellation, reason string) error {
	sum := money.Amount{}
	for _, x := range c.Lines {
		sum = sum.Add(x.Amount)
	}
	return audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "budget_cancellation", Object: c.ID,
		Label: fmt.Sprint(c.Year), Reason: reason, RuleID: c.Basis, After: struct {
			Status   ActStatus    `json:"status"`
			Lines    int          `json:"lines"`
			Amount   money.Amount `json:"amount"`
			Decision string       `json:"decision,omitempty"`
			Declined string       `json:"declined,omitempty"`
		}{c.Status, len(c.Lines), sum, c.DecisionNo, c.DeclinedFor}})
}
