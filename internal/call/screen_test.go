package call

import (
	"testing"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
	"kinhbac/internal/party"
	"kinhbac/internal/rulebook"
)

var five = rulebook.Value{ID: "eligibility.startup.max_age_years", Text: "5", Instrument: "Kế hoạch 151/KH-UBND", Article: "mục Đối tượng"}

func TestCheckAge(t *testing.T) {
	reference := calendar.On(2026, 4, 2)
	for _, c := range []struct {
		name       string
		kind       string
		registered calendar.Date
		want       Verdict
	}{
		{"on the fifth anniversary", party.Firm, calendar.On(2021, 4, 2), Pass},
		{"one day older", party.Firm, calendar.On(2021, 4, 1), Fail},
		{"29/02 five years before 01/03", party.Firm, calendar.On(2020, 2, 29), Fail},
		{"unknown", party.Firm, calendar.Date{}, Look},
		{"an old institute", party.Unit, calendar.On(1990, 1, 1), Pass},
		{"a person", party.Person, calendar.Date{}, Pass},
	} {
		f, err := CheckAge(five, &party.Organisation{Kind: c.kind, RegisteredOn: c.registered}, reference)
		if err != nil || f.Verdict != c.want || f.Rule.Article == "" {
			t.Errorf("%s: %+v, %v", c.name, f, err)
		}
	}
}

func TestCheckLegalPerson(t *testing.T) {
	rule := rulebook.Value{Text: "yes"}
	for kind, want := range map[string]Verdict{party.Firm: Pass, party.Unit: Pass, party.Group: Fail, party.Person: Fail} {
		if f := CheckLegalPerson(rule, &party.Organisation{Kind: kind}); f.Verdict != want {
			t.Errorf("%s: %s", kind, f.Verdict)
		}
	}
}

func TestCheckDebtsAndSuspension(t *testing.T) {
	day := calendar.On(2026, 4, 2)
	one := rulebook.Value{Text: "1"}
	for _, c := range []struct {
		name        string
		bar         party.Bar
		debt, other Verdict
	}{
		{"nothing", party.Bar{Since: calendar.On(2027, 1, 1), Kind: party.Unrepaid}, Pass, Pass},
		{"unrepaid", party.Bar{Since: calendar.On(2025, 1, 1), Kind: party.Unrepaid, Amount: money.VND(1)}, Fail, Pass},
		{"repaid on the day", party.Bar{Since: calendar.On(2025, 1, 1), LiftedOn: day, Kind: party.Unrepaid, Amount: money.VND(1)}, Pass, Pass},
		{"repaid the day after", party.Bar{Since: calendar.On(2025, 1, 1), LiftedOn: day.AddDays(1), Kind: party.Unsettled, Amount: money.VND(1)}, Fail, Pass},
		{"suspended", party.Bar{Since: calendar.On(2025, 1, 1), Kind: party.Suspended}, Pass, Fail},
		{"suspension ended a year ago", party.Bar{Since: calendar.On(2024, 1, 1), LiftedOn: calendar.On(2025, 4, 2), Kind: party.Suspended}, Pass, Pass},
		{"a year less a day ago", party.Bar{Since: calendar.On(2024, 1, 1), LiftedOn: calendar.On(2025, 4, 3), Kind: party.Suspended}, Pass, Fail},
		{"prosecuted", party.Bar{Since: calendar.On(2025, 1, 1), Kind: party.Prosecuted}, Pass, Fail},
		{"cleared of prosecution", party.Bar{Since: calendar.On(2025, 1, 1), LiftedOn: day, Kind: party.Prosecuted}, Pass, Pass},
	} {
		if f := CheckDebts(rulebook.Value{Text: "yes"}, []party.Bar{c.bar}, day); f.Verdict != c.debt {
			t.Errorf("%s: debts %s", c.name, f.Verdict)
		}
		if f, err := CheckSuspension(one, []party.Bar{c.bar}, day); err != nil || f.Verdict != c.other {
			t.Errorf("%s: suspension %s, %v", c.name, f.Verdict, err)
		}
	}
}

func TestCheckSupport(t *testing.T) {
	day := calendar.On(2026, 4, 2)
	one := rulebook.Value{Text: "1"}
	for since, want := range map[calendar.Date]Verdict{
		calendar.On(2025, 4, 2): Pass, calendar.On(2025, 4, 3): Fail, {}: Look,
	} {
		if f, err := CheckHead(one, &party.Organisation{HeadSince: since}, day); err != nil || f.Verdict != want {
			t.Errorf("head since %s: %s, %v", since, f.Verdict, err)
		}
	}
	if f := CheckEvidence("process", one, ""); f.Verdict != Fail {
		t.Errorf("no claim: %s", f.Verdict)
	}
	if f := CheckEvidence("process", one, "QT-01"); f.Verdict != Look {
		t.Errorf("a claim: %s", f.Verdict)
	}
}
