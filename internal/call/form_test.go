package call

import (
	"net/url"
	"strconv"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/form"
	"kinhbac/internal/storage"
	"kinhbac/internal/web/webtest"
)

// An officer builds a form without code; it freezes with the call.
func TestOfficerBuildsAForm(t *testing.T) {
	w := newWorld(t)
	site := webtest.New(t, w.db, w.acc, w.s.Routes)
	path := site.Post(w.officer, "/calls/draft", w.form()).Status(303).Header.Get("Location")
	page := path + "/form"
	c, err := w.s.Read(w.officer, path[len("/calls/"):])
	if err != nil {
		t.Fatal(err)
	}
	read := func() *form.Form {
		t.Helper()
		row, err := formInWork(t.Context(), w.db, c.ID)
		if err != nil || row == nil {
			t.Fatal("no form", err)
		}
		f, err := row.Questions()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	version := 1
	post := func(to string, v url.Values) *webtest.Answer {
		t.Helper()
		v.Set("version", strconv.Itoa(version))
		a := site.Post(w.officer, page+to, v)
		if a.Code == 303 {
			version++
		}
		return a
	}
	question := func(kind, label string, more ...string) url.Values {
		v := url.Values{"kind": {kind}, "label_vi": {label}, "label_en": {label + " in English"}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	site.Get(w.officer, path).Status(200).Has(page)
	site.Get(w.officer, page).Status(200).Has("Đợt này chưa có câu hỏi riêng")
	site.Get(w.person(access.Applicant), page).Status(403)
	post("/sections", url.Values{"title_vi": {"Thử nghiệm"}, "title_en": {""}}).Status(422)
	post("/sections", url.Values{"title_vi": {"Thử nghiệm"}, "title_en": {"Pilot"}}).Location(page)
	post("/sections", url.Values{"title_vi": {"Thị trường"}, "title_en": {"Market"}, "help_vi": {"Ghi đủ"}, "help_en": {"Say all"}}).Location(page)
	post("/sections/s1/fields", question("choice", "Đã thử nghiệm chưa", "options", "Có | Yes")).Status(422).Has("Ghi từ 2 đến 30 lựa chọn")
	post("/sections/s1/fields", question("choice", "Đã thử nghiệm chưa", "options", "Có\nKhông | No")).Status(422).Has("mỗi lựa chọn một dòng")
	post("/sections/s1/fields", question("choice", "Đã thử nghiệm chưa", "options", "Có | Yes\n\nKhông | No", "required", "true")).Location(page)
	post("/sections/s1/fields", question("long", "Kết quả", "words", "150", "when", "q1=o1")).Location(page)
	post("/sections/s1/fields", question("long", "Lý do", "words", "9000")).Status(422).Has("từ 0 đến 3000")
	post("/sections/s1/fields", question("text", "Tên", "when", "q7=o1")).Status(422).Has("câu hỏi đứng trước")
	post("/sections/s2/fields", question("table", "Thiết bị", "columns", "text | Tên | Name\nmoney | Giá | Price")).Location(page)
	post("/sections/s2/fields", question("table", "Thiết bị", "columns", "table | Tên | Name")).Status(422)
	post("/sections/s2/fields", question("file", "Tệp")).Status(422).Has("Chọn kiểu câu trả lời")
	post("/sections/s9/fields", question("text", "Tên")).Status(404)
	site.Get(w.officer, page).Status(200).Has("Chỉ trả lời khi").Has("Thiết bị").Has("Tối đa 150 từ")
	site.Get(w.officer, page+"/fields/q2").Status(200).Has("150").Has("Đã thử nghiệm chưa: Có")
	site.Get(w.officer, page+"/sections/s1/new").Status(200)
	site.Get(w.officer, page+"/sections/s2").Status(200).Has("Giá").Has("Không có gì được lưu")

	// Who read an older form changes nothing.
	stale := question("text", "Tên")
	stale.Set("version", "1")
	site.Post(w.officer, page+"/sections/s1/fields", stale).Status(409)

	// What another question hangs on is neither moved behind it nor taken out.
	post("/fields/q1/move", url.Values{"way": {"down"}}).Status(422)
	post("/fields/q1/delete", url.Values{}).Status(422)
	post("/fields/q2/update", question("long", "Kết quả", "words", "120", "when", "")).Location(page)
	post("/fields/q1/move", url.Values{"way": {"down"}}).Location(page)
	post("/sections/s2/move", url.Values{"way": {"up"}}).Location(page)
	post("/sections/s2/move", url.Values{"way": {"up"}}).Location(page)
	post("/fields/q2/delete", url.Values{}).Location(page)
	post("/sections/s1/fields", question("number", "Tỷ lệ")).Location(page)
	post("/sections/s1/update", url.Values{"title_vi": {"Thí điểm"}, "title_en": {"Trial"}}).Location(page)
	f := read()
	if len(f.Sections) != 2 || f.Sections[0].Key != "s2" || f.Sections[1].TitleVI != "Thí điểm" || f.Field("q2") != nil || f.Field("q4") == nil {
		t.Errorf("the form is %+v", f)
	}

	site.Post(w.head, path+"/approve", url.Values{}).Location(path)
	site.Get(w.officer, page).Status(200).Has("Biểu mẫu đã khóa").Lacks("Thêm câu hỏi")
	site.Get(w.officer, page+"/fields/q4").Status(404)
	version++
	if a := post("/sections/s1/fields", question("text", "Muộn")); a.Code < 400 || a.Code >= 500 {
		t.Errorf("a question after approval: %d", a.Code)
	}
	for _, sql := range []string{"UPDATE call_forms SET retired = '{x}'", "DELETE FROM call_forms"} {
		if _, err := w.db.NewRaw(sql).Exec(t.Context()); storage.Code(err) != "23001" {
			t.Errorf("%s after approval: %v", sql, err)
		}
	}
}
