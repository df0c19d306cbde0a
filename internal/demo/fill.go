package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/app"
	"kinhbac/internal/calendar"
	"kinhbac/internal/clock"
)

// Clock is the clock an App must be built with to be filled: it stands a day behind, so that no one-time code used
// by the play is one that a visitor will need.
func Clock() *clock.Fake { return clock.NewFake(time.Now().Add(-24 * time.Hour)) }

// Fill plays the whole example on an empty database. owner acts as kinhbac_owner and alone may set the clock; c is
// the clock the app was built with. It ends with the clock at now; an error leaves the database as far as it came.
func Fill(ctx context.Context, a *app.App, owner *bun.DB, c *clock.Fake, say func(string)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			f, ours := p.(failure)
			if !ours {
				panic(p)
			}
			err = fmt.Errorf("play the example: %w", f.error)
		}
	}()
	s, err := newStage(ctx, a, c, owner, instant("2024-10-01 08:00"))
	if err != nil {
		return err
	}
	say("người và đơn vị")
	s.people()
	s.rules()
	programmes := s.programmes()
	orgs := s.organisations()
	s.day("2024-10-02")
	lines := s.budgetYear(2024, "1888/QĐ-UBND", "2024-10-01", year2024)
	f, co := s.founded(lines["F"])
	s.day("2024-10-03")
	s.subscribe(f)
	say("quỹ, đợt tuyển chọn, hội đồng, hợp đồng, thanh toán")
	running := map[string]uuid.UUID{}
	var first uuid.UUID
	events := append(s.venture(f, co), s.grants(programmes, orgs, running, &first)...)
	events = append(events, s.estimates(running)...)
	events = append(events, s.budgets(lines["F"], running)...)
	slices.SortStableFunc(events, func(a, b event) int { return strings.Compare(a.on, b.on) })
	for _, e := range events {
		s.day(e.on)
		e.do()
	}
	s.indicators()
	s.awaited(s.fresh(first), f, co)
	s.present()
	return nil
}

// grants plays the four calls of the year; lines gets the budget lines of the running year, first the call
// that is decided.
func (s *stage) grants(programmes, orgs, lines map[string]uuid.UUID, first *uuid.UUID) []event {
	var one, two, task []uuid.UUID
	var second, third, science uuid.UUID
	return []event{
		{"2025-12-23", func() { science = s.announce(calls["science"], programmes, lines).ID }},
		{"2026-01-05", func() { *first = s.announce(calls["decided"], programmes, lines).ID }},
		{"2026-02-10", func() {
			one = s.apply(s.fresh(*first), "2026-02-10", orgs, decidedCall)
			task = s.apply(s.fresh(science), "2026-02-25", orgs, scienceCall)
		}},
		{"2026-03-03", func() {
			s.screen(one, decidedCall)
			s.screen(task, scienceCall)
		}},
		{"2026-03-16", func() {
			c := s.fresh(*first)
			must(s.Calls.Evaluate(s.as(officer), c.ID))
			co := s.establish(c, "112/QĐ-SKHCN", "2026-03-16")
			eligible, scores := passed(one, decidedCall)
			m := s.summon(c, co, "2026-04-14 08:00", eligible, uuid.Nil)
			for i, p := range eligible {
				m.read(p, scores[i], day("2026-04-10"))
			}
			s.day("2026-04-14")
			m.open()
			for i, p := range eligible {
				m.judge(p, scores[i])
			}
			m.end()
			s.award(c, "58/TTr-SKHCN", "311/STC-HCSN", "766/QĐ-UBND")
		}},
		{"2026-05-19", func() { s.task(s.fresh(science), task[0]) }},
		{"2026-06-08", func() { s.contract(s.fresh(*first)) }},
		{"2026-08-03", func() { s.pay(s.fresh(*first)) }},
		{"2026-07-13", func() { second = s.announce(calls["council"], programmes, lines).ID }},
		{"2026-09-21", func() { two = s.apply(s.fresh(second), "2026-09-21", orgs, councilCall) }},
		{"2026-10-12", func() { s.screen(two, councilCall) }},
		{"2026-11-02", func() { third = s.announce(calls["open"], programmes, lines).ID }},
		{"2026-11-09", func() {
			c := s.fresh(second)
			must(s.Calls.Evaluate(s.as(officer), c.ID))
			co := s.establish(c, "498/QĐ-SKHCN", "2026-11-09")
			m := s.summon(c, co, calendar.DateOf(time.Now()).String()+" 08:00", two, two[7])
			for i, p := range two[:6] {
				m.read(p, councilCall[i].points, day("2026-11-20"))
			}
			s.drafts(third, orgs)
			s.present()
			m.open()
			for i, p := range two[:4] {
				m.judge(p, councilCall[i].points)
			}
			m.ballot(two[4], councilCall[4].points, 4)
		}},
	}
}

// passed leaves out what screening found ineligible.
func passed(ids []uuid.UUID, plans []plan) (eligible []uuid.UUID, scores []int) {
	for i, id := range ids {
		if !plans[i].outside {
			eligible, scores = append(eligible, id), append(scores, plans[i].points)
		}
	}
	return eligible, scores
}

// drafts leaves two unfinished dossiers in the open call.
func (s *stage) drafts(id uuid.UUID, orgs map[string]uuid.UUID) {
	c := s.fresh(id)
	for _, p := range openCall {
		s.write(s.as(p.firm.login), c, orgs[p.firm.name], p)
	}
}
