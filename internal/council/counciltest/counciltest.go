// Package counciltest lends tests a call with eligible proposals on a funded budget line, the people of a council
// of seven, and the steps that take a proposal through its session. What lies upstream of the council is written
// straight into the tables; from the council on everything is done by the commands.
package counciltest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/council"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
	"kinhbac/internal/proposal"
	"kinhbac/internal/review"
)

// House is a database with the services up to the council.
type House struct {
	T        testing.TB
	DB       *bun.DB
	Access   *access.Access
	Reviews  *review.Service
	Councils *council.Service
	Call     *call.Call
	Line     *budget.Line
	Dossiers []proposal.Proposal // eligible
	Council  *council.Council    // set by Establish
	Session  *council.Session    // set by Meet

	Officer, Head, Leader, Finance, Accountant, Secretary context.Context
	Seats                                                 []context.Context // chair, vice, scientific secretary, two critics, two members
}

type noSubmissions struct{}

func (noSubmissions) Owners(context.Context, bun.IDB, uuid.UUID) ([]uuid.UUID, error) {
	return nil, nil
}

// New makes a call with eligible proposals that ask for the given amounts, on a line that holds line đồng.
func New(t testing.TB, line int64, asked ...int64) *House {
	t.Helper()
	db := dbtest.New(t)
	h := &House{T: t, DB: db, Access: accesstest.New(t)}
	budgets := budget.New(db, h.Access)
	call.New(db, h.Access, noSubmissions{})
	proposal.New(db, h.Access, nil, nil, calendar.Holidays{})
	h.Reviews = review.New(db, h.Access)
	h.Councils = council.New(db, h.Access, h.Reviews)
	as := func(roles ...access.Role) context.Context {
		return accesstest.As(t, context.Background(), db, accesstest.Person{Roles: roles})
	}
	h.Officer, h.Head, h.Leader = as(access.ProgrammeOfficer), as(access.DepartmentHead), as(access.ProvinceLeader)
	h.Finance, h.Accountant, h.Secretary = as(access.FinanceOfficer), as(access.ChiefAccountant), as(access.CouncilSecretary)
	h.Seats = append(h.Seats, as(access.CouncilChair))
	for range 6 {
		h.Seats = append(h.Seats, as(access.CouncilMember))
	}
	h.fund(budgets, line)
	h.open(line)
	for i, a := range asked {
		h.apply(i, a)
	}
	return h
}

func (h *House) must(err error, what string) {
	h.T.Helper()
	if err != nil {
		h.T.Fatalf("%s: %v", what, err)
	}
}

func (h *House) exec(query string, args ...any) {
	h.T.Helper()
	_, err := h.DB.NewRaw(query, args...).Exec(context.Background())
	h.must(err, query)
}

func (h *House) fund(budgets *budget.Service, amount int64) {
	h.T.Helper()
	l, err := budgets.Plan(h.Finance, budget.PlanInput{Year: Today().Year(), Code: "NS", NameVI: "Nguồn", NameEN: "Source",
		SourceCode: budget.StateBudget, ProgrammeCode: "CT-01", Amount: money.VND(amount)})
	h.must(err, "plan the line")
	h.must(budgets.Approve(h.Accountant, l.ID, l.Version, "01/QĐ-UBND", Today()), "approve the line")
	h.Line, err = budget.Get(context.Background(), h.DB, l.ID)
	h.must(err, "read the line")
}

// Today is the day of the tests.
func Today() calendar.Date { return calendar.DateOf(time.Now()) }

func (h *House) open(ceiling int64) {
	h.T.Helper()
	programme, id := uuid.New(), uuid.New()
	h.exec(`INSERT INTO programmes (id, code, activity_group, name_vi, name_en, status) VALUES (?, 'CT-01', 1, 'Chương trình', 'Programme', 'approved')`, programme)
	h.exec(`INSERT INTO calls (id, code, programme_id, title_vi, title_en, summary_vi, summary_en, beneficiary, track, ballot_kind, budget_line_id,
			ceiling_total, ceiling_award, pass_mark, co_funding_share, opens_at, closes_at, reference_date, contact, managing_unit_id, finance_unit_id,
			status, rulebook, number, published_at, closed_at)
		VALUES (?, 'BN-2026-01', ?, 'Đợt 1', 'Round 1', '', '', 'any', 'nd267', 'points', ?, ?, ?, 70, 0, kb.now() - interval '30 days',
			kb.now() - interval '1 day', current_date, '', ?, ?, 'closed', '1', '12/TB-SKHCN', kb.now() - interval '31 days', kb.now() - interval '1 day')`,
		id, programme, h.Line.ID, ceiling, ceiling, access.UnitScience, access.UnitFinance)
	for i, most := range []int{25, 25, 20, 15, 15} {
		h.exec(`INSERT INTO call_criteria (id, call_id, position, name_vi, name_en, max_points) VALUES (?, ?, ?, ?, ?, ?)`,
			uuid.New(), id, i+1, fmt.Sprintf("Tiêu chí %d", i+1), fmt.Sprintf("Criterion %d", i+1), most)
	}
	var err error
	h.Call, err = call.Get(context.Background(), h.DB, id)
	h.must(err, "read the call")
}

func (h *House) apply(i int, asked int64) {
	h.T.Helper()
	owner := access.From(accesstest.As(h.T, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.Applicant}})).ID
	org, id := uuid.New(), uuid.New()
	h.exec(`INSERT INTO organisations (id, name, kind, registered_on, tax_code, commune, address, head_name, email, phone)
		VALUES (?, ?, 'firm', current_date - 400, ?, (SELECT min(code) FROM communes), 'Số 1', 'Giám đốc', 'a@b.vn', '')`,
		org, fmt.Sprintf("Công ty %d", i+1), fmt.Sprintf("24000000%02d", i))
	h.exec(`INSERT INTO proposals (id, code, call_id, organisation_id, owner_id, managing_unit_id, finance_unit_id, title_vi, status, requested,
			submitted_at, digest, truth_confirmed, no_double_funding, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'eligible', ?, kb.now() - interval '2 days' + ? * interval '1 minute', repeat('a', 64), true, true, kb.now(), kb.now())`,
		id, fmt.Sprintf("H05.08-261120-%04d", i+1), h.Call.ID, org, owner, access.UnitScience, access.UnitFinance, fmt.Sprintf("Dự án %d", i+1), asked, i)
	h.exec(`INSERT INTO access_ties (id, kind, subject_id, object_kind, object_id) VALUES (?, 'own', ?, 'proposal', ?), (?, 'own', ?, 'organisation', ?)`,
		uuid.New(), owner, id, uuid.New(), owner, org)
	p, err := proposal.Get(context.Background(), h.DB, id)
	h.must(err, "read the proposal")
	h.Dossiers = append(h.Dossiers, *p)
}

// ID is the person a context acts for.
func ID(ctx context.Context) uuid.UUID { return access.From(ctx).ID }

// Kinds are the seats of the council of seven, in the order of House.Seats.
var Kinds = []council.SeatKind{council.Chair, council.Vice, council.ScientificSecretary, council.Critic, council.Critic, council.Member, council.Member}

// Named is the council of seven to be proposed.
func (h *House) Named() council.NewCouncil {
	n := council.NewCouncil{Kind: council.Grant, Subject: h.Call.ID, NameVI: "Hội đồng đợt 1", Secretary: ID(h.Secretary)}
	for i, s := range h.Seats {
		n.Seats = append(n.Seats, council.NewSeat{Kind: Kinds[i], Person: ID(s)})
	}
	return n
}

// Establish proposes and establishes the council.
func (h *House) Establish() {
	h.T.Helper()
	c, err := h.Councils.Create(h.Officer, h.Named())
	h.must(err, "create the council")
	h.must(h.Councils.Approve(h.Head, c.ID, c.Version, "1027/QĐ-UBND", Today()), "establish the council")
	h.Council, err = council.Get(context.Background(), h.DB, c.ID)
	h.must(err, "read the council")
}

// Schedule calls a session on the given dossiers.
func (h *House) Schedule(ids ...uuid.UUID) {
	h.T.Helper()
	var err error
	h.Session, err = h.Councils.Schedule(h.Secretary, h.Council.ID, council.Agenda{StartsAt: time.Now(), Place: "Phòng 402", Subjects: ids})
	h.must(err, "schedule the session")
}

// Attend marks the first present seats present and the others absent.
func (h *House) Attend(present int) {
	h.T.Helper()
	var marks []council.Mark
	for i, s := range h.Council.Seats {
		m := council.Mark{Seat: s.ID, Presence: "present"}
		if i >= present {
			m.Presence = "absent"
		}
		marks = append(marks, m)
	}
	h.must(h.Councils.MarkAttendance(h.Secretary, h.Session.ID, marks, council.Stand{}), "mark attendance")
}

// Declare says for a seat that it has no conflict with any dossier.
func (h *House) Declare(seat context.Context, except ...uuid.UUID) {
	h.T.Helper()
	var answers []review.Answer
next:
	for _, p := range h.Dossiers {
		for _, e := range except {
			if p.ID == e {
				continue next
			}
		}
		answers = append(answers, review.Answer{Kind: "proposal", ID: p.ID})
	}
	h.must(h.Reviews.Declare(seat, answers...), "declare interests")
}

// Meet schedules a session on all dossiers with everyone present and no conflicts, and opens it.
func (h *House) Meet() {
	h.T.Helper()
	var ids []uuid.UUID
	for _, p := range h.Dossiers {
		ids = append(ids, p.ID)
	}
	h.Schedule(ids...)
	h.Attend(len(h.Seats))
	for _, s := range h.Seats {
		h.Declare(s)
	}
	h.must(h.Councils.Open(h.Seats[0], h.Session.ID), "open the session")
}

// Matter reads the matter on dossier i.
func (h *House) Matter(i int) *council.Matter {
	h.T.Helper()
	m, err := council.MatterOf(context.Background(), h.DB, "proposal", h.Dossiers[i].ID)
	h.must(err, "read the matter")
	return m
}

// Balloting takes dossier i to its ballot.
func (h *House) Balloting(i int) *council.Matter {
	h.T.Helper()
	m := h.Matter(i)
	h.must(h.Councils.Present(h.Secretary, m.ID), "present")
	h.must(h.Councils.StartBallot(h.Seats[0], m.ID), "start the ballot")
	return h.Matter(i)
}

// Ballot spreads total over the criteria of the call in proportion to their most points.
func (h *House) Ballot(total int) council.Ballot {
	var b council.Ballot
	left := total
	for _, c := range h.Call.Criteria {
		p, id := c.MaxPoints*total/100, c.ID
		left -= p
		b.Lines = append(b.Lines, council.BallotLine{CriterionID: &id, Points: &p})
	}
	for i, c := range h.Call.Criteria {
		p := b.Lines[i].Points
		more := min(left, c.MaxPoints-*p)
		*p, left = *p+more, left-more
	}
	return b
}

// Judge takes dossier i through its ballot with one total a seat, counts, and concludes with full support when it
// passed, with none otherwise.
func (h *House) Judge(i int, totals ...int) *council.Matter {
	h.T.Helper()
	m := h.Balloting(i)
	for s, seat := range h.Seats {
		h.must(h.Councils.Cast(seat, m.ID, h.Ballot(totals[s%len(totals)])), "cast")
	}
	h.must(h.Councils.Tally(h.Secretary, m.ID), "tally")
	c := council.NotSupport
	if *h.Matter(i).Passed {
		c = council.Support
	}
	h.must(h.Councils.Conclude(h.Seats[0], m.ID, c, money.Amount{}, ""), "conclude")
	return h.Matter(i)
}
