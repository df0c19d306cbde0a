package journey

import (
	"context"
	"strings"
	"sync"
	"testing"
)

// seen is what one person looks at. Braces name a row of the example, as in rowOf.
type seen struct {
	login string // "" = a guest
	pages []string
}

// rounds holds the pages of every room, and the pages that differ by role for each of them. The form of a new agreement
// is left to the test over HTTP: the example has drawn up every agreement already.
var rounds = []seen{
	{"", []string{"/", "/login", "/register", "/register/sent", "/confirm?token=1", "/calls", "/calls/{call open}", "/calls/{call decided}", "/results",
		"/results/{call decided}", "/results/{call decided}/decision", "/indicators", "/indicators/8", "/open-data", "/documents", "/faq", "/investments", "/track", "/no-such-page"}},
	{"ngo.anh.dung@vidu.vn", []string{"/inbox", "/proposals", "/proposals/new?call={call open}", "/proposals/{draft}/organisation", "/proposals/{draft}/team",
		"/proposals/{draft}/content", "/proposals/{draft}/market", "/proposals/{draft}/plan", "/proposals/{draft}/budget", "/proposals/{draft}/files",
		"/proposals/{draft}/check", "/proposals/{awarded}", "/proposals/{awarded}/receipt", "/organisation", "/organisations/new", "/organisations/{org}",
		"/agreements", "/agreements/{agreement}", "/disbursements", "/disbursements/{request}", "/notifications", "/profile", "/profile/factor"}},
	{"duong.thi.hien@vidu.vn", []string{"/inbox", "/agreements", "/agreements/{agreement}"}},
	{"ho.thanh.binh", []string{"/inbox", "/conflicts", "/reviews", "/reviews/{sheet}"}},
	{"dinh.xuan.truong", []string{"/inbox", "/conflicts", "/councils", "/councils/{council}", "/councils/{council}/meetings/1", "/matters/{ballot}/ballot"}},
	{"phan.trong.nghia", []string{"/inbox", "/councils/{council}/meetings/1", "/councils/{council decided}/meetings/1/minutes", "/councils/{council decided}/ranking"}},
	{"pham.thu.trang", []string{"/inbox", "/councils/{council}", "/councils/{council}/meetings/1", "/proposals/{scored}/assignments"}},
	{"nguyen.thi.hanh", []string{"/inbox", "/conflicts", "/proposals", "/proposals/{scored}", "/proposals/{ineligible}/notice", "/calls/new", "/calls/{call open}/edit",
		"/programmes", "/organisations", "/organisations/{org}", "/councils/new", "/agreements", "/indicators/1/entries",
		"/indicator-entries/{entry}", "/rules", "/rules/payment.limit.act", "/estimates", "/estimates/new", "/estimates/2026/1/mine", "/estimates/2026/1/rows/new",
		"/estimates/2026/1/rows/{task}", "/estimates/2026/1/import", "/budget-codes"}},
	{"le.minh.khoi", []string{"/inbox", "/calls", "/calls/{call council}", "/award-sets", "/award-sets/{set}", "/agreements/{agreement}", "/proposals"}},
	{"vu.dinh.thang", []string{"/inbox", "/award-sets/{set}", "/award-sets/{set}/decision"}},
	{"hoang.thi.mai", []string{"/inbox", "/budgets", "/budgets/2026", "/budgets/2026/lines/new", "/budgets/2026/lines/{line}", "/estimates/2026/0", "/estimates/2026/0/files",
		"/estimates/2026/0/versions", "/estimates/2026/0/compare", "/estimates/2027/0/appraisal", "/budget-codes/import", "/budget-sources", "/budget-imports",
		"/budget-imports/new", "/budget-imports/{codes}", "/award-sets/{set}",
		"/disbursements", "/disbursements/{request}", "/disbursements/{waiting}", "/payments", "/fund/{fund}/capital",
		"/budgets/2026/sponsorships", "/sponsorships/{sponsorship}", "/budgets/2026/spending-plan", "/budgets/2026/lines/{line}/acts/new?kind=transfer",
		"/budgets/2026/lines/{line}/acts/new?kind=cut&preview=1&amount=1.000.000"}},
	{"bui.thi.ngoc", []string{"/inbox", "/payments", "/disbursements/{waiting}", "/rules/payment.limit.act", "{act}", "/vouchers/{voucher}",
		"/sponsorship-receipts/{receipt}", "/budgets/2026/what-if", "/budgets/2026/what-if?line1={incubation}&ceiling1=5.000.000.000",
		"/budgets/2026/year-end", "/budgets/2026/trial-balance", "/budgets/2026/trial-balance?book=ACTUAL"}},
	{"dang.huu.phuc", []string{"/inbox", "/payments", "/budgets/2025/year-end"}},
	{"quach.thanh.nam", []string{"/inbox", "/fund", "/fund/{fund}", "/fund/capital-calls", "/fund/capital-calls/{capital call}", "/fund/{fund}/capital",
		"/fund/{fund}/distributions", "/fund/pipeline", "/fund/deals/{deal}", "/fund/investments", "/fund/investments/{holding}", "/fund/valuations",
		"/fund/valuations/{quarter}"}},
	{"chu.hai.yen", []string{"/inbox", "/fund", "/fund/pipeline", "/fund/valuations/{quarter}"}},
	{"luu.thi.minh.chau", []string{"/inbox", "/fund", "/fund/deals/{deal}", "/councils"}},
	{"ha.van.son", []string{"/purpose", "/audit", "/audit/proof", "/audit/{agreement}", "/proposals", "/budgets"}},
	{"giap.van.khanh", []string{"/inbox", "/users"}},
	{"thieu.thi.van", []string{"/inbox", "/access"}},
	{"nguyen.thi.hanh", []string{"/fund/charter"}},
}

// rowOf finds a row of the example for a name in braces.
var rowOf = map[string]string{
	"call open":       "SELECT code FROM calls WHERE status = 'open'",
	"call council":    "SELECT code FROM calls WHERE status = 'evaluating'",
	"call decided":    "SELECT code FROM calls WHERE status = 'decided'",
	"draft":           "SELECT p.id FROM proposals p JOIN users u ON u.id = p.owner_id WHERE u.login = 'ngo.anh.dung@vidu.vn' AND p.status = 'draft'",
	"awarded":         "SELECT p.id FROM proposals p JOIN users u ON u.id = p.owner_id WHERE u.login = 'ngo.anh.dung@vidu.vn' AND p.status = 'awarded'",
	"ineligible":      "SELECT id FROM proposals WHERE status = 'ineligible'",
	"scored":          "SELECT subject_id FROM council_matters WHERE status = 'balloting'",
	"org":             "SELECT id FROM organisations WHERE short_name = 'Sông Cầu'",
	"agreement":       "SELECT a.id FROM agreements a JOIN organisations o ON o.id = a.organisation_id WHERE o.short_name = 'Sông Cầu'",
	"request":         "SELECT r.id FROM disbursement_requests r JOIN agreements a ON a.id = r.agreement_id JOIN organisations o ON o.id = a.organisation_id WHERE o.short_name = 'Sông Cầu'",
	"waiting":         "SELECT id FROM disbursement_requests WHERE status <> 'paid'",
	"sheet":           "SELECT s.id FROM review_sheets s JOIN review_assignments a ON a.id = s.assignment_id JOIN users u ON u.id = a.reviewer_id WHERE u.login = 'ho.thanh.binh'",
	"council":         "SELECT k.id FROM councils k JOIN calls c ON c.id = k.subject_id WHERE c.status = 'evaluating'",
	"council decided": "SELECT k.id FROM councils k JOIN calls c ON c.id = k.subject_id WHERE c.status = 'decided'",
	"ballot":          "SELECT id FROM council_matters WHERE status = 'balloting'",
	"set":             "SELECT id FROM award_sets",
	"entry":           "SELECT id FROM indicator_entries",
	"line":            "SELECT id FROM budget_lines WHERE code = 'A.2' AND year = 2026",
	"incubation":      "SELECT id FROM budget_lines WHERE code = 'A.1' AND year = 2026",
	"act":             "SELECT '/budgets/' || l.year || '/lines/' || l.id || '/acts/' || a.id FROM budget_acts a JOIN budget_lines l ON l.id = a.line_id WHERE a.status = 'proposed'",
	"voucher":         "SELECT voucher FROM budget_acts WHERE kind = 'carry_over'",
	"sponsorship":     "SELECT id FROM sponsorships",
	"receipt":         "SELECT id FROM sponsorship_receipts",
	"task":            "SELECT r.id FROM budget_estimate_rows r JOIN budget_estimates e ON e.id = r.estimate_id WHERE e.status = 'draft'",
	"codes":           "SELECT id FROM budget_imports WHERE kind = 'codes'",
	"fund":            "SELECT code FROM funds",
	"capital call":    "SELECT code FROM capital_calls",
	"deal":            "SELECT id FROM deals",
	"holding":         "SELECT id FROM holdings",
	"quarter":         "SELECT '2026-Q3'",
}

// fillIn puts rows of the example for the names in braces.
func (f *filled) fillIn(t *testing.T, path string) string {
	t.Helper()
	for {
		before, rest, found := strings.Cut(path, "{")
		if !found {
			return path
		}
		name, after, _ := strings.Cut(rest, "}")
		var value string
		if err := f.db.NewRaw(rowOf[name]+" LIMIT 1").Scan(t.Context(), &value); err != nil {
			t.Fatalf("the example has no %s: %v", name, err)
		}
		path = before + value + after
	}
}

// everyPage looks at every page in both languages, themes and widths: axe-core, the console, the width, the weight.
func everyPage(t *testing.T, chromium context.Context, f *filled) {
	var mu sync.Mutex
	var weights []weight
	translated := map[string]bool{} // seen in English by somebody
	t.Run("as", func(t *testing.T) {
		for _, r := range rounds {
			name := r.login
			if name == "" {
				name = "guest"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := newTab(t, chromium, f.base, desk)
				if r.login != "" {
					f.enter(b, r.login)
				}
				for _, path := range r.pages {
					path = f.fillIn(t, path)
					w := b.visit(path)
					mu.Lock()
					again := translated[path]
					translated[path] = true
					weights = append(weights, w)
					mu.Unlock()
					if !again {
						b.english(path)
					}
				}
			})
		}
	})
	heaviest(t, weights)
}

// visit looks at a page at the desk in the light, and on a phone in the dark.
func (b *tab) visit(path string) weight {
	b.t.Helper()
	b.resize(desk)
	b.open(path)
	if got := b.answer(); got != 200 && !(got == 404 && path == "/no-such-page") {
		b.t.Errorf("%s answered %d:\n%s", path, got, b.excerpt())
	}
	w := b.weigh()
	b.report("light", b.axe())
	b.resize(phone)
	b.dark()
	b.fits()
	b.healthy()
	return w
}

// english looks at the English twin of a page on a phone.
func (b *tab) english(path string) {
	b.t.Helper()
	b.open("/en" + path)
	if lang := see[string](b, "document.documentElement.lang"); lang != "en" {
		b.t.Errorf("/en%s is in %q", path, lang)
	}
	b.report("English", b.axe(spoken...))
	b.fits()
	b.healthy()
}
