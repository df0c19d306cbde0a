package budget

import (
	"net/url"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

func TestRevise(t *testing.T) {
	o := open(t)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	root := o.root(t, "NS", 48_500_000_000)
	child := o.child(t, root, "NS-1", 12_000_000_000)
	w.Get(o.officer, "/budgets/2026").Status(200).Has("/budgets/2026/acts/new").Has("/budgets/2026/lines.xlsx")
	w.Get(o.officer, "/budgets/2026/acts/new").Status(200).Has(child.ID.String())
	w.Get(o.officer, "/budgets/2026/acts/new?line="+child.ID.String()).Status(200).Has(href(child) + "/acts/new?kind=transfer")
	w.Get(o.officer, "/budgets/2026/acts/new?q=khong-co").Status(200).Has("Không có dòng nào phù hợp")
	w.Get(o.officer, "/budgets/2026/acts/new?line=khong-co").Status(200).Lacks("kind=transfer")
	w.Get(o.chief, "/budgets/2026").Status(200).Lacks("/budgets/2026/acts/new")
	w.Get(o.chief, "/budgets/2026/acts/new").Status(404)
}

// TestSearchTakesNoWildcards looks for % and _ on every search of the room: they are found where they stand, and
// nowhere else.
func TestSearchTakesNoWildcards(t *testing.T) {
	o := open(t)
	root := o.line(t, 2026, nil, "A", Sponsorship, 1000)
	l := o.line(t, 2026, root, "A.1", "", 300)
	if _, err := o.svc.Pledge(o.officer, root.ID, PledgeInput{Donor: "Công ty A", Purpose: "vườn ươm", DocumentNo: "5/TT", DocumentOn: decided, Pledged: money.VND(500)}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.svc.DraftEstimate(accesstest.As(t, t.Context(), o.db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}}), 2027, 0, "Dự toán năm 2027"); err != nil {
		t.Fatal(err)
	}
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	for _, q := range []string{"%", "_", "％"} {
		q = "?q=" + url.QueryEscape(q)
		for path, gone := range map[string]string{
			"/budgets/2026/lines/" + root.ID.String() + q: `href="` + href(l) + `"`, // the statement leads to the act on the line
			"/budgets/2026/acts/new" + q:                  l.ID.String(),
			"/budgets/2026/what-if" + q:                   l.ID.String(),
			"/budgets/2026/cancellations/new" + q:         l.ID.String(),
			"/budgets/2026/sponsorships" + q:              "vườn ươm",
			"/budget-codes" + q:                           "<tbody>",
			"/estimates" + q:                              "Dự toán năm 2027",
		} {
			w.Get(o.officer, path).Status(200).Lacks(gone)
		}
	}
	w.Get(o.officer, "/budgets/2026/sponsorships?q=vuon").Status(200).Has("vườn ươm")
	w.Get(o.officer, "/budgets/2026/lines/"+root.ID.String()+"?q=a.1").Status(200).Has(`href="` + href(l) + `"`)
	w.Get(o.officer, "/budgets/2026/what-if?q=dong").Status(200).Has(l.ID.String())
}
