package proposal

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

func (w *world) web() *webtest.Web { return webtest.New(w.t, w.db, w.acc, w.svc.Routes) }

// fill posts the parts of a dossier as an applicant's browser does and gives its path.
func fill(t *testing.T, w *world, site *webtest.Web) string {
	t.Helper()
	at := site.Post(w.applicant, "/proposals", url.Values{"call": {w.call.Code}, "organisation": {w.org.ID.String()}}).Status(303).Header.Get("Location")
	root := strings.TrimSuffix(at, "/organisation")
	version := func() string {
		id, err := uuid.Parse(strings.TrimPrefix(root, "/proposals/"))
		must(t, err)
		return strconv.Itoa(w.get(id).Version)
	}
	for _, p := range []struct {
		part string
		form url.Values
	}{
		{PartOrganisation, url.Values{"contact_name": {"Nguyễn Thị Hà"}, "contact_email": {"ha@vidu.example"}, "contact_phone": {"0912000000"}}},
		{PartTeam, url.Values{"members[0].name": {"Nguyễn Thị Hà"}, "members[0].part": {"Chủ nhiệm"}, "members[0].qualification": {"Thạc sĩ"}, "members[1].name": {""}, "members[1].part": {""}, "members[1].qualification": {""}}},
		{PartContent, url.Values{"title_vi": {"Cảm biến vải thiều"}, "title_en": {"Lychee sensors"}, "summary": {"Tóm tắt"}, "problem": {"Vấn đề"}, "solution": {"Giải pháp"}, "novelty": {""}}},
		{PartMarket, url.Values{"market": {"Nông hộ"}, "business_model": {"Thuê bao"}}},
		{PartPlan, url.Values{"duration_months": {"12"}, "plan": {"Quý I"}, "outcomes": {"30 trạm"}}},
		{PartBudget, url.Values{"items[0].item": {"Trạm"}, "items[0].grant": {"400.000.000"}, "items[0].own": {"100.000.000"}, "items[0].other": {""}, "cost_basis": {"Ba báo giá"}}},
	} {
		page := root + "/" + p.part
		site.Get(w.applicant, page).Status(200).Has(`name="version" value="` + version() + `"`)
		p.form.Set("version", version())
		site.Post(w.applicant, page, p.form).Status(303)
	}
	site.Get(w.applicant, root+"/files").Status(200)
	site.Upload(w.applicant, root+"/files", url.Values{"document": {"registration"}}, "file", "thuyết minh.png", picture(t)).Status(303)
	site.APIFile(w.applicant, root+"/files", url.Values{"document": {OtherDocument}}, "phụ lục.png", picture(t)).Status(200).Has("phụ lục.png")
	site.APIFile(w.applicant, root+"/files", nil, "phụ lục.png", picture(t)).Status(422).Has(`"document"`)
	return root
}

// TestConfirmationsBeforeTheCode submits without the boxes and without a code: the page asks for the boxes, not for the
// code, and nothing has happened.
func TestConfirmationsBeforeTheCode(t *testing.T) {
	w := newWorld(t)
	site, p := w.web(), w.draft()
	who := access.From(w.applicant)
	who.Proved = time.Time{}
	ctx := access.With(w.applicant, who)
	_, csrf := site.Session(ctx)
	send := func(more url.Values) *webtest.Answer {
		form := url.Values{"_csrf": {csrf}, "_key": {uuid.NewString()}, "version": {strconv.Itoa(p.Version)}}
		for k, v := range more {
			form[k] = v
		}
		return site.Raw(ctx, "POST", "/proposals/"+p.ID.String()+"/submit", []byte(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	}
	send(nil).Status(422).Has(`href="#f-truth_confirmed"`, `href="#f-no_double_funding"`).Lacks(`name="_code"`)
	both := url.Values{"truth_confirmed": {"true"}, "no_double_funding": {"true"}}
	send(both).Status(403).Has(`name="_code"`)
	if got := w.get(p.ID); got.Status != Draft || got.Code != "" {
		t.Errorf("trying left the dossier %s under %q", got.Status, got.Code)
	}
	both.Set("_code", "123456")
	send(both).Status(303)
}

func TestPagesOfAnApplicant(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	site.Get(w.applicant, "/proposals").Status(200)
	site.Get(w.applicant, "/proposals/new?call="+w.call.Code).Status(200).Has(w.org.Name)
	root := fill(t, w, site)
	site.Get(w.applicant, root).Status(200).Has("Cảm biến vải thiều")
	site.Get(w.applicant, root+"/files").Status(200).Has("thuyết minh.png")
	site.Get(w.applicant, root+"/check").Status(200).Has("400.000.000").Has("Xác nhận và nộp hồ sơ")

	id, err := uuid.Parse(strings.TrimPrefix(root, "/proposals/"))
	must(t, err)
	version := strconv.Itoa(w.get(id).Version)
	site.Post(w.applicant, root+"/submit", url.Values{"version": {version}}).Status(422).Has("Đánh dấu vào cam kết này để nộp")
	agreed := url.Values{"version": {version}, "truth_confirmed": {"true"}, "no_double_funding": {"true"}}
	key := uuid.NewString()
	first := site.PostKey(w.applicant, root+"/submit", key, agreed).Status(303).Header.Get("Location")
	if again := site.PostKey(w.applicant, root+"/submit", key, agreed).Status(303).Header.Get("Location"); again != first {
		t.Errorf("the same key gives %s, then %s", first, again)
	}
	p := w.get(id)
	receipt := site.Get(w.applicant, root+"/receipt").Status(200).Has(p.Code).Has("<svg class=\"qr\"")
	tracking := regexp.MustCompile(`<b class="num">([0-9A-Z]{8})</b>`).FindStringSubmatch(receipt.Body)
	if tracking == nil {
		t.Fatal("no tracking key on the receipt")
	}
	guest := t.Context()
	site.Get(guest, "/track").Status(200)
	site.Get(guest, "/track?code="+p.Code+"&key="+tracking[1]).Status(200).Has("Đã tiếp nhận")
	wrong := site.Get(guest, "/track?code="+p.Code+"&key=00000000").Status(200).Has("Không tìm thấy mã hồ sơ")
	if strings.Contains(wrong.Body, "Cảm biến") {
		t.Error("a wrong key tells the title")
	}
	site.Get(w.applicant, root+"/content").Status(409)
	site.Get(w.applicant, "/proposals").Status(200).Has(p.Code).Has("Đã tiếp nhận")
	site.Get(w.applicant, "/proposals.csv").Status(200).Has(p.Code)

	for _, path := range []string{root, root + "/receipt", root + "/check", root + "/content", root + "/files/" + uuid.NewString()} {
		site.Get(w.rival, path).Status(404)
		site.Get(w.officer, path)
	}
	site.Get(w.officer, root).Status(404)
	site.Get(w.officer, "/proposals?q=cam+bien&totals=1").Status(200)
	w.close()
	site.Get(w.officer, root).Status(200).Has("Mới tiếp nhận")
	site.Get(w.rival, root).Status(404)
	site.Get(w.officer, root+"/receipt").Status(404)
}

func TestMoneyTyped(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	p := w.draft()
	for _, typed := range []string{"1.234,5", "-0", "1e9", "NaN", "+1", "0x10", "1_000", "-1", "1.23", "１２"} {
		form := url.Values{"version": {strconv.Itoa(p.Version)}, "items[0].item": {"Trạm"}, "items[0].grant": {typed}, "items[0].own": {""}, "items[0].other": {""}, "cost_basis": {""}}
		site.Post(w.applicant, path(p)+"/budget", form).Status(422).Has("Nhập số tiền bằng đồng")
	}
	if got := w.get(p.ID); got.Version != p.Version || !got.Requested.Equal(p.Requested) {
		t.Error("a refused table changed the dossier")
	}
}

func TestAutosave(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	p := w.draft()
	form := url.Values{"version": {strconv.Itoa(p.Version)}, "market": {"Hợp tác xã"}, "business_model": {"Bán máy"}}
	site.Post(w.applicant, path(p)+"/market", form).Status(303)
	stale := site.Post(w.applicant, path(p)+"/market", url.Values{"version": {strconv.Itoa(p.Version)}, "market": {"Ở thẻ cũ"}, "business_model": {"Bán máy"}})
	stale.Status(409).Has("Ở thẻ cũ").Has("Hợp tác xã")
	site.Fragment(w.applicant, path(p)+"/market", "saved").Status(200).Has("Đã lưu lúc").Has(`name="version" value="` + strconv.Itoa(p.Version+1) + `"`)
	site.Fragment(w.applicant, path(p)+"/budget", "saved").Status(200).Has("hx-swap-oob")
}

func TestForbiddenFileOnThePage(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	p := w.draft()
	site.Upload(w.applicant, path(p)+"/files", url.Values{"document": {OtherDocument}}, "file", "bao-gia.pdf", []byte("<html><script>1</script></html>")).Status(422).Has("Chọn tệp PDF, DOCX, XLSX, PNG hoặc JPG")
	site.Upload(w.applicant, path(p)+"/files", url.Values{"document": {OtherDocument}}, "file", "../../bao giá.pdf", picture(t)).Status(303)
	site.Get(w.applicant, path(p)+"/files").Status(200).Has("bao giá.png")
	a := site.Get(w.applicant, firstFile(t, site.Get(w.applicant, path(p)+"/files").Body)).Status(200)
	if a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("sent with %v", a.Header)
	}
}

func firstFile(t *testing.T, body string) string {
	t.Helper()
	m := regexp.MustCompile(`/proposals/[0-9a-f-]{36}/files/[0-9a-f-]{36}`).FindString(body)
	if m == "" {
		t.Fatal("no file on the page")
	}
	return m
}

func TestScreeningOnPages(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	w.close()
	site.Get(w.officer, "/proposals?waiting=1&q=CAM%20BIEN").Status(200).Has("Cảm biến vải thiều").Has(w.org.Name)
	site.Get(w.officer, "/proposals?totals=1").Status(200).Has("1 hồ sơ theo bộ lọc")
	site.Get(w.officer, "/proposals.csv").Status(200).Has("400000000")
	for _, tab := range tabs {
		site.Get(w.officer, path(p)+"?tab="+tab).Status(200)
	}
	site.Post(w.officer, path(p)+"/eligibility-checks", url.Values{"outcome": {"ineligible"}, "reason": {""}}).Status(422).Has("Nhập lý do không hợp lệ")
	site.Post(w.officer, path(p)+"/eligibility-checks", url.Values{"outcome": {"eligible"}, "reason": {""}}).Status(303)
	c, err := CheckOf(t.Context(), w.db, p.ID)
	must(t, err)
	site.Get(w.applicant, path(p)+"?tab=screening").Status(200).Lacks("Chờ xác nhận")
	site.Get(w.applicant, path(p)+"/notice").Status(404)
	site.Get(w.head, "/inbox").Status(200)
	site.Get(w.head, path(p)+"?tab=screening").Status(200).Has("Xác nhận kết quả")
	site.Post(w.head, "/eligibility-checks/"+c.ID.String()+"/decide", url.Values{"version": {"1"}, "confirm": {"true"}}).Status(303)
	site.Get(w.applicant, path(p)+"?tab=screening").Status(200).Has("Đã xác nhận")
	site.Get(w.applicant, path(p)+"/notice").Status(200).Has("hồ sơ hợp lệ").Has("Trưởng phòng")
	site.Get(w.officer, path(p)+"?tab=log").Status(200).Has("Nộp hồ sơ:", "Đề xuất hợp lệ:", "Xác nhận sơ loại:")
	site.Get(w.applicant, path(p)+"?tab=log").Status(200).Lacks("Đề xuất hợp lệ:").Lacks(">Nhật ký<")
	site.Get(w.applicant, "/inbox").Status(200).Has("Cảm biến vải thiều", "Chờ công bố kết quả")
	site.Get(w.officer, "/inbox").Status(200).Has("Sơ loại, trung bình")
	site.Get(w.rival, path(p)+"/notice").Status(404)
	site.Get(w.stranger, path(p)).Status(404)
	site.Get(t.Context(), path(p)).Status(401)
}

// TestConflictLeavesNoTraceInListsAndTotals compares what an officer in conflict with the firm of a dossier finds with
// what a colleague finds.
func TestConflictLeavesNoTraceInListsAndTotals(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	w.close()
	tied := accesstest.As(t, t.Context(), w.db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	site.Get(tied, "/proposals?totals=1").Status(200).Has("1 hồ sơ theo bộ lọc", "400.000.000")
	must(t, access.AddTie(t.Context(), w.db, access.Tie{Kind: "conflict", Who: access.From(tied).ID, Object: w.org, Reason: "cổ đông"}))
	site.Get(tied, "/proposals?totals=1").Status(200).Lacks("1 hồ sơ", "400.000.000", "vải thiều")
	site.Get(tied, "/proposals.csv").Status(200).Lacks("400000000", "vải thiều")
	site.API(tied, "GET", "/proposals", nil, nil).Status(200).Lacks("400000000", "vải thiều")
	site.Get(tied, path(p)).Status(404)
	site.Get(w.officer, "/proposals?totals=1").Status(200).Has("1 hồ sơ theo bộ lọc", "400.000.000")
}

func TestAPI(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	var made versionView
	site.API(w.applicant, "POST", "/proposals", createIn{w.call.Code, w.org.ID}, &made).Status(200)
	var saved versionView
	site.API(w.applicant, "POST", "/proposals/"+made.ID.String()+"/content", ContentEdit{Version: made.Version, TitleVI: "Tên"}, &saved).Status(200)
	if saved.Version != made.Version+1 {
		t.Errorf("version %d after %d", saved.Version, made.Version)
	}
	site.API(w.applicant, "POST", "/proposals/"+made.ID.String()+"/content", ContentEdit{Version: made.Version, TitleVI: "Khác"}, nil).Status(409)
	var v view
	site.API(w.applicant, "GET", "/proposals/"+made.ID.String(), nil, &v).Status(200)
	if v.TitleVI != "Tên" || v.Status != "draft" || v.Organisation != w.org.Name {
		t.Errorf("read %+v", v)
	}
	site.API(w.rival, "GET", "/proposals/"+made.ID.String(), nil, nil).Status(404)
	var l listView
	site.API(w.applicant, "GET", "/proposals", nil, &l).Status(200)
	if len(l.Items) != 1 {
		t.Errorf("%d dossiers", len(l.Items))
	}
	site.API(w.applicant, "POST", "/proposals/"+made.ID.String()+"/submit", Confirmations{Version: saved.Version, Truth: true, NoDouble: true}, nil).Status(422).Has("proposal.need.document")
}

func TestAutosaveAnswersWithTheLine(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	p := w.draft()
	token := web.CSRFToken("session-of-" + access.From(w.applicant).ID.String())
	post := func(version int, market string) *webtest.Answer {
		form := url.Values{"_csrf": {token}, "_key": {uuid.NewString()}, "version": {strconv.Itoa(version)}, "market": {market}, "business_model": {"Bán máy"}}
		return site.Raw(w.applicant, "POST", path(p)+"/market", []byte(form.Encode()),
			map[string]string{"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true", "Sec-Fetch-Site": "same-origin"})
	}
	next := strconv.Itoa(p.Version + 1)
	post(p.Version, "Hợp tác xã").Status(200).Has(`<span class="saved"`).Has(`name="version" value="` + next + `"`).Lacks("<h1")
	post(p.Version+1, "Siêu thị").Status(200)
	post(p.Version, "Thẻ cũ").Status(409)
}

func TestSupplementOnPages(t *testing.T) {
	w := newWorld(t)
	site := w.web()
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	w.close()
	site.Get(w.officer, path(p)).Status(200).Lacks("Yêu cầu bổ sung</summary>")
	w.exec("UPDATE calls SET track = 'nd267' WHERE id = ?", w.call.ID)
	site.Get(w.officer, path(p)).Status(200).Has("Yêu cầu bổ sung")
	ask := url.Values{"wanted": {"Bản sao đăng ký"}, "until": {calendar.DateOf(time.Now()).AddDays(3).Format()}}
	site.Post(w.officer, path(p)+"/request-supplement", url.Values{"wanted": {"Bản sao"}, "until": {"31/02/2027"}}).Status(422)
	site.Post(w.officer, path(p)+"/request-supplement", ask).Status(303)
	site.Get(w.applicant, path(p)).Status(200).Has("Bản sao đăng ký").Has("Nộp bản bổ sung").Has("Cần bổ sung")
	site.Get(w.applicant, "/inbox").Status(200).Has("Bổ sung hồ sơ")
	for _, part := range Parts {
		site.Get(w.applicant, path(p)+"/"+part).Status(200)
	}
	site.Post(w.applicant, path(p)+"/resubmit", url.Values{"version": {strconv.Itoa(w.get(p.ID).Version)}}).Status(303)
	site.Get(w.officer, path(p)).Status(200).Has("Đang sơ loại")
}
