package demo

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/agreement"
	"kinhbac/internal/allocation"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/indicator"
	"kinhbac/internal/money"
)

// award takes the ranking of a call through proposal, appraisal and decision, each under its number, to its publication.
func (s *stage) award(c *call.Call, proposal, appraisal, decision string) {
	r := take(allocation.RankingOf(s.ctx, s.DB, c.ID))
	must(s.Awards.Finalise(s.sure(Login(bench[0].name), "ranking.finalise"), r.ID, r.Version))
	set, err := s.Awards.DraftSet(s.as(officer), r.ID)
	must(err)
	now := func() *allocation.AwardSet { return take(allocation.GetSet(s.ctx, s.DB, set.ID)) }
	s.day("2026-04-27")
	must(s.Awards.Propose(s.sure(head, "award.propose"), set.ID, now().Version, proposal))
	var lines []allocation.Appraisal
	for _, a := range now().Awards {
		if a.Outcome == allocation.Funded {
			lines = append(lines, allocation.Appraisal{Award: a.ID, Amount: a.Proposed})
		}
	}
	s.day("2026-05-06")
	must(s.Awards.Appraise(s.as(finance), set.ID, now().Version, lines, appraisal))
	must(s.Awards.Confirm(s.sure(accountant, "award.confirm_appraisal"), set.ID, now().Version))
	s.day("2026-05-15")
	must(s.Awards.Decide(s.sure(leader, "award.approve"), set.ID, now().Version, decision, day("2026-05-15")))
	s.day("2026-05-18")
	must(s.Awards.Publish(s.as(head), set.ID, now().Version))
}

// granted lists the awards of a call that got money, best first.
func (s *stage) granted(c *call.Call) (out []allocation.Award) {
	var set uuid.UUID
	must(s.DB.NewRaw("SELECT id FROM award_sets WHERE call_id = ?", c.ID).Scan(s.ctx, &set))
	for _, a := range take(allocation.GetSet(s.ctx, s.DB, set)).Awards {
		if a.Outcome == allocation.Funded {
			out = append(out, a)
		}
	}
	return out
}

// parties says who applies and who signs for an organisation of the example.
func (s *stage) parties(org uuid.UUID) (applicant, signatory string) {
	var name string
	must(s.DB.NewRaw("SELECT name FROM organisations WHERE id = ?", org).Scan(s.ctx, &name))
	if name == songCau.name {
		return songCau.login, Login("Dương Thị Hiền")
	}
	for _, f := range append(firms(decidedCall), firms(councilCall)...) {
		if f.name == name {
			return f.login, f.login
		}
	}
	panic("no such firm: " + name)
}

// contract draws up and signs the agreement of every funded award but the last, which still waits for the State.
func (s *stage) contract(c *call.Call) {
	awards := s.granted(c)
	for i, aw := range awards {
		parts := money.Split(aw.Amount, []money.Amount{money.VND(40), money.VND(40), money.VND(20)})
		start := calendar.DateOf(s.now)
		_, signatory := s.parties(aw.OrganisationID)
		var owner string
		must(s.DB.NewRaw("SELECT name FROM organisations WHERE id = ?", aw.OrganisationID).Scan(s.ctx, &owner))
		a, err := s.Agree.Draft(s.as(officer), aw.ID, agreement.Terms{StartsOn: start, EndsOn: start.AddYears(1), PayeeName: owner, PayeeBank: "970436",
			PayeeAccount: fmt.Sprintf("1155008844%02d", 71+i), Milestones: []agreement.Content{
				{Name: "Hoàn thiện thiết kế, mẫu thử", Amount: parts[0], DueOn: start.AddDays(60)},
				{Name: "Chế tạo, thử nghiệm tại hai đơn vị", Amount: parts[1], DueOn: start.AddDays(200)},
				{Name: "Bàn giao sản phẩm, báo cáo tổng kết", Amount: parts[2], DueOn: start.AddDays(340)}}})
		must(err)
		_, err = s.Agree.SignGrantee(s.sure(signatory, "agreement.sign_grantee"), a.ID)
		must(err)
		if i == len(awards)-1 {
			continue
		}
		_, err = s.Agree.SignState(s.sure(head, "agreement.sign_state"), a.ID)
		must(err)
	}
}

// compared is what those who decide payments say of the checks that want a look.
const compared = "Đã đối chiếu bảng kê, sao kê với chứng từ gốc."

// pay reports the first content of every running agreement and pays it as far as the example wants: two paid, one
// with the treasury, one waiting for its order.
func (s *stage) pay(c *call.Call) {
	for i, aw := range s.granted(c) {
		applicant, _ := s.parties(aw.OrganisationID)
		var id uuid.UUID
		must(s.DB.NewRaw("SELECT id FROM agreements WHERE award_id = ?", aw.ID).Scan(s.ctx, &id))
		a := take(agreement.Get(s.ctx, s.DB, id))
		if a.Status != agreement.Running {
			continue
		}
		m := a.Milestones[0]
		rep, err := s.Agree.SubmitReport(s.as(applicant), a.ID, m.ID, "Đã hoàn thành thiết kế và hai mẫu thử; biên bản thử nghiệm kèm theo.", m.Amount.Add(million(60)))
		must(err)
		_, err = s.Agree.DecideReport(s.as(officer), rep.ID, true, "")
		must(err)
		r, err := s.Pay.Create(s.as(applicant), a.ID, m.ID, "Thanh toán nội dung 1")
		must(err)
		_, err = s.Pay.Submit(s.sure(applicant, "disbursement_request.submit"), r.ID)
		must(err)
		if i >= 4 {
			continue
		}
		_, err = s.Pay.Check(s.as(finance), r.ID, compared)
		must(err)
		if i >= 3 {
			continue
		}
		o, err := s.Pay.MakeOrder(s.as(finance), r.ID)
		must(err)
		_, err = s.Pay.CheckOrder(s.sure(accountant, "payment_order.check"), o.ID, compared)
		must(err)
		remark := compared
		if o.PayeeBefore != "" { // a firm that was paid under an earlier agreement
			remark = "Đã gọi người ký hợp đồng xác nhận tài khoản mới"
		}
		_, err = s.Pay.ApproveOrder(s.sure(holder, "payment_order.approve"), o.ID, remark)
		must(err)
		s.settle() // the outbox hands it to the treasury
		if i >= 2 {
			continue
		}
		_, err = s.Pay.RecordPaid(s.as(finance), o.ID, fmt.Sprintf("KBNN-2026-%04d", 118+i), calendar.DateOf(s.now))
		must(err)
	}
}

// indicators enters what the province has measured; the number of supported projects is counted by the program.
func (s *stage) indicators() {
	for _, v := range []struct {
		number int
		value  string
		source string
	}{{1, "6", "Bộ KH&CN công bố PII 2025"}, {2, "64", "Sở KH&CN, danh sách doanh nghiệp"}, {3, "4", "Sở KH&CN"}, {6, "17.5", "Cục Thống kê, điều tra mẫu"},
		{7, "22", "Sở KH&CN"}, {9, "7", "Cục Sở hữu trí tuệ"}, {10, "118", "Sở KH&CN"}, {12, "36", "Hội đồng sáng kiến tỉnh"}} {
		e, err := s.Indicate.Propose(s.as(officer), v.number, indicator.Proposal{AsOf: day("2026-09-30"), Value: decimal.RequireFromString(v.value), Source: v.source, Evidence: "Số liệu minh họa"})
		must(err)
		must(s.Indicate.Verify(s.as(head), e.ID))
		must(s.Indicate.Publish(s.sure(head, "indicator.publish"), e.ID))
	}
}
