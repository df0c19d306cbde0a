package proposal

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/call"
	"kinhbac/internal/web/webtest"
)

// offer lets the call of the world take costs for 6.2, 5 million a trip and at most 80 % of the cost, and for 6.5 without a norm.
func (w *world) offer(verified bool) {
	w.t.Helper()
	norm := uuid.New()
	w.exec(`INSERT INTO cost_norms (id, content, kind, unit_vi, unit_en, cap_unit, beneficiaries, max_share, source, verified, valid_from, status, managing_unit_id,
		proposed_by, proposed_at, decided_by, decided_at) VALUES (?, '6.2', 'part_funding', 'chuyến', 'trip', 5000000, 1, 80, 'Điều 9 (minh họa)', ?, '2026-01-01', 'approved', ?, ?, now(), ?, now())`,
		norm, verified, access.UnitScience, access.From(w.officer).ID, access.From(w.head).ID)
	w.exec("UPDATE calls SET contents = '{6.2,6.5}', status = 'draft', rulebook = '', number = '', published_at = NULL WHERE id = ?", w.call.ID)
	w.exec("INSERT INTO call_norms (call_id, norm_id) VALUES (?, ?)", w.call.ID, norm)
	w.exec("UPDATE calls SET status = 'open', rulebook = ?, number = ?, published_at = now() WHERE id = ?", w.call.Rulebook, w.call.Number, w.call.ID)
}

func costs(version int, content, quantity, grant, own string) url.Values {
	return url.Values{"version": {strconv.Itoa(version)}, "cost_basis": {""}, "items[0].item": {"Hội chợ"}, "items[0].content": {content}, "items[0].quantity": {quantity},
		"items[0].grant": {grant}, "items[0].own": {own}, "items[0].other": {""}, "items[1].item": {""}, "items[1].content": {""}, "items[1].quantity": {""},
		"items[1].grant": {""}, "items[1].own": {""}, "items[1].other": {""}}
}

func TestCostsWithinTheNorm(t *testing.T) {
	w := newWorld(t)
	w.offer(true)
	p := w.draft()
	site := webtest.New(t, w.db, w.acc, w.svc.Routes)
	page := path(p) + "/budget"
	save := func(content, quantity, grant, own string) *webtest.Answer {
		t.Helper()
		return site.Post(w.applicant, page, costs(w.get(p.ID).Version, content, quantity, grant, own))
	}
	site.Get(w.applicant, page).Status(200).Has("Không thuộc nội dung nào").Lacks("Vượt định mức")
	save("4.1", "1", "1.000", "1.000").Status(422).Has("Chọn một nội dung mà đợt này hỗ trợ")
	save("6.2", "1,234", "1.000", "1.000").Status(422).Has("Nhập số lượng")
	save("", "2", "1.000", "1.000").Status(422).Has("Nhập số lượng")
	save("6.2", "-1", "1.000", "1.000").Status(422).Has("Nhập số lượng")

	save("6.2", "", "10.000.000", "10.000.000").Status(303)
	site.Get(w.applicant, page).Status(200).Has("nhập số lượng để đối chiếu định mức").Has("không quá 5.000.000")
	save("6.2", "2", "10.000.001", "10.000.000").Status(303)
	site.Get(w.applicant, page).Status(200).Has("Vượt định mức").Has("10.000.000 đ")
	p = w.get(p.ID)
	if _, err := w.submit(p); !errors.Is(err, ErrIncomplete) {
		t.Fatalf("submitted above a verified norm: %v", err)
	}
	save("6.2", "2,5", "10.000.000", "2.499.999").Status(303) // a đồng short of 20 %
	if _, err := w.submit(w.get(p.ID)); !errors.Is(err, ErrIncomplete) {
		t.Fatalf("submitted above the share: %v", err)
	}
	save("6.2", "2", "10.000.000", "2.500.000").Status(303)
	site.Get(w.applicant, page).Status(200).Has("Trong định mức").Lacks("Vượt định mức")
	if _, err := w.submit(w.get(p.ID)); err != nil {
		t.Fatalf("all that the norm allows: %v", err)
	}
	var content string
	must(t, w.db.NewRaw("SELECT content FROM proposal_versions WHERE proposal_id = ?", p.ID).Scan(t.Context(), &content))
	if !strings.Contains(content, `"content":"6.2","quantity":"2"`) {
		t.Errorf("not in what was submitted: %s", content)
	}
}

func TestUnverifiedNormIsLookedAt(t *testing.T) {
	w := newWorld(t)
	w.offer(false)
	p := w.draft()
	site := webtest.New(t, w.db, w.acc, w.svc.Routes)
	site.Post(w.applicant, path(p)+"/budget", costs(p.Version, "6.2", "1", "10.000.000", "10.000.000")).Status(303)
	site.Get(w.applicant, path(p)+"/budget").Status(200).Has("Vượt định mức").Has("Cần xác minh").Has("vẫn nộp được")
	if _, err := w.submit(w.get(p.ID)); err != nil {
		t.Fatalf("nobody read this norm in its instrument: %v", err)
	}
	d, err := dossier(t.Context(), w.db, w.get(p.ID))
	must(t, err)
	fs := d.normFindings()
	if len(fs) != 1 || fs[0].Answer != call.Look || !fs[0].Unverified || fs[0].Article != "Điều 9 (minh họa)" {
		t.Errorf("%+v", fs)
	}
}

func TestContentWithoutANorm(t *testing.T) {
	w := newWorld(t)
	w.offer(true)
	p := w.draft()
	site := webtest.New(t, w.db, w.acc, w.svc.Routes)
	site.Post(w.applicant, path(p)+"/budget", costs(p.Version, "6.5", "", "400.000.000", "100.000.000")).Status(303)
	if _, err := w.submit(w.get(p.ID)); err != nil {
		t.Fatal(err)
	}
}
