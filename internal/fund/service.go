package fund

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// Service holds the commands and pages of the fund.
type Service struct {
	db        *bun.DB
	access    *access.Access
	holidays  calendar.Holidays
	portfolio Portfolio
}

// New makes the service and registers its nouns. holidays count the notice of calls; portfolio is the room of
// investments, asked for what the fund's page shows of it.
func New(db *bun.DB, acc *access.Access, holidays calendar.Holidays, portfolio Portfolio) *Service {
	finance := func(alias string) string {
		return "(SELECT fund.finance_unit_id FROM funds AS fund WHERE fund.id = " + alias + ".fund_id)"
	}
	managing := func(alias string) string {
		return "(SELECT fund.managing_unit_id FROM funds AS fund WHERE fund.id = " + alias + ".fund_id)"
	}
	acc.Register(access.Noun{Kind: "fund", Table: "funds", Alias: "f", Managing: "f.managing_unit_id",
		Finance: "f.finance_unit_id", Fund: "f.id", Reading: []access.Right{{Resource: "fund_capital", Action: "read"}}})
	for kind, n := range map[string]struct{ table, alias string }{
		"fund_capital": {"fund_capital_entries", "ce"},
		"capital_call": {"capital_calls", "cc"},
		"distribution": {"fund_distributions", "fd"},
	} {
		a := n.alias
		acc.Register(access.Noun{Kind: kind, Table: n.table, Alias: a, Managing: managing(a), Finance: finance(a),
			Fund: a + ".fund_id", Conflict: []access.Link{{Kind: "fund", ID: a + ".fund_id"}},
			When: map[string]string{"state:approved": a + ".status = 'approved'"}})
	}
	return &Service{db: db, access: acc, holidays: holidays, portfolio: portfolio}
}

// NewFund is what a draft of a charter says. StateCap and the other shares are percent with two decimals at most;
// InvesteeCap 0 sets no limit, CallNoticeDays 0 takes the rulebook's.
type NewFund struct {
	Code, NameVI, NameEN               string
	LegalForm                          LegalForm
	CharterCapital                     money.Amount
	StateCap, LossCeiling, InvesteeCap decimal.Decimal
	CycleYears, CallNoticeDays         int
	BlockAtCeiling                     bool
	BudgetLineID                       uuid.UUID
}

var codeForm = regexp.MustCompile(`^[A-Z0-9-]{2,20}$`)

// Create drafts a fund with its charter on the budget line that carries the State's contribution. A share of the
// State must be given; the ceiling of losses and the cycle stay within the rulebook. Source: NĐ 264/2025/NĐ-CP,
// Điều 9, 10.
func (s *Service) Create(ctx context.Context, in NewFund) (*Fund, error) {
	var f *Fund
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		actor, err := s.access.Require(ctx, tx, "fund", "create", access.Ref{Kind: "unit", ID: access.UnitScience})
		if err != nil {
			return err
		}
		if f, err = draft(ctx, tx, in); err != nil {
			return err
		}
		f.CreatedBy = actor.ID
		if err := taken(insert(ctx, tx, f), "funds_code_key", ErrCodeTaken.At(errs.Field{Name: "code", Code: ErrCodeTaken.Code})); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, f, "create", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "fund.create", Actor: actor.ID, Role: string(actor.Role), Kind: "fund",
			Object: f.ID, Label: f.Code, After: f.Charter})
	})
	return f, err
}

// draft checks a charter against the rulebook and the budget line.
func draft(ctx context.Context, tx bun.IDB, in NewFund) (*Fund, error) {
	f := &Fund{ID: uuid.New(), Code: strings.ToUpper(in.Code), NameVI: in.NameVI, NameEN: in.NameEN, Status: Draft, Version: 1,
		ManagingUnitID: access.UnitScience, BudgetLineID: in.BudgetLineID,
		Charter: Charter{LegalForm: in.LegalForm, CharterCapital: in.CharterCapital, CycleYears: in.CycleYears,
			CallNoticeDays: in.CallNoticeDays, BlockAtCeiling: in.BlockAtCeiling}}
	var wrong []errs.Field
	bad := func(name, code string, args ...any) {
		wrong = append(wrong, errs.Field{Name: name, Code: code, Args: args})
	}
	if !codeForm.MatchString(f.Code) {
		bad("code", "fund.code_form")
	}
	if f.LegalForm != LLC && f.LegalForm != JSC && f.LegalForm != BCC {
		bad("legal_form", "fund.legal_form_choose")
	}
	if f.CharterCapital.Sign() <= 0 {
		bad("charter_capital", ErrAmount.Code)
	}
	lossMax, err := ruleInt(ctx, tx, "fund.loss.max_share")
	if err != nil {
		return nil, err
	}
	yearsMax, err := ruleInt(ctx, tx, "fund.cycle.max_years")
	if err != nil {
		return nil, err
	}
	var ok bool
	if f.StateCapBP, ok = basisPoints(in.StateCap); !ok || f.StateCapBP == 0 {
		bad("state_cap", "fund.state_cap_range")
	}
	if f.LossCeilingBP, ok = basisPoints(in.LossCeiling); !ok || f.LossCeilingBP == 0 || f.LossCeilingBP > lossMax*100 {
		bad("loss_ceiling", "fund.loss_ceiling_range", lossMax)
	}
	if f.InvesteeCapBP, ok = basisPoints(in.InvesteeCap); !ok {
		bad("investee_cap", "fund.share_range")
	}
	if f.CycleYears < 1 || f.CycleYears > yearsMax {
		bad("cycle_years", "fund.cycle_years_range", yearsMax)
	}
	if f.CallNoticeDays < 0 || f.CallNoticeDays > 120 {
		bad("call_notice_days", "fund.call_notice_range")
	}
	line, err := budget.Get(ctx, tx, in.BudgetLineID)
	if errors.Is(err, errs.ErrNotFound) {
		bad("budget_line_id", "fund.budget_line_choose")
	} else if err != nil {
		return nil, err
	}
	if len(wrong) > 0 {
		return nil, errs.New(errs.Invalid, "errs.invalid").At(wrong...)
	}
	f.FinanceUnitID = line.FinanceUnitID
	return f, nil
}

// Approve founds the fund by a decision of the People's Committee: its book, cash line and loss meter open.
func (s *Service) Approve(ctx context.Context, id uuid.UUID, decisionNo string, on calendar.Date) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		f, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "fund", "approve", f)
		if err != nil {
			return err
		}
		if f.Status != Draft {
			return ErrNotDraft
		}
		if on.IsZero() || on.After(calendar.DateOf(storage.Now(ctx))) {
			return errs.FieldError("established_on", "fund.decision_day")
		}
		if decisionNo == "" {
			return errs.FieldError("decision_no", "fund.decision_no_needed")
		}
		f.Status, f.DecisionNo, f.EstablishedOn, f.ApprovedBy = Active, decisionNo, on, &actor.ID
		if err := ledger.OpenBook(ctx, tx, f.Book(), Chart); err != nil {
			return fmt.Errorf("open book of fund %s: %w", f.Code, err)
		}
		if f.CashLine, err = ledger.OpenLine(ctx, tx, f.Book(), ledger.BudgetLine, ledger.Dim{}, f.ID); err != nil {
			return fmt.Errorf("open cash line of fund %s: %w", f.Code, err)
		}
		if f.LossLine, err = ledger.OpenLine(ctx, tx, f.Book(), ledger.LossMeter, ledger.Dim{}, f.ID); err != nil {
			return fmt.Errorf("open loss meter of fund %s: %w", f.Code, err)
		}
		if err := open(ctx, tx, f); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, f, "approve", actor); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Act: "fund.approve", Actor: actor.ID, Role: string(actor.Role), Kind: "fund",
			Object: f.ID, Label: f.Code, After: f.Charter, Reason: decisionNo}); err != nil {
			return err
		}
		j := f.journal("appropriate", on, ledger.Ref{Kind: "fund", ID: f.ID, No: decisionNo}, "fund/"+f.ID.String()+"/approve", f.CreatedBy, actor.ID)
		j.Moves = []ledger.Move{{Line: f.LossLine, From: ledger.Source, To: ledger.Available, Amount: f.CharterCapital}}
		return post(ctx, tx, j)
	})
}

// open saves an approved fund and both sides of its charter capital, empty.
func open(ctx context.Context, tx bun.IDB, f *Fund) error {
	_, err := tx.NewUpdate().Model(f).Column("status", "decision_no", "established_on", "approved_by", "cash_line", "loss_line").
		Set("version = version + 1").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save fund %s: %w", f.Code, err)
	}
	for _, side := range []string{"committed", "paid"} {
		if err := insert(ctx, tx, &Capital{FundID: f.ID, Side: side, CapBP: f.StateCapBP}); err != nil {
			return fmt.Errorf("open %s capital of fund %s: %w", side, f.Code, err)
		}
	}
	return nil
}

// basisPoints reads a percentage of 0 to 100 with two decimals at most.
func basisPoints(d decimal.Decimal) (int, bool) {
	bp := d.Shift(2)
	if !bp.Equal(bp.Truncate(0)) || bp.Sign() < 0 || bp.GreaterThan(decimal.NewFromInt(10_000)) {
		return 0, false
	}
	return int(bp.IntPart()), true
}

func ruleInt(ctx context.Context, tx bun.IDB, id string) (int, error) {
	v, err := rulebook.Get(ctx, tx, id, storage.Now(ctx))
	if err != nil {
		return 0, err
	}
	return v.Int()
}
