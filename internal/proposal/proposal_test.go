package proposal

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

func TestGraph(t *testing.T) {
	all := []Status{Draft, Submitted, Screening, SupplementRequested, Eligible, Ineligible, UnderReview, Recommended, NotRecommended, Awarded, Reserve, Rejected, Withdrawn}
	reached := map[Status]bool{Draft: true}
	for range all {
		for from, tos := range Moves {
			for _, to := range tos {
				reached[to] = reached[to] || reached[from]
			}
		}
	}
	for _, s := range all {
		if !reached[s] {
			t.Errorf("%s is never reached", s)
		}
	}
	for _, s := range []Status{Awarded, Rejected, Ineligible, Withdrawn} {
		if len(Moves[s]) > 0 {
			t.Errorf("%s is not final", s)
		}
	}
	for from, tos := range Moves {
		if slices.Contains(tos, Draft) {
			t.Errorf("%s goes back to draft", from)
		}
		if slices.Contains(tos, Withdrawn) != slices.Contains(Undecided, from) {
			t.Errorf("withdrawal from %s differs between the graph and Undecided", from)
		}
	}
}

func TestSubmitNoun(t *testing.T) {
	closes := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		at   time.Time
		edit func(*Proposal)
		want error
	}{
		{name: "one microsecond before closing", at: closes.Add(-time.Microsecond)},
		{name: "at the closing instant", at: closes, want: ErrLate},
		{name: "one microsecond after", at: closes.Add(time.Microsecond), want: ErrLate},
		{name: "twice", at: closes.Add(-time.Hour), edit: func(p *Proposal) { p.Status = Submitted }, want: ErrNotDraft},
		{name: "truth not confirmed", at: closes.Add(-time.Hour), edit: func(p *Proposal) { p.TruthConfirmed = false }, want: ErrUnconfirmed},
	} {
		p := Proposal{Status: Draft, TruthConfirmed: true, NoDoubleFunding: true}
		if c.edit != nil {
			c.edit(&p)
		}
		before := p
		err := p.Submit("H05.08-261124-0001", "d", c.at, closes)
		if !errors.Is(err, c.want) && !(c.want == nil && err == nil) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if err != nil && p.Status != before.Status {
			t.Errorf("%s: refused, but changed", c.name)
		}
		if err == nil && p.SubmittedAt.Nanosecond() != 0 {
			t.Errorf("%s: the instant is not in whole seconds", c.name)
		}
	}
}

func TestCodesAreABijection(t *testing.T) {
	key, day := []byte("01234567890123456789012345678901"), calendar.On(2026, 11, 24)
	seen := make([]bool, serials)
	inPlace := 0
	for i := range serials {
		n := permute(key, day, i)
		if n < 0 || n >= serials || seen[n] {
			t.Fatalf("serial %d gives %d again or outside", i, n)
		}
		seen[n] = true
		if n == i {
			inPlace++
		}
	}
	if inPlace > 20 {
		t.Errorf("%d serials stay in place", inPlace)
	}
	if permute(key, day, 1) == permute(key, day.AddDays(1), 1) && permute(key, day, 2) == permute(key, day.AddDays(1), 2) {
		t.Error("two days mix alike")
	}
	if got := codeOf(key, calendar.On(2026, 1, 5), 0); got[:14] != "H05.08-260105-" || len(got) != 18 {
		t.Errorf("code %s", got)
	}
}

func TestCoFundingBoundary(t *testing.T) {
	share := money.VND(20).Decimal()
	for _, c := range []struct {
		own, total int64
		ok         bool
	}{{200, 1000, true}, {199, 1000, false}, {201, 1000, true}, {1, 3, true}, {333_333_333_333_333, 999_999_999_999_999, true}, {199_999_999_999_999, 999_999_999_999_999, false}} {
		if got := enough(money.VND(c.own), money.VND(c.total), share); got != c.ok {
			t.Errorf("%d of %d: %v", c.own, c.total, got)
		}
	}
	if got := percent(money.VND(1).Decimal().DivRound(money.VND(3).Decimal(), 6)); got != "0,33%" {
		t.Errorf("percent %s", got)
	}
}

func TestPublicWordsHideTheKitchen(t *testing.T) {
	now := time.Now()
	for _, s := range []Status{Eligible, UnderReview, Recommended, NotRecommended, Awarded, Reserve, Rejected} {
		if got := (&Proposal{Status: s}).Public(); got != PublicReview {
			t.Errorf("before publication %s shows as %s", s, got)
		}
	}
	for s, want := range map[Status]Public{Awarded: PublicFunded, Reserve: PublicReserve, Rejected: PublicRejected, Recommended: PublicReview} {
		if got := (&Proposal{Status: s, PublishedAt: &now}).Public(); got != want {
			t.Errorf("published %s shows as %s", s, got)
		}
	}
}

func TestBudgetEdit(t *testing.T) {
	var p Proposal
	for name, items := range map[string][]ItemEdit{
		"amount without an item": {{Grant: vnd(5)}},
		"item without an amount": {{Item: "Máy"}},
		"only zeros":             {{Item: "Máy", Grant: vnd(0)}},
		"more than may be":       {{Item: "Máy", Grant: vnd(999_999_999_999_999)}, {Item: "Đất", Own: vnd(1)}},
	} {
		if _, _, _, err := (BudgetEdit{Items: items}).costs(&p); err == nil {
			t.Errorf("%s passed", name)
		}
	}
	cs, requested, own, err := (BudgetEdit{Items: []ItemEdit{{Item: "Máy", Grant: vnd(7), Own: vnd(2), Other: vnd(1)}, {Item: "Công", Grant: vnd(3)}}}).costs(&p)
	if err != nil || len(cs) != 4 || !requested.Equal(money.VND(10)) || !own.Equal(money.VND(3)) {
		t.Errorf("%d lines, %s and %s, %v", len(cs), requested, own, err)
	}
}
