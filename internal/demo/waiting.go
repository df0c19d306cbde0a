package demo

import (
	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/council"
	"kinhbac/internal/fund"
	"kinhbac/internal/identity"
	"kinhbac/internal/investment"
)

// admin proposes the grants that the security officer decides.
const admin = "giap.van.khanh"

// awaited leaves work on the desks that the play would otherwise have emptied: an order for the chief accountant, one
// for the account holder, a capital call and a deal for the investment board, a grant for the security officer.
func (s *stage) awaited(c *call.Call, f *fund.Fund, board *council.Council) {
	s.second(c)
	today := calendar.DateOf(s.now)
	take(s.Fund.DraftCall(s.as(manager), f.ID, fund.NewCall{Buckets: fund.Buckets{Investment: million(14_000), Fee: million(700), Expense: million(300)},
		Purpose: "Đầu tư năm 2027", DueOn: today.AddDays(25)}))
	s.deal(f, board, today.AddDays(3))
	granted := take(s.Identity.Grant(s.sure(admin, "role_grant.propose"), officer, identity.NewGrant{Role: access.CouncilSecretary, Unit: units["Sở KH&CN"],
		To: today.AddDays(180).Start()}))
	if granted {
		panic("the administrator grants alone")
	}
}

// second asks for the second content of the two agreements that were paid: one order stops at the chief accountant,
// one at the account holder.
func (s *stage) second(c *call.Call) {
	for i, aw := range s.granted(c)[:2] {
		applicant, _ := s.parties(aw.OrganisationID)
		var agreement, milestone uuid.UUID
		must(s.DB.NewRaw("SELECT a.id, m.id FROM agreements a JOIN agreement_milestones m ON m.agreement_id = a.id AND m.position = 2 WHERE a.award_id = ?", aw.ID).
			Scan(s.ctx, &agreement, &milestone))
		asked := million(180)
		rep := take(s.Agree.SubmitReport(s.as(applicant), agreement, milestone, "Đã chế tạo và thử nghiệm tại hai đơn vị; biên bản nghiệm thu cơ sở kèm theo.", asked))
		take(s.Agree.DecideReport(s.as(officer), rep.ID, true, ""))
		r := take(s.Pay.Create(s.as(applicant), agreement, milestone, "Thanh toán nội dung 2"))
		take(s.Pay.Submit(s.sure(applicant, "disbursement_request.submit"), r.ID))
		take(s.Pay.Check(s.as(finance), r.ID, compared))
		o := take(s.Pay.MakeOrder(s.as(finance), r.ID))
		if i == 0 {
			take(s.Pay.CheckOrder(s.sure(accountant, "payment_order.check"), o.ID, compared))
		}
	}
}

// deal brings one more deal before the investment board, which has not voted on it yet.
func (s *stage) deal(f *fund.Fund, board *council.Council, meets calendar.Date) {
	firm := councilCall[5].firm
	d := take(s.Invest.Create(s.as(analyst), f.ID, investment.NewDeal{TaxCode: taxCode(firm.serial), Title: "Vòng hạt giống Thủy sản số Gia Bình", Sector: "Nông nghiệp số",
		Round: "Hạt giống", Instrument: "preferred", Summary: "Cảm biến và phần mềm quản lý ao nuôi, 40 hộ đang trả phí.", Amount: million(4_000), PreMoney: million(16_000)}))
	must(s.Invest.Screen(s.as(analyst), d.ID, "Đúng lĩnh vực ưu tiên, đạt tiêu chí sàng lọc", true))
	must(s.Invest.Examine(s.as(analyst), d.ID, "Pháp lý, tài chính, công nghệ: không có phát hiện trọng yếu"))
	must(s.Invest.Recommend(s.sure(manager, "deal.recommend"), d.ID, "Ưu tiên thanh lý 1x không tham gia, một ghế quan sát viên"))
	take(s.Council.Schedule(s.as(secretary), board.ID, council.Agenda{StartsAt: instant(meets.String() + " 14:00"), Place: "Phòng họp Quỹ", Subjects: []uuid.UUID{d.ID}}))
}
