package allocation

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// Payments tells how far published awards have come; plugged in by the program, since agreements and payments lie
// downstream. Amounts are đồng paid out by proposal.
type Payments interface {
	Disbursed(ctx context.Context, db bun.IDB, proposals []uuid.UUID) (map[uuid.UUID]money.Amount, error)
	// Standing is waiting (no agreement signed by both sides) or the state of the signed agreement, by proposal.
	Standing(ctx context.Context, db bun.IDB, proposals []uuid.UUID) (map[uuid.UUID]string, error)
}

// Follow plugs in who knows of payments; without it the public reads no paid amounts.
func (s *Service) Follow(p Payments) { s.payments = p }

type resultsPage struct {
	web.Base
	Sets []PublicSet
}

func (h handler) results(ctx context.Context, r web.Req) (*resultsPage, error) {
	sets, err := publicSets(ctx, storage.Joined(ctx, h.s.db), "")
	return &resultsPage{Sets: sets}, err
}

func (h handler) apiResults(ctx context.Context, r web.Req) ([]PublicSet, error) {
	return publicSets(ctx, storage.Joined(ctx, h.s.db), "")
}

type resultPage struct {
	web.Base
	Set    PublicSet
	Awards []PublicAward
	Paid   bool // paid amounts are known
	Stats  []web.Stat
}

func (h handler) published(ctx context.Context, code string) (PublicSet, []PublicAward, bool, error) {
	db := storage.Joined(ctx, h.s.db)
	sets, err := publicSets(ctx, db, strings.ToUpper(code))
	if err != nil {
		return PublicSet{}, nil, false, err
	}
	if len(sets) == 0 || code == "" {
		return PublicSet{}, nil, false, errs.ErrNotFound
	}
	awards, err := publicAwards(ctx, db, sets[0].ID)
	if err != nil || h.s.payments == nil {
		return sets[0], awards, false, err
	}
	ids := make([]uuid.UUID, len(awards))
	for i, a := range awards {
		ids[i] = a.ProposalID
	}
	paid, err := h.s.payments.Disbursed(ctx, db, ids)
	if err != nil {
		return sets[0], nil, false, err
	}
	standing, err := h.s.payments.Standing(ctx, db, ids)
	for i := range awards {
		awards[i].Disbursed, awards[i].Standing = paid[awards[i].ProposalID], standing[awards[i].ProposalID]
	}
	return sets[0], awards, true, err
}

func (h handler) result(ctx context.Context, r web.Req) (*resultPage, error) {
	set, awards, paid, err := h.published(ctx, r.Param("call"))
	if err != nil {
		return nil, err
	}
	p := &resultPage{Set: set, Awards: awards, Paid: paid}
	var disbursed money.Amount
	for _, a := range awards {
		disbursed = disbursed.Add(a.Disbursed)
	}
	p.Stats = stats(r.Lang(), [3]string{"allocation.submitted", strconv.Itoa(set.Submitted), i18n.T(ctx, "allocation.n_judged", set.Judged)},
		[3]string{"allocation.funded", strconv.Itoa(set.Funded), ""},
		[3]string{"allocation.sum", set.Sum.Format() + " đ", i18n.T(ctx, "allocation.ceiling_is", set.Ceiling.Format())})
	if paid {
		p.Stats = append(p.Stats, web.Stat{Label: i18n.T(ctx, "allocation.disbursed"), Value: disbursed.Format() + " đ"})
	}
	return p, nil
}

func (h handler) resultCSV(ctx context.Context, r web.Req) (web.File, error) {
	set, awards, _, err := h.published(ctx, r.Param("call"))
	if err != nil {
		return web.File{}, err
	}
	var rows [][]string
	for _, a := range awards {
		rows = append(rows, []string{a.TitleVI, a.Organisation, a.Amount.String(), a.Disbursed.String(), set.DecisionNo, set.DecidedOn.String()})
	}
	var header []string
	for _, c := range []string{"project", "organisation", "amount", "disbursed", "decision_no", "decided_on"} {
		header = append(header, i18n.T(ctx, "allocation."+c))
	}
	return r.CSV(ctx, "ket-qua-"+set.Code, i18n.T(ctx, "allocation.result_title", set.TitleVI), r.List("rank"), header, rows), nil
}

type decisionPage struct {
	web.Base
	Set     *AwardSet
	Call    *call.Call
	Lines   []line
	Sum     money.Amount
	Funded  int
	Place   string // Bắc Ninh, ngày … tháng … năm …
	Backing string // page to go back to
}

func (h handler) decision(ctx context.Context, r web.Req) (*decisionPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	if err := staff(ctx); err != nil {
		return nil, err
	}
	if _, err := h.s.access.Require(ctx, storage.Joined(ctx, h.s.db), "award", "read", access.Ref{Kind: "award_set", ID: id}); err != nil {
		return nil, err
	}
	set, err := GetSet(ctx, storage.Joined(ctx, h.s.db), id)
	if err != nil {
		return nil, err
	}
	if _, whole, err := h.s.lines(ctx, set); err != nil {
		return nil, err
	} else if !whole { // half a decision is none; published, it is read at its public page
		return nil, errs.ErrNotFound
	}
	return h.document(ctx, id, "/award-sets/"+id.String())
}

func (h handler) publicDecision(ctx context.Context, r web.Req) (*decisionPage, error) {
	set, _, _, err := h.published(ctx, r.Param("call"))
	if err != nil {
		return nil, err
	}
	return h.document(ctx, set.ID, "/results/"+set.Code)
}

// document is the decision as printed; it exists once UBND tỉnh has decided, and names funded projects only.
func (h handler) document(ctx context.Context, id uuid.UUID, back string) (*decisionPage, error) {
	db := storage.Joined(ctx, h.s.db)
	p := &decisionPage{Backing: back}
	var err error
	if p.Set, err = GetSet(ctx, db, id); err != nil {
		return nil, err
	}
	if p.Set.DecidedAt == nil {
		return nil, errs.ErrNotFound
	}
	if p.Call, err = call.Get(ctx, db, p.Set.CallID); err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	for _, a := range p.Set.Awards {
		ids = append(ids, a.ProposalID)
	}
	named, err := names(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	for _, a := range p.Set.Awards {
		if a.Outcome == Funded {
			p.Lines = append(p.Lines, line{Award: a, Named: named[a.ProposalID]})
		}
	}
	p.Sum, p.Funded, p.Place = p.Set.Sum(), p.Set.Funded(), longDate(p.Set.DecidedOn)
	return p, nil
}

// longDate writes a day as documents do: a zero before days under 10 and before months 1 and 2.
func longDate(d calendar.Date) string {
	day, month := strconv.Itoa(d.Day()), strconv.Itoa(int(d.Month()))
	if d.Day() < 10 {
		day = "0" + day
	}
	if d.Month() < 3 {
		month = "0" + month
	}
	return fmt.Sprintf("ngày %s tháng %s năm %d", day, month, d.Year())
}
