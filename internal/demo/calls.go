package demo

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/call"
	"kinhbac/internal/money"
	"kinhbac/internal/proposal"
)

var criteria = []call.CriterionTyped{
	{NameVI: "Tính mới và sáng tạo", NameEN: "Novelty", MaxPoints: 25},
	{NameVI: "Khả năng tăng trưởng, thị trường", NameEN: "Growth and market", MaxPoints: 25},
	{NameVI: "Phương án công nghệ, kỹ thuật", NameEN: "Technical approach", MaxPoints: 20},
	{NameVI: "Năng lực đội ngũ", NameEN: "Team", MaxPoints: 15},
	{NameVI: "Kinh phí hợp lý, khả thi", NameEN: "Reasonable budget", MaxPoints: 15},
}

// announcement is a call of the example.
type announcement struct {
	programme, titleVI, titleEN, summaryVI, summaryEN string
	line                                              string
	total, each                                       int64 // triệu đồng
	opens, closes, reference, number                  string
	track                                             string // "" = innovation
	asks                                              bool   // questions of its own
}

var calls = map[string]announcement{
	"decided": {"CT4", "Hỗ trợ dự án khởi nghiệp sáng tạo năm 2026, đợt 1", "Support for start-up projects 2026, round 1",
		"Hỗ trợ một phần kinh phí hoàn thiện sản phẩm cho dự án khởi nghiệp sáng tạo có khả năng tăng trưởng nhanh.",
		"Part-funding to finish products of innovative start-up projects able to grow fast.",
		"A.1", 5_400, 1_500, "2026-01-12 08:00", "2026-02-27 17:00", "2026-02-27", "01/TB-SKHCN", "", false},
	"council": {"CT5", "Tăng tốc doanh nghiệp khởi nghiệp sáng tạo năm 2026", "Acceleration of start-up enterprises 2026",
		"Hỗ trợ tăng tốc cho doanh nghiệp đã có sản phẩm và khách hàng đầu tiên.",
		"Acceleration support for firms with a product and first customers.",
		"A.2", 10_000, 2_000, "2026-07-20 08:00", "2026-10-09 17:00", "2026-10-09", "27/TB-SKHCN", "", true},
	"open": {"CT6", "Phát triển sản phẩm, thị trường cho doanh nghiệp khởi nghiệp, đợt cuối năm 2026", "Products and markets for start-ups, end of 2026",
		"Hỗ trợ hoàn thiện sản phẩm, đưa sản phẩm ra thị trường trong và ngoài nước.",
		"Support to finish products and bring them to markets at home and abroad.",
		"A.5", 5_000, 1_500, "2026-11-05 08:00", "2026-12-18 17:00", "2026-12-18", "41/TB-SKHCN", "", true},
	"science": {"CT3", "Nhiệm vụ khoa học và công nghệ phục vụ đào tạo khởi nghiệp năm 2026", "S&T tasks for start-up training 2026",
		"Đặt hàng nhiệm vụ khoa học và công nghệ tạo học liệu, mô hình cho đào tạo khởi nghiệp.",
		"S&T tasks that make material and models for start-up training.",
		"A.3", 800, 800, "2025-12-29 08:00", "2026-02-27 17:00", "2026-02-27", "88/TB-SKHCN", call.TrackScience, false},
}

// announce drafts, approves and publishes a call, and gives it as it then stands.
func (s *stage) announce(a announcement, programmes, lines map[string]uuid.UUID) *call.Call {
	track := call.TrackInnovation
	if a.track != "" {
		track = a.track
	}
	c, err := s.Calls.Create(s.as(officer), call.Details{ProgrammeID: programmes[a.programme], TitleVI: a.titleVI, TitleEN: a.titleEN,
		SummaryVI: a.summaryVI, SummaryEN: a.summaryEN, Beneficiary: call.ForStartups, Track: track, BallotKind: call.BallotPoints,
		BudgetLineID: lines[a.line], CeilingTotal: million(a.total), CeilingAward: million(a.each), PassMark: decimal.NewFromInt(70),
		CoFundingShare: decimal.NewFromInt(30), OpensAt: instant(a.opens), ClosesAt: instant(a.closes), ReferenceDate: day(a.reference),
		Contact: "Phòng Quản lý đổi mới sáng tạo, Sở KH&CN, 0222 3 822 111", Documents: []string{"registration"}, Criteria: criteria})
	must(err)
	if a.asks {
		s.ask(c)
	}
	must(s.Calls.Approve(s.sure(head, "call.approve"), c.ID))
	must(s.Calls.Publish(s.sure(head, "call.publish"), c.ID, a.number))
	return s.fresh(c.ID)
}

func (s *stage) fresh(id uuid.UUID) *call.Call { return take(call.Get(s.ctx, s.DB, id)) }

// write fills every part of a dossier.
func (s *stage) write(ctx context.Context, c *call.Call, org uuid.UUID, p plan) uuid.UUID {
	d, err := s.Proposal.Create(ctx, c.Code, org)
	must(err)
	v := func() int { return take(proposal.Get(s.ctx, s.DB, d.ID)).Version }
	must(s.Proposal.SaveOrganisation(ctx, d.ID, proposal.OrganisationEdit{Version: v(), Name: p.firm.head, Email: p.firm.login, Phone: "0222 3 822 000"}))
	must(s.Proposal.SaveTeam(ctx, d.ID, proposal.TeamEdit{Version: v(), Members: []proposal.MemberEdit{
		{Name: p.firm.head, Part: "Chủ nhiệm", Qualification: "Kỹ sư, 8 năm kinh nghiệm"}, {Name: "Nguyễn Văn An", Part: "Kỹ thuật", Qualification: "Thạc sĩ"}}}))
	must(s.Proposal.SaveContent(ctx, d.ID, proposal.ContentEdit{Version: v(), TitleVI: p.title, TitleEN: p.titleEN, Summary: p.summary,
		Problem:  "Các cơ sở trong tỉnh đang làm thủ công, hao hụt cao và thiếu dữ liệu để ra quyết định.",
		Solution: p.summary + " Giải pháp đã có mẫu thử và hai khách hàng dùng thử.",
		Novelty:  "Kết hợp thiết bị chế tạo trong nước với phần mềm tự phát triển, chi phí bằng một nửa sản phẩm nhập."}))
	must(s.Proposal.SaveMarket(ctx, d.ID, proposal.MarketEdit{Version: v(), Market: "Khách hàng là hợp tác xã và doanh nghiệp nhỏ trong tỉnh và vùng đồng bằng sông Hồng.",
		BusinessModel: "Bán thiết bị kèm phí dịch vụ hằng tháng."}))
	must(s.Proposal.SavePlan(ctx, d.ID, proposal.PlanEdit{Version: v(), DurationMonths: 12, Plan: "Quý 1 thiết kế; quý 2 và 3 chế tạo, thử nghiệm; quý 4 bàn giao.",
		Outcomes: "Một sản phẩm thương mại, năm khách hàng trả tiền, một đơn đăng ký sáng chế."}))
	must(s.Proposal.SaveBudget(ctx, d.ID, proposal.BudgetEdit{Version: v(), CostBasis: "Báo giá của ba nhà cung cấp.", Items: []proposal.ItemEdit{
		{Item: "Thuê chuyên gia, nhân công", Grant: share(p.grant, 40), Own: share(p.own, 50)},
		{Item: "Nguyên vật liệu, linh kiện", Grant: share(p.grant, 35), Own: share(p.own, 30)},
		{Item: "Thử nghiệm, kiểm định", Grant: share(p.grant, 25), Own: share(p.own, 20)}}}))
	s.answer(ctx, d.ID, p)
	_, err = s.Proposal.Attach(ctx, d.ID, "registration", "giay-chung-nhan-dkdn.pdf", bytes.NewReader(paper(p.firm.name)))
	must(err)
	return d.ID
}

// share is pct per cent of triệu đồng; the parts of the example are whole.
func share(millions, pct int64) *money.Amount { a := money.VND(millions * pct * 10_000); return &a }

// apply writes and submits the dossiers of a call, one every few hours from a day on.
func (s *stage) apply(c *call.Call, first string, orgs map[string]uuid.UUID, plans []plan) []uuid.UUID {
	var ids []uuid.UUID
	start := day(first).Start().Add(8 * time.Hour)
	for i, p := range plans {
		s.at(start.Add(time.Duration(i) * 5 * time.Hour))
		id := s.write(s.as(p.firm.login), c, orgs[p.firm.name], p)
		d := take(proposal.Get(s.ctx, s.DB, id))
		_, err := s.Proposal.Submit(s.sure(p.firm.login, "proposal.submit"), id, proposal.Confirmations{Version: d.Version, Truth: true, NoDouble: true, Publicity: true})
		must(err)
		ids = append(ids, id)
	}
	return ids
}

// screen checks every dossier and has the head decide.
func (s *stage) screen(ids []uuid.UUID, plans []plan) {
	for i, id := range ids {
		outcome, reason := proposal.Eligible, "Hồ sơ đủ thành phần, đúng đối tượng"
		if plans[i].outside {
			outcome, reason = proposal.Ineligible, "Nội dung cải tiến dây chuyền sẵn có, không thuộc nhóm ươm tạo ý tưởng của đợt"
		}
		c, err := s.Proposal.Screen(s.as(officer), id, outcome, reason)
		must(err)
		must(s.Proposal.Decide(s.as(head), c.ID, c.Version, true, ""))
	}
}

// paper is a one-page pdf with a line of text.
func paper(text string) []byte {
	var b bytes.Buffer
	offsets := []int{}
	obj := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.4\n")
	obj("<< /Type /Catalog /Pages 2 0 R >>")
	obj("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	obj("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>")
	line := fmt.Sprintf("BT /F1 14 Tf 72 760 Td (Ban minh hoa %x) Tj ET", len(text))
	obj(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(line), line))
	obj("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}
