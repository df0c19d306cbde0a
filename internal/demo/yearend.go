package demo

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/budget"
	"kinhbac/internal/money"
)

// year2025 is the budget year that the example has closed.
var year2025 = []line{
	{"A", "Ngân sách tỉnh, sự nghiệp KH,CN, ĐMST và CĐS", "Provincial budget for science, innovation and digital change", "NS", "", 9_000, []line{
		{"A.1", "Ươm tạo ý tưởng, dự án khởi nghiệp sáng tạo", "Incubation of ideas and projects", "", "CT4", 3_000, nil},
		{"A.2", "Techfest Bắc Ninh và kết nối quốc tế", "Techfest Bắc Ninh and international links", "", "CT7", 2_000, nil},
	}},
}

// carried opens the root of a year that receives what is carried over, and the lines below it.
func (s *stage) carried(year int, decision, on string, names map[string][2]string, order ...string) map[string]uuid.UUID {
	root, err := s.Budget.Plan(s.as(finance), budget.PlanInput{Year: year, Code: "C", NameVI: "Chuyển nguồn từ năm trước", NameEN: "Carried over from the year before",
		SourceCode: budget.StateBudget, Carried: true})
	must(err)
	must(s.Budget.Approve(s.sure(accountant, "budget_line.approve"), root.ID, root.Version, decision, day(on)))
	ids := map[string]uuid.UUID{}
	for _, code := range order {
		l := take(s.Budget.Plan(s.as(finance), budget.PlanInput{Code: code, NameVI: names[code][0], NameEN: names[code][1], Parent: root.ID}))
		ids[code] = l.ID
	}
	return ids
}

// change has finance propose an act, and whoever has the authority decide it.
func (s *stage) change(l uuid.UUID, decision, on string, in budget.ProposeInput) {
	a := take(s.Budget.Propose(s.as(finance), l, in))
	by := accountant
	if a.Decider() == "transfer_across" {
		by = leader
	}
	must(s.Budget.Decide(s.sure(by, "budget_line."+a.Decider()), a.ID, decision, day(on)))
}

// end carries over what lines hold, cancels the rest, and closes the year by two people.
func (s *stage) end(year int, decision, on string, carry map[uuid.UUID]uuid.UUID, order []uuid.UUID, rest []uuid.UUID) {
	must(s.Budget.StartAdjusting(s.sure(accountant, "budget_line.start_adjusting"), year))
	for _, l := range order {
		s.change(l, decision, on, budget.ProposeInput{Kind: budget.CarryOver, To: carry[l], Reason: "Cam kết còn hiệu lực, chuyển sang năm sau"})
	}
	for _, l := range rest {
		s.change(l, decision, on, budget.ProposeInput{Kind: budget.Cancel, Reason: "Dự toán không dùng và không được chuyển nguồn"})
	}
	s.sealed(year)
	must(s.Budget.CloseYear(s.sure(holder, "budget_line.close_year"), year))
}

// sealed waits until every journal of a budget year is sealed: a transaction that runs beside, also in another database
// of the same server, holds the sealer back while it lasts.
func (s *stage) sealed(year int) {
	for range 500 {
		s.settle()
		left := take(s.Budget.Blockers(s.ctx, year))
		if !slices.ContainsFunc(left, func(b budget.Blocker) bool { return b.Code == "unsealed" }) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

var fundLine = map[string][2]string{
	"C.1": {"Góp vốn điều lệ Quỹ đầu tư mạo hiểm", "Charter contribution to the venture fund"},
	"C.2": {"Techfest Bắc Ninh: hợp đồng còn hiệu lực", "Techfest Bắc Ninh: a contract that goes on"},
}

// budgets plays two closed budget years and the acts of the running one.
func (s *stage) budgets(fund uuid.UUID, running map[string]uuid.UUID) []event {
	var old, in2025, in2026 map[string]uuid.UUID
	return []event{
		{"2025-01-06", func() {
			old = s.budgetYear(2025, "2101/QĐ-UBND", "2024-12-20", year2025)
			in2025 = s.carried(2025, "2102/QĐ-UBND", "2024-12-20", fundLine, "C.1")
			s.end(2024, "05/QĐ-STC", "2025-01-06", map[uuid.UUID]uuid.UUID{fund: in2025["C.1"]}, []uuid.UUID{fund}, nil)
		}},
		{"2025-06-10", func() {
			s.change(old["A.1"], "61/QĐ-STC", "2025-06-10", budget.ProposeInput{Kind: budget.Transfer, To: old["A.2"], Amount: million(400), Reason: "Dồn kinh phí cho Techfest"})
			take(s.Budget.Commit(s.as(finance), old["A.2"], budget.CommitInput{Amount: million(1_800), Approver: s.id(accountant), DocumentNo: "18/2025/HĐ-TF", Reason: "Tổ chức Techfest"}))
		}},
		{"2025-09-15", func() {
			s.change(old["A.1"], "88/QĐ-STC", "2025-09-15", budget.ProposeInput{Kind: budget.Cut, Amount: million(600), Reason: "Không triển khai kịp trong năm"})
		}},
		{"2026-01-06", func() {
			in2026 = s.carried(2026, "2407/QĐ-UBND", "2025-12-20", fundLine, "C.1", "C.2")
			root := take(budget.Get(s.ctx, s.DB, old["A"]))
			s.end(2025, "06/QĐ-STC", "2026-01-06", map[uuid.UUID]uuid.UUID{in2025["C.1"]: in2026["C.1"], old["A.2"]: in2026["C.2"]},
				[]uuid.UUID{in2025["C.1"], old["A.2"]}, []uuid.UUID{old["A.1"], old["A.2"], root.ID})
		}},
		{"2026-01-08", func() {
			var plan budget.SpendingPlan
			for i := range plan {
				plan[i] = million([]int64{0, 200, 400, 900, 1_600, 2_400, 2_800, 3_200, 4_100, 5_200, 6_300, 5_400}[i])
			}
			must(s.Budget.SetSpendingPlan(s.as(finance), 2026, 0, plan))
		}},
		{"2026-03-20", func() {
			sp := take(s.Budget.Pledge(s.as(finance), running["B.1"], budget.PledgeInput{Donor: "Công ty Thiết bị Kinh Bắc (minh họa)", Purpose: "Nâng cấp xưởng chế tạo thử của vườn ươm",
				Restriction: "Chỉ mua thiết bị", DocumentNo: "07/2026/TT", DocumentOn: day("2026-03-18"), Pledged: million(800)}))
			s.receipt(sp.ID, "KBNN-260320-11", "2026-03-20", million(500))
		}},
		{"2026-05-18", func() {
			s.change(running["A.3"], "52/QĐ-STC", "2026-05-18", budget.ProposeInput{Kind: budget.Transfer, To: running["A.4"], Amount: million(200), Reason: "Bổ sung cho Techfest"})
		}},
		{"2026-09-10", func() {
			s.change(running["A.5"], "91/QĐ-STC", "2026-09-10", budget.ProposeInput{Kind: budget.Cut, Amount: million(500), Reason: "Một nhiệm vụ lùi sang năm sau"})
		}},
		{"2026-11-06", func() {
			take(s.Budget.Propose(s.as(finance), running["A.3"], budget.ProposeInput{Kind: budget.Transfer, To: running["A.1"], Amount: million(300), Reason: "Chi chậm, chuyển cho ươm tạo"}))
		}},
	}
}

// receipt records money of a sponsor, and has the chief accountant confirm it.
func (s *stage) receipt(sponsorship uuid.UUID, reference, on string, amount money.Amount) {
	r := take(s.Budget.RecordReceipt(s.as(finance), sponsorship, budget.ReceiptInput{Amount: amount, Account: "cash_treasury", Reference: reference, ReceivedOn: day(on)}))
	must(s.Budget.ConfirmReceipt(s.sure(accountant, "budget_line.confirm_sponsorship"), r.ID))
}
