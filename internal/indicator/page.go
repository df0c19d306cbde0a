package indicator

import (
	"context"
	"html/template"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

var years = []int{2025, 2030, 2035, 2040, 2045}

// row is one indicator of the table.
type row struct {
	Number           int
	Name, Unit, Note string
	Value, AsOf      string
	Spark            web.Spark
	Bar              *decimal.Decimal
	PathBar          *decimal.Decimal
	BarText          string
	Targets          []string
	Standing         Standing
}

type listPage struct {
	web.Base
	AsOf     string
	Stats    []web.Stat
	Rows     []row
	Chart    web.LineChart
	HasChart bool
	Focus    string
	Act      []row // what needs action: behind, then at risk
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	states, err := h.svc.States(ctx)
	if err != nil {
		return nil, err
	}
	p := &listPage{}
	lang := r.Lang()
	count := map[Standing][]string{}
	var last calendar.Date
	for _, s := range states {
		x := rowOf(lang, s)
		p.Rows = append(p.Rows, x)
		count[x.Standing] = append(count[x.Standing], strconv.Itoa(x.Number))
		if m, ok := s.Latest(); ok && m.AsOf.After(last) {
			last = m.AsOf
		}
		if s.Indicator.Number == 2 && len(s.History) > 0 {
			p.Chart, p.HasChart, p.Focus = chartOf(lang, s), true, x.Name
		}
	}
	p.AsOf = last.Format()
	for _, st := range []Standing{Behind, AtRisk} {
		for _, x := range p.Rows {
			if x.Standing == st && len(p.Act) < 4 {
				p.Act = append(p.Act, x)
			}
		}
	}
	for _, st := range []Standing{OnTrack, AtRisk, Behind, NoData} {
		stat := web.Stat{Label: web.StateWord(lang, "indicator", string(st)), Value: strconv.Itoa(len(count[st])), Unit: i18n.Text(lang, "indicator.of_all", len(states))}
		if n := len(count[st]); n > 0 && st != OnTrack {
			stat.Note = i18n.Text(lang, "indicator.numbers", strings.Join(count[st][:min(n, 8)], ", "))
		}
		p.Stats = append(p.Stats, stat)
	}
	return p, nil
}

func rowOf(lang i18n.Lang, s State) row {
	i := s.Indicator
	x := row{Number: i.Number, Name: web.Pick(lang, i.NameVI, i.NameEN), Unit: web.Pick(lang, i.UnitVI, i.UnitEN), Standing: s.Judgement.Standing, Value: "–"}
	switch {
	case i.Direction == "down":
		x.Note = i18n.Text(lang, "indicator.lower_is_better")
	case i.PerYear:
		x.Note = i18n.Text(lang, "indicator.per_year")
	}
	if m, ok := s.Latest(); ok {
		x.Value, x.AsOf = valueText(m.Value), m.AsOf.Format()
		if next := s.Judgement.Next; next != nil {
			x.Bar = i.Progress(m.Value, next)
			if s.Judgement.Path != nil && i.Direction == "up" && next.Value != nil && next.Value.IsPositive() {
				share := s.Judgement.Path.Mul(hundred).DivRound(*next.Value, 2)
				x.PathBar = &share
			}
			if x.Bar != nil {
				x.BarText = i18n.Text(lang, "indicator.bar", valueText(x.Bar.Round(0)), next.Year)
			}
		}
	}
	for _, m := range s.History {
		x.Spark.Values = append(x.Spark.Values, web.Position(m.Value))
	}
	for _, y := range years[1:] {
		t := "–"
		if target := i.Target(y); target != nil {
			if t = printed(lang, target); target.Comparison == Rising {
				t = i18n.Text(lang, "indicator.rising_short")
			}
		}
		x.Targets = append(x.Targets, t)
	}
	return x
}

// printed is the cell of the annex; its one phrase is translated.
func printed(lang i18n.Lang, t *Target) string {
	if t.Comparison == Rising {
		return i18n.Text(lang, "indicator.rising")
	}
	return t.Printed
}

func chartOf(lang i18n.Lang, s State) web.LineChart {
	c := web.LineChart{MinX: Baseline, MaxX: 2045, Finding: findingOf(lang, s)}
	path := web.Line{Kind: "path", Dots: true}
	for _, pt := range s.Indicator.points(s.History) {
		q := web.Point{X: web.Position(pt.at), Y: web.Position(pt.value)}
		if t := s.Indicator.Target(int(pt.at.IntPart())); t != nil {
			q.Label = printed(lang, t)
		}
		path.Points = append(path.Points, q)
	}
	actual := web.Line{Kind: "actual"}
	for k, m := range s.History {
		q := web.Point{X: web.Position(position(m.AsOf)), Y: web.Position(m.Value)}
		if k == len(s.History)-1 {
			q.Label = valueText(m.Value)
		}
		actual.Points = append(actual.Points, q)
	}
	c.Lines = []web.Line{path, actual}
	for _, y := range years {
		c.Ticks = append(c.Ticks, web.Point{X: float64(y), Tick: strconv.Itoa(y)})
	}
	return c
}

// findingOf is the chart in one sentence.
func findingOf(lang i18n.Lang, s State) string {
	text := i18n.Text(lang, "indicator.no_value")
	if m, ok := s.Latest(); ok {
		text = i18n.Text(lang, "indicator.finding", valueText(m.Value), m.AsOf.Format())
	}
	for _, t := range s.Indicator.Targets {
		text += "; " + strconv.Itoa(t.Year) + ": " + printed(lang, &t)
	}
	return text
}

type showPage struct {
	web.Base
	Row        row
	Indicator  *Indicator
	Stats      []web.Stat
	Chart      web.LineChart
	HasChart   bool
	History    []historyLine
	Targets    []web.Pair
	Lead       string
	CanEntries bool
}

type historyLine struct {
	AsOf, Value, Path string
	Standing          Standing
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	n, err := number(r)
	if err != nil {
		return nil, err
	}
	s, err := h.svc.State(ctx, n)
	if err != nil {
		return nil, err
	}
	lang := r.Lang()
	p := &showPage{Row: rowOf(lang, s), Indicator: s.Indicator, Lead: web.Pick(lang, s.Indicator.LeadVI, s.Indicator.LeadEN)}
	for k := len(s.History) - 1; k >= 0; k-- {
		j := s.Indicator.Judge(s.History[:k+1])
		path := "–"
		if j.Path != nil {
			path = valueText(j.Path.Round(2))
		}
		p.History = append(p.History, historyLine{s.History[k].AsOf.Format(), valueText(s.History[k].Value), path, j.Standing})
	}
	for _, t := range s.Indicator.Targets {
		p.Targets = append(p.Targets, web.Pair{Label: strconv.Itoa(t.Year), Value: printed(lang, &t)})
	}
	p.Chart, p.HasChart = chartOf(lang, s), len(s.History) > 0 || len(s.Indicator.points(nil)) > 1
	p.Stats = []web.Stat{{Label: i18n.Text(lang, "indicator.actual"), Value: p.Row.Value, Unit: p.Row.Unit, Note: p.Row.AsOf}}
	if path := s.Judgement.Path; path != nil {
		p.Stats = append(p.Stats, web.Stat{Label: i18n.Text(lang, "indicator.path"), Value: valueText(path.Round(2)), Unit: p.Row.Unit})
	}
	if next := s.Judgement.Next; next != nil {
		p.Stats = append(p.Stats, web.Stat{Label: i18n.Text(lang, "indicator.target_of", next.Year), Value: template.HTML(template.HTMLEscapeString(printed(lang, next)))})
	}
	p.CanEntries = h.svc.access.Can(ctx, h.svc.db, "indicator", "read_draft", s.Indicator)
	return p, nil
}

type entriesPage struct {
	web.Base
	Indicator  *Indicator
	Name       string
	List       web.List
	Rows       []line
	Statuses   []web.Option
	CanPropose bool
}

func (h handler) entries(ctx context.Context, r web.Req) (*entriesPage, error) {
	n, err := number(r)
	if err != nil {
		return nil, err
	}
	i, err := numbered(ctx, h.svc.db, n)
	if err != nil {
		return nil, err
	}
	p := &entriesPage{Indicator: i, Name: web.Pick(r.Lang(), i.NameVI, i.NameEN), List: r.List("-as_of", "status")}
	if p.Rows, err = h.svc.entriesOf(ctx, &p.List, i); err != nil {
		return nil, err
	}
	for _, s := range []Status{Proposed, Verified, Published, Restated, Rejected} {
		p.Statuses = append(p.Statuses, web.Option{Value: string(s), Label: web.StateWord(r.Lang(), "indicator_entry", string(s))})
	}
	p.CanPropose = !i.Counted && h.svc.access.Can(ctx, h.svc.db, "indicator", "propose", i)
	return p, nil
}

type entryPage struct {
	web.Base
	Entry                                        line
	Name, Value, Old                             string
	CanVerify, CanPublish, CanRestate, CanReopen bool
}

func (h handler) entry(ctx context.Context, r web.Req) (*entryPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	e, old, err := h.svc.entryFor(ctx, id)
	if err != nil {
		return nil, err
	}
	can := func(action string) bool { return h.svc.access.Can(ctx, h.svc.db, "indicator", action, &e.Entry) }
	p := &entryPage{Entry: *e, Name: web.Pick(r.Lang(), e.Indicator.NameVI, e.Indicator.NameEN), Value: valueText(e.Value),
		CanVerify: e.Status == Proposed && can("verify"), CanPublish: e.Status == Verified && e.Restates == nil && can("publish"),
		CanRestate: e.Status == Verified && e.Restates != nil && can("restate"), CanReopen: e.Status == Published && can("propose_restatement")}
	if old != nil {
		p.Old = valueText(old.Value)
	}
	return p, nil
}

// Figures are the figures of the public home page: what is published of indicators 2, 3, 7 and 8.
func (s *Service) Figures(ctx context.Context) ([]web.Stat, error) {
	states, err := s.States(ctx)
	if err != nil {
		return nil, err
	}
	lang := i18n.From(ctx)
	var out []web.Stat
	for _, st := range states {
		m, ok := st.Latest()
		if n := st.Indicator.Number; !ok || n != 2 && n != 3 && n != 7 && n != 8 {
			continue
		}
		f := web.Stat{Label: web.Pick(lang, st.Indicator.NameVI, st.Indicator.NameEN), Value: valueText(m.Value)}
		if next := st.Judgement.Next; next != nil {
			f.Note = i18n.Text(lang, "indicator.figure_note", m.AsOf.Format(), next.Year, printed(lang, next))
		}
		out = append(out, f)
	}
	return out, nil
}
