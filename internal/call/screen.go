package call

import (
	"context"
	"strconv"

	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/party"
	"kinhbac/internal/rulebook"
)

// Verdict is what the machine finds; an officer decides.
type Verdict string

// The verdicts.
const (
	Pass Verdict = "pass"
	Fail Verdict = "fail"
	Look Verdict = "look" // a person must look at evidence
)

// Finding is one rule applied to one applicant. Its words are call.check.<Code> in the catalogue.
type Finding struct {
	Code    string
	Verdict Verdict
	Rule    errs.Rule // article, version and the inputs it was applied to
}

func finding(code string, v Verdict, rule rulebook.Value, inputs ...errs.Input) Finding {
	return Finding{Code: code, Verdict: v, Rule: rule.Rule(inputs...)}
}

// CheckAge applies the limit of years to a firm: it passes through the anniversary itself. A party that is not a
// firm has no such limit; a firm without a first registration needs a look.
// Source: Kế hoạch 151/KH-UBND, mục Đối tượng, gạch đầu dòng 1.
func CheckAge(rule rulebook.Value, o *party.Organisation, reference calendar.Date) (Finding, error) {
	years, err := rule.Int()
	if err != nil {
		return Finding{}, err
	}
	in := []errs.Input{
		{Label: "call.input.registered_on", Value: o.RegisteredOn.Format()},
		{Label: "call.input.reference_date", Value: reference.Format()},
		{Label: "call.input.max_years", Value: strconv.Itoa(years)},
	}
	switch {
	case o.Kind != party.Firm:
		return finding("age", Pass, rule, in[1:]...), nil
	case o.RegisteredOn.IsZero():
		return finding("age", Look, rule, in[1:]...), nil
	case party.TooOld(o.RegisteredOn, reference, years):
		return finding("age", Fail, rule, in...), nil
	}
	return finding("age", Pass, rule, in...), nil
}

// CheckLegalPerson asks for a legal person; a person or a group is helped through an organisation that gives support.
// Source: Nghị định 268/2025/NĐ-CP, Điều 9 khoản 1.
func CheckLegalPerson(rule rulebook.Value, o *party.Organisation) Finding {
	v := Pass
	if rule.Yes() && !o.LegalPerson() {
		v = Fail
	}
	return finding("legal_person", v, rule, errs.Input{Label: "call.input.kind", Value: o.Kind})
}

// CheckDebts asks that no state money is unsettled or unrepaid on the day.
// Source: Nghị định 268/2025/NĐ-CP, Điều 8–19.
func CheckDebts(rule rulebook.Value, bars []party.Bar, day calendar.Date) Finding {
	v, owed := Pass, money.VND(0)
	for _, b := range bars {
		if (b.Kind == party.Unrepaid || b.Kind == party.Unsettled) && b.StandsOn(day) {
			v, owed = Fail, owed.Add(b.Amount)
		}
	}
	return finding("debts", v, rule, errs.Input{Label: "call.input.day", Value: day.Format()},
		errs.Input{Label: "call.input.owed", Value: owed.Format()})
}

// CheckSuspension asks that no prosecution stands and that a suspension ended at least so many years before the day.
// Source: Nghị định 268/2025/NĐ-CP, Điều 8–19.
func CheckSuspension(rule rulebook.Value, bars []party.Bar, day calendar.Date) (Finding, error) {
	years, err := rule.Int()
	if err != nil {
		return Finding{}, err
	}
	v := Pass
	for _, b := range bars {
		switch {
		case b.Kind == party.Prosecuted && b.StandsOn(day),
			b.Kind == party.Suspended && !b.Since.After(day) && (b.LiftedOn.IsZero() || b.LiftedOn.AddYears(years).After(day)):
			v = Fail
		}
	}
	return finding("suspension", v, rule, errs.Input{Label: "call.input.day", Value: day.Format()}), nil
}

// CheckHead asks that the head of a support organisation has advised on investment, finance and business support for
// so many years on the day; unknown needs a look.
// Source: Kế hoạch 151/KH-UBND, mục Đối tượng, gạch đầu dòng 2.
func CheckHead(rule rulebook.Value, o *party.Organisation, day calendar.Date) (Finding, error) {
	years, err := rule.Int()
	if err != nil {
		return Finding{}, err
	}
	v := Pass
	switch {
	case o.HeadSince.IsZero():
		v = Look
	case o.HeadSince.AddYears(years).After(day):
		v = Fail
	}
	return finding("head", v, rule, errs.Input{Label: "call.input.head_since", Value: o.HeadSince.Format()},
		errs.Input{Label: "call.input.day", Value: day.Format()}), nil
}

// CheckEvidence is for what only paper proves: a claim needs a look, no claim fails.
func CheckEvidence(code string, rule rulebook.Value, claim string) Finding {
	v := Look
	if claim == "" {
		v = Fail
	}
	return finding(code, v, rule, errs.Input{Label: "call.input.claim", Value: claim})
}

// Screen applies every rule of beneficiaries that the call has to one applicant, each under the version of the
// rulebook bound by the call. ErrNoRule when a value is missing.
func Screen(ctx context.Context, db bun.IDB, c *Call, o *party.Organisation) ([]Finding, error) {
	bars, err := party.Bars(ctx, db, o.ID)
	if err != nil {
		return nil, err
	}
	s := screening{ctx: ctx, db: db, call: c}
	day := calendar.DateOf(c.ClosesAt)
	if c.Beneficiary != ForSupport {
		s.add("eligibility.startup.max_age_years", func(v rulebook.Value) (Finding, error) { return CheckAge(v, o, c.ReferenceDate) })
	}
	s.add("eligibility.applicant.legal_person", func(v rulebook.Value) (Finding, error) { return CheckLegalPerson(v, o), nil })
	s.add("eligibility.barred.unrepaid_state_money", func(v rulebook.Value) (Finding, error) { return CheckDebts(v, bars, day), nil })
	s.add("eligibility.barred.suspension_years", func(v rulebook.Value) (Finding, error) { return CheckSuspension(v, bars, day) })
	if c.Beneficiary == ForSupport {
		s.add("eligibility.support.operating", func(v rulebook.Value) (Finding, error) { return CheckEvidence("operating", v, o.Name), nil })
		s.add("eligibility.support.head_min_years", func(v rulebook.Value) (Finding, error) { return CheckHead(v, o, c.ReferenceDate) })
		s.add("eligibility.support.process", func(v rulebook.Value) (Finding, error) { return CheckEvidence("process", v, o.SupportProcess), nil })
		s.add("eligibility.support.cooperation", func(v rulebook.Value) (Finding, error) {
			return CheckEvidence("cooperation", v, o.SupportAgreements), nil
		})
	}
	return s.found, s.err
}

type screening struct {
	ctx   context.Context
	db    bun.IDB
	call  *Call
	found []Finding
	err   error
}

func (s *screening) add(id string, check func(rulebook.Value) (Finding, error)) {
	if s.err != nil {
		return
	}
	v, err := rulebook.GetVersion(s.ctx, s.db, id, s.call.Rulebook, s.call.ClosesAt)
	if err != nil {
		s.err = err
		return
	}
	f, err := check(v)
	if err != nil {
		s.err = err
		return
	}
	s.found = append(s.found, f)
}

// RefuseTooOld is the refusal at submission of a firm past the limit of years, with its article and inputs; nil
// when the firm may apply.
func RefuseTooOld(ctx context.Context, db bun.IDB, c *Call, o *party.Organisation) error {
	if c.Beneficiary == ForSupport {
		return nil
	}
	rule, err := rulebook.GetVersion(ctx, db, "eligibility.startup.max_age_years", c.Rulebook, c.ClosesAt)
	if err != nil {
		return err
	}
	f, err := CheckAge(rule, o, c.ReferenceDate)
	if err != nil {
		return err
	}
	if f.Verdict != Fail {
		return nil
	}
	return ErrTooOld.With(rule.Text, c.ReferenceDate.Format()).Because(f.Rule)
}

// ErrTooOld is a firm older than the limit at the reference date. Args: years, reference date.
var ErrTooOld = errs.New(errs.Conflict, "call.too_old")
