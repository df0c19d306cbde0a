package council_test

import (
	"fmt"
	"testing"
	"time"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/council"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/review"
	"kinhbac/internal/web/webtest"
)

// TestConflictLeavesNoTraceOfAMatter compares what an officer, a member and the secretary in conflict with one dossier
// find in lists, counts, agendas, minutes and the inbox with what colleagues find.
func TestConflictLeavesNoTraceOfAMatter(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000, 300_000_000)
	w := webtest.New(t, h.DB, h.Access, h.Councils.Routes, h.Reviews.Routes)
	other := accesstest.As(t, t.Context(), h.DB, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	member, hidden := h.Seats[4], h.Dossiers[0]
	tie := func(who access.Subject) {
		t.Helper()
		ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: who.ID, Object: access.Ref{Kind: "proposal", ID: hidden.ID}, Reason: "người thân"}))
	}
	h.Establish()
	page := "/councils/" + h.Council.ID.String()
	w.Get(h.Secretary, page).Status(200).Has("Dự án 1", "Dự án 2")
	tie(access.From(other))
	h.Meet()
	board := page + "/meetings/1"
	w.Get(h.Officer, board).Status(200).Has("Dự án 1", "Dự án 2", `<span class="num">3</span>`)
	w.Get(other, board).Status(200).Has("Dự án 2", `<span class="num">1</span>`, `<span class="num">2</span>`).
		Lacks("Dự án 1", `<span class="num">3</span>`, "xung đột", "100.000.000")
	w.Get(other, board+"?matter="+h.Matter(0).ID.String()).Status(200).Lacks("Dự án 1")
	count := func(who access.Subject, want string) {
		t.Helper()
		ctx := access.With(t.Context(), who)
		w.Get(ctx, "/councils").Status(200).Has(want)
		var rows []council.Row
		w.API(ctx, "GET", "/councils", nil, &rows).Status(200)
		if len(rows) != 1 || fmt.Sprintf("%d/%d", rows[0].Concluded, rows[0].Matters) != want {
			t.Errorf("the API counts %+v, want %s", rows, want)
		}
	}
	h.Judge(0, 80)
	h.Judge(1, 80)
	count(access.From(h.Officer), "2/3")
	count(access.From(other), "1/2")
	count(access.From(member), "2/3")
	h.Judge(2, 80)
	tie(access.From(member))
	count(access.From(member), "2/2")
	// Whoever is in conflict is not asked to declare on it: the question would tell.
	w.Get(h.Seats[3], "/conflicts").Status(200).Has("Dự án 1", "Dự án 2")
	w.Get(member, "/conflicts").Status(200).Has("Dự án 2").Lacks("Dự án 1")
	ok(t, h.Councils.Close(h.Seats[0], h.Session.ID))
	minutes := board + "/minutes"
	w.Get(h.Seats[2], minutes).Status(200).Has("Dự án 1", "Dự án 2")
	w.Get(h.Officer, board).Status(200).Has(minutes)
	w.Get(h.Officer, minutes).Status(200)
	for _, who := range []access.Subject{access.From(other), access.From(member)} {
		ctx := access.With(t.Context(), who)
		w.Get(ctx, board).Status(200).Lacks(minutes)
		w.Get(ctx, page).Status(200).Lacks(minutes)
		w.Get(ctx, minutes).Status(404)
	}
}

// TestConflictKeepsOffTheAgenda lets a secretary in conflict with a dossier neither see nor call it; the words are those
// of a dossier that does not wait.
func TestConflictKeepsOffTheAgenda(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000)
	w := webtest.New(t, h.DB, h.Access, h.Councils.Routes)
	h.Establish()
	ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: counciltest.ID(h.Secretary),
		Object: access.Ref{Kind: "organisation", ID: h.Dossiers[0].OrganisationID}, Reason: "cổ đông"}))
	w.Get(h.Secretary, "/councils/"+h.Council.ID.String()).Status(200).Has("Dự án 2").Lacks("Dự án 1")
	agenda := council.Agenda{StartsAt: time.Now(), Place: "Phòng 402"}
	agenda.Subjects = append(agenda.Subjects, h.Dossiers[0].ID)
	_, err := h.Councils.Schedule(h.Secretary, h.Council.ID, agenda)
	want(t, err, council.ErrNoMatters)
	agenda.Subjects[0] = h.Dossiers[1].ID
	_, err = h.Councils.Schedule(h.Secretary, h.Council.ID, agenda)
	ok(t, err)
}

// TestImposedConflictIsNotShown hides a dossier from a seat the office found in conflict, and keeps what a seat declared
// itself on its page.
func TestImposedConflictIsNotShown(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000)
	w := webtest.New(t, h.DB, h.Access, h.Councils.Routes, h.Reviews.Routes)
	h.Establish()
	h.Schedule(h.Dossiers[0].ID, h.Dossiers[1].ID)
	imposed, own := h.Seats[3], h.Seats[4]
	answer := review.Answer{Kind: "proposal", ID: h.Dossiers[0].ID, Conflict: true, Ground: "người thân"}
	ok(t, h.Reviews.Impose(h.Head, counciltest.ID(imposed), answer))
	ok(t, h.Reviews.Declare(own, answer))
	w.Get(imposed, "/conflicts").Status(200).Has("Dự án 2").Lacks("Dự án 1")
	w.Get(own, "/conflicts").Status(200).Has("Dự án 1", "người thân")
	answer.Conflict = false
	want(t, h.Reviews.Declare(imposed, answer), access.ErrNotFound)
	want(t, h.Reviews.Declare(own, answer), review.ErrDeclared)
}
