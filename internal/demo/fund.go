package demo

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/council"
	"kinhbac/internal/fund"
	"kinhbac/internal/identity"
	"kinhbac/internal/investment"
	"kinhbac/internal/money"
	"kinhbac/internal/review"
)

const (
	analyst = "chu.hai.yen"
	manager = "quach.thanh.nam"
	chair   = "luu.thi.minh.chau"
)

var board = []struct {
	login string
	kind  council.SeatKind
}{{chair, council.Chair}, {"than.thi.ngan", council.Vice}, {"kieu.quang.huy", council.ScientificSecretary}}

// founded drafts and approves the fund, gives its people their roles, and sets up its investment board.
func (s *stage) founded(line uuid.UUID) (*fund.Fund, *council.Council) {
	f, err := s.Fund.Create(s.as(officer), fund.NewFund{Code: "BNVF", NameVI: "Quỹ đầu tư mạo hiểm Bắc Ninh (minh họa)", NameEN: "Bắc Ninh Venture Fund (illustrative)",
		LegalForm: fund.JSC, CharterCapital: million(100_000), StateCap: decimal.NewFromInt(49), LossCeiling: decimal.NewFromInt(50),
		InvesteeCap: decimal.NewFromInt(20), CycleYears: 10, CallNoticeDays: 10, BlockAtCeiling: true, BudgetLineID: line})
	must(err)
	must(s.Fund.Approve(s.sure(leader, "fund.approve"), f.ID, "1890/QĐ-UBND", day("2024-10-02")))
	for _, p := range Cast {
		if p.Unit != fundUnit {
			continue
		}
		for _, r := range p.Roles {
			s.grant(Login(p.Name), identity.NewGrant{Role: r, Fund: f.ID})
		}
	}
	in := council.NewCouncil{Kind: council.Investment, Subject: f.ID, NameVI: "Hội đồng đầu tư Quỹ BNVF", NameEN: "Investment board of BNVF", Secretary: s.id(secretary)}
	for _, b := range board {
		in.Seats = append(in.Seats, council.NewSeat{Kind: b.kind, Person: s.id(b.login), Field: "Đầu tư"})
	}
	co, err := s.Council.Create(s.as(manager), in)
	must(err)
	must(s.Council.Approve(s.sure(leader, "council.approve"), co.ID, co.Version, "1891/QĐ-UBND", day("2024-10-02")))
	return take(s.Fund.Read(s.as(manager), f.Code)), take(council.Get(s.ctx, s.DB, co.ID))
}

// subscribe records the commitments: private investors first, so that the State's share never passes the cap.
func (s *stage) subscribe(f *fund.Fund) {
	for i, c := range []struct {
		name   string
		class  fund.Class
		amount int64
	}{{"Công ty Đầu tư Kinh Đô Bắc", fund.Private, 20_000}, {"Tập đoàn Công nghiệp Quế Dương", fund.Private, 20_000},
		{"Quỹ Nhà sáng lập Việt", fund.Private, 11_000}, {"UBND tỉnh Bắc Ninh", fund.State, 49_000}} {
		e, err := s.Fund.Record(s.as(finance), f.ID, fund.NewEntry{Name: c.name, Class: c.class, Kind: fund.Commitment, Amount: million(c.amount),
			DocumentNo: fmt.Sprintf("%02d/2024/HĐGV", i+1), DocumentOn: day("2024-10-03")})
		must(err)
		must(s.Fund.ApproveEntry(s.sure(accountant, "fund_capital.approve"), e.ID))
	}
}

// call draws capital: drafted, approved by the board, issued, and paid in whole before it is due.
func (s *stage) call(f *fund.Fund, b fund.Buckets, purpose, due, paid string) {
	c, err := s.Fund.DraftCall(s.as(manager), f.ID, fund.NewCall{Buckets: b, Purpose: purpose, DueOn: day(due)})
	must(err)
	must(s.Fund.ApproveCall(s.sure(chair, "capital_call.approve"), c.ID))
	must(s.Fund.IssueCall(s.as(manager), c.ID))
	s.day(paid)
	c = take(s.Fund.ReadCall(s.as(finance), c.Code))
	for _, l := range c.Lines { // in the order of subscription: the State is last
		must(s.Fund.RecordPayment(s.as(finance), c.ID, l.ID, fund.Payment{Amount: l.Amount, PaidOn: day(paid), Reference: fmt.Sprintf("GBC-%s-%d", c.Code, l.Position)}))
	}
}

// stake is one holding of the example.
type stake struct {
	firm                firm
	title, sector       string
	amount, preMoney    int64 // triệu đồng
	ownership           string
	sourced, met, paid  string
	fair                map[string]int64 // triệu đồng by quarter end
	method, methodInput string
}

var quarters = []string{"2024-12-31", "2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30", "2026-09-30"}

var stakes = []stake{
	{decidedCall[1].firm, "Vòng hạt giống Sinh học Chũ", "Công nghệ sinh học", 8_000, 32_000, "20", "2024-11-04", "2024-11-12", "2024-11-20",
		map[string]int64{"2024-12-31": 8_000, "2025-03-31": 8_000, "2025-06-30": 9_200, "2025-09-30": 9_200, "2025-12-31": 11_500, "2026-03-31": 11_500, "2026-06-30": 13_800, "2026-09-30": 14_400},
		"round_calibrated", "Hiệu chỉnh theo vòng gọi vốn gần nhất và doanh thu quý"},
	{decidedCall[3].firm, "Vòng hạt giống Robot Quế Võ", "Tự động hóa", 6_000, 24_000, "20", "2025-01-06", "2025-01-14", "2025-01-22",
		map[string]int64{"2025-03-31": 6_000, "2025-06-30": 6_000, "2025-09-30": 5_400, "2025-12-31": 5_400, "2026-03-31": 6_600, "2026-06-30": 7_200, "2026-09-30": 7_200},
		"multiples", "Bội số doanh thu của nhóm doanh nghiệp so sánh"},
	{decidedCall[4].firm, "Trái phiếu chuyển đổi Luy Lâu", "Giáo dục số", 5_000, 20_000, "", "2025-04-14", "2025-04-22", "2025-05-05",
		map[string]int64{"2025-06-30": 5_000, "2025-09-30": 4_000, "2025-12-31": 3_000, "2026-03-31": 3_000, "2026-06-30": 2_500, "2026-09-30": 2_500},
		"discounted_cash", "Dòng tiền chiết khấu theo kế hoạch kinh doanh đã điều chỉnh"},
	{councilCall[4].firm, "Vòng A Pin mặt trời Lim", "Năng lượng", 9_000, 41_000, "18", "2025-08-04", "2025-08-13", "2025-08-26",
		map[string]int64{"2025-09-30": 9_000, "2025-12-31": 9_900, "2026-03-31": 10_800, "2026-06-30": 12_600, "2026-09-30": 13_500},
		"round_price", "Giá vòng A của nhà đầu tư độc lập"},
	{councilCall[9].firm, "Vòng hạt giống Y tế số Kinh Bắc", "Y tế số", 7_000, 28_000, "20", "2026-01-12", "2026-01-20", "2026-02-04",
		map[string]int64{"2026-03-31": 7_000, "2026-06-30": 7_000, "2026-09-30": 8_400},
		"round_price", "Giá vòng hạt giống, chưa có biến động"},
}

// invest takes a deal from its source to a confirmed holding and gives the holding.
func (s *stage) invest(f *fund.Fund, co *council.Council, st stake) uuid.UUID {
	instrument := "preferred"
	if st.ownership == "" {
		instrument = "convertible_note"
	}
	d, err := s.Invest.Create(s.as(analyst), f.ID, investment.NewDeal{TaxCode: taxCode(st.firm.serial), Title: st.title, Sector: st.sector, Round: "Hạt giống",
		Instrument: instrument, Summary: "Doanh nghiệp có sản phẩm, khách hàng trả tiền và đội ngũ sáng lập gắn bó.", Amount: million(st.amount), PreMoney: million(st.preMoney)})
	must(err)
	must(s.Invest.Screen(s.as(analyst), d.ID, "Đúng lĩnh vực ưu tiên, đạt tiêu chí sàng lọc", true))
	must(s.Invest.Examine(s.as(analyst), d.ID, "Pháp lý, tài chính, công nghệ: không có phát hiện trọng yếu"))
	must(s.Invest.Recommend(s.sure(manager, "deal.recommend"), d.ID, "Ưu tiên thanh lý 1x không tham gia, một ghế quan sát viên"))
	s.day(st.met)
	s.vote(co, d.ID, st.met)
	must(s.Invest.Approve(s.sure(chair, "deal.approve"), d.ID))
	s.day(st.paid)
	must(s.Invest.Contract(s.as(manager), d.ID, "HĐĐT-"+d.Code, day(st.paid)))
	in := investment.NewTranche{Amount: million(st.amount), PaidOn: day(st.paid), Reference: "UNC-" + d.Code}
	if st.ownership != "" {
		in.Ownership, in.Shares, in.Price = decimal.RequireFromString(st.ownership), money.VND(st.amount*10), money.VND(100_000)
	}
	t, err := s.Invest.Record(s.as(manager), d.ID, in)
	must(err)
	must(s.Invest.Confirm(s.sure(accountant, "investment.confirm"), t.ID))
	var holding uuid.UUID
	must(s.DB.NewRaw("SELECT holding_id FROM investments WHERE id = ?", t.ID).Scan(s.ctx, &holding))
	return holding
}

// vote has the board decide on a deal in a session of its own.
func (s *stage) vote(co *council.Council, deal uuid.UUID, on string) {
	ses, err := s.Council.Schedule(s.as(secretary), co.ID, council.Agenda{StartsAt: instant(on + " 14:00"), Place: "Phòng họp Quỹ", Subjects: []uuid.UUID{deal}})
	must(err)
	m := &meeting{stage: s, council: co, session: ses}
	var marks []council.Mark
	for _, seat := range co.Seats {
		marks = append(marks, council.Mark{Seat: seat.ID, Presence: "present"})
	}
	for _, b := range board {
		must(s.Review.Declare(s.as(b.login), review.Answer{Kind: "deal", ID: deal}))
	}
	must(s.Council.MarkAttendance(s.as(secretary), ses.ID, marks, council.Stand{}))
	must(s.Council.Open(s.as(chair), ses.ID))
	matter := take(council.MatterOf(s.ctx, s.DB, "deal", deal))
	must(s.Council.Present(s.as(chair), matter.ID))
	must(s.Council.StartBallot(s.as(chair), matter.ID))
	for _, b := range board {
		must(s.Council.Cast(s.as(b.login), matter.ID, council.Ballot{Choice: "for"}))
	}
	must(s.Council.Tally(s.as(secretary), matter.ID))
	must(s.Council.Conclude(s.sure(chair, "council_session.conclude"), matter.ID, council.Support, money.Amount{}, "Hội đồng thống nhất đầu tư"))
	must(s.Council.Close(s.as(chair), ses.ID))
	must(s.Council.DraftMinutes(s.as("kieu.quang.huy"), ses.ID, m.now().Version, "Hội đồng đầu tư họp đủ thành viên, nghe báo cáo thẩm định và biểu quyết."))
	must(s.Council.SignSecretary(s.sure("kieu.quang.huy", "minutes.sign_secretary"), ses.ID, m.now().MinutesDigest))
	must(s.Council.SignChair(s.sure(chair, "minutes.sign"), ses.ID, m.now().MinutesDigest))
}

// value proposes, approves and locks every valuation of a quarter.
func (s *stage) value(holdings map[int]uuid.UUID, quarter string) {
	for i, st := range stakes {
		h, held := holdings[i]
		fair, due := st.fair[quarter]
		if !held || !due {
			continue
		}
		v, err := s.Invest.Propose(s.as(analyst), h, investment.NewValuation{QuarterEnd: day(quarter), Method: st.method, Inputs: st.methodInput, Fair: million(fair)})
		must(err)
		must(s.Invest.ApproveValuation(s.sure(chair, "valuation.approve"), v.ID))
		must(s.Invest.LockValuation(s.sure(accountant, "valuation.lock"), v.ID))
	}
}

// venture plays the fund over eight quarters, day by day with the rest of the house: next says what is due when.
func (s *stage) venture(f *fund.Fund, co *council.Council) []event {
	holdings := map[int]uuid.UUID{}
	events := []event{
		{"2024-10-04", func() {
			s.call(f, fund.Buckets{Investment: million(28_000), Fee: million(1_200), Expense: million(800)}, "Đầu tư năm 2024 và 2025", "2024-10-30", "2024-10-25")
		}},
		{"2025-06-10", func() {
			s.call(f, fund.Buckets{Investment: million(20_000), Fee: million(1_500), Expense: million(500)}, "Đầu tư năm 2025 và 2026", "2025-07-10", "2025-07-04")
		}},
		{"2026-10-20", func() {
			d, err := s.Fund.DraftDistribution(s.as(manager), f.ID, "return_of_capital", million(2_000))
			must(err)
			must(s.Fund.ApproveDistribution(s.sure(chair, "distribution.approve"), d.ID))
		}},
	}
	for i, st := range stakes {
		events = append(events, event{st.sourced, func() { holdings[i] = s.invest(f, co, st) }})
	}
	for _, q := range quarters {
		after := day(q).AddDays(15)
		events = append(events, event{after.String(), func() { s.value(holdings, q) }})
	}
	return events
}

// event is something that happens on a day, yyyy-MM-dd.
type event struct {
	on string
	do func()
}
