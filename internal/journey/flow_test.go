package journey

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/audit"
	"kinhbac/internal/ledger"
)

// TestFlow takes one call from its publication to a payment, by people at browsers without script; what must be refused
// on the way is refused and leaves nothing.
func TestFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-05 09:00")
	w.term = instant("2026-08-10 00:00")
	w.staff(uuid.Nil)
	w.prepare()
	w.publish()
	w.apply()
	w.screen()
	w.review()
	w.decide()
	w.contract()
	w.pay()
	w.public()
	w.verify()
}

// prepare sets what the province decides once: the limits of payments, a programme of the plan, the budget of the year.
func (w *world) prepare() {
	for rule, value := range map[string]string{"payment.limit.act": "2000000000", "payment.limit.day": "10000000000",
		"payment.limit.payee": "5000000000", "deal.limit": "30000000000"} {
		page := "/rules/" + rule
		w.as(finance).get(page).ok().submit(page+"/propose", form("value", value, "instrument", "Quy chế chi nội bộ", "article", "minh họa", "valid_from", "01/01/2026")).ok()
		w.as(accountant).get(page).ok().submit(page+"/confirm", form("document_no", "12/QĐ-STC", "document_on", "02/01/2026")).ok()
	}
	w.as(officer).get("/programmes").ok().submit("/programmes/draft", form("code", "CT4", "group", "4", "name_vi", "Ươm tạo ý tưởng, dự án khởi nghiệp sáng tạo",
		"name_en", "Incubation of ideas and projects")).ok("CT4")
	v := w.as(head).get("/programmes").ok()
	approve := v.action(`^/programmes/[0-9a-f-]+/approve$`)
	w.programme = strings.Split(approve, "/")[2]
	v.submit(approve, nil).ok()

	root := w.plan("A", "", "32.000.000.000")
	w.line = w.plan("A.1", root, "")
	w.allocate(w.line, "979.999.999")
	w.fundLine = w.plan("F", "", "49.000.000.000")
}

// plan enters a line of 2026 and, for a root, has it approved; it gives the line's id.
func (w *world) plan(code, parent, amount string) string {
	v := w.as(finance).get("/budgets/2026/lines/new").ok()
	v.submit("/budgets/2026/lines", form("code", code, "parent_id", parent, "name_vi", "Dòng "+code, "name_en", "Line "+code, "source_code", "NS",
		"chapter", "", "programme_code", "", "amount", amount)).ok("Dòng " + code)
	id := v.page.path[strings.LastIndex(v.page.path, "/")+1:]
	if parent == "" {
		page := "/budgets/2026/lines/" + id
		w.as(accountant).get(page).ok().submit(page+"/approve", form("decision_no", "2406/QĐ-UBND", "decided_on", "02/01/2026")).ok()
	}
	return id
}

// allocate gives a line more of its parent's money: what it would do is looked at, then proposed and decided.
func (w *world) allocate(line, amount string) {
	page := "/budgets/2026/lines/" + line
	v := w.as(finance).get(page).ok()
	v.get(v.link(`/acts/new\?kind=allocate$`)).ok()
	v.get(v.page.path + "?kind=allocate&preview=1&amount=" + url.QueryEscape(amount)).ok("Trước và sau")
	v.submit(page+"/propose-allocate", form("reason", "Phân bổ theo quyết định giao dự toán")).ok()
	v = w.as(accountant).get(page).ok()
	v.get(v.link(page + `/acts/[0-9a-f-]+$`)).ok(amount)
	v.submit(v.action(`/acts/[0-9a-f-]+/allocate$`), form("decision_no", "2407/QĐ-UBND", "decided_on", "02/01/2026")).ok()
}

// budget reads the last movement of the budget page: from which stage to which, and the amount.
func (w *world) budget(phrases ...string) {
	w.t.Helper()
	w.as(finance).get("/budgets/2026/lines/" + w.line).ok(phrases...)
}

var criteria = []struct {
	name   string
	points int
}{{"Tính mới và sáng tạo", 25}, {"Khả năng tăng trưởng, thị trường", 25}, {"Phương án công nghệ, kỹ thuật", 20}, {"Năng lực đội ngũ", 15}, {"Kinh phí hợp lý, khả thi", 15}}

// publish takes a call from its draft to the public.
func (w *world) publish() {
	values := form("programme_id", w.programme, "title_vi", "Hỗ trợ dự án khởi nghiệp sáng tạo năm 2026, đợt 1", "title_en", "Support for start-up projects 2026",
		"summary_vi", "Hỗ trợ một phần kinh phí hoàn thiện sản phẩm.", "summary_en", "Part-funding to finish products.", "beneficiary", "startup",
		"contact", "Phòng Quản lý đổi mới sáng tạo, 0222 3 822 111", "budget_line_id", w.line, "ceiling_total", "2.000.000.000", "ceiling_award", "1.500.000.000",
		"co_funding_share", "30", "opens_at", "12/01/2026 08:00", "closes_at", "27/02/2026 17:00", "reference_date", "27/02/2026",
		"track", "nd268", "ballot_kind", "points", "pass_mark", "70", "documents[0]", "registration")
	for i, c := range criteria {
		values.Set(fmt.Sprintf("criteria[%d].name_vi", i), c.name)
		values.Set(fmt.Sprintf("criteria[%d].name_en", i), c.name)
		values.Set(fmt.Sprintf("criteria[%d].max_points", i), fmt.Sprint(c.points))
	}
	v := w.as(officer).get("/calls/new").ok()
	for field, words := range map[string]string{"beneficiary": "khởi nghiệp", "track": "268", "ballot_kind": "điểm"} {
		values.Set(field, v.option("/calls/draft", field, words))
	}
	values.Set("budget_line_id", v.option("/calls/draft", "budget_line_id", "A.1"))
	for _, wrong := range []string{"1.234,5", "-0", "1e9", "NaN"} {
		w.unchanged(func() {
			bad := url.Values{}
			for k, x := range values {
				bad[k] = x
			}
			bad.Set("ceiling_total", wrong)
			v.get("/calls/new").submit("/calls/draft", bad).refused(422, "đồng")
		})
	}
	v.get("/calls/new").submit("/calls/draft", values).ok("Hỗ trợ dự án khởi nghiệp sáng tạo năm 2026, đợt 1")
	w.code = v.page.path[strings.LastIndex(v.page.path, "/")+1:]
	page := "/calls/" + w.code
	w.stale(page, values)
	w.guest("somebody").get("/calls").ok().get(page).refused(404)
	v = w.as(head).get(page).ok()
	v.submit(page+"/approve", nil).ok()
	v.get(page).submit(page+"/publish", form("number", "01/TB-SKHCN ngày 05/01/2026")).ok()
	w.at("2026-01-12 08:00")
	w.people["somebody"].get("/calls").ok(w.code).get(page).ok("1.500.000.000", "70")
	w.people["somebody"].get("/en" + page).ok("Support for start-up projects 2026")
}

// stale saves an edit over one that came in between: refused, with both versions.
func (w *world) stale(page string, values url.Values) {
	v := w.as(officer).get(page + "/edit").ok()
	old := defaults(v.form(page + "/update"))
	values.Set("contact", "Phòng Quản lý đổi mới sáng tạo, 0222 3 822 222")
	v.get(page+"/edit").submit(page+"/update", values).ok("0222 3 822 222")
	old.Set("contact", "Văn phòng Sở, 0222 3 822 333")
	w.unchanged(func() { v.post(page+"/update", old).refused(409, "0222 3 822 333", "0222 3 822 222") })
}

// verify proves the books and the log after all of it.
func (w *world) verify() {
	w.settle()
	key := w.app.Signer.Public()
	log, err := audit.Verify(w.t.Context(), w.db, key)
	if err != nil {
		w.t.Fatal(err)
	}
	books, err := ledger.Verify(w.t.Context(), w.db, key)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range append(log, books...) {
		if c.Break != "" {
			w.t.Errorf("%s: %s", c.Code, c.Break)
		}
	}
}
