package demo

import (
	"context"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/council"
	"kinhbac/internal/money"
	"kinhbac/internal/proposal"
	"kinhbac/internal/review"
)

// bench is the seven people of the grant councils, chair first, with their seats.
var bench = []struct {
	name  string
	kind  council.SeatKind
	field string
}{
	{"Phan Trọng Nghĩa", council.Chair, "Quản lý đổi mới sáng tạo"},
	{"Trịnh Thị Kim Oanh", council.Vice, "Công nghệ sinh học"},
	{"Lương Văn Hùng", council.ScientificSecretary, "Tự động hóa"},
	{"Mai Thị Thu Hà", council.Critic, "Nông nghiệp công nghệ cao"},
	{"Tạ Đức Long", council.Critic, "Phần mềm, điện tử"},
	{"Cao Thị Bích Liên", council.Member, "Thị trường, kinh doanh"},
	{"Đinh Xuân Trường", council.Member, "Tài chính doanh nghiệp"},
}

func (s *stage) id(login string) uuid.UUID { return take(s.Identity.Subject(s.ctx, login)).ID }

// establish sets up the council of a call and gives it as established.
func (s *stage) establish(c *call.Call, decision, on string) *council.Council {
	in := council.NewCouncil{Kind: council.Grant, Subject: c.ID, NameVI: "Hội đồng đánh giá đợt " + c.Code, NameEN: "Council of call " + c.Code, Secretary: s.id(secretary)}
	for _, b := range bench {
		in.Seats = append(in.Seats, council.NewSeat{Kind: b.kind, Person: s.id(Login(b.name)), Field: b.field})
	}
	co, err := s.Council.Create(s.as(officer), in)
	must(err)
	must(s.Council.Approve(s.sure(head, "council.approve"), co.ID, co.Version, decision, day(on)))
	return take(council.Get(s.ctx, s.DB, co.ID))
}

// meeting is a session under way.
type meeting struct {
	*stage
	call    *call.Call
	council *council.Council
	session *council.Session
	barred  map[uuid.UUID]bool // proposals the chair has declared a conflict on
}

// summon schedules the session, has every seat declare its interests, marks all seven present and opens.
// conflicted is the proposal the chair steps back from, Nil for none.
func (s *stage) summon(c *call.Call, co *council.Council, at string, subjects []uuid.UUID, conflicted uuid.UUID) *meeting {
	ses, err := s.Council.Schedule(s.as(secretary), co.ID, council.Agenda{StartsAt: instant(at), Place: "Phòng họp số 2, Sở KH&CN", Subjects: subjects})
	must(err)
	m := &meeting{s, c, co, ses, map[uuid.UUID]bool{conflicted: true}}
	for i, b := range bench {
		var answers []review.Answer
		for _, id := range subjects {
			a := review.Answer{Kind: "proposal", ID: id}
			if i == 0 && id == conflicted {
				a.Conflict, a.Ground = true, "Là cố vấn khoa học của đơn vị chủ trì trong 36 tháng gần đây"
			}
			answers = append(answers, a)
		}
		must(s.Review.Declare(s.as(Login(b.name)), answers...))
	}
	return m
}

// read assigns the two critics and the outside reader to a dossier and has them send their sheets.
func (m *meeting) read(p uuid.UUID, points int, due calendar.Date) {
	for i, who := range []struct{ name, part string }{{"Hồ Thanh Bình", "reader"}, {"Mai Thị Thu Hà", "critic"}, {"Tạ Đức Long", "critic"}} {
		login := Login(who.name)
		a, err := m.Review.Propose(m.as(secretary), review.Task{Proposal: p, Reader: m.id(login), Part: who.part, DueOn: due})
		must(err)
		must(m.Review.Approve(m.as(head), a.ID))
		if who.part == "reader" {
			must(m.Review.Declare(m.as(login), review.Answer{Kind: "proposal", ID: p}))
		}
		must(m.Review.Accept(m.as(login), a.ID))
		sheet := new(review.Sheet)
		must(m.DB.NewSelect().Model(sheet).Where("rs.assignment_id = ?", a.ID).Scan(m.ctx))
		o := review.Opinion{Version: sheet.Version, Recommendation: "support", Comment: "Hồ sơ rõ ràng, sản phẩm có khách hàng dùng thử; cần làm rõ kế hoạch mở rộng."}
		for j, n := range spread(points+i-1, m.call.Criteria) {
			o.Scores = append(o.Scores, review.Score{CriterionID: m.call.Criteria[j].ID, Points: &n, Comment: "Đáp ứng yêu cầu của tiêu chí"})
		}
		must(m.Review.SubmitSheet(m.sure(login, "review.submit"), sheet.ID, o))
	}
}

func (m *meeting) open() {
	var marks []council.Mark
	for _, seat := range m.council.Seats {
		marks = append(marks, council.Mark{Seat: seat.ID, Presence: "present"})
	}
	must(m.Council.MarkAttendance(m.as(secretary), m.session.ID, marks, council.Stand{}))
	must(m.Council.Open(m.as(Login(bench[0].name)), m.session.ID))
}

// presides is who leads a matter: the chair, or the vice chair where the chair stepped back.
func (m *meeting) presides(p uuid.UUID) string {
	if m.barred[p] {
		return Login(bench[1].name)
	}
	return Login(bench[0].name)
}

// ballot presents a matter and opens its ballot; upTo seats cast.
func (m *meeting) ballot(p uuid.UUID, points, upTo int) *council.Matter {
	matter := take(council.MatterOf(m.ctx, m.DB, "proposal", p))
	must(m.Council.Present(m.as(m.presides(p)), matter.ID))
	must(m.Council.StartBallot(m.as(m.presides(p)), matter.ID))
	for i, b := range bench[:upTo] {
		if i == 0 && m.barred[p] {
			continue
		}
		ballot := council.Ballot{Remark: "Đề nghị đơn vị làm rõ tiến độ và đầu ra từng quý."}
		for j, n := range spread(points+[7]int{1, -2, 0, 3, -1, 2, -3}[i], m.call.Criteria) {
			ballot.Lines = append(ballot.Lines, council.BallotLine{CriterionID: &m.call.Criteria[j].ID, Points: &n})
		}
		must(m.Council.Cast(m.as(Login(b.name)), matter.ID, ballot))
	}
	return matter
}

// judge takes a matter from its presentation to its conclusion.
func (m *meeting) judge(p uuid.UUID, points int) {
	matter := m.ballot(p, points, len(bench))
	must(m.Council.Tally(m.as(secretary), matter.ID))
	matter = take(council.MatterOf(m.ctx, m.DB, "proposal", p))
	conclusion, amount, note := council.NotSupport, money.Amount{}, "Không đạt điểm sàn"
	if *matter.Passed {
		conclusion, note = council.Support, "Đề nghị hỗ trợ theo mức đề xuất"
		if points%10 == 5 { // one in ten is cut, as councils do
			d := take(proposal.Get(m.ctx, m.DB, p))
			conclusion, amount, note = council.SupportLess, million(cut(d.Requested)), "Giảm chi phí thuê ngoài chưa có báo giá"
		}
	}
	must(m.Council.Conclude(m.sure(m.presides(p), "council_session.conclude"), matter.ID, conclusion, amount, note))
}

// cut is nine tenths of an amount in whole triệu đồng.
func cut(a money.Amount) int64 { return a.Decimal().IntPart() / 1_000_000 * 9 / 10 }

// end closes the session and has its minutes written and signed.
func (m *meeting) end() {
	chair, sci := Login(bench[0].name), Login(bench[2].name)
	must(m.Council.Close(m.as(chair), m.session.ID))
	ses := m.now()
	must(m.Council.DraftMinutes(m.as(sci), ses.ID, ses.Version, "Hội đồng họp đủ thành phần, nghe các đơn vị trình bày, thảo luận và bỏ phiếu kín theo quy định. Kết quả kiểm phiếu và kết luận từng hồ sơ kèm theo biên bản này."))
	must(m.Council.SignSecretary(m.sure(sci, "minutes.sign_secretary"), ses.ID, m.now().MinutesDigest))
	must(m.Council.SignChair(m.sure(chair, "minutes.sign"), ses.ID, m.now().MinutesDigest))
}

func (m *meeting) now() *council.Session {
	ses := new(council.Session)
	must(m.DB.NewSelect().Model(ses).Where("cs.id = ?", m.session.ID).Scan(context.WithoutCancel(m.ctx)))
	return ses
}

// spread divides a total over the criteria in proportion to their weights, whole points, none above its weight.
func spread(total int, cs []call.Criterion) []int {
	out := make([]int, len(cs))
	left := total
	for i, c := range cs {
		out[i] = total * c.MaxPoints / 100
		left -= out[i]
	}
	for i := 0; left > 0; i = (i + 1) % len(cs) {
		if out[i] < cs[i].MaxPoints {
			out[i]++
			left--
		}
	}
	return out
}
