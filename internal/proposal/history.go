package proposal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// happening is one act in the life of a dossier.
type happening struct {
	At   time.Time
	Text string
}

// history is what the room itself has kept of a dossier, newest first: submissions, supplements, screening and the
// stamps of the award set. It names people only to readers who know whose dossier it is; the audit log has more.
func (s *Service) history(ctx context.Context, db bun.IDB, d *Dossier, named bool) ([]web.Event, error) {
	var hs []happening
	t := func(at *time.Time, code string, args ...any) {
		if at != nil {
			hs = append(hs, happening{*at, i18n.T(ctx, "proposal.history."+code, args...)})
		}
	}
	var versions []struct {
		Number      int
		SubmittedAt time.Time
		Name        string
	}
	if err := db.NewRaw(`SELECT pv.number, pv.submitted_at, u.name FROM proposal_versions pv JOIN users u ON u.id = pv.submitted_by
		WHERE pv.proposal_id = ? ORDER BY pv.number`, d.ID).Scan(ctx, &versions); err != nil {
		return nil, fmt.Errorf("versions of proposal %s: %w", d.ID, err)
	}
	for _, v := range versions {
		code := "submitted"
		if v.Number > 1 {
			code = "resubmitted"
		}
		if !named {
			v.Name = i18n.T(ctx, "proposal.history.applicant")
		}
		t(&v.SubmittedAt, code, v.Name)
	}
	checks, err := s.pastChecks(ctx, db, d.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range checks {
		t(&c.PreparedAt, "check_"+c.Outcome, c.Prepared)
		if c.Status == string(CheckReturned) {
			t(c.DecidedAt, "check_returned", c.Decided, c.Remark)
		} else {
			t(c.DecidedAt, "check_confirmed", c.Decided)
		}
	}
	t(d.ScreenedAt, "told")
	t(d.PutForwardAt, "put_forward")
	t(d.PublishedAt, "published")
	if d.Status == Withdrawn {
		t(&d.UpdatedAt, "withdrawn")
	}
	slices.SortStableFunc(hs, func(a, b happening) int { return b.At.Compare(a.At) })
	es := make([]web.Event, len(hs))
	for i, h := range hs {
		es[i] = web.Event{Text: h.Text, At: h.At.In(calendar.Zone).Format("15:04, 02/01/2006"), Done: true}
	}
	return es, nil
}

// pastCheck is a check of eligibility with the names of its people; returned ones too.
type pastCheck struct {
	Outcome, Status, Remark string
	PreparedAt              time.Time
	DecidedAt               *time.Time
	Prepared, Decided       string
}

func (s *Service) pastChecks(ctx context.Context, db bun.IDB, proposal uuid.UUID) (cs []pastCheck, err error) {
	q := db.NewSelect().TableExpr("eligibility_checks AS ec").ColumnExpr("ec.outcome, ec.status, ec.remark, ec.prepared_at, ec.decided_at").
		ColumnExpr("pu.name AS prepared, COALESCE(du.name, '') AS decided").Join("JOIN users AS pu ON pu.id = ec.prepared_by").
		Join("LEFT JOIN users AS du ON du.id = ec.decided_by").Where("ec.proposal_id = ?", proposal).OrderExpr("ec.prepared_at")
	if err := s.access.Scope(ctx, q, "eligibility_check", "read", "eligibility_check").Scan(ctx, &cs); err != nil {
		return nil, fmt.Errorf("checks of proposal %s: %w", proposal, err)
	}
	return cs, nil
}
