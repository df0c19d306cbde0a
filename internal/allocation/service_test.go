package allocation_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/allocation"
	"kinhbac/internal/call"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/proposal"
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

type house struct {
	*counciltest.House
	svc *allocation.Service
	set *allocation.AwardSet
}

// judged is a house whose council has judged every dossier: two pass, the third does not.
func judged(t *testing.T, line int64, asked ...int64) *house {
	t.Helper()
	h := &house{House: counciltest.New(t, line, asked...)}
	h.svc = allocation.New(h.DB, h.Access, h.Councils)
	h.Establish()
	h.Meet()
	for i := range h.Dossiers {
		if i == 2 {
			h.Judge(i, 60)
		} else {
			h.Judge(i, 90-i)
		}
	}
	return h
}

func (h *house) ranking(t *testing.T) *allocation.Ranking {
	t.Helper()
	r, err := allocation.RankingOf(context.Background(), h.DB, h.Call.ID)
	ok(t, err)
	return r
}

func (h *house) reload(t *testing.T) *allocation.AwardSet {
	t.Helper()
	s, err := allocation.GetSet(context.Background(), h.DB, h.set.ID)
	ok(t, err)
	h.set = s
	return s
}

// confirmed takes the set to the door of the decision, with the given appraisals of the funded lines.
func (h *house) confirmed(t *testing.T, amounts ...int64) {
	t.Helper()
	r := h.ranking(t)
	ok(t, h.svc.Finalise(h.Seats[0], r.ID, r.Version))
	set, err := h.svc.DraftSet(h.Officer, r.ID)
	ok(t, err)
	h.set = set
	ok(t, h.svc.Propose(h.Head, set.ID, h.reload(t).Version, "188/TTr-SKHCN"))
	var lines []allocation.Appraisal
	for i, a := range h.reload(t).Awards {
		if a.Outcome == allocation.Funded {
			lines = append(lines, allocation.Appraisal{Award: a.ID, Amount: money.VND(amounts[i]), Reason: "theo định mức"})
		}
	}
	ok(t, h.svc.Appraise(h.Finance, set.ID, h.set.Version, lines, "55/STC"))
	ok(t, h.svc.Confirm(h.Accountant, set.ID, h.reload(t).Version))
	h.reload(t)
}

func (h *house) state(t *testing.T) ledger.State {
	t.Helper()
	st, err := ledger.Line(context.Background(), h.DB, h.Line.ControlLine)
	ok(t, err)
	return st
}

func TestFromRankingToPublication(t *testing.T) {
	h := judged(t, 1000, 400, 500, 300)
	r := h.ranking(t)
	if r.Passed() != 2 || r.Funding().String() != "900" || r.Left().String() != "100" || r.Lines[2].Rank != 0 {
		t.Fatalf("ranking: %+v", r.Lines)
	}
	want(t, h.svc.Finalise(h.Seats[1], r.ID, r.Version), access.ErrForbidden) // the chair is there
	if _, err := h.svc.DraftSet(h.Officer, r.ID); !errors.Is(err, access.ErrState) {
		t.Fatalf("a set before the ranking is final: %v", err)
	}
	h.confirmed(t, 400, 450)
	_, err := h.svc.DraftSet(h.Officer, r.ID)
	want(t, err, allocation.ErrExists)

	want(t, h.svc.Decide(h.Head, h.set.ID, h.set.Version, "1/QĐ", counciltest.Today()), access.ErrForbidden)
	want(t, h.svc.Decide(h.Leader, h.set.ID, h.set.Version-1, "1/QĐ", counciltest.Today()), errs.ErrStale)
	want(t, h.svc.Decide(h.Leader, h.set.ID, h.set.Version, " ", counciltest.Today()), allocation.ErrDecision)
	want(t, h.svc.Decide(h.Leader, h.set.ID, h.set.Version, "1/QĐ", counciltest.Today().AddDays(1)), allocation.ErrDecision)
	if n, err := allocation.PublishedCount(context.Background(), h.DB, 0); err != nil || n != 0 {
		t.Fatalf("published before publication: %d, %v", n, err)
	}
	ok(t, h.svc.Decide(h.Leader, h.set.ID, h.set.Version, "1284/QĐ-UBND", counciltest.Today()))
	want(t, h.svc.Decide(h.Leader, h.set.ID, h.reload(t).Version, "1285/QĐ-UBND", counciltest.Today()), allocation.ErrState)

	if st := h.state(t); st.Reserved.String() != "850" || st.Available.String() != "150" {
		t.Errorf("line: reserved %s, available %s", st.Reserved, st.Available)
	}
	for i, status := range []proposal.Status{proposal.Awarded, proposal.Awarded, proposal.Rejected} {
		p, err := proposal.Get(context.Background(), h.DB, h.Dossiers[i].ID)
		ok(t, err)
		if p.Status != status {
			t.Errorf("dossier %d is %s, want %s", i+1, p.Status, status)
		}
	}
	k, err := call.Get(context.Background(), h.DB, h.Call.ID)
	ok(t, err)
	if k.Status != call.Decided {
		t.Errorf("the call is %s", k.Status)
	}
	ok(t, h.svc.Publish(h.Officer, h.set.ID, h.reload(t).Version))
	for year, n := range map[int]int{0: 2, counciltest.Today().Year(): 2, 1999: 0} {
		if got, err := allocation.PublishedCount(context.Background(), h.DB, year); err != nil || got != n {
			t.Errorf("published in %d: %d, want %d (%v)", year, got, n, err)
		}
	}
}

func TestWithdrawnAfterTheRanking(t *testing.T) {
	h := judged(t, 1000, 400, 500, 300)
	h.confirmed(t, 400, 500)
	_, err := h.DB.NewRaw("UPDATE proposals SET status = 'withdrawn' WHERE id = ?", h.Dossiers[1].ID).Exec(context.Background())
	ok(t, err)
	ok(t, h.svc.Decide(h.Leader, h.set.ID, h.set.Version, "1284/QĐ-UBND", counciltest.Today()))
	if st := h.state(t); st.Reserved.String() != "400" {
		t.Errorf("reserved %s", st.Reserved)
	}
	if a := h.reload(t).Awards[1]; a.Outcome != allocation.Rejected || !a.Amount.IsZero() || a.Reason == "" {
		t.Errorf("the withdrawn line: %+v", a)
	}
}

func TestOneDongOverTheLine(t *testing.T) {
	for _, c := range []struct {
		name  string
		spent int64 // already reserved by others
		want  error
	}{
		{"exactly full", 100, nil},
		{"one đồng over", 101, ledger.ErrInsufficient},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := judged(t, 1000, 400, 500, 300)
			h.confirmed(t, 400, 500)
			spend(t, h, c.spent)
			before := h.state(t)
			err := h.svc.Decide(h.Leader, h.set.ID, h.set.Version, "1284/QĐ-UBND", counciltest.Today())
			if c.want == nil {
				ok(t, err)
				if got := h.state(t).Available; !got.IsZero() {
					t.Errorf("available %s", got)
				}
				return
			}
			want(t, err, c.want)
			if h.state(t) != before && h.state(t).Version != before.Version {
				t.Error("the refusal moved the line")
			}
			if s := h.reload(t); s.Status != allocation.Confirmed || s.DecisionNo != "" {
				t.Errorf("the refusal moved the set to %s", s.Status)
			}
			p, err := proposal.Get(context.Background(), h.DB, h.Dossiers[0].ID)
			ok(t, err)
			if p.Status != proposal.Recommended {
				t.Errorf("the refusal moved a dossier to %s", p.Status)
			}
		})
	}
}

// spend reserves an amount of the line for another document.
func spend(t *testing.T, h *house, amount int64) {
	t.Helper()
	_, err := ledger.Post(context.Background(), h.DB, journal(h, "other", amount))
	ok(t, err)
}

func journal(h *house, key string, amount int64) ledger.Journal {
	return ledger.Journal{Book: "BUDGET", Kind: "reserve", Key: key, Actor: counciltest.ID(h.Head), Approver: counciltest.ID(h.Leader),
		Document: ledger.Ref{Kind: "award_set", ID: h.Call.ID, No: key}, Reason: key,
		Moves: []ledger.Move{{Line: h.Line.ControlLine, From: ledger.Available, To: ledger.Reserved, Amount: money.VND(amount)}}}
}

// TestTwoApprovalsAtOnce lets the decision meet another document on the same line, again and again: each fits
// alone, together they do not, and exactly one passes.
func TestTwoApprovalsAtOnce(t *testing.T) {
	h := judged(t, 1000, 400, 500, 300)
	h.confirmed(t, 400, 500)
	owner := dbtest.Owner(t, h.DB)
	// Each round needs a set of its own id, since a set is decided once for ever by its key in the ledger.
	_, err := owner.NewRaw("ALTER TABLE awards DROP CONSTRAINT awards_set_id_fkey").Exec(context.Background())
	ok(t, err)
	for round := range 100 {
		var wg sync.WaitGroup
		var decide, other error
		wg.Add(2)
		go func() {
			defer wg.Done()
			decide = h.svc.Decide(h.Leader, h.set.ID, h.set.Version, fmt.Sprintf("%d/QĐ-UBND", round), counciltest.Today())
		}()
		go func() {
			defer wg.Done()
			_, other = ledger.Post(context.Background(), h.DB, journal(h, fmt.Sprintf("other %d", round), 200))
		}()
		wg.Wait()
		if (decide == nil) == (other == nil) {
			t.Fatalf("round %d: decide %v, other %v", round, decide, other)
		}
		for _, err := range []error{decide, other} {
			if err != nil && !errors.Is(err, ledger.ErrInsufficient) {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		undo(t, h, owner, decide == nil, round)
	}
}

// undo frees the line again for the next round: by a reversal, and for the decision by taking the set back to its door.
func undo(t *testing.T, h *house, owner *bun.DB, decided bool, round int) {
	t.Helper()
	ctx := context.Background()
	amount := money.VND(200)
	if decided {
		amount = money.VND(900)
		h.set.ID = uuid.New()
		for _, q := range []string{
			"UPDATE award_sets SET id = '" + h.set.ID.String() + "', status = 'confirmed', decision_no = NULL, decided_on = NULL, decided_by = NULL, decided_at = NULL",
			"UPDATE awards SET amount = 0, set_id = '" + h.set.ID.String() + "'", "UPDATE proposals SET status = CASE WHEN status = 'rejected' THEN 'not_recommended' ELSE 'recommended' END",
			"UPDATE calls SET status = 'evaluating'",
		} {
			_, err := owner.NewRaw(q).Exec(ctx)
			ok(t, err)
		}
		h.reload(t)
	}
	j := journal(h, fmt.Sprintf("free %d", round), 1)
	j.Kind, j.Moves = "release", []ledger.Move{{Line: h.Line.ControlLine, From: ledger.Reserved, To: ledger.Available, Amount: amount}}
	_, err := ledger.Post(ctx, h.DB, j)
	ok(t, err)
}

func TestNobodyChecksWhatTheyPrepared(t *testing.T) {
	h := judged(t, 1000, 400, 500, 300)
	r := h.ranking(t)
	ok(t, h.svc.Finalise(h.Seats[0], r.ID, r.Version))
	set, err := h.svc.DraftSet(h.Officer, r.ID)
	ok(t, err)
	h.set = set
	twice := access.From(h.Officer)
	twice.Grants = append(twice.Grants, access.Grant{Role: access.DepartmentHead, Unit: access.UnitScience})
	want(t, h.svc.Propose(access.With(h.Officer, twice), set.ID, h.reload(t).Version, "1/TTr"), access.ErrNotMaker)
	ok(t, h.svc.Propose(h.Head, set.ID, h.reload(t).Version, "1/TTr"))
	var lines []allocation.Appraisal
	for _, a := range h.reload(t).Awards[:2] {
		lines = append(lines, allocation.Appraisal{Award: a.ID, Amount: a.Proposed})
	}
	over := []allocation.Appraisal{{Award: lines[0].Award, Amount: lines[0].Amount.Add(money.VND(1))}}
	want(t, h.svc.Appraise(h.Finance, set.ID, h.set.Version, over, ""), allocation.ErrAppraisal)
	want(t, h.svc.Appraise(h.Finance, set.ID, h.set.Version, lines[:1], "55/STC"), allocation.ErrLines)
	ok(t, h.svc.Appraise(h.Finance, set.ID, h.set.Version, lines, "55/STC"))
	both := access.From(h.Finance)
	both.Grants = append(both.Grants, access.Grant{Role: access.ChiefAccountant, Unit: access.UnitFinance})
	want(t, h.svc.Confirm(access.With(h.Finance, both), set.ID, h.reload(t).Version), access.ErrNotMaker)
	other := accesstest.As(t, context.Background(), h.DB, accesstest.Person{Roles: []access.Role{access.ChiefAccountant}, Unit: access.UnitScience})
	want(t, h.svc.Confirm(other, set.ID, h.set.Version), access.ErrNotFound) // another unit's accountant sees nothing
	ok(t, h.svc.Confirm(h.Accountant, set.ID, h.set.Version))
}

func TestRankingWaitsForEveryDossier(t *testing.T) {
	h := &house{House: counciltest.New(t, 1000, 400, 500)}
	h.svc = allocation.New(h.DB, h.Access, h.Councils)
	h.Establish()
	h.Meet()
	h.Judge(0, 80)
	r := h.ranking(t)
	want(t, h.svc.Finalise(h.Seats[0], r.ID, r.Version), allocation.ErrUnjudged)
	h.Judge(1, 80)
	r = h.ranking(t)
	if r.Lines[0].Requested.String() != "400" || r.Lines[1].Tie != "requested" {
		t.Errorf("the smaller request goes first: %+v", r.Lines)
	}
	ok(t, h.svc.Finalise(h.Seats[0], r.ID, r.Version))
	want(t, h.svc.Finalise(h.Seats[0], r.ID, h.ranking(t).Version), allocation.ErrFinalised)
}
