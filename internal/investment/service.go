package investment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/fund"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/party"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// Service holds the commands and pages of investments.
type Service struct {
	db     *bun.DB
	access *access.Access
	funds  *fund.Service
}

const (
	voted = `EXISTS (SELECT FROM council_matters AS x WHERE x.kind = 'deal' AND x.subject_id = d.id
		AND x.status = 'concluded' AND x.passed AND x.conclusion <> 'not_support'`
	firm = "(SELECT y.organisation_id FROM holdings AS y WHERE y.id = va.holding_id)"
)

// dealsWith are the deals of a row's fund with the firm it is about: who is in conflict with one of them is in conflict
// with what came of it.
func dealsWith(alias, organisation string) access.Link {
	return access.Link{Kind: "deal", ID: "ANY(SELECT y.id FROM deals AS y WHERE y.fund_id = " + alias + ".fund_id AND y.organisation_id = " + organisation + ")"}
}

// New makes the service and registers its nouns.
func New(db *bun.DB, acc *access.Access, funds *fund.Service) *Service {
	unit := func(alias, column string) string {
		return "(SELECT z." + column + " FROM funds AS z WHERE z.id = " + alias + ".fund_id)"
	}
	noun := func(kind, table, alias, organisation string, when map[string]string, behind ...access.Link) {
		acc.Register(access.Noun{Kind: kind, Table: table, Alias: alias, Managing: unit(alias, "managing_unit_id"),
			Finance: unit(alias, "finance_unit_id"), Fund: alias + ".fund_id",
			Seat:     []access.Link{{Kind: "fund", ID: alias + ".fund_id"}},
			Own:      []access.Link{{Kind: "organisation", ID: organisation}},
			Conflict: append(behind, access.Link{Kind: "organisation", ID: organisation}, access.Link{Kind: "fund", ID: alias + ".fund_id"}), When: when})
	}
	noun("deal", "deals", "d", "d.organisation_id", map[string]string{
		"state:voted":    "d.status = 'voted' AND " + voted + ")",
		"quorum":         voted + " AND council_quorum(x.session_id, x.id))",
		"state:approved": "d.status IN ('approved', 'contracted')",
		"state:shared":   "d.status = 'contracted'",
	})
	noun("holding", "holdings", "h", "h.organisation_id", map[string]string{"state:published": "h.status IN ('active', 'exited')"}, dealsWith("h", "h.organisation_id"))
	noun("investment", "investments", "iv", "(SELECT y.organisation_id FROM deals AS y WHERE y.id = iv.deal_id)", nil, access.Link{Kind: "deal", ID: "iv.deal_id"})
	noun("valuation", "valuations", "va", firm, map[string]string{"state:approved": "va.status = 'approved'"},
		dealsWith("va", firm), access.Link{Kind: "holding", ID: "va.holding_id"})
	return &Service{db: db, access: acc, funds: funds}
}

func found(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

// done records a step and the audit row of an act.
func done(ctx context.Context, tx bun.IDB, resource, act string, o access.Object, label string, actor access.Actor, after any) error {
	if err := access.Step(ctx, tx, o, act, actor); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Act: resource + "." + act, Actor: actor.ID, Role: string(actor.Role),
		Kind: o.AccessKind(), Object: o.AccessID(), Label: label, After: after})
}

// NewDeal is a deal as an analyst sources it. The firm is named by its tax code (MST) and must be registered.
type NewDeal struct {
	TaxCode, Title, Sector, Round, Instrument, Summary string
	Amount, PreMoney                                   money.Amount
}

// Create sources a deal for a fund.
func (s *Service) Create(ctx context.Context, fundID uuid.UUID, in NewDeal) (*Deal, error) {
	var d *Deal
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		f, err := fund.Lock(ctx, tx, fundID)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "deal", "create", f)
		if err != nil {
			return err
		}
		if f.Status != fund.Active {
			return fund.ErrNotActive
		}
		if d, err = in.deal(ctx, tx, f); err != nil {
			return err
		}
		d.CreatedBy = actor.ID
		if _, err := tx.NewInsert().Model(d).Exec(ctx); err != nil {
			return fmt.Errorf("insert deal %s: %w", d.Code, err)
		}
		return done(ctx, tx, "deal", "create", d, d.Code, actor, in)
	})
	return d, err
}

func (in NewDeal) deal(ctx context.Context, tx bun.IDB, f *fund.Fund) (*Deal, error) {
	d := &Deal{ID: uuid.New(), FundID: f.ID, Title: in.Title, Sector: in.Sector, Round: in.Round, Instrument: in.Instrument,
		Amount: in.Amount, PreMoney: in.PreMoney, Summary: in.Summary, Status: Sourced, Version: 1}
	var wrong []errs.Field
	for _, need := range []struct {
		ok         bool
		name, code string
	}{
		{in.Title != "", "title", "investment.title_needed"},
		{in.Amount.Sign() > 0, "amount", "investment.amount_positive"},
		{slices.Contains(Instruments, in.Instrument), "instrument", "investment.instrument_choose"},
		{in.Summary != "", "summary", "investment.summary_needed"},
	} {
		if !need.ok {
			wrong = append(wrong, errs.Field{Name: need.name, Code: need.code})
		}
	}
	code, err := party.PlainTaxCode(in.TaxCode)
	if err == nil {
		err = tx.NewRaw("SELECT id FROM organisations WHERE tax_code = ?", code).Scan(ctx, &d.OrganisationID)
	}
	if errors.Is(err, sql.ErrNoRows) || errs.From(err).Kind == errs.Invalid {
		wrong = append(wrong, errs.Field{Name: "tax_code", Code: ErrNoFirm.Code})
	} else if err != nil {
		return nil, fmt.Errorf("find firm %s: %w", code, err)
	}
	if len(wrong) > 0 {
		return nil, errs.New(errs.Invalid, "errs.invalid").At(wrong...)
	}
	if err := tx.NewRaw("SELECT COALESCE(max(number), 0) + 1 FROM deals WHERE fund_id = ?", f.ID).Scan(ctx, &d.Number); err != nil {
		return nil, fmt.Errorf("number a deal of fund %s: %w", f.Code, err)
	}
	d.Code = fmt.Sprintf("TV-%s-%03d", f.Code, d.Number)
	return d, nil
}

// move is the frame of a command on a deal: lock, permit, do, save, record.
func (s *Service) move(ctx context.Context, id uuid.UUID, resource, act, step string,
	do func(context.Context, bun.Tx, *Deal, access.Actor) (columns []string, err error)) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		d, err := lockDeal(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, resource, act, d)
		if err != nil {
			return err
		}
		columns, err := do(ctx, tx, d, actor)
		if err != nil {
			return err
		}
		if err := saveDeal(ctx, tx, d, columns...); err != nil {
			return err
		}
		return done(ctx, tx, resource, step, d, d.Code, actor, d.Status)
	})
}

// Screen records the result of the screening of a sourced deal; a deal that fails it is rejected.
func (s *Service) Screen(ctx context.Context, id uuid.UUID, result string, pass bool) error {
	return s.move(ctx, id, "deal", "diligence", "screen", func(_ context.Context, _ bun.Tx, d *Deal, _ access.Actor) ([]string, error) {
		if strings.TrimSpace(result) == "" {
			return nil, errs.FieldError("screening", "investment.screening_needed")
		}
		d.Screening = result
		to := Screened
		if !pass {
			to = Rejected
		}
		return []string{"screening"}, d.Move(to)
	})
}

// Examine files the findings of the due diligence of a screened deal.
func (s *Service) Examine(ctx context.Context, id uuid.UUID, findings string) error {
	return s.move(ctx, id, "deal", "diligence", "diligence", func(_ context.Context, _ bun.Tx, d *Deal, _ access.Actor) ([]string, error) {
		if strings.TrimSpace(findings) == "" {
			return nil, errs.FieldError("findings", "investment.findings_needed")
		}
		d.Findings = findings
		return []string{"findings"}, d.Move(DueDiligence)
	})
}

// Recommend puts a deal with its terms before the investment board. The manager who recommends did not source it.
func (s *Service) Recommend(ctx context.Context, id uuid.UUID, terms string) error {
	return s.move(ctx, id, "deal", "recommend", "recommend", func(_ context.Context, _ bun.Tx, d *Deal, actor access.Actor) ([]string, error) {
		if strings.TrimSpace(terms) == "" {
			return nil, errs.FieldError("terms", "investment.terms_needed")
		}
		if d.CreatedBy == actor.ID {
			return nil, ErrSamePerson
		}
		d.Terms, d.RecommendedBy = terms, &actor.ID
		return []string{"terms", "recommended_by"}, d.Move(Recommended)
	})
}

// Approve is the chair's decision after the board has voted for the deal. It refuses above the limit in force
// (ErrLimit; rulebook.ErrNoRule without one), above the charter's cap for one firm (ErrInvesteeCap), and, where the
// charter says so, once the loss has reached the ceiling (ErrLossCeiling).
func (s *Service) Approve(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		peek, err := Get(ctx, tx, id)
		if err != nil {
			return err
		}
		f, err := fund.Lock(ctx, tx, peek.FundID)
		if err != nil {
			return err
		}
		return s.move(ctx, id, "deal", "approve", "approve", func(ctx context.Context, tx bun.Tx, d *Deal, actor access.Actor) ([]string, error) {
			if d.CreatedBy == actor.ID || d.RecommendedBy != nil && *d.RecommendedBy == actor.ID {
				return nil, ErrSamePerson
			}
			if err := withinLimit(ctx, tx, d.Amount); err != nil {
				return nil, err
			}
			if f.BlockAtCeiling {
				if over, err := fund.LossReached(ctx, tx, f); err != nil {
					return nil, err
				} else if over {
					return nil, ErrLossCeiling
				}
			}
			d.ApprovedBy = &actor.ID
			if err := d.Move(Approved); err != nil {
				return nil, err
			}
			return []string{"approved_by", "cap_line"}, reserveCap(ctx, tx, f, d, actor)
		})
	})
}

// withinLimit tests an amount against the limit of one deal; equal passes.
func withinLimit(ctx context.Context, tx bun.IDB, amount money.Amount) error {
	v, err := rulebook.Get(ctx, tx, "deal.limit", storage.Now(ctx))
	if err != nil {
		return err
	}
	limit, err := v.Decimal()
	if err != nil {
		return err
	}
	if amount.Decimal().GreaterThan(limit) {
		return ErrLimit.With(money.Round(limit).Format()).Because(v.Rule(errs.Input{Label: "investment.amount_d", Value: amount.Format()}))
	}
	return nil
}

// reserveCap commits the deal's amount on the control line of the firm; nothing where the charter has no cap.
func reserveCap(ctx context.Context, tx bun.IDB, f *fund.Fund, d *Deal, actor access.Actor) error {
	if f.InvesteeCapBP == 0 {
		return nil
	}
	line, err := ledger.OpenLine(ctx, tx, f.Book(), ledger.InvesteeCap, ledger.Dim{Investee: d.OrganisationID}, d.OrganisationID)
	if err != nil {
		return fmt.Errorf("open cap of firm %s: %w", d.OrganisationID, err)
	}
	d.CapLine = line
	st, err := ledger.Line(ctx, tx, line)
	if err != nil {
		return err
	}
	ceiling := f.Share(f.InvesteeCapBP)
	j := ledger.Journal{Book: f.Book(), Kind: "commit", Document: ledger.Ref{Kind: "deal", ID: d.ID, No: d.Code},
		Key: "deal/" + d.ID.String() + "/approve", Actor: *d.RecommendedBy, Approver: actor.ID}
	if st.Authorised.IsZero() {
		j.Moves = append(j.Moves, ledger.Move{Line: line, From: ledger.Source, To: ledger.Available, Amount: ceiling})
		st.Available = ceiling
	}
	j.Moves = append(j.Moves, ledger.Move{Line: line, From: ledger.Available, To: ledger.Committed, Amount: d.Amount})
	if _, err := ledger.Post(ctx, tx, j); errors.Is(err, ledger.ErrInsufficient) {
		return ErrInvesteeCap.With(st.Available.Format(), ceiling.Format())
	} else if err != nil {
		return fmt.Errorf("commit cap of deal %s: %w", d.Code, err)
	}
	return nil
}

// Contract records the signed contract of an approved deal.
func (s *Service) Contract(ctx context.Context, id uuid.UUID, no string, on calendar.Date) error {
	return s.move(ctx, id, "investment", "contract", "contract", func(ctx context.Context, _ bun.Tx, d *Deal, _ access.Actor) ([]string, error) {
		if no == "" {
			return nil, errs.FieldError("contract_no", "investment.contract_no_needed")
		}
		if on.IsZero() || on.After(calendar.DateOf(storage.Now(ctx))) {
			return nil, errs.FieldError("contract_on", "investment.day_not_ahead")
		}
		d.ContractNo, d.ContractOn = no, on
		return []string{"contract_no", "contract_on"}, d.Move(Contracted)
	})
}
