package council_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/council"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/money"
	"kinhbac/internal/proposal"
	"kinhbac/internal/review"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEstablish(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000)
	both := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.DepartmentHead}})
	n := h.Named()
	n.Seats = n.Seats[:6]
	_, err := h.Councils.Create(h.Officer, n)
	want(t, err, council.ErrSeats)
	n = h.Named()
	n.Seats[6].Person = n.Secretary
	_, err = h.Councils.Create(h.Officer, n)
	want(t, err, council.ErrTwice)
	n = h.Named()
	n.Seats[3].Kind = council.Member
	_, err = h.Councils.Create(h.Officer, n)
	want(t, err, council.ErrChairSeat) // two critics are needed
	_, err = h.Councils.Create(h.Finance, h.Named())
	want(t, err, access.ErrForbidden)

	c, err := h.Councils.Create(h.Officer, h.Named())
	ok(t, err)
	want(t, h.Councils.Approve(both, c.ID, c.Version, "", counciltest.Today()), council.ErrDecision)
	want(t, h.Councils.Approve(h.Officer, c.ID, c.Version, "1/QĐ", counciltest.Today()), access.ErrForbidden)
	ok(t, h.Councils.Approve(both, c.ID, c.Version, "1/QĐ", counciltest.Today()))
	want(t, h.Councils.Approve(both, c.ID, c.Version+1, "1/QĐ", counciltest.Today()), council.ErrState)
}

// TestProposerDoesNotEstablish gives one person both sides by a second role of the same account.
func TestProposerDoesNotEstablish(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000)
	c, err := h.Councils.Create(h.Officer, h.Named())
	ok(t, err)
	s := access.From(h.Officer)
	s.Grants = append(s.Grants, access.Grant{Role: access.DepartmentHead, Unit: access.UnitScience})
	want(t, h.Councils.Approve(access.With(h.Officer, s), c.ID, c.Version, "1/QĐ", counciltest.Today()), access.ErrNotMaker)
}

func TestQuorum(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000)
	h.Establish()
	h.Schedule(h.Dossiers[0].ID)
	for _, c := range []struct {
		name    string
		present []int // seats
		met     bool
	}{
		{"five of seven with chair and both critics", []int{0, 1, 2, 3, 4}, true},
		{"four of seven", []int{0, 1, 3, 4}, false},
		{"one critic away", []int{0, 1, 2, 3, 5, 6}, false},
		{"neither chair nor vice", []int{2, 3, 4, 5, 6}, false},
		{"the vice for the chair", []int{1, 2, 3, 4, 5}, true},
	} {
		marks := make([]council.Mark, 7)
		for i, s := range h.Council.Seats {
			marks[i] = council.Mark{Seat: s.ID, Presence: "absent"}
		}
		for _, p := range c.present {
			marks[p].Presence = "present"
		}
		ok(t, h.Councils.MarkAttendance(h.Secretary, h.Session.ID, marks, council.Stand{}))
		var met bool
		ok(t, h.DB.NewRaw("SELECT council_quorum(?, NULL)", h.Session.ID).Scan(context.Background(), &met))
		if met != c.met {
			t.Errorf("%s: quorum %v, want %v", c.name, met, c.met)
		}
		chair := h.Seats[0]
		if !c.met && c.present[0] == 0 {
			want(t, h.Councils.Open(chair, h.Session.ID), council.ErrNoQuorum)
		}
	}
	// The vice opens while the chair is away, another member does not.
	want(t, h.Councils.Open(h.Seats[2], h.Session.ID), access.ErrForbidden)
	want(t, h.Councils.Open(h.Seats[0], h.Session.ID), council.ErrNotTaking)
	ok(t, h.Councils.Open(h.Seats[1], h.Session.ID))
}

// TestQuorumCases asks the database the published cases: nine appointed, six present, with both critics or one.
func TestQuorumCases(t *testing.T) {
	b, err := os.ReadFile("testdata/council.json")
	ok(t, err)
	var cases []struct {
		ID      string `json:"id"`
		Seats   int    `json:"appointed"`
		Present int    `json:"present"`
		Lead    bool   `json:"chair_or_deputy"`
		Critics int    `json:"critics_present"`
		Quorum  bool   `json:"quorum"`
	}
	ok(t, json.Unmarshal(b, &cases))
	for _, c := range cases {
		if c.Seats == 0 {
			continue // a case of the count
		}
		h := counciltest.New(t, 1_000_000_000, 100_000_000)
		n := h.Named()
		for len(n.Seats) < c.Seats {
			p := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.CouncilMember}})
			n.Seats = append(n.Seats, council.NewSeat{Kind: council.Member, Person: counciltest.ID(p)})
		}
		made, err := h.Councils.Create(h.Officer, n)
		ok(t, err)
		ok(t, h.Councils.Approve(h.Head, made.ID, made.Version, "1/QĐ", counciltest.Today()))
		h.Council, err = council.Get(context.Background(), h.DB, made.ID)
		ok(t, err)
		h.Schedule(h.Dossiers[0].ID)
		var marks []council.Mark
		here := 0
		add := func(s council.Seat, present bool) {
			m := council.Mark{Seat: s.ID, Presence: "absent"}
			if present {
				m.Presence, here = "present", here+1
			}
			marks = append(marks, m)
		}
		critics := 0
		for _, s := range h.Council.Seats {
			switch s.Kind {
			case council.Chair:
				add(s, c.Lead)
			case council.Critic:
				critics++
				add(s, critics <= c.Critics)
			}
		}
		for _, s := range h.Council.Seats {
			if s.Kind != council.Chair && s.Kind != council.Critic && s.Kind != council.Vice {
				add(s, here < c.Present)
			}
		}
		for _, s := range h.Council.Seats {
			if s.Kind == council.Vice {
				add(s, here < c.Present)
			}
		}
		ok(t, h.Councils.MarkAttendance(h.Secretary, h.Session.ID, marks, council.Stand{}))
		var met bool
		ok(t, h.DB.NewRaw("SELECT council_quorum(?, NULL)", h.Session.ID).Scan(context.Background(), &met))
		if here != c.Present || met != c.Quorum {
			t.Errorf("%s: %d of %d present, quorum %v, want %v", c.ID, here, c.Seats, met, c.Quorum)
		}
	}
}

func TestQuorumIsLostByRecusal(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000)
	h.Establish()
	h.Schedule(h.Dossiers[0].ID)
	h.Attend(5)
	ok(t, h.Councils.Open(h.Seats[0], h.Session.ID))
	m := h.Matter(0)
	ok(t, h.Councils.Present(h.Secretary, m.ID))
	ok(t, h.Councils.Recuse(h.Seats[2], m.ID, "đồng tác giả"))
	want(t, h.Councils.StartBallot(h.Seats[0], m.ID), council.ErrNoQuorum)
	if got := h.Matter(0).Status; got != council.Presented {
		t.Errorf("the refusal moved the matter to %s", got)
	}
}

func TestConflictedScorerIsRefused(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000)
	h.Establish()
	h.Schedule(h.Dossiers[0].ID, h.Dossiers[1].ID)
	h.Attend(7)
	ok(t, h.Reviews.Declare(h.Seats[0], review.Answer{Kind: "proposal", ID: h.Dossiers[0].ID, Conflict: true, Ground: "cố vấn của công ty"}))
	for _, s := range h.Seats[1:6] {
		h.Declare(s)
	}
	ok(t, h.Councils.Open(h.Seats[0], h.Session.ID))
	m := h.Matter(0)
	ok(t, h.Councils.Present(h.Secretary, m.ID))
	// The chair is barred and the vice presides.
	want(t, h.Councils.StartBallot(h.Seats[0], m.ID), access.ErrConflict)
	ok(t, h.Councils.StartBallot(h.Seats[1], m.ID))
	if err := h.Councils.Cast(h.Seats[0], m.ID, h.Ballot(90)); err == nil {
		t.Fatal("a seat in conflict cast a ballot")
	}
	want(t, h.Councils.Cast(h.Seats[6], m.ID, h.Ballot(90)), access.ErrDeclareFirst)
	for _, s := range h.Seats[1:6] {
		ok(t, h.Councils.Cast(s, m.ID, h.Ballot(90)))
	}
	want(t, h.Councils.Tally(h.Secretary, m.ID), council.ErrNotAll) // seat 7 has not cast
	h.Declare(h.Seats[6])
	ok(t, h.Councils.Cast(h.Seats[6], m.ID, h.Ballot(90)))
	ok(t, h.Councils.Tally(h.Secretary, m.ID))
	ok(t, h.Councils.Conclude(h.Seats[1], m.ID, council.Support, money.Amount{}, ""))
	if got := h.Matter(0); got.Cast != 6 || got.Mean.StringFixed(2) != "90.00" {
		t.Errorf("six ballots of 90: %+v", got)
	}
}

func TestBallotIsCastOnce(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000)
	h.Establish()
	h.Meet()
	m := h.Balloting(0)
	short := h.Ballot(80)
	short.Lines = short.Lines[1:]
	want(t, h.Councils.Cast(h.Seats[3], m.ID, short), council.ErrBallot)
	over, most := h.Ballot(80), 26
	over.Lines[0].Points = &most
	want(t, h.Councils.Cast(h.Seats[3], m.ID, over), council.ErrPoints)

	const at = 64
	var wg sync.WaitGroup
	results := make([]error, at)
	for i := range at {
		wg.Add(1)
		go func() { defer wg.Done(); results[i] = h.Councils.Cast(h.Seats[3], m.ID, h.Ballot(80)) }()
	}
	wg.Wait()
	cast := 0
	for _, err := range results {
		if err == nil {
			cast++
		} else if !errors.Is(err, council.ErrCastAlready) {
			t.Errorf("unexpected refusal: %v", err)
		}
	}
	n, err := h.DB.NewSelect().Model((*council.Ballot)(nil)).Where("b.matter_id = ?", m.ID).Count(context.Background())
	ok(t, err)
	if cast != 1 || n != 1 {
		t.Errorf("%d casts passed, %d rows", cast, n)
	}
	if got := h.Matter(0); got.Mean != nil || got.Passed != nil || got.Cast != 0 {
		t.Errorf("a result before the count: %+v", got)
	}
}

func TestAbsenceEndsTheWait(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000)
	h.Establish()
	h.Meet()
	m := h.Balloting(0)
	for _, s := range h.Seats[:6] {
		ok(t, h.Councils.Cast(s, m.ID, h.Ballot(75)))
	}
	want(t, h.Councils.Tally(h.Secretary, m.ID), council.ErrNotAll)
	h.Attend(6)
	want(t, h.Councils.Cast(h.Seats[6], m.ID, h.Ballot(75)), council.ErrNotTaking)
	ok(t, h.Councils.Tally(h.Secretary, m.ID))
}

func TestConclusionFollowsTheCount(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000, 200_000_000)
	h.Establish()
	h.Meet()
	m := h.Balloting(0)
	for _, s := range h.Seats {
		ok(t, h.Councils.Cast(s, m.ID, h.Ballot(69)))
	}
	want(t, h.Councils.Present(h.Secretary, h.Matter(1).ID), council.ErrOtherMatter)
	want(t, h.Councils.Close(h.Seats[0], h.Session.ID), council.ErrUnfinished)
	ok(t, h.Councils.Tally(h.Secretary, m.ID))
	want(t, h.Councils.Conclude(h.Seats[0], m.ID, council.Support, money.Amount{}, ""), council.ErrNotPassed)
	ok(t, h.Councils.Conclude(h.Seats[0], m.ID, council.NotSupport, money.Amount{}, ""))
	p, err := proposal.Get(context.Background(), h.DB, h.Dossiers[0].ID)
	ok(t, err)
	if p.Status != proposal.NotRecommended {
		t.Errorf("the dossier is %s", p.Status)
	}

	m = h.Balloting(1)
	for _, s := range h.Seats {
		ok(t, h.Councils.Cast(s, m.ID, h.Ballot(70)))
	}
	ok(t, h.Councils.Tally(h.Secretary, m.ID))
	want(t, h.Councils.Conclude(h.Seats[0], m.ID, council.SupportLess, money.VND(200_000_000), ""), council.ErrProposed)
	want(t, h.Councils.Conclude(h.Seats[1], m.ID, council.Support, money.Amount{}, ""), access.ErrForbidden) // the chair is there
	ok(t, h.Councils.Conclude(h.Seats[0], m.ID, council.SupportLess, money.VND(199_999_999), ""))
}

func TestMinutesAreSignedOverOneDigest(t *testing.T) {
	h := counciltest.New(t, 1_000_000_000, 100_000_000)
	h.Establish()
	h.Meet()
	h.Judge(0, 80)
	ok(t, h.Councils.Close(h.Seats[0], h.Session.ID))
	id, version := h.Session.ID, 3
	want(t, h.Councils.DraftMinutes(h.Seats[3], id, version, "Biên bản"), access.ErrForbidden)
	ok(t, h.Councils.DraftMinutes(h.Seats[2], id, version, "Biên bản"))
	digest := func() (d string) {
		ok(t, h.DB.NewRaw("SELECT minutes_digest FROM council_sessions WHERE id = ?", id).Scan(context.Background(), &d))
		return d
	}
	first := digest()
	want(t, h.Councils.SignChair(h.Seats[0], id, first), council.ErrUnsigned)
	ok(t, h.Councils.DraftMinutes(h.Seats[2], id, version+1, "Biên bản, sửa"))
	want(t, h.Councils.SignSecretary(h.Seats[2], id, first), council.ErrDigest)
	ok(t, h.Councils.SignSecretary(h.Seats[2], id, digest()))
	want(t, h.Councils.DraftMinutes(h.Seats[2], id, version+3, "Đổi sau khi ký"), council.ErrState)
	want(t, h.Councils.SignChair(h.Seats[1], id, digest()), access.ErrForbidden) // the chair was there
	ok(t, h.Councils.SignChair(h.Seats[0], id, digest()))
}
