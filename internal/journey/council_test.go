package journey

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// bench is the council, chair first, with the words of their seats.
var bench = []struct{ login, name, seat string }{
	{"phan.trong.nghia", "Phan Trọng Nghĩa", "Chủ tịch"},
	{"trinh.thi.kim.oanh", "Trịnh Thị Kim Oanh", "Phó chủ tịch"},
	{"luong.van.hung", "Lương Văn Hùng", "Thư ký khoa học"},
	{"mai.thi.thu.ha", "Mai Thị Thu Hà", "Ủy viên phản biện"},
	{"ta.duc.long", "Tạ Đức Long", "Ủy viên phản biện"},
	{"cao.thi.bich.lien", "Cao Thị Bích Liên", "Ủy viên"},
	{"dinh.xuan.truong", "Đinh Xuân Trường", "Ủy viên"},
}

// conflicted is the member with a tie to the second firm.
const conflicted = "cao.thi.bich.lien"

// levels is what everyone gives each criterion of a firm, of five.
var levels = map[string][5]int{firms[0].name: {5, 4, 5, 4, 4}, firms[1].name: {4, 4, 4, 4, 4}}

// review sets up the council, has everyone declare, read, meet, vote and conclude.
func (w *world) review() {
	w.at("2026-03-16 09:00")
	w.as(officer).get("/calls/"+w.code).ok().submit("/calls/"+w.code+"/evaluate", nil).ok()
	w.establish()
	w.schedule()
	for _, b := range bench {
		w.declare(b.login)
	}
	w.read()
	w.at("2026-04-14 08:00")
	w.open()
	for _, f := range firms[:2] {
		w.judge(f)
	}
	w.minutes()
}

// establish proposes the council and has the head decide on it.
func (w *world) establish() {
	v := w.as(officer).get("/councils/new").ok()
	in := form("name_vi", "Hội đồng đánh giá đợt "+w.code, "name_en", "Council", "subject", v.option("/councils", "subject", w.code),
		"secretary", v.option("/councils", "secretary", "Phạm Thu Trang"))
	for i, b := range bench {
		in.Set(fmt.Sprintf("seats[%d].person", i), v.option("/councils", fmt.Sprintf("seats[%d].person", i), b.name))
		in.Set(fmt.Sprintf("seats[%d].kind", i), v.option("/councils", fmt.Sprintf("seats[%d].kind", i), b.seat))
		in.Set(fmt.Sprintf("seats[%d].field", i), "Đổi mới sáng tạo")
	}
	v.submit("/councils", in).ok("Hội đồng đánh giá")
	w.council = v.page.path
	w.as(head).get(w.council).ok().submit(w.council+"/approve", form("decision_no", "112/QĐ-SKHCN", "decided_on", "16/03/2026")).ok("112/QĐ-SKHCN")
}

// schedule calls the session on every eligible dossier.
func (w *world) schedule() {
	v := w.as(secretary).get(w.council).ok()
	in := form("starts_at", "14/04/2026 08:00", "place", "Phòng họp số 2, Sở KH&CN")
	for _, f := range firms[:2] {
		in.Add("subjects", w.dossiers[f.name])
	}
	v.submit(w.council+"/meetings", in).ok("Phòng họp số 2")
	w.session = v.page.path
	if !strings.Contains(w.session, "/meetings/") {
		w.session = v.link(`/meetings/1$`)
	}
}

// declare signs a declaration of interests for everything that asks for one.
func (w *world) declare(login string) {
	v := w.as(login).get("/conflicts").ok()
	in := url.Values{}
	walk(v.form("/conflicts"), func(n *html.Node) {
		name := attr(n, "name")
		if !strings.HasSuffix(name, "].id") {
			return
		}
		at := strings.TrimSuffix(name, "id")
		in.Set(at+"answer", "none")
		if (login == conflicted || login == reader) && attr(n, "value") == w.dossiers[firms[1].name] {
			in.Set(at+"answer", "conflict")
			in.Set(at+"ground", "Là cố vấn của đơn vị chủ trì trong 36 tháng gần đây")
		}
	})
	if len(in) == 0 {
		w.t.Fatalf("%s has nothing to declare:\n%s", login, v.text())
	}
	v.submit("/conflicts", in).ok()
}

// read assigns the critics and an outside reader and has them send their sheets; the reader has a tie to the second
// firm and may not take its dossier.
func (w *world) read() {
	for _, f := range firms[:2] {
		page := "/proposals/" + w.dossiers[f.name] + "/assignments"
		for _, who := range []struct{ login, name, part string }{{reader, "Hồ Thanh Bình", "Nhận xét"}, {bench[3].login, bench[3].name, "Phản biện"}, {bench[4].login, bench[4].name, "Phản biện"}} {
			v := w.as(secretary).get(page).ok()
			v.submit(page, form("reader", v.option(page, "reader", who.name), "part", v.option(page, "part", who.part), "due_on", "10/04/2026")).ok(who.name)
			v = w.as(head).get(page).ok()
			v.submit(v.action(`^/assignments/[0-9a-f-]+/approve$`), nil).ok()
			if who.login == reader {
				w.declare(reader)
			}
			v = w.as(who.login).get("/reviews").ok()
			if who.login == reader && f.name == firms[1].name {
				w.unchanged(func() { w.refuseConflict(page) })
				continue
			}
			v.submit(v.action(`^/assignments/[0-9a-f-]+/accept$`), nil).ok()
			w.sheet(v, f)
		}
	}
}

// refuseConflict has the secretary ask the reader again, who has declared a tie.
func (w *world) refuseConflict(page string) {
	v := w.as(secretary).get(page).ok()
	v.submit(page, form("reader", v.option(page, "reader", "Hồ Thanh Bình"), "part", "reader", "due_on", "10/04/2026"))
	v.refused(409, "xung đột lợi ích")
}

// sheet fills and sends the reader's sheet of a firm.
func (w *world) sheet(v *visitor, f firm) {
	v.get("/reviews").ok()
	v.get(v.linkIn(f.name, `^/reviews/[0-9a-f-]{36}$`)).ok()
	at := v.page.path
	in := form("recommendation", "support", "comment", "Hồ sơ rõ ràng, cần làm rõ kế hoạch mở rộng.")
	for i, level := range levels[f.name] {
		in.Set(fmt.Sprintf("scores[%d].points", i), fmt.Sprint(level*criteria[i].points/5))
		in.Set(fmt.Sprintf("scores[%d].comment", i), "Đáp ứng yêu cầu của tiêu chí")
	}
	v.submit(at+"/draft", in).ok()
	v.get(at).ok().submit(at+"/submit", in).ok()
}

// attend marks the first n members present and the others absent.
func (w *world) attend(n int) {
	v := w.as(secretary).get(w.session).ok()
	in := url.Values{}
	for i := range bench {
		in.Set(fmt.Sprintf("marks[%d].presence", i), "present")
		if i >= n {
			in.Set(fmt.Sprintf("marks[%d].presence", i), "absent")
		}
	}
	v.submit(v.action(`^/meetings/[0-9a-f-]+/attendance$`), in).ok()
}

// open is refused while too few are present.
func (w *world) open() {
	w.attend(4)
	open := strings.Replace(w.as(secretary).action(`/attendance$`), "/attendance", "/open", 1)
	w.unchanged(func() {
		w.byHand(bench[0].login, open, "mo-phien-thieu-nguoi", nil).refused(409, "hông đủ điều kiện họp: 4 trên 7")
	})
	w.attend(len(bench))
	w.as(bench[0].login).get(w.session).ok().submit(open, nil).ok()
}

// matter opens the page of the session at a firm's dossier.
func (w *world) matter(login string, f firm) *visitor {
	v := w.as(login).get(w.session).ok()
	return v.get(v.linkIn(f.name, `\?matter=`)).ok()
}

// judge takes one dossier from its presentation to the council's conclusion; whoever has a tie casts nothing.
func (w *world) judge(f firm) {
	chair := bench[0].login
	v := w.matter(chair, f)
	v.submit(v.action(`/present$`), nil).ok()
	v = w.matter(chair, f)
	v.submit(v.action(`/start-ballot$`), nil).ok()
	v = w.matter(chair, f)
	ballot := v.link(`^/matters/[0-9a-f-]+/ballot$`)
	in := url.Values{}
	for i, level := range levels[f.name] {
		in.Set(fmt.Sprintf("lines[%d].points", i), fmt.Sprint(level*criteria[i].points/5))
	}
	for _, b := range bench {
		if b.login == conflicted && f.name == firms[1].name {
			w.unchanged(func() { w.castInConflict(ballot, in) })
			continue
		}
		v := w.as(b.login).get(ballot).ok()
		v.submit(ballot, in).ok()
	}
	v = w.matter(secretary, f)
	v.submit(v.action(`/tally$`), nil).ok()
	v = w.matter(chair, f)
	v.submit(v.action(`/conclude$`), form("conclusion", "support", "note", "Đề nghị hỗ trợ theo mức đề xuất")).ok()
}

// castInConflict sends a ballot by hand: the page is not there for whoever has a tie.
func (w *world) castInConflict(ballot string, in url.Values) {
	w.as(conflicted).get(ballot).refused(404)
	w.byHand(conflicted, ballot, "phieu-co-xung-dot", in).refused(403, "xung đột lợi ích")
}

// minutes closes the session and has its minutes signed by two.
func (w *world) minutes() {
	chair, sci := bench[0].login, bench[2].login
	v := w.as(chair).get(w.session).ok()
	v.submit(v.action(`/close$`), nil).ok()
	page := w.session + "/minutes"
	v = w.as(sci).get(page).ok()
	v.submit(v.action(`^/meetings/[0-9a-f-]+/minutes$`), form("body", "Hội đồng họp đủ thành phần, thảo luận và bỏ phiếu kín theo quy định.")).ok()
	v.get(page).ok()
	v.submit(v.action(`/sign-secretary$`), nil).ok()
	v = w.as(chair).get(page).ok()
	v.submit(v.action(`/sign$`), nil).ok()
}
