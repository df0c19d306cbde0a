package revision

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

type handler struct{ *Service }

// Routes registers the pages, commands and API of the rulebook.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/rules", "rulebook", "read", "rulebook/list", h.list)
	web.Download(rt, "/rules.csv", "rulebook", "read", h.csv)
	web.Page(rt, "/rules/:rule", "rulebook", "read", "rulebook/show", h.show)
	web.Command(rt, "/rules/:rule/propose", "rulebook", "propose", "/rules/:rule", h.propose)
	web.Command(rt, "/rules/:rule/confirm", "rulebook", "confirm", "/rules/:rule", h.confirm)
	web.Command(rt, "/rules/:rule/refuse", "rulebook", "confirm", "/rules/:rule", h.refuse)
	web.JSON(rt, "/rules", "rulebook", "read", h.apiList)
	web.JSON(rt, "/rules/:rule", "rulebook", "read", h.apiShow)
	rt.Tasks(s.Tasks)
}

type listPage struct {
	web.Base
	List          web.List
	Rows          []Row
	Topics, Marks []web.Option
}

var sorts = web.Sorts{"id": "r.id", "name": "r.name_vi", "confidence": "COALESCE(v.confidence, '')"}

// topics are the first words of the rules' ids.
var topics = []string{"allocation", "budget", "conflict", "council", "data_breach", "data_request", "deal", "eligibility", "fund",
	"innovation", "loan", "mentoring", "payment", "recognition", "recovery", "science", "voucher"}

func (h handler) filtered(ctx context.Context, l web.List, rows *[]Row) *bun.SelectQuery {
	q := h.rows(ctx, rows)
	if l.Q != "" {
		like := text.Pattern(l.Q)
		q = q.Where("(kb.fold(r.name_vi || ' ' || r.name_en || ' ' || r.id) LIKE kb.fold(?0) OR kb.fold(v.instrument) LIKE kb.fold(?0))", like)
	}
	if t := l.Filter["topic"]; t != "" {
		q = q.Where("split_part(r.id, '.', 1) = ?", t)
	}
	switch l.Filter["mark"] {
	case "unverified":
		q = q.Where("v.confidence IN ('S', 'M')")
	case "confirmed":
		q = q.Where("v.confidence = 'C'")
	case "none":
		q = q.Where("v.value IS NULL")
	case "pending":
		q = q.Where("EXISTS (SELECT FROM rule_values x WHERE x.rule_id = r.id AND x.status = 'proposed')")
	}
	return q
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	p := &listPage{List: r.List("id", "topic", "mark")}
	if err := web.Fetch(ctx, &p.List, h.filtered(ctx, p.List, &p.Rows), sorts, "md5(r.id)::uuid"); err != nil {
		return nil, err
	}
	for _, t := range topics {
		p.Topics = append(p.Topics, web.Option{Value: t, Label: i18n.T(ctx, "rulebook.topic."+t)})
	}
	for _, m := range []string{"unverified", "confirmed", "none", "pending"} {
		p.Marks = append(p.Marks, web.Option{Value: m, Label: i18n.T(ctx, "rulebook.mark."+m)})
	}
	return p, nil
}

func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("id", "topic", "mark").All()
	var rows []Row
	if err := web.Fetch(ctx, &l, h.filtered(ctx, l, &rows), sorts, "md5(r.id)::uuid"); err != nil {
		return web.File{}, err
	}
	header := []string{i18n.T(ctx, "rulebook.id"), i18n.T(ctx, "rulebook.name"), i18n.T(ctx, "rulebook.value"), i18n.T(ctx, "rulebook.unit"),
		i18n.T(ctx, "rulebook.instrument"), i18n.T(ctx, "rulebook.article"), i18n.T(ctx, "rulebook.confidence"), i18n.T(ctx, "rulebook.version"), i18n.T(ctx, "rulebook.note")}
	out := make([][]string, len(rows))
	for i, x := range rows {
		out[i] = []string{x.RuleID, web.Pick(r.Lang(), x.NameVI, x.NameEN), x.Value, unitWord(ctx, x.Unit), x.Instrument, x.Article,
			confidenceWord(ctx, x.Confidence), strconv.Itoa(x.Version), x.Note}
	}
	return r.CSV(ctx, "quy-tac", i18n.T(ctx, "rulebook.list"), l, header, out), nil
}

type showPage struct {
	web.Base
	Row                    Row
	Confidence             string
	History                []Revision
	Pending                *Revision
	CanPropose, CanConfirm bool
}

// Words is a value of the rule as a person reads it.
func (p *showPage) Words(value string) string {
	return rulebook.Words(p.Lang, p.Row.Kind, p.Row.Unit, value)
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	row, err := h.Find(ctx, r.Param("rule"))
	if err != nil {
		return nil, err
	}
	p := &showPage{Row: row, Confidence: confidenceWord(ctx, row.Confidence)}
	if p.History, err = h.History(ctx, row.RuleID); err != nil {
		return nil, err
	}
	for i := range p.History {
		if p.History[i].Status == Proposed {
			p.Pending = &p.History[i]
			p.CanConfirm = h.access.Can(ctx, h.db, "rulebook", "confirm", p.Pending)
		}
	}
	_, err = h.access.RequireRole(ctx, "rulebook", "propose")
	p.CanPropose = err == nil && p.Pending == nil
	return p, nil
}

type revisionOut struct {
	ID     uuid.UUID `json:"id"`
	Rule   string    `json:"rule"`
	Value  string    `json:"value"`
	Status string    `json:"status"`
}

func (h handler) propose(ctx context.Context, r web.Req, in Typed) (web.Done, revisionOut, error) {
	v, err := h.Propose(ctx, r.Param("rule"), in)
	if err != nil {
		return web.Done{}, revisionOut{}, err
	}
	return web.Done{Location: "/rules/" + v.RuleID, Notice: "rulebook.proposed"}, revisionOut{v.ID, v.RuleID, v.Value, v.Status}, nil
}

type confirmIn struct {
	Value      uuid.UUID     `form:"value_id" json:"value_id" kb:"required"`
	DocumentNo string        `form:"document_no" json:"document_no" kb:"required,max=200"`
	DocumentOn calendar.Date `form:"document_on" json:"document_on"`
}

func (h handler) confirm(ctx context.Context, r web.Req, in confirmIn) (web.Done, struct{}, error) {
	err := h.Confirm(ctx, in.Value, in.DocumentNo, in.DocumentOn)
	return web.Done{Location: "/rules/" + r.Param("rule"), Notice: "rulebook.confirmed"}, struct{}{}, err
}

type refuseIn struct {
	Value uuid.UUID `form:"value_id" json:"value_id" kb:"required"`
}

func (h handler) refuse(ctx context.Context, r web.Req, in refuseIn) (web.Done, struct{}, error) {
	err := h.Refuse(ctx, in.Value)
	return web.Done{Location: "/rules/" + r.Param("rule"), Notice: "rulebook.refused"}, struct{}{}, err
}

type rulesOut struct {
	Items []Row  `json:"items"`
	Next  string `json:"next"`
}

func (h handler) apiList(ctx context.Context, r web.Req) (rulesOut, error) {
	l := r.List("id", "topic", "mark")
	out := rulesOut{Items: []Row{}}
	err := web.Fetch(ctx, &l, h.filtered(ctx, l, &out.Items), sorts, "md5(r.id)::uuid")
	out.Next = l.Next
	return out, err
}

func (h handler) apiShow(ctx context.Context, r web.Req) (Row, error) {
	return h.Find(ctx, r.Param("rule"))
}

// Tasks gives the proposals that the subject of ctx may confirm.
func (s *Service) Tasks(ctx context.Context) (ts []web.Task, err error) {
	if _, err := s.access.RequireRole(ctx, "rulebook", "confirm"); err != nil {
		return nil, nil // nothing for this role
	}
	waiting, err := s.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	for i := range waiting {
		if s.access.Can(ctx, s.db, "rulebook", "confirm", &waiting[i]) {
			ts = append(ts, web.Task{Title: i18n.T(ctx, "rulebook.task", waiting[i].RuleID), Detail: waiting[i].Value,
				Href: "/rules/" + waiting[i].RuleID, Action: i18n.T(ctx, "rulebook.task_action")})
		}
	}
	return ts, nil
}

func unitWord(ctx context.Context, unit string) string {
	if code := "rulebook.unit." + unit; i18n.Has(code) {
		return i18n.T(ctx, code)
	}
	return unit
}

func confidenceWord(ctx context.Context, c string) string {
	if c == "" {
		return ""
	}
	return i18n.T(ctx, "rulebook.confidence."+c)
}
