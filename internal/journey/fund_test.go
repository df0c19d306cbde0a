package journey

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/net/html"
)

var board = []struct{ login, name, seat string }{
	{boardChair, "Lưu Thị Minh Châu", "Chủ tịch"}, {"than.thi.ngan", "Thân Thị Ngân", "Phó chủ tịch"}, {"kieu.quang.huy", "Kiều Quang Huy", "Thư ký khoa học"},
}

// TestVenture takes the fund from its charter through capital, a deal and the vote of its board to a valuation.
func TestVenture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-08-19 09:00")
	w.staff(uuid.Nil)
	w.prepare()
	w.signUp(firms[0].person, firms[0].login)
	w.register(firms[0])
	w.venture()
	w.verify()
}

// venture founds the fund, draws its capital, invests by a vote of its board and values what it holds.
func (w *world) venture() {
	w.at("2026-08-20 09:00")
	fund := w.found()
	w.establishBoard(fund)
	w.subscribe()
	w.drawCapital()
	deal := w.deal()
	w.vote(deal)
	w.invest(deal)
	w.value()
	v := w.as(manager).get("/fund/BNVF").ok("Giá trị tài sản ròng", "TVPI", "DPI", "RVPI", "IRR")
	v.ok("29,20", "0,97", "0,00", "chưa đủ dữ liệu")
	w.guest("somebody").get("/investments").ok(firms[0].name)
}

// found drafts the charter and has the province decide on it; it gives the fund's id.
func (w *world) found() uuid.UUID {
	v := w.as(officer).get("/fund/charter").ok()
	v.submit("/fund/create", form("code", "BNVF", "name_vi", "Quỹ đầu tư mạo hiểm Bắc Ninh", "name_en", "Bắc Ninh Venture Fund", "legal_form", v.option("/fund/create", "legal_form", "cổ phần"),
		"budget_line_id", w.fundLine, "charter_capital", "100.000"+million, "state_cap", "49", "loss_ceiling", "50", "investee_cap", "20", "cycle_years", "10",
		"call_notice_days", "10", "block_at_ceiling", "true")).ok()
	w.as(leader).get("/fund/BNVF").ok().submit("/fund/BNVF/approve", form("decision_no", "1890/QĐ-UBND", "established_on", "20/08/2026")).ok()
	var id uuid.UUID
	if err := w.db.NewRaw("SELECT id FROM funds WHERE code = 'BNVF'").Scan(w.t.Context(), &id); err != nil {
		w.t.Fatal(err)
	}
	w.staff(id)
	return id
}

func (w *world) establishBoard(fund uuid.UUID) {
	v := w.as(manager).get("/councils/new?fund=" + fund.String()).ok()
	in := form("name_vi", "Hội đồng đầu tư Quỹ BNVF", "name_en", "Investment board", "secretary", v.option("/councils", "secretary", "Phạm Thu Trang"))
	for i, b := range board {
		in.Set(fmt.Sprintf("seats[%d].person", i), v.option("/councils", fmt.Sprintf("seats[%d].person", i), b.name))
		in.Set(fmt.Sprintf("seats[%d].kind", i), v.option("/councils", fmt.Sprintf("seats[%d].kind", i), b.seat))
		in.Set(fmt.Sprintf("seats[%d].field", i), "Đầu tư")
	}
	v.submit("/councils", in).ok()
	v = w.as(leader).get("/councils").ok()
	w.council = v.linkIn("Hội đồng đầu tư", `^/councils/[0-9a-f-]{36}$`)
	v.get(w.council).ok().submit(w.council+"/approve", form("decision_no", "1891/QĐ-UBND", "decided_on", "20/08/2026")).ok("1891/QĐ-UBND")
}

// subscribe records the commitments: the State's, when it would pass the charter's cap of 49 %, only after the others.
func (w *world) subscribe() {
	const page = "/fund/BNVF/capital"
	entry := func(no int, name, class, amount string) url.Values {
		v := w.as(finance).get(page).ok()
		return form("name", name, "class", v.option("/fund/BNVF/record", "class", class), "kind", v.option("/fund/BNVF/record", "kind", "Cam kết"), "amount", amount,
			"document_no", fmt.Sprintf("%02d/2026/HĐGV", no), "document_on", "20/08/2026")
	}
	record := func(no int, name, class, amount string) {
		w.as(finance).get(page).ok().submit("/fund/BNVF/record", entry(no, name, class, amount)).ok()
	}
	confirm := func(name string) *visitor {
		v, act := w.as(accountant).get(page).ok(), ""
		walk(v.page.doc, func(n *html.Node) {
			if n.Data == "tr" && strings.Contains(inner(n), name) {
				walk(n, func(f *html.Node) {
					if f.Data == "form" {
						act = attr(f, "action")
					}
				})
			}
		})
		return v.submit(act, nil)
	}
	const state = "UBND tỉnh Bắc Ninh"
	record(1, "Công ty Đầu tư Kinh Đô Bắc", "Vốn tư nhân", "20.000"+million)
	confirm("Kinh Đô Bắc").ok()
	record(4, state, "Vốn nhà nước", "49.000"+million)
	w.as(accountant) // is there before anything is compared
	w.unchanged(func() { confirm(state).refused(409, "49% của điều lệ") })
	record(2, "Tập đoàn Công nghiệp Quế Dương", "Vốn tư nhân", "20.000"+million)
	confirm("Quế Dương").ok()
	record(3, "Quỹ Nhà sáng lập Việt", "Vốn tư nhân", "11.000"+million)
	confirm("Nhà sáng lập").ok()
	confirm(state).ok()
}

// drawCapital calls 30 tỷ and has all four investors pay, the State last.
func (w *world) drawCapital() {
	v := w.as(manager).get("/fund/BNVF").ok()
	v.submit("/fund/BNVF/capital-calls/draft", form("investment", "28.000"+million, "fee", "1.200"+million, "expense", "800"+million, "purpose", "Đầu tư năm 2026", "due_on", "15/09/2026")).ok()
	call := v.page.path
	w.as(boardChair).get(call).ok().submit(call+"/approve", nil).ok()
	w.as(manager).get(call).ok().submit(call+"/issue", nil).ok()
	w.at("2026-09-10 09:00")
	for i, x := range []struct{ name, amount string }{{"Kinh Đô Bắc", "6.000"}, {"Quế Dương", "6.000"}, {"Nhà sáng lập", "3.300"}, {"UBND tỉnh", "14.700"}} {
		v := w.as(finance).get(call).ok()
		v.submit(call+"/record-payment", form("line", v.option(call+"/record-payment", "line", x.name), "amount", x.amount+million, "paid_on", "10/09/2026",
			"reference", fmt.Sprintf("GBC-%d", i+1))).ok()
	}
}

// deal takes a firm from its first mark to the manager's recommendation; it gives the deal's page.
func (w *world) deal() string {
	v := w.as(analyst).get("/fund/pipeline").ok()
	v.submit("/fund/deals/create", form("fund", v.option("/fund/deals/create", "fund", "Bắc Ninh"), "tax_code", firms[0].taxCode, "title", "Vòng hạt giống Sông Cầu", "sector", "Nông nghiệp số", "round", "Hạt giống",
		"instrument", "preferred", "amount", "8.000"+million, "pre_money", "32.000"+million, "summary", "Có sản phẩm, khách hàng trả tiền.")).ok()
	deal := v.page.path
	v.submit(deal+"/screen", form("screening", "Đúng lĩnh vực ưu tiên", "pass", "true")).ok()
	v.get(deal).ok().submit(deal+"/diligence", form("findings", "Không có phát hiện trọng yếu")).ok()
	w.as(manager).get(deal).ok().submit(deal+"/recommend", form("terms", "Ưu tiên thanh lý 1x không tham gia")).ok()
	return deal
}

// vote has the board meet on the deal, each member for it.
func (w *world) vote(deal string) {
	v := w.as(secretary).get(w.council).ok()
	v.submit(w.council+"/meetings", form("starts_at", "11/09/2026 14:00", "place", "Phòng họp Quỹ", "subjects", strings.TrimPrefix(deal, "/fund/deals/"))).ok("Phòng họp Quỹ")
	session := v.page.path
	if !strings.Contains(session, "/meetings/") {
		session = v.link(`/meetings/1$`)
	}
	for _, b := range board {
		w.declare(b.login)
	}
	w.at("2026-09-11 14:00")
	v = w.as(secretary).get(session).ok()
	marks := url.Values{}
	for i := range board {
		marks.Set(fmt.Sprintf("marks[%d].presence", i), "present")
	}
	v.submit(v.action(`/attendance$`), marks).ok()
	press := func(login, act string, in url.Values) {
		v := w.as(login).get(session).ok()
		v.submit(v.action(act), in).ok()
	}
	press(boardChair, `/open$`, nil)
	press(boardChair, `/present$`, nil)
	press(boardChair, `/start-ballot$`, nil)
	ballot := w.as(boardChair).get(session).ok().link(`^/matters/[0-9a-f-]+/ballot$`)
	for _, b := range board {
		w.as(b.login).get(ballot).ok().submit(ballot, form("choice", "for")).ok()
	}
	press(secretary, `/tally$`, nil)
	press(boardChair, `/conclude$`, form("conclusion", "support", "note", "Hội đồng thống nhất đầu tư"))
	w.session = session
	press(boardChair, `/close$`, nil)
	w.as(boardChair).get(deal).ok().submit(deal+"/approve", nil).ok()
}

// invest contracts, records the money and has the chief accountant confirm it.
func (w *world) invest(deal string) {
	w.at("2026-09-15 09:00")
	w.as(manager).get(deal).ok().submit(deal+"/contract", form("contract_no", "HĐĐT-01", "contract_on", "15/09/2026")).ok()
	w.as(manager).get(deal).ok().submit(deal+"/record", form("amount", "8.000"+million, "shares", "80.000", "price", "100.000", "round_total", "0", "ownership", "20",
		"paid_on", "15/09/2026", "reference", "UNC-01")).ok()
	v := w.as(accountant).get("/inbox").ok()
	v.get(v.link(`^/fund/investments$`)).ok()
	v.submit(v.action(`/tranches/[0-9a-f-]+/confirm$`), nil).ok()
}

// value proposes, approves and locks the valuation of the quarter.
func (w *world) value() {
	w.at("2026-10-12 09:00")
	v := w.as(analyst).get("/fund/investments").ok(firms[0].name)
	v.get(v.link(`^/fund/investments/[0-9a-f-]{36}$`)).ok()
	propose := v.page.path + "/propose-valuation"
	v.submit(propose, form("quarter_end", "30/09/2026", "method", "round_calibrated", "inputs", "Hiệu chỉnh theo vòng gần nhất", "fair", "9.200"+million)).ok()
	for _, x := range []struct{ login, act string }{{boardChair, "approve"}, {accountant, "lock"}} {
		v := w.as(x.login).get("/fund/valuations").ok()
		v.get(v.link(`^/fund/valuations/.+`)).ok()
		v.submit(v.action(`^/fund/valuations/[^/]+/[0-9a-f-]+/`+x.act+`$`), nil).ok()
	}
}
