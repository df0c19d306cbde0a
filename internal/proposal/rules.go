package proposal

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/party"
	"kinhbac/internal/rulebook"
)

// ErrTooOld is a firm older than the plan supports on the call's reference day.
// Source: Kế hoạch 151/KH-UBND, mục Đối tượng.
var ErrTooOld = errs.New(errs.Invalid, "proposal.too_old")

// Answer is what a rule says about a dossier.
type Answer string

// The answers: it passes, a person must look, it fails.
const (
	Pass Answer = "pass"
	Look Answer = "look"
	Fail Answer = "fail"
)

// Finding is the answer of one rule of eligibility, with its article and what it was applied to.
type Finding struct {
	bun.BaseModel `bun:"table:eligibility_findings,alias:ef"`
	CheckID       uuid.UUID `bun:"type:uuid"`
	Position      int
	Question      string // catalogue code
	Answer        Answer
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

func by(v rulebook.Value, question string, a Answer, detail string, inputs ...string) Finding {
	return Finding{
		Question: question, Answer: a, Detail: detail, RuleID: v.ID, Article: v.Source(), Rulebook: v.Version,
		Unverified: v.Unverified(), Inputs: inputs,
	}
}

// tooOld refuses a start-up that is past its age on the reference day of the call.
func tooOld(ctx context.Context, db bun.IDB, d *Dossier) error {
	f, err := age(ctx, db, d)
	if err != nil || f == nil || f.Answer != Fail {
		return err
	}
	return ErrTooOld.With(f.Detail).Because(*f.Rule())
}

// age applies the rule of the plan to firms that ask for support as start-ups; nil for others.
func age(ctx context.Context, db bun.IDB, d *Dossier) (*Finding, error) {
	o := d.Organisation
	if o.Kind != party.Firm || o.SupportOrg {
		return nil, nil
	}
	v, err := rule(ctx, db, d.Call, "eligibility.startup.max_age_years")
	if err != nil {
		return nil, err
	}
	years, err := v.Int()
	if err != nil {
		return nil, err
	}
	a := Pass
	if party.TooOld(o.RegisteredOn, d.Call.ReferenceDate, years) {
		a = Fail
	}
	f := by(v, "proposal.rule.age", a, o.RegisteredOn.AddYears(years).Format(),
		"proposal.rule.registered_on", o.RegisteredOn.Format(), "proposal.rule.reference_date", d.Call.ReferenceDate.Format(), "proposal.rule.years", v.Text)
	return &f, nil
}

// rule reads a value of the version the call is bound to, in force on its reference day.
func rule(ctx context.Context, db bun.IDB, c *call.Call, id string) (rulebook.Value, error) {
	return rulebook.GetVersion(ctx, db, id, c.Rulebook, c.ReferenceDate.Start())
}

// Findings applies every rule of screening to a dossier: age, legal person, bars, support organisations, documents,
// ceiling and co-funding.
func Findings(ctx context.Context, db bun.IDB, d *Dossier) ([]Finding, error) {
	var fs []Finding
	f, err := age(ctx, db, d)
	if err != nil {
		return nil, err
	}
	if f != nil {
		fs = append(fs, *f)
	}
	for _, one := range []func(context.Context, bun.IDB, *Dossier) ([]Finding, error){legalPerson, bars, supportOrg} {
		more, err := one(ctx, db, d)
		if err != nil {
			return nil, err
		}
		fs = append(fs, more...)
	}
	fs = append(fs, d.fromCall(ctx)...)
	for i := range fs {
		fs[i].Position = i + 1
	}
	return fs, nil
}

func legalPerson(ctx context.Context, db bun.IDB, d *Dossier) ([]Finding, error) {
	v, err := rule(ctx, db, d.Call, "eligibility.applicant.legal_person")
	if err != nil {
		return nil, err
	}
	a := Pass
	if v.Yes() && !d.Organisation.LegalPerson() {
		a = Fail
	}
	return []Finding{by(v, "proposal.rule.legal_person", a, "", "proposal.rule.kind", i18n.T(ctx, "party.kind."+d.Organisation.Kind))}, nil
}

// bars looks for unrepaid or unsettled state money, suspensions and prosecutions that stand on the day the call closed.
func bars(ctx context.Context, db bun.IDB, d *Dossier) ([]Finding, error) {
	v, err := rule(ctx, db, d.Call, "eligibility.barred.unrepaid_state_money")
	if err != nil {
		return nil, err
	}
	day := calendar.DateOf(d.Call.ClosesAt)
	standing, err := party.Bars(ctx, db, d.OrganisationID)
	if err != nil {
		return nil, fmt.Errorf("bars of organisation %s: %w", d.OrganisationID, err)
	}
	var fs []Finding
	for _, b := range standing {
		if b.StandsOn(day) {
			fs = append(fs, by(v, "proposal.rule.barred", Fail, b.Document, "proposal.rule.since", b.Since.Format(), "proposal.rule.owed", b.Amount.Format()))
		}
	}
	if len(fs) == 0 {
		fs = append(fs, by(v, "proposal.rule.barred", Pass, "", "proposal.rule.closing_day", day.Format()))
	}
	return fs, nil
}

// supportOrg asks of organisations that support start-ups what the plan asks: an experienced head, a process of
// support, agreements of cooperation. The papers behind them are for a person to read.
func supportOrg(ctx context.Context, db bun.IDB, d *Dossier) ([]Finding, error) {
	o := d.Organisation
	if !o.SupportOrg {
		return nil, nil
	}
	head, err := rule(ctx, db, d.Call, "eligibility.support.head_min_years")
	if err != nil {
		return nil, err
	}
	years, err := head.Int()
	if err != nil {
		return nil, err
	}
	a := Fail
	if !o.HeadSince.IsZero() && !d.Call.ReferenceDate.Before(o.HeadSince.AddYears(years)) {
		a = Pass
	}
	fs := []Finding{by(head, "proposal.rule.head_years", a, "", "proposal.rule.head_since", o.HeadSince.Format(), "proposal.rule.years", head.Text)}
	for _, r := range []struct{ id, question, given string }{
		{"eligibility.support.process", "proposal.rule.process", o.SupportProcess},
		{"eligibility.support.cooperation", "proposal.rule.cooperation", o.SupportAgreements},
	} {
		v, err := rule(ctx, db, d.Call, r.id)
		if err != nil {
			return nil, err
		}
		a := Look
		if r.given == "" {
			a = Fail
		}
		fs = append(fs, by(v, r.question, a, r.given))
	}
	return fs, nil
}

// fromCall is what the published call itself asks.
func (d *Dossier) fromCall(ctx context.Context) []Finding {
	var fs []Finding
	add := func(question string, ok bool, detail string) {
		a := Pass
		if !ok {
			a = Fail
		}
		fs = append(fs, Finding{Question: question, Answer: a, Detail: detail, Article: d.Call.Number})
	}
	for _, doc := range d.Call.Documents {
		add("proposal.rule.document", d.has(doc), i18n.T(ctx, "call.document."+doc))
	}
	add("proposal.rule.ceiling", d.Requested.Cmp(d.Call.CeilingAward) <= 0, d.Requested.Format()+" / "+d.Call.CeilingAward.Format())
	if share := d.Call.CoFundingShare; share.Sign() > 0 {
		add("proposal.rule.co_funding", enough(d.CoFunding, d.Total(), share), percent(d.CoFundingShare())+" / "+percent(share))
	}
	return fs
}
