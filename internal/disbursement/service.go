package disbursement

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// Service runs the commands of the room.
type Service struct {
	db     *bun.DB
	access *access.Access
	files  *file.Store
}

// New makes the service and tells access how requests and orders carry their conditions.
func New(db *bun.DB, acc *access.Access) *Service {
	const of = "(SELECT x.call_id FROM agreements x WHERE x.id = "
	acc.Register(access.Noun{
		Kind: "disbursement_request", Table: "disbursement_requests", Alias: "dr",
		Managing: "dr.managing_unit_id", Finance: "dr.finance_unit_id",
		Own: []access.Link{{Kind: "agreement", ID: "dr.agreement_id"}, {Kind: "organisation", ID: "dr.organisation_id"}},
		Conflict: []access.Link{{Kind: "agreement", ID: "dr.agreement_id"}, {Kind: "proposal", ID: "dr.proposal_id"}, {Kind: "organisation", ID: "dr.organisation_id"},
			{Kind: "call", ID: of + "dr.agreement_id)"}},
		When: map[string]string{
			"state:draft":   "dr.status = 'draft'",
			"state:new":     "dr.status IN ('draft', 'submitted')",
			"state:paid":    "dr.status = 'paid'",
			"not_requester": "dr.prepared_by <> {user} AND dr.submitted_by IS DISTINCT FROM {user}",
		},
	})
	acc.Register(access.Noun{
		Kind: "payment_order", Table: "payment_orders", Alias: "po",
		Managing: "po.managing_unit_id", Finance: "po.finance_unit_id",
		Own: []access.Link{{Kind: "agreement", ID: "(SELECT r.agreement_id FROM disbursement_requests r WHERE r.id = po.request_id)"}},
		Conflict: []access.Link{
			{Kind: "organisation", ID: "po.organisation_id"},
			{Kind: "proposal", ID: "(SELECT r.proposal_id FROM disbursement_requests r WHERE r.id = po.request_id)"},
			{Kind: "agreement", ID: "(SELECT r.agreement_id FROM disbursement_requests r WHERE r.id = po.request_id)"},
			{Kind: "call", ID: of + "(SELECT r.agreement_id FROM disbursement_requests r WHERE r.id = po.request_id))"},
		},
		Steps: []access.Link{{Kind: "disbursement_request", ID: "po.request_id"}},
		When: map[string]string{
			"state:approved":   "po.status = 'approved'",
			"state:unreleased": "po.status IN ('made', 'checked')",
			"state:paid":       "po.status = 'paid'",
		},
	})
	acc.Register(access.Noun{
		Kind: "advance_settlement", Table: "advance_settlements", Alias: "se",
		Managing: "se.managing_unit_id", Finance: "se.finance_unit_id",
		Own: []access.Link{{Kind: "agreement", ID: "se.agreement_id"}, {Kind: "organisation", ID: "se.organisation_id"}},
		Conflict: []access.Link{{Kind: "agreement", ID: "se.agreement_id"}, {Kind: "proposal", ID: "se.proposal_id"}, {Kind: "organisation", ID: "se.organisation_id"},
			{Kind: "call", ID: of + "se.agreement_id)"}},
		When: map[string]string{"state:draft": "se.status = 'draft'"},
	})
	return &Service{db: db, access: acc}
}

// Create starts a draft for an accepted milestone, or for an advance that the rules allow now; the amount is the
// milestone's.
func (s *Service) Create(ctx context.Context, agreementID, milestoneID uuid.UUID, note string) (*Request, error) {
	var r *Request
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		a, err := agreement.Lock(ctx, tx, agreementID)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "disbursement_request", "create", a)
		if err != nil {
			return err
		}
		m := a.Milestone(milestoneID)
		if m == nil {
			return errs.ErrNotFound
		}
		advance := m.Kind == agreement.KindAdvance
		if m.Status != agreement.MilestoneAccepted && !(advance && m.Status == agreement.Pending) {
			return ErrNotPayable
		}
		now := storage.Now(ctx)
		no, err := nextNo(ctx, tx, "GN", calendar.DateOf(now).Year())
		if err != nil {
			return err
		}
		r = &Request{ID: uuid.New(), No: no, AgreementID: a.ID, MilestoneID: m.ID, OrganisationID: a.OrganisationID, ProposalID: a.ProposalID,
			BudgetLineID: a.BudgetLineID, Amount: m.Amount, Advance: advance, Note: note, Status: Draft, PreparedBy: actor.ID,
			ManagingUnitID: a.ManagingUnitID, FinanceUnitID: a.FinanceUnitID, CreatedAt: now, Version: 1}
		if advance {
			if err := advanceAllowed(ctx, tx, r); err != nil {
				return err
			}
		}
		if err := insertRequest(ctx, tx, r); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, r, "prepare", actor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, requestEvent("disbursement_request.create", actor, r))
	})
	return r, err
}

// Submit hands a draft in to Sở Tài chính.
func (s *Service) Submit(ctx context.Context, id uuid.UUID) (*Request, error) {
	return s.request(ctx, id, "submit", func(ctx context.Context, tx bun.Tx, r *Request, actor access.Actor) error {
		return r.Submit(actor.ID, storage.Now(ctx))
	}, nil)
}

// Check accepts a submitted request for payment and books what is now owed to the grantee: committed becomes
// requested. It refuses with ErrLook where a machine check is not passed and remark says nothing of it, and with
// ledger.ErrInsufficient when the contract or the line does not hold the amount.
func (s *Service) Check(ctx context.Context, id uuid.UUID, remark string) (*Request, error) {
	return s.request(ctx, id, "check", func(ctx context.Context, tx bun.Tx, r *Request, actor access.Actor) error {
		if r.Advance {
			if err := advanceAllowed(ctx, tx, r); err != nil {
				return err
			}
		}
		look, err := s.look(ctx, tx, r, nil)
		if err != nil {
			return err
		}
		return r.Check(actor.ID, storage.Now(ctx), Opinion{look, remark})
	}, func(ctx context.Context, tx bun.Tx, r *Request) error {
		doc := ledger.Ref{Kind: "disbursement_request", ID: r.ID, No: r.No}
		return postStage(ctx, tx, r, doc, stage{Kind: "request", Amount: r.Amount, From: ledger.Committed, FromContract: ledger.Available, To: ledger.Requested, Actor: *r.CheckedBy})
	})
}

// Return sends a submitted request back to be mended; the requester starts a new one.
func (s *Service) Return(ctx context.Context, id uuid.UUID, reason string) (*Request, error) {
	return s.request(ctx, id, "return", func(_ context.Context, _ bun.Tx, r *Request, _ access.Actor) error {
		return r.Refuse(Returned, reason)
	}, nil)
}

// Reject refuses a submitted request for good.
func (s *Service) Reject(ctx context.Context, id uuid.UUID, reason string) (*Request, error) {
	return s.request(ctx, id, "reject", func(_ context.Context, _ bun.Tx, r *Request, _ access.Actor) error {
		return r.Refuse(Rejected, reason)
	}, nil)
}

// Cancel takes back a request that nobody has checked.
func (s *Service) Cancel(ctx context.Context, id uuid.UUID) (*Request, error) {
	return s.request(ctx, id, "cancel", func(_ context.Context, _ bun.Tx, r *Request, _ access.Actor) error { return r.Cancel() }, nil)
}

// request is the shape of every command on a request: lock, allow, decide, save, record, post last.
func (s *Service) request(ctx context.Context, id uuid.UUID, act string, decide func(context.Context, bun.Tx, *Request, access.Actor) error,
	post func(context.Context, bun.Tx, *Request) error) (*Request, error) {
	var r *Request
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if r, err = lockRequest(ctx, tx, id); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "disbursement_request", act, r)
		if err != nil {
			return err
		}
		if err := s.free(ctx, tx, r); err != nil {
			return err
		}
		if err := decide(ctx, tx, r, actor); err != nil {
			return err
		}
		if err := saveRequest(ctx, tx, r); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, r, act, actor); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, requestEvent("disbursement_request."+act, actor, r)); err != nil {
			return err
		}
		if post == nil {
			return nil
		}
		return post(ctx, tx, r)
	})
	return r, err
}

// free refuses an act by somebody in conflict with a request or order, also where the act asks for a unit only: to them
// there is no such row. A grantee speaks for the own dossier.
func (s *Service) free(ctx context.Context, tx bun.Tx, o access.Object) error {
	own := []access.Role{access.Applicant, access.OrgSignatory}
	if who := access.From(ctx); slices.ContainsFunc(own, who.Has) {
		return nil
	}
	ids, err := s.access.FreeOf(ctx, tx, o.AccessKind(), []uuid.UUID{o.AccessID()})
	if err == nil && len(ids) == 0 {
		err = errs.ErrNotFound
	}
	return err
}

type requestFact struct {
	No     string       `json:"no"`
	Status Status       `json:"status"`
	Amount money.Amount `json:"amount"`
	Remark string       `json:"remark,omitempty"`
}

func requestEvent(act string, by access.Actor, r *Request) audit.Event {
	return audit.Event{Act: act, Actor: by.ID, Role: string(by.Role), Kind: "disbursement_request", Object: r.ID, Label: r.No,
		After: requestFact{r.No, r.Status, r.Amount, r.Remark}, Reason: r.Reason}
}
