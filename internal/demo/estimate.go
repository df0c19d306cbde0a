package demo

import (
	"strings"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
)

// asked is one task of the estimate of 2026 in triệu đồng: what the department asked for, and what finance left of it.
type asked struct {
	code, vi, en, source, programme string
	asked, appraised                int64
	comment                         string
}

var estimate2026 = []asked{
	{"A.1", "Ươm tạo ý tưởng, dự án khởi nghiệp sáng tạo", "Incubation of ideas and projects", "NS", "CT4", 6_500, 6_000, "Giảm theo mức hỗ trợ bình quân của năm trước"},
	{"A.2", "Tăng tốc doanh nghiệp khởi nghiệp sáng tạo", "Acceleration of start-up enterprises", "NS", "CT5", 12_000, 12_000, ""},
	{"A.3", "Đào tạo: Founder Academy, cố vấn", "Training: Founder Academy, mentors", "NS", "CT3", 3_200, 3_200, ""},
	{"A.4", "Techfest Bắc Ninh và kết nối quốc tế", "Techfest Bắc Ninh and international links", "NS", "CT7", 3_000, 2_400, "Lồng ghép với hoạt động xúc tiến của tỉnh"},
	{"A.5", "Phát triển sản phẩm, thị trường", "Products and markets", "NS", "CT6", 5_000, 5_000, ""},
	{"A.6", "Văn hóa khởi nghiệp trong nhà trường", "Start-up culture in schools", "NS", "CT8", 1_200, 0, "Bố trí trong dự toán ngành giáo dục"},
	{"B.1", "Tài trợ nâng cấp vườn ươm", "Sponsored upgrade of incubators", "TT", "CT2", 4_000, 4_000, ""},
	{"B.2", "Học bổng nhà sáng lập trẻ", "Young founders' scholarships", "TT", "CT3", 1_500, 1_500, ""},
}

var estimate2027 = []asked{
	{"", "Ươm tạo ý tưởng, dự án khởi nghiệp sáng tạo", "Incubation of ideas and projects", "NS", "CT4", 7_000, 0, ""},
	{"", "Tăng tốc doanh nghiệp khởi nghiệp sáng tạo", "Acceleration of start-up enterprises", "NS", "CT5", 14_000, 0, ""},
	{"", "Hạ tầng, không gian sáng tạo mở", "Infrastructure and open creative space", "NS", "CT2", 5_500, 0, ""},
	{"", "Đào tạo: Founder Academy, cố vấn", "Training: Founder Academy, mentors", "NS", "CT3", 3_600, 0, ""},
	{"", "Học bổng nhà sáng lập trẻ", "Young founders' scholarships", "TT", "CT3", 2_000, 0, ""},
}

// codes is the list the example imports: one chapter, marked as illustrative, since the annex of Circular 130/2025 is
// not at hand.
const codes = "kind,code,name_vi,name_en,valid_from,source,tag\n" +
	"chapter,417,Sở Khoa học và Công nghệ (minh họa),Department of Science and Technology (illustrative),01/01/2026,\"Ví dụ của bản minh họa, không phải phụ lục\",I\n"

// illustrated imports the code list of the example by two people.
func (s *stage) illustrated() {
	m := take(s.Budget.LoadCodes(s.as(finance), "danh-muc-minh-hoa.csv", strings.NewReader(codes)))
	must(s.Budget.ConfirmCodes(s.sure(accountant, "budget_code.confirm"), m.ID, m.Version, "Danh mục minh họa", day("2025-07-01")))
}

// estimated is the estimate as it stands.
func (s *stage) estimated(year int) *budget.Estimate {
	return take(budget.GetEstimate(s.ctx, s.DB, year, 0))
}

// drafted opens the estimate of a year with its tasks.
func (s *stage) drafted(year, round int, title string, tasks []asked, donor *uuid.UUID) {
	e := take(s.Budget.DraftEstimate(s.as(officer), year, round, title))
	unit := access.UnitScience
	rows := make([]budget.RowInput, len(tasks))
	for i, t := range tasks {
		rows[i] = budget.RowInput{Code: t.code, TaskVI: t.vi, TaskEN: t.en, SourceCode: t.source, ProgrammeCode: t.programme, Asked: million(t.asked),
			Explanation: "Theo Kế hoạch 151/KH-UBND", Dims: budget.Dims{UnitID: &unit}}
		if t.source == budget.StateBudget {
			rows[i].Chapter, rows[i].Item, rows[i].SubItem = "417", "7750", "7758"
		}
		if t.code == "B.2" {
			rows[i].SourceID = donor
		}
	}
	take(s.Budget.AddRows(s.as(officer), e.ID, rows))
}

func (s *stage) consolidated(year int, no string) {
	e := s.estimated(year)
	must(s.Budget.Consolidate(s.as(head), e.ID, e.Version, no))
}

// estimates plays the budget estimate of 2026 from its draft to the decision that opens its lines, which lines gets by
// code; it leaves that of 2027 with Sở Tài chính and a supplement with its drafters.
func (s *stage) estimates(lines map[string]uuid.UUID) []event {
	return []event{
		{"2025-07-14", func() {
			s.illustrated()
			donor := take(s.Budget.AddSource(s.as(finance), budget.SubSource{SourceCode: budget.Sponsorship, Code: "TT-HB", NameVI: "Học bổng của doanh nghiệp (minh họa)",
				NameEN: "Scholarships by enterprises (illustrative)", Donor: "Nhóm doanh nghiệp tài trợ (minh họa)", Purpose: "Học bổng cho nhà sáng lập trẻ",
				DocumentNo: "03/2025/TT", SignedOn: day("2025-07-08")}))
			s.drafted(2026, 0, "Dự toán năm 2026", estimate2026, &donor.ID)
			s.consolidated(2026, "61/TTr-SKHCN")
		}},
		{"2025-08-04", func() {
			e := s.estimated(2026)
			must(s.Budget.SendBack(s.as(finance), e.ID, e.Version, budget.EstimateConsolidated, "Làm rõ thuyết minh nhiệm vụ Techfest"))
			e = s.estimated(2026)
			r := e.Rows[3]
			must(s.Budget.ChangeRow(s.as(officer), e.ID, r.ID, r.Version, budget.RowInput{TaskVI: r.TaskVI, TaskEN: r.TaskEN, SourceCode: r.SourceCode, ProgrammeCode: r.ProgrammeCode,
				Chapter: r.Chapter, Dims: r.Dims, Asked: r.Asked, Explanation: "Theo Kế hoạch 151/KH-UBND: một Techfest và hai đoàn kết nối quốc tế trong năm"}))
			s.consolidated(2026, "66/TTr-SKHCN")
		}},
		{"2025-08-25", func() {
			e := s.estimated(2026)
			answers := make([]budget.RowAppraisal, len(e.Rows))
			for i, r := range e.Rows {
				answers[i] = budget.RowAppraisal{Row: r.ID, Amount: million(estimate2026[i].appraised), Comment: estimate2026[i].comment}
			}
			must(s.Budget.Appraise(s.as(finance), e.ID, e.Version, answers, "1420/STC-TĐ"))
			must(s.Budget.ConfirmAppraisal(s.sure(accountant, "budget_estimate.confirm_appraisal"), e.ID, s.estimated(2026).Version))
		}},
		{"2025-12-22", func() {
			e := s.estimated(2026)
			must(s.Budget.Assign(s.sure(leader, "budget_estimate.assign"), e.ID, e.Version, "2406/QĐ-UBND", calendar.On(2025, 12, 20)))
			for _, r := range s.estimated(2026).Rows {
				if r.LineID != nil {
					lines[r.Code] = *r.LineID
				}
			}
		}},
		{"2026-10-19", func() {
			s.drafted(2027, 0, "Dự toán năm 2027", estimate2027, nil)
			s.consolidated(2027, "88/TTr-SKHCN")
			s.drafted(2026, 1, "Bổ sung dự toán năm 2026", estimate2027[2:3], nil)
		}},
	}
}
