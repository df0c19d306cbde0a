package budget

import (
	"fmt"
	"net/url"
	"regexp"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

func TestPages(t *testing.T) {
	o := open(t)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	w.Get(o.officer, "/budgets/2026").Status(200).Has("chưa có dòng dự toán")
	w.Post(o.officer, "/budgets/2026/lines", url.Values{"code": {"NS"}, "name_vi": {"Ngân sách tỉnh"}, "name_en": {"Provincial budget"},
		"source_code": {"NS"}, "amount": {"1.234,5"}}).Status(422).Has("chỉ gồm chữ số")
	w.Post(o.officer, "/budgets/2026/lines", url.Values{"code": {"NS"}, "name_vi": {"Ngân sách tỉnh"}, "name_en": {"Provincial budget"},
		"source_code": {"NS"}, "amount": {"48.500.000.000"}}).Status(303)
	tree, err := o.svc.Tree(o.officer, 2026)
	if err != nil {
		t.Fatal(err)
	}
	root := tree.Roots[0].Line
	if tasks, err := o.svc.Tasks(o.chief); err != nil || len(tasks) != 1 {
		t.Fatalf("tasks %+v, %v", tasks, err)
	}
	w.Get(o.chief, href(root)).Status(200).Has("Duyệt và giao dự toán")
	w.Post(o.chief, href(root)+"/approve", url.Values{"version": {"1"}, "decision_no": {"2406/QĐ-UBND"}, "decided_on": {""}}).
		Status(422).Has("Nhập ngày quyết định")
	w.Post(o.chief, href(root)+"/approve", url.Values{"version": {"1"}, "decision_no": {"2406/QĐ-UBND"}, "decided_on": {"12/12/2025"}}).
		Location(href(root))
	child := o.child(t, root, "NS-1", 12_000_000_000)
	w.Post(o.officer, href(child)+"/propose-cut", url.Values{"amount": {"1.000"}, "reason": {"thừa"}}).Location(href(child))
	if tasks, err := o.svc.Tasks(o.chief); err != nil || len(tasks) != 1 {
		t.Fatalf("tasks %+v, %v", tasks, err)
	}
	w.Get(o.chief, href(child)).Status(200).Has("Chờ quyết định").Has("Khả dụng")
	cut, err := o.svc.Propose(o.officer, child.ID, ProposeInput{Kind: Cut, Amount: money.VND(1), Reason: "thừa"})
	if err != nil {
		t.Fatal(err)
	}
	acts := regexp.MustCompile(`href="(/budgets/[^"]+/acts/[0-9a-f-]{36})"`).FindAllStringSubmatch(w.Get(o.chief, href(child)).Body, -1)
	if len(acts) < 2 { // one gave the line its money, from the line above; one is proposed on the line
		t.Fatalf("acts on the page of a line: %q", acts)
	}
	for _, a := range acts {
		w.Get(o.chief, a[1]).Status(200)
	}
	decision := url.Values{"version": {"1"}, "decision_no": {"9/QĐ"}, "decided_on": {"12/12/2025"}}
	w.Post(o.chief, href(child)+"/acts/"+cut.ID.String()+"/release", decision).Status(404)
	w.Post(o.chief, href(root)+"/acts/"+cut.ID.String()+"/cut", decision).Status(404)
	w.Post(o.officer, href(root)+"/acts/"+cut.ID.String()+"/decline", url.Values{"reason": {"a"}}).Status(403)
	w.Post(o.chief, href(child)+"/acts/"+cut.ID.String()+"/decline", url.Values{"reason": {"thôi"}}).Location(href(child))
	w.Get(o.officer, "/budgets").Status(200).Has("Chưa phân bổ").Has("36.500").Has("48,5")
	w.Get(o.officer, "/budgets/2026?fold=NS").Status(200).Has(`aria-expanded="false"`)
	w.Get(o.officer, "/budgets/2026/lines.csv").Status(200).Has("48500000000")
	w.Get(o.officer, "/budgets/2026/lines/new").Status(200)
	w.Get(o.officer, "/budgets/2025/lines/"+root.ID.String()).Status(404)

	var out Committed
	body := map[string]string{"amount": "12000000001", "approver_id": access.From(o.chief).ID.String(), "document_no": "01/HĐ", "reason": ""}
	path := fmt.Sprintf("/budget-lines/%s/commitments", child.ID)
	w.API(o.officer, "POST", path, body, nil).Status(409).Has("ledger.insufficient")
	body["amount"] = "12000000000"
	w.API(o.officer, "POST", path, body, &out).Status(200)
	if !out.Committed.Equal(money.VND(12_000_000_000)) {
		t.Errorf("committed %s", out.Committed)
	}
	w.API(o.officer, "GET", "/budgets/2026", nil, nil).Status(200).Has(`"committed":"12000000000"`)
}
