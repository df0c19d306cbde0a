package identity

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

// TestTypedFormOutlivesItsSession sends a form half an hour late: the person signs in again and finds what was typed,
// nobody else does, and a password is not kept.
func TestTypedFormOutlivesItsSession(t *testing.T) {
	h := open(t)
	admin, other := h.person("khanh@khcn.bacninh.gov.vn", access.SystemAdmin), h.person("van@khcn.bacninh.gov.vn", access.SystemAdmin)
	w := webtest.With(t, web.Options{DB: h.db, Access: h.access, Sessions: h.Service, Clock: h.now}, h.Routes)
	send := func(method, path, cookie string, form url.Values, more ...string) *webtest.Answer {
		head := map[string]string{"Cookie": "kb=" + cookie, "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
		for i := 0; i < len(more); i += 2 {
			head[more[i]] = more[i+1]
		}
		return w.Raw(t.Context(), method, path, []byte(form.Encode()), head)
	}
	typed := func(cookie string) url.Values {
		return url.Values{"_csrf": {web.CSRFToken(cookie)}, "_key": {uuid.NewString()}, "name": {"Đỗ Văn Lâm \"A\""}, "login": {"lam@khcn.bacninh.gov.vn"}, "password": {"mật khẩu đã gõ"}}
	}
	old, _ := h.enter(admin)
	h.now.Advance(staffIdle)
	late := send(http.MethodPost, "/users/create", old, typed(old))
	to := late.Header.Get("Location")
	if next, err := url.QueryUnescape(to); late.Code != http.StatusSeeOther || err != nil || !strings.HasPrefix(next, "/login?next=/users?held=") {
		t.Fatalf("%d to %q", late.Code, to)
	}
	held := strings.TrimPrefix(to, "/login?next=")
	held, _ = url.QueryUnescape(held)
	var kept string
	h.must(h.db.NewRaw("SELECT fields::text FROM held_forms").Scan(t.Context(), &kept))
	if strings.Contains(kept, "mật khẩu") || strings.Contains(kept, "_csrf") {
		t.Errorf("kept %s", kept)
	}
	stranger, _ := h.enter(other)
	send(http.MethodGet, held, stranger, nil).Status(200).Lacks("lam@khcn")
	again, _ := h.enter(admin)
	send(http.MethodGet, held, again, nil).Status(200).Has(`value="lam@khcn.bacninh.gov.vn"`, `value="Đỗ Văn Lâm &#34;A&#34;"`, "chưa gửi").Lacks("mật khẩu đã gõ")
	send(http.MethodGet, "/users", again, nil).Status(200).Lacks(`value="lam@khcn`, "chưa gửi")
	send(http.MethodGet, strings.Replace(held, "/users", "/access", 1), again, nil).Status(200).Lacks("lam@khcn")

	// A form whose token is not the ended session's is nobody's, and a page that saves itself is told by a header.
	forged := typed(old)
	forged.Set("_csrf", strings.Repeat("0", 64))
	send(http.MethodPost, "/users/create", old, forged).Status(401)
	send(http.MethodPost, "/users/create", strings.Repeat("b", 64), typed(strings.Repeat("b", 64))).Location("/login")
	if a := send(http.MethodPost, "/users/create", old, typed(old), "HX-Request", "true").Status(200); !strings.HasPrefix(a.Header.Get("HX-Redirect"), "/login?next=") {
		t.Errorf("headers %v", a.Header)
	}
	// Somebody signed in again in another tab: the old page keeps what was typed and asks to send it once more.
	send(http.MethodPost, "/users/create", again, typed(old)).Status(403).Has(`value="lam@khcn.bacninh.gov.vn"`, "Kiểm tra lại rồi gửi lần nữa")
	send(http.MethodPost, "/users/create", again, typed(old), "Sec-Fetch-Site", "cross-site").Status(403).Lacks("lam@khcn")
	var users int
	h.must(h.db.NewRaw("SELECT count(*) FROM users WHERE login = 'lam@khcn.bacninh.gov.vn'").Scan(t.Context(), &users))
	if users != 0 {
		t.Error("an account was made")
	}
	for range 10 {
		send(http.MethodPost, "/users/create", old, typed(old)).Status(303)
	}
	var forms int
	h.must(h.db.NewRaw("SELECT count(*) FROM held_forms").Scan(t.Context(), &forms))
	if forms != 5 {
		t.Errorf("%d forms are held", forms)
	}
	h.now.Advance(absolute + remember + time.Minute)
	h.must(h.Sweep(h.ctx))
	if who, err := h.Ended(h.ctx, old); err != nil || who != uuid.Nil {
		t.Errorf("after a day: %v, %v", who, err)
	}
}
