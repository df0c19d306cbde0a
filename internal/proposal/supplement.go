package proposal

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/notify"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// Refusals of a supplement.
var (
	ErrNoSupplement = errs.New(errs.Conflict, "proposal.supplement_none") // the rule set of the call has no such step
	ErrSupplemented = errs.New(errs.Conflict, "proposal.supplement_once")
	ErrWanted       = errs.New(errs.Invalid, "proposal.supplement_wanted_missing")
	ErrSupplementBy = errs.New(errs.Invalid, "proposal.supplement_until_past")
)

// AskSupplement opens a dossier under screening once more for its applicant, through the last day named.
func (p *Proposal) AskSupplement(wanted string, last, today calendar.Date) error {
	switch {
	case p.SupplementUntil != nil:
		return ErrSupplemented
	case wanted == "":
		return ErrWanted.At(errs.Field{Name: "wanted", Code: ErrWanted.Code})
	case !last.After(today):
		return ErrSupplementBy.At(errs.Field{Name: "until", Code: ErrSupplementBy.Code})
	}
	if err := p.Move(SupplementRequested); err != nil {
		return err
	}
	until := last.AddDays(1).Start()
	p.SupplementWanted, p.SupplementUntil = wanted, &until
	return nil
}

// RequestSupplement asks the applicant for what is missing, at most once a dossier and only where the rule set of the
// call has the step. Source: Nghị định 118/2025/NĐ-CP (M); Nghị định 268/2025/NĐ-CP, Điều 8–19, has none.
func (s *Service) RequestSupplement(ctx context.Context, id uuid.UUID, wanted string, last calendar.Date) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "eligibility_check", "request_supplement", p)
		if err != nil {
			return err
		}
		c, err := call.Get(ctx, tx, p.CallID)
		if err != nil {
			return err
		}
		if err := allowsSupplement(ctx, tx, c); err != nil {
			return err
		}
		from := p.Status
		if p.Status == Submitted {
			p.Status = Screening
		}
		if err := p.AskSupplement(wanted, last, calendar.DateOf(storage.Now(ctx))); err != nil {
			return err
		}
		if err := saveSupplement(ctx, tx, p); err != nil {
			return err
		}
		if err := notify.Send(ctx, tx, p.OwnerID, "proposal.mail_supplement", path(p), p.Code, last.Format(), wanted); err != nil {
			return err
		}
		return record(ctx, tx, p, "eligibility_check.request_supplement", actor, statusChange{from}, statusChange{p.Status}, wanted)
	})
}

// allowsSupplement refuses where the rule set the call is bound to has no such step.
func allowsSupplement(ctx context.Context, db bun.IDB, c *call.Call) error {
	id := "innovation.supplement"
	if c.Track == call.TrackScience {
		id = "science.supplement"
	}
	v, err := rulebook.GetVersion(ctx, db, id, c.Rulebook, c.ClosesAt)
	if err != nil {
		return err
	}
	if !v.Yes() {
		return ErrNoSupplement.Because(v.Rule())
	}
	return nil
}

// Resubmit sends the supplemented dossier back into screening before the day asked for is over; its content is
// kept as a further version beside the first.
func (s *Service) Resubmit(ctx context.Context, id uuid.UUID, version int) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "proposal", "resubmit", p)
		if err != nil {
			return err
		}
		if version != p.Version {
			return errs.ErrStale.Versus(errs.Difference{Label: "proposal.version", Yours: fmt.Sprint(version), Current: fmt.Sprint(p.Version)})
		}
		d, err := dossier(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := ready(ctx, tx, d); err != nil {
			return err
		}
		return s.reseal(ctx, tx, d, actor)
	})
}

func (s *Service) reseal(ctx context.Context, tx bun.Tx, d *Dossier, actor access.Actor) error {
	p := d.Proposal
	text, digest, err := d.seal()
	if err != nil {
		return err
	}
	if err := p.Move(Screening); err != nil {
		return err
	}
	now := storage.Now(ctx).Truncate(time.Second)
	p.Digest, p.SupplementDoneAt = digest, &now
	if err := saveSupplement(ctx, tx, p); err != nil {
		return err
	}
	if err := keepVersion(ctx, tx, p, text, digest, actor.ID); err != nil {
		return err
	}
	return record(ctx, tx, p, "proposal.resubmit", actor, statusChange{SupplementRequested}, sealed{p.Status, digest, now}, "")
}

func saveSupplement(ctx context.Context, tx bun.IDB, p *Proposal) error {
	p.Version++
	p.UpdatedAt = storage.Now(ctx)
	_, err := tx.NewUpdate().Model(p).Column("status", "digest", "supplement_wanted", "supplement_until", "supplement_done_at", "version", "updated_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save supplement of proposal %s: %w", p.ID, err)
	}
	return nil
}
