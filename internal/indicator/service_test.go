package indicator_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/indicator"
	"kinhbac/internal/report"
	"kinhbac/internal/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// awards counts a fixed number for every year.
type awards int

func (a awards) PublishedAwards(context.Context, bun.IDB, int) (int, error) { return int(a), nil }

func value(s string) indicator.Proposal {
	return indicator.Proposal{AsOf: calendar.On(2025, 12, 31), Value: decimal.RequireFromString(s), Source: "Sở Tài chính", Evidence: "Báo cáo 12/BC-STC"}
}

func TestEntryBecomesPublic(t *testing.T) {
	db, ctx := dbtest.New(t), t.Context()
	acc := accesstest.New(t)
	svc := indicator.New(db, acc, awards(3))
	officer := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	head := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.DepartmentHead}})
	leader := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ProvinceLeader}})

	if _, err := svc.Propose(leader, 2, value("60")); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("a province leader proposed: %v", err)
	}
	if _, err := svc.Propose(officer, 8, value("60")); errs.From(err).Code != "indicator.counted" {
		t.Errorf("indicator 8 took an entry: %v", err)
	}
	e, err := svc.Propose(officer, 2, value("60"))
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.Publish(head, e.ID); errs.From(err).Code != "indicator.state" {
		t.Errorf("published before verification: %v", err)
	}
	if err := svc.Verify(officer, e.ID); errs.From(err).Kind != errs.Forbidden {
		t.Errorf("the officer verified: %v", err)
	}
	if got := latest(t, svc, 2); got != "" {
		t.Errorf("a proposed value is public: %s", got)
	}
	for _, do := range []error{svc.Verify(head, e.ID), svc.Publish(head, e.ID)} {
		if do != nil {
			t.Fatal(do)
		}
	}
	if got := latest(t, svc, 2); got != "60" {
		t.Errorf("public value %q", got)
	}
	if got := latest(t, svc, 8); got != "3" {
		t.Errorf("indicator 8 counts %q", got)
	}

	p := value("58")
	p.Reason = "Loại 2 doanh nghiệp đã giải thể"
	r, err := svc.ProposeRestatement(officer, e.ID, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.ProposeRestatement(officer, e.ID, p); errs.From(err).Code != "indicator.restatement_under_way" {
		t.Errorf("two restatements at once: %v", err)
	}
	if err := svc.Verify(head, r.ID); err != nil {
		t.Fatal(err)
	}
	if err := svc.Publish(head, r.ID); errs.From(err).Code != "indicator.state" {
		t.Errorf("a restatement published as new: %v", err)
	}
	other := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.DepartmentHead}})
	if err := svc.Restate(other, r.ID); err != nil {
		t.Fatal(err)
	}
	if got := latest(t, svc, 2); got != "58" {
		t.Errorf("after the restatement %q", got)
	}
}

func latest(t *testing.T, svc *indicator.Service, n int) string {
	t.Helper()
	s, err := svc.State(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := s.Latest()
	if !ok {
		return ""
	}
	return m.Value.String()
}

func TestPages(t *testing.T) {
	db, guest := dbtest.New(t), context.Background()
	acc := accesstest.New(t)
	svc := indicator.New(db, acc, awards(3))
	w := webtest.New(t, db, acc, svc.Routes, report.New(db).Routes)
	officer := accesstest.As(t, guest, db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	head := accesstest.As(t, guest, db, accesstest.Person{Roles: []access.Role{access.DepartmentHead}})
	applicant := accesstest.As(t, guest, db, accesstest.Person{Roles: []access.Role{access.Applicant}})

	w.Get(guest, "/indicators").Status(http.StatusOK).Has("15 chỉ tiêu", "Top 10", "≥ 800", "Chưa có số liệu", "50 - 60")
	w.Get(guest, "/indicators/13").Status(http.StatusOK).Has("HDI", "Tăng dần theo mỗi năm")
	w.Get(guest, "/indicators/16").Status(http.StatusNotFound)
	w.Get(guest, "/indicators/2/entries").Status(http.StatusUnauthorized)
	w.Get(applicant, "/indicators/2/entries").Status(http.StatusForbidden).Has("Không có quyền thực hiện")
	w.Get(guest, "/indicators.csv").Status(http.StatusOK).Has("Tỷ lệ doanh nghiệp")
	w.Get(guest, "/open-data").Status(http.StatusOK).Has("/indicators.csv")

	w.Get(officer, "/indicators/2/entries").Status(http.StatusOK).Has("Nhập số liệu")
	form := url.Values{"as_of": {"31/12/2025"}, "value": {"60,5x"}, "source": {"Sở Tài chính"}, "evidence": {"Báo cáo 12"}}
	w.Post(officer, "/indicators/2/propose", form).Status(http.StatusUnprocessableEntity).Has("Nhập số với dấu phẩy thập phân", `value="60,5x"`)
	form.Set("value", "60")
	w.Post(officer, "/indicators/2/propose", form).Location("/indicators/2/entries")
	w.Get(officer, "/indicators/2/entries").Has("Chờ xác minh")
	w.Get(head, "/inbox").Has("Xác minh số liệu chỉ tiêu 2")

	var out struct{ ID string }
	w.API(officer, http.MethodPost, "/indicators/3/propose", struct {
		AsOf     string `json:"as_of"`
		Value    string `json:"value"`
		Source   string `json:"source"`
		Evidence string `json:"evidence"`
	}{"2025-12-31", "4", "Sở KH&CN", "Công văn 5"}, &out).Status(http.StatusOK)
	entry := "/indicator-entries/" + out.ID
	w.Get(head, entry).Status(http.StatusOK).Has("Xác minh số liệu")
	w.Post(head, entry+"/verify", nil).Location(entry)
	w.Post(head, entry+"/publish", nil).Location(entry)
	w.Get(officer, entry).Has("Đã công bố", "Đề nghị đính chính")
	w.Get(applicant, entry).Status(http.StatusForbidden)
	w.Get(guest, "/indicators/3").Has("Đúng tiến độ", "31/12/2025")
	w.API(guest, http.MethodGet, "/indicators", nil, nil).Status(http.StatusOK)
}
