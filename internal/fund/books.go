package fund

import (
	"context"

	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// states are the choices of a filter by state.
func states[S ~string](lang i18n.Lang, all ...S) (os []web.Option) {
	for _, v := range all {
		os = append(os, web.Option{Value: string(v), Label: web.StateWord(lang, "fund", string(v))})
	}
	return os
}

func headings(ctx context.Context, codes ...string) (out []string) {
	for _, c := range codes {
		out = append(out, i18n.T(ctx, "fund."+c))
	}
	return out
}

// callsCSV exports the capital calls of the filter.
func (h handler) callsCSV(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-due_on", "status", "fund").All()
	cs, err := h.svc.callRows(ctx, &l)
	if err != nil {
		return web.File{}, err
	}
	rows := make([][]string, len(cs))
	for i, c := range cs {
		rows[i] = []string{c.Code, c.Fund, c.Purpose, c.DueOn.Format(), c.Total.String(), c.PaidIn.String(), web.StateWord(r.Lang(), "fund", string(c.Status))}
	}
	return r.CSV(ctx, "goi-von", i18n.T(ctx, "fund.calls"), l, headings(ctx, "call", "fund", "purpose", "due_on", "amount_d", "paid_d", "state"), rows), nil
}

// capitalCSV exports the records of charter capital of the filter.
func (h handler) capitalCSV(ctx context.Context, r web.Req) (web.File, error) {
	f, err := h.svc.Read(ctx, r.Param("code"))
	if err != nil {
		return web.File{}, err
	}
	l := r.List("-recorded_at", "status", "kind").All()
	es, err := h.svc.Entries(ctx, f.ID, &l)
	if err != nil {
		return web.File{}, err
	}
	rows := make([][]string, len(es))
	for i, e := range es {
		rows[i] = []string{e.DocumentNo, e.DocumentOn.Format(), e.Investor.Name, i18n.T(ctx, "fund.class_"+string(e.Investor.Class)), i18n.T(ctx, "fund.kind_"+string(e.Kind)),
			e.Amount.String(), web.StateWord(r.Lang(), "fund", string(e.Status))}
	}
	return r.CSV(ctx, "so-von-"+f.Code, i18n.T(ctx, "fund.capital_book"), l,
		headings(ctx, "document", "document_on", "investor", "investor_class", "entry_kind", "amount_d", "state"), rows), nil
}

// distributionsCSV exports the distributions of the filter.
func (h handler) distributionsCSV(ctx context.Context, r web.Req) (web.File, error) {
	f, err := h.svc.Read(ctx, r.Param("code"))
	if err != nil {
		return web.File{}, err
	}
	l := r.List("-number", "status", "kind").All()
	ds, err := h.svc.Distributions(ctx, f.ID, &l)
	if err != nil {
		return web.File{}, err
	}
	rows := make([][]string, len(ds))
	for i, d := range ds {
		rows[i] = []string{d.Code, i18n.T(ctx, "fund.distribution_"+d.Kind), d.Amount.String(), d.PaidOn.Format(), web.StateWord(r.Lang(), "fund", string(d.Status))}
	}
	return r.CSV(ctx, "phan-phoi-"+f.Code, i18n.T(ctx, "fund.distributions"), l, headings(ctx, "document", "entry_kind", "amount_d", "paid_on", "state"), rows), nil
}
