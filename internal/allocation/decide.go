package allocation

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/council"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/notify"
	"kinhbac/internal/proposal"
	"kinhbac/internal/storage"
)

type setSeen struct {
	Status   Status       `json:"status"`
	Funded   int          `json:"funded"`
	Sum      money.Amount `json:"sum"`
	Decision string       `json:"decision,omitempty"`
}

// DraftSet makes the award set of a call out of its finalised ranking.
func (s *Service) DraftSet(ctx context.Context, ranking uuid.UUID) (*AwardSet, error) {
	set := &AwardSet{ID: uuid.New(), Status: Draft, Version: 1}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, err := lockRanking(ctx, tx, ranking)
		if err != nil {
			return err
		}
		actor, err := s.requireDraft(ctx, tx, r)
		if err != nil {
			return err
		}
		k, err := call.Get(ctx, tx, r.CallID)
		if err != nil {
			return err
		}
		set.CallID, set.RankingID, set.BudgetLineID, set.Ceiling = k.ID, r.ID, k.BudgetLineID, r.Ceiling
		set.ManagingUnitID, set.FinanceUnitID, set.DraftedBy = k.ManagingUnitID, k.FinanceUnitID, actor.ID
		if _, err := tx.NewInsert().Model(set).Exec(ctx); storage.Constraint(err) == "award_sets_call_id_key" {
			return ErrExists
		} else if err != nil {
			return fmt.Errorf("save award set of call %s: %w", k.Code, err)
		}
		set.Awards = nil
		for _, l := range r.Lines {
			set.Awards = append(set.Awards, Award{ID: uuid.New(), SetID: set.ID, ProposalID: l.ProposalID, OrganisationID: l.OrganisationID,
				Rank: l.Rank, Score: l.Score, Requested: l.Requested, Proposed: l.Proposed, Outcome: l.Outcome})
		}
		if _, err := tx.NewInsert().Model(&set.Awards).Exec(ctx); err != nil {
			return fmt.Errorf("save awards of call %s: %w", k.Code, err)
		}
		for i := range set.Awards {
			if err := access.CopyTies(ctx, tx, "own", access.Ref{Kind: "proposal", ID: set.Awards[i].ProposalID}, &set.Awards[i]); err != nil {
				return err
			}
		}
		if err := access.Step(ctx, tx, set, "draft", actor); err != nil {
			return err
		}
		return record(ctx, tx, "award.draft", actor, set, k.Code, setSeen{Status: set.Status, Funded: set.Funded(), Sum: set.Sum()})
	})
	return set, err
}

// Propose sends the set to the finance side. The people who appraise and decide may read the dossiers from now on.
func (s *Service) Propose(ctx context.Context, id uuid.UUID, version int, submissionNo string) error {
	return s.change(ctx, id, "propose", version, func(ctx context.Context, tx bun.Tx, set *AwardSet, actor access.Actor) error {
		if err := set.Propose(submissionNo, actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(set.Awards))
		for i, a := range set.Awards {
			ids[i] = a.ProposalID
			if err := proposal.PutForward(ctx, tx, a.ProposalID); err != nil {
				return err
			}
		}
		if err := council.PutForward(ctx, tx, ids); err != nil {
			return err
		}
		r, err := lockRanking(ctx, tx, set.RankingID)
		if err != nil {
			return err
		}
		r.PutForwardAt = set.ProposedAt
		return closeRanking(ctx, tx, r)
	})
}

// Appraisal is the finance officer's answer on one line.
type Appraisal struct {
	Award  uuid.UUID
	Amount money.Amount
	Reason string // needed for a cut
}

// Appraise answers lines of the set. With a number it hands the set on, when every funded line is answered.
func (s *Service) Appraise(ctx context.Context, id uuid.UUID, version int, lines []Appraisal, appraisalNo string) error {
	return s.change(ctx, id, "appraise", version, func(ctx context.Context, tx bun.Tx, set *AwardSet, actor access.Actor) error {
		if set.Status != Proposed {
			return ErrState
		}
		by := map[uuid.UUID]*Award{}
		for i := range set.Awards {
			by[set.Awards[i].ID] = &set.Awards[i]
		}
		for i, l := range lines {
			a, ok := by[l.Award]
			if !ok {
				return errs.ErrNotFound
			}
			if _, err := s.access.Require(ctx, tx, "award", "appraise", a); err != nil {
				return err
			}
			if err := a.Appraise(l.Amount, l.Reason); err != nil {
				e := errs.From(err)
				return e.At(errs.Field{Name: fmt.Sprintf("lines[%d].amount", i), Code: e.Code, Args: e.Args})
			}
			if err := saveAward(ctx, tx, a); err != nil {
				return err
			}
		}
		if appraisalNo == "" {
			return nil
		}
		return set.FinishAppraisal(appraisalNo, actor.ID)
	})
}

// Confirm is the chief accountant's signature under the appraisal.
func (s *Service) Confirm(ctx context.Context, id uuid.UUID, version int) error {
	return s.change(ctx, id, "confirm_appraisal", version, func(ctx context.Context, tx bun.Tx, set *AwardSet, actor access.Actor) error {
		return set.Confirm(actor.ID)
	})
}

// Decide approves the set by the decision of UBND tỉnh: the call is decided, the proposals are awarded, reserve or
// rejected, and the money of every funded line is reserved on the budget line in one journal.
// ledger.ErrInsufficient when the line has one đồng too little; then nothing has changed.
func (s *Service) Decide(ctx context.Context, id uuid.UUID, version int, decisionNo string, on calendar.Date) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		set, actor, err := s.decided(ctx, tx, id, version, decisionNo, on)
		if err != nil {
			return err
		}
		if set.Sum().IsZero() {
			return nil
		}
		line, err := budget.Leaf(ctx, tx, set.BudgetLineID)
		if err != nil {
			return err
		}
		j := ledger.Journal{Book: "BUDGET", Kind: "reserve", Key: "award_set/" + set.ID.String() + "/decide", Actor: *set.ProposedBy,
			Approver: actor.ID, Reason: set.SubmissionNo,
			Document: ledger.Ref{Kind: "award_set", ID: set.ID, No: set.DecisionNo + " ngày " + set.DecidedOn.Format()}}
		for _, a := range set.Awards {
			if a.Amount.Sign() > 0 {
				j.Moves = append(j.Moves, ledger.Move{Line: line.ControlLine, From: ledger.Available, To: ledger.Reserved, Amount: a.Amount})
			}
		}
		_, err = ledger.Post(ctx, tx, j) // last: the line is locked from here to the commit
		return err
	})
}

func (s *Service) decided(ctx context.Context, tx bun.Tx, id uuid.UUID, version int, no string, on calendar.Date) (*AwardSet, access.Actor, error) {
	set, err := lockSet(ctx, tx, id)
	if err != nil {
		return nil, access.Actor{}, err
	}
	actor, err := s.require(ctx, tx, "approve", set)
	if err != nil {
		return nil, actor, err
	}
	if set.Version != version {
		return nil, actor, errs.ErrStale
	}
	if err := dropWithdrawn(ctx, tx, set); err != nil {
		return nil, actor, err
	}
	if err := set.Decide(no, on, actor.ID, storage.Now(ctx)); err != nil {
		return nil, actor, err
	}
	if sum := set.Sum(); sum.Cmp(set.Ceiling) > 0 {
		return nil, actor, ErrCeiling.With(sum.Format(), set.Ceiling.Format())
	}
	for i := range set.Awards {
		a := &set.Awards[i]
		if err := saveAward(ctx, tx, a); err != nil {
			return nil, actor, err
		}
		if a.withdrawn {
			continue
		}
		to := map[Outcome]proposal.Status{Funded: proposal.Awarded, Reserve: proposal.Reserve, Rejected: proposal.Rejected}[a.Outcome]
		if err := proposal.Move(ctx, tx, a.ProposalID, to, actor); err != nil {
			return nil, actor, err
		}
	}
	if err := saveSet(ctx, tx, set); storage.Constraint(err) == "award_sets_decision_no_key" {
		return nil, actor, ErrTaken.At(errs.Field{Name: "decision_no", Code: "allocation.decision_taken"})
	} else if err != nil {
		return nil, actor, err
	}
	if err := call.MarkDecided(ctx, tx, set.CallID); err != nil {
		return nil, actor, err
	}
	if err := access.ClearSteps(ctx, tx, set); err != nil {
		return nil, actor, err
	}
	return set, actor, record(ctx, tx, "award.approve", actor, set, set.DecisionNo, setSeen{set.Status, set.Funded(), set.Sum(), set.DecisionNo})
}

// dropWithdrawn takes the money from dossiers that were withdrawn after the ranking: nothing is awarded to them.
func dropWithdrawn(ctx context.Context, tx bun.Tx, set *AwardSet) error {
	for i := range set.Awards {
		a := &set.Awards[i]
		p, err := proposal.Lock(ctx, tx, a.ProposalID)
		if err != nil {
			return err
		}
		if a.withdrawn = p.Status == proposal.Withdrawn; a.withdrawn {
			a.Outcome, a.Reason = Rejected, i18n.Text(i18n.VI, "allocation.withdrawn")
		}
	}
	return nil
}

// Publish makes the decided set public and tells the applicants.
func (s *Service) Publish(ctx context.Context, id uuid.UUID, version int) error {
	return s.change(ctx, id, "publish", version, func(ctx context.Context, tx bun.Tx, set *AwardSet, actor access.Actor) error {
		if err := set.move(Published); err != nil {
			return err
		}
		now := storage.Now(ctx)
		set.PublishedBy, set.PublishedAt = &actor.ID, &now
		for _, a := range set.Awards {
			if err := proposal.Publish(ctx, tx, a.ProposalID); err != nil {
				return err
			}
			p, err := proposal.Get(ctx, tx, a.ProposalID)
			if err != nil {
				return err
			}
			if err := notify.Send(ctx, tx, p.OwnerID, "allocation.result", "/proposals/"+p.ID.String(), p.Code); err != nil {
				return err
			}
		}
		return nil
	})
}

// change locks the set, asks for (award, action), checks the version, saves, and records act and step.
func (s *Service) change(ctx context.Context, id uuid.UUID, action string, version int,
	fn func(context.Context, bun.Tx, *AwardSet, access.Actor) error) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		set, err := lockSet(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.require(ctx, tx, action, set)
		if err != nil {
			return err
		}
		if set.Version != version {
			return errs.ErrStale
		}
		if err := fn(ctx, tx, set, actor); err != nil {
			return err
		}
		if err := saveSet(ctx, tx, set); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, set, action, actor); err != nil {
			return err
		}
		return record(ctx, tx, "award."+action, actor, set, set.DecisionNo, setSeen{set.Status, set.Funded(), set.Sum(), set.DecisionNo})
	})
}
