package access_test

import (
	"bytes"
	"log/slog"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
)

// TestUnitIsOfNoFund refuses a fund's people what is created in a unit, without an alarm; the unit's own people may.
func TestUnitIsOfNoFund(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(old)
	db, acc := dbtest.New(t), accesstest.New(t)
	unit := access.Ref{Kind: "unit", ID: access.UnitScience}
	for role, may := range map[access.Role]bool{access.FundManager: false, access.ProgrammeOfficer: true} {
		ctx := accesstest.As(t, t.Context(), db, accesstest.Person{Roles: []access.Role{role}})
		if got := acc.Can(ctx, db, "budget_estimate", "draft", unit); got != may {
			t.Errorf("%s: %v", role, got)
		}
	}
	if log.Len() > 0 {
		t.Error(log.String())
	}
}
