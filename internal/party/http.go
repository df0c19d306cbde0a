package party

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

type handler struct{ *Service }

// Routes registers the pages, commands and API of organisations.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/organisation", web.SignedIn, "", "party/mine", h.mine)
	web.Page(rt, "/organisations/new", "organisation", "create", "party/new", h.form)
	web.Page(rt, "/organisations", "organisation", "read", "party/list", h.list)
	web.Download(rt, "/organisations.csv", "organisation", "read", h.csv)
	web.Page(rt, "/organisations/:id", "organisation", "read", "party/show", h.show)
	web.Command(rt, "/organisations/register", "organisation", "create", "/organisations/new", h.register)
	web.Command(rt, "/organisations/:id/update", "organisation", "update", "/organisations/:id", h.update)
	web.Command(rt, "/organisations/:id/invite", "organisation", "invite", "/organisations/:id", h.invite)
	web.Command(rt, "/organisations/:id/remove", "organisation", "invite", "/organisations/:id", h.remove)
	web.Command(rt, "/invitations/:id/accept", web.SignedIn, "", "", h.accept)
	web.Command(rt, "/organisations/:id/bar", "organisation", "bar", "/organisations/:id", h.bar)
	web.Command(rt, "/organisations/:id/lift", "organisation", "unbar", "/organisations/:id", h.lift)
	web.JSON(rt, "/organisations", "organisation", "read", h.apiList)
	web.JSON(rt, "/organisations/:id", "organisation", "read", h.apiShow)
	rt.Tasks(s.Tasks)
	rt.Desk(s.desk)
}

type minePage struct {
	web.Base
	Organisations []Organisation
	Invitations   []Member
	CanCreate     bool
}

func (h handler) mine(ctx context.Context, _ web.Req) (*minePage, error) {
	p := &minePage{}
	var err error
	if p.Organisations, err = h.Mine(ctx); err != nil {
		return nil, err
	}
	if p.Invitations, err = h.Invitations(ctx); err != nil {
		return nil, err
	}
	_, err = h.access.RequireRole(ctx, "organisation", "create")
	p.CanCreate = err == nil
	return p, nil
}

type newPage struct {
	web.Base
	Kinds, Communes []web.Option
}

func (h handler) form(ctx context.Context, r web.Req) (*newPage, error) {
	communes, err := h.communes(ctx, r)
	return &newPage{Kinds: kinds(ctx), Communes: communes}, err
}

func kinds(ctx context.Context) (os []web.Option) {
	for _, k := range []Kind{Firm, Unit, Group, Person} {
		os = append(os, web.Option{Value: k, Label: i18n.T(ctx, "party.kind."+k)})
	}
	return os
}

func (h handler) communes(ctx context.Context, r web.Req) (os []web.Option, err error) {
	cs, err := Communes(ctx, h.db)
	for _, c := range cs {
		os = append(os, web.Option{Value: c.Code, Label: web.Pick(r.Lang(), c.Type+" "+c.NameVI, c.NameEN)})
	}
	return os, err
}

type organisationOut struct {
	ID      uuid.UUID `json:"id"`
	Name    string    `json:"name"`
	TaxCode string    `json:"tax_code"`
	Warned  bool      `json:"tax_code_warned"`
	Version int       `json:"version"`
}

func (o *Organisation) out() organisationOut {
	return organisationOut{o.ID, o.Name, o.TaxCode, o.TaxCodeWarned, o.Version}
}

func (h handler) register(ctx context.Context, _ web.Req, in Profile) (web.Done, organisationOut, error) {
	o, err := h.Register(ctx, in)
	if err != nil {
		return web.Done{}, organisationOut{}, err
	}
	notice := "party.registered"
	if o.TaxCodeWarned {
		notice = "party.registered_warned"
	}
	return web.Done{Location: "/organisation", Notice: notice}, o.out(), nil
}

type showPage struct {
	web.Base
	Organisation                          *Organisation
	Members                               []Member
	Bars                                  []Bar
	Kinds, Communes, BarKinds             []web.Option
	CanUpdate, CanInvite, CanBar, CanLift bool
	Commune                               string
	Barred                                bool
}

func (h handler) show(ctx context.Context, r web.Req) (*showPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	o, err := h.Read(ctx, id)
	if err != nil {
		return nil, err
	}
	p := &showPage{Organisation: o, Kinds: kinds(ctx)}
	if p.Communes, err = h.communes(ctx, r); err != nil {
		return nil, err
	}
	for _, c := range p.Communes {
		if c.Value == o.Commune {
			p.Commune = c.Label
		}
	}
	p.CanUpdate = h.access.Can(ctx, h.db, "organisation", "update", o)
	p.CanInvite = h.access.Can(ctx, h.db, "organisation", "invite", o)
	p.CanBar = h.access.Can(ctx, h.db, "organisation", "bar", o)
	if p.Members, err = Members(ctx, h.db, id); err != nil {
		return nil, err
	}
	if p.Bars, err = Bars(ctx, h.db, id); err != nil {
		return nil, err
	}
	for i := range p.Bars {
		if p.Bars[i].LiftedOn.IsZero() {
			p.Barred = true
			p.CanLift = h.access.Can(ctx, h.db, "organisation", "unbar", &p.Bars[i])
		}
	}
	for _, k := range []string{Unrepaid, Unsettled, Suspended, Prosecuted} {
		p.BarKinds = append(p.BarKinds, web.Option{Value: k, Label: i18n.T(ctx, "party.bar."+k)})
	}
	return p, nil
}

func (h handler) update(ctx context.Context, r web.Req, in Profile) (web.Done, organisationOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, organisationOut{}, err
	}
	o, err := h.Update(ctx, id, in)
	if err != nil {
		return web.Done{}, organisationOut{}, err
	}
	return web.Done{Location: "/organisations/" + id.String(), Notice: "party.updated"}, o.out(), nil
}

type inviteIn struct {
	Login     string `form:"login" json:"login" kb:"required,max=254"`
	Signatory bool   `form:"signatory" json:"signatory"`
}

type memberOut struct {
	ID uuid.UUID `json:"id"`
}

func (h handler) invite(ctx context.Context, r web.Req, in inviteIn) (web.Done, memberOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, memberOut{}, err
	}
	m, err := h.Invite(ctx, id, in.Login, in.Signatory)
	if err != nil {
		return web.Done{}, memberOut{}, err
	}
	return web.Done{Location: "/organisations/" + id.String(), Notice: "party.invited"}, memberOut{m.ID}, nil
}

type removeIn struct {
	Member uuid.UUID `form:"member" json:"member" kb:"required"`
}

func (h handler) remove(ctx context.Context, r web.Req, in removeIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.Leave(ctx, id, in.Member)
	}
	return web.Done{Location: "/organisations/" + id.String(), Notice: "party.removed"}, struct{}{}, err
}

func (h handler) accept(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		_, err = h.Accept(ctx, id)
	}
	return web.Done{Location: "/organisation", Notice: "party.joined"}, struct{}{}, err
}

type barIn struct {
	Kind     string        `form:"bar_kind" json:"bar_kind" kb:"required"`
	Amount   *money.Amount `form:"amount" json:"amount"`
	Since    calendar.Date `form:"since" json:"since" kb:"required"`
	Document string        `form:"document" json:"document" kb:"required,max=200"`
}

func (h handler) bar(ctx context.Context, r web.Req, in barIn) (web.Done, memberOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, memberOut{}, err
	}
	b := &Bar{OrganisationID: id, Kind: in.Kind, Since: in.Since, Document: in.Document}
	if in.Amount != nil {
		b.Amount = *in.Amount
	}
	if err := h.Bar(ctx, b); err != nil {
		return web.Done{}, memberOut{}, err
	}
	return web.Done{Location: "/organisations/" + id.String(), Notice: "party.barred_now"}, memberOut{b.ID}, nil
}

type liftIn struct {
	Bar      uuid.UUID `form:"bar" json:"bar" kb:"required"`
	Document string    `form:"lifted_document" json:"lifted_document" kb:"required,max=200"`
}

func (h handler) lift(ctx context.Context, r web.Req, in liftIn) (web.Done, struct{}, error) {
	err := h.Lift(ctx, in.Bar, in.Document)
	return web.Done{Location: "/organisations/" + r.Param("id"), Notice: "party.lifted"}, struct{}{}, err
}

type listPage struct {
	web.Base
	List  web.List
	Rows  []Row
	Kinds []web.Option
}

var sorts = web.Sorts{"name": "o.name", "tax_code": "COALESCE(o.tax_code, '')", "registered_on": "COALESCE(o.registered_on, '0001-01-01'::date)", "commune": "cm.name_vi"}

func (h handler) filtered(ctx context.Context, l web.List, rows *[]Row) *bun.SelectQuery {
	q := h.rows(ctx, rows)
	if l.Q != "" {
		q = q.Where("(kb.fold(o.name) LIKE kb.fold(?) OR o.tax_code LIKE ?)", text.Pattern(l.Q), text.Literal(l.Q)+"%")
	}
	if k := l.Filter["kind"]; k != "" {
		q = q.Where("o.kind = ?", k)
	}
	return q
}

func (h handler) list(ctx context.Context, r web.Req) (*listPage, error) {
	p := &listPage{List: r.List("name", "kind"), Kinds: kinds(ctx)}
	return p, web.Fetch(ctx, &p.List, h.filtered(ctx, p.List, &p.Rows), sorts, "o.id")
}

func (h handler) csv(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("name", "kind").All()
	var rows []Row
	if err := web.Fetch(ctx, &l, h.filtered(ctx, l, &rows), sorts, "o.id"); err != nil {
		return web.File{}, err
	}
	header := []string{i18n.T(ctx, "party.name"), i18n.T(ctx, "party.tax_code"), i18n.T(ctx, "party.kind"), i18n.T(ctx, "party.registered_on"), i18n.T(ctx, "party.commune")}
	out := make([][]string, len(rows))
	for i, o := range rows {
		out[i] = []string{o.Name, o.TaxCode, i18n.T(ctx, "party.kind."+o.Kind), o.RegisteredOn.Format(), web.Pick(r.Lang(), o.CommuneVI, o.CommuneEN)}
	}
	return r.CSV(ctx, "don-vi", i18n.T(ctx, "party.list"), l, header, out, 1), nil
}

type organisationsOut struct {
	Items []Row  `json:"items"`
	Next  string `json:"next"`
}

func (h handler) apiList(ctx context.Context, r web.Req) (organisationsOut, error) {
	l := r.List("name", "kind")
	out := organisationsOut{Items: []Row{}}
	err := web.Fetch(ctx, &l, h.filtered(ctx, l, &out.Items), sorts, "o.id")
	out.Next = l.Next
	return out, err
}

func (h handler) apiShow(ctx context.Context, r web.Req) (organisationOut, error) {
	id, err := r.ID("id")
	if err != nil {
		return organisationOut{}, err
	}
	o, err := h.Read(ctx, id)
	if err != nil {
		return organisationOut{}, err
	}
	return o.out(), nil
}

// Tasks gives the invitations that wait for the subject of ctx, and to an applicant without an organisation its
// registration.
func (s *Service) Tasks(ctx context.Context) (ts []web.Task, err error) {
	invited, err := s.Invitations(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range invited {
		ts = append(ts, web.Task{Title: i18n.T(ctx, "party.task_invited", m.Organisation), Href: "/organisation", Action: i18n.T(ctx, "party.task_invited_action")})
	}
	if !access.From(ctx).Has(access.Applicant) || len(ts) > 0 {
		return ts, nil
	}
	mine, err := s.Mine(ctx)
	if err == nil && len(mine) == 0 {
		ts = append(ts, web.Task{Title: i18n.T(ctx, "party.task_register"), Href: "/organisations/new", Action: i18n.T(ctx, "party.register")})
	}
	return ts, err
}
