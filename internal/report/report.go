// Package report gathers what other rooms publish: the page of open data, the instruments and forms in use, and the
// answers to common questions.
//
// # Decisions
//
// 2026-11-24: the page lists the csv files that rooms serve themselves, with exactly what their public pages show;
// a table whose room is not there is left out instead of leading nowhere.
//
// 2026-11-24: the page of documents counts what the rulebook really applies; it names instruments and articles, and
// keeps no copies of legal texts, which the official gazette publishes. Forms are those the program itself fills:
// there is nothing to download and fill by hand.
//
// 2026-11-24: answers quote deadlines and limits from the rulebook as it is in force on the day they are read, each
// with a link to the rule, so that an answer can not fall behind the rule. Answers without a value are words of the
// catalogue about what the program does.
package report

import (
	"context"

	"github.com/uptrace/bun"

	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// Service serves the public pages of the room.
type Service struct {
	db *bun.DB
	rt *web.Router
}

// New makes the room.
func New(db *bun.DB) *Service { return &Service{db: db} }

// Routes puts the room on the web.
func (s *Service) Routes(rt *web.Router) {
	s.rt = rt
	web.Page(rt, "/open-data", "report", "read_public", "report/open_data", s.openData)
	web.Page(rt, "/documents", web.Everyone, "", "report/documents", s.documents)
	web.Page(rt, "/faq", web.Everyone, "", "report/faq", s.faq)
}

// set is one table of open data.
type set struct{ Name, Href, API string }

type openDataPage struct {
	web.Base
	Sets []set
}

func (s *Service) openData(ctx context.Context, _ web.Req) (*openDataPage, error) {
	p := &openDataPage{}
	for _, d := range []struct{ code, path string }{
		{"report.set_calls", "/calls"}, {"report.set_results", "/results"}, {"report.set_indicators", "/indicators"},
		{"report.set_investees", "/investments"},
	} {
		x := set{Name: i18n.T(ctx, d.code)}
		if s.rt.Serves(d.path + ".csv") {
			x.Href = d.path + ".csv"
		}
		if s.rt.Serves("/api/v1" + d.path) {
			x.API = "/api/v1" + d.path
		}
		if x.Href != "" || x.API != "" {
			p.Sets = append(p.Sets, x)
		}
	}
	return p, nil
}
