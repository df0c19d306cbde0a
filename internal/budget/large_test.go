package budget

import (
	"net/url"
	"strings"
	"testing"

	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// TestLargeYear reads a year by levels and finds the sums of the whole tree, before and after journals that the kept
// sums did not see.
func TestLargeYear(t *testing.T) {
	o := open(t)
	a := o.line(t, 2026, nil, "A", StateBudget, 1000)
	a1, a2 := o.line(t, 2026, a, "A.1", "", 400), o.line(t, 2026, a, "A.2", "", 300)
	a11 := o.line(t, 2026, a1, "A.1.1", "", 200)
	same := func(when string) {
		t.Helper()
		whole, err := o.svc.Tree(o.officer, 2026)
		if err != nil {
			t.Fatal(err)
		}
		levels, err := o.svc.Opened(o.officer, 2026, []string{"A", "A.1", "A.2"})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]Sums{}
		whole.Walk(func(*Node) bool { return true }, func(n *Node) { want[n.Line.Code] = n.Sums })
		n := 0
		levels.Walk(func(*Node) bool { return true }, func(x *Node) {
			n++
			w := want[x.Line.Code]
			for i, c := range [][2]money.Amount{{x.Sums.Authorised, w.Authorised}, {x.Sums.Allocated, w.Allocated}, {x.Sums.Committed, w.Committed},
				{x.Sums.Disbursed, w.Disbursed}, {x.Sums.Available, w.Available}} {
				if !c[0].Equal(c[1]) {
					t.Errorf("%s: column %d of %s = %s, want %s", when, i, x.Line.Code, c[0], c[1])
				}
			}
		})
		if n != len(want) || !levels.Total.Committed.Equal(whole.Total.Committed) {
			t.Errorf("%s: %d lines of %d, total %s", when, n, len(want), levels.Total.Committed)
		}
	}
	same("at first")
	if err := o.commit(t, a11, 120); err != nil {
		t.Fatal(err)
	}
	o.do(t, a1, ProposeInput{Kind: Transfer, Amount: money.VND(30), To: a2.ID})
	same("with journals that came since")
	o.line(t, 2026, a2, "A.2.1", "", 100) // a leaf with money becomes a branch
	same("with a new branch")
	if err := o.svc.remember(t.Context(), 2026); err != nil {
		t.Fatal(err)
	}
	if err := o.svc.RefreshSums(t.Context()); err != nil {
		t.Fatal(err)
	}
	same("remembered")
	top, err := o.svc.Opened(o.officer, 2026, nil)
	if err != nil || len(top.Roots) != 1 || len(top.Roots[0].Children) != 0 {
		t.Errorf("closed: %+v, %v", top, err)
	}
}

// TestLargestAmount takes 999,999,999,999,999 đồng through form, file, page, API, preview, what-if and every export.
func TestLargestAmount(t *testing.T) {
	const most, grouped = "999999999999999", "999.999.999.999.999"
	o := open(t)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	w.Post(o.officer, "/budgets/2026/lines", url.Values{"code": {"NS"}, "name_vi": {"Ngân sách"}, "name_en": {"Budget"},
		"source_code": {"NS"}, "amount": {grouped}}).Status(303)
	w.Post(o.officer, "/budgets/2026/lines", url.Values{"code": {"N2"}, "name_vi": {"a"}, "name_en": {"b"},
		"source_code": {"NS"}, "amount": {"1" + most}}).Status(422)
	tree, err := o.svc.Tree(o.officer, 2026)
	if err != nil {
		t.Fatal(err)
	}
	root := tree.Roots[0].Line
	if err := o.svc.Approve(o.chief, root.ID, root.Version, "1/QĐ", decided); err != nil {
		t.Fatal(err)
	}
	child := o.line(t, 2026, root, "NS-1", "", 0)
	w.Get(o.officer, href(child)+"/acts/new?kind=allocate&preview=1&amount="+grouped).Status(200).Has(grouped).Has("Trước và sau")
	w.Post(o.officer, href(child)+"/propose-allocate", url.Values{"kind": {"allocate"}, "amount": {grouped}, "reason": {"hết"}, "to_line_id": {""},
		"frees": {""}, "stage": {""}, "basis": {""}}).Location(href(child))
	acts, err := o.svc.Statement(o.officer, child.ID, "")
	if err != nil || len(acts.Pending) != 1 {
		t.Fatalf("%+v, %v", acts, err)
	}
	act := href(child) + "/acts/" + acts.Pending[0].ID.String()
	w.Get(o.chief, act).Status(200).Has(grouped).Has("Căn cứ pháp lý").Has("89/2025/QH15")
	w.Post(o.chief, act+"/allocate", url.Values{"decision_no": {"2/QĐ"}, "decided_on": {"12/12/2025"}}).Location(href(child))
	w.Get(o.officer, href(child)).Status(200).Has(grouped)
	w.Get(o.officer, href(child)+"/statement.csv").Status(200).Has(most)
	w.Get(o.officer, "/budgets/2026/lines.csv").Status(200).Has(most)
	w.Get(o.officer, "/budgets/2026").Status(200).Has("999.999.999,999999")
	st, err := o.svc.Statement(o.officer, child.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	w.Get(o.chief, "/vouchers/"+st.Movements[0].No).Status(200).Has(grouped).Has("Mã băm")
	w.Get(o.officer, "/budgets/2026/what-if?line1="+child.ID.String()+"&ceiling1=1").Status(200).Has("Được chấp nhận")
	w.Get(o.officer, "/budgets/2026/what-if?line1="+root.ID.String()+"&ceiling1=1").Status(200).Has("Sẽ bị từ chối")
	w.Get(o.officer, "/budgets/2026/what-if?line1="+root.ID.String()+"&ceiling1=x").Status(200).Has("chỉ gồm chữ số")
	if again := o.held(t, child); !again.Authorised.Equal(money.Max) {
		t.Errorf("what-if kept %s", again.Authorised)
	}
	w.Get(o.officer, href(child)+"/acts/new?kind=cut&preview=1&amount=1").Status(200).Has("Thu hồi")
	w.Get(o.officer, "/budgets/2026/spending-plan").Status(200)
	w.Post(o.officer, "/budgets/2026/spending-plan", url.Values{"months[0].month": {"1"}, "months[0].amount": {grouped}}).Location("/budgets/2026")
	w.API(o.officer, "POST", "/budgets/2026/spending-plan", map[string]string{}, nil).Status(422)
	w.Post(o.officer, "/budgets/2026/spending-plan", url.Values{"version": {"1"}, "months[0].month": {"2"}, "months[0].amount": {"1"}}).Location("/budgets/2026")
	if plan, _, err := spendingPlan(t.Context(), o.db, 2026); err != nil || plan[0].Format() != grouped || !plan[1].Equal(money.VND(1)) {
		t.Errorf("plan of spending %v, %v", plan, err)
	}
	w.Get(o.officer, "/budgets/2026").Status(200).Has("Kế hoạch")

	m, err := o.svc.LoadLines(o.officer, 2027, "lon-nhat.csv", csvOf([]string{"code,parent_code,name_vi,name_en,source_code,amount", "NS,,Ngân sách,Budget,NS," + most}))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.svc.ConfirmLines(o.chief, m.ID, m.Version, "3/QĐ", decided); err != nil {
		t.Fatal(err)
	}
	w.Get(o.officer, "/budgets/2027/lines.csv").Status(200).Has(most)
	var out Committed
	w.API(o.officer, "POST", "/budget-lines/"+child.ID.String()+"/commitments", map[string]string{"amount": most, "approver_id": userOf(o.chief),
		"document_no": "01/HĐ", "reason": ""}, &out).Status(200).Has(most)
	if !out.Committed.Equal(money.Max) || !out.Available.IsZero() {
		t.Errorf("committed %+v", out)
	}
	for _, d := range ledger.Dialects {
		var b strings.Builder
		if err := ledger.Export(t.Context(), o.db, &b, ledger.Extract{Dialect: d}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), most+" VND") {
			t.Errorf("%s lost a digit", d)
		}
	}
	o.proved(t)
}

// TestDryRun answers as the command would and keeps nothing.
func TestDryRun(t *testing.T) {
	o := open(t)
	l := o.line(t, 2026, nil, "A", StateBudget, 100)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	path := "/budget-lines/" + l.ID.String() + "/commitments"
	body := map[string]string{"amount": "101", "approver_id": userOf(o.chief), "document_no": "01/HĐ", "reason": ""}
	var v Verdict
	w.API(o.officer, "POST", path+"/check", body, &v).Status(200)
	if v.Accepted || v.Code != "ledger.insufficient" || !strings.Contains(v.Detail, "100") {
		t.Errorf("one đồng over: %+v", v)
	}
	body["amount"], v = "100", Verdict{}
	w.API(o.officer, "POST", path+"/check", body, &v).Status(200)
	if !v.Accepted || !v.Committed.Committed.Equal(money.VND(100)) {
		t.Errorf("all of it: %+v", v)
	}
	is(t, "kept", o.held(t, l).Committed, 0)
	body["approver_id"], v = userOf(o.officer2), Verdict{}
	w.API(o.officer, "POST", path+"/check", body, &v).Status(200)
	if v.Accepted || v.Code != ErrSigner.Code {
		t.Errorf("a stranger signs: %+v", v)
	}
	w.API(o.chief, "POST", path+"/check", body, nil).Status(403)
	effects, refused, err := o.svc.Try(o.officer, l.ID, ProposeInput{Kind: Cut, Amount: money.VND(101), Reason: "x"})
	if err != nil || refused == nil || refused.Code != "ledger.insufficient" || len(effects) != 1 || effects[0].After.Available.Sign() >= 0 {
		t.Errorf("a cut of too much: %+v, %v, %v", effects, refused, err)
	}
	is(t, "kept after a tried cut", o.held(t, l).Authorised, 100)
}
