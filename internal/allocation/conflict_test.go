package allocation_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/allocation"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// TestConflictWithOneLine lets who is in conflict with one line, by the dossier, by the firm or by owning it, read the
// rest and do nothing on the set; a colleague does, and the refusal names them.
func TestConflictWithOneLine(t *testing.T) {
	h := judged(t, 1000, 400, 500, 300)
	r := h.ranking(t)
	ok(t, h.svc.Finalise(h.Seats[0], r.ID, r.Version))
	set, err := h.svc.DraftSet(h.Officer, r.ID)
	ok(t, err)
	h.set = set
	as := func(name string, role access.Role) context.Context {
		return accesstest.As(t, context.Background(), h.DB, accesstest.Person{Name: name, Roles: []access.Role{role}})
	}
	line := h.reload(t).Awards[0]
	tie := func(who context.Context, kind, object string) {
		t.Helper()
		id := line.ProposalID
		if object == "organisation" {
			id = line.OrganisationID
		}
		ok(t, access.AddTie(context.Background(), h.DB, access.Tie{Kind: kind, Who: access.From(who).ID, Object: access.Ref{Kind: object, ID: id}, Reason: "người thân"}))
	}
	head, finance, accountant, leader := as("Trưởng có quan hệ", access.DepartmentHead), as("Chuyên viên có quan hệ", access.FinanceOfficer),
		as("Kế toán có quan hệ", access.ChiefAccountant), as("Lãnh đạo có quan hệ", access.ProvinceLeader)
	for who, of := range map[context.Context][2]string{head: {"conflict", "proposal"}, finance: {"conflict", "organisation"}, accountant: {"own", "organisation"}, leader: {"own", "proposal"}} {
		tie(who, of[0], of[1])
	}
	refused := func(err error, instead context.Context) {
		t.Helper()
		e := errs.From(err)
		if !errors.Is(err, allocation.ErrInConflict) || fmt.Sprint(e.Args...) != access.From(instead).Name {
			t.Fatalf("got %v %v, want a refusal naming %s", err, e.Args, access.From(instead).Name)
		}
	}
	refused(h.svc.Propose(head, set.ID, h.set.Version, "1/TTr"), h.Head)
	ok(t, h.svc.Propose(h.Head, set.ID, h.set.Version, "1/TTr"))
	var lines []allocation.Appraisal
	for _, a := range h.reload(t).Awards[:2] {
		lines = append(lines, allocation.Appraisal{Award: a.ID, Amount: a.Proposed})
	}
	refused(h.svc.Appraise(finance, set.ID, h.set.Version, lines[1:], ""), h.Finance) // not even the other line
	ok(t, h.svc.Appraise(h.Finance, set.ID, h.set.Version, lines, "55/STC"))
	refused(h.svc.Confirm(accountant, set.ID, h.reload(t).Version), h.Accountant)
	ok(t, h.svc.Confirm(h.Accountant, set.ID, h.set.Version))
	refused(h.svc.Decide(leader, set.ID, h.reload(t).Version, "9/QĐ", counciltest.Today()), h.Leader)
	tie(h.Leader, "conflict", "proposal")
	want(t, h.svc.Decide(h.Leader, set.ID, h.set.Version, "9/QĐ", counciltest.Today()), allocation.ErrNobodyFree)
	if st := h.state(t); !st.Reserved.IsZero() {
		t.Errorf("reserved %s", st.Reserved)
	}
	ok(t, h.svc.Decide(as("Lãnh đạo khác", access.ProvinceLeader), set.ID, h.set.Version, "9/QĐ", counciltest.Today()))
}

// TestSumsDoNotTellOfAHiddenLine compares what the pages, the list and the API give to a reader in conflict.
func TestSumsDoNotTellOfAHiddenLine(t *testing.T) {
	h := judged(t, 1_000_000_000, 411_000_000, 522_000_000, 300_000_000)
	h.confirmed(t, 411_000_000, 522_000_000)
	leader := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.ProvinceLeader}})
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes)
	page := "/award-sets/" + h.set.ID.String()
	w.Get(leader, page).Status(200).Has("Phê duyệt 933.000.000 đ", "Dự án 1")
	w.Get(leader, "/award-sets").Status(200).Has("933.000.000").Lacks("Tổng các dòng được xem")
	ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: access.From(leader).ID,
		Object: access.Ref{Kind: "proposal", ID: h.set.Awards[0].ProposalID}, Reason: "người thân"}))
	w.Get(leader, page).Status(200).Has("Tổng các dòng được xem", "522.000.000", access.From(h.Leader).Name).
		Lacks("933.000.000", "411.000.000", "Dự án 1", "Phê duyệt 933", "/approve", `<td class="n">2</td>`)
	w.Get(leader, "/award-sets").Status(200).Has("522.000.000", "Tổng các dòng được xem").Lacks("933.000.000")
	var sets []allocation.SetRow
	w.API(leader, "GET", "/award-sets", nil, &sets).Status(200)
	if len(sets) != 1 || sets[0].Sum.Cmp(money.VND(522_000_000)) != 0 || sets[0].Funded != 1 || !sets[0].Partial {
		t.Errorf("the API gives %+v", sets)
	}
	form := url.Values{"version": {fmt.Sprint(h.set.Version)}, "decision_no": {"9/QĐ-UBND"}, "decided_on": {counciltest.Today().Format()}}
	w.Post(leader, page+"/approve", form).Status(403).Has("Người ký thay: " + "[province_leader]")
	w.Post(h.Leader, page+"/approve", form).Location(page)
	w.Get(leader, page).Status(200).Lacks("933.000.000", page+"/decision")
	w.Get(leader, page+"/decision").Status(403).Lacks("411.000.000", "933.000.000")
	w.Post(h.Officer, page+"/publish", url.Values{"version": {fmt.Sprint(h.reload(t).Version)}}).Location(page)
	w.Get(leader, page+"/decision").Status(200).Has("933.000.000") // public now
}
