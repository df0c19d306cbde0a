package budget

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
)

// lockYear reads the end of a year for the rest of the transaction; none is errs.ErrNotFound.
func lockYear(ctx context.Context, tx bun.IDB, year int) (*YearEnd, error) {
	y := new(YearEnd)
	return y, one(tx.NewSelect().Model(y).Where("ye.year = ?", year).For("UPDATE").Scan(ctx), "end of budget year", uuid.Nil)
}

func saveYear(ctx context.Context, tx bun.IDB, y *YearEnd) error {
	y.Version++
	if _, err := tx.NewUpdate().Model(y).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("save the end of budget year %d: %w", y.Year, err)
	}
	return nil
}

func recordYear(ctx context.Context, tx bun.IDB, act string, actor access.Actor, y *YearEnd, reason, rule string) error {
	return audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "budget_year_end", Object: y.ID,
		Label: fmt.Sprint(y.Year), Reason: reason, RuleID: rule})
}

// StartAdjusting opens the settlement-adjustment period (chỉnh lý quyết toán) of a year, once its last day of spending has
// passed. It refuses with ErrTooEarly before, and with the ledger's own refusal when the year is not open.
func (s *Service) StartAdjusting(ctx context.Context, year int) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "budget_line", "start_adjusting", financeUnit)
		if err != nil {
			return err
		}
		now := storage.Now(ctx)
		last, err := SpendingEnds(ctx, tx, year, now)
		if err != nil {
			return err
		}
		if !calendar.DateOf(now).After(last.Day) {
			return ErrTooEarly.With(last.Day.AddDays(1).Format()).Because(last.Rule.Rule(errs.Input{Label: "budget.day", Value: calendar.DateOf(now).Format()}))
		}
		y := &YearEnd{ID: uuid.New(), Year: year, FinanceUnitID: access.UnitFinance, StartedBy: actor.ID, StartedAt: now, Version: 1}
		_, err = tx.NewInsert().Model(y).Exec(ctx)
		if storage.Constraint(err) == "budget_year_ends_year_key" {
			return ErrStarted
		}
		if err != nil {
			return fmt.Errorf("start the end of budget year %d: %w", year, err)
		}
		if err := access.Step(ctx, tx, y, "start_adjusting", actor); err != nil {
			return err
		}
		if err := recordYear(ctx, tx, "budget_line.start_adjusting", actor, y, "", last.Rule.ID); err != nil {
			return err
		}
		return ledger.MoveYear(ctx, tx, "BUDGET", year, ledger.YearAdjusting, ledger.Change{Actor: actor.ID, Reason: last.Rule.Source()})
	})
}

// CloseYear closes a year by another person than who opened its adjusting period. It refuses with ErrBlocked while
// anything of it is open: Blockers names each.
func (s *Service) CloseYear(ctx context.Context, year int) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		y, err := lockYear(ctx, tx, year)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "close_year", y)
		if err != nil {
			return err
		}
		// Nobody proposes or receives on a line of the year while it is judged and closed.
		_, err = tx.NewUpdate().Model((*Line)(nil)).Set("status = ?", Closed).Where("year = ?", year).Where("status = ?", Open).Exec(ctx)
		if err != nil {
			return fmt.Errorf("close the lines of %d: %w", year, err)
		}
		left, err := s.blockers(ctx, tx, year)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return ErrBlocked.With(fmt.Sprint(len(left)))
		}
		now := storage.Now(ctx)
		y.ClosedBy, y.ClosedAt = &actor.ID, &now
		if err := saveYear(ctx, tx, y); err != nil {
			return err
		}
		if err := access.ClearSteps(ctx, tx, y); err != nil {
			return err
		}
		if err := recordYear(ctx, tx, "budget_line.close_year", actor, y, "", "budget.year_end.cancel_unused"); err != nil {
			return err
		}
		return ledger.MoveYear(ctx, tx, "BUDGET", year, ledger.YearClosed, ledger.Change{Actor: y.StartedBy, Approver: actor.ID})
	})
}

// AskReopen asks for reopening a closed year, with the reason.
func (s *Service) AskReopen(ctx context.Context, year int, reason string) error {
	return s.onYear(ctx, year, "propose_reopen", reason, func(ctx context.Context, tx bun.Tx, y *YearEnd, actor access.Actor) error {
		if err := y.AskReopen(actor.ID, storage.Now(ctx), reason); err != nil {
			return err
		}
		return access.Step(ctx, tx, y, "propose_reopen", actor)
	})
}

// ReopenYear takes the close of a year back, by another person than who asked for it: it stands in its adjusting period again.
func (s *Service) ReopenYear(ctx context.Context, year int) error {
	return s.onYear(ctx, year, "reopen_period", "", func(ctx context.Context, tx bun.Tx, y *YearEnd, actor access.Actor) error {
		asked, reason := y.ReopenBy, y.ReopenReason
		if err := y.Reopen(); err != nil {
			return err
		}
		_, err := tx.NewUpdate().Model((*Line)(nil)).Set("status = ?", Open).Where("year = ?", year).Where("status = ?", Closed).Exec(ctx)
		if err != nil {
			return fmt.Errorf("reopen the lines of %d: %w", year, err)
		}
		if err := access.ClearSteps(ctx, tx, y); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, y, "reopen", access.Actor{ID: *asked, Role: access.ChiefAccountant}); err != nil {
			return err
		}
		return ledger.MoveYear(ctx, tx, "BUDGET", year, ledger.YearAdjusting, ledger.Change{Actor: *asked, Approver: actor.ID, Reason: reason})
	})
}

func (s *Service) onYear(ctx context.Context, year int, act, reason string, do func(context.Context, bun.Tx, *YearEnd, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		y, err := lockYear(ctx, tx, year)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "ledger_entry", act, y)
		if err != nil {
			return err
		}
		if err := recordYear(ctx, tx, "ledger_entry."+act, actor, y, reason, ""); err != nil {
			return err
		}
		if err := do(ctx, tx, y, actor); err != nil {
			return err
		}
		return saveYear(ctx, tx, y)
	})
}

// CloseMonth closes a month of a book, in order; the ledger refuses it while a month before is open, while books and
// balances differ, or while a journal waits for its seal.
func (s *Service) CloseMonth(ctx context.Context, book string, month calendar.Date) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "ledger_entry", "close_period", financeUnit)
		if err != nil {
			return err
		}
		err = audit.Record(ctx, tx, audit.Event{Act: "ledger_entry.close_period", Actor: actor.ID, Role: string(actor.Role), Kind: "unit",
			Object: access.UnitFinance, Label: book + " " + month.Format()[3:]})
		if err != nil {
			return err
		}
		c := ledger.Change{Actor: actor.ID}
		if err := ledger.MovePeriod(ctx, tx, book, month, ledger.PeriodSoftClosed, c); err != nil {
			return err
		}
		return ledger.MovePeriod(ctx, tx, book, month, ledger.PeriodClosed, c)
	})
}

// Blockers are everything that keeps a year from being closed, each with the page where it is dealt with.
func (s *Service) Blockers(ctx context.Context, year int) ([]Blocker, error) {
	return s.blockers(ctx, s.db, year)
}

// blockerSize is how many of one kind are listed.
const blockerSize = 100

func (s *Service) blockers(ctx context.Context, db bun.IDB, year int) ([]Blocker, error) {
	var list []Blocker
	// Each kind reads the lines by itself, so that it stops at its limit; what is rare is found in one look at all lines.
	err := db.NewRaw(`WITH l AS NOT MATERIALIZED (
		SELECT bl.id, bl.code, bl.status, bl.planned, '/budgets/' || bl.year || '/lines/' || bl.id AS href, cl.reserved, cl.committed,
		       cl.requested, cl.advanced, cl.authorised - cl.allocated - cl.reserved - cl.committed - cl.requested - cl.advanced
		           - cl.disbursed - cl.returned - cl.closing AS free
		  FROM budget_lines bl JOIN ledger.control_lines cl ON cl.id = bl.control_line WHERE bl.year = ?0),
		rare AS MATERIALIZED (SELECT bl.code, '/budgets/' || bl.year || '/lines/' || bl.id AS href, m.reserved, m.requested, m.advanced FROM (
			SELECT cl.id, cl.reserved, cl.requested, cl.advanced FROM ledger.control_lines cl
			 WHERE cl.reserved > 0 OR cl.requested > 0 OR cl.advanced > 0 ORDER BY cl.id) m JOIN budget_lines bl ON bl.control_line = m.id AND bl.year = ?0)
		SELECT code, no, href, amount::numeric(24,0) FROM (
		(SELECT 1 AS rank, 'earlier' AS code, y.year::text AS no, '/budgets/' || y.year || '/year-end' AS href, 0 AS amount
		   FROM ledger.budget_years y JOIN ledger.books b ON b.id = y.book_id AND b.code = 'BUDGET' WHERE y.year < ?0 AND y.state <> 'closed'
		    AND EXISTS (SELECT FROM budget_lines e WHERE e.year = y.year) LIMIT ?1)
		UNION ALL (SELECT 2, 'line', code, href, planned FROM l WHERE status = 'planned' LIMIT ?1)
		UNION ALL (SELECT 3, 'act', l.code, l.href || '/acts/' || a.id, a.amount FROM budget_acts a JOIN l ON l.id = a.line_id
		    WHERE a.status = 'proposed' LIMIT ?1)
		UNION ALL (SELECT 4, 'receipt', sp.donor, '/sponsorship-receipts/' || r.id, r.amount FROM sponsorship_receipts r
		    JOIN sponsorships sp ON sp.id = r.sponsorship_id JOIN l ON l.id = sp.line_id WHERE r.status = 'recorded' LIMIT ?1)
		UNION ALL (SELECT 5, 'requested', code, href, requested FROM rare WHERE requested > 0 LIMIT ?1)
		UNION ALL (SELECT 6, 'advanced', code, href, advanced FROM rare WHERE advanced > 0 LIMIT ?1)
		UNION ALL (SELECT 7, 'reserved', code, href, reserved FROM rare WHERE reserved > 0 LIMIT ?1)
		UNION ALL (SELECT 8, 'committed', code, href, committed FROM l WHERE committed > 0 LIMIT ?1)
		UNION ALL (SELECT 9, 'unused', code, href, free FROM l WHERE free > 0 LIMIT ?1)
		UNION ALL (SELECT 10, 'unsealed', j.number, '/vouchers/' || j.number, 0 FROM ledger.journals j
		    WHERE j.recorded_xid >= COALESCE((SELECT h.below FROM seal_heads h WHERE h.tree = 'ledger' ORDER BY h.size DESC LIMIT 1), '0'::xid8)
		      AND j.budget_year = ?0 AND NOT EXISTS (SELECT FROM seal_leaves s WHERE s.tree = 'ledger' AND s.row_id = j.id) LIMIT ?1)
		) x ORDER BY rank, no`, year, blockerSize).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("what keeps %d open: %w", year, err)
	}
	for _, h := range s.holders {
		more, err := h.Blockers(ctx, db, year)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

// Drift names the first lines of a year whose control line says otherwise than its postings. It reads every posting of
// the year.
func (s *Service) Drift(ctx context.Context, year int) (list []Blocker, err error) {
	err = s.db.NewRaw(`SELECT 'drift' AS code, bl.code AS no, '/budgets/' || bl.year || '/lines/' || bl.id AS href,
			abs(cl.authorised - x.authorised)::numeric(24,0) AS amount
		FROM budget_lines bl JOIN ledger.control_lines cl ON cl.id = bl.control_line
		LEFT JOIN (SELECT p.line_id, -COALESCE(sum(p.amount) FILTER (WHERE a.code = 'source'), 0) AS authorised,
				COALESCE(sum(p.amount) FILTER (WHERE a.code = 'available'), 0) AS free, COALESCE(sum(p.amount) FILTER (WHERE a.code = 'disbursed'), 0) AS disbursed
			FROM budget_lines l JOIN ledger.postings p ON p.line_id = l.control_line JOIN ledger.accounts a ON a.id = p.account_id
			WHERE l.year = ?0 GROUP BY p.line_id) x ON x.line_id = cl.id
		WHERE bl.year = ?0 AND (cl.authorised, cl.disbursed, cl.authorised - cl.allocated - cl.reserved - cl.committed - cl.requested
			- cl.advanced - cl.disbursed - cl.returned - cl.closing) IS DISTINCT FROM (COALESCE(x.authorised, 0), COALESCE(x.disbursed, 0), COALESCE(x.free, 0))
		ORDER BY bl.code LIMIT ?1`, year, blockerSize).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("drift of %d: %w", year, err)
	}
	return list, nil
}

// SetSpendingPlan sets what a year means to spend in each month. It limits nothing. version is that of the plan it was read
// at, 0 where there was none; another one is errs.ErrStale with the months that differ. Of two at once one passes.
func (s *Service) SetSpendingPlan(ctx context.Context, year, version int, plan SpendingPlan) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "budget_line", "plan", financeUnit)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(hashtext('spending plan'), ?)", year).Exec(ctx); err != nil {
			return fmt.Errorf("lock the plan of spending of %d: %w", year, err)
		}
		stands, at, err := spendingPlan(ctx, tx, year)
		if err != nil {
			return err
		}
		if at != version {
			return errs.ErrStale.Versus(plan.against(stands)...)
		}
		now := storage.Now(ctx)
		for i, a := range plan {
			_, err := tx.NewRaw(`INSERT INTO budget_spending_plans (year, month, amount, version, set_by, set_at) VALUES (?, ?, ?::numeric, ?, ?, ?)
				ON CONFLICT (year, month) DO UPDATE SET amount = excluded.amount, version = excluded.version, set_by = excluded.set_by, set_at = excluded.set_at`,
				year, i+1, a, version+1, actor.ID, now).Exec(ctx)
			if err != nil {
				return fmt.Errorf("plan of spending of %d: %w", year, err)
			}
		}
		return audit.Record(ctx, tx, audit.Event{Act: "budget_line.plan", Actor: actor.ID, Role: string(actor.Role), Kind: "unit",
			Object: access.UnitFinance, Label: fmt.Sprint(year), After: struct {
				Months SpendingPlan `json:"months"`
			}{plan}})
	})
}
