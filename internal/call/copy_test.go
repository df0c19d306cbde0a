package call

import (
	"net/url"
	"testing"
	"time"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
	"kinhbac/internal/web/webtest"
)

// A call is made again from an earlier one: everything but its dates, with the form and its keys.
func TestCopyOfAnEarlierCall(t *testing.T) {
	w := newWorld(t)
	site := webtest.New(t, w.db, w.acc, w.s.Routes)
	path := site.Post(w.officer, "/calls/draft", w.form()).Status(303).Header.Get("Location")
	site.Post(w.officer, path+"/form/sections", url.Values{"version": {"1"}, "title_vi": {"Thử nghiệm"}, "title_en": {"Pilot"}}).Status(303)
	site.Post(w.officer, path+"/form/sections/s1/fields", url.Values{"version": {"2"}, "kind": {"text"}, "label_vi": {"Nơi"}, "label_en": {"Place"}}).Status(303)
	from, err := w.s.Read(w.officer, path[len("/calls/"):])
	if err != nil {
		t.Fatal(err)
	}
	page := path + "/copy"
	site.Get(w.officer, page).Status(200).Has("Novelty").Has("12.000.000.000").Has("lấy từ đợt " + from.Code).Lacks(from.ClosesAt.In(calendar.Zone).Format("02/01/2006"))
	site.Get(w.person(access.Applicant), page).Status(403)
	site.Get(w.head, page).Status(403)
	site.Post(w.head, page, w.form()).Status(403)

	blank := w.form()
	blank.Set("opens_at", "")
	site.Post(w.officer, page, blank).Status(422).Has("Novelty").Has("lấy từ đợt")
	next := w.form()
	next.Set("title_vi", "Đợt sau")
	made := site.Post(w.officer, page, next).Status(303).Header.Get("Location")
	c, err := w.s.Read(w.officer, made[len("/calls/"):])
	if err != nil || c.ID == from.ID || c.Status != Draft || c.TitleVI != "Đợt sau" {
		t.Fatalf("%+v, %v", c, err)
	}
	mine, theirs := w.formOf(c), w.formOf(from)
	if mine.Digest != theirs.Digest || mine.ID == theirs.ID || mine.Number != 1 {
		t.Errorf("copied %+v of %+v", mine, theirs)
	}
	var told string
	err = w.db.NewRaw("SELECT state_after->>'From' FROM audit_log WHERE act = 'call.copy' AND object_id = ?", c.ID).Scan(t.Context(), &told)
	if err != nil || told != from.Code {
		t.Errorf("audit says from %q, %v", told, err)
	}

	// The copy is a call of its own: a question added to it stands in no other.
	site.Post(w.officer, made+"/form/sections/s1/fields", url.Values{"version": {"1"}, "kind": {"text"}, "label_vi": {"Khi"}, "label_en": {"When"}}).Status(303)
	if after := w.formOf(from); after.Digest != theirs.Digest || w.formOf(c).Digest == mine.Digest {
		t.Error("the earlier form changed with its copy")
	}

	// A call that the reader may not see is no source.
	if _, err := w.s.Copy(w.person(access.Applicant), from.Code, w.details()); errs.From(err).Kind != errs.NotFound {
		t.Errorf("an applicant copies a draft: %v", err)
	}
}

func (w *world) formOf(c *Call) *Form {
	w.t.Helper()
	f, err := formInWork(w.t.Context(), w.db, c.ID)
	if err != nil || f == nil {
		w.t.Fatal("no form of "+c.Code, err)
	}
	return f
}

// The public reads the announced closing; the call itself closes when its grace is over.
func TestQuietGrace(t *testing.T) {
	w := newWorld(t)
	site := webtest.New(t, w.db, w.acc, w.s.Routes)
	in := w.form()
	in.Set("closes_at", w.details().ClosesAt.In(calendar.Zone).Format("02/01/2006 15:04"))
	for _, wrong := range []string{"-1", "241"} {
		in.Set("grace_minutes", wrong)
		site.Post(w.officer, "/calls/draft", in).Status(422).Has("Nhập số phút từ 0 đến 240")
	}
	in.Set("grace_minutes", "30")
	path := site.Post(w.officer, "/calls/draft", in).Status(303).Header.Get("Location")
	c, err := w.s.Read(w.officer, path[len("/calls/"):])
	if err != nil || c.GraceMinutes != 30 {
		t.Fatal(c, err)
	}
	for _, err := range []error{w.s.Approve(w.head, c.ID), w.s.Publish(w.head, c.ID, "1/TB")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d := w.details()
	d.Version, d.GraceMinutes = c.Version+2, 60
	if _, err := w.s.Update(w.officer, c.ID, d); err == nil {
		t.Error("the grace changed after approval")
	}
	tick := func() Status {
		t.Helper()
		if err := w.s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w.status(c.ID)
	}
	applicant := w.person(access.Applicant)
	w.shift(time.Until(c.OpensAt) + past + time.Minute)
	if got := tick(); got != Open {
		t.Fatal(got)
	}
	site.Get(applicant, path).Status(200).Lacks("Nhận thêm", "30 phút")
	site.Get(w.officer, path).Status(200).Has("Nhận thêm sau hạn nộp").Has("30 phút")
	w.shift(time.Until(c.ClosesAt) + past + time.Minute)
	if got := tick(); got != Open {
		t.Fatalf("closed within the grace: %s", got)
	}
	site.Get(applicant, path).Status(200).Has("Đã hết hạn nộp").Lacks("Bắt đầu nộp hồ sơ")
	site.Get(applicant, "/calls?state=open").Status(200).Lacks(c.Code)
	site.Get(applicant, "/calls?state=closed").Status(200).Has(c.Code)
	var out callOut
	site.API(applicant, "GET", path, nil, &out).Status(200)
	if out.Status != string(Closed) {
		t.Errorf("the interface says %s", out.Status)
	}
	w.shift(time.Until(c.Deadline()) + past - time.Minute)
	if got := tick(); got != Open {
		t.Fatalf("closed before the grace was over: %s", got)
	}
	w.shift(time.Until(c.Deadline()) + past + time.Minute)
	if got := tick(); got != Closed {
		t.Fatalf("not closed after the grace: %s", got)
	}
	if _, err := w.db.NewRaw("UPDATE calls SET grace_minutes = 241 WHERE id = ?", c.ID).Exec(t.Context()); storage.Constraint(err) == "" {
		t.Errorf("the database keeps 241 minutes: %v", err)
	}
}

func TestDeadline(t *testing.T) {
	c := Call{Status: Open, OpensAt: opens, ClosesAt: opens.AddDate(0, 1, 0), GraceMinutes: 15}
	end := c.ClosesAt.Add(15 * time.Minute)
	if !c.Deadline().Equal(end) || c.Shown(c.ClosesAt.Add(-time.Microsecond)) != Open || c.Shown(c.ClosesAt) != Closed {
		t.Error("the announced closing and the deadline are not apart")
	}
	if err := c.Close(end.Add(-time.Microsecond)); err == nil {
		t.Error("closed within the grace")
	}
	if err := c.Close(end); err != nil {
		t.Error(err)
	}
}
