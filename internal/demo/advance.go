package demo

import (
	"bytes"
	"fmt"

	"github.com/google/uuid"

	"kinhbac/internal/agreement"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/money"
)

// task takes the one S&T task from its council to an agreement with two advances: the first is wholly settled by
// vouchers, the second is open.
func (s *stage) task(c *call.Call, p uuid.UUID) {
	must(s.Calls.Evaluate(s.as(officer), c.ID))
	co := s.establish(c, "205/QĐ-SKHCN", "2026-05-19")
	m := s.summon(c, co, "2026-05-28 08:00", []uuid.UUID{p}, uuid.Nil)
	m.read(p, scienceCall[0].points, day("2026-05-26"))
	s.day("2026-05-28")
	m.open()
	m.judge(p, scienceCall[0].points)
	m.end()
	s.award(c, "96/TTr-SKHCN", "472/STC-HCSN", "903/QĐ-UBND")

	aw := s.granted(c)[0]
	applicant, signatory := s.parties(aw.OrganisationID)
	parts := money.Split(aw.Amount, []money.Amount{money.VND(40), money.VND(20), money.VND(40)})
	start := calendar.DateOf(s.now)
	a, err := s.Agree.Draft(s.as(officer), aw.ID, agreement.Terms{StartsOn: start, EndsOn: start.AddYears(1), PayeeName: scienceCall[0].firm.name, PayeeBank: "970436",
		PayeeAccount: "115500884499", Milestones: []agreement.Content{
			{Name: "Tạm ứng khảo sát, thiết bị", Amount: parts[0], DueOn: start.AddDays(10), Kind: agreement.KindAdvance},
			{Name: "Tạm ứng thử nghiệm", Amount: parts[1], DueOn: start.AddDays(100), Kind: agreement.KindAdvance},
			{Name: "Bàn giao mô hình và học liệu", Amount: parts[2], DueOn: start.AddDays(300)}}})
	must(err)
	_, err = s.Agree.SignGrantee(s.sure(signatory, "agreement.sign_grantee"), a.ID)
	must(err)
	_, err = s.Agree.SignState(s.sure(head, "agreement.sign_state"), a.ID)
	must(err)

	first := s.advance(a, 0, applicant)
	var se *disbursement.Settlement
	for i, part := range money.Split(parts[0], []money.Amount{money.VND(70), money.VND(30)}) {
		no := fmt.Sprintf("HĐ 0%d/2026", 4+i)
		se = take(s.Pay.AddVoucher(s.as(applicant), first, disbursement.NewVoucher{No: no, IssuedOn: start, Issuer: "Công ty Thiết bị khoa học Kinh Bắc", Amount: part,
			FileName: fmt.Sprintf("hoa-don-%d.pdf", i+1), File: bytes.NewReader(paper(no))}))
	}
	take(s.Pay.SubmitSettlement(s.sure(applicant, "advance_settlement.submit"), se.ID))
	take(s.Pay.CheckSettlement(s.as(finance), se.ID))
	take(s.Pay.ConfirmSettlement(s.sure(accountant, "advance_settlement.confirm"), se.ID))
	s.advance(a, 1, applicant)
}

// advance has an advance of an agreement asked for and paid, and gives the request.
func (s *stage) advance(a *agreement.Agreement, i int, applicant string) uuid.UUID {
	r := take(s.Pay.Create(s.as(applicant), a.ID, a.Milestones[i].ID, fmt.Sprintf("Tạm ứng lần %d", i+1)))
	take(s.Pay.Submit(s.sure(applicant, "disbursement_request.submit"), r.ID))
	take(s.Pay.Check(s.as(finance), r.ID, compared))
	o := take(s.Pay.MakeOrder(s.as(finance), r.ID))
	take(s.Pay.CheckOrder(s.sure(accountant, "payment_order.check"), o.ID, compared))
	take(s.Pay.ApproveOrder(s.sure(holder, "payment_order.approve"), o.ID, compared))
	s.settle() // the outbox hands it to the treasury
	take(s.Pay.RecordPaid(s.as(finance), o.ID, fmt.Sprintf("KBNN-2026-%04d", 91+i), calendar.DateOf(s.now)))
	return r.ID
}
