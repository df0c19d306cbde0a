package proposal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/party"
	"kinhbac/internal/storage"
)

// ErrDuration is a duration that a grant agreement cannot have. Source: Nghị định 268/2025/NĐ-CP, at most 60 months.
var ErrDuration = errs.New(errs.Invalid, "proposal.duration")

const maxMonths = 60

// Create starts a draft of an organisation for an open call, before its closing instant.
func (s *Service) Create(ctx context.Context, callCode string, organisation uuid.UUID) (*Proposal, error) {
	var p *Proposal
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := callByCode(ctx, tx, callCode)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "proposal", "create", c)
		if err != nil {
			return err
		}
		o, err := party.Get(ctx, tx, organisation)
		if err != nil {
			return err
		}
		if _, err := s.access.Require(ctx, tx, "organisation", "read", o); err != nil {
			return err
		}
		if err := roomForDraft(ctx, tx, c.ID, o.ID); err != nil {
			return err
		}
		asked, err := call.FormOf(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		p = &Proposal{
			ID: uuid.New(), CallID: c.ID, OrganisationID: o.ID, OwnerID: actor.ID, ManagingUnitID: c.ManagingUnitID,
			FinanceUnitID: c.FinanceUnitID, ContactName: o.HeadName, ContactEmail: o.Email, ContactPhone: o.Phone,
			Status: Draft, Version: 1, CreatedAt: storage.Now(ctx), UpdatedAt: storage.Now(ctx), Answers: form.Answers{},
		}
		if asked != nil {
			p.FormID = &asked.ID
		}
		if _, err := tx.NewInsert().Model(p).Exec(ctx); err != nil {
			return fmt.Errorf("create proposal: %w", err)
		}
		for _, who := range []uuid.UUID{actor.ID, o.ID} {
			if err := access.AddTie(ctx, tx, access.Tie{Kind: "own", Who: who, Object: p}); err != nil {
				return err
			}
		}
		return record(ctx, tx, p, "proposal.create", actor, nil, statusChange{Draft}, "")
	})
	return p, err
}

// maxDrafts is how many drafts an organisation may have in one call at a time. Submitted and deleted ones do not count.
const maxDrafts = 3

// roomForDraft refuses a draft over the limit; those who start drafts of one organisation in one call wait for each
// other until the commit.
func roomForDraft(ctx context.Context, tx bun.Tx, call, organisation uuid.UUID) error {
	if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "proposal.drafts "+call.String()+" "+organisation.String()).Exec(ctx); err != nil {
		return fmt.Errorf("wait for other drafts: %w", err)
	}
	n, err := tx.NewSelect().Model((*Proposal)(nil)).Where("p.call_id = ?", call).Where("p.organisation_id = ?", organisation).Where("p.status = ?", Draft).Count(ctx)
	if err != nil {
		return fmt.Errorf("count drafts: %w", err)
	}
	if int(n) >= maxDrafts {
		return ErrDrafts.With(maxDrafts)
	}
	return nil
}

// texts is a part that is only texts of the dossier itself.
type texts interface{ fields(*Proposal) []field }

// SaveOrganisation keeps whom to ask.
func (s *Service) SaveOrganisation(ctx context.Context, id uuid.UUID, e OrganisationEdit) error {
	return s.save(ctx, id, e.Version, PartOrganisation, e, nil)
}

// SaveContent keeps the description of the project.
func (s *Service) SaveContent(ctx context.Context, id uuid.UUID, e ContentEdit) error {
	return s.save(ctx, id, e.Version, PartContent, e, nil)
}

// SaveMarket keeps the market part.
func (s *Service) SaveMarket(ctx context.Context, id uuid.UUID, e MarketEdit) error {
	return s.save(ctx, id, e.Version, PartMarket, e, nil)
}

// SavePlan keeps the plan; months are 1..60, 0 for not yet known.
func (s *Service) SavePlan(ctx context.Context, id uuid.UUID, e PlanEdit) error {
	if e.DurationMonths < 0 || e.DurationMonths > maxMonths {
		return ErrDuration.With(maxMonths).At(errs.Field{Name: "duration_months", Code: ErrDuration.Code, Args: []any{maxMonths}})
	}
	return s.save(ctx, id, e.Version, PartPlan, e, func(_ context.Context, _ bun.Tx, p *Proposal) (bool, error) {
		changed := p.DurationMonths != e.DurationMonths
		p.DurationMonths = e.DurationMonths
		return changed, nil
	})
}

// SaveTeam replaces the people of the dossier.
func (s *Service) SaveTeam(ctx context.Context, id uuid.UUID, e TeamEdit) error {
	var now []Member
	if err := storage.Joined(ctx, s.db).NewSelect().Model(&now).Where("pm.proposal_id = ?", id).OrderExpr("pm.position").Scan(ctx); err != nil {
		return fmt.Errorf("team of proposal %s: %w", id, err)
	}
	return s.save(ctx, id, e.Version, PartTeam, people{now, e.Members}, func(ctx context.Context, tx bun.Tx, p *Proposal) (bool, error) {
		ms := make([]Member, 0, len(e.Members))
		for i, m := range e.Members {
			if m.Name == "" {
				return false, errs.FieldError(fmt.Sprintf("members[%d].name", i), "proposal.need.name")
			}
			ms = append(ms, Member{ID: uuid.New(), ProposalID: p.ID, Position: i + 1, Name: m.Name, Part: m.Part, Qualification: m.Qualification})
		}
		var old []Member
		if err := tx.NewSelect().Model(&old).Where("pm.proposal_id = ?", p.ID).OrderExpr("pm.position").Scan(ctx); err != nil {
			return false, err
		}
		same := slices.EqualFunc(old, ms, func(a, b Member) bool {
			return a.Position == b.Position && a.Name == b.Name && a.Part == b.Part && a.Qualification == b.Qualification
		})
		if same {
			return false, nil
		}
		return true, replace(ctx, tx, p.ID, (*Member)(nil), ms)
	})
}

// SaveBudget replaces the cost table and keeps its sums on the dossier. Ceilings warn here and refuse at submission.
func (s *Service) SaveBudget(ctx context.Context, id uuid.UUID, e BudgetEdit) error {
	return s.save(ctx, id, e.Version, PartBudget, e, func(ctx context.Context, tx bun.Tx, p *Proposal) (bool, error) {
		cs, requested, own, err := e.costs(p)
		if err != nil {
			return false, err
		}
		c, err := call.Get(ctx, tx, p.CallID)
		if err != nil {
			return false, fmt.Errorf("call of proposal %s: %w", p.ID, err)
		}
		offers, err := call.Offers(ctx, tx, c)
		if err != nil {
			return false, err
		}
		if err := e.checkContents(offers); err != nil {
			return false, err
		}
		old, err := Costs(ctx, tx, p.ID)
		if err != nil {
			return false, err
		}
		same := len(old) == len(cs)
		for _, c := range cs {
			same = same && slices.ContainsFunc(old, func(o Cost) bool {
				return o.Position == c.Position && o.Item == c.Item && o.Source == c.Source && o.Amount.Equal(c.Amount) &&
					o.Content == c.Content && o.Quantity.Equal(c.Quantity)
			})
		}
		if same {
			return false, nil
		}
		for i := range cs {
			cs[i].ID = uuid.New()
		}
		p.Requested, p.CoFunding = requested, own
		return true, replace(ctx, tx, p.ID, (*Cost)(nil), cs)
	})
}

// Delete removes a draft with all it holds; the contents of its files stay on disk.
func (s *Service) Delete(ctx context.Context, id uuid.UUID) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := s.access.Require(ctx, tx, "proposal", "delete_draft", p)
		if err != nil {
			return err
		}
		for _, table := range []string{"proposal_costs", "proposal_members", "proposal_files"} {
			if _, err := tx.NewRaw("DELETE FROM ? WHERE proposal_id = ?", bun.Ident(table), id).Exec(ctx); err != nil {
				return fmt.Errorf("delete %s of proposal %s: %w", table, id, err)
			}
		}
		if _, err := tx.NewDelete().Model(p).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("delete proposal %s: %w", id, err)
		}
		for _, who := range []uuid.UUID{p.OwnerID, p.OrganisationID} {
			if err := access.EndTie(ctx, tx, access.Tie{Kind: "own", Who: who, Object: p}); err != nil {
				return err
			}
		}
		return record(ctx, tx, p, "proposal.delete_draft", actor, statusChange{Draft}, nil, "")
	})
}

type partSaved struct {
	Part    string `json:"part"`
	Version int    `json:"version"`
}

// save keeps one part of a draft. e holds its texts, more changes the rest and says whether it did. A form read at
// an older version is refused with both versions, unless it shows nothing else than what is stored; no change writes
// nothing.
func (s *Service) save(ctx context.Context, id uuid.UUID, version int, part string, e texts, more func(context.Context, bun.Tx, *Proposal) (bool, error)) error {
	return storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		act := "update_draft"
		if p.Status == SupplementRequested {
			act = "update_supplement"
		}
		actor, err := s.access.Require(ctx, tx, "proposal", act, p)
		if err != nil {
			return err
		}
		fields := e.fields(p)
		changes := differences(fields)
		if version != p.Version {
			if len(changes) == 0 {
				return nil // typed twice, or saved already: nothing is lost
			}
			return errs.ErrStale.Versus(append(changes, errs.Difference{Label: "proposal.version", Yours: fmt.Sprint(version), Current: fmt.Sprint(p.Version)})...)
		}
		for _, f := range fields {
			*f.stored = f.typed
		}
		changed := len(changes) > 0
		if more != nil {
			also, err := more(ctx, tx, p)
			if err != nil {
				return err
			}
			changed = changed || also
		}
		if !changed {
			return nil
		}
		if err := saveDraft(ctx, tx, p); err != nil {
			return err
		}
		return record(ctx, tx, p, "proposal."+act, actor, nil, partSaved{part, p.Version}, "")
	})
}

func saveDraft(ctx context.Context, tx bun.IDB, p *Proposal) error {
	p.Version++
	p.UpdatedAt = storage.Now(ctx)
	_, err := tx.NewUpdate().Model(p).ExcludeColumn("id", "code", "call_id", "organisation_id", "owner_id", "managing_unit_id", "finance_unit_id", "status", "created_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save proposal %s: %w", p.ID, err)
	}
	return nil
}

// replace swaps the rows of one table of a dossier.
func replace[T any](ctx context.Context, tx bun.IDB, proposal uuid.UUID, model *T, rows []T) error {
	if _, err := tx.NewDelete().Model(model).Where("proposal_id = ?", proposal).Exec(ctx); err != nil {
		return fmt.Errorf("replace rows of proposal %s: %w", proposal, err)
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("replace rows of proposal %s: %w", proposal, err)
	}
	return nil
}

func callByCode(ctx context.Context, db bun.IDB, code string) (*call.Call, error) {
	var id uuid.UUID
	err := db.NewSelect().Model((*call.Call)(nil)).Column("c.id").Where("c.code = upper(?)", code).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read call %s: %w", code, err)
	}
	return call.Get(ctx, db, id)
}
