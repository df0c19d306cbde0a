package budget

import (
	"strings"
	"testing"

	"kinhbac/internal/audit"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
)

// TestForgedDocuments finds acts, ends of years and estimates that were changed past the program.
func TestForgedDocuments(t *testing.T) {
	for _, c := range []struct{ name, sql, check string }{
		{"nothing", "", ""},
		{"a decision", "UPDATE budget_acts SET decision_no = 'x'", "budget.check.acts"},
		{"a reason", "UPDATE budget_acts SET reason = 'x' WHERE kind = 'cut'", "budget.check.acts"},
		{"a basis", "UPDATE budget_acts SET basis = 'x' WHERE kind = 'cut'", "budget.check.acts"},
		{"a maker", "UPDATE budget_acts SET proposed_by = gen_random_uuid() WHERE kind = 'cut'", "budget.check.acts"},
		{"a checker", "UPDATE budget_acts SET decided_by = gen_random_uuid() WHERE kind = 'cut'", "budget.check.acts"},
		{"a line", "UPDATE budget_acts SET line_id = (SELECT id FROM budget_lines WHERE code = 'A.2') WHERE kind = 'cut'", "budget.check.acts"},
		{"a second line", "UPDATE budget_acts SET to_line_id = (SELECT id FROM budget_lines WHERE code = 'NS.CT4.01') WHERE kind = 'transfer'", "budget.check.acts"},
		{"a year", `INSERT INTO budget_year_ends (id, year, finance_unit_id, started_by, started_at, version)
			SELECT gen_random_uuid(), 2026, finance_unit_id, drafted_by, drafted_at, 1 FROM budget_estimates`, "budget.check.years"},
		{"a version", "UPDATE budget_estimate_versions SET content = jsonb_set(content, '{title}', '\"x\"') WHERE no = 1", "budget.check.versions"},
		{"a row", "UPDATE budget_estimate_rows SET asked = asked + 1, appraised = appraised + 1", "budget.check.estimates"},
		{"an answer", "UPDATE budget_estimate_rows SET appraised = appraised - 1, comment = 'x'", "budget.check.estimates"},
		{"a row taken away", "DELETE FROM budget_estimate_rows", "budget.check.estimates"},
		{"an assignment", "UPDATE budget_estimates SET decision_no = 'x'", "budget.check.estimates"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := openBureau(t)
			e := b.confirmed(t, b.draft(t, task("Ươm tạo", StateBudget, "CT4", 600)))
			if err := b.svc.Assign(b.leader, e.ID, e.Version, "1/QĐ-UBND", decided); err != nil {
				t.Fatal(err)
			}
			o := b.office
			a := o.line(t, 2026, nil, "A", StateBudget, 1000)
			a1, a2 := o.line(t, 2026, a, "A.1", "", 400), o.line(t, 2026, a, "A.2", "", 300)
			o.do(t, a1, ProposeInput{Kind: Transfer, Amount: money.VND(50), To: a2.ID})
			o.do(t, a1, ProposeInput{Kind: Cut, Amount: money.VND(50)})
			if c.sql != "" {
				var off strings.Builder
				for _, table := range []string{"acts", "year_ends", "estimates", "estimate_rows", "estimate_versions"} {
					off.WriteString("ALTER TABLE budget_" + table + " DISABLE TRIGGER USER; ")
				}
				for _, table := range []string{"acts_proposed_by", "acts_decided_by"} {
					off.WriteString("ALTER TABLE budget_acts DROP CONSTRAINT IF EXISTS budget_" + table + "_fkey; ")
				}
				if _, err := dbtest.Owner(t, o.db).ExecContext(t.Context(), off.String()+c.sql); err != nil {
					t.Fatal(err)
				}
			}
			checks, err := audit.Prove(t.Context(), o.db, Probes(), audit.Options{})
			if err != nil {
				t.Fatal(err)
			}
			found := c.check == ""
			for _, got := range checks {
				if got.Break != "" && c.check == "" {
					t.Errorf("%s: %s", got.Code, got.Break)
				}
				found = found || got.Break != "" && got.Code == c.check
			}
			if !found {
				t.Errorf("%s not found", c.check)
			}
		})
	}
}
