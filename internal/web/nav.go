package web

import (
	"context"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"kinhbac/internal/access"
	"kinhbac/internal/i18n"
)

// entry is one line of a navigation: a code of the catalogue and the page it leads to.
type entry struct{ code, path string }

// also are the pages that belong to an entry without standing under its address.
var also = map[string][]string{
	"/fund/pipeline": {"/fund/deals/"},
	"/award-sets":    {"/awards/"},
	"/agreements":    {"/awards/"},
	"/councils":      {"/matters/"},
	"/calls":         {"/programmes"},
	"/indicators":    {"/indicator-entries/"},
	"/organisation":  {"/organisations/"},
	"/budgets":       {"/budget-codes", "/budget-sources", "/budget-imports", "/vouchers/"},
}

var (
	navInbox = entry{"web.nav.inbox", "/inbox"}

	navPublic = []entry{{"web.nav.home", "/"}, {"web.nav.calls", "/calls"}, {"web.nav.results", "/results"},
		{"web.nav.indicators", "/indicators"}, {"web.nav.investees", "/investments"}, {"web.nav.open_data", "/open-data"}, {"web.nav.documents", "/documents"}, {"web.nav.faq", "/faq"}}
	navApplicant = []entry{navInbox, {"web.nav.my_proposals", "/proposals"}, {"web.nav.agreements", "/agreements"},
		{"web.nav.disbursements", "/disbursements"}, {"web.nav.my_organisation", "/organisation"}, {"web.nav.calls", "/calls"}}
	navReviewer = []entry{navInbox, {"web.nav.my_reviews", "/reviews"}, {"web.nav.meetings", "/councils"}, {"web.nav.conflicts", "/conflicts"}}
	navCouncil  = []entry{navInbox, {"web.nav.councils", "/councils"}, {"web.nav.my_reviews", "/reviews"}, {"web.nav.conflicts", "/conflicts"}, {"web.nav.indicators", "/indicators"}}
	navScience  = []entry{navInbox, {"web.nav.calls", "/calls"}, {"web.nav.proposals", "/proposals"}, {"web.nav.councils", "/councils"},
		{"web.nav.awards", "/award-sets"}, {"web.nav.agreements", "/agreements"}, {"web.nav.disbursements", "/disbursements"}, {"web.nav.indicators", "/indicators"}}
	navFinance = []entry{navInbox, {"web.nav.budgets", "/budgets"}, {"web.nav.estimates", "/estimates"}, {"web.nav.appraisals", "/award-sets"}, {"web.nav.approvals", "/disbursements"},
		{"web.nav.payments", "/payments"}, {"web.nav.fund", "/fund"}, {"web.nav.indicators", "/indicators"}}
	navHolder = []entry{navInbox, {"web.nav.budgets", "/budgets"}, {"web.nav.estimates", "/estimates"}, {"web.nav.approvals", "/disbursements"},
		{"web.nav.payments", "/payments"}, {"web.nav.fund", "/fund"}, {"web.nav.indicators", "/indicators"}}
	navFund = []entry{navInbox, {"web.nav.fund", "/fund"}, {"web.nav.pipeline", "/fund/pipeline"}, {"web.nav.portfolio", "/fund/investments"},
		{"web.nav.capital_calls", "/fund/capital-calls"}, {"web.nav.valuations", "/fund/valuations"}, {"web.nav.councils", "/councils"}}
	navProvince = []entry{navInbox, {"web.nav.budgets", "/budgets"}, {"web.nav.estimates", "/estimates"}, {"web.nav.award_list", "/award-sets"}, {"web.nav.councils", "/councils"},
		{"web.nav.indicators", "/indicators"}}
	navAdmin = []entry{navInbox, {"web.nav.users", "/users"}, {"web.nav.access", "/access"}, {"web.nav.rules", "/rules"}, {"web.nav.audit", "/audit"}}
	navAudit = []entry{{"web.nav.audit", "/audit"}, {"web.nav.proposals", "/proposals"}, {"web.nav.budgets", "/budgets"}, {"web.nav.transactions", "/disbursements"},
		{"web.nav.access", "/access"}, {"web.nav.fund", "/fund"}, {"web.nav.rules", "/rules"}, {"web.nav.indicators", "/indicators"}}
)

var navOf = map[access.Role][]entry{
	access.Applicant: navApplicant, access.OrgSignatory: navApplicant, access.Reviewer: navReviewer,
	access.CouncilMember: navCouncil, access.CouncilChair: navCouncil, access.CouncilSecretary: navCouncil,
	access.ProgrammeOfficer: navScience, access.DepartmentHead: navScience, access.ProvinceLeader: navProvince,
	access.FinanceOfficer: navFinance, access.ChiefAccountant: navFinance, access.AccountHolder: navHolder,
	access.FundAnalyst: navFund, access.FundManager: navFund, access.InvestmentBoard: navFund,
	access.Auditor: navAudit, access.DPO: navAdmin, access.SystemAdmin: navAdmin, access.SecurityOfficer: navAdmin,
}

// navigation is the row of the active role: one role at a time, and only pages that exist and are open to the person.
func (rt *Router) navigation(ctx context.Context, b *Base) []NavItem {
	entries := navPublic
	if b.SignedIn() {
		if own, ok := navOf[b.User.Active]; ok {
			entries = own
		} else {
			entries = append([]entry{navInbox}, navPublic...)
		}
	}
	var items []NavItem
	best, long := -1, 0
	for _, e := range entries {
		page := rt.pages[e.path]
		if page == nil || len(items) == 8 {
			continue
		}
		if err := rt.allow(ctx, page); err != nil && !errors.Is(err, access.ErrPurpose) {
			continue
		}
		items = append(items, NavItem{Href: e.path, Label: i18n.Text(b.Lang, e.code)})
		if n := e.matches(b.Path); n > long {
			best, long = len(items)-1, n
		}
	}
	if best >= 0 {
		items[best].Current = true
	}
	return items
}

// opens says that the page at path is open to a role of the subject of ctx.
func (rt *Router) opens(ctx context.Context, path string) bool {
	path, _, _ = strings.Cut(path, "?")
	for _, r := range rt.served {
		if r.method == fiber.MethodGet && r.leads(path) {
			err := rt.allow(ctx, r)
			return err == nil || errors.Is(err, access.ErrPurpose) || errors.Is(err, access.ErrSignIn)
		}
	}
	return false
}

// leads says that the route's pattern takes path.
func (r *route) leads(path string) bool {
	pattern := r.path
	for {
		want, more, deeper := strings.Cut(pattern, "/")
		got, rest, also := strings.Cut(path, "/")
		if deeper != also || got != want && (got == "" || !strings.HasPrefix(want, ":")) {
			return false
		}
		if !deeper {
			return true
		}
		pattern, path = more, rest
	}
}

// matches is how much of a page's address the entry stands for, 0 when it is another entry's page.
func (e entry) matches(path string) int {
	if path == e.path || e.path != "/" && strings.HasPrefix(path, e.path+"/") {
		return len(e.path)
	}
	for _, p := range also[e.path] {
		if path == p || strings.HasPrefix(path, p) {
			return len(p)
		}
	}
	return 0
}

// countTasks puts the number of waiting tasks beside the inbox.
func (rt *Router) countTasks(ctx context.Context, b *Base) {
	for i := range b.Nav {
		if b.Nav[i].Href == navInbox.path {
			b.Nav[i].Count = rt.tasksWaiting(ctx)
		}
	}
}

// search is where the box in the mast leads: the code tracker for the public, the dossiers for staff.
func (rt *Router) search(ctx context.Context, b *Base) string {
	switch {
	case b.SignedIn() && rt.Has("/proposals") && rt.allow(ctx, rt.pages["/proposals"]) == nil:
		return "/proposals"
	case rt.Has("/track"):
		return "/track"
	}
	return ""
}
