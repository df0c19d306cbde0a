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
	"kinhbac/internal/file"
	"kinhbac/internal/idem"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// Service holds the commands and reads of the room.
type Service struct {
	db         *bun.DB
	access     *access.Access
	holders    []Holder
	forecaster Forecaster
	groups     Groups
	files      *file.Store
	desk       *storage.Together[order, verdict] // commitments that wait
	trials     *ledger.Trials
}

// New builds the service and tells access about its rows.
func New(db *bun.DB, acc *access.Access) *Service {
	acc.Register(access.Noun{Kind: "budget_line", Table: "budget_lines", Alias: "bl",
		Managing: "bl.managing_unit_id", Finance: "bl.finance_unit_id",
		When: map[string]string{"state:published": "false"}})
	acc.Register(access.Noun{Kind: "budget_act", Table: "budget_acts", Alias: "ba",
		Managing: "(SELECT x.managing_unit_id FROM budget_lines x WHERE x.id = ba.line_id)",
		Finance:  "(SELECT x.finance_unit_id FROM budget_lines x WHERE x.id = ba.line_id)"})
	registerEstimates(acc)
	acc.Register(access.Noun{Kind: "budget_year_end", Table: "budget_year_ends", Alias: "ye", Managing: "NULL::uuid", Finance: "ye.finance_unit_id", // of all units: no, not an alarm
		Reading: []access.Right{{Resource: "budget_line", Action: "read"}}})
	acc.Register(access.Noun{Kind: "budget_cancellation", Table: "budget_cancellations", Alias: "bc", Managing: "NULL::uuid", Finance: "bc.finance_unit_id",
		Reading: []access.Right{{Resource: "budget_line", Action: "read"}}})
	for kind, table := range map[string]string{"sponsorship": "sponsorships", "sponsorship_receipt": "sponsorship_receipts"} {
		alias, line := "sp", "sp.line_id"
		if kind == "sponsorship_receipt" {
			alias, line = "sr", "(SELECT y.line_id FROM sponsorships y WHERE y.id = sr.sponsorship_id)"
		}
		acc.Register(access.Noun{Kind: kind, Table: table, Alias: alias,
			Managing: "(SELECT x.managing_unit_id FROM budget_lines x WHERE x.id = " + line + ")",
			Finance:  "(SELECT x.finance_unit_id FROM budget_lines x WHERE x.id = " + line + ")",
			Reading:  []access.Right{{Resource: "budget_line", Action: "read"}}})
	}
	s := &Service{db: db, access: acc, trials: new(ledger.Trials)}
	s.desk = storage.NewTogether(deskWorkers, deskLimit, s.commitAll)
	return s
}

// PlanInput names a new line. Amount is what the estimate asks for; a line below a root takes year, source and units
// from its parent.
type PlanInput struct {
	Year           int
	Code           string
	NameVI, NameEN string
	Parent         uuid.UUID // Nil for a root
	SourceCode     string    // NS, TT or KHAC; roots only
	ProgrammeCode  string
	Chapter        string // "" is the parent's
	Carried        bool   // a root that receives what earlier years carry over, and is assigned nothing
	Dims
	Amount money.Amount
}

// Plan adds a line to the budget of a year: a root waits for its approval, a line below is open with nothing on it.
func (s *Service) Plan(ctx context.Context, in PlanInput) (l *Line, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		l = &Line{ID: uuid.New(), Year: in.Year, Code: in.Code, NameVI: in.NameVI, NameEN: in.NameEN, SourceCode: in.SourceCode,
			ProgrammeCode: in.ProgrammeCode, Chapter: in.Chapter, Dims: in.Dims.orProvince(), Planned: in.Amount, Status: Planned, Version: 1,
			ManagingUnitID: access.UnitScience, FinanceUnitID: access.UnitFinance}
		var on access.Object = access.Ref{Kind: "unit", ID: access.UnitFinance}
		if in.Parent != uuid.Nil {
			p, err := lock(ctx, tx, in.Parent)
			if err != nil {
				return err
			}
			if p.Status == Closed {
				return ErrNotOpen
			}
			on = p
			l.ParentID, l.Status, l.Year, l.SourceCode = &p.ID, Open, p.Year, p.SourceCode
			l.inherit(p)
			l.ManagingUnitID, l.FinanceUnitID = p.ManagingUnitID, p.FinanceUnitID
			if l.ProgrammeCode == "" {
				l.ProgrammeCode = p.ProgrammeCode
			}
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "plan", on)
		if err != nil {
			return err
		}
		if err := l.Check(); err != nil {
			return err
		}
		if l.ParentID == nil && l.Planned.IsZero() != in.Carried {
			return errs.FieldError("amount", "budget.amount_missing")
		}
		if err := l.checkCodes(ctx, tx); err != nil {
			return err
		}
		if l.ParentID != nil {
			if err := branchOut(ctx, tx, on.(*Line)); err != nil {
				return err
			}
		}
		l.PlannedBy = actor.ID
		l.ControlLine, err = ledger.OpenLine(ctx, tx, "BUDGET", ledger.BudgetLine, l.Dim(), l.ID)
		if err != nil {
			return err
		}
		if err := insert(ctx, tx, l); err != nil {
			return err
		}
		if l.Status == Planned {
			if err := access.Step(ctx, tx, l, "plan", actor); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Act: "budget_line.plan", Actor: actor.ID, Role: string(actor.Role), Object: l.ID,
			Label: l.label(), After: struct {
				Planned money.Amount `json:"planned"`
			}{l.Planned}})
	})
	return l, err
}

// Dim are the budget dimensions under which the line's money is posted.
func (l *Line) Dim() ledger.Dim {
	d := ledger.Dim{Year: l.Year, Level: l.Level, Chapter: l.Chapter, Category: l.Category, Item: l.Item, SubItem: l.SubItem,
		Programme: l.ProgrammeCode, SourceCode: l.SourceCode, Unit: l.ManagingUnitID}
	if l.UnitID != nil {
		d.Unit = *l.UnitID
	}
	if l.ProjectID != nil {
		d.Project = *l.ProjectID
	}
	if l.MilestoneID != nil {
		d.Milestone = *l.MilestoneID
	}
	return d
}

func (l *Line) label() string { return fmt.Sprintf("%s/%d", l.Code, l.Year) }

// Approve opens a planned root line under the decision that assigns the estimate, and appropriates its amount.
func (s *Service) Approve(ctx context.Context, id uuid.UUID, version int, decisionNo string, decidedOn calendar.Date) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		l, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "approve", l)
		if err != nil {
			return err
		}
		if l.Version != version {
			return errs.ErrStale
		}
		now := storage.Now(ctx)
		if err := l.Approve(actor.ID, decisionNo, decidedOn, now); err != nil {
			return err
		}
		rule, err := basis(ctx, tx, string(Appropriate), "", now)
		if err != nil {
			return err
		}
		if l.Planned.IsZero() { // opened to receive, assigned nothing
			return s.opened(ctx, tx, actor, l)
		}
		a := &Act{ID: uuid.New(), Kind: Appropriate, LineID: l.ID, Amount: l.Planned, Reason: decisionNo, Status: Proposed,
			Basis: rule.ID, BasisArticle: rule.Source(), ProposedBy: l.PlannedBy, ProposedAt: now, Version: 1}
		if err := a.Decide(actor.ID, decisionNo, decidedOn, now); err != nil {
			return err
		}
		if err := save(ctx, tx, l); err != nil {
			return err
		}
		if err := access.ClearSteps(ctx, tx, l); err != nil {
			return err
		}
		return s.execute(ctx, tx, actor, a, l, "budget_line.approve", insertAct)
	})
}

// opened saves a root that is approved without money of its own.
func (s *Service) opened(ctx context.Context, tx bun.Tx, actor access.Actor, l *Line) error {
	if err := save(ctx, tx, l); err != nil {
		return err
	}
	if err := access.ClearSteps(ctx, tx, l); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Act: "budget_line.approve", Actor: actor.ID, Role: string(actor.Role), Object: l.ID,
		Label: l.label(), Reason: l.DecisionNo, RuleID: "budget.act.carry_over"})
}

// execute records the decided act and posts it; last, because the lines are locked from there on.
func (s *Service) execute(ctx context.Context, tx bun.Tx, actor access.Actor, a *Act, l *Line, act string,
	store func(context.Context, bun.IDB, *Act) error) error {
	p, err := s.posting(ctx, tx, a)
	if err != nil {
		return err
	}
	err = audit.Record(ctx, tx, audit.Event{Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "budget_line", Object: l.ID,
		Label: l.label(), Reason: a.Reason, RuleID: a.Basis, After: struct {
			Kind     ActKind      `json:"kind"`
			Amount   money.Amount `json:"amount"`
			Decision string       `json:"decision"`
		}{a.Kind, a.Amount, a.Document()}})
	if err != nil {
		return err
	}
	for i, j := range p.journals {
		done, err := ledger.Post(ctx, tx, j)
		if err != nil {
			return err
		}
		if i == 0 {
			a.Voucher = done.No
		}
	}
	return store(ctx, tx, a)
}

// CommitInput is a commitment made straight on a line (cam kết chi): Approver signed the source document, holds an
// office that signs (head, leader, chief accountant, account holder) and is another person than who commits.
type CommitInput struct {
	Amount     money.Amount
	Approver   uuid.UUID
	DocumentNo string // number and day of the source document
	Reason     string
}

// Committed is the answer to a commitment: the line as it now is.
type Committed struct {
	Voucher   string       `json:"voucher"`
	Available money.Amount `json:"available"`
	Committed money.Amount `json:"committed"`
}

// refuse says why a commitment of the actor may not be made on the line, whatever it holds; nil when it may.
func (l *leaf) refuse(in CommitInput, actor access.Actor) error {
	switch {
	case l.Status != Open:
		return ErrNotOpen
	case l.HasLines:
		return ErrHasLines
	case in.Amount.Sign() <= 0:
		return errs.FieldError("amount", "budget.amount_missing")
	case in.Approver != actor.ID && !l.Signed: // the actor itself is refused by the ledger
		return ErrSigner.At(errs.Field{Name: "approver_id", Code: ErrSigner.Code})
	}
	return nil
}

// commitment is what the ledger is to post. The same use of a key is the same document, so that the ledger itself
// takes it once, whichever way it comes.
func (l *leaf) commitment(in CommitInput, actor access.Actor, use idem.Use) ledger.Commitment {
	doc := uuid.New()
	if use.Key != "" {
		doc = uuid.NewSHA1(uuid.NameSpaceOID, []byte("commitment\x00"+use.Scope+"\x00"+use.Key))
	}
	return ledger.Commitment{Line: l.ControlLine, Budget: l.ID, Amount: in.Amount,
		Document: ledger.Ref{Kind: "commitment", ID: doc, No: in.DocumentNo}, Key: "commitment/" + doc.String(),
		Actor: actor.ID, Role: string(actor.Role), Approver: in.Approver, Reason: in.Reason}
}

func committed(p ledger.Posted) Committed {
	return Committed{Voucher: p.No, Available: p.Lines[0].Available, Committed: p.Lines[0].Committed}
}

// Commit moves an amount of an open leaf line from available to committed. It refuses with ledger.ErrInsufficient,
// and with ErrSigner when the approver may not sign.
func (s *Service) Commit(ctx context.Context, id uuid.UUID, in CommitInput) (out Committed, err error) {
	err = storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		l, err := getLeaf(ctx, tx, id, access.From(ctx).ID, in.Approver)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "budget_line", "commit", l)
		if err != nil {
			return err
		}
		if err := l.refuse(in, actor); err != nil {
			return err
		}
		p, err := ledger.Commit(ctx, tx, l.commitment(in, actor, idem.From(ctx)))
		if err != nil {
			return err
		}
		out = committed(p)
		return nil
	})
	return out, err
}
