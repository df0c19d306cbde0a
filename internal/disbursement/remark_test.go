package disbursement_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/disbursement"
	"kinhbac/internal/web/webtest"
)

// TestRemarkOnWhatWantsALook has each of the three deciders pass over a check that is not passed: refused without a
// remark, at its field, done with one; and done without one where every check is passed.
func TestRemarkOnWhatWantsALook(t *testing.T) {
	for _, c := range []struct {
		name  string
		spent int64 // of 400 asked, by the report; the agreement has no co-funding
		look  bool
	}{
		{"all that is asked was spent", 400, false},
		{"one đồng less", 399, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := running(t, 400, 600)
			h.Exec("UPDATE progress_reports SET spent = ?", c.spent)
			r := h.submitted(0)
			try := func(do func(remark string) error) {
				t.Helper()
				for _, empty := range []string{"", " \n "} {
					if c.look {
						want(t, do(empty), disbursement.ErrLook)
					}
				}
				said := ""
				if c.look {
					said = " Đã xem "
				}
				h.Must(do(said), "decide")
			}
			try(func(remark string) error { _, err := h.svc.Check(h.Finance, r.ID, remark); return err })
			o, err := h.svc.MakeOrder(h.Finance, r.ID)
			h.Must(err, "make the order")
			try(func(remark string) error { _, err := h.svc.CheckOrder(h.Accountant, o.ID, remark); return err })
			try(func(remark string) error { _, err := h.svc.ApproveOrder(h.Holder, o.ID, remark); return err })
			var said []string
			h.Must(h.DB.NewRaw(`SELECT unnest(ARRAY[r.remark, o.check_remark, o.remark]) FROM disbursement_requests r
				JOIN payment_orders o ON o.request_id = r.id`).Scan(t.Context(), &said), "read the remarks")
			kept := map[bool]string{true: "Đã xem Đã xem Đã xem", false: ""}[c.look]
			if got := strings.TrimSpace(strings.Join(said, " ")); got != kept {
				t.Errorf("kept %q", said)
			}
		})
	}
}

// TestRemarkOnThePage decides on the page and over the API: without a remark the same page comes back with the words at
// the field, in both languages; with it the remark stands there for the next ones, and not for who is paid.
func TestRemarkOnThePage(t *testing.T) {
	h := running(t, 400, 600)
	h.Exec("UPDATE progress_reports SET spent = 1")
	r := h.submitted(0)
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes, h.Agreements.Routes)
	at := "/disbursements/" + r.ID.String()
	english := func(ctx context.Context, path, field string) {
		t.Helper()
		cookie, csrf := w.Session(ctx)
		form := url.Values{"_csrf": {csrf}, "_key": {uuid.NewString()}}
		w.Raw(ctx, "POST", "/en"+path, []byte(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}).
			Status(422).Has("Say what you found", `href="#f-`+field)
	}
	decide := func(ctx context.Context, path, field string) {
		t.Helper()
		w.Post(ctx, path, nil).Status(422).Has("Ghi ý kiến về", `href="#f-`+field, `class="f bad"`)
		english(ctx, path, field)
		w.API(ctx, "POST", path, map[string]string{}, nil).Status(422).Has(`"name":"`+field+`"`, `"code":"disbursement.look_needed"`, "Ghi ý kiến về")
	}
	w.Get(h.Finance, at).Status(200).Has("bắt buộc khi có mục cần xem").Lacks("Ý kiến của người quyết định")
	decide(h.Finance, at+"/check", "reason")
	w.Post(h.Finance, at+"/check", url.Values{"reason": {"Chứng từ bổ sung tuần sau"}}).Location(at)
	w.Post(h.Finance, at+"/orders", nil).Location(at)
	w.Get(h.Accountant, at).Status(200).Has("Ý kiến của người quyết định", "Chứng từ bổ sung tuần sau")
	w.Get(h.Applicant, at).Status(200).Lacks("Chứng từ bổ sung tuần sau", "Ý kiến của người quyết định")
	var order string
	h.Must(h.DB.NewRaw("SELECT id FROM payment_orders").Scan(t.Context(), &order), "find the order")
	pay := "/payments/" + order
	w.Get(h.Accountant, pay).Status(200).Has(r.No, pay+"/check")
	w.Get(h.Applicant, pay).Status(404)
	decide(h.Accountant, pay+"/check", "reason")
	w.Post(h.Accountant, pay+"/cancel", nil).Status(422).Has("Ghi rõ lý do", `href="#f-reason"`)
	w.API(h.Accountant, "POST", pay+"/check", map[string]string{"reason": "Đã xem bảng kê"}, nil).Status(200)
	decide(h.Holder, pay+"/approve", "remark")
	w.Post(h.Holder, pay+"/approve", url.Values{"remark": {"Đồng ý"}}).Location(at)
	w.Get(h.Finance, at).Status(200).Has("Chứng từ bổ sung tuần sau", "Đã xem bảng kê", "Đồng ý")
}
