package proposal

import (
	"errors"
	"net/url"
	"strconv"
	"testing"

	"kinhbac/internal/errs"
	"kinhbac/internal/form"
	"kinhbac/internal/web/webtest"
)

// A draft stays on its form until its applicant moves it; what was submitted never moves.
func TestMoveToTheNewForm(t *testing.T) {
	w := newWorld(t)
	w.ask(1, &form.Form{Sections: []form.Section{{Key: "s1", TitleVI: "Một", TitleEN: "One", Fields: []form.Field{
		{Key: "q1", Kind: form.Text, LabelVI: "Nơi", LabelEN: "Place"}, {Key: "q2", Kind: form.Text, LabelVI: "Số máy", LabelEN: "Devices"}}}}})
	p, sent := w.draft(), w.draft()
	site := webtest.New(t, w.db, w.acc, w.svc.Routes)
	answers := url.Values{"version": {strconv.Itoa(p.Version)}, "answers[0].key": {"q1"}, "answers[0].value": {"Quế Võ"}, "answers[1].key": {"q2"}, "answers[1].value": {"mười"}}
	site.Post(w.applicant, path(p)+"/questions/s1", answers).Status(303)
	if _, err := w.submit(sent); err != nil {
		t.Fatal(err)
	}
	p, sent = w.get(p.ID), w.get(sent.ID)
	site.Get(w.applicant, path(p)+"/plan").Status(200).Lacks("biểu mẫu mới")
	site.Get(w.applicant, path(p)+"/new-form").Status(404)
	if err := w.svc.MoveToForm(w.applicant, p.ID, p.Version); !errors.Is(err, ErrSameForm) {
		t.Errorf("nothing to move to: %v", err)
	}

	w.ask(2, &form.Form{Sections: []form.Section{{Key: "s1", TitleVI: "Một", TitleEN: "One", Fields: []form.Field{
		{Key: "q1", Kind: form.Text, LabelVI: "Nơi", LabelEN: "Place"}, {Key: "q2", Kind: form.Number, LabelVI: "Số máy", LabelEN: "Devices"},
		{Key: "q3", Kind: form.Text, LabelVI: "Câu thêm", LabelEN: "Another"}}}}})
	if got := w.get(p.ID); *got.FormID != *p.FormID {
		t.Error("the draft moved by itself")
	}
	site.Get(w.applicant, path(p)+"/plan").Status(200).Has("đã công bố biểu mẫu mới")
	site.Get(w.applicant, path(p)+"/new-form").Status(200).Has("Câu hỏi mới: Câu thêm").Has("Câu hỏi được sửa: Số máy").Has("mười").Lacks("Quế Võ")
	move := url.Values{"version": {strconv.Itoa(p.Version)}}
	site.Get(w.rival, path(p)+"/new-form").Status(404)
	if err := w.svc.MoveToForm(w.rival, p.ID, p.Version); err == nil {
		t.Error("a rival moves the draft")
	}
	if err := w.svc.MoveToForm(w.applicant, p.ID, p.Version-1); !errors.Is(err, errs.ErrStale) {
		t.Errorf("from an older page: %v", err)
	}
	if err := w.svc.MoveToForm(w.applicant, sent.ID, sent.Version); err == nil {
		t.Error("a submitted dossier moved")
	}
	site.Post(w.applicant, path(p)+"/new-form", move).Location(path(p) + "/questions/s1")
	got := w.get(p.ID)
	if *got.FormID == *p.FormID || got.Answers["q1"].Text != "Quế Võ" || len(got.Answers) != 1 {
		t.Errorf("after the move: %+v", got.Answers)
	}
	if after := w.get(sent.ID); *after.FormID != *sent.FormID || after.Digest != sent.Digest {
		t.Error("a submitted dossier changed with the form")
	}
}
