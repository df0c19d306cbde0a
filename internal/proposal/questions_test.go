package proposal

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/web/webtest"
)

var asked = &form.Form{Sections: []form.Section{{Key: "s1", TitleVI: "Thử nghiệm", TitleEN: "Pilot", Fields: []form.Field{
	{Key: "q1", Kind: form.Choice, LabelVI: "Đã thử nghiệm chưa", LabelEN: "Piloted", Required: true,
		Options: []form.Option{{Key: "yes", VI: "Có", EN: "Yes"}, {Key: "no", VI: "Không", EN: "No"}}},
	{Key: "q2", Kind: form.Long, LabelVI: "Kết quả", LabelEN: "Result", Required: true, Words: 4, When: &form.Condition{Field: "q1", Is: "yes"}},
	{Key: "q3", Kind: form.Table, LabelVI: "Thiết bị", LabelEN: "Devices",
		Columns: []form.Column{{Key: "c1", Kind: form.Text, VI: "Tên", EN: "Name"}, {Key: "c2", Kind: form.Money, VI: "Giá", EN: "Price"}}},
	{Key: "q4", Kind: form.Choices, LabelVI: "Nơi", LabelEN: "Places", Options: []form.Option{{Key: "a", VI: "Quế Võ", EN: "Que Vo"}, {Key: "b", VI: "Từ Sơn", EN: "Tu Son"}}},
}}}}

// ask gives the call of the world a form of its own, written past the service because the call is open already.
func (w *world) ask(number int, f *form.Form) {
	w.t.Helper()
	schema, err := f.Schema()
	must(w.t, err)
	w.exec(`INSERT INTO call_forms (id, call_id, number, schema, digest, made_by, made_at)
		SELECT ?, ?, ?, s, encode(sha256(convert_to(s, 'UTF8')), 'hex'), ?, now() FROM (SELECT ?::text) x (s)`,
		uuid.New(), w.call.ID, number, access.From(w.officer).ID, string(schema))
}

func TestAnswersToTheCallsQuestions(t *testing.T) {
	w := newWorld(t)
	w.ask(1, asked)
	p := w.draft()
	site := webtest.New(t, w.db, w.acc, w.svc.Routes)
	page := path(p) + "/questions/s1"
	send := func(version int, v url.Values) *webtest.Answer {
		t.Helper()
		for i, key := range []string{"q1", "q2", "q3", "q4"} {
			v.Set("answers["+strconv.Itoa(i)+"].key", key)
		}
		v.Set("version", strconv.Itoa(version))
		return site.Post(w.applicant, page, v)
	}
	site.Get(w.applicant, page).Status(200).Has("Đã thử nghiệm chưa").Has("Tối đa 4 từ").Has("Chỉ trả lời khi")
	site.Get(w.applicant, path(p)+"/plan").Status(200).Has("6. Thử nghiệm")
	site.Get(w.rival, page).Status(404)
	site.Get(w.applicant, path(p)+"/questions/s2").Status(404)
	site.Get(w.applicant, path(p)+"/check").Status(200).Has("Trả lời: Đã thử nghiệm chưa")
	if _, err := w.submit(p); !errors.Is(err, ErrIncomplete) {
		t.Fatalf("submitted without the required answers: %v", err)
	}

	wrong := url.Values{"answers[0].value": {"yes"}, "answers[2].rows[0].cells[0].column": {"c1"}, "answers[2].rows[0].cells[1].column": {"c2"},
		"answers[2].rows[0].cells[1].value": {"1.234,5"}}
	send(p.Version, wrong).Status(422).Has("Nhập số tiền bằng đồng")
	wrong.Set("answers[2].rows[0].cells[1].value", "1.234.000")
	wrong.Set("answers[2].rows[0].cells[0].value", "Máy đo")
	wrong.Set("answers[1].value", "một hai ba bốn năm")
	wrong["answers[3].many"] = []string{"b", "a"}
	send(p.Version, wrong).Location(path(p) + "/budget")
	p = w.get(p.ID)
	site.Get(w.applicant, page).Status(200).Has("1.234.000").Has("tối đa 4 từ, đang có 5 từ")
	if _, err := w.submit(p); !errors.Is(err, ErrIncomplete) {
		t.Fatalf("submitted with five words of four: %v", err)
	}

	// Of two tabs the second hears what stands now; the same answers twice change nothing.
	wrong.Set("answers[1].value", "một hai ba")
	send(p.Version, wrong).Status(303)
	send(p.Version, wrong).Status(303)
	wrong.Set("answers[1].value", "khác hẳn")
	send(p.Version, wrong).Status(409).Has("một hai ba").Has("khác hẳn")
	p = w.get(p.ID)

	// Without the condition the answer is not asked for, and not submitted.
	wrong.Set("answers[0].value", "no")
	send(p.Version, wrong).Status(303)
	p = w.get(p.ID)
	if _, err := w.submit(p); err != nil {
		t.Fatal(err, errs.From(err).Fields)
	}
	p = w.get(p.ID)
	var content string
	must(t, w.db.NewRaw("SELECT content FROM proposal_versions WHERE proposal_id = ?", p.ID).Scan(t.Context(), &content))
	for _, want := range []string{`"q1":"no"`, `"q3":[["Máy đo","1234000"]]`, `"q4":["a","b"]`, `"schema_sha256":"`} {
		if !strings.Contains(content, want) {
			t.Errorf("%s is not in what was submitted: %s", want, content)
		}
	}
	if strings.Contains(content, "một hai ba") {
		t.Error("an answer that was not asked for was submitted")
	}

	// A later form of the call changes nothing of a dossier that was started on the first.
	other := *asked
	other.Sections = []form.Section{{Key: "s7", TitleVI: "Phần mới", TitleEN: "New", Fields: []form.Field{{Key: "q9", Kind: form.Text, LabelVI: "Mới", LabelEN: "New", Required: true}}}}
	w.ask(2, &other)
	w.close()
	site.Get(w.officer, path(p)+"?tab=content").Status(200).Has("Đã thử nghiệm chưa").Has("Quế Võ; Từ Sơn").Has("1.234.000").Lacks("Phần mới", "một hai ba")
	if got := w.get(p.ID); got.Digest != p.Digest || *got.FormID != *p.FormID {
		t.Errorf("the dossier changed with the form: %+v", got)
	}
}

func TestAnswersOverTheAPI(t *testing.T) {
	w := newWorld(t)
	w.ask(1, asked)
	p := w.draft()
	site := webtest.New(t, w.db, w.acc, w.svc.Routes)
	in := AnswersEdit{Version: p.Version, Answers: []form.Typed{{Key: "q1", Value: "yes", Many: []string{}, Rows: []form.TypedRow{}},
		{Key: "q3", Many: []string{}, Rows: []form.TypedRow{{Cells: []form.TypedCell{{Column: "c2", Value: "999999999999999"}}}}}}}
	var out versionView
	site.API(w.applicant, "POST", path(p)+"/questions/s1", in, &out).Status(200)
	if out.Version != p.Version+1 {
		t.Errorf("version %d after %d", out.Version, p.Version)
	}
	in.Version = out.Version
	in.Answers[1].Rows[0].Cells[0].Value = "1.000"
	site.API(w.applicant, "POST", path(p)+"/questions/s1", in, nil).Status(422)
	in.Answers = []form.Typed{{Key: "q2", Value: "hai", Many: []string{}, Rows: []form.TypedRow{}}}
	site.API(w.applicant, "POST", path(p)+"/questions/s1", in, nil).Status(200)
	if a := w.get(p.ID).Answers; a["q1"].Text != "yes" || a["q2"].Text != "hai" || a["q3"].Rows[0][1] != "999999999999999" {
		t.Errorf("a question left out lost its answer: %+v", a)
	}
}
