package allocation_test

import (
	"fmt"
	"net/url"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/allocation"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/web/webtest"
)

// TestPages walks a set over HTTP: each role reads the page with its one button, the public only the end.
func TestPages(t *testing.T) {
	h := judged(t, 1_000_000_000, 400_000_000, 500_000_000, 300_000_000)
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes)
	guest := t.Context()
	ranking := "/councils/" + h.Council.ID.String() + "/ranking"
	w.Get(h.Seats[0], ranking).Status(200).Has("Dự án 1", "Chốt xếp hạng", "900.000.000", "Không được hỗ trợ")
	w.Get(h.Seats[1], ranking).Status(200).Lacks("Chốt xếp hạng")
	w.Get(h.Officer, ranking).Status(200).Lacks("Lập danh mục hỗ trợ")
	r := h.ranking(t)
	first := access.Ref{Kind: "proposal", ID: r.Lines[0].ProposalID}
	ok(t, access.AddTie(guest, h.DB, access.Tie{Kind: "conflict", Who: access.From(h.Seats[4]).ID, Object: first, Reason: "người thân"}))
	w.Get(h.Seats[3], ranking).Status(200).Has("Dự án 1", "900.000.000", `<td class="n">2</td>`)
	w.Get(h.Seats[4], ranking).Status(200).Lacks("Dự án 1", "900.000.000", `<td class="n">2</td>`).Has("Dự án 2", `<td class="n">1</td>`)
	w.Get(h.Seats[4], "/rankings/"+r.ID.String()+"/table.csv").Status(200).Lacks("900000000")
	w.Get(h.Secretary, "/rankings/"+r.ID.String()+"/table.csv").Status(200).Has("H05.08-261120-0001")
	version := func(v int) url.Values { return url.Values{"version": {fmt.Sprint(v)}} }
	w.Post(h.Seats[0], "/rankings/"+r.ID.String()+"/finalise", version(r.Version+1)).Status(409)
	w.Post(h.Seats[0], "/rankings/"+r.ID.String()+"/finalise", version(r.Version)).Location(ranking)
	w.Get(h.Officer, ranking).Status(200).Has("Lập danh mục hỗ trợ")
	w.Get(h.Leader, ranking).Status(200).Has("Chưa có xếp hạng").Lacks("Dự án 1", "900.000.000") // not put forward: as before the first conclusion
	w.Get(h.Leader, "/rankings/"+r.ID.String()+"/table.csv").Status(404)
	w.Post(h.Officer, "/rankings/"+r.ID.String()+"/award-set", nil).Status(303)
	var set allocation.AwardSet
	ok(t, h.DB.NewSelect().Model(&set).Scan(guest))
	h.set = &set
	page := "/award-sets/" + set.ID.String()
	w.Get(h.Officer, ranking).Has(`href="` + page + `"`)
	w.Get(h.Seats[0], ranking).Lacks(`href="` + page) // a set its reader may open, and no other

	w.Get(h.Head, page).Status(200).Has("Ký và trình")
	w.Get(h.Finance, page).Status(404) // not proposed yet
	w.Post(h.Head, page+"/propose", url.Values{"version": {"1"}, "submission_no": {""}}).Status(422)
	w.Post(h.Head, page+"/propose", url.Values{"version": {"1"}, "submission_no": {"188/TTr-SKHCN"}}).Location(page)
	w.Get(h.Finance, page).Status(200).Has("Lưu thẩm định")
	lines := url.Values{"version": {fmt.Sprint(h.reload(t).Version)}, "appraisal_no": {"55/STC"}}
	for i, a := range h.set.Awards[:2] {
		lines.Set(fmt.Sprintf("lines[%d].id", i), a.ID.String())
		lines.Set(fmt.Sprintf("lines[%d].amount", i), a.Proposed.Format())
	}
	lines.Set("lines[0].amount", "400.000.001")
	w.Post(h.Finance, page+"/appraise", lines).Status(422).Has("không quá mức đề xuất 400.000.000 đ")
	lines.Set("lines[0].amount", "1.234,5")
	w.Post(h.Finance, page+"/appraise", lines).Status(422)
	lines.Set("lines[0].amount", "390.000.000")
	lines.Set("lines[0].reason", "vượt định mức")
	w.Post(h.Finance, page+"/appraise", lines).Location(page)
	w.Get(h.Accountant, page).Status(200).Has("Xác nhận thẩm định 890.000.000 đ", "vượt định mức")
	w.Post(h.Accountant, page+"/confirm", version(h.reload(t).Version)).Location(page)
	w.Get(h.Leader, "/award-sets").Status(200).Has("Chờ quyết định")
	w.Get(h.Leader, "/award-sets?status=published").Status(200).Has("Không có danh mục nào khớp")
	w.Get(h.Leader, "/award-sets.csv?sort=-decided_on").Status(200).Has("Chờ quyết định")
	w.Get(guest, "/award-sets.csv").Status(401)
	w.Get(h.Leader, page).Status(200).Has("Phê duyệt 890.000.000 đ", "Tám trăm chín mươi triệu đồng")
	w.Get(guest, "/results").Status(200).Has("Chưa có kết quả công bố")
	w.Get(h.Leader, page+"/decision").Status(404)
	w.Post(h.Leader, page+"/approve", url.Values{"version": {fmt.Sprint(h.reload(t).Version)}, "decision_no": {"1284/QĐ-UBND"},
		"decided_on": {counciltest.Today().Format()}}).Location(page)
	w.Get(h.Leader, page+"/decision").Status(200).Has("Số: 1284/QĐ-UBND", "890.000.000 đồng", "Dự án 2")
	w.Get(guest, "/results/BN-2026-01").Status(404)
	w.Post(h.Officer, page+"/publish", version(h.reload(t).Version)).Location(page)
	w.Get(guest, "/results").Status(200).Has("1284/QĐ-UBND", "890.000.000")
	w.Get(guest, "/results/BN-2026-01").Status(200).Has("Công ty 1", "390.000.000").Lacks("89,00")
	w.Get(guest, "/results/bn-2026-01/decision").Status(200).Has("PHỤ LỤC")
	w.Get(guest, "/results/BN-2026-01/table.csv").Status(200).Has("390000000")
	w.Get(guest, "/results/BN-2026-01/table.xlsx").Status(200)
	w.Get(guest, "/award-sets").Status(401)
	w.API(guest, "GET", "/results", nil, nil).Status(200)
	applicant := accesstest.As(t, guest, h.DB, accesstest.Person{Roles: []access.Role{access.Applicant}})
	w.Get(applicant, page).Status(404)
}
