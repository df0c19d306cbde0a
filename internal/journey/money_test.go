package journey

import (
	"net/url"
	"strings"

	"kinhbac/internal/access"
	"kinhbac/internal/identity"
)

const million = ".000.000"

// decide takes the ranking through proposal, appraisal and decision to its publication; the first firm is funded, the
// second stands in reserve because the ceiling of the call does not hold both.
func (w *world) decide() {
	w.at("2026-04-20 09:00")
	page := w.council + "/ranking"
	v := w.as(bench[0].login).get(page).ok(firms[0].name, firms[1].name)
	v.submit(v.action(`/finalise$`), nil).ok()
	v = w.as(officer).get(page).ok()
	v.submit(v.action(`/award-set$`), nil).ok()
	w.set = v.page.path
	w.at("2026-04-27 09:00")
	w.as(head).get(w.set).ok().submit(w.set+"/propose", form("submission_no", "58/TTr-SKHCN")).ok()
	w.at("2026-05-06 09:00")
	w.as(finance).get(w.set).ok().submit(w.set+"/appraise", form("appraisal_no", "311/STC-HCSN")).ok()
	w.as(accountant).get(w.set).ok().submit(w.set+"/confirm", nil).ok()
	w.at("2026-05-15 09:00")
	decision := form("decision_no", "766/QĐ-UBND", "decided_on", "15/05/2026")
	w.unchanged(func() {
		w.as(leader).get(w.set).ok().submit(w.set+"/approve", decision).refused(409, "979.999.999", "980.000.000")
	})
	w.allocate(w.line, "1")
	w.as(leader).get(w.set).ok().submit(w.set+"/approve", decision).ok("Đã quyết định")
	w.budget("Khả dụng → Dành trước", "766/QĐ-UBND", "980.000.000")
	w.as(head).get(w.set).ok().submit(w.set+"/publish", nil).ok()
}

// contract draws up the agreement and has both sides sign it.
func (w *world) contract() {
	w.at("2026-06-08 09:00")
	v := w.as(officer).get("/inbox").ok()
	v.get(v.link(`^/awards/[0-9a-f-]+/agreement$`)).ok()
	v.submit(v.page.path, form("starts_on", "08/06/2026", "ends_on", "08/06/2027", "payee_name", firms[0].name, "payee_bank", "970436", "payee_account", "115500884471",
		"milestones[0].name", "Hoàn thiện thiết kế, mẫu thử", "milestones[0].amount", "392"+million, "milestones[0].due_on", "07/08/2026",
		"milestones[1].name", "Chế tạo, thử nghiệm", "milestones[1].amount", "392"+million, "milestones[1].due_on", "25/12/2026",
		"milestones[2].name", "Bàn giao, tổng kết", "milestones[2].amount", "196"+million, "milestones[2].due_on", "14/05/2027")).ok("980.000.000")
	w.agreement = v.page.path
	w.as("duong.thi.hien@vidu.vn").get(w.agreement).ok().submit(w.agreement+"/sign-grantee", nil).ok()
	w.as(head).get(w.agreement).ok().submit(w.agreement+"/sign-state", nil).ok()
	w.budget("Dành trước → Cam kết")
}

// pay reports and pays two milestones; what would pay twice, or lets one person do two steps, is refused.
func (w *world) pay() {
	w.at("2026-08-03 09:00")
	request := w.request("Hoàn thiện thiết kế")
	order := w.order(request, colleague)
	w.samePerson(request, order)
	w.approve(request, order)
	w.paidByAPI(request, order)
	w.at("2026-08-12 09:00")
	request = w.request("Chế tạo, thử nghiệm")
	order = w.order(request, finance)
	w.approve(request, order)
	w.paidByForm(request, order)
}

// request reports on a milestone and asks for its money; finance checks the request.
func (w *world) request(milestone string) string {
	applicant := firms[0].login
	v := w.as(applicant).get(w.agreement).ok()
	report := w.agreement + "/reports"
	v.submit(report, form("milestone_id", v.option(report, "milestone_id", milestone), "spent", "452"+million, "body", "Đã hoàn thành; biên bản thử nghiệm kèm theo.")).ok()
	v = w.as(officer).get(w.agreement).ok()
	v.submit(v.action(`^/progress-reports/[0-9a-f-]+/accept$`), nil).ok()
	v = w.as(applicant).get(w.agreement).ok()
	v.submit("/disbursements/create", nil).ok("392.000.000")
	request := v.page.path
	v.submit(request+"/submit", nil).ok()
	w.as(finance).get(request).ok().submit(request+"/check", nil).refused(422, "Ghi ý kiến về 1 mục cần xem")
	w.as(finance).get(request).ok().submit(request+"/check", form("reason", "Đối ứng chi theo tiến độ, đã đối chiếu.")).ok()
	w.budget("Cam kết → Đề nghị chi")
	return request
}

// order makes the payment order of a checked request and gives its path.
func (w *world) order(request, by string) string {
	w.as(by).get(request).ok().submit(request+"/orders", nil).ok()
	v := w.as(accountant).get(request).ok()
	return strings.TrimSuffix(v.action(`^/payments/[0-9a-f-]+/check$`), "/check")
}

// samePerson is the maker of the order who has since become chief accountant: the role allows it, the chain does not.
func (w *world) samePerson(request, order string) {
	w.at("2026-08-11 09:00")
	w.grant(colleague, identity.NewGrant{Role: access.ChiefAccountant, Unit: access.UnitFinance})
	delete(w.seen, colleague)
	w.as(colleague) // signs in anew before anything is compared
	w.unchanged(func() {
		w.byHand(colleague, order+"/check", "kiem-soat-lenh-cua-minh", nil).refused(403, "Người đã lập")
	})
}

// byHand posts an act that the person's page does not offer.
func (w *world) byHand(login, action, key string, in url.Values) *visitor {
	v := w.as(login).get("/profile").ok()
	fields := defaults(v.form("/session/end"))
	for k, x := range in {
		fields[k] = x
	}
	fields.Set("_key", key)
	v.post(action, fields)
	if v.page.status == 403 && strings.Contains(v.page.body, `name="_code"`) {
		v.tick()
		v.confirm(action)
	}
	return v
}

// approve has the chief accountant and the account holder sign; the service hands the order to the treasury.
func (w *world) approve(request, order string) {
	w.as(accountant).get(request).ok().submit(order+"/check", form("reason", "Đã xem mục đối ứng.")).ok()
	w.as(holder).get(request).ok().submit(order+"/approve", form("remark", "Đồng ý.")).ok()
	w.settle()
}

// paidByAPI records the payment over the API: the same key again gives the same answer and books nothing.
func (w *world) paidByAPI(request, order string) {
	in := map[string]string{"treasury_ref": "KBNN-2026-0118", "paid_on": "2026-08-11"}
	first := w.api(finance, order+"/record-paid", "kho-bac-0118", in)
	if first.status != 200 {
		w.t.Fatalf("record the payment: %d %s", first.status, first.body)
	}
	w.unchanged(func() {
		if again := w.api(finance, order+"/record-paid", "kho-bac-0118", in); again != first {
			w.t.Errorf("the same key answered %v, before %v", again, first)
		}
		if other := w.api(finance, order+"/record-paid", "kho-bac-0118", map[string]string{"treasury_ref": "KBNN-2026-0119", "paid_on": "2026-08-11"}); other.status != 422 {
			w.t.Errorf("the same key with other content answered %v", other)
		}
		if twice := w.api(finance, order+"/record-paid", "kho-bac-0118-lan-hai", in); twice.status != 409 {
			w.t.Errorf("the same payment with a new key answered %v", twice)
		}
	})
	w.budget("Đề nghị chi → Đã chi", "KBNN-2026-0118")
}

// paidByForm types a reference that was used, then the right one and clicks twice.
func (w *world) paidByForm(request, order string) {
	v := w.as(finance).get(request).ok()
	w.unchanged(func() {
		v.submit(order+"/record-paid", form("treasury_ref", "KBNN-2026-0118", "paid_on", "12/08/2026")).refused(409, "KBNN-2026-0118", "khoản chi khác")
	})
	v.get(request).ok()
	fields := defaults(v.form(order + "/record-paid"))
	fields.Set("treasury_ref", "KBNN-2026-0119")
	fields.Set("paid_on", "12/08/2026")
	v.post(order+"/record-paid", fields).ok("KBNN-2026-0119")
	w.unchanged(func() { v.post(order+"/record-paid", fields).ok("KBNN-2026-0119") })
	w.as(firms[0].login).get(w.agreement).ok("784.000.000", "196.000.000")
}
