package proposal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// onDesk is how many own dossiers a desk shows, the latest touched first.
const onDesk = 6

// desk lays before an applicant the own dossiers with their next step, and before the office what stands in the calls
// that have closed and how long screening takes.
func (s *Service) desk(ctx context.Context, d *web.Desk) error {
	if applies(ctx) {
		return storage.InTx(ctx, s.db, func(ctx context.Context, _ bun.Tx) error { return s.applicantDesk(ctx, d) })
	}
	if len(d.Calls) > 0 {
		if err := s.callsOnDesk(ctx, d); err != nil {
			return err
		}
	}
	if role := access.From(ctx).Active; role != access.ProgrammeOfficer && role != access.DepartmentHead {
		return nil
	}
	return s.screeningClock(ctx, d)
}

func (s *Service) applicantDesk(ctx context.Context, d *web.Desk) error {
	if _, err := s.access.RequireRole(ctx, "proposal", "create"); err == nil {
		d.Start = &web.Link{Href: "/calls?state=open", Label: i18n.T(ctx, "proposal.desk.start")}
	}
	var ps []Proposal
	db := storage.Joined(ctx, s.db)
	q := s.access.Scope(ctx, db.NewSelect().Model(&ps), "proposal", "list", "proposal").OrderExpr("p.updated_at DESC, p.id").Limit(onDesk)
	if err := q.Scan(ctx); err != nil {
		return fmt.Errorf("own dossiers: %w", err)
	}
	calls := map[uuid.UUID]*call.Call{}
	for i := range ps {
		p := &ps[i]
		c := calls[p.CallID]
		if c == nil {
			var err error
			if c, err = call.Get(ctx, db, p.CallID); err != nil {
				return err
			}
			calls[p.CallID] = c
		}
		row := web.DeskDossier{Href: "/proposals/" + p.ID.String(), Title: web.Pick(i18n.From(ctx), p.TitleVI, p.TitleEN), Code: p.Code, Call: c.Code,
			Requested: p.Requested, Noun: "proposal.public", Status: string(p.Public())}
		if row.Title == "" {
			row.Title = i18n.T(ctx, "proposal.untitled")
		}
		var err error
		if row.Next, err = s.next(ctx, &Dossier{Proposal: p, Call: c}); err != nil {
			return err
		}
		d.Dossiers = append(d.Dossiers, row)
	}
	return nil
}

// next says in public words what comes after where the dossier stands.
func (s *Service) next(ctx context.Context, d *Dossier) (string, error) {
	clock := func(t time.Time) string { return t.In(calendar.Zone).Format("15:04, 02/01/2006") }
	switch w := d.Public(); w {
	case PublicDraft:
		if d.Call.Accepts(storage.Now(ctx)) != nil {
			return i18n.T(ctx, "proposal.desk.late"), nil
		}
		return i18n.T(ctx, "proposal.desk.submit", clock(d.Call.ClosesAt)), nil
	case PublicSupplement:
		return i18n.T(ctx, "proposal.supplement_before", clock(*d.SupplementUntil)), nil
	case PublicReceived, PublicScreening:
		due, err := s.due(ctx, storage.Joined(ctx, s.db), d)
		if err != nil || due.IsZero() {
			return i18n.T(ctx, "proposal.desk.screening"), err
		}
		return i18n.T(ctx, "proposal.desk.screening_until", due.Format()), nil
	default:
		return i18n.T(ctx, "proposal.desk."+string(w)), nil
	}
}

// callsOnDesk says what stands in the calls on the desk, for readers who may count it: never before a call has closed.
func (s *Service) callsOnDesk(ctx context.Context, d *web.Desk) error {
	var rows []struct {
		Code            string
		All, Screened   int
		Eligible, Voted int
	}
	q := storage.Joined(ctx, s.db).NewSelect().TableExpr("proposals AS p").ColumnExpr("c.code").
		ColumnExpr("count(*) FILTER (WHERE p.status <> 'draft') AS all").
		ColumnExpr("count(*) FILTER (WHERE p.screened_at IS NOT NULL) AS screened").
		ColumnExpr("count(*) FILTER (WHERE p.screened_at IS NOT NULL AND p.status NOT IN ('ineligible', 'withdrawn')) AS eligible").
		ColumnExpr("count(*) FILTER (WHERE p.status IN ('recommended', 'not_recommended')) AS voted").
		Join("JOIN calls AS c ON c.id = p.call_id").Where("c.status IN ('closed', 'evaluating')").GroupExpr("c.code")
	if err := s.access.Free(ctx, s.access.Scope(ctx, q, "proposal", "count", "proposal"), "proposal").Scan(ctx, &rows); err != nil {
		return fmt.Errorf("dossiers of calls under way: %w", err)
	}
	for _, r := range rows {
		line := d.Call(r.Code)
		switch {
		case line == nil:
		case r.Screened < r.All:
			line.Stage, line.Note = i18n.T(ctx, "proposal.desk.in_screening"), i18n.T(ctx, "proposal.desk.screened", r.Screened, r.All)
		default:
			line.Stage, line.Note = i18n.T(ctx, "proposal.desk.in_council"), i18n.T(ctx, "proposal.desk.voted", r.Voted, r.Eligible)
		}
	}
	return nil
}

// year is how far back the clock of screening looks, in days from today.
const year = 365

// screeningClock compares how long screening took, closing day to decision, with the clock of each call's rulebook.
func (s *Service) screeningClock(ctx context.Context, d *web.Desk) error {
	var rows []struct {
		CallID    uuid.UUID `bun:"type:uuid"`
		DecidedAt time.Time
	}
	db := storage.Joined(ctx, s.db)
	q := db.NewSelect().TableExpr("proposals AS p").ColumnExpr("p.call_id, ec.decided_at").
		Join("JOIN eligibility_checks AS ec ON ec.proposal_id = p.id AND ec.status = 'confirmed'").
		Where("ec.decided_at > kb.now() - make_interval(days => ?)", year).Limit(10_000)
	if err := s.access.Scope(ctx, q, "proposal", "list", "proposal").Scan(ctx, &rows); err != nil {
		return fmt.Errorf("time of screening: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	type clock struct{ closed, due calendar.Date }
	clocks := map[uuid.UUID]clock{}
	var rules []string
	days, inTime := 0, 0
	for _, r := range rows {
		c, ok := clocks[r.CallID]
		if !ok {
			of, err := call.Get(ctx, db, r.CallID)
			if err != nil {
				return err
			}
			c.closed = calendar.DateOf(of.ClosesAt)
			if c.due, err = s.due(ctx, db, &Dossier{Call: of}); err != nil {
				return err
			}
			clocks[r.CallID] = c
			if words := i18n.T(ctx, "proposal.desk.days", c.closed.Days(c.due)); !c.due.IsZero() && !strings.Contains(strings.Join(rules, "|"), words) {
				rules = append(rules, words)
			}
		}
		decided := calendar.DateOf(r.DecidedAt)
		days += c.closed.Days(decided)
		if !c.due.IsZero() && !decided.After(c.due) {
			inTime++
		}
	}
	n := decimal.NewFromInt(int64(len(rows)))
	mean := decimal.NewFromInt(int64(days)).DivRound(n, 1)
	share := decimal.NewFromInt(int64(inTime)*100).DivRound(n, 1)
	comma := func(d decimal.Decimal) string { return strings.Replace(d.String(), ".", ",", 1) }
	d.Clocks = append(d.Clocks, web.Pair{Label: i18n.T(ctx, "proposal.desk.mean"), Value: i18n.T(ctx, "proposal.desk.mean_days", comma(mean))})
	if len(rules) > 0 {
		d.Clocks = append(d.Clocks, web.Pair{Label: i18n.T(ctx, "proposal.desk.rule"), Value: strings.Join(rules, ", ")},
			web.Pair{Label: i18n.T(ctx, "proposal.desk.in_time"), Value: comma(share) + "%"})
	}
	d.ClockNote = i18n.T(ctx, "proposal.desk.clock_note", len(rows))
	return nil
}
