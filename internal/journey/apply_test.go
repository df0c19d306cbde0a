package journey

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"kinhbac/internal/demo"
)

// firm is an organisation of the flow with the one person who acts for it.
type firm struct {
	name, login, person, taxCode, registered string
	grant, own                               int // triệu đồng
	points                                   int
}

var firms = []firm{
	{"Công ty Cổ phần Giải pháp Sông Cầu", "ngo.anh.dung@vidu.vn", "Ngô Anh Dũng", mst(90101), "16/05/2023", 980, 420, 88},
	{"Công ty TNHH Sinh học Chũ", "giap.thi.lua@vidu.vn", "Giáp Thị Lụa", mst(90102), "01/09/2022", 1250, 540, 80},
	{"Công ty TNHH Trễ Giờ", "tre.gio@vidu.vn", "Vũ Hữu Nhung", mst(90103), "20/11/2022", 860, 400, 0},
	{"Công ty TNHH Sáu Tuổi", "sau.tuoi@vidu.vn", "Trần Đình Cường", mst(90104), "26/02/2021", 860, 400, 0},
}

// mst makes a ten-digit MST with a right check digit.
func mst(serial int) string {
	weights := [9]int{31, 29, 23, 19, 17, 13, 7, 5, 3}
	for {
		s, sum := fmt.Sprintf("2401%05d", serial), 0
		for i, weight := range weights {
			sum += int(s[i]-'0') * weight
		}
		if check := 10 - sum%11; check < 10 {
			return fmt.Sprintf("%s%d", s, check)
		}
		serial += 1000
	}
}

// signUp makes an account by the public form and confirms the address by the link of the letter.
func (w *world) signUp(name, login string) {
	v := w.guest(login).get("/register").ok()
	v.submit("/register", form("name", name, "email", login, "password", demo.Password)).ok()
	v.submit("/register/confirm", nil).ok()
}

// apply has every firm register, write its dossier and send it, or be refused.
func (w *world) apply() {
	w.at("2026-02-10 09:00")
	for i, f := range firms {
		w.signUp(f.person, f.login)
		w.register(f)
		if i == 0 {
			w.invite(f)
		}
	}
	for _, f := range firms {
		w.write(f)
	}
	w.tooOld(firms[3])
	w.forbiddenFiles(firms[0])
	w.send(firms[0])
	w.setClock("2026-02-27 16:59:20")
	w.send(firms[1])
	w.late(firms[2])
	w.at("2026-02-27 17:00:10")
	w.people["somebody"].get("/calls/" + w.code).ok()
}

func (f firm) profile(v *visitor) url.Values {
	return form("kind", "firm", "name", f.name, "short_name", "", "tax_code", f.taxCode, "registered_on", f.registered,
		"commune", v.option("/organisations/register", "commune", "Bắc Giang"),
		"address", "Số 12 đường Lý Thái Tổ", "head_name", f.person, "phone", "0222 3 822 000", "email", f.login, "signatory", "true")
}

// register enters the firm, first with a digit of its MST wrong.
func (w *world) register(f firm) {
	v := w.as(f.login).get("/organisations/new").ok()
	p := f.profile(v)
	wrong := []byte(f.taxCode)
	wrong[9] = '0' + (wrong[9]-'0'+1)%10
	p.Set("tax_code", string(wrong))
	w.unchanged(func() { v.submit("/organisations/register", p).refused(422, "số thuế") })
	v.get("/organisations/new").submit("/organisations/register", f.profile(v)).ok(f.name)
}

// invite gives the firm a second person, who signs for it.
func (w *world) invite(f firm) {
	const login = "duong.thi.hien@vidu.vn"
	w.signUp("Dương Thị Hiền", login)
	v := w.as(f.login).get("/organisation").ok()
	page := v.link(`^/organisations/[0-9a-f-]{36}$`)
	v.get(page).submit(page+"/invite", form("login", login, "signatory", "true")).ok()
	v = w.as(login).get("/organisation").ok()
	v.submit(v.action(`^/invitations/`), nil).ok(f.name)
}

// write fills every part of a dossier, saving each.
func (w *world) write(f firm) {
	v := w.as(f.login).get("/calls/" + w.code).ok()
	v.get("/proposals/new?call=" + w.code).ok()
	v.submit("/proposals", form("organisation", v.option("/proposals", "organisation", f.name))).ok()
	page := v.page.path[:len("/proposals/")+36]
	w.dossiers[f.name] = strings.TrimPrefix(page, "/proposals/")
	for _, part := range []struct {
		name   string
		values url.Values
	}{
		{"organisation", form("contact_name", f.person, "contact_email", f.login, "contact_phone", "0222 3 822 000")},
		{"team", form("members[0].name", f.person, "members[0].part", "Chủ nhiệm", "members[0].qualification", "Kỹ sư")},
		{"content", form("title_vi", "Dự án của "+f.name, "title_en", "Project", "summary", "Chế tạo 200 bộ cảm biến cho kho lạnh.", "problem", "Hao hụt cao.",
			"solution", "Cảm biến giá rẻ.", "novelty", "Chi phí bằng một nửa.")},
		{"market", form("market", "Hợp tác xã trong tỉnh.", "business_model", "Bán thiết bị kèm phí dịch vụ.")},
		{"plan", form("duration_months", "12", "plan", "Quý 1 thiết kế; quý 2, 3 chế tạo; quý 4 bàn giao.", "outcomes", "Một sản phẩm, năm khách hàng.")},
		{"budget", form("cost_basis", "Báo giá của ba nhà cung cấp.", "items[0].item", "Nhân công", "items[0].grant", fmt.Sprintf("%d.000.000", f.grant*6/10),
			"items[0].own", fmt.Sprintf("%d000000", f.own*6/10), "items[1].item", "Linh kiện", "items[1].grant", fmt.Sprintf("%d000000", f.grant-f.grant*6/10),
			"items[1].own", fmt.Sprintf("%d000000", f.own-f.own*6/10))},
	} {
		at := page + "/" + part.name
		v.get(at).ok()
		if part.name == "budget" && f.name == firms[0].name {
			w.badMoney(v, at, part.values)
			v.get(at).ok()
		}
		v.submit(at, part.values).ok()
	}
	for _, document := range []string{"registration", "single_source"} {
		v.get(page+"/files").ok().upload(page+"/files", "file", document+".pdf", onePage(f.name+document), form("document", document)).ok(document + ".pdf")
	}
}

// badMoney types amounts that are no whole đồng.
func (w *world) badMoney(v *visitor, at string, good url.Values) {
	for _, amount := range []string{"1.234,5", "-0", "1e9", "NaN", "1.000.000.000.000.000.000"} {
		bad := url.Values{}
		for k, x := range good {
			bad[k] = x
		}
		bad.Set("items[0].grant", amount)
		w.unchanged(func() { v.get(at).ok().submit(at, bad).refused(422, "đồng") })
	}
}

// forbiddenFiles tries a program in the clothes of a paper, a type that is not taken, and one byte too many.
func (w *world) forbiddenFiles(f firm) {
	page := "/proposals/" + w.dossiers[f.name] + "/files"
	v := w.as(f.login)
	for _, x := range []struct {
		name, says string
		content    []byte
	}{
		{"chuong-trinh.exe", "PDF", append([]byte("MZ\x90\x00"), make([]byte, 4000)...)},
		{"chuong-trinh.pdf", "PDF", append([]byte("MZ\x90\x00"), make([]byte, 4000)...)},
		{"trang.html", "PDF", []byte("<html><script>alert(1)</script></html>")},
		{"qua-lon.pdf", "MB", append(onePage("x"), bytes.Repeat([]byte{'\n'}, 20<<20)...)},
	} {
		w.unchanged(func() {
			v.get(page).ok().upload(page, "file", x.name, x.content, form("document", "registration"))
			if v.page.status != 422 && v.page.status != 413 {
				w.t.Errorf("%s was answered %d", x.name, v.page.status)
			}
			v.says(x.says)
		})
	}
}

var confirmed = []string{"truth_confirmed", "true", "no_double_funding", "true", "publicity_agreed", "true"}

// send checks and submits a dossier; the receipt shows its code and a signature.
func (w *world) send(f firm) {
	page := "/proposals/" + w.dossiers[f.name]
	v := w.as(f.login).get(page + "/check").ok()
	v.submit(page+"/submit", form(confirmed...)).ok("H05.08-26")
	v.get(page+"/receipt").ok("H05.08-26", "Khóa ký")
}

// late has the form at hand when the call closes: one instant after, by the database's clock, nothing is taken.
func (w *world) late(f firm) {
	page := "/proposals/" + w.dossiers[f.name]
	v := w.as(f.login).get(page + "/check").ok()
	w.setClock("2026-02-27 17:00")
	w.unchanged(func() { v.submit(page+"/submit", form(confirmed...)).refused(409, "hết hạn") })
}

// tooOld is a firm registered five years and a day before the reference date: its complete dossier is not taken.
func (w *world) tooOld(f firm) {
	page := "/proposals/" + w.dossiers[f.name]
	v := w.as(f.login).get(page + "/check").ok()
	w.unchanged(func() {
		v.submit(page+"/submit", form(confirmed...)).refused(409, "quá 5 năm tính đến ngày 27/02/2026")
	})
}

// onePage is a one-page pdf.
func onePage(text string) []byte {
	var b bytes.Buffer
	var offsets []int
	obj := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.4\n")
	obj("<< /Type /Catalog /Pages 2 0 R >>")
	obj("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	obj("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>")
	line := fmt.Sprintf("BT /F1 14 Tf 72 760 Td (%x) Tj ET", len(text))
	obj(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(line), line))
	obj("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}

// screen has the officer check the dossiers of the closed call and the head confirm.
func (w *world) screen() {
	w.at("2026-03-03 09:00")
	for _, f := range firms[:2] {
		page := "/proposals/" + w.dossiers[f.name]
		v := w.as(officer).get(page + "?tab=eligibility").ok(f.name)
		check := v.action(`/eligibility-checks$`)
		v.submit(check, form("outcome", v.option(check, "outcome", "Hợp lệ"), "reason", "Hồ sơ đủ thành phần, đúng đối tượng")).ok()
		v = w.as(head).get(page).ok()
		v.submit(v.action(`^/eligibility-checks/`), nil).ok()
	}
}
