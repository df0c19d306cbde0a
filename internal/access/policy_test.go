package access_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/policies"
)

// TestBadPolicies stops the start for what casbin would keep in silence.
func TestBadPolicies(t *testing.T) {
	model, err := policies.FS.ReadFile("model.conf")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"unknown role":      "p, programme_officr, call, create, unit\n",
		"unknown condition": "p, programme_officer, call, create, units\n",
		"no condition":      "p, programme_officer, call, create,\n",
		"effect column":     "p, programme_officer, call, create, unit, denyy\n",
		"twice":             "p, programme_officer, call, create, unit\np, programme_officer, call, create, yes\n",
		"other section":     "g, programme_officer, department_head, call, yes\n",
		"empty resource":    "p, programme_officer, , create, unit\n",
	} {
		_, err := access.New(fstest.MapFS{"model.conf": {Data: model}, "policy.csv": {Data: []byte(text)}})
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// BenchmarkDecide asks for a role's decision; its cost does not depend on the number of resources.
func BenchmarkDecide(b *testing.B) {
	a := accesstest.New(b)
	ctx := access.With(b.Context(), access.Subject{ID: uuid.New(), Grants: []access.Grant{{Role: access.FinanceOfficer, Unit: access.UnitFinance}}})
	for b.Loop() {
		if _, err := a.RequireRole(ctx, "disbursement_request", "check"); err != nil {
			b.Fatal(err)
		}
	}
}
