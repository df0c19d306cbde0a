package app

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

// TestEveryPageForEveryRole opens every page that needs no parameter as a guest and in each role, in both languages:
// no failure, no missing words, nothing the content policy forbids, and no way in the navigation that leads nowhere.
func TestEveryPageForEveryRole(t *testing.T) {
	db := dbtest.New(t)
	a, err := Build(t.Context(), Parts{DB: db, Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Access.Check(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var router *web.Router
	w := webtest.With(t, web.Options{DB: db, Access: a.Access, Home: a.home()}, func(rt *web.Router) {
		for _, r := range a.rooms() {
			r.Routes(rt)
		}
		router = rt
	})
	roles := []access.Role{access.Guest, access.Applicant, access.OrgSignatory, access.Reviewer, access.CouncilMember, access.CouncilChair,
		access.CouncilSecretary, access.ProgrammeOfficer, access.DepartmentHead, access.ProvinceLeader, access.FinanceOfficer, access.ChiefAccountant,
		access.AccountHolder, access.FundAnalyst, access.FundManager, access.InvestmentBoard, access.Auditor, access.DPO, access.SystemAdmin, access.SecurityOfficer}
	for _, role := range roles {
		ctx := context.Background()
		if role != access.Guest {
			ctx = accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{role}})
		}
		for _, path := range router.Pages() {
			if strings.Contains(path, ":") {
				continue
			}
			if answer := w.Get(ctx, path); answer.Code >= 500 {
				t.Errorf("%s as %s: %d", path, role, answer.Code)
			}
		}
		_, row, _ := strings.Cut(w.Get(ctx, "/").Body, `class="nav"`)
		row, _, _ = strings.Cut(row, "</nav>")
		ways := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(row, -1)
		if len(ways) < 3 {
			t.Errorf("%s has %d ways to go", role, len(ways))
		}
		for _, way := range ways {
			if answer := w.Get(ctx, way[1]); answer.Code >= 400 {
				t.Errorf("%s leads %s to %d", way[1], role, answer.Code)
			}
		}
	}
}
