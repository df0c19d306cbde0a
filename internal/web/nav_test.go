package web

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/clock"
)

func TestEntryStandsForItsPages(t *testing.T) {
	best := func(path string, entries []entry) string {
		code, long := "", 0
		for _, e := range entries {
			if n := e.matches(path); n > long {
				code, long = e.code, n
			}
		}
		return code
	}
	for _, x := range []struct {
		path, want string
		entries    []entry
	}{
		{"/fund", "web.nav.fund", navFund},
		{"/fund/pipeline", "web.nav.pipeline", navFund},
		{"/fund/deals/1f0c", "web.nav.pipeline", navFund},
		{"/fund/dealsheet", "web.nav.fund", navFund},
		{"/fund/investments/1f0c", "web.nav.portfolio", navFund},
		{"/awards/1f0c/agreement", "web.nav.awards", navScience},
		{"/matters/1f0c/ballot", "web.nav.councils", navCouncil},
		{"/profile", "", navScience},
	} {
		if got := best(x.path, x.entries); got != x.want {
			t.Errorf("%s marks %q, want %q", x.path, got, x.want)
		}
	}
}

func TestALinkStandsWhereAPageIsOpen(t *testing.T) {
	for _, x := range []struct {
		pattern, path string
		leads         bool
	}{
		{"/fund/:code", "/fund/BNVF", true},
		{"/fund/:code", "/fund/", false},
		{"/fund/:code", "/fund/BNVF/capital", false},
		{"/fund/:code/capital", "/fund/BNVF", false},
		{"/", "/", true},
		{"/councils/:id/meetings/:n", "/councils/1f0c/meetings/2", true},
		{"/councils/:id/meetings/:n", "/councils/1f0c/sessions/2", false},
	} {
		if got := (&route{path: x.pattern}).leads(x.path); got != x.leads {
			t.Errorf("%s for %s: %v", x.pattern, x.path, got)
		}
	}
}

func TestLanding(t *testing.T) {
	if got := Landing(access.Auditor); got != "/audit" {
		t.Errorf("an auditor lands on %s", got)
	}
	if got := Landing(access.Applicant); got != "/inbox" {
		t.Errorf("an applicant lands on %s", got)
	}
}

func TestWaitingIsKeptForAWhileAndForgotten(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))
	w := newWaiting(c)
	who, other := waitingFor{uuid.New(), access.Applicant}, waitingFor{uuid.New(), access.Applicant}
	w.put(who, 3)
	w.put(other, 5)
	if n, ok := w.get(who); !ok || n != 3 {
		t.Fatalf("kept %d, %v", n, ok)
	}
	w.forget(who.person)
	if _, ok := w.get(who); ok {
		t.Error("an act of the person did not renew the number")
	}
	if n, ok := w.get(other); !ok || n != 5 {
		t.Errorf("another person's number went too: %d, %v", n, ok)
	}
	c.Advance(waitingKept)
	if _, ok := w.get(other); ok {
		t.Error("the number is kept too long")
	}
}

func TestOpenCountsWhatWaitsForTheReader(t *testing.T) {
	if n := open([]Task{{Title: "a"}, {Title: "b", Waiting: true}, {Title: "c"}}); n != 2 {
		t.Errorf("%d tasks", n)
	}
}
