package budget

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// rowsShown is how many rows of an estimate stand on one page.
const rowsShown = 50

type estimatePage struct {
	web.Base
	E                                                                    *Estimate
	Tab                                                                  string
	Own                                                                  bool // only the rows the reader drafts
	Rows                                                                 []EstimateRow
	From                                                                 int // position of the first row shown, from 0
	Prev, Next                                                           string
	Units                                                                map[uuid.UUID]unitName
	Sources                                                              map[uuid.UUID]SubSource
	Track                                                                []web.Stage
	Stats                                                                []web.Stat
	Groups                                                               []groupSum
	Files                                                                []Attachment
	Versions                                                             []EstimateVersion
	People                                                               map[uuid.UUID]string
	ReturnPath                                                           string // command that sends the estimate back; "" for a reader who may not
	CanAdd                                                               bool
	CanConsolidate, CanAppraise, CanConfirm, CanAssign, CanFile, CanRead bool
}

// groupSum are the rows of one group of a source together.
type groupSum struct {
	Source, Programme string
	Name              Group
	N                 int
	Asked, Stands     money.Amount
}

// Href is the page of the estimate.
func (p *estimatePage) Href() string { return estimateHref(p.E.Year, p.E.Round) }

// ReturnWords is the catalogue code of the button that sends back.
func (p *estimatePage) ReturnWords() string { return "budget.return_from_" + string(p.E.Status) }

// Unit is the unit that asks for a row.
func (p *estimatePage) Unit(r EstimateRow) unitName { return p.Units[*r.UnitID] }

// Sub is the sub-source of a row; nil when it has none.
func (p *estimatePage) Sub(r EstimateRow) *SubSource {
	if r.SourceID == nil {
		return nil
	}
	s := p.Sources[*r.SourceID]
	return &s
}

// Cut is what the appraisal took off a row, negative what it added.
func (p *estimatePage) Cut(r EstimateRow) money.Amount { return r.Stands().Sub(r.Asked) }

// Typed is a value of a refused appraisal, "" when the form is fresh.
func (p *estimatePage) Typed(i int, name string) string {
	return p.Form.Values["lines["+strconv.Itoa(i)+"]."+name]
}

// Wrong says that the answer of a row was refused.
func (p *estimatePage) Wrong(i int) bool {
	return slices.ContainsFunc(p.Form.Errors, func(f errs.Field) bool { return f.Name == "lines["+strconv.Itoa(i)+"].amount" })
}

func (h handler) estimate(tab string) func(context.Context, web.Req) (*estimatePage, error) {
	return func(ctx context.Context, r web.Req) (*estimatePage, error) {
		year, round, err := which(r)
		if err != nil {
			return nil, err
		}
		p := &estimatePage{Tab: tab, Own: tab == "mine"}
		if p.Own {
			p.E, err = h.Own(ctx, year, round)
		} else {
			p.E, err = h.Estimate(ctx, year, round)
		}
		if err != nil {
			return nil, err
		}
		if p.Own {
			p.Tab = "rows"
		}
		return p, h.fillEstimate(ctx, r, p)
	}
}

func (h handler) fillEstimate(ctx context.Context, r web.Req, p *estimatePage) (err error) {
	db := storage.Joined(ctx, h.db)
	if p.Units, err = unitNames(ctx, db); err != nil {
		return err
	}
	if p.Sources, err = subSources(ctx, db); err != nil {
		return err
	}
	p.page(r)
	p.Track = estimateTrack(r.Lang(), p.E.Status)
	can := func(at EstimateStatus, action string) bool {
		return p.E.Status == at && h.access.Can(ctx, db, "budget_estimate", action, p.E)
	}
	units, funds := h.draftsFor(ctx, db)
	p.CanAdd = p.E.Status == EstimateDrafting && len(units)+len(funds) > 0
	p.CanFile = can(EstimateDrafting, "draft")
	p.CanRead = h.access.Can(ctx, db, "budget_estimate", "read", p.E)
	p.CanConsolidate = len(p.E.Rows) > 0 && can(EstimateDrafting, "consolidate")
	p.CanAppraise, p.CanConfirm, p.CanAssign = can(EstimateConsolidated, "appraise"), can(EstimateAppraised, "confirm_appraisal"), can(EstimateConfirmed, "assign")
	switch {
	case p.CanAppraise:
		p.ReturnPath = "/return-draft"
	case p.CanConfirm:
		p.ReturnPath = "/return-appraisal"
	case p.CanAssign:
		p.ReturnPath = "/return-confirmed"
	}
	asked, total := p.E.Asked(), p.E.Total()
	for _, f := range []struct {
		code   string
		amount money.Amount
	}{{"budget.asked", asked}, {"budget.stands", total}, {"budget.changed_by", total.Sub(asked)}} {
		p.Stats = append(p.Stats, web.Stat{Label: i18n.T(ctx, f.code), Value: f.amount.Format(), Unit: "đ"})
	}
	p.Stats = append(p.Stats, web.Stat{Label: i18n.T(ctx, "budget.tasks"), Value: strconv.Itoa(len(p.E.Rows))})
	if p.Groups, err = h.groupSums(ctx, p.E); err != nil {
		return err
	}
	switch p.Tab {
	case "files":
		p.Files, err = attachments(ctx, db, p.E.ID)
	case "versions":
		if p.Versions, err = versions(ctx, db, p.E.ID); err == nil {
			p.People, err = h.people(ctx, p.Versions)
		}
	}
	return err
}

// page cuts the rows shown.
func (p *estimatePage) page(r web.Req) {
	typed := r.Form("from")
	if typed == "" {
		typed = r.Query("from")
	}
	p.From, _ = strconv.Atoi(typed) // nothing sensible is the start
	if p.From < 0 || p.From >= len(p.E.Rows) {
		p.From = 0
	}
	end := min(p.From+rowsShown, len(p.E.Rows))
	p.Rows = p.E.Rows[p.From:end]
	path := r.Path()
	if r.Form("from") != "" {
		path = p.Href() + "/appraisal"
	}
	if p.From > 0 {
		p.Prev = path + "?from=" + strconv.Itoa(max(0, p.From-rowsShown))
	}
	if end < len(p.E.Rows) {
		p.Next = path + "?from=" + strconv.Itoa(end)
	}
}

func estimateTrack(lang i18n.Lang, now EstimateStatus) (stages []web.Stage) {
	at := slices.Index(EstimateStatuses, now)
	for i, s := range EstimateStatuses {
		st := web.Stage{Label: i18n.Text(lang, "budget.estimate_step."+string(s))}
		switch {
		case i < at || now == EstimateAssigned:
			st.State = "done"
		case i == at:
			st.State = "now"
		}
		stages = append(stages, st)
	}
	return stages
}

// groupSums are the sums by source and group, in the order of the codes.
func (s *Service) groupSums(ctx context.Context, e *Estimate) (out []groupSum, err error) {
	names, err := s.groupNames(ctx, storage.Joined(ctx, s.db))
	if err != nil {
		return nil, err
	}
	at := map[[2]string]int{}
	for i := range e.Rows {
		r := &e.Rows[i]
		key := [2]string{r.SourceCode, r.ProgrammeCode}
		k, known := at[key]
		if !known {
			k = len(out)
			at[key] = k
			name, ok := names[r.ProgrammeCode]
			if !ok {
				name = Group{r.ProgrammeCode, r.ProgrammeCode, r.ProgrammeCode}
			}
			out = append(out, groupSum{Source: r.SourceCode, Programme: r.ProgrammeCode, Name: name})
		}
		g := &out[k]
		g.N, g.Asked, g.Stands = g.N+1, g.Asked.Add(r.Asked), g.Stands.Add(r.Stands())
	}
	slices.SortStableFunc(out, func(a, b groupSum) int {
		if c := slices.Index(sourceOrder, a.Source) - slices.Index(sourceOrder, b.Source); c != 0 {
			return c
		}
		return strings.Compare(a.Programme, b.Programme)
	})
	return out, nil
}

// canOpenEstimate says that the subject drafts for Sở KH&CN, which opens the estimate of a year.
func (s *Service) canOpenEstimate(ctx context.Context) bool {
	return s.access.Can(ctx, storage.Joined(ctx, s.db), "budget_estimate", "draft", access.Ref{Kind: "unit", ID: access.UnitScience})
}
