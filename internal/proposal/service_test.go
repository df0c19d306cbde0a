package proposal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/document"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

func TestSubmission(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	r, err := w.submit(p)
	must(t, err)
	must(t, r.Check(t.Context(), w.db))
	p = w.get(p.ID)
	if p.Status != Submitted || p.Code != r.Code || p.Digest != r.Digest || !p.SubmittedAt.Equal(r.IssuedAt) {
		t.Fatalf("stored %+v, receipt %+v", p, r)
	}
	var content, digest string
	must(t, w.db.NewRaw("SELECT content, digest FROM proposal_versions WHERE proposal_id = ?", p.ID).Scan(t.Context(), &content, &digest))
	sum := sha256.Sum256([]byte(content))
	if hex.EncodeToString(sum[:]) != r.Digest || digest != r.Digest || !strings.Contains(content, "Cảm biến vải thiều") {
		t.Errorf("the receipt does not cover the content: %s", content)
	}
	if _, err := w.submit(p); !errors.Is(err, access.ErrState) {
		t.Errorf("submitted twice: %v", err)
	}
	if err := w.svc.SaveContent(w.applicant, p.ID, ContentEdit{Version: p.Version, TitleVI: "Khác"}); !errors.Is(err, access.ErrState) {
		t.Errorf("edited after submission: %v", err)
	}
	found, err := document.Track(t.Context(), w.db, strings.ToLower(r.Code), strings.ToLower(r.TrackingKey))
	if err != nil || found.SubjectID != p.ID {
		t.Errorf("track: %v", err)
	}
	for _, wrong := range [][2]string{{r.Code, "00000000"}, {r.Code, ""}, {r.Code, "--------"}, {"H05.08-000000-0000", r.TrackingKey}, {"H05.08-000000-0000", "--------"}} {
		if _, err := document.Track(t.Context(), w.db, wrong[0], wrong[1]); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("tracked by %v: %v", wrong, err)
		}
	}
}

func TestSubmissionRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(w *world, p *Proposal)
		want error
	}{
		{"one instant after closing", func(w *world, _ *Proposal) {
			w.exec("UPDATE calls SET closes_at = clock_timestamp() WHERE id = ?", w.call.ID)
		}, access.ErrDeadline},
		{"the call was closed", func(w *world, _ *Proposal) { w.close() }, access.ErrDeadline},
		{"one đồng over the ceiling", func(w *world, p *Proposal) {
			must(w.t, w.svc.SaveBudget(w.applicant, p.ID, BudgetEdit{Version: p.Version, Items: []ItemEdit{{Item: "Trạm", Grant: vnd(500_000_001), Own: vnd(200_000_000)}}}))
		}, ErrIncomplete},
		{"one đồng of co-funding short", func(w *world, p *Proposal) {
			must(w.t, w.svc.SaveBudget(w.applicant, p.ID, BudgetEdit{Version: p.Version, Items: []ItemEdit{{Item: "Trạm", Grant: vnd(400_000_000), Own: vnd(99_999_999)}}}))
		}, ErrIncomplete},
		{"a document missing", func(w *world, p *Proposal) { w.exec("DELETE FROM proposal_files WHERE proposal_id = ?", p.ID) }, ErrIncomplete},
		{"a firm older than five years", func(w *world, _ *Proposal) {
			w.exec("UPDATE organisations SET registered_on = ? WHERE id = ?", w.call.ReferenceDate.AddYears(-5).AddDays(-1), w.org.ID)
		}, call.ErrTooOld},
		{"exactly five years", func(w *world, _ *Proposal) {
			w.exec("UPDATE organisations SET registered_on = ? WHERE id = ?", w.call.ReferenceDate.AddYears(-5), w.org.ID)
		}, nil},
		{"exactly at the ceiling and the share", func(w *world, p *Proposal) {
			must(w.t, w.svc.SaveBudget(w.applicant, p.ID, BudgetEdit{Version: p.Version, Items: []ItemEdit{{Item: "Trạm", Grant: vnd(500_000_000), Own: vnd(125_000_000)}}}))
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.draft()
			c.edit(w, p)
			_, err := w.submit(w.get(p.ID))
			if c.want == nil {
				must(t, err)
				return
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if got := w.get(p.ID); got.Status != Draft || got.Code != "" {
				t.Errorf("refused, but now %s %s", got.Status, got.Code)
			}
			var n int
			must(t, w.db.NewRaw("SELECT (SELECT count(*) FROM receipts) + (SELECT count(*) FROM proposal_serials) + (SELECT count(*) FROM proposal_versions)").Scan(t.Context(), &n))
			if n != 0 {
				t.Errorf("refused, but %d rows stayed", n)
			}
		})
	}
}

func TestClosingInstantByTheDatabase(t *testing.T) {
	w := newWorld(t)
	early, late := w.draft(), w.draft()
	w.exec("UPDATE calls SET opens_at = now() - interval '3 days', closes_at = now() - interval '1 day' WHERE id = ?", w.call.ID)
	if _, err := w.submit(late); !errors.Is(err, access.ErrDeadline) {
		t.Fatalf("a day late by the database's clock: %v", err)
	}
	w.exec("UPDATE kb.clock_shift SET shift = interval '-1 day -60 seconds'")
	if _, err := w.submit(early); err != nil {
		t.Fatalf("a minute early by the database's clock: %v", err)
	}
	w.exec("UPDATE kb.clock_shift SET shift = interval '-1 day'")
	if _, err := w.submit(late); !errors.Is(err, access.ErrDeadline) {
		t.Fatalf("past the closing instant again: %v", err)
	}
}

// In the quiet grace a dossier is taken, and its receipt says so; where there is none, the announced closing is the end.
func TestSubmitInTheGrace(t *testing.T) {
	w := newWorld(t)
	inTime, late, after := w.draft(), w.draft(), w.draft()
	site := webtest.New(t, w.db, w.acc, w.svc.Routes)
	w.exec("UPDATE calls SET opens_at = now() - interval '3 days', closes_at = date_trunc('minute', now()) - interval '1 day', grace_minutes = 30 WHERE id = ?", w.call.ID)
	at := func(minutes int) { // after the announced closing
		w.exec("UPDATE kb.clock_shift SET shift = (SELECT closes_at FROM calls WHERE id = ?) + ? * interval '1 minute' - now()", w.call.ID, minutes)
	}
	at(-1)
	if _, err := w.submit(inTime); err != nil {
		t.Fatal(err)
	}
	at(1)
	if _, err := w.svc.Create(w.applicant, w.call.Code, w.org.ID); !errors.Is(err, access.ErrDeadline) {
		t.Errorf("a draft begun after the announced closing: %v", err)
	}
	site.Get(w.applicant, path(late)+"/plan").Status(200)
	if _, err := w.submit(late); err != nil {
		t.Fatalf("a minute after the announced closing: %v", err)
	}
	site.Get(w.applicant, path(inTime)+"/receipt").Status(200).Lacks("trong thời gian nhận thêm")
	site.Get(w.applicant, path(late)+"/receipt").Status(200).Has("Nộp sau hạn đã công bố")
	site.Get(w.officer, path(late)).Status(404)
	at(31)
	if _, err := w.submit(after); !errors.Is(err, access.ErrDeadline) {
		t.Errorf("after the grace: %v", err)
	}
	w.close()
	site.Get(w.officer, path(late)).Status(200)
}

func TestSubmitTwiceAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		wg.Go(func() { _, results[i] = w.submit(p) })
	}
	wg.Wait()
	passed := 0
	for _, err := range results {
		if err == nil {
			passed++
		}
	}
	var receipts int
	must(t, w.db.NewRaw("SELECT count(*) FROM receipts").Scan(t.Context(), &receipts))
	if passed != 1 || receipts != 1 {
		t.Errorf("%d submissions passed, %d receipts", passed, receipts)
	}
}

func TestTwoTabs(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	must(t, w.svc.SaveContent(w.applicant, p.ID, ContentEdit{Version: p.Version, TitleVI: "Tên mới", Summary: "Tóm tắt", Problem: "Vấn đề", Solution: "Giải pháp"}))
	err := w.svc.SaveContent(w.applicant, p.ID, ContentEdit{Version: p.Version, TitleVI: "Tên ở thẻ cũ", Summary: "Tóm tắt", Problem: "Vấn đề", Solution: "Giải pháp"})
	if !errors.Is(err, errs.ErrStale) {
		t.Fatalf("the old tab saved: %v", err)
	}
	d := errs.From(err).Differences
	if len(d) != 2 || d[0].Yours != "Tên ở thẻ cũ" || d[0].Current != "Tên mới" {
		t.Errorf("differences %+v", d)
	}
	if got := w.get(p.ID).TitleVI; got != "Tên mới" {
		t.Errorf("stored %q", got)
	}
	version := w.get(p.ID).Version
	must(t, w.svc.SaveContent(w.applicant, p.ID, ContentEdit{Version: p.Version, TitleVI: "Tên mới", Summary: "Tóm tắt", Problem: "Vấn đề", Solution: "Giải pháp"}))
	if got := w.get(p.ID).Version; got != version {
		t.Errorf("saying what is stored made version %d of %d", got, version)
	}
	if _, err := w.svc.Submit(w.applicant, p.ID, Confirmations{Version: p.Version, Truth: true, NoDouble: true}); !errors.Is(err, errs.ErrStale) {
		t.Errorf("an unseen version was submitted: %v", err)
	}
}

func TestFilesRefused(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	for name, c := range map[string]struct {
		document string
		body     []byte
		want     error
	}{
		"a program":          {OtherDocument, []byte("MZ\x90\x00"), file.ErrType},
		"a page named pdf":   {OtherDocument, []byte("<!doctype html><script>1</script>"), file.ErrType},
		"nothing":            {OtherDocument, nil, file.ErrEmpty},
		"one byte too large": {OtherDocument, append(picture(t), make([]byte, file.Max)...), file.ErrTooLarge},
		"unknown document":   {"passport", picture(t), ErrDocument},
	} {
		if _, err := w.svc.Attach(w.applicant, p.ID, c.document, "a.pdf", bytes.NewReader(c.body)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	w.exec("INSERT INTO files (id, name, type, size, digest, created_at) SELECT gen_random_uuid(), 'a.pdf', 'application/pdf', 20971520, repeat('a', 64), now() FROM generate_series(1, 10)")
	w.exec("INSERT INTO proposal_files (id, proposal_id, document, file_id, added_at) SELECT gen_random_uuid(), ?, 'other', f.id, now() FROM files f WHERE f.size = 20971520 LIMIT 10", p.ID)
	if _, err := w.svc.Attach(w.applicant, p.ID, OtherDocument, "a.png", bytes.NewReader(picture(t))); !errors.Is(err, file.ErrDossier) {
		t.Errorf("more than 200 MB: %v", err)
	}
}

func TestWrongPeople(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	for name, ctx := range map[string]context.Context{"rival": w.rival, "officer": w.officer, "head": w.head, "finance": w.stranger, "guest": t.Context()} {
		for act, err := range map[string]error{
			"save":     w.svc.SaveContent(ctx, p.ID, ContentEdit{Version: p.Version, TitleVI: "Xâm nhập"}),
			"delete":   w.svc.Delete(ctx, p.ID),
			"withdraw": w.svc.Withdraw(ctx, p.ID, ""),
			"submit":   second(w.svc.Submit(ctx, p.ID, Confirmations{Version: p.Version, Truth: true, NoDouble: true})),
			"attach":   second(w.svc.Attach(ctx, p.ID, OtherDocument, "a.png", bytes.NewReader(picture(t)))),
			"screen":   second(w.svc.Screen(ctx, p.ID, Eligible, "")),
		} {
			if !errors.Is(err, errs.ErrNotFound) && !errors.Is(err, access.ErrSignIn) {
				t.Errorf("%s by %s: %v", act, name, err)
			}
		}
	}
	if _, err := w.svc.Create(w.rival, w.call.Code, w.org.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a rival started a dossier for another organisation: %v", err)
	}
	if _, err := w.svc.Create(w.officer, w.call.Code, w.org.ID); err == nil {
		t.Error("an officer applied")
	}
}

func second[T any](_ T, err error) error { return err }

func TestNothingBeforeClosing(t *testing.T) {
	w := newWorld(t)
	look := func() (rows int, totals Totals, calls []string) {
		l := listAll()
		list, err := w.svc.list(w.officer, &l)
		must(t, err)
		totals, err = w.svc.totals(w.officer, listAll())
		must(t, err)
		calls, err = w.svc.callCodes(w.officer)
		must(t, err)
		return len(list), totals, calls
	}
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	if rows, totals, calls := look(); rows != 0 || totals.Count != 0 || !totals.Requested.IsZero() || len(calls) != 0 {
		t.Errorf("before closing staff see %d rows, %+v, %v", rows, totals, calls)
	}
	tasks, err := w.svc.Tasks(w.officer)
	must(t, err)
	if len(tasks) != 0 {
		t.Errorf("before closing staff have tasks %v", tasks)
	}
	w.draft() // a draft that stays one
	w.close()
	if rows, totals, calls := look(); rows != 1 || totals.Count != 1 || !totals.Requested.Equal(money.VND(400_000_000)) || len(calls) != 1 {
		t.Errorf("after closing staff see %d rows, %+v, %v", rows, totals, calls)
	}
}

func listAll() web.List { return web.List{Sort: "-updated_at"} }

func TestScreening(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	w.close()
	if _, err := w.svc.Screen(w.officer, p.ID, Ineligible, ""); !errors.Is(err, ErrReason) {
		t.Errorf("ineligible without a reason: %v", err)
	}
	if got := w.get(p.ID).Status; got != Submitted {
		t.Fatalf("a refused check left %s", got)
	}
	c, err := w.svc.Screen(w.officer, p.ID, Eligible, "")
	must(t, err)
	if _, err := w.svc.Screen(w.officer, p.ID, Eligible, ""); !errors.Is(err, ErrCheckDone) {
		t.Errorf("two checks: %v", err)
	}
	kept, err := CheckOf(t.Context(), w.db, p.ID)
	must(t, err)
	if len(kept.Findings) < 6 {
		t.Errorf("%d findings", len(kept.Findings))
	}
	for _, f := range kept.Findings {
		if f.Article == "" {
			t.Errorf("finding %s has no article", f.Question)
		}
	}
	if err := w.svc.Decide(w.officer, c.ID, c.Version, true, ""); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("an officer decided: %v", err)
	}
	must(t, w.svc.Decide(w.head, c.ID, c.Version, false, "Đối chiếu lại tài liệu"))
	if got := w.get(p.ID); got.Status != Screening || got.ScreenedAt != nil {
		t.Errorf("a returned check left %s", got.Status)
	}
	c, err = w.svc.Screen(w.officer, p.ID, Eligible, "")
	must(t, err)
	must(t, w.svc.Decide(w.head, c.ID, c.Version, true, ""))
	if got := w.get(p.ID); got.Status != Eligible || got.ScreenedAt == nil {
		t.Errorf("a confirmed check left %s", got.Status)
	}
	if err := w.svc.Decide(w.head, c.ID, c.Version+1, true, ""); !errors.Is(err, ErrCheckDone) {
		t.Errorf("decided twice: %v", err)
	}
}

func TestSamePersonDoesNotConfirm(t *testing.T) {
	w := newWorld(t)
	both := accesstest.As(t, t.Context(), w.db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	w.close()
	c, err := w.svc.Screen(both, p.ID, Eligible, "")
	must(t, err)
	s := access.From(both)
	s.Grants = append(s.Grants, access.Grant{Role: access.DepartmentHead, Unit: access.UnitScience})
	if err := w.svc.Decide(access.With(both, s), c.ID, c.Version, true, ""); !errors.Is(err, access.ErrNotMaker) {
		t.Errorf("the preparer confirmed: %v", err)
	}
}

func TestBarredFirmIsNotEligible(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	w.close()
	w.exec("UPDATE organisations SET registered_on = ? WHERE id = ?", calendar.On(2010, 1, 1), w.org.ID)
	_, err = w.svc.Screen(w.officer, p.ID, Eligible, "")
	if !errors.Is(err, ErrBarredByRule) || errs.From(err).Rule == nil {
		t.Fatalf("an old firm was proposed as eligible: %v", err)
	}
	c, err := w.svc.Screen(w.officer, p.ID, Ineligible, "Quá 5 năm")
	must(t, err)
	must(t, w.svc.Decide(w.head, c.ID, c.Version, true, ""))
	if got := w.get(p.ID).Public(); got != PublicIneligible {
		t.Errorf("public word %s", got)
	}
}

func TestMoveAndWithdraw(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	if err := Move(t.Context(), w.db, p.ID, Awarded, access.Actor{}); !errors.Is(err, ErrMove) {
		t.Errorf("submitted became awarded: %v", err)
	}
	must(t, w.svc.Withdraw(w.applicant, p.ID, "Đổi kế hoạch"))
	if err := w.svc.Withdraw(w.applicant, p.ID, ""); !errors.Is(err, access.ErrState) {
		t.Errorf("withdrawn twice: %v", err)
	}
	ps, err := OfCall(t.Context(), w.db, w.call.ID)
	must(t, err)
	if len(ps) != 1 || ps[0].Status != Withdrawn {
		t.Errorf("call has %v", ps)
	}
	d := w.draft()
	must(t, w.svc.Delete(w.applicant, d.ID))
	if _, err := Get(t.Context(), w.db, d.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("deleted draft: %v", err)
	}
	if _, err := Get(t.Context(), w.db, uuid.New()); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("no such dossier: %v", err)
	}
}

func TestDownloadKeepsItsDigest(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	d, err := dossier(t.Context(), w.db, p)
	must(t, err)
	name, mime, body, err := w.svc.Download(w.applicant, p.ID, d.Files[0].ID)
	must(t, err)
	defer body.Close()
	var got bytes.Buffer
	if _, err := got.ReadFrom(body); err != nil {
		t.Fatal(err)
	}
	if name != "thuyết minh.png" || mime != "image/png" || !bytes.Equal(got.Bytes(), picture(t)) {
		t.Errorf("%s %s, %d bytes", name, mime, got.Len())
	}
	if _, _, _, err := w.svc.Download(w.rival, p.ID, d.Files[0].ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a rival downloads: %v", err)
	}
	if time.Since(d.Files[0].AddedAt) > time.Minute {
		t.Errorf("added at %s", d.Files[0].AddedAt)
	}
}

func TestSupplement(t *testing.T) {
	w := newWorld(t)
	p := w.draft()
	_, err := w.submit(p)
	must(t, err)
	w.close()
	tomorrow := calendar.DateOf(time.Now()).AddDays(1)
	if err := w.svc.RequestSupplement(w.officer, p.ID, "Bản sao đăng ký", tomorrow); !errors.Is(err, ErrNoSupplement) || errs.From(err).Rule == nil {
		t.Fatalf("a call under Decree 268 has no supplement: %v", err)
	}
	w.exec("UPDATE calls SET track = 'nd267' WHERE id = ?", w.call.ID)
	if err := w.svc.RequestSupplement(w.officer, p.ID, "", tomorrow); !errors.Is(err, ErrWanted) {
		t.Errorf("nothing wanted: %v", err)
	}
	if err := w.svc.RequestSupplement(w.officer, p.ID, "Bản sao", tomorrow.AddDays(-1)); !errors.Is(err, ErrSupplementBy) {
		t.Errorf("until today: %v", err)
	}
	must(t, w.svc.RequestSupplement(w.officer, p.ID, "Bản sao đăng ký", tomorrow))
	must(t, w.svc.SaveMarket(w.applicant, p.ID, MarketEdit{Version: w.get(p.ID).Version, Market: "Hợp tác xã", BusinessModel: "Thuê bao"}))
	if err := w.svc.SaveMarket(w.rival, p.ID, MarketEdit{Version: w.get(p.ID).Version}); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a rival supplemented: %v", err)
	}
	must(t, w.svc.Resubmit(w.applicant, p.ID, w.get(p.ID).Version))
	now := w.get(p.ID)
	var versions int
	must(t, w.db.NewRaw("SELECT count(*) FROM proposal_versions WHERE proposal_id = ?", p.ID).Scan(t.Context(), &versions))
	if now.Status != Screening || versions != 2 || now.SupplementDoneAt == nil {
		t.Errorf("resubmitted to %s with %d versions", now.Status, versions)
	}
	if err := w.svc.RequestSupplement(w.officer, p.ID, "Thêm nữa", tomorrow); !errors.Is(err, ErrSupplemented) {
		t.Errorf("asked twice: %v", err)
	}
	if err := w.svc.SaveMarket(w.applicant, p.ID, MarketEdit{Version: now.Version, Market: "Khác"}); !errors.Is(err, access.ErrDeadline) {
		t.Errorf("edited after the supplement: %v", err)
	}
}
