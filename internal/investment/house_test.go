package investment_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/council"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/fund"
	"kinhbac/internal/investment"
	"kinhbac/internal/money"
	"kinhbac/internal/review"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const bn = 1_000_000_000

// house is an active fund of 200 tỷ, 20 % at most for one firm, with 40 tỷ of private money paid in before the last
// quarter's end, an investment board of three, and a limit of 30 tỷ a deal.
type house struct {
	*investment.Service
	t                                                        *testing.T
	db                                                       *bun.DB
	acc                                                      *access.Access
	funds                                                    *fund.Service
	councils                                                 *council.Service
	reviews                                                  *review.Service
	f                                                        *fund.Fund
	finance, accountant, analyst, manager, leader, secretary context.Context
	board                                                    []context.Context // chair first
	council                                                  *council.Council
	today, quarter, paid                                     calendar.Date // the last quarter's end, and a day in that quarter
}

func build(t *testing.T) *house {
	h := &house{t: t, db: dbtest.New(t), acc: accesstest.New(t)}
	h.funds = fund.New(h.db, h.acc, calendar.NewHolidays(nil), investment.Portfolio{Access: h.acc})
	h.Service = investment.New(h.db, h.acc, h.funds)
	budgets := budget.New(h.db, h.acc)
	h.reviews = review.New(h.db, h.acc)
	h.councils = council.New(h.db, h.acc, h.reviews)
	h.councils.Serve("deal", investment.Matters{})
	h.today = calendar.DateOf(time.Now())
	start := fund.QuarterEnd(h.today)
	h.quarter = calendar.On(start.Year(), start.Month()-2, 1).AddDays(-1)
	h.paid = h.quarter.AddDays(-20)
	h.finance, h.accountant, h.leader = h.person(uuid.Nil, access.FinanceOfficer), h.person(uuid.Nil, access.ChiefAccountant), h.person(uuid.Nil, access.ProvinceLeader)
	h.secretary = h.person(uuid.Nil, access.CouncilSecretary)
	line, err := budgets.Plan(h.finance, budget.PlanInput{Year: h.today.Year(), Code: "DTPT", NameVI: "Đầu tư phát triển", NameEN: "Development investment",
		SourceCode: budget.StateBudget, Amount: money.VND(100 * bn)})
	h.must(err)
	h.must(budgets.Approve(h.accountant, line.ID, line.Version, "01/QĐ-UBND", h.today))
	h.f, err = h.funds.Create(h.person(uuid.Nil, access.ProgrammeOfficer), fund.NewFund{Code: "BN01", NameVI: "Quỹ đầu tư mạo hiểm tỉnh Bắc Ninh", LegalForm: fund.JSC,
		CharterCapital: money.VND(200 * bn), StateCap: decimal.NewFromInt(49), LossCeiling: decimal.NewFromInt(50), InvesteeCap: decimal.NewFromInt(10),
		CycleYears: 10, BlockAtCeiling: true, BudgetLineID: line.ID})
	h.must(err)
	h.must(h.funds.Approve(h.leader, h.f.ID, "02/QĐ-UBND", h.today))
	h.refresh()
	h.analyst, h.manager = h.person(h.f.ID, access.FundAnalyst), h.person(h.f.ID, access.FundManager)
	h.capital("Kinh Bắc Hà", money.VND(40*bn))
	h.limit("30000000000")
	h.establish()
	return h
}

func (h *house) person(f uuid.UUID, roles ...access.Role) context.Context {
	return accesstest.As(h.t, context.Background(), h.db, accesstest.Person{Roles: roles, Fund: f})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	_, err := h.db.NewRaw(query, args...).Exec(context.Background())
	h.must(err)
}

func (h *house) refresh() {
	h.t.Helper()
	var err error
	h.f, err = fund.Get(context.Background(), h.db, h.f.ID)
	h.must(err)
}

// capital has a private investor commit and pay an amount in the last quarter.
func (h *house) capital(name string, amount money.Amount) {
	h.t.Helper()
	in := fund.NewEntry{Name: name, Class: fund.Private, Amount: amount, DocumentNo: "HĐ-" + name, DocumentOn: h.paid}
	for _, kind := range []fund.EntryKind{fund.Commitment, fund.Contribution} {
		in.Kind = kind
		e, err := h.funds.Record(h.finance, h.f.ID, in)
		h.must(err)
		h.must(h.funds.ApproveEntry(h.accountant, e.ID))
		in.Investor = e.InvestorID
	}
}

func (h *house) limit(value string) {
	h.t.Helper()
	h.exec(`INSERT INTO rule_values (rule_id, value, instrument, article, confidence, status, since_version, document_no)
		VALUES ('deal.limit', ?, 'Điều lệ quỹ', 'Điều 1', 'C', 'in_force', 1, '9/NQ')`, value)
}

func (h *house) establish() {
	h.t.Helper()
	h.board = []context.Context{h.person(h.f.ID, access.InvestmentBoard, access.CouncilChair),
		h.person(h.f.ID, access.InvestmentBoard, access.CouncilMember), h.person(h.f.ID, access.InvestmentBoard, access.CouncilMember)}
	in := council.NewCouncil{Kind: council.Investment, Subject: h.f.ID, NameVI: "Hội đồng đầu tư", Secretary: access.From(h.secretary).ID}
	for i, kind := range []council.SeatKind{council.Chair, council.Vice, council.ScientificSecretary} {
		in.Seats = append(in.Seats, council.NewSeat{Kind: kind, Person: access.From(h.board[i]).ID})
	}
	c, err := h.councils.Create(h.manager, in)
	h.must(err)
	h.must(h.councils.Approve(h.leader, c.ID, c.Version, "03/QĐ-UBND", h.today))
	h.council, err = council.Get(context.Background(), h.db, c.ID)
	h.must(err)
}

// firm registers a firm by its number and gives its tax code, with the check digit that fits.
func (h *house) firm(n int) string {
	h.t.Helper()
	digits := []int{2, 4, 0, 0, 0, 0, 0, n / 10, n % 10}
	sum := 0
	for i, w := range []int{31, 29, 23, 19, 17, 13, 7, 5, 3} {
		sum += digits[i] * w
	}
	code := ""
	for _, d := range append(digits, (10-sum%11)%10) {
		code += string(rune('0' + d))
	}
	h.exec(`INSERT INTO organisations (id, name, short_name, kind, registered_on, tax_code, commune, address, head_name, email, phone)
		VALUES (?, ?, ?, 'firm', current_date - 400, ?, (SELECT min(code) FROM communes), 'Số 1', 'Giám đốc', 'a@b.vn', '')`,
		uuid.New(), "Công ty Cổ phần "+code, "Công ty "+code, code)
	return code
}

// sourced is a deal of a new firm; recommended has come as far as the board.
func (h *house) sourced(n int, amount money.Amount) *investment.Deal {
	h.t.Helper()
	d, err := h.Create(h.analyst, h.f.ID, investment.NewDeal{TaxCode: h.firm(n), Title: "Bộ nguồn GaN", Sector: "Bán dẫn", Round: "Seed", Instrument: "preferred",
		Amount: amount, Summary: "Bộ nguồn cho trung tâm dữ liệu"})
	h.must(err)
	return d
}

func (h *house) recommended(n int, amount money.Amount) *investment.Deal {
	h.t.Helper()
	d := h.sourced(n, amount)
	h.must(h.Screen(h.analyst, d.ID, "Đúng lĩnh vực ưu tiên", true))
	h.must(h.Examine(h.analyst, d.ID, "Đã kiểm tra pháp lý, tài chính"))
	h.must(h.Recommend(h.manager, d.ID, "Cổ phần ưu đãi hoàn lại"))
	return d
}

// vote brings deals before the board, which votes for or against each of them.
func (h *house) vote(yes bool, deals ...*investment.Deal) {
	h.t.Helper()
	a := council.Agenda{StartsAt: time.Now(), Place: "Phòng 402"}
	for _, d := range deals {
		a.Subjects = append(a.Subjects, d.ID)
	}
	session, err := h.councils.Schedule(h.secretary, h.council.ID, a)
	h.must(err)
	var marks []council.Mark
	for _, s := range h.council.Seats {
		marks = append(marks, council.Mark{Seat: s.ID, Presence: "present"})
	}
	h.must(h.councils.MarkAttendance(h.secretary, session.ID, marks, council.Stand{}))
	for _, member := range h.board {
		for _, d := range deals {
			h.must(h.reviews.Declare(member, review.Answer{Kind: "deal", ID: d.ID}))
		}
	}
	h.must(h.councils.Open(h.board[0], session.ID))
	choice, conclusion := "for", council.Support
	if !yes {
		choice, conclusion = "against", council.NotSupport
	}
	for _, d := range deals {
		m, err := council.MatterOf(context.Background(), h.db, "deal", d.ID)
		h.must(err)
		h.must(h.councils.Present(h.secretary, m.ID))
		h.must(h.councils.StartBallot(h.board[0], m.ID))
		for _, member := range h.board {
			h.must(h.councils.Cast(member, m.ID, council.Ballot{Choice: choice}))
		}
		h.must(h.councils.Tally(h.secretary, m.ID))
		proposed := d.Amount
		if !yes {
			proposed = money.VND(0)
		}
		h.must(h.councils.Conclude(h.board[0], m.ID, conclusion, proposed, ""))
	}
}

func (h *house) contracted(n int, amount money.Amount) *investment.Deal {
	h.t.Helper()
	d := h.recommended(n, amount)
	h.vote(true, d)
	h.must(h.Approve(h.board[0], d.ID))
	h.must(h.Contract(h.manager, d.ID, "01/HĐ-ĐT", h.paid))
	return d
}

// held is a firm that got an amount in the last quarter; it gives the holding's id.
func (h *house) held(n int, amount money.Amount) uuid.UUID {
	h.t.Helper()
	d := h.contracted(n, amount)
	tr, err := h.Record(h.manager, d.ID, investment.NewTranche{Amount: amount, Ownership: decimal.NewFromInt(12), PaidOn: h.paid, Reference: "UNC-" + d.Code})
	h.must(err)
	h.must(h.Confirm(h.accountant, tr.ID))
	var id uuid.UUID
	h.must(h.db.NewRaw("SELECT holding_id FROM investments WHERE id = ?", tr.ID).Scan(context.Background(), &id))
	return id
}

// valued takes a valuation of the last quarter through its three people.
func (h *house) valued(holding uuid.UUID, fair money.Amount) {
	h.t.Helper()
	v, err := h.Propose(h.analyst, holding, investment.NewValuation{QuarterEnd: h.quarter, Method: "multiples", Inputs: "Doanh thu 12 tháng × 4", Fair: fair})
	h.must(err)
	h.must(h.ApproveValuation(h.board[1], v.ID))
	h.must(h.LockValuation(h.accountant, v.ID))
}
