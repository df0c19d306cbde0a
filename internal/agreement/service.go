package agreement

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/allocation"
	"kinhbac/internal/audit"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/proposal"
	"kinhbac/internal/storage"
)

// Service runs the commands of the room.
type Service struct {
	db       *bun.DB
	access   *access.Access
	payments Payments
}

// New makes the service and tells access how agreements and reports carry their conditions.
func New(db *bun.DB, acc *access.Access) *Service {
	acc.Register(access.Noun{
		Kind: "agreement", Table: "agreements", Alias: "ag",
		Managing: "ag.managing_unit_id", Finance: "ag.finance_unit_id",
		Own:      []access.Link{{Kind: "proposal", ID: "ag.proposal_id"}, {Kind: "organisation", ID: "ag.organisation_id"}},
		Seat:     []access.Link{{Kind: "agreement", ID: "ag.id"}},
		Conflict: []access.Link{{Kind: "proposal", ID: "ag.proposal_id"}, {Kind: "organisation", ID: "ag.organisation_id"}, {Kind: "call", ID: "ag.call_id"}},
		When: map[string]string{
			"state:draft":    "ag.status = 'draft'",
			"state:running":  "ag.status = 'running'",
			"state:accepted": "ag.status IN ('accepted', 'settled')",
			"state:milestone_ok": `EXISTS (SELECT 1 FROM agreement_milestones m
				WHERE m.agreement_id = ag.id AND ag.status = 'running' AND (m.status = 'accepted' OR m.kind = 'advance' AND m.status = 'pending'))`,
			"contracted":     "ag.state_signed_by IS NOT NULL",
			"natural_person": "EXISTS (SELECT 1 FROM organisations o WHERE o.id = ag.organisation_id AND o.kind IN ('person', 'group') AND o.representative_id = {user})",
		},
	})
	acc.Register(access.Noun{
		Kind: "progress_report", Table: "progress_reports", Alias: "pr",
		Managing: "(SELECT a.managing_unit_id FROM agreements a WHERE a.id = pr.agreement_id)",
		Finance:  "(SELECT a.finance_unit_id FROM agreements a WHERE a.id = pr.agreement_id)",
		Own:      []access.Link{{Kind: "agreement", ID: "pr.agreement_id"}},
		Conflict: []access.Link{
			{Kind: "agreement", ID: "pr.agreement_id"},
			{Kind: "proposal", ID: "(SELECT a.proposal_id FROM agreements a WHERE a.id = pr.agreement_id)"},
			{Kind: "organisation", ID: "(SELECT a.organisation_id FROM agreements a WHERE a.id = pr.agreement_id)"},
			{Kind: "call", ID: "(SELECT a.call_id FROM agreements a WHERE a.id = pr.agreement_id)"},
		},
	})
	return &Service{db: db, access: acc}
}

// Terms is what the officer enters for a draft. Amounts in whole đồng.
type Terms struct {
	StartsOn     calendar.Date `form:"starts_on" json:"starts_on" kb:"required"`
	EndsOn       calendar.Date `form:"ends_on" json:"ends_on" kb:"required"`
	PayeeName    string        `form:"payee_name" json:"payee_name" kb:"required"`
	PayeeBank    string        `form:"payee_bank" json:"payee_bank" kb:"required"`
	PayeeAccount string        `form:"payee_account" json:"payee_account" kb:"required"`
	Milestones   []Content     `form:"milestones" json:"milestones"`
}

// Content is one milestone of the terms.
type Content struct {
	Name   string        `form:"name" json:"name"`
	Amount money.Amount  `form:"amount" json:"amount"`
	DueOn  calendar.Date `form:"due_on" json:"due_on"`
	Kind   string        `form:"kind" json:"kind"` // content, also when empty, or advance
}

// Draft makes the agreement of a funded award whose set is decided.
func (s *Service) Draft(ctx context.Context, award uuid.UUID, t Terms) (*Agreement, error) {
	var a *Agreement
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		aw, err := allocation.Get(ctx, tx, award)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "agreement", "draft", aw)
		if err != nil {
			return err
		}
		if aw.Outcome != allocation.Funded {
			return ErrNotFunded
		}
		if a, err = s.compose(ctx, tx, aw, t, actor.ID); err != nil {
			return err
		}
		if err := insert(ctx, tx, a); err != nil {
			if storage.Code(err) == "23505" {
				return ErrExists
			}
			return err
		}
		if err := access.CopyTies(ctx, tx, "own", access.Ref{Kind: "proposal", ID: a.ProposalID}, a); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, a, "draft", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, event("agreement.draft", actor, a))
	})
	return a, err
}

func (s *Service) compose(ctx context.Context, tx bun.IDB, aw *allocation.Award, t Terms, by uuid.UUID) (*Agreement, error) {
	p, err := proposal.Get(ctx, tx, aw.ProposalID)
	if err != nil {
		return nil, err
	}
	set, err := allocation.GetSet(ctx, tx, aw.SetID)
	if err != nil {
		return nil, err
	}
	line, err := budget.Get(ctx, tx, set.BudgetLineID)
	if err != nil {
		return nil, err
	}
	now := storage.Now(ctx)
	no, err := nextNo(ctx, tx, calendar.DateOf(now).Year())
	if err != nil {
		return nil, err
	}
	a := &Agreement{
		ID: uuid.New(), No: no, AwardID: aw.ID, ProposalID: p.ID, CallID: p.CallID, OrganisationID: p.OrganisationID,
		BudgetLineID: line.ID, Title: p.TitleVI, Amount: aw.Amount, CoFunding: p.CoFunding,
		StartsOn: t.StartsOn, EndsOn: t.EndsOn, PayeeName: t.PayeeName, PayeeBank: t.PayeeBank, PayeeAccount: t.PayeeAccount,
		Status: Draft, DraftedBy: by, ManagingUnitID: p.ManagingUnitID, FinanceUnitID: line.FinanceUnitID, CreatedAt: now, Version: 1,
	}
	for _, c := range t.Milestones {
		a.Milestones = append(a.Milestones, Milestone{
			ID: uuid.New(), AgreementID: a.ID, Position: len(a.Milestones) + 1, Name: c.Name, Amount: c.Amount, DueOn: c.DueOn, Status: Pending, Kind: kindOf(c),
		})
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	if err := advances(ctx, tx, a); err != nil {
		return nil, err
	}
	a.Digest = a.Seal()
	return a, nil
}

// SignGrantee signs for the grantee: the organisation's signatory, or a person without a firm.
func (s *Service) SignGrantee(ctx context.Context, id uuid.UUID) (*Agreement, error) {
	var a *Agreement
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if a, err = Lock(ctx, tx, id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "agreement", "sign_grantee", a)
		if err != nil {
			return err
		}
		if err := a.SignGrantee(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		if err := saveSignatures(ctx, tx, a); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, a, "sign_grantee", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, event("agreement.sign_grantee", actor, a))
	})
	return a, err
}

// SignState signs for the State and commits the money: reserved becomes committed on the budget line, and the
// contract value becomes a ceiling of its own. It refuses with ledger.ErrInsufficient when the reserve is gone.
func (s *Service) SignState(ctx context.Context, id uuid.UUID) (*Agreement, error) {
	var a *Agreement
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if a, err = Lock(ctx, tx, id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "agreement", "sign_state", a)
		if err != nil {
			return err
		}
		if err := a.SignState(actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		line, err := budget.Get(ctx, tx, a.BudgetLineID)
		if err != nil {
			return err
		}
		contract, err := ledger.OpenLine(ctx, tx, "CONTRACT", ledger.ContractCap, contractDim(a, line), a.ID)
		if err != nil {
			return err
		}
		a.ContractLine = &contract
		if err := saveSignatures(ctx, tx, a); err != nil {
			return err
		}
		if err := access.ClearSteps(ctx, tx, a); err != nil {
			return err
		}
		for _, o := range []access.Object{access.Ref{Kind: "organisation", ID: a.OrganisationID}, access.Ref{Kind: "proposal", ID: a.ProposalID}} {
			if err := access.AddTie(ctx, tx, access.Tie{Kind: "contract", Who: a.OrganisationID, Object: o}); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, event("agreement.sign_state", actor, a)); err != nil {
			return err
		}
		return commit(ctx, tx, a, line, contract)
	})
	return a, err
}

func contractDim(a *Agreement, line *budget.Line) ledger.Dim {
	return ledger.Dim{Year: line.Year, Organisation: a.OrganisationID, Contract: a.ID}
}

// commit posts the value of a signed agreement, the budget line first: its id is the lower one.
func commit(ctx context.Context, tx bun.IDB, a *Agreement, line *budget.Line, contract int64) error {
	doc := ledger.Ref{Kind: "agreement", ID: a.ID, No: a.No}
	if _, err := ledger.Post(ctx, tx, ledger.Journal{
		Book: "BUDGET", Kind: "commit", Document: doc, Key: "agreement/" + a.ID.String() + "/commit",
		Actor: a.DraftedBy, Approver: *a.StateSignedBy, Reason: a.Title,
		Moves: []ledger.Move{{Line: line.ControlLine, From: ledger.Reserved, To: ledger.Committed, Amount: a.Amount}},
	}); err != nil {
		return err
	}
	_, err := ledger.Post(ctx, tx, ledger.Journal{
		Book: "CONTRACT", Kind: "appropriate", Document: doc, Key: "agreement/" + a.ID.String() + "/value",
		Actor: a.DraftedBy, Approver: *a.StateSignedBy, Reason: a.Title,
		Moves: []ledger.Move{{Line: contract, From: ledger.Source, To: ledger.Available, Amount: a.Amount}},
	})
	return err
}

// SubmitReport says that a milestone is done; one open report a milestone.
func (s *Service) SubmitReport(ctx context.Context, agreement, milestone uuid.UUID, body string, spent money.Amount) (*Report, error) {
	var r *Report
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		a, err := Lock(ctx, tx, agreement)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "progress_report", "submit", a)
		if err != nil {
			return err
		}
		m := a.Milestone(milestone)
		switch {
		case m == nil:
			return errs.ErrNotFound
		case m.Kind == KindAdvance:
			return ErrNoReport
		case m.Status != Pending:
			return ErrReportDecided
		case body == "":
			return ErrReportEmpty.At(errs.Field{Name: "body", Code: "agreement.report_empty"})
		}
		r = &Report{ID: uuid.New(), AgreementID: a.ID, MilestoneID: m.ID, Body: body, Spent: spent, Status: "submitted",
			SubmittedBy: actor.ID, SubmittedAt: storage.Now(ctx)}
		if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
			if storage.Code(err) == "23505" {
				return ErrReportDecided
			}
			return err
		}
		if err := SetMilestone(ctx, tx, m.ID, Reported); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "progress_report.submit", Actor: actor.ID, Role: string(actor.Role),
			Kind: "agreement", Object: a.ID, Label: a.No, After: reportFact{m.Name, spent}})
	})
	return r, err
}

// DecideReport accepts a report, which makes its milestone payable, or returns it with a note.
func (s *Service) DecideReport(ctx context.Context, report uuid.UUID, accept bool, note string) (*Report, error) {
	var r *Report
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if r, err = lockReport(ctx, tx, report); err != nil {
			return err
		}
		act, status := "return", Pending
		if accept {
			act, status = "accept", MilestoneAccepted
		}
		actor, err := s.access.Require(ctx, tx, "progress_report", act, r)
		if err != nil {
			return err
		}
		if err := r.Decide(accept, actor.ID, storage.Now(ctx), note); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(r).WherePK().Column("status", "decided_by", "decided_at", "note").Exec(ctx); err != nil {
			return err
		}
		if err := SetMilestone(ctx, tx, r.MilestoneID, status); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "progress_report." + act, Actor: actor.ID, Role: string(actor.Role),
			Kind: "agreement", Object: r.AgreementID, Reason: note})
	})
	return r, err
}

// Milestone finds one of the milestones, nil when it is not of this agreement.
func (a *Agreement) Milestone(id uuid.UUID) *Milestone {
	for i := range a.Milestones {
		if a.Milestones[i].ID == id {
			return &a.Milestones[i]
		}
	}
	return nil
}

type reportFact struct {
	Milestone string       `json:"milestone"`
	Spent     money.Amount `json:"spent"`
}

type agreementFact struct {
	No     string       `json:"no"`
	Status Status       `json:"status"`
	Amount money.Amount `json:"amount"`
	Digest string       `json:"digest"`
}

func event(act string, by access.Actor, a *Agreement) audit.Event {
	return audit.Event{Act: act, Actor: by.ID, Role: string(by.Role), Kind: "agreement", Object: a.ID, Label: a.No,
		After: agreementFact{a.No, a.Status, a.Amount, a.Digest}}
}
