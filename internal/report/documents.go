package report

import (
	"context"
	"net/url"
	"strings"

	"kinhbac/internal/call"
	"kinhbac/internal/i18n"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// paper is a document the program makes or a form it offers, and where it is met.
type paper struct{ Name, Where, Href string }

type documentsPage struct {
	web.Base
	Instruments []instrument
	Values      int
	Forms       []paper
	Required    []string // what calls may ask applicants to attach
}

type instrument struct {
	rulebook.Instrument
	Href string // its rules, "" for readers who may not open the rulebook
}

// Applied is the articles in one line.
func (i instrument) Applied() string { return strings.Join(i.Articles, "; ") }

// forms are what the program fills, in the order of the flow; a page that is not open to everyone has no link.
var forms = []struct{ code, href string }{
	{"report.form.organisation", ""}, {"report.form.proposal", "/calls?state=open"}, {"report.form.receipt", "/track"}, {"report.form.notice", ""},
	{"report.form.sheet", ""}, {"report.form.minutes", ""}, {"report.form.decision", "/results"}, {"report.form.agreement", ""},
	{"report.form.report", ""}, {"report.form.request", ""}, {"report.form.order", ""},
}

func (s *Service) documents(ctx context.Context, _ web.Req) (*documentsPage, error) {
	p := &documentsPage{}
	all, err := rulebook.Instruments(ctx, storage.Joined(ctx, s.db))
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		x := instrument{Instrument: i}
		if s.rt.Has("/rules") {
			x.Href = "/rules?" + url.Values{"q": {i.Name}}.Encode()
		}
		p.Values += i.Values
		p.Instruments = append(p.Instruments, x)
	}
	for _, f := range forms {
		x := paper{Name: i18n.T(ctx, f.code), Where: i18n.T(ctx, f.code+"_where")}
		if path, _, _ := strings.Cut(f.href, "?"); path != "" && s.rt.Has(path) {
			x.Href = f.href
		}
		p.Forms = append(p.Forms, x)
	}
	for _, d := range call.AllDocuments {
		p.Required = append(p.Required, i18n.T(ctx, "call.document."+d))
	}
	return p, nil
}
