package fund

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
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
)

// NewCall is a draft of a capital call: what for, and the day on which the money is due.
type NewCall struct {
	Buckets
	Purpose string
	DueOn   calendar.Date
}

// DraftCall writes a capital call with its lines, divided by commitments.
func (s *Service) DraftCall(ctx context.Context, fund uuid.UUID, in NewCall) (*CapitalCall, error) {
	var c *CapitalCall
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		f, err := Lock(ctx, tx, fund)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "capital_call", "draft", f)
		if err != nil {
			return err
		}
		if f.Status != Active {
			return ErrNotActive
		}
		if in.DueOn.IsZero() {
			return errs.FieldError("due_on", "fund.due_on_needed")
		}
		lines, err := divide(in.Buckets, f.Investors)
		if err != nil {
			return err
		}
		n, err := next(ctx, tx, "capital_calls", f.ID)
		if err != nil {
			return err
		}
		c = &CapitalCall{ID: uuid.New(), FundID: f.ID, Number: n, Code: fmt.Sprintf("GV-%s-%02d", f.Code, n), Buckets: in.Buckets,
			Purpose: in.Purpose, Status: CallDraft, DueOn: in.DueOn, DraftedBy: actor.ID, Version: 1}
		if err := insert(ctx, tx, c); err != nil {
			return fmt.Errorf("insert capital call %s: %w", c.Code, err)
		}
		for i := range lines {
			lines[i].CallID = c.ID
		}
		if err := insert(ctx, tx, &lines); err != nil {
			return fmt.Errorf("insert lines of capital call %s: %w", c.Code, err)
		}
		c.Lines = lines
		return s.done(ctx, tx, "draft", c, c.Code, actor, in)
	})
	return c, err
}

// ApproveCall is the board's consent to a drafted call.
func (s *Service) ApproveCall(ctx context.Context, id uuid.UUID) error {
	return s.onCall(ctx, id, "approve", func(_ context.Context, _ bun.Tx, _ *Fund, c *CapitalCall, actor access.Actor) error {
		if c.DraftedBy == actor.ID {
			return ErrSamePerson
		}
		c.ApprovedBy = &actor.ID
		return c.move(CallApproved)
	})
}

// IssueCall sends an approved call to the investors. The day it is due must lie the charter's notice, in working
// days, after today; the day of issue is not counted. Refuses with ErrNotice.
func (s *Service) IssueCall(ctx context.Context, id uuid.UUID) error {
	return s.onCall(ctx, id, "issue", func(ctx context.Context, tx bun.Tx, f *Fund, c *CapitalCall, _ access.Actor) error {
		if err := c.move(CallIssued); err != nil {
			return err
		}
		days := f.CallNoticeDays
		if days == 0 {
			var err error
			if days, err = ruleInt(ctx, tx, "fund.call.notice_days"); err != nil {
				return err
			}
		}
		c.IssuedOn = calendar.DateOf(storage.Now(ctx))
		if first := s.holidays.AddWorkingDays(c.IssuedOn, days); c.DueOn.Before(first) {
			return ErrNotice.With(days, first.Format()).At(errs.Field{Name: "due_on", Code: ErrNotice.Code, Args: []any{days, first.Format()}})
		}
		return nil
	})
}

// onCall is the frame of a move of a call: lock, permit, move, save, audit.
func (s *Service) onCall(ctx context.Context, id uuid.UUID, act string,
	do func(context.Context, bun.Tx, *Fund, *CapitalCall, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, f, err := lockCall(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "capital_call", act, c)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, f, c, actor); err != nil {
			return err
		}
		if err := saveCall(ctx, tx, c); err != nil {
			return err
		}
		return s.done(ctx, tx, act, c, c.Code, actor, nil)
	})
}

// Payment is money of one investor on a call, by the bank's reference, which counts once.
type Payment struct {
	Amount    money.Amount
	PaidOn    calendar.Date
	Reference string
}

// RecordPayment counts a payment on a line of an issued call. The same reference again is refused with
// ErrReferenceTaken, a day before the call was issued with ErrPaidBefore, more than is due with ErrOverLine, a share of the State above the cap with ErrStateShare.
// When every line is paid whole the call closes, and what it asked for fees and expenses is paid over.
func (s *Service) RecordPayment(ctx context.Context, call, line uuid.UUID, in Payment) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, f, err := lockCall(ctx, tx, call)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "capital_call", "record_payment", c)
		if err != nil {
			return err
		}
		if c.Status != CallIssued {
			return ErrCallState
		}
		if in.Reference = text.Reference(in.Reference); in.Reference == "" { // typed twice it is the same
			return errs.FieldError("reference", "fund.reference_needed")
		}
		if in.PaidOn.Before(c.IssuedOn) {
			return ErrPaidBefore.With(c.IssuedOn.Format()).At(errs.Field{Name: "paid_on", Code: ErrPaidBefore.Code, Args: []any{c.IssuedOn.Format()}})
		}
		if in.PaidOn.IsZero() || in.PaidOn.After(calendar.DateOf(storage.Now(ctx))) {
			return ErrPayLater.At(errs.Field{Name: "paid_on", Code: ErrPayLater.Code})
		}
		l, err := c.line(line)
		if err != nil {
			return err
		}
		p := &payment{ID: uuid.New(), FundID: f.ID, LineID: l.ID, Amount: in.Amount, PaidOn: in.PaidOn, Reference: in.Reference, RecordedBy: actor.ID}
		if err := l.pay(in.Amount, in.PaidOn, c.DueOn); err != nil {
			return err
		}
		if err := taken(insert(ctx, tx, p), "capital_call_payments_reference", ErrReferenceTaken); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(l).Column("paid", "last_paid_on", "paid_late").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("save line %s: %w", l.ID, err)
		}
		if err := s.done(ctx, tx, "record_payment", c, c.Code, actor, in); err != nil {
			return err
		}
		inv, err := f.investor(l.InvestorID)
		if err != nil {
			return err
		}
		doc := ledger.Ref{Kind: "capital_call", ID: c.ID, No: c.Code + ", " + in.Reference}
		err = receive(ctx, tx, f, inv, receipt{in.Amount, in.PaidOn, doc, "capital_call_payment/" + p.ID.String(), actor.ID, *c.ApprovedBy})
		if err != nil || c.Paid().Cmp(c.Total()) < 0 {
			return err
		}
		return s.closeCall(ctx, tx, f, c, in.PaidOn, actor)
	})
}

// closeCall closes a call that is paid whole and pays its fees and expenses out of the cash.
func (s *Service) closeCall(ctx context.Context, tx bun.IDB, f *Fund, c *CapitalCall, on calendar.Date, actor access.Actor) error {
	if err := c.move(CallClosed); err != nil {
		return err
	}
	c.ClosedOn = on
	if err := saveCall(ctx, tx, c); err != nil {
		return err
	}
	for _, out := range []struct {
		kind    FlowKind
		account string
		amount  money.Amount
	}{{FlowFee, Fee, c.Fee}, {FlowExpense, Expense, c.Expense}} {
		if out.amount.IsZero() {
			continue
		}
		if err := AddFlow(ctx, tx, Flow{FundID: f.ID, Kind: out.kind, On: on, Amount: out.amount, DocumentKind: "capital_call", DocumentID: c.ID}); err != nil {
			return err
		}
		j := f.journal(string(out.kind), on, ledger.Ref{Kind: "capital_call", ID: c.ID, No: c.Code},
			"capital_call/"+c.ID.String()+"/"+string(out.kind), actor.ID, *c.ApprovedBy)
		j.Moves = []ledger.Move{f.CashOut(out.amount)}
		j.Legs = []ledger.Leg{{Account: out.account, Amount: out.amount}, {Account: Cash, Amount: out.amount.Neg()}}
		if err := post(ctx, tx, j); err != nil {
			return err
		}
	}
	return nil
}

type payment struct {
	bun.BaseModel `bun:"table:capital_call_payments,alias:cp"`
	ID            uuid.UUID    `bun:",pk,type:uuid"`
	FundID        uuid.UUID    `bun:"type:uuid"`
	LineID        uuid.UUID    `bun:"type:uuid"`
	Amount        money.Amount `bun:"type:numeric"`
	PaidOn        calendar.Date
	Reference     string
	RecordedBy    uuid.UUID `bun:"type:uuid"`
}

func (c *CapitalCall) line(id uuid.UUID) (*CallLine, error) {
	for i := range c.Lines {
		if c.Lines[i].ID == id {
			return &c.Lines[i], nil
		}
	}
	return nil, errs.ErrNotFound
}

// lockCall locks the fund first, then the call.
func lockCall(ctx context.Context, tx bun.IDB, id uuid.UUID) (*CapitalCall, *Fund, error) {
	var fund uuid.UUID
	if err := found("capital call", tx.NewRaw("SELECT fund_id FROM capital_calls WHERE id = ?", id).Scan(ctx, &fund)); err != nil {
		return nil, nil, err
	}
	f, err := Lock(ctx, tx, fund)
	if err != nil {
		return nil, nil, err
	}
	c, err := getCall(ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("cc.id = ?", id).For("UPDATE OF cc") })
	return c, f, err
}

func saveCall(ctx context.Context, tx bun.IDB, c *CapitalCall) error {
	_, err := tx.NewUpdate().Model(c).Column("status", "approved_by", "issued_on", "closed_on").
		Set("version = version + 1").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save capital call %s: %w", c.Code, err)
	}
	return nil
}

// done records a step and the audit row of an act on a call or distribution.
func (s *Service) done(ctx context.Context, tx bun.IDB, act string, o access.Object, label string, actor access.Actor, after any) error {
	if err := access.Step(ctx, tx, o, act, actor); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Act: o.AccessKind() + "." + act, Actor: actor.ID, Role: string(actor.Role),
		Kind: o.AccessKind(), Object: o.AccessID(), Label: label, After: after})
}
