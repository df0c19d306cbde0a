package proposal

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/document"
	"kinhbac/internal/file"
	"kinhbac/internal/party"
)

// Service gives the commands and pages of dossiers and of their screening.
type Service struct {
	db       *bun.DB
	access   *access.Access
	files    *file.Store
	signer   *document.Signer
	holidays calendar.Holidays
}

// New makes the service and tells access how rows of the room answer its conditions.
func New(db *bun.DB, acc *access.Access, files *file.Store, signer *document.Signer, holidays calendar.Holidays) *Service {
	acc.Register(access.Noun{
		Kind: "proposal", Table: "proposals", Alias: "p", Managing: "p.managing_unit_id", Finance: "p.finance_unit_id",
		Seat:     []access.Link{{Kind: "call", ID: "p.call_id"}},
		Declared: []access.Link{}, // for each dossier, not once for the call
		Conflict: []access.Link{{Kind: "organisation", ID: "p.organisation_id"}, {Kind: "proposal", ID: "p.id"}, {Kind: "call", ID: "p.call_id"}},
		When: map[string]string{
			"state:draft":      "p.status = 'draft'",
			"state:supplement": "p.status = 'supplement_requested' AND kb.now() < p.supplement_until",
			"state:undecided":  "p.status IN ('submitted', 'screening', 'supplement_requested', 'eligible', 'under_review', 'recommended', 'not_recommended')",
			"state:proposed":   "p.put_forward_at IS NOT NULL",
			"state:open":       ofCall("c.status = 'open'"),
			"before_deadline":  ofCall("c.status = 'open' AND kb.now() < c.closes_at + c.grace_minutes * interval '1 minute'"),
			"after_close":      "p.status <> 'draft' AND " + ofCall("c.status IN ('closed', 'evaluating', 'decided', 'archived')"),
			"unblinded":        "p.status <> 'draft'",
			"tracking_key":     "EXISTS (SELECT 1 FROM receipts rc WHERE rc.subject_kind = 'proposal' AND rc.subject_id = p.id)",
		},
	})
	acc.Register(access.Noun{
		Kind: "eligibility_check", Table: "eligibility_checks", Alias: "ec", Managing: "ec.managing_unit_id",
		Own:  []access.Link{{Kind: "proposal", ID: "ec.proposal_id"}},
		Seat: []access.Link{{Kind: "call", ID: "(SELECT p.call_id FROM proposals p WHERE p.id = ec.proposal_id)"}},
		Conflict: []access.Link{
			{Kind: "proposal", ID: "ec.proposal_id"},
			{Kind: "organisation", ID: "(SELECT p.organisation_id FROM proposals p WHERE p.id = ec.proposal_id)"},
			{Kind: "call", ID: "(SELECT p.call_id FROM proposals p WHERE p.id = ec.proposal_id)"},
		},
		When: map[string]string{
			"state:notified": "ec.status = 'confirmed' AND EXISTS (SELECT 1 FROM proposals p WHERE p.id = ec.proposal_id AND p.screened_at IS NOT NULL)",
			"after_close":    "true", // a check is only made of a dossier whose call has closed
		},
	})
	return &Service{db: db, access: acc, files: files, signer: signer, holidays: holidays}
}

func ofCall(sql string) string {
	return "EXISTS (SELECT 1 FROM calls c WHERE c.id = p.call_id AND " + sql + ")"
}

// dossier reads everything that belongs to p.
func dossier(ctx context.Context, db bun.IDB, p *Proposal) (*Dossier, error) {
	d := &Dossier{Proposal: p}
	var err error
	if d.Call, err = call.Get(ctx, db, p.CallID); err != nil {
		return nil, fmt.Errorf("call of proposal %s: %w", p.ID, err)
	}
	if d.Organisation, err = party.Get(ctx, db, p.OrganisationID); err != nil {
		return nil, fmt.Errorf("organisation of proposal %s: %w", p.ID, err)
	}
	if err := db.NewSelect().Model(&d.Members).Where("pm.proposal_id = ?", p.ID).OrderExpr("pm.position").Scan(ctx); err != nil {
		return nil, fmt.Errorf("team of proposal %s: %w", p.ID, err)
	}
	if d.Costs, err = Costs(ctx, db, p.ID); err != nil {
		return nil, fmt.Errorf("costs of proposal %s: %w", p.ID, err)
	}
	if err := db.NewSelect().Model(&d.Files).Relation("File").Where("pf.proposal_id = ?", p.ID).OrderExpr("pf.added_at, pf.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("files of proposal %s: %w", p.ID, err)
	}
	if d.Offers, err = call.Offers(ctx, db, d.Call); err != nil {
		return nil, err
	}
	return d, d.readForm(ctx, db)
}

// readForm reads the call's own questions that the dossier is answered on, if there are any.
func (d *Dossier) readForm(ctx context.Context, db bun.IDB) error {
	if d.FormID == nil {
		return nil
	}
	row, err := call.GetForm(ctx, db, *d.FormID)
	if err != nil {
		return fmt.Errorf("form of proposal %s: %w", d.ID, err)
	}
	d.FormDigest = row.Digest
	d.Form, err = row.Questions()
	return err
}

// record writes the audit row of an act on p; what is said holds no content of the dossier.
func record(ctx context.Context, tx bun.IDB, p *Proposal, act string, actor access.Actor, before, after any, reason string) error {
	return audit.Record(ctx, tx, audit.Event{
		Act: act, Actor: actor.ID, Role: string(actor.Role), Kind: "proposal", Object: p.ID, Label: p.Code,
		Before: before, After: after, Reason: reason,
	})
}
