package proposal

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/rulebook"
)

// Finding is the answer of one rule of eligibility as it is kept with a check, with its article and what it was
// applied to.
type Finding struct {
	bun.BaseModel `bun:"table:eligibility_findings,alias:ef"`
	CheckID       uuid.UUID `bun:"type:uuid"`
	Position      int
	Question      string // catalogue code
	Answer        call.Verdict
	Detail        string // ready to read
	RuleID        string
	Article       string
	Rulebook      string
	Unverified    bool     // the value carries "cần xác minh"
	Inputs        []string `bun:",array"` // label (catalogue code) and value in turn
}

// Rule is the legal basis for a "vì sao" box; nil when no rule stands behind the finding.
func (f *Finding) Rule() *errs.Rule {
	if f.RuleID == "" {
		return nil
	}
	r := &errs.Rule{ID: f.RuleID, Article: f.Article, Version: f.Rulebook, Unverified: f.Unverified}
	for i := 0; i+1 < len(f.Inputs); i += 2 {
		r.Inputs = append(r.Inputs, errs.Input{Label: f.Inputs[i], Value: f.Inputs[i+1]})
	}
	return r
}

// Findings applies every rule of screening to a dossier: those of the rulebook version its call is bound to, then
// what the published call itself asks for documents, ceiling and co-funding.
func Findings(ctx context.Context, db bun.IDB, d *Dossier) ([]Finding, error) {
	rules, err := call.Screen(ctx, db, d.Call, d.Organisation)
	if err != nil {
		return nil, err
	}
	fs := make([]Finding, 0, len(rules)+len(d.Call.Documents)+2)
	for _, r := range rules {
		f := Finding{Question: "call.check." + r.Code, Answer: r.Verdict, RuleID: r.Rule.ID, Article: r.Rule.Article,
			Rulebook: r.Rule.Version, Unverified: r.Rule.Unverified, Inputs: []string{}}
		for _, in := range r.Rule.Inputs {
			f.Inputs = append(f.Inputs, in.Label, in.Value)
		}
		fs = append(fs, f)
	}
	fs = append(fs, d.fromCall()...)
	for i := range fs {
		fs[i].Position = i + 1
	}
	return fs, nil
}

// fromCall is what the published call itself asks.
func (d *Dossier) fromCall() []Finding {
	var fs []Finding
	add := func(question string, ok bool, detail string) {
		a := call.Pass
		if !ok {
			a = call.Fail
		}
		fs = append(fs, Finding{Question: question, Answer: a, Detail: detail, Article: d.Call.Number, Inputs: []string{}})
	}
	for _, doc := range d.Call.Documents {
		add(documentWords(doc), d.has(doc), "")
	}
	add("proposal.rule.ceiling", d.Requested.Cmp(d.Call.CeilingAward) <= 0, d.Requested.Format()+" / "+d.Call.CeilingAward.Format())
	if share := d.Call.CoFundingShare; share.Sign() > 0 {
		add("proposal.rule.co_funding", enough(d.CoFunding, d.Total(), share), percent(d.CoFundingShare())+" / "+percent(share))
	}
	return append(fs, d.normFindings()...)
}

// due is the day by which screening ends: the validity clock of the call's track after its closing day, in calendar
// days or working days as the rule says. The zero day when nobody has set the rule.
func (s *Service) due(ctx context.Context, db bun.IDB, d *Dossier) (calendar.Date, error) {
	id := "innovation.validity"
	if d.Call.Track == call.TrackScience {
		id = "science.validity"
	}
	v, err := rulebook.GetVersion(ctx, db, id, d.Call.Rulebook, d.Call.ClosesAt)
	if errors.Is(err, rulebook.ErrNoRule) {
		return calendar.Date{}, nil
	}
	if err != nil {
		return calendar.Date{}, err
	}
	n, err := v.Int()
	if err != nil {
		return calendar.Date{}, err
	}
	closing := calendar.DateOf(d.Call.ClosesAt)
	if v.Unit == "wd" {
		return s.holidays.AddWorkingDays(closing, n), nil
	}
	return closing.AddDays(n), nil
}
