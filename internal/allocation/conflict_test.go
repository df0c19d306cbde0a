package allocation_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

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

// TestConflictKeepsFromTheRanking lets nobody in conflict with one line close a ranking or make a set of it: the vice
// chair closes it, a colleague drafts, and the pages give no hint of the line.
func TestConflictKeepsFromTheRanking(t *testing.T) {
	h := judged(t, 1_000_000_000, 411_000_000, 522_000_000, 300_000_000)
	r := h.ranking(t)
	other := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Name: "Chuyên viên có quan hệ", Roles: []access.Role{access.ProgrammeOfficer}})
	tie := func(who context.Context, object string, id uuid.UUID) {
		t.Helper()
		ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: access.From(who).ID, Object: access.Ref{Kind: object, ID: id}, Reason: "người thân"}))
	}
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes)
	page, table := "/councils/"+h.Council.ID.String()+"/ranking", "/rankings/"+r.ID.String()+"/table.csv"
	want(t, h.svc.Finalise(h.Seats[1], r.ID, r.Version), access.ErrForbidden) // the chair is there and free
	tie(h.Seats[0], "proposal", r.Lines[0].ProposalID)
	tie(other, "organisation", r.Lines[0].OrganisationID)
	want(t, h.svc.Finalise(h.Seats[0], r.ID, r.Version), access.ErrConflict)
	w.Get(h.Seats[0], page).Status(200).Has("Dự án 2").Lacks("Dự án 1", "Chốt xếp hạng", "933.000.000", "xung đột")
	w.Get(h.Seats[1], page).Status(200).Has("Chốt xếp hạng", "933.000.000")
	ok(t, h.svc.Finalise(h.Seats[1], r.ID, r.Version))

	w.Get(h.Officer, page).Status(200).Has("Lập danh mục hỗ trợ", "933.000.000", "2 hồ sơ")
	w.Get(other, page).Status(200).Has("Dự án 2", "522.000.000", "478.000.000", "1 hồ sơ", `<td class="n">1</td>`).
		Lacks("Dự án 1", "411.000.000", "933.000.000", "67.000.000", "2 hồ sơ", "Lập danh mục hỗ trợ", "xung đột", `<td class="n">2</td>`)
	w.Get(other, table).Status(200).Has("522000000").Lacks("933000000", "411000000", "0001")
	if tasks, err := h.svc.Tasks(other); err != nil || len(tasks) != 0 {
		t.Errorf("the inbox of who is in conflict says %v, %v", tasks, err)
	}
	if tasks, err := h.svc.Tasks(h.Officer); err != nil || len(tasks) != 1 {
		t.Errorf("the inbox of a colleague says %v, %v", tasks, err)
	}
	_, err := h.svc.DraftSet(other, r.ID)
	if e := errs.From(err); !errors.Is(err, allocation.ErrInConflict) || fmt.Sprint(e.Args...) != access.From(h.Officer).Name {
		t.Fatalf("got %v, want a refusal naming the colleague", err)
	}
	w.Post(other, "/rankings/"+r.ID.String()+"/award-set", nil).Status(403).Has(access.From(h.Officer).Name).Lacks("Dự án 1", "H05.08", "411.000.000")
	for _, l := range r.Lines[1:] {
		tie(other, "proposal", l.ProposalID)
	}
	w.Get(other, page).Status(200).Has("Chưa có xếp hạng").Lacks("Dự án", r.ID.String())
	w.Get(other, table).Status(404)
	set, err := h.svc.DraftSet(h.Officer, r.ID)
	ok(t, err)
	w.Get(other, "/award-sets/"+set.ID.String()).Status(404)
	w.Get(other, "/award-sets").Status(200).Lacks("BN-2026-01")
	w.Get(h.Officer, "/award-sets").Status(200).Has("BN-2026-01")
}

// TestSumsDoNotTellOfAHiddenLine compares what the pages, the list and the API give to a reader in conflict.
func TestSumsDoNotTellOfAHiddenLine(t *testing.T) {
	h := judged(t, 1_000_000_000, 411_000_000, 522_000_000, 300_000_000)
	h.confirmed(t, 411_000_000, 522_000_000)
	leader := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.ProvinceLeader}})
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes)
	page := "/award-sets/" + h.set.ID.String()
	w.Get(leader, page).Status(200).Has("Phê duyệt 933.000.000 đ", "Dự án 1")
	w.Get(leader, "/award-sets").Status(200).Has("933.000.000")
	ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: access.From(leader).ID,
		Object: access.Ref{Kind: "proposal", ID: h.set.Awards[0].ProposalID}, Reason: "người thân"}))
	w.Get(leader, page).Status(200).Has("522.000.000", access.From(h.Leader).Name).
		Lacks("933.000.000", "411.000.000", "Dự án 1", "Phê duyệt 933", "/approve", "xung đột", `<td class="n">2</td>`)
	w.Get(h.Finance, page).Status(200).Has("933.000.000", access.From(h.Leader).Name) // whose turn it is, every reader is told
	w.Get(leader, "/award-sets").Status(200).Has("522.000.000").Lacks("933.000.000", "xung đột")
	w.Get(leader, "/award-sets.csv").Status(200).Has("522000000").Lacks("933000000")
	var sets []allocation.SetRow
	w.API(leader, "GET", "/award-sets", nil, &sets).Status(200)
	if len(sets) != 1 || sets[0].Sum.Cmp(money.VND(522_000_000)) != 0 || sets[0].Funded != 1 {
		t.Errorf("the API gives %+v", sets)
	}
	form := url.Values{"version": {fmt.Sprint(h.set.Version)}, "decision_no": {"9/QĐ-UBND"}, "decided_on": {counciltest.Today().Format()}}
	w.Post(leader, page+"/approve", form).Status(403).Has("Người ký thay: " + "[province_leader]")
	w.Post(h.Leader, page+"/approve", form).Location(page)
	w.Get(leader, page).Status(200).Lacks("933.000.000", page+"/decision")
	w.Get(leader, page+"/decision").Status(404)
	w.Post(h.Officer, page+"/publish", url.Values{"version": {fmt.Sprint(h.reload(t).Version)}}).Location(page)
	w.Get(leader, "/results/BN-2026-01/decision").Status(200).Has("933.000.000") // public now
}

// TestForecastDoesNotTellOfAHiddenLine walks the free money over what the reader sees: with a hidden line in the walk,
// trying one amount after another would tell how large it is.
func TestForecastDoesNotTellOfAHiddenLine(t *testing.T) {
	h := judged(t, 1_000_000_000, 400_000_000, 300_000_000, 200_000_000)
	tied := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	first := h.ranking(t).Lines[0]
	ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: access.From(tied).ID, Object: access.Ref{Kind: "proposal", ID: first.ProposalID}, Reason: "người thân"}))
	for _, x := range []struct {
		free         int64
		whole, tells string
	}{
		{299_999_999, "400:false 300:false", "300:false"},
		{300_000_000, "400:false 300:false", "300:true"},
		{400_000_000, "400:true 300:false", "300:true"},
		{699_999_999, "400:true 300:false", "300:true"},
		{700_000_000, "400:true 300:true", "300:true"},
	} {
		for who, want := range map[context.Context]string{h.Officer: x.whole, tied: x.tells} {
			fs, err := h.svc.Forecast(who, h.Line.ID, money.VND(x.free))
			ok(t, err)
			var got []string
			for _, f := range fs {
				for _, l := range f.Lines {
					got = append(got, fmt.Sprintf("%s:%v", l.Amount.String()[:3], l.New))
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("free %d, in conflict %v: %q, want %q", x.free, who == tied, got, want)
			}
		}
	}
}
