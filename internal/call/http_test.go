package call

import (
	"context"
	"net/url"
	"testing"
	"time"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/web/webtest"
)

func (w *world) form() url.Values {
	d := w.details()
	at := func(t time.Time) string { return t.In(calendar.Zone).Format("02/01/2006 15:04") }
	return url.Values{
		"programme_id": {w.programme.String()}, "title_vi": {d.TitleVI}, "title_en": {d.TitleEN}, "summary_vi": {d.SummaryVI}, "summary_en": {d.SummaryEN},
		"beneficiary": {"startup"}, "track": {"nd268"}, "ballot_kind": {"points"}, "budget_line_id": {w.line.String()},
		"ceiling_total": {"12.000.000.000"}, "ceiling_award": {"1.500.000.000"}, "pass_mark": {"70"}, "co_funding_share": {"30,5"},
		"opens_at": {at(d.OpensAt)}, "closes_at": {at(d.ClosesAt.Add(time.Hour))}, "reference_date": {d.ReferenceDate.Format()}, "contact": {d.Contact},
		"documents[0]": {"registration"}, "documents[3]": {"single_source"}, "version": {"0"},
		"criteria[0].name_vi": {"Tính mới"}, "criteria[0].name_en": {"Novelty"}, "criteria[0].max_points": {"60"},
		"criteria[1].name_vi": {"Thị trường"}, "criteria[1].name_en": {"Market"}, "criteria[1].max_points": {"40"},
		"criteria[2].name_vi": {""}, "criteria[2].name_en": {""}, "criteria[2].max_points": {""},
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	web := webtest.New(t, w.db, w.acc, w.s.Routes)
	applicant := w.person(access.Applicant)

	web.Get(ctx, "/calls").Status(200).Has("Chưa có đợt nào")
	web.Get(ctx, "/programmes").Status(200).Has("Tăng tốc")
	web.Get(w.officer, "/programmes").Status(200).Has("Lập nhóm hoạt động")
	web.Post(w.officer, "/programmes/draft", url.Values{"code": {"KH151-9"}, "group": {"9"}, "name_vi": {"A"}, "name_en": {"B"}}).Status(422).Has("Chọn nhóm từ 1 đến 8")
	web.Post(w.officer, "/programmes/draft", url.Values{"code": {"kh151-1"}, "group": {"1"}, "name_vi": {"Truyền thông"}, "name_en": {"Communication"}}).Location("/programmes")
	web.Get(w.head, "/programmes").Status(200).Has("Chờ duyệt").Has("Duyệt")
	web.Get(applicant, "/calls/new").Status(403)
	web.Get(w.officer, "/calls/new").Status(200).Has("Dòng ngân sách")

	bad := w.form()
	bad.Set("ceiling_award", "1.234,5")
	web.Post(w.officer, "/calls/draft", bad).Status(422).Has("Nhập số tiền bằng đồng").Has("single_source")
	bad = w.form()
	bad.Set("criteria[1].max_points", "41")
	web.Post(w.officer, "/calls/draft", bad).Status(422).Has("tổng bằng 100; hiện là 101")
	web.Post(applicant, "/calls/draft", w.form()).Status(403)
	a := web.Post(w.officer, "/calls/draft", w.form()).Status(303)
	path := a.Header.Get("Location")
	code := path[len("/calls/"):]

	web.Get(ctx, path).Status(404)
	web.Get(w.officer, path).Status(200).Has("Kinh phí bảo đảm").Has("vượt số khả dụng")
	web.Get(w.officer, path+"/edit").Status(200).Has("Novelty")
	edit := w.form()
	edit.Set("version", "1")
	edit.Set("title_vi", "Đợt đã sửa")
	web.Post(w.officer, path+"/update", edit).Location(path)
	edit.Set("title_vi", "Đợt sửa sau")
	web.Post(w.officer, path+"/update", edit).Status(409).Has("Đợt đã sửa").Has("Đợt sửa sau")

	web.Post(applicant, path+"/approve", url.Values{}).Status(403)
	web.Post(w.head, path+"/approve", url.Values{}).Location(path)
	web.Post(w.head, path+"/publish", url.Values{"number": {""}}).Status(422)
	web.Post(w.head, path+"/publish", url.Values{"number": {"214/TB-SKHCN ngày 18/02/2026"}}).Location(path)
	web.Get(ctx, path).Status(200).Has("214/TB-SKHCN").Has("Căn cứ áp dụng").Has("Điều 12 khoản 3").Has("Cần xác minh")
	web.Get(ctx, "/calls?state=upcoming&programme=KH151-5&q=da+sua&sort=code").Status(200).Has(code)
	web.Get(ctx, "/calls?state=open").Status(200).Has("Không có đợt nào khớp")
	w.shift(time.Hour + time.Minute)
	if err := w.s.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	web.Get(ctx, path).Status(200).Has("Bắt đầu nộp hồ sơ").Has("/proposals/new?call=" + code)
	web.Get(applicant, path).Status(200).Has("Bắt đầu nộp hồ sơ")
	web.Get(w.person(access.OrgSignatory), path).Status(200).Has("/proposals/new?call=" + code)
	for _, role := range []access.Role{access.ProgrammeOfficer, access.DepartmentHead, access.ProvinceLeader, access.FinanceOfficer, access.ChiefAccountant,
		access.AccountHolder, access.Reviewer, access.CouncilMember, access.CouncilChair, access.CouncilSecretary, access.FundAnalyst, access.FundManager,
		access.InvestmentBoard, access.Auditor, access.DPO, access.SystemAdmin, access.SecurityOfficer} {
		web.Get(w.person(role), path).Status(200).Has(code).Lacks("Bắt đầu nộp hồ sơ", "/proposals/new")
	}
	web.Get(ctx, "/calls.csv?state=open").Status(200).Has(code)
	web.Post(w.officer, path+"/propose-addendum", url.Values{"text_vi": {"Giải thích"}, "text_en": {"Explanation"}}).Location(path)
	web.Get(w.head, path).Status(200).Has("Công bố giải thích")
	web.Get(ctx, path).Status(200).Lacks("Công bố giải thích")
	web.Post(w.head, path+"/addend", url.Values{"number": {"215/TB"}}).Location(path)
	web.Get(ctx, path).Status(200).Has("215/TB")

	var one callOut
	web.API(applicant, "GET", path, nil, &one).Status(200)
	if one.Status != "open" || one.PassMark != "70.00" {
		t.Errorf("%+v", one)
	}
	web.API(applicant, "GET", "/calls", nil, nil).Status(200)
	web.API(applicant, "GET", "/programmes", nil, nil).Status(200)
	if tasks, err := w.s.Tasks(w.head); err != nil || len(tasks) != 1 {
		t.Errorf("%+v, %v", tasks, err)
	}
	if open, err := w.s.OpenNow(ctx); err != nil || len(open) != 1 {
		t.Errorf("%+v, %v", open, err)
	}
}
