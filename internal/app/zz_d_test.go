package app

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestSmoke(t *testing.T) {
	db := dbtest.New(t)
	a, err := Build(context.Background(), Parts{DB: db, Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var rooms []func(*web.Router)
	for _, r := range a.rooms() {
		rooms = append(rooms, r.Routes)
	}
	w := webtest.With(t, web.Options{DB: db, Access: a.Access, Home: a.home()}, rooms...)
	_ = httptest.NewRequest
	_ = io.EOF
	_ = os.Args
	pages := strings.Fields(pagesList)
	roles := []access.Role{"", access.Applicant, access.OrgSignatory, access.Reviewer, access.CouncilMember, access.CouncilChair, access.CouncilSecretary, access.ProgrammeOfficer, access.DepartmentHead, access.ProvinceLeader, access.FinanceOfficer, access.ChiefAccountant, access.AccountHolder, access.FundAnalyst, access.FundManager, access.InvestmentBoard, access.Auditor, access.DPO, access.SystemAdmin, access.SecurityOfficer}
	nav := regexp.MustCompile(`(?s)<nav class="nav".*?</nav>`)
	lab := regexp.MustCompile(`<a href="([^"]*)"[^>]*>([^<]*)`)
	for _, role := range roles {
		ctx := context.Background()
		if role != "" {
			ctx = accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{role}})
		}
		counts := map[int]int{}
		for _, p := range pages {
			x := w.Get(ctx, p)
			counts[x.Code]++
			if x.Code >= 500 {
				t.Errorf("%s %s: %d", role, p, x.Code)
			}
		}
		x := w.Get(ctx, "/calls")
		var items []string
		for _, m := range lab.FindAllStringSubmatch(nav.FindString(x.Body), -1) {
			items = append(items, m[2]+" "+m[1])
		}
		t.Log(role, counts, strings.Join(items, " | "))
	}
	_ = http.StatusOK
}

const pagesList = `/ /inbox /access /agreements /agreements/new /audit /award-sets /budgets /budgets/2026 /calls /calls/new /conflicts /councils /councils/new /disbursements /fund /fund/capital-calls /fund/charter /fund/investments /fund/pipeline /fund/valuations /indicators /indicators/8 /indicators/3/entries /investments /login /notifications /open-data /organisation /organisations /organisations/new /payments /profile /profile/factor /programmes /proposals /proposals/new /purpose /register /register/sent /reviews /rules /track /users /results /award-sets /award-sets.csv /indicators.csv /proposals.csv /agreements.csv /disbursements.csv /users.csv /rules.csv /organisations.csv /calls.csv /payments.csv /api/v1/session /api/v1/inbox /api/v1/calls /api/v1/councils /api/v1/fund`
