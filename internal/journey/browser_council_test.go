package journey

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/review"
)

// councilInSession takes the matter whose ballot is open through its last ballots, its count and its conclusion, and
// opens the ballot of the next matter.
func councilInSession(t *testing.T, chromium context.Context, f *filled) {
	f.declare(t, newTab(t, chromium, f.base, phone))
	meeting := f.fillIn(t, "/councils/{council}/meetings/1")
	ballot := f.fillIn(t, "/matters/{ballot}/ballot")

	b := newTab(t, chromium, f.base, desk)
	f.enter(b, "ta.duc.long")
	b.open(meeting)
	b.click(`a[href="` + ballot + `"]`)
	b.cast()
	b.open(ballot)
	if b.answer() != 409 {
		t.Errorf("the ballot can be filled twice:\n%s", b.excerpt())
	}
	for login, width := range map[string]int64{"cao.thi.bich.lien": phone, "dinh.xuan.truong": desk} {
		b := newTab(t, chromium, f.base, width)
		f.enter(b, login)
		b.open(ballot)
		b.cast()
	}

	b = newTab(t, chromium, f.base, desk)
	f.enter(b, "pham.thu.trang")
	b.open(meeting)
	b.focus(`form[action$="/tally"] button`)
	b.press(kb.Enter)
	b.says("Kết quả")

	b = newTab(t, chromium, f.base, desk)
	f.enter(b, "phan.trong.nghia")
	b.open(meeting)
	b.focus(`form[action$="/conclude"] input[value="support"]`)
	b.keys(" ")
	b.focus(`form[action$="/conclude"] button`)
	b.press(kb.Enter)
	b.confirm("")
	b.says("7 / 7")
	b.look()
	b.click("#agenda li:nth-child(6) a") // the next to be presented
	for _, act := range []string{"present", "start-ballot"} {
		b.focus(`form[action$="/` + act + `"] button`)
		b.press(kb.Enter)
	}
}

// cast fills every criterion by keyboard, sees the sum grow, and sends the ballot.
func (b *tab) cast() {
	b.t.Helper()
	b.look()
	for i := 0; b.has(fmt.Sprintf(`[name="lines[%d].points"]`, i)); i++ {
		field := fmt.Sprintf(`[name="lines[%d].points"]`, i)
		if b.has(field + "[type=radio]") {
			b.focus(field)
			b.keys(" " + kb.ArrowRight + kb.ArrowRight + kb.ArrowRight)
		} else {
			b.write(field, "12")
		}
	}
	if b.has("[data-total]") && see[string](b, `document.querySelector("[data-total]").textContent`) == "0" {
		b.t.Error("the sum of the ballot stays 0")
	}
	b.focus("form.rub .acts button")
	b.press(kb.Enter)
	if b.has("#f-code") {
		b.confirm("")
	}
	if b.answer() != 200 {
		b.t.Fatalf("the ballot answered %d:\n%s", b.answer(), b.excerpt())
	}
}

// declare gives the outside reader a dossier and has him declare his interests on it.
func (f *filled) declare(t *testing.T, b *tab) {
	t.Helper()
	var dossier, reader uuid.UUID
	b.must(f.db.NewRaw(`SELECT p.id FROM proposals p JOIN calls c ON c.id = p.call_id AND c.status = 'evaluating'
		WHERE NOT EXISTS (SELECT FROM review_assignments a WHERE a.proposal_id = p.id) ORDER BY p.code LIMIT 1`).Scan(t.Context(), &dossier))
	b.must(f.db.NewRaw("SELECT id FROM users WHERE login = 'ho.thanh.binh'").Scan(t.Context(), &reader))
	task, err := f.Review.Propose(f.as(b, "pham.thu.trang"), review.Task{Proposal: dossier, Reader: reader, Part: "reader", DueOn: calendar.DateOf(time.Now()).AddDays(10)})
	b.must(err)
	b.must(f.Review.Approve(f.as(b, "le.minh.khoi"), task.ID))

	f.enter(b, "ho.thanh.binh")
	b.open("/conflicts")
	b.look()
	b.focus(`input[type="radio"][value="none"]`)
	b.keys(" ")
	b.focus(`form[action="/conflicts"] .acts button`)
	b.press(kb.Enter)
	if b.has("#f-code") {
		b.confirm("")
	}
	b.says("Không có xung đột")
	if b.has(`input[type="radio"][value="none"]`) {
		t.Errorf("the declaration still waits:\n%s", b.excerpt())
	}
}

// as acts as a person of the example in this process, with a fresh second factor.
func (f *filled) as(b *tab, login string) context.Context {
	b.t.Helper()
	s, err := f.Identity.Subject(b.ctx, login)
	b.must(err)
	s.Proved = time.Now()
	return access.With(b.ctx, s)
}
