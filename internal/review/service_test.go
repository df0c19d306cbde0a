package review_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/review"
	"kinhbac/internal/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asked is a house where a reader outside the council was asked for a sheet on the first dossier.
func asked(t *testing.T) (*counciltest.House, context.Context, *review.Assignment) {
	t.Helper()
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000)
	reader := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.Reviewer}})
	a, err := h.Reviews.Propose(h.Officer, review.Task{Proposal: h.Dossiers[0].ID, Reader: counciltest.ID(reader), Part: "reader",
		DueOn: counciltest.Today()})
	ok(t, err)
	return h, reader, a
}

func sheetOf(t *testing.T, h *counciltest.House, a *review.Assignment) *review.Sheet {
	t.Helper()
	s := new(review.Sheet)
	ok(t, h.DB.NewSelect().Model(s).Where("rs.assignment_id = ?", a.ID).Scan(context.Background()))
	return s
}

func opinion(h *counciltest.House, s *review.Sheet, each int) review.Opinion {
	o := review.Opinion{Version: s.Version, Recommendation: "support"}
	for _, c := range h.Call.Criteria {
		p := each
		o.Scores = append(o.Scores, review.Score{CriterionID: c.ID, Points: &p})
	}
	return o
}

func TestFromAssignmentToSheet(t *testing.T) {
	h, reader, a := asked(t)
	_, err := h.Reviews.Propose(h.Officer, review.Task{Proposal: h.Dossiers[0].ID, Reader: counciltest.ID(reader), Part: "critic", DueOn: counciltest.Today()})
	want(t, err, review.ErrAssigned)
	_, err = h.Reviews.Propose(h.Officer, review.Task{Proposal: h.Dossiers[1].ID, Reader: counciltest.ID(reader), Part: "reader", DueOn: counciltest.Today().AddDays(-1)})
	want(t, err, review.ErrDue)
	both := access.From(h.Officer)
	both.Grants = append(both.Grants, access.Grant{Role: access.DepartmentHead, Unit: access.UnitScience})
	want(t, h.Reviews.Approve(access.With(h.Officer, both), a.ID), access.ErrNotMaker)
	want(t, h.Reviews.Accept(reader, a.ID), errs.ErrNotFound) // not approved: the reader knows nothing of it
	ok(t, h.Reviews.Approve(h.Head, a.ID))
	want(t, h.Reviews.Accept(reader, a.ID), access.ErrDeclareFirst)
	if h.Access.Can(reader, h.DB, "proposal", "read", &h.Dossiers[0]) {
		t.Error("the dossier is open before the declaration")
	}
	ok(t, h.Reviews.Declare(reader, review.Answer{Kind: "proposal", ID: h.Dossiers[0].ID}))
	ok(t, h.Reviews.Accept(reader, a.ID))
	if !h.Access.Can(reader, h.DB, "proposal", "read", &h.Dossiers[0]) || h.Access.Can(reader, h.DB, "proposal", "read", &h.Dossiers[1]) {
		t.Error("the reader reads the dossier assigned, and no other")
	}

	s := sheetOf(t, h, a)
	want(t, h.Reviews.SubmitSheet(reader, s.ID, review.Opinion{Version: s.Version}), review.ErrIncomplete)
	want(t, h.Reviews.DraftSheet(reader, s.ID, opinion(h, s, 16)), review.ErrPoints)
	want(t, h.Reviews.DraftSheet(h.Officer, s.ID, opinion(h, s, 15)), errs.ErrNotFound)
	ok(t, h.Reviews.DraftSheet(reader, s.ID, opinion(h, s, 15)))
	want(t, h.Reviews.DraftSheet(reader, s.ID, opinion(h, s, 15)), errs.ErrStale)
	s = sheetOf(t, h, a)
	ok(t, h.Reviews.SubmitSheet(reader, s.ID, opinion(h, s, 15)))
	if s = sheetOf(t, h, a); *s.Total != 75 || s.Digest == "" {
		t.Errorf("the sheet: %+v", s)
	}
	if err := h.Reviews.DraftSheet(reader, s.ID, opinion(h, s, 10)); err == nil {
		t.Error("a sent sheet was changed")
	}
}

func TestConflictClosesTheDossier(t *testing.T) {
	h, reader, a := asked(t)
	ok(t, h.Reviews.Approve(h.Head, a.ID))
	dossier := h.Dossiers[0].ID
	ok(t, h.Reviews.Declare(reader, review.Answer{Kind: "proposal", ID: dossier}))
	ok(t, h.Reviews.Accept(reader, a.ID))
	want(t, h.Reviews.Declare(reader, review.Answer{Kind: "proposal", ID: dossier, Conflict: true}), review.ErrGround)
	want(t, h.Reviews.Declare(reader, review.Answer{Kind: "proposal", ID: h.Dossiers[1].ID}), errs.ErrNotFound) // not asked
	ok(t, h.Reviews.Declare(reader, review.Answer{Kind: "proposal", ID: dossier, Conflict: true, Ground: "cùng đơn vị"}))
	want(t, h.Reviews.Declare(reader, review.Answer{Kind: "proposal", ID: dossier}), review.ErrDeclared)
	if h.Access.Can(reader, h.DB, "proposal", "read", &h.Dossiers[0]) {
		t.Error("the dossier is still open")
	}
	var left review.Assignment
	ok(t, h.DB.NewSelect().Model(&left).Scan(context.Background()))
	if left.Status != review.Declined || left.DeclineReason != "cùng đơn vị" {
		t.Errorf("the assignment: %+v", left)
	}
	_, err := h.Reviews.Propose(h.Officer, review.Task{Proposal: dossier, Reader: counciltest.ID(reader), Part: "reader", DueOn: counciltest.Today()})
	want(t, err, review.ErrConflict)
}

// TestConflictHidesTheAssignment: whatever was asked of a reader before the conflict was known is in no list, export, API
// answer or task of theirs, and its sheet does not open.
func TestConflictHidesTheAssignment(t *testing.T) {
	h, reader, a := asked(t)
	w := webtest.New(t, h.DB, h.Access, h.Reviews.Routes)
	ok(t, h.Reviews.Approve(h.Head, a.ID))
	ok(t, h.Reviews.Declare(reader, review.Answer{Kind: "proposal", ID: h.Dossiers[0].ID}))
	ok(t, h.Reviews.Accept(reader, a.ID))
	page := "/reviews/" + sheetOf(t, h, a).ID.String()
	lists := []string{"/reviews", "/reviews.csv", "/reviews?q=du+an+1"}
	for _, path := range lists {
		w.Get(reader, path).Status(200).Has("Dự án 1")
	}
	w.Get(reader, page).Status(200)
	ok(t, access.AddTie(t.Context(), h.DB, access.Tie{Kind: "conflict", Who: counciltest.ID(reader),
		Object: access.Ref{Kind: "organisation", ID: h.Dossiers[0].OrganisationID}, Reason: "cổ đông"}))
	for _, path := range lists {
		w.Get(reader, path).Status(200).Lacks("Dự án 1", "H05.08-261120-0001", "xung đột")
	}
	w.API(reader, "GET", "/reviews", nil, nil).Status(200).Lacks("Dự án 1", "H05.08-261120-0001")
	w.Get(reader, page).Status(404)
	tasks, err := h.Reviews.Tasks(reader)
	if ok(t, err); len(tasks) != 0 {
		t.Errorf("asked to do %+v", tasks)
	}
}

func TestImposedConflict(t *testing.T) {
	h, reader, _ := asked(t)
	want(t, h.Reviews.Impose(h.Officer, counciltest.ID(reader), review.Answer{Kind: "proposal", ID: h.Dossiers[0].ID, Ground: "đồng tác giả"}), access.ErrForbidden)
	ok(t, h.Reviews.Impose(h.Head, counciltest.ID(reader), review.Answer{Kind: "proposal", ID: h.Dossiers[0].ID, Ground: "đồng tác giả"}))
}

func TestPages(t *testing.T) {
	h, reader, a := asked(t)
	w := webtest.New(t, h.DB, h.Access, h.Reviews.Routes)
	readers := "/proposals/" + h.Dossiers[0].ID.String() + "/assignments"
	w.Get(t.Context(), "/reviews").Status(401)
	w.Get(h.Finance, "/reviews").Status(403)
	w.Get(h.Head, readers).Status(200).Has("Duyệt phân công")
	w.Get(reader, readers).Status(404)
	w.Get(reader, "/reviews").Status(200).Has("Chưa có hồ sơ được phân công")
	w.Post(h.Head, "/assignments/"+a.ID.String()+"/approve", nil).Location(readers)
	w.Get(reader, "/reviews").Status(200).Has("Dự án 1", "Khai báo lợi ích")
	w.Get(reader, "/reviews?q=du+an+1&status=approved&sort=-code").Status(200).Has("Dự án 1")
	w.Get(reader, "/reviews?status=locked").Status(200).Has("Không có hồ sơ nào khớp")
	w.Get(reader, "/reviews.csv").Status(200).Has("Dự án 1")
	w.Get(t.Context(), "/reviews.csv").Status(401)
	w.Get(reader, "/conflicts").Status(200).Has("H05.08-261120-0001").Lacks("H05.08-261120-0002")
	w.Post(reader, "/conflicts", url.Values{"answers[0].kind": {"proposal"}, "answers[0].id": {h.Dossiers[0].ID.String()}, "answers[0].answer": {"none"}}).Location("/conflicts")
	w.Post(reader, "/assignments/"+a.ID.String()+"/accept", nil).Location("/reviews")
	s := sheetOf(t, h, a)
	page := "/reviews/" + s.ID.String()
	w.Get(reader, page).Status(200).Has("Ký và gửi phiếu", "data-total").Lacks("Công ty 1")
	w.Get(h.Officer, page).Status(404)
	form := url.Values{"version": {fmt.Sprint(s.Version)}, "recommendation": {"support"}}
	for i, c := range h.Call.Criteria {
		form.Set(fmt.Sprintf("scores[%d].criterion", i), c.ID.String())
		form.Set(fmt.Sprintf("scores[%d].points", i), "15")
	}
	form.Set("scores[0].points", "26")
	w.Post(reader, page+"/submit", form).Status(422).Has("Cho điểm từ 0 đến 25")
	form.Set("scores[0].points", "25")
	w.Post(reader, page+"/draft", form).Location(page)
	w.Get(reader, page).Status(200).Has("Đã lưu nháp")
	form.Set("version", fmt.Sprint(s.Version+1))
	w.Post(reader, page+"/submit", form).Location(page)
	w.Get(reader, page).Status(200).Has("Đã gửi", "85").Lacks("Ký và gửi phiếu")
}
