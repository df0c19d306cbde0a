package investment

import (
	"context"

	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

// quarterCSV exports the valuations of one quarter, of the filter.
func (h handler) quarterCSV(ctx context.Context, r web.Req) (web.File, error) {
	end, err := parseQuarter(r.Param("quarter"))
	if err != nil {
		return web.File{}, err
	}
	l := r.List("firm", "status").All()
	vs, err := h.svc.valuationsOn(ctx, end, &l)
	if err != nil {
		return web.File{}, err
	}
	rows := make([][]string, len(vs))
	for i, v := range vs {
		rows[i] = []string{v.Holding.Organisation.Name, i18n.T(ctx, "investment.method_"+v.Method), v.Inputs, v.Cost.String(), v.Previous.String(), v.Fair.String(),
			v.Change().String(), web.StateWord(r.Lang(), "investment", v.Status)}
	}
	return r.CSV(ctx, "dinh-gia-"+quarterName(end), i18n.T(ctx, "investment.valuations")+" "+quarterWords(r.Lang(), end), l,
		heads(ctx, "firm", "method", "inputs", "cost_d", "previous_d", "fair_d", "change_d", "state"), rows), nil
}
