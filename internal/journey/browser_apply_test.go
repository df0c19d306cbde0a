package journey

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kinhbac/internal/demo"
	"kinhbac/internal/party"
)

// applicantAtDesk starts from nothing at 1280: account, firm, dossier, receipt, by keyboard.
func applicantAtDesk(t *testing.T, chromium context.Context, f *filled) {
	b := newTab(t, chromium, f.base, desk)
	const login, secret = "le.thi.na@vidu.vn", "song-tien-duc-11"
	b.open("/register")
	b.write("#f-name", "Lê Thị Na")
	b.write("#f-email", login)
	b.focus("#f-password")
	b.keys(secret)
	b.press(kb.Enter)
	b.focus(`form[action="/register/confirm"] button`)
	b.press(kb.Enter)
	b.write("#f-username", login)
	b.focus("#f-password")
	b.keys(secret)
	b.press(kb.Enter)
	b.says("Lê Thị Na")

	b.open("/organisations/new")
	b.choose("#f-kind", "firm")
	b.write("#f-name", "Công ty TNHH Giấy dó Đống Cao")
	b.write("#f-tax_code", "24019900")
	b.write("#f-registered_on", "02/04/2024")
	b.choose("#f-commune", "07210")
	b.write("#f-address", "Số 8 đường Rừng Cấm")
	b.write("#f-head_name", "Lê Thị Na")
	b.write("#f-phone", "0222 3 822 100")
	b.write("#f-email", login)
	b.focus("#f-signatory")
	b.keys(" ")
	b.focus(`form[action="/organisations/register"] button`)
	b.press(kb.Enter)
	if !see[bool](b, `document.activeElement.classList.contains("errsum")`) {
		t.Errorf("the error summary does not take the keyboard:\n%s", b.excerpt())
	}
	b.look()
	b.write("#f-tax_code", taxCode(t, "240199001"))
	b.focus(`form[action="/organisations/register"] button`)
	b.press(kb.Enter)
	b.says("Giấy dó Đống Cao")

	b.open(f.fillIn(t, "/calls/{call open}"))
	b.click(`a[href^="/proposals/new"]`)
	b.choose("#f-organisation", see[string](b, `document.querySelector("#f-organisation option:last-child").value`))
	b.focus(`form[action="/proposals"] button`)
	b.press(kb.Enter)

	b.part("organisation", []string{"#f-contact_name", "Lê Thị Na", "#f-contact_email", login, "#f-contact_phone", "0222 3 822 101"})
	b.part("team", []string{row("members", 0, "name"), "Lê Thị Na", row("members", 0, "part"), "Chủ nhiệm", row("members", 0, "qualification"), "Kỹ sư hóa giấy"})
	b.part("content", []string{"#f-title_vi", "Giấy dó kháng ẩm cho bao bì quà tặng", "#f-summary", "Dây chuyền nhỏ làm giấy dó kháng ẩm từ vỏ cây trồng trong tỉnh.",
		"#f-problem", "Bao bì quà tặng phải nhập giấy mỹ thuật.", "#f-solution", "Keo tự nhiên và máy ép nhiệt tự chế; đã có mẫu thử."})
	b.part("market", []string{"#f-market", "Cơ sở quà tặng và trà trong vùng.", "#f-business_model", "Bán giấy cuộn theo đơn hàng."})
	b.part("plan", []string{"#f-duration_months", "12", "#f-plan", "Quý 1 thiết kế; quý 2 và 3 chế tạo; quý 4 bàn giao.", "#f-outcomes", "Một dây chuyền, ba khách hàng trả tiền."})
	b.saved(func() { b.focus(`input[name="answers[0].value"][value="o1"]`); b.keys(" ") })
	b.part("questions/s1", []string{"#f-answers-1-value", "850000000"})
	b.part("budget", []string{row("items", 0, "item"), "Máy ép nhiệt", row("items", 0, "grant"), "420000000", row("items", 0, "own"), "280000000"},
		"420.000.000 đ", "700.000.000 đ", "40%")

	b.choose("#f-document", "registration")
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS("#f-file"), []string{paper(t)})))
	b.click(`form[enctype] button`)
	b.says("dang-ky-doanh-nghiep.pdf")
	b.look()

	b.open(strings.Replace(b.path(), "/files", "/check", 1))
	b.submit(secret)
	b.look()
}

// applicantOnPhone finishes a draft at 390, signed in by the button of the example.
func applicantOnPhone(t *testing.T, chromium context.Context, f *filled) {
	b := newTab(t, chromium, f.base, phone)
	b.open("/login")
	b.click(`button[name="login"][value="ngo.anh.dung@vidu.vn"]`)
	b.says("Việc cần làm")
	b.open("/proposals")
	b.fits()
	b.open(f.fillIn(t, "/proposals/{draft}/organisation"))
	for _, part := range []struct{ name, field, words string }{
		{"organisation", "#f-contact_phone", "0222 3 822 555"},
		{"team", row("members", 1, "qualification"), "Thạc sĩ cơ điện tử"},
		{"content", "#f-novelty", "Giờ trống của kho được chia cho nhiều hợp tác xã."},
		{"market", "#f-market", "Hợp tác xã rau quả của ba huyện."},
		{"plan", "#f-outcomes", "Ba kho dùng chung, mười hợp tác xã trả phí."},
		{"questions/s1", "#f-answers-1-value", "320000000"},
		{"budget", row("items", 0, "own"), "270000000"},
	} {
		b.part(part.name, []string{part.field, part.words})
	}
	b.click(`main .acts a[href$="/check"]`)
	b.fits()
	b.submit(demo.Password)
	b.look()
}

// part fills the fields of the part at hand, waits for the autosave to keep them, and goes on to the next part.
func (b *tab) part(name string, fields []string, phrases ...string) {
	b.t.Helper()
	if !strings.HasSuffix(b.path(), "/"+name) {
		b.t.Fatalf("at %s instead of part %s:\n%s", b.path(), name, b.excerpt())
	}
	b.saved(func() {
		for i := 0; i < len(fields); i += 2 {
			b.write(fields[i], fields[i+1])
		}
	})
	b.says(phrases...)
	b.fits()
	b.click(".bar-b button")
}

// saved waits until the autosave has kept what do typed.
func (b *tab) saved(do func()) {
	b.t.Helper()
	const version = `document.querySelector(".saved input[name=version]").value`
	before := see[string](b, version)
	do()
	b.await(version + " !== " + quote(before))
}

// submit confirms the three statements by keyboard, sends the dossier, confirms with the password, and has a receipt.
func (b *tab) submit(secret string) {
	b.t.Helper()
	for _, id := range []string{"#f-truth_confirmed", "#f-no_double_funding", "#f-publicity_agreed"} {
		b.focus(id)
		b.keys(" ")
	}
	b.focus(`form[action$="/submit"] button`)
	b.press(kb.Enter)
	b.confirm(secret)
	if !strings.HasSuffix(b.path(), "/receipt") {
		b.t.Fatalf("no receipt but %s:\n%s", b.path(), b.excerpt())
	}
	b.says("H05.08-")
}

// confirm answers the page that asks for the second factor: with the password, or with the code it shows.
func (b *tab) confirm(secret string) {
	b.t.Helper()
	if !b.has("#f-code") {
		b.t.Fatalf("%s (%d) does not ask for a confirmation:\n%s", b.path(), b.answer(), b.excerpt())
	}
	b.look()
	b.focus("#f-code")
	if secret != "" {
		b.keys(secret)
	}
	b.press(kb.Enter)
}

// row is the selector of a field in a line of a table.
func row(table string, n int, field string) string {
	return fmt.Sprintf(`[name="%s[%d].%s"]`, table, n, field)
}

// taxCode completes nine digits with a right check digit.
func taxCode(t *testing.T, nine string) string {
	t.Helper()
	for check := range 10 {
		code := fmt.Sprint(nine, check)
		if warned, err := party.CheckTaxCode(code); err == nil && !warned {
			return code
		}
	}
	t.Fatalf("%s has no check digit", nine)
	return ""
}

// paper writes a small pdf to attach.
func paper(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dang-ky-doanh-nghiep.pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
