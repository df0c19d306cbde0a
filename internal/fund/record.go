package fund

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// NewEntry is a record of charter capital. Investor is an investor of the fund, or Nil to name a new one by Name and
// Class. Document is the contract of contribution, or the bank's note of what came in; its day is not in the future.
type NewEntry struct {
	Investor   uuid.UUID
	Name       string
	Class      Class
	Kind       EntryKind
	Amount     money.Amount
	DocumentNo string
	DocumentOn calendar.Date
}

// Record writes what an investor committed or paid in. Nothing is counted or posted before the approval.
func (s *Service) Record(ctx context.Context, fund uuid.UUID, in NewEntry) (*Entry, error) {
	var e *Entry
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		f, err := Lock(ctx, tx, fund)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "fund_capital", "record", f)
		if err != nil {
			return err
		}
		if f.Status != Active {
			return ErrNotActive
		}
		if err := in.check(calendar.DateOf(storage.Now(ctx))); err != nil {
			return err
		}
		inv, err := f.party(ctx, tx, in)
		if err != nil {
			return err
		}
		e = &Entry{ID: uuid.New(), FundID: f.ID, InvestorID: inv.ID, Kind: in.Kind, Amount: in.Amount, DocumentNo: in.DocumentNo,
			DocumentOn: in.DocumentOn, Status: Recorded, RecordedBy: actor.ID, Investor: inv}
		if err := taken(insert(ctx, tx, e), "fund_capital_entries_document", ErrDocumentTaken); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, e, "record", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "fund_capital.record", Actor: actor.ID, Role: string(actor.Role),
			Kind: "fund_capital", Object: e.ID, Label: f.Code + " · " + in.DocumentNo, After: in})
	})
	return e, err
}

func (in NewEntry) check(today calendar.Date) error {
	var wrong []errs.Field
	if in.Kind != Commitment && in.Kind != Contribution {
		wrong = append(wrong, errs.Field{Name: "kind", Code: "fund.entry_kind_choose"})
	}
	if in.Amount.Sign() <= 0 {
		wrong = append(wrong, errs.Field{Name: "amount", Code: ErrAmount.Code})
	}
	if in.DocumentNo == "" {
		wrong = append(wrong, errs.Field{Name: "document_no", Code: "fund.document_no_needed"})
	}
	if in.DocumentOn.IsZero() || in.DocumentOn.After(today) {
		wrong = append(wrong, errs.Field{Name: "document_on", Code: "fund.document_day"})
	}
	if in.Investor == uuid.Nil && (in.Name == "" || in.Class != State && in.Class != Private) {
		wrong = append(wrong, errs.Field{Name: "name", Code: "fund.investor_name_class"})
	}
	if len(wrong) > 0 {
		return errs.New(errs.Invalid, "errs.invalid").At(wrong...)
	}
	return nil
}

// party finds the investor of a record, or takes a new one in.
func (f *Fund) party(ctx context.Context, tx bun.IDB, in NewEntry) (*Investor, error) {
	if in.Investor != uuid.Nil {
		return f.investor(in.Investor)
	}
	inv := &Investor{ID: uuid.New(), FundID: f.ID, Position: len(f.Investors) + 1, Name: in.Name, Class: in.Class}
	wrong := errs.FieldError("name", "fund.investor_taken")
	return inv, taken(insert(ctx, tx, inv), "fund_investors_fund_id_name_key", wrong)
}

// ApproveEntry counts a record: the investor's commitment or payment, both sides of the State's share, the books.
// A commitment of the State takes the money of the fund's budget line from available to committed; a payment of
// the State takes it on to disbursed and shows the stake in ACTUAL. It refuses with ErrStateShare, ErrOverCharter,
// ErrOverCommitment or the ledger's refusals.
func (s *Service) ApproveEntry(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		e, f, err := lockEntry(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "fund_capital", "approve", e)
		if err != nil {
			return err
		}
		inv, err := f.investor(e.InvestorID)
		if err != nil {
			return err
		}
		if err := e.Approve(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(e).Column("status", "approved_by", "approved_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("save capital entry %s: %w", e.ID, err)
		}
		if err := access.Step(ctx, tx, e, "approve", actor); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Act: "fund_capital.approve", Actor: actor.ID, Role: string(actor.Role),
			Kind: "fund_capital", Object: e.ID, Label: f.Code + " · " + e.DocumentNo, After: e.Amount}); err != nil {
			return err
		}
		doc := ledger.Ref{Kind: "fund_capital", ID: e.ID, No: e.DocumentNo + ", " + e.DocumentOn.Format()}
		key := "fund_capital/" + e.ID.String() + "/approve"
		if e.Kind == Commitment {
			return s.commit(ctx, tx, f, inv, e, doc, key)
		}
		return receive(ctx, tx, f, inv, receipt{e.Amount, e.DocumentOn, doc, key, e.RecordedBy, actor.ID})
	})
}

// lockEntry locks the fund first, then the entry.
func lockEntry(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Entry, *Fund, error) {
	var fund uuid.UUID
	if err := found("capital entry", tx.NewRaw("SELECT fund_id FROM fund_capital_entries WHERE id = ?", id).Scan(ctx, &fund)); err != nil {
		return nil, nil, err
	}
	f, err := Lock(ctx, tx, fund)
	if err != nil {
		return nil, nil, err
	}
	e := new(Entry)
	return e, f, found("capital entry", tx.NewSelect().Model(e).Where("ce.id = ?", id).For("UPDATE").Scan(ctx))
}

// commit counts a commitment; for the State it books the money on the fund's budget line.
func (s *Service) commit(ctx context.Context, tx bun.IDB, f *Fund, inv *Investor, e *Entry, doc ledger.Ref, key string) error {
	side, err := capital(ctx, tx, f.ID, "committed")
	if err != nil {
		return err
	}
	if left := f.CharterCapital.Sub(side.Total); e.Amount.Cmp(left) > 0 {
		return ErrOverCharter.With(left.Format())
	}
	if err := raise(ctx, tx, f, "committed", inv.Class, e.Amount); err != nil {
		return err
	}
	if _, err := tx.NewRaw("UPDATE fund_investors SET committed = committed + ?::numeric WHERE id = ?", e.Amount, inv.ID).Exec(ctx); err != nil {
		return fmt.Errorf("add commitment of investor %s: %w", inv.ID, err)
	}
	if inv.Class != State {
		return nil
	}
	line, err := budget.Get(ctx, tx, f.BudgetLineID)
	if err != nil {
		return err
	}
	return post(ctx, tx, ledger.Journal{Book: "BUDGET", Kind: "commit", On: e.DocumentOn.Start(), Document: doc, Key: key + "/budget",
		Actor: e.RecordedBy, Approver: *e.ApprovedBy,
		Moves: []ledger.Move{{Line: line.ControlLine, From: ledger.Available, To: ledger.Committed, Amount: e.Amount}}})
}

// receipt is money of an investor that came in: how much, on what day, by which document, once per key.
type receipt struct {
	amount          money.Amount
	on              calendar.Date
	doc             ledger.Ref
	key             string
	actor, approver uuid.UUID
}

// receive counts a payment of an investor: within the commitment, within the cap of the State's share of what is
// paid, into the flows and into the books.
func receive(ctx context.Context, tx bun.IDB, f *Fund, inv *Investor, r receipt) error {
	if err := pay(ctx, tx, inv, r.amount); err != nil {
		return err
	}
	if err := raise(ctx, tx, f, "paid", inv.Class, r.amount); err != nil {
		return err
	}
	err := AddFlow(ctx, tx, Flow{FundID: f.ID, Kind: FlowContribution, InvestorID: &inv.ID, On: r.on, Amount: r.amount,
		DocumentKind: r.doc.Kind, DocumentID: r.doc.ID})
	if err != nil {
		return err
	}
	in := f.journal("contribute", r.on, r.doc, r.key+"/fund", r.actor, r.approver)
	in.Moves = []ledger.Move{f.CashIn(r.amount)}
	in.Legs = []ledger.Leg{
		{Account: Cash, Amount: r.amount},
		{Account: CapitalIn, Dim: ledger.Dim{Organisation: inv.ID}, Amount: r.amount.Neg()},
	}
	if inv.Class != State {
		return post(ctx, tx, in)
	}
	line, err := budget.Get(ctx, tx, f.BudgetLineID)
	if err != nil {
		return err
	}
	dim := ledger.Dim{Year: line.Year, SourceCode: line.SourceCode, Programme: line.ProgrammeCode}
	stake := ledger.Journal{Book: "ACTUAL", Kind: "disburse", On: r.on.Start(), Document: r.doc, Key: r.key + "/actual",
		Actor: r.actor, Approver: r.approver, Legs: []ledger.Leg{
			{Account: "fund_contribution", Dim: dim, Amount: r.amount},
			{Account: "cash_treasury", Dim: dim, Amount: r.amount.Neg()},
		}}
	spent := ledger.Journal{Book: "BUDGET", Kind: "disburse", On: r.on.Start(), Document: r.doc, Key: r.key + "/budget",
		Actor: r.actor, Approver: r.approver, Moves: []ledger.Move{
			{Line: line.ControlLine, From: ledger.Committed, To: ledger.Requested, Amount: r.amount},
			{Line: line.ControlLine, From: ledger.Requested, To: ledger.Disbursed, Amount: r.amount},
		}}
	return post(ctx, tx, stake, in, spent)
}
