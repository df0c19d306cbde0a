package identity

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

func TestPages(t *testing.T) {
	h := open(t)
	w := webtest.New(t, h.db, h.access, h.Routes)
	ctx := t.Context()
	person := func(p accesstest.Person) access.Subject {
		return access.From(accesstest.As(t, ctx, h.db, p))
	}
	applicant := access.With(ctx, person(accesstest.Person{Name: "Ngô Anh Dũng", Roles: []access.Role{access.Applicant}}))
	admin := access.With(ctx, person(accesstest.Person{Name: "Giáp Văn Khánh", Roles: []access.Role{access.SystemAdmin}}))
	security := access.With(ctx, person(accesstest.Person{Name: "Thiều Thị Vân", Roles: []access.Role{access.SecurityOfficer}}))
	auditor := access.With(ctx, person(accesstest.Person{Name: "Hà Văn Sơn", Roles: []access.Role{access.Auditor}}))
	mai := h.person("mai@tc.bacninh.gov.vn")

	w.Get(ctx, "/login").Status(200).Has("Mã 6 số")
	w.Get(ctx, "/register").Status(200).Has("Đăng ký tài khoản")
	w.Get(ctx, "/register/sent").Status(200).Has("Kiểm tra hộp thư")
	w.Get(ctx, "/confirm?token=x").Status(200).Has("Xác nhận")
	w.Post(ctx, "/register/confirm", url.Values{"token": {"x"}}).Status(409).Has("quá 24 giờ")
	w.Post(ctx, "/register", url.Values{"name": {"Nguyễn A"}, "email": {"a"}, "password": {password}}).Status(422).Has("Nhập địa chỉ thư đầy đủ")
	w.Post(ctx, "/register", url.Values{"name": {"Nguyễn A"}, "email": {"a@b.vn"}, "password": {password}}).Location("/register/sent")
	w.Get(ctx, "/profile").Location("/login?next=%2Fprofile")
	w.Get(applicant, "/profile").Status(200).Has("Đổi mật khẩu")
	w.Get(applicant, "/profile/factor").Status(200).Has("Bật xác thực hai bước")
	w.Post(applicant, "/profile/factor/start", nil).Location("/profile/factor")
	w.Get(applicant, "/profile/factor").Status(200).Has("<path d=\"M4 4h1v1h-1z")
	w.Post(applicant, "/profile/factor/confirm", url.Values{"code": {"000000"}}).Status(422).Has("Mã không đúng")
	w.Get(applicant, "/notifications").Status(200).Has("Chưa có thông báo")
	w.Get(auditor, "/purpose").Status(200).Has("Số vụ việc")
	w.Post(auditor, "/purpose", url.Values{"reason": {"inspection"}, "case_no": {"1"}}).Status(422).Has("từ 3 đến 60")
	w.Post(auditor, "/purpose", url.Values{"reason": {"inspection"}, "case_no": {"12/QĐ-TTr"}, "next": {"//evil.example"}}).Location("/audit")

	w.Get(applicant, "/access").Status(403)
	w.Get(admin, "/access").Status(200).Has("Đề xuất quyền")
	w.Get(auditor, "/access").Status(200).Lacks("Đề xuất quyền")
	w.Get(admin, "/access.csv").Status(200).Has("Thiều Thị Vân")
	w.Post(admin, "/access/propose", url.Values{"login": {mai.Login}, "role": {"finance_officer"}}).Location("/access")
	w.Get(security, "/access").Status(200).Has("Duyệt quyền").Has(mai.Name)
	rows, err := h.Waiting(security)
	h.must(err)
	w.Post(admin, "/access/proposals/"+rows[0].ID.String()+"/approve", nil).Status(403)
	w.Post(security, "/access/proposals/"+rows[0].ID.String()+"/approve", nil).Location("/access")
	w.Post(security, "/access/proposals/"+uuid.NewString()+"/approve", nil).Status(404)
	w.Get(admin, "/users").Status(200).Has(mai.Login)
	w.Get(admin, "/users?state=disabled&q=mai").Status(200).Has("Không có tài khoản nào khớp bộ lọc")
	w.Get(admin, "/users.csv").Status(200)
	w.Post(admin, "/users/create", url.Values{"name": {"Đỗ Văn Lâm"}, "login": {"lam"}, "password": {"short"}}).Status(422).Has("Chọn mật khẩu")
	w.Post(admin, "/users/create", url.Values{"name": {"Đỗ Văn Lâm"}, "login": {"lam"}, "password": {password}}).Location("/users")
	w.Post(admin, "/users/"+mai.ID.String()+"/disable", url.Values{"reason": {"Nghỉ hưu"}}).Location("/users")
	var out []GrantRow
	w.API(admin, http.MethodGet, "/access", nil, &out).Status(200)
	if len(out) == 0 {
		t.Error("the API lists no grants")
	}
}

// TestSessionFixation signs in over HTTP with a cookie somebody planted: the id is new, and the planted one is nobody's.
func TestSessionFixation(t *testing.T) {
	h := open(t)
	h.opts.Demo = true
	u := h.person("hanh@khcn.bacninh.gov.vn", access.ProgrammeOfficer)
	w := webtest.With(t, web.Options{DB: h.db, Access: h.access, Sessions: h.Service, Clock: h.now, Demo: true}, h.Routes)
	planted := strings.Repeat("a", 64)
	send := func(method, path, cookie string, form url.Values) *webtest.Answer {
		return w.Raw(t.Context(), method, path, []byte(form.Encode()), map[string]string{"Cookie": cookie,
			"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"})
	}
	form := func(bearer string, more ...string) url.Values {
		v := url.Values{"_csrf": {web.CSRFToken(bearer)}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	const guest = "guest-of-this-test"
	set := func(a *webtest.Answer) string {
		for _, line := range a.Header.Values("Set-Cookie") {
			name, rest, _ := strings.Cut(line, "=")
			value, flags, _ := strings.Cut(rest, ";")
			if name == "kb" {
				if flags = strings.ToLower(flags); !strings.Contains(flags, "httponly") || !strings.Contains(flags, "samesite=lax") {
					t.Errorf("cookie %s", line)
				}
				return value
			}
		}
		return ""
	}
	send(http.MethodPost, "/login", "kb="+planted, form(planted, "username", u.Login, "password", password, "code", h.code(u, 0))).Status(403)
	a := send(http.MethodPost, "/login", "kb="+planted+"; kb-guest="+guest, form(guest, "username", u.Login, "password", password, "code", h.code(u, 0)))
	cookie := set(a)
	if a.Code != http.StatusSeeOther || cookie == "" || cookie == planted {
		t.Fatalf("status %d, cookie %q", a.Code, cookie)
	}
	send(http.MethodGet, "/profile", "kb="+planted, nil).Location("/login?next=%2Fprofile")
	send(http.MethodGet, "/profile", "kb="+cookie, nil).Status(200).Has(u.Name)
	send(http.MethodPost, "/session/role", "kb="+cookie, form(guest, "role", "programme_officer")).Status(403)
	send(http.MethodPost, "/session/role", "kb="+cookie, form(cookie, "role", "programme_officer")).Location("/inbox")

	// Signing in again as somebody else ends the session the browser had.
	other := h.person("khoi@khcn.bacninh.gov.vn", access.DepartmentHead)
	a = send(http.MethodPost, "/login/demo", "kb="+cookie, form(cookie, "login", other.Login, "next", "/profile"))
	second := set(a)
	if a.Location("/profile"); second == "" || second == cookie {
		t.Fatalf("cookie %q", second)
	}
	send(http.MethodGet, "/profile", "kb="+cookie, nil).Location("/login?next=%2Fprofile")
	send(http.MethodGet, "/login", "kb-guest="+guest, nil).Status(200).Has("Dùng thử theo vai trò").Has(other.Login)
	send(http.MethodPost, "/session/end", "kb="+second, form(second)).Location("/")
	send(http.MethodGet, "/profile", "kb="+second, nil).Location("/login?next=%2Fprofile")
}

func TestLocal(t *testing.T) {
	for next, want := range map[string]string{"/calls?q=a": "/calls?q=a", "//evil.example": "", "https://evil.example": "", "/\\evil.example": "",
		"javascript:alert(1)": "", "": "", "calls": ""} {
		if got := local(next); got != want {
			t.Errorf("local(%q) = %q", next, got)
		}
	}
}
