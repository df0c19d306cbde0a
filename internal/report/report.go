// Package report gathers what other rooms publish: the page of open data.
//
// # Decisions
//
// 2026-11-24: the page lists the csv files that rooms serve themselves, with exactly what their public pages show;
// a table whose room is not there is left out instead of leading nowhere.
package report

import (
	"context"

	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// Service serves the page of open data.
type Service struct{ rt *web.Router }

// New makes the room.
func New() *Service { return &Service{} }

// Routes puts the room on the web.
func (s *Service) Routes(rt *web.Router) {
	s.rt = rt
	web.Page(rt, "/open-data", "report", "read_public", "report/open_data", s.openData)
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
