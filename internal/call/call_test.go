package call

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

var opens = time.Date(2026, 3, 2, 8, 0, 0, 0, calendar.Zone)

func details() Details {
	return Details{
		ProgrammeID: uuid.New(), TitleVI: "Hỗ trợ dự án đổi mới sáng tạo", TitleEN: "Support for innovation projects",
		SummaryVI: "Một phần chi phí.", SummaryEN: "Part of the cost.", Beneficiary: ForStartups, Track: TrackInnovation, BallotKind: BallotPoints,
		BudgetLineID: uuid.New(), CeilingTotal: money.VND(12_000_000_000), CeilingAward: money.VND(1_500_000_000),
		PassMark: decimal.NewFromInt(70), CoFundingShare: decimal.NewFromInt(30),
		OpensAt: opens, ClosesAt: opens.AddDate(0, 1, 0), ReferenceDate: calendar.On(2026, 4, 2), Contact: "Phòng Quản lý Công nghệ",
		Documents: []string{"registration", "team_cv"},
		Criteria:  []CriterionTyped{{"Tính mới", "Novelty", 60}, {"Thị trường", "Market", 40}},
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name  string
		edit  func(*Details)
		field string
		code  string
	}{
		{name: "complete", edit: func(*Details) {}},
		{"weights sum to 99", func(d *Details) { d.Criteria[0].MaxPoints = 59 }, "criteria[0].max_points", "call.weights"},
		{"weights sum to 101", func(d *Details) { d.Criteria[0].MaxPoints = 61 }, "criteria[0].max_points", "call.weights"},
		{"no criterion", func(d *Details) { d.Criteria = nil }, "criteria[0].name_vi", "call.no_criteria"},
		{name: "pass or fail needs no weights", edit: func(d *Details) { d.BallotKind, d.Criteria[0].MaxPoints = BallotPassFail, 0 }},
		{"no money", func(d *Details) { d.CeilingTotal = money.VND(0) }, "ceiling_total", "call.positive"},
		{name: "one award may take all", edit: func(d *Details) { d.CeilingAward = d.CeilingTotal }},
		{"one đồng more than all", func(d *Details) { d.CeilingAward = d.CeilingTotal.Add(money.VND(1)) }, "ceiling_award", "call.award_over_total"},
		{name: "pass mark 100", edit: func(d *Details) { d.PassMark = decimal.NewFromInt(100) }},
		{"pass mark 100,01", func(d *Details) { d.PassMark = decimal.RequireFromString("100.01") }, "pass_mark", "call.points_range"},
		{"pass mark with three decimals", func(d *Details) { d.PassMark = decimal.RequireFromString("69.555") }, "pass_mark", "call.two_decimals"},
		{"the applicant pays all", func(d *Details) { d.CoFundingShare = decimal.NewFromInt(100) }, "co_funding_share", "call.share_range"},
		{"closes when it opens", func(d *Details) { d.ClosesAt = d.OpensAt }, "closes_at", "call.closes_after"},
		{name: "closes one second later", edit: func(d *Details) { d.ClosesAt = d.OpensAt.Add(time.Second) }},
		{"no such track", func(d *Details) { d.Track = "nd264" }, "track", "call.choose"},
		{"no such document", func(d *Details) { d.Documents[1] = "passport" }, "documents[1]", "call.choose"},
	} {
		d := details()
		c.edit(&d)
		var x Call
		err := x.Describe(d)
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v %+v", c.name, err, errs.From(err).Fields)
			}
			continue
		}
		found := false
		for _, f := range errs.From(err).Fields {
			found = found || f.Name == c.field && f.Code == c.code
		}
		if !found || x.TitleVI != "" {
			t.Errorf("%s: got %v %+v", c.name, err, errs.From(err).Fields)
		}
	}
}

func TestAccepts(t *testing.T) {
	c := Call{Status: Open, OpensAt: opens, ClosesAt: opens.AddDate(0, 1, 0)}
	for _, x := range []struct {
		name   string
		status Status
		at     time.Time
		want   error
	}{
		{"at the opening", Open, c.OpensAt, nil},
		{"just before", Open, c.OpensAt.Add(-time.Millisecond), ErrNotOpen},
		{"just before closing", Open, c.ClosesAt.Add(-time.Millisecond), nil},
		{"at the closing", Open, c.ClosesAt, ErrLate},
		{"one instant after", Open, c.ClosesAt.Add(time.Microsecond), ErrLate},
		{"published, not opened", Published, c.OpensAt, ErrNotOpen},
		{"closed", Closed, c.OpensAt, ErrNotOpen},
	} {
		c.Status = x.status
		if err := c.Accepts(x.at); !errors.Is(err, x.want) {
			t.Errorf("%s: got %v", x.name, err)
		}
	}
}

func TestMovesRefuseOtherStates(t *testing.T) {
	late := opens.AddDate(1, 0, 0)
	moves := map[Status]func(*Call) error{
		Draft:      func(c *Call) error { return c.Approve("1") },
		Approved:   func(c *Call) error { return c.Publish("1/TB", opens) },
		Published:  func(c *Call) error { return c.Open(late) },
		Open:       func(c *Call) error { return c.Close(late) },
		Closed:     (*Call).Evaluate,
		Evaluating: (*Call).Decide,
		Decided:    (*Call).Archive,
	}
	for from, move := range moves {
		for _, m := range Moves {
			for _, s := range []Status{m.From, m.To} {
				c := Call{Status: s, OpensAt: opens, ClosesAt: opens.AddDate(0, 1, 0), BallotKind: BallotPassFail, Criteria: make([]Criterion, 1)}
				err := move(&c)
				if (err == nil) != (s == from) {
					t.Errorf("from %s in %s: %v", from, s, err)
				}
				if err != nil && c.Status != s {
					t.Errorf("from %s: refused but moved to %s", s, c.Status)
				}
			}
		}
	}
}

func TestClockOfMoves(t *testing.T) {
	c := Call{Status: Approved, OpensAt: opens, ClosesAt: opens.AddDate(0, 1, 0)}
	if err := c.Publish("1/TB", c.ClosesAt); !errors.Is(err, ErrWindowPassed) {
		t.Errorf("published at its closing: %v", err)
	}
	if err := c.Publish("", opens); err == nil {
		t.Error("published without a number")
	}
	c.Status = Published
	if err := c.Open(opens.Add(-time.Microsecond)); !errors.Is(err, ErrNotYet) {
		t.Errorf("opened early: %v", err)
	}
	c.Status = Open
	if err := c.Close(c.ClosesAt.Add(-time.Microsecond)); !errors.Is(err, ErrNotYet) {
		t.Errorf("closed early: %v", err)
	}
}

// One start, every state reachable, ends final, and a role for every move.
func TestGraph(t *testing.T) {
	acc := accesstest.New(t)
	in, out := map[Status]int{}, map[Status]int{}
	for _, m := range Moves {
		out[m.From]++
		in[m.To]++
		if !acc.Known(m.Resource, m.Action) {
			t.Errorf("%s → %s: no line %s,%s in the policies", m.From, m.To, m.Resource, m.Action)
		}
	}
	all := []Status{Draft, Approved, Published, Open, Closed, Evaluating, Decided, Archived}
	reached := map[Status]bool{Draft: true}
	for range all {
		for _, m := range Moves {
			reached[m.To] = reached[m.To] || reached[m.From]
		}
	}
	for _, s := range all {
		if !reached[s] {
			t.Errorf("%s cannot be reached", s)
		}
		if (in[s] == 0) != (s == Draft) {
			t.Errorf("%s: %d ways in", s, in[s])
		}
		if (out[s] == 0) != (s == Archived) {
			t.Errorf("%s: %d ways out", s, out[s])
		}
	}
}
