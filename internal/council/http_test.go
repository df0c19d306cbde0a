package council_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"kinhbac/internal/council"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/web/webtest"
)

// TestPages walks one session over HTTP: who proposes, establishes, meets, votes, counts, concludes and signs.
func TestPages(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000)
	w := webtest.New(t, h.DB, h.Access, h.Councils.Routes, h.Reviews.Routes)
	guest := t.Context()

	w.Get(guest, "/councils").Status(401)
	w.Get(h.Officer, "/councils").Status(200).Has("Chưa có hội đồng")
	w.Get(h.Officer, "/councils?status=established").Status(200).Has("Không có hội đồng nào khớp")
	w.Get(h.Officer, "/councils.csv?sort=meeting").Status(200).Has("Hội đồng")
	w.Get(guest, "/councils.csv").Status(401)
	w.Get(h.Finance, "/councils/new").Status(403)
	w.Get(h.Officer, "/councils/new").Status(200).Has("BN-2026-01")
	form := url.Values{"kind": {"grant"}, "subject": {h.Call.ID.String()}, "name_vi": {"Hội đồng đợt 1"}, "secretary": {counciltest.ID(h.Secretary).String()}}
	for i, s := range h.Seats {
		form.Set(fmt.Sprintf("seats[%d].person", i), counciltest.ID(s).String())
		form.Set(fmt.Sprintf("seats[%d].kind", i), string(counciltest.Kinds[i]))
	}
	short := url.Values{}
	for k, v := range form {
		short[k] = v
	}
	short.Del("seats[6].person")
	short.Del("seats[6].kind")
	w.Post(h.Officer, "/councils", short).Status(422).Has("từ 7 đến 9 người")
	w.Post(h.Officer, "/councils", form).Status(303)
	var c council.Council
	ok(t, h.DB.NewSelect().Model(&c).Scan(guest))
	page := "/councils/" + c.ID.String()
	w.Get(h.Head, page).Status(200).Has("Ra quyết định thành lập")
	w.Get(h.Seats[0], page).Status(404) // not seated yet
	w.Post(h.Head, page+"/approve", url.Values{"version": {"1"}, "decision_no": {"1027/QĐ-UBND"}, "decided_on": {counciltest.Today().Format()}}).Location(page)
	w.Get(h.Seats[0], page).Status(200).Has("1027/QĐ-UBND")
	w.Get(h.Secretary, page).Status(200).Has("Mời họp")
	w.Post(h.Secretary, page+"/meetings", url.Values{"starts_at": {"22/06/2026 08:30"}, "place": {"Phòng 402"},
		"subjects": {h.Dossiers[0].ID.String(), h.Dossiers[1].ID.String()}}).Location(page + "/meetings/1")
	board := page + "/meetings/1"
	w.Get(h.Secretary, board).Status(200).Has("Chưa đủ điều kiện họp")
	w.Get(h.Seats[0], board).Status(200).Lacks("Khai mạc phiên họp")
	var ses council.Session
	ok(t, h.DB.NewSelect().Model(&ses).Scan(guest))
	full, err := council.Get(guest, h.DB, c.ID)
	ok(t, err)
	marks := url.Values{}
	for i, s := range full.Seats {
		marks.Set(fmt.Sprintf("marks[%d].seat", i), s.ID.String())
		marks.Set(fmt.Sprintf("marks[%d].presence", i), "present")
	}
	meeting := "/meetings/" + ses.ID.String()
	w.Post(h.Seats[0], meeting+"/open", nil).Status(409).Has("Không đủ điều kiện họp")
	w.Post(h.Secretary, meeting+"/attendance", marks).Location(board)
	w.Get(h.Seats[0], board).Status(200).Has("Khai mạc phiên họp")
	w.Post(h.Seats[0], meeting+"/open", nil).Location(board)
	for _, s := range h.Seats {
		h.Declare(s)
	}
	m := h.Matter(0)
	matter := "/matters/" + m.ID.String()
	w.Post(h.Secretary, matter+"/present", nil).Status(303)
	w.Post(h.Seats[0], matter+"/start-ballot", nil).Status(303)
	w.Get(h.Seats[3], matter+"/ballot").Status(200).Has("Tiêu chí 1")
	w.Get(h.Officer, matter+"/ballot").Status(403)
	w.Post(h.Seats[3], matter+"/ballot", ballotForm(h, 101)).Status(422)

	// Whatever is cast, the board says the same before the count.
	before := ""
	for i, s := range h.Seats {
		w.Post(s, matter+"/ballot", ballotForm(h, 70+i)).Status(303)
		body := w.Get(h.Secretary, board+"?matter="+m.ID.String()).Status(200).Has("Đã gửi").Body
		if strings.Contains(body, "Điểm trung bình") || strings.Contains(body, "Phiếu số") {
			t.Fatal("the board tells a result before the count")
		}
		before = body
	}
	if strings.Contains(before, "Đang chấm") {
		t.Error("somebody still scores after all ballots")
	}
	w.Post(h.Seats[3], matter+"/ballot", ballotForm(h, 90)).Status(409).Has("đã gửi")
	w.Get(h.Seats[3], matter+"/ballot").Status(409).Has("đã gửi") // no second form to fill
	w.Post(h.Secretary, matter+"/tally", nil).Status(303)
	w.Get(h.Seats[1], board+"?matter="+m.ID.String()).Status(200).Has("Điểm trung bình").Has("73").Has("Phiếu số 1")
	w.Post(h.Seats[0], matter+"/conclude", url.Values{"conclusion": {"support_adjusted"}, "proposed": {"90.000.000"}, "note": {"Giảm chi hội thảo"}}).Status(303)
	w.Get(h.Seats[0], board+"?matter="+m.ID.String()).Status(200).Has("90.000.000").Has("Hỗ trợ có điều chỉnh")
	w.Post(h.Seats[0], meeting+"/close", nil).Location(board)
	w.Get(h.Seats[2], board+"/minutes").Status(200).Has("Nội dung biên bản")
	w.Post(h.Seats[2], meeting+"/minutes", url.Values{"version": {"3"}, "body": {"Biên bản họp"}}).Location(board + "/minutes")
	ok(t, h.DB.NewSelect().Model(&ses).WherePK().Scan(guest))
	digest := url.Values{"digest": {ses.MinutesDigest}}
	w.Get(h.Seats[2], board+"/minutes").Status(200).Has("Ký biên bản").Has("BIÊN BẢN")
	w.Post(h.Seats[2], meeting+"/sign-secretary", digest).Status(303)
	w.Post(h.Seats[0], meeting+"/sign", digest).Status(303)
	w.Get(h.Head, board+"/minutes").Status(200).Has("Đã ký")
}

func ballotForm(h *counciltest.House, total int) url.Values {
	v := url.Values{}
	for i, l := range h.Ballot(min(total, 100)).Lines {
		p := *l.Points
		if total > 100 && i == 0 {
			p++
		}
		v.Set(fmt.Sprintf("lines[%d].criterion", i), l.CriterionID.String())
		v.Set(fmt.Sprintf("lines[%d].points", i), fmt.Sprint(p))
	}
	return v
}
