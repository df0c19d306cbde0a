package budget

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"strings"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/file"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// TestWayToEstimates leads those who may read estimates there from the budget, and from the first page where the row of
// their role has no room for it; others are not shown the way.
func TestWayToEstimates(t *testing.T) {
	b := openBureau(t)
	w := webtest.New(t, b.db, b.acc, b.svc.Routes)
	button := `<a class="btn sec2" href="/estimates">`
	for name, ctx := range map[string]context.Context{"programme officer": b.drafter, "department head": b.head} {
		w.Get(ctx, "/inbox").Status(200).Has(button, `<a class="btn sec2" href="/budgets">`)
		if a := w.Get(ctx, "/budgets/2026").Status(200); !strings.Contains(a.Body, `href="/estimates/2026"`) {
			t.Errorf("the budget leads the %s to no estimate", name)
		}
		w.Get(ctx, "/estimates/2026").Status(200)
	}
	w.Get(b.officer, "/budgets").Status(200).Has(`href="/estimates/`)
	w.Get(b.officer, "/inbox").Status(200).Has(`href="/estimates"`).Lacks(button) // stands in the row
	for _, role := range []access.Role{access.Applicant, access.Reviewer, access.CouncilChair, access.FundManager, access.SystemAdmin, access.DPO} {
		ctx := accesstest.As(t, t.Context(), b.db, accesstest.Person{Roles: []access.Role{role}})
		w.Get(ctx, "/inbox").Status(200).Lacks("/estimates", "/budgets")
		w.Get(ctx, "/budgets").Status(403)
		w.Get(ctx, "/estimates").Status(403)
	}
}

func TestEstimatePages(t *testing.T) {
	b := openBureau(t)
	b.svc.KeepFiles(file.NewStore(t.TempDir()))
	w := webtest.New(t, b.db, b.acc, b.svc.Routes)
	w.Get(b.drafter, "/estimates").Status(200).Has("Chưa có dự toán").Has("Mở dự toán")
	w.Get(b.officer, "/estimates").Status(200).Lacks("/estimates/new")
	w.Get(b.drafter, "/estimates/new").Status(200)
	w.Get(b.officer, "/estimates/new").Status(404)
	w.Post(b.drafter, "/estimates", url.Values{"year": {"1999"}, "round": {"0"}, "title": {"x"}}).Status(422).Has("2000 đến 2199")
	const at = "/estimates/2027/0"
	w.Post(b.drafter, "/estimates", url.Values{"year": {"2027"}, "round": {"0"}, "title": {"Dự toán 2027"}}).Location(at)
	w.Post(b.drafter, "/estimates", url.Values{"year": {"2027"}, "round": {"0"}, "title": {"Dự toán 2027"}}).Status(409)
	w.Get(b.drafter, at).Status(200).Has("Thêm nhiệm vụ")
	w.Get(b.drafter, at+"/rows/new").Status(200).Has("Ươm tạo").Has("cần xác minh")
	row := url.Values{"task_vi": {"Ươm tạo ý tưởng"}, "task_en": {"Incubation"}, "unit_id": {access.UnitScience.String()}, "source_code": {"NS"}, "programme_code": {"CT4"},
		"asked": {"1.234,5"}, "explanation": {"theo kế hoạch"}, "item": {"7750"}, "sub_item": {"7758"}}
	w.Post(b.drafter, at+"/rows", row).Status(422).Has("chỉ gồm chữ số").Has("Ươm tạo ý tưởng")
	row.Set("asked", "999.999.999.999.999")
	w.Post(b.drafter, at+"/rows", row).Location(at)
	w.Get(b.drafter, at).Status(200).Has("999.999.999.999.999").Has("7758").Has("NS.CT4.01")
	w.Get(b.drafter, at+"/rows.csv").Status(200).Has("999999999999999")
	if x := w.Get(b.drafter, at+"/rows.xlsx").Status(200); !strings.HasPrefix(x.Body, "PK") {
		t.Error("the workbook is no workbook")
	}
	e := b.fresh(t, &Estimate{Year: 2027})
	line := at + "/rows/" + e.Rows[0].ID.String()
	w.Get(b.drafter, line).Status(200).Has("999.999.999.999.999")
	row.Set("asked", "600")
	row.Set("version", "1")
	w.Post(b.drafter, line+"/change", row).Location(at)
	w.Post(b.drafter, line+"/change", row).Status(409)
	var pixel bytes.Buffer
	if err := png.Encode(&pixel, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	w.Upload(b.drafter, at+"/files", url.Values{}, "file", "to-trinh.png", pixel.Bytes()).Location(at + "/files")
	w.Upload(b.drafter, at+"/files", url.Values{}, "file", "x.exe", []byte("MZ")).Status(422)
	w.APIFile(b.drafter, at+"/files", nil, "phu-luc.png", pixel.Bytes()).Status(200).Has("phu-luc.png")
	w.APIFile(b.drafter, at+"/files", nil, "x.exe", []byte("MZ")).Status(422)
	w.APIFile(b.drafter, at+"/import", nil, "a.csv", []byte("task_vi,task_en,unit_code,source_code,asked,explanation\nB,B,KHCN,NS,mười,x\n")).Status(422)
	page := w.Get(b.officer, at+"/files").Status(200).Has("to-trinh.png")
	i := strings.Index(page.Body, at+"/files/")
	if i < 0 {
		t.Fatal("no link to the file")
	}
	href := page.Body[i : i+len(at+"/files/")+36]
	w.Get(b.officer, href).Status(200)
	w.Upload(b.drafter, at+"/import", url.Values{}, "file", "a.csv", []byte("task_vi,task_en,unit_code,source_code,asked,explanation\nA,A,KHCN,NS,100,x\nB,B,KHCN,NS,mười,x\nC,C,XXX,NS,5,x\n")).
		Status(422).Has("Dòng 3, cột Số đề nghị").Has("Dòng 4, cột Đơn vị")
	w.Upload(b.drafter, at+"/import", url.Values{}, "file", "a.csv", []byte("Nhiệm vụ (tiếng Việt);Nhiệm vụ (tiếng Anh);Đơn vị;Nguồn;Số đề nghị;Thuyết minh\nTechfest;Techfest;KHCN;NS;1.000;mỗi năm\n")).Location(at)
	if tasks, err := b.svc.Tasks(b.head); err != nil || len(tasks) != 1 {
		t.Errorf("tasks of the head %+v, %v", tasks, err)
	}
	version := func() []string { return []string{fmt.Sprint(b.fresh(t, e).Version)} }
	w.Get(b.head, at).Status(200).Has("Tổng hợp và gửi Sở Tài chính")
	w.Post(b.head, at+"/consolidate", url.Values{"version": version(), "submission_no": {""}}).Status(422)
	w.Post(b.head, at+"/consolidate", url.Values{"version": {"1"}, "submission_no": {"12/TTr"}}).Status(409)
	w.Post(b.head, at+"/consolidate", url.Values{"version": version(), "submission_no": {"12/TTr"}}).Location(at)
	w.Get(b.officer, href).Status(200)
	w.Post(b.drafter, at+"/rows", row).Status(409)
	if tasks, err := b.svc.Tasks(b.officer); err != nil || len(tasks) != 1 || tasks[0].Href != at {
		t.Errorf("tasks of the officer %+v, %v", tasks, err)
	}
	w.Get(b.officer, at+"/appraisal").Status(200).Has("Lưu thẩm định")
	e = b.fresh(t, e)
	answer := url.Values{"version": version(), "from": {"0"}, "lines[0].id": {e.Rows[0].ID.String()}, "lines[0].amount": {"500"}, "lines[0].comment": {""},
		"lines[1].id": {e.Rows[1].ID.String()}, "lines[1].amount": {"1.000"}, "lines[1].comment": {""}, "appraisal_no": {""}}
	w.Post(b.officer, at+"/appraise", answer).Status(422).Has("Nhập ý kiến").Has(`value="500"`)
	answer.Set("lines[0].comment", "giảm theo mặt bằng")
	w.Post(b.officer, at+"/appraise", answer).Status(303)
	w.Post(b.officer, at+"/appraise", url.Values{"version": version(), "from": {"0"}, "appraisal_no": {"34/STC"}}).Location(at)
	w.Get(b.chief, at).Status(200).Has("Xác nhận thẩm định")
	w.Post(b.chief, at+"/return-appraisal", url.Values{"version": version(), "reason": {"xem lại"}}).Location(at)
	w.Get(b.officer, at).Status(200).Has("Trả lại: xem lại")
	w.Post(b.officer, at+"/appraise", url.Values{"version": version(), "from": {"0"}, "appraisal_no": {"35/STC"}}).Location(at)
	w.Post(b.chief, at+"/confirm-appraisal", url.Values{"version": version()}).Location(at)
	w.Get(b.leader, at).Status(200).Has("Giao dự toán")
	w.Post(b.leader, at+"/assign", url.Values{"version": version(), "decision_no": {"2406/QĐ-UBND"}, "decided_on": {""}}).Status(422).Has("Nhập ngày quyết định")
	w.Post(b.leader, at+"/assign", url.Values{"version": version(), "decision_no": {"2406/QĐ-UBND"}, "decided_on": {"12/12/2025"}}).Location(at)
	w.Get(b.leader, at).Status(200).Has("2406/QĐ-UBND").Has("/budgets/2027/lines/")
	w.Get(b.officer, at+"/versions").Status(200).Has("giao dự toán").Has("trả lại")
	w.Get(b.officer, at+"/compare?a=1&b=2").Status(200).Has("Ươm tạo ý tưởng").Has("−100")
	w.Get(b.officer, at+"/compare?a=1&b=99").Status(404)
	w.Get(b.officer, at+"/compare.csv?a=1&b=2").Status(200).Has("-100")
	w.Get(b.officer, at+"/compare.xlsx?a=1&b=2").Status(200)
	w.Get(b.officer, "/estimates.csv").Status(200).Has("Dự toán 2027")
	w.Get(b.officer, "/estimates/2027").Status(200).Has("Dự toán 2027")
	w.Get(b.officer, "/estimates/2026").Status(200).Lacks("Dự toán 2027")
	w.Get(b.officer, "/estimates/2027/1").Status(404)
	w.Get(b.officer, "/estimates/2027/00").Status(404)
	var out estimateView
	w.API(b.officer, "GET", at, nil, &out).Status(200)
	if out.Status != EstimateAssigned || !out.Total.Equal(money.VND(1500)) || out.Rows[0].LineID == nil {
		t.Errorf("api %+v", out)
	}
	w.API(b.officer, "GET", "/estimates", nil, nil).Status(200)
	w.API(b.officer, "GET", at+"/compare?a=1&b=0", nil, nil).Status(200).Has(`"delta":"-100"`)
	w.API(b.leader, "POST", at+"/assign", map[string]any{"version": out.Version, "decision_no": "1/QĐ", "decided_on": "2025-12-12"}, nil).Status(409)
}
