package proposal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/errs"
	"kinhbac/internal/notify"
	"kinhbac/internal/storage"
)

// Screen prepares a check of a dossier whose call has closed: the rules are applied and kept with the outcome the
// officer proposes. The first check takes the dossier from submitted to screening.
func (s *Service) Screen(ctx context.Context, id uuid.UUID, outcome Status, reason string) (*Check, error) {
	var c *Check
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "eligibility_check", "create", p)
		if err != nil {
			return err
		}
		if p.Status == Submitted {
			from := p.Status
			if err := p.Move(Screening); err != nil {
				return err
			}
			if err := saveStatus(ctx, tx, p, from, actor, "proposal.screen"); err != nil {
				return err
			}
		}
		if p.Status != Screening {
			return ErrMove
		}
		d, err := dossier(ctx, tx, p)
		if err != nil {
			return err
		}
		findings, err := Findings(ctx, tx, d)
		if err != nil {
			return err
		}
		c = &Check{ID: uuid.New(), ProposalID: p.ID, ManagingUnitID: p.ManagingUnitID, PreparedBy: actor.ID, PreparedAt: storage.Now(ctx), Version: 1}
		if err := c.Propose(outcome, reason, findings); err != nil {
			return err
		}
		if err := insertCheck(ctx, tx, c); err != nil {
			return err
		}
		if err := access.Step(ctx, tx, c, "prepare", actor); err != nil {
			return err
		}
		return recordCheck(ctx, tx, p, c, "eligibility_check.create", actor)
	})
	return c, err
}

// Decide confirms a check by the department head, which makes the dossier eligible or ineligible and tells the
// applicant, or returns it to the officer with a remark.
func (s *Service) Decide(ctx context.Context, check uuid.UUID, version int, confirm bool, remark string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c := new(Check)
		err := tx.NewSelect().Model(c).Where("ec.id = ?", check).Scan(ctx)
		if err := noRow(err, "eligibility check", check); err != nil {
			return err
		}
		p, err := Lock(ctx, tx, c.ProposalID) // the dossier first, then the check
		if err != nil {
			return err
		}
		if err := tx.NewSelect().Model(c).WherePK().For("UPDATE").Scan(ctx); err != nil {
			return fmt.Errorf("lock eligibility check %s: %w", check, err)
		}
		actor, err := s.access.Require(ctx, tx, "eligibility_check", "decide", c)
		if err != nil {
			return err
		}
		if c.Version != version {
			return errs.ErrStale.Versus(errs.Difference{Label: "proposal.version", Yours: fmt.Sprint(version), Current: fmt.Sprint(c.Version)})
		}
		if err := c.Decide(confirm, remark, actor.ID, storage.Now(ctx)); err != nil {
			return err
		}
		c.Version++
		_, err = tx.NewUpdate().Model(c).Column("status", "remark", "decided_by", "decided_at", "version").WherePK().Exec(ctx)
		if err != nil {
			return fmt.Errorf("decide eligibility check %s: %w", check, err)
		}
		if confirm {
			if err := tell(ctx, tx, p, c, actor); err != nil {
				return err
			}
		}
		if err := access.ClearSteps(ctx, tx, c); err != nil {
			return err
		}
		return recordCheck(ctx, tx, p, c, "eligibility_check.decide", actor)
	})
}

// tell takes the dossier to the confirmed outcome and sends it to the applicant.
func tell(ctx context.Context, tx bun.Tx, p *Proposal, c *Check, actor access.Actor) error {
	from, now := p.Status, storage.Now(ctx)
	if err := p.Move(c.Outcome); err != nil {
		return err
	}
	p.ScreenedAt = &now
	if err := saveStatus(ctx, tx, p, from, actor, "proposal."+string(p.Status)); err != nil {
		return err
	}
	if c.Outcome == Ineligible {
		return notify.Send(ctx, tx, p.OwnerID, "proposal.mail_ineligible", path(p), p.Code, c.Reason)
	}
	return notify.Send(ctx, tx, p.OwnerID, "proposal.mail_eligible", path(p), p.Code)
}

// CheckOf reads the latest check of a dossier with its findings; nil when there is none.
func CheckOf(ctx context.Context, db bun.IDB, proposal uuid.UUID) (*Check, error) {
	c := new(Check)
	err := db.NewSelect().Model(c).Where("ec.proposal_id = ?", proposal).OrderExpr("ec.prepared_at DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check of proposal %s: %w", proposal, err)
	}
	err = db.NewSelect().Model(&c.Findings).Where("ef.check_id = ?", c.ID).OrderExpr("ef.position").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("findings of check %s: %w", c.ID, err)
	}
	return c, nil
}

func insertCheck(ctx context.Context, tx bun.Tx, c *Check) error {
	if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
		if storage.Constraint(err) == "eligibility_checks_one" {
			return ErrCheckDone
		}
		return fmt.Errorf("save eligibility check: %w", err)
	}
	for i := range c.Findings {
		c.Findings[i].CheckID = c.ID
	}
	if _, err := tx.NewInsert().Model(&c.Findings).Exec(ctx); err != nil {
		return fmt.Errorf("save findings: %w", err)
	}
	return nil
}

type checkRecord struct {
	Outcome Status      `json:"outcome"`
	Status  CheckStatus `json:"status"`
}

func recordCheck(ctx context.Context, tx bun.Tx, p *Proposal, c *Check, act string, actor access.Actor) error {
	reason := c.Reason
	if c.Status == CheckReturned {
		reason = c.Remark
	}
	return audit.Record(ctx, tx, audit.Event{
		Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "eligibility_check", Object: c.ID, Label: p.Code,
		After: checkRecord{c.Outcome, c.Status}, Reason: reason,
	})
}
