package access_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
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

// TestCheck names the expressions PostgreSQL does not understand.
func TestCheck(t *testing.T) {
	db := dbtest.New(t)
	a := accesstest.New(t)
	if err := a.Check(t.Context(), db); err != nil {
		t.Error(err)
	}
	a.Register(access.Noun{Kind: "bad", Table: "users", Alias: "us", Managing: "us.unit_id", When: map[string]string{
		"not_self": "us.id <> {user}", "state:draft": "us.status = 'draft'", "quorum": "us.version"}})
	err := a.Check(t.Context(), db)
	if err == nil || !strings.Contains(err.Error(), "us.status") || !strings.Contains(err.Error(), "us.version") || strings.Contains(err.Error(), "us.id <>") {
		t.Errorf("got %v", err)
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
