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
	"kinhbac/internal/document"
	"kinhbac/internal/errs"
	"kinhbac/internal/notify"
	"kinhbac/internal/storage"
)

// ErrIncomplete is a dossier that lacks something; its fields say what, each named by its part.
var ErrIncomplete = errs.New(errs.Invalid, "proposal.incomplete")

// Confirmations are what the applicant answers for; Version is that of the dossier as it was checked.
type Confirmations struct {
	Version   int  `form:"version" json:"version"`
	Truth     bool `form:"truth_confirmed" json:"truth_confirmed"`
	NoDouble  bool `form:"no_double_funding" json:"no_double_funding"`
	Publicity bool `form:"publicity_agreed" json:"publicity_agreed"`
}

// Submit closes a draft before the call's closing instant and its quiet grace, by PostgreSQL's clock, gives it its code and signs the
// receipt. It refuses what is incomplete, over the ceiling or below the share of co-funding, and an applicant whom
// the plan does not support.
func (s *Service) Submit(ctx context.Context, id uuid.UUID, in Confirmations) (*document.Receipt, error) {
	var r *document.Receipt
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.holdCall(ctx, tx, p); err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "proposal", "submit", p)
		if err != nil {
			return err
		}
		if in.Version != p.Version {
			return errs.ErrStale.Versus(errs.Difference{Label: "proposal.version", Yours: fmt.Sprint(in.Version), Current: fmt.Sprint(p.Version)})
		}
		p.TruthConfirmed, p.NoDoubleFunding, p.PublicityAgreed = in.Truth, in.NoDouble, in.Publicity
		d, err := dossier(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := ready(ctx, tx, d); err != nil {
			return err
		}
		r, err = s.seal(ctx, tx, d, actor)
		return err
	})
	return r, err
}

// holdCall keeps the call from changing until the transaction ends, without making submissions wait for each other.
func (s *Service) holdCall(ctx context.Context, tx bun.Tx, p *Proposal) error {
	var held int
	if err := tx.NewRaw("SELECT 1 FROM calls WHERE id = ? FOR SHARE", p.CallID).Scan(ctx, &held); err != nil {
		return fmt.Errorf("hold call of proposal %s: %w", p.ID, err)
	}
	return nil
}

// ready refuses a dossier with open issues, without confirmations, or of an applicant whom a rule bars.
func ready(ctx context.Context, tx bun.IDB, d *Dossier) error {
	var fields []errs.Field
	for _, i := range d.Issues(ctx) {
		fields = append(fields, i.Field())
	}
	if !d.TruthConfirmed {
		fields = append(fields, errs.Field{Name: "truth_confirmed", Code: ErrUnconfirmed.Code})
	}
	if !d.NoDoubleFunding {
		fields = append(fields, errs.Field{Name: "no_double_funding", Code: ErrUnconfirmed.Code})
	}
	if len(fields) > 0 {
		return ErrIncomplete.At(fields...)
	}
	return call.RefuseTooOld(ctx, tx, d.Call, d.Organisation)
}

// seal gives the dossier its code, keeps its content for ever and signs the receipt.
func (s *Service) seal(ctx context.Context, tx bun.Tx, d *Dossier, actor access.Actor) (*document.Receipt, error) {
	text, digest, err := d.seal()
	if err != nil {
		return nil, err
	}
	code, err := nextCode(ctx, tx, calendar.DateOf(storage.Now(ctx)))
	if err != nil {
		return nil, err
	}
	p := d.Proposal
	if err := p.Submit(code, digest, storage.Now(ctx), d.Call.Deadline()); err != nil {
		return nil, err
	}
	p.Version++
	p.UpdatedAt = storage.Now(ctx)
	if _, err := tx.NewUpdate().Model(p).WherePK().Exec(ctx); err != nil {
		return nil, fmt.Errorf("submit proposal %s: %w", p.ID, err)
	}
	if err := keepVersion(ctx, tx, p, text, digest, actor.ID); err != nil {
		return nil, err
	}
	r, err := s.signer.Issue(ctx, tx, p, code, digest)
	if err != nil {
		return nil, err
	}
	if err := notify.Send(ctx, tx, p.OwnerID, "proposal.mail_submitted", path(p)+"/receipt", code, r.IssuedAt.In(calendar.Zone).Format("15:04:05, 02/01/2006")); err != nil {
		return nil, err
	}
	return r, record(ctx, tx, p, "proposal.submit", actor, statusChange{Draft}, sealed{p.Status, digest, r.IssuedAt}, "")
}

type sealed struct {
	Status Status    `json:"status"`
	Digest string    `json:"sha256"`
	At     time.Time `json:"at"`
}

func keepVersion(ctx context.Context, tx bun.IDB, p *Proposal, text, digest string, by uuid.UUID) error {
	_, err := tx.NewRaw(`INSERT INTO proposal_versions (id, proposal_id, number, content, digest, submitted_by, submitted_at)
		SELECT ?, ?, COALESCE(max(number), 0) + 1, ?, ?, ?, ? FROM proposal_versions WHERE proposal_id = ?`,
		uuid.New(), p.ID, text, digest, by, storage.Now(ctx), p.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep version of proposal %s: %w", p.ID, err)
	}
	return nil
}

// Withdraw takes a dossier back before the decision, with the applicant's reason, which may be empty.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, reason string) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "proposal", "withdraw", p)
		if err != nil {
			return err
		}
		from := p.Status
		if err := p.Withdraw(); err != nil {
			return err
		}
		p.Version++
		p.UpdatedAt = storage.Now(ctx)
		if _, err := tx.NewUpdate().Model(p).Column("status", "version", "updated_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("withdraw proposal %s: %w", id, err)
		}
		return record(ctx, tx, p, "proposal.withdraw", actor, statusChange{from}, statusChange{Withdrawn}, reason)
	})
}

func path(p *Proposal) string { return "/proposals/" + p.ID.String() }
