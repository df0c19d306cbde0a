package council_test

import (
	"net/url"
	"sync"
	"testing"
	"time"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/council"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/web/webtest"
)

// TestSecretaryInConflictIsReplaced has an officer name another secretary for a dossier its own may not know of, a leader
// approve it by a document, and the other schedule, mark, present and draft; on nothing else.
func TestSecretaryInConflictIsReplaced(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000)
	w := webtest.New(t, h.DB, h.Access, h.Councils.Routes)
	h.Establish()
	hidden, plain := h.Dossiers[0], h.Dossiers[1]
	conflict := func(who access.Subject) {
		t.Helper()
		ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: who.ID, Object: access.Ref{Kind: "proposal", ID: hidden.ID}, Reason: "người thân"}))
	}
	conflict(access.From(h.Secretary))
	other := accesstest.As(t, t.Context(), h.DB, accesstest.Person{Roles: []access.Role{access.CouncilSecretary}})
	tied := accesstest.As(t, t.Context(), h.DB, accesstest.Person{Roles: []access.Role{access.CouncilSecretary}})
	conflict(access.From(tied))
	agenda := council.Agenda{StartsAt: time.Now(), Place: "Phòng 402"}
	agenda.Subjects = append(agenda.Subjects, hidden.ID)
	schedule := func(expected error) {
		t.Helper()
		_, err := h.Councils.Schedule(other, h.Council.ID, agenda)
		want(t, err, expected)
	}
	schedule(access.ErrNotFound) // a secretary of another council

	in := council.NewReplacement{Subject: hidden.ID, Person: counciltest.ID(other), Reason: "Thư ký vắng mặt"}
	for _, x := range []struct {
		name string
		edit func(*council.NewReplacement)
		want error
	}{
		{"in conflict too", func(n *council.NewReplacement) { n.Person = counciltest.ID(tied) }, council.ErrReplacementPerson},
		{"the secretary", func(n *council.NewReplacement) { n.Person = counciltest.ID(h.Secretary) }, council.ErrReplacementPerson},
		{"a seat", func(n *council.NewReplacement) { n.Person = counciltest.ID(h.Seats[1]) }, council.ErrReplacementPerson},
		{"not a secretary", func(n *council.NewReplacement) { n.Person = counciltest.ID(h.Finance) }, council.ErrReplacementPerson},
	} {
		n := in
		x.edit(&n)
		_, err := h.Councils.Replace(h.Officer, h.Council.ID, n)
		t.Log(x.name)
		want(t, err, x.want)
	}
	_, err := h.Councils.Replace(h.Head, h.Council.ID, in)
	want(t, err, access.ErrForbidden)
	page := "/councils/" + h.Council.ID.String()
	w.Get(h.Officer, page).Status(200).Has("Đề nghị thư ký thay", "Dự án 1")
	w.Post(h.Officer, page+"/replacements", url.Values{"subject": {hidden.ID.String()}, "person": {counciltest.ID(other).String()}, "reason": {""}}).Status(422)
	w.Post(h.Officer, page+"/replacements", url.Values{"subject": {hidden.ID.String()}, "person": {counciltest.ID(other).String()}, "reason": {in.Reason}}).Location(page)
	_, err = h.Councils.Replace(h.Officer, h.Council.ID, in)
	want(t, err, council.ErrReplacementTwice)
	schedule(access.ErrNotFound) // not approved
	var rep council.Replacement
	ok(t, h.DB.NewSelect().Model(&rep).Scan(t.Context()))
	if tasks, err := h.Councils.Tasks(h.Head); err != nil || len(tasks) != 1 {
		t.Errorf("the head has %+v to do, %v", tasks, err)
	}
	approve := "/council-replacements/" + rep.ID.String() + "/approve"
	decision := url.Values{"version": {"1"}, "document_no": {"88/QĐ-SKHCN"}, "decided_on": {counciltest.Today().Format()}}
	w.Post(h.Officer, approve, decision).Status(403) // put it forward
	w.Get(h.Secretary, page).Status(200).Lacks("Dự án 1", in.Reason)
	w.Get(h.Head, page).Status(200).Has("Quyết định thư ký thay", in.Reason)

	// Two leaders at once: one decision.
	var wg sync.WaitGroup
	var errs [2]error
	for i, who := range []int{0, 1} {
		ctx := h.Head
		if who == 1 {
			ctx = h.Leader
		}
		wg.Go(func() {
			_, errs[i] = h.Councils.ApproveReplacement(ctx, rep.ID, 1, "88/QĐ-SKHCN", counciltest.Today())
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("two decisions at once: %v", errs)
	}

	w.Get(other, page).Status(200).Has("Dự án 1", "88/QĐ-SKHCN").Lacks(`value="` + plain.ID.String() + `"`)
	agenda.Subjects[0] = plain.ID
	schedule(council.ErrNoMatters) // not named for this one
	agenda.Subjects[0] = hidden.ID
	schedule(nil)
	var m council.Matter
	ok(t, h.DB.NewSelect().Model(&m).Where("cm.subject_id = ?", hidden.ID).Scan(t.Context()))
	ok(t, h.Councils.MarkAttendance(other, m.SessionID, nil, council.Stand{}))
	w.Get(other, page+"/meetings/1").Status(200).Has("Dự án 1")
	w.Get(h.Secretary, page+"/meetings/1").Status(200).Lacks("Dự án 1")
	agenda.Subjects[0] = plain.ID
	_, err = h.Councils.Schedule(h.Secretary, h.Council.ID, agenda)
	ok(t, err)
}

// TestWhoeverPresidedSignsForAChairInConflict closes the minutes of two matters by the vice chair, while the chair in
// conflict with one of them neither opens nor signs them, and is not asked to.
func TestWhoeverPresidedSignsForAChairInConflict(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000)
	w := webtest.New(t, h.DB, h.Access, h.Councils.Routes)
	h.Establish()
	h.Meet()
	h.Judge(0, 80)
	h.Judge(1, 80)
	id := h.Session.ID
	ok(t, h.Councils.Close(h.Seats[0], id))
	ok(t, h.Councils.DraftMinutes(h.Secretary, id, version(t, h), "Biên bản phiên 1"))
	var digest string
	ok(t, h.DB.NewRaw("SELECT minutes_digest FROM council_sessions").Scan(t.Context(), &digest))
	ok(t, h.Councils.SignSecretary(h.Seats[2], id, digest))
	page := "/councils/" + h.Council.ID.String() + "/meetings/1/minutes"
	asked := func(seat int) bool {
		t.Helper()
		tasks, err := h.Councils.Tasks(h.Seats[seat])
		ok(t, err)
		return len(tasks) == 1 && tasks[0].Href == page
	}
	if !asked(0) || asked(1) {
		t.Error("the chair is asked to sign, and nobody else")
	}
	want(t, h.Councils.SignChair(h.Seats[1], id, digest), access.ErrForbidden) // the chair was there and is free
	conflict := func(seat int) {
		t.Helper()
		ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: counciltest.ID(h.Seats[seat]),
			Object: access.Ref{Kind: "proposal", ID: h.Dossiers[0].ID}, Reason: "người thân"}))
	}
	conflict(0)
	if asked(0) || !asked(1) {
		t.Error("the vice chair is asked to sign, and nobody else")
	}
	w.Get(h.Seats[0], page).Status(404)
	if h.Councils.SignChair(h.Seats[0], id, digest) == nil {
		t.Fatal("the chair signed what they are in conflict with")
	}
	want(t, h.Councils.SignChair(h.Seats[3], id, digest), access.ErrForbidden)
	w.Get(h.Seats[1], page).Status(200).Has("Ký biên bản")
	ok(t, h.Councils.SignChair(h.Seats[1], id, digest))
}

func version(t *testing.T, h *counciltest.House) (n int) {
	t.Helper()
	ok(t, h.DB.NewRaw("SELECT version FROM council_sessions WHERE id = ?", h.Session.ID).Scan(t.Context(), &n))
	return n
}
