package demo

import (
	"github.com/google/uuid"

	"kinhbac/internal/budget"
	"kinhbac/internal/call"
	"kinhbac/internal/rulebook/revision"
)

const (
	officer    = "nguyen.thi.hanh"
	secretary  = "pham.thu.trang"
	head       = "le.minh.khoi"
	leader     = "vu.dinh.thang"
	finance    = "hoang.thi.mai"
	accountant = "bui.thi.ngoc"
	holder     = "dang.huu.phuc"
)

// rules sets the values that no law gives, as the province would: proposed by finance, confirmed with a document.
func (s *stage) rules() {
	for _, r := range []struct{ id, value, note string }{
		{"payment.limit.act", "2000000000", "Hạn mức minh họa"},
		{"payment.limit.day", "10000000000", "Hạn mức minh họa"},
		{"payment.limit.payee", "5000000000", "Hạn mức minh họa"},
		{"deal.limit", "30000000000", "Hạn mức minh họa"},
	} {
		v, err := s.Rules.Propose(s.as(finance), r.id, revision.Typed{Value: r.value, Instrument: "Quy chế chi nội bộ", Article: "minh họa", Note: r.note, ValidFrom: day("2024-10-01")})
		must(err)
		must(s.Rules.Confirm(s.sure(accountant, "rulebook.confirm"), v.ID, "12/QĐ-STC", day("2024-10-01")))
	}
}

// groups are the eight activity groups of the plan.
var groups = []struct{ code, vi, en string }{
	{"CT1", "Truyền thông, nâng cao nhận thức", "Communication and awareness"},
	{"CT2", "Hạ tầng và dịch vụ hỗ trợ khởi nghiệp sáng tạo", "Infrastructure and services for start-ups"},
	{"CT3", "Phát triển nguồn nhân lực khởi nghiệp sáng tạo", "People for innovative start-ups"},
	{"CT4", "Ươm tạo ý tưởng, dự án khởi nghiệp sáng tạo", "Incubation of ideas and projects"},
	{"CT5", "Tăng tốc doanh nghiệp khởi nghiệp sáng tạo", "Acceleration of start-up enterprises"},
	{"CT6", "Phát triển sản phẩm, thị trường", "Products and markets"},
	{"CT7", "Hợp tác quốc tế", "International cooperation"},
	{"CT8", "Đào tạo, văn hóa khởi nghiệp trong nhà trường", "Training and start-up culture in schools"},
}

func (s *stage) programmes() map[string]uuid.UUID {
	ids := map[string]uuid.UUID{}
	for i, g := range groups {
		p, err := s.Calls.DraftProgramme(s.as(officer), call.ProgrammeTyped{Code: g.code, Group: i + 1, NameVI: g.vi, NameEN: g.en})
		must(err)
		must(s.Calls.ApproveProgramme(s.sure(head, "programme.approve"), p.ID))
		ids[g.code] = p.ID
	}
	return ids
}

// line is a budget line of the example in triệu đồng; children are allocated what they show.
type line struct {
	code, vi, en, source, programme string
	amount                          int64
	children                        []line
}

var year2024 = []line{{"F", "Góp vốn điều lệ Quỹ đầu tư mạo hiểm (minh họa)", "Charter contribution to the venture fund (illustrative)", "NS", "", 49_000, nil}}

func (s *stage) budgetYear(year int, decision, on string, roots []line) map[string]uuid.UUID {
	ids := map[string]uuid.UUID{}
	for _, r := range roots {
		l, err := s.Budget.Plan(s.as(finance), budget.PlanInput{Year: year, Code: r.code, NameVI: r.vi, NameEN: r.en, SourceCode: r.source, Amount: million(r.amount)})
		must(err)
		must(s.Budget.Approve(s.sure(accountant, "budget_line.approve"), l.ID, l.Version, decision, day(on)))
		ids[r.code] = l.ID
		for _, c := range r.children {
			child, err := s.Budget.Plan(s.as(finance), budget.PlanInput{Year: year, Code: c.code, NameVI: c.vi, NameEN: c.en, Parent: l.ID, ProgrammeCode: c.programme})
			must(err)
			a, err := s.Budget.Propose(s.as(finance), child.ID, budget.ProposeInput{Kind: budget.Allocate, Amount: million(c.amount), Reason: "Phân bổ theo quyết định giao dự toán"})
			must(err)
			must(s.Budget.Decide(s.sure(accountant, "budget_line.allocate"), a.ID, decision, day(on)))
			ids[c.code] = child.ID
		}
	}
	return ids
}
