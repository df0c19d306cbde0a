package identity

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/notify"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

func (h handler) rightsRoutes(rt *web.Router) {
	web.Page(rt, "/access", "role_grant", "read", "access/list", h.grantList)
	web.Download(rt, "/access.csv", "role_grant", "read", h.grantCSV)
	web.JSON(rt, "/access", "role_grant", "read", h.grantAPI)
	web.Command(rt, "/access/propose", "role_grant", "propose", "/access", h.propose)
	web.Command(rt, "/access/proposals/:id/approve", "role_grant", "approve", "", h.approve)
	web.Command(rt, "/access/proposals/:id/reject", "role_grant", "approve", "", h.reject)
	web.Command(rt, "/access/:id/revoke", "role_grant", "revoke", "", h.revoke)
	web.Page(rt, "/users", "user_account", "read", "access/users", h.userList)
	web.Download(rt, "/users.csv", "user_account", "read", h.userCSV)
	web.JSON(rt, "/users", "user_account", "read", h.userAPI)
	web.Command(rt, "/users/create", "user_account", "create", "/users", h.createUser)
	web.Command(rt, "/users/:id/disable", "user_account", "disable", "", h.disable)
	web.Page(rt, "/notifications", "notification", "read_own", "identity/notifications", h.notifications)
	web.Command(rt, "/notifications/read", "notification", "read_own", "", h.markRead)
	rt.Tasks(h.Tasks)
	rt.Desk(h.desk)
}

type grantPage struct {
	web.Base
	List       web.List
	Rows       []GrantRow
	Waiting    []ProposalRow
	AllRoles   []web.Option
	Units      []web.Option
	CanPropose bool
	CanRevoke  bool
}

var grantSorts = web.Sorts{"name": "us.name", "login": "us.login", "role": "rg.role", "valid_from": "rg.valid_from"}

func (h handler) fetchGrants(ctx context.Context, l *web.List) (rows []GrantRow, err error) {
	q := h.grants(ctx, &rows)
	if role := l.Filter["role"]; role != "" {
		q.Where("rg.role = ?", role)
	}
	if l.Filter["ended"] != "all" {
		q.Where("rg.valid_to IS NULL OR rg.valid_to > kb.now()")
	}
	if l.Q != "" {
		q.Where("kb.fold(us.name) LIKE ? OR us.login LIKE ?", like(l.Q), like(l.Q))
	}
	return rows, web.Fetch(ctx, l, q, grantSorts, "rg.id")
}

func (h handler) grantList(ctx context.Context, r web.Req) (*grantPage, error) {
	p := &grantPage{List: r.List("name", "role", "ended"), AllRoles: roleOptions(ctx)}
	var err error
	if p.Rows, err = h.fetchGrants(ctx, &p.List); err != nil {
		return nil, err
	}
	if p.Waiting, err = h.Service.Waiting(ctx); err != nil {
		return nil, err
	}
	p.Units, err = h.unitOptions(ctx, r.Lang())
	p.CanPropose = h.may(ctx, "role_grant", "propose")
	p.CanRevoke = h.may(ctx, "role_grant", "revoke")
	return p, err
}

func (h handler) may(ctx context.Context, resource, action string) bool {
	_, err := h.access.RequireRole(ctx, resource, action)
	return err == nil
}

func roleOptions(ctx context.Context) (os []web.Option) {
	for _, role := range access.Roles {
		if role != access.Guest && role != access.Service {
			os = append(os, web.Option{Value: string(role), Label: i18n.T(ctx, "web.role."+string(role))})
		}
	}
	return os
}

func (h handler) unitOptions(ctx context.Context, lang i18n.Lang) (os []web.Option, err error) {
	var units []struct {
		ID             uuid.UUID
		NameVI, NameEN string
	}
	err = storage.Joined(ctx, h.db).NewRaw("SELECT id, name_vi, name_en FROM units ORDER BY code").Scan(ctx, &units)
	for _, u := range units {
		os = append(os, web.Option{Value: u.ID.String(), Label: web.Pick(lang, u.NameVI, u.NameEN)})
	}
	return os, err
}

func (h handler) grantCSV(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("name", "role", "ended").All()
	rows, err := h.fetchGrants(ctx, &l)
	if err != nil {
		return web.File{}, err
	}
	head := []string{i18n.T(ctx, "identity.name"), i18n.T(ctx, "identity.login"), i18n.T(ctx, "identity.role"), i18n.T(ctx, "identity.unit"),
		i18n.T(ctx, "identity.from"), i18n.T(ctx, "identity.to")}
	var out [][]string
	for _, g := range rows {
		to := ""
		if !g.ValidTo.IsZero() {
			to = calendar.DateOf(g.ValidTo.Time).Format()
		}
		out = append(out, []string{g.Name, g.Login, i18n.T(ctx, "web.role."+string(g.Role)), web.Pick(r.Lang(), g.UnitVI, g.UnitEN),
			calendar.DateOf(g.ValidFrom).Format(), to})
	}
	return r.CSV(ctx, "quyen", i18n.T(ctx, "identity.access"), l, head, out), nil
}

func (h handler) grantAPI(ctx context.Context, r web.Req) ([]GrantRow, error) {
	l := r.List("name", "role", "ended")
	return h.fetchGrants(ctx, &l)
}

type proposeIn struct {
	Login string        `form:"login" json:"login" kb:"required"`
	Role  access.Role   `form:"role" json:"role" kb:"required"`
	Unit  uuid.UUID     `form:"unit" json:"unit"`
	Fund  uuid.UUID     `form:"fund" json:"fund"`
	From  calendar.Date `form:"from" json:"from"`
	To    calendar.Date `form:"to" json:"to"` // last day, inclusive
}

func (h handler) propose(ctx context.Context, _ web.Req, in proposeIn) (web.Done, struct{}, error) {
	g := NewGrant{Role: in.Role, Unit: in.Unit, Fund: in.Fund}
	if !in.From.IsZero() {
		g.From = in.From.Start()
	}
	if !in.To.IsZero() {
		g.To = in.To.AddDays(1).Start()
	}
	_, err := h.Grant(ctx, in.Login, g)
	return web.Done{Location: "/access", Notice: "identity.grant_proposed"}, struct{}{}, err
}

func (h handler) approve(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/access", Notice: "identity.grant_approved"}, struct{}{}, h.Approve(ctx, id)
}

func (h handler) reject(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/access", Notice: "identity.grant_rejected"}, struct{}{}, h.Reject(ctx, id)
}

func (h handler) revoke(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/access", Notice: "identity.grant_revoked"}, struct{}{}, h.Revoke(ctx, id)
}

type userPage struct {
	web.Base
	List       web.List
	Rows       []UserRow
	Units      []web.Option
	States     []web.Option
	CanCreate  bool
	CanDisable bool
}

var userSorts = web.Sorts{"name": "us.name", "login": "us.login", "created_at": "us.created_at"}

func (h handler) fetchUsers(ctx context.Context, l *web.List) (rows []UserRow, err error) {
	q := h.users(ctx, &rows)
	switch l.Filter["state"] {
	case "active":
		q.Where("us.disabled_at IS NULL AND us.confirmed_at IS NOT NULL")
	case "unconfirmed":
		q.Where("us.disabled_at IS NULL AND us.confirmed_at IS NULL")
	case "disabled":
		q.Where("us.disabled_at IS NOT NULL")
	}
	if l.Q != "" {
		q.Where("kb.fold(us.name) LIKE ? OR us.login LIKE ?", like(l.Q), like(l.Q))
	}
	return rows, web.Fetch(ctx, l, q, userSorts, "us.id")
}

func (h handler) userList(ctx context.Context, r web.Req) (*userPage, error) {
	p := &userPage{List: r.List("name", "state")}
	for _, state := range []string{"active", "unconfirmed", "disabled"} {
		p.States = append(p.States, web.Option{Value: state, Label: i18n.T(ctx, "identity.state."+state)})
	}
	var err error
	if p.Rows, err = h.fetchUsers(ctx, &p.List); err != nil {
		return nil, err
	}
	p.Units, err = h.unitOptions(ctx, r.Lang())
	p.CanCreate, p.CanDisable = h.may(ctx, "user_account", "create"), h.may(ctx, "user_account", "disable")
	return p, err
}

func (h handler) userCSV(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("name", "state").All()
	rows, err := h.fetchUsers(ctx, &l)
	if err != nil {
		return web.File{}, err
	}
	head := []string{i18n.T(ctx, "identity.name"), i18n.T(ctx, "identity.login"), i18n.T(ctx, "identity.unit"), i18n.T(ctx, "identity.state")}
	var out [][]string
	for _, u := range rows {
		out = append(out, []string{u.Name, u.Login, web.Pick(r.Lang(), u.UnitVI, u.UnitEN), i18n.T(ctx, "identity.state."+u.State)})
	}
	return r.CSV(ctx, "nguoi-dung", i18n.T(ctx, "identity.users"), l, head, out), nil
}

func (h handler) userAPI(ctx context.Context, r web.Req) ([]UserRow, error) {
	l := r.List("name", "state")
	return h.fetchUsers(ctx, &l)
}

type createUserIn struct {
	Login    string    `form:"login" json:"login" kb:"required,max=254"`
	Name     string    `form:"name" json:"name" kb:"required,max=200"`
	Password string    `form:"password" json:"password" kb:"required,max=1024"`
	Unit     uuid.UUID `form:"unit" json:"unit"`
}

func (h handler) createUser(ctx context.Context, _ web.Req, in createUserIn) (web.Done, idOut, error) {
	u, _, err := h.AddUser(ctx, NewUser{Login: in.Login, Name: in.Name, Password: in.Password, Unit: in.Unit})
	if err != nil {
		return web.Done{}, idOut{}, err
	}
	return web.Done{Location: "/users", Notice: "identity.user_created"}, idOut{u.ID}, nil
}

type disableIn struct {
	Reason string `form:"reason" json:"reason" kb:"required"`
}

func (h handler) disable(ctx context.Context, r web.Req, in disableIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	u, err := get(ctx, storage.Joined(ctx, h.db), id)
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	return web.Done{Location: "/users", Notice: "identity.user_disabled"}, struct{}{}, h.Disable(ctx, u.Login, in.Reason)
}

// message is a message of the outbox in the reader's words.
type message struct {
	Subject, Body, Href string
	At                  time.Time
	Unread              bool
}

type notificationsPage struct {
	web.Base
	Messages []message
}

func (h handler) notifications(ctx context.Context, r web.Req) (*notificationsPage, error) {
	person := access.From(ctx).ID
	all, err := notify.Of(ctx, h.db, person, 100)
	if err != nil {
		return nil, err
	}
	p := &notificationsPage{}
	for i := range all {
		m := &all[i]
		p.Messages = append(p.Messages, message{m.Subject(r.Lang()), m.Body(r.Lang()), m.Href, m.CreatedAt, m.ReadAt.IsZero()})
	}
	return p, nil
}

func (h handler) markRead(ctx context.Context, _ web.Req, _ struct{}) (web.Done, struct{}, error) {
	return web.Done{Location: "/notifications"}, struct{}{}, notify.MarkRead(ctx, storage.Joined(ctx, h.db), access.From(ctx).ID)
}

// Tasks lists the proposed grants the subject of ctx may decide.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	if !(handler{s}).may(ctx, "role_grant", "approve") {
		return nil, nil
	}
	rows, err := s.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	var tasks []web.Task
	for _, p := range rows {
		if p.CanDecide {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "identity.task_grant", p.Name), Detail: i18n.T(ctx, "web.role."+string(p.Role)),
				Href: "/access", Action: i18n.T(ctx, "identity.decide")})
		}
	}
	return tasks, nil
}

// deskMessages is how many of the newest messages are laid on a desk.
const deskMessages = 6

// desk lays the newest messages before an applicant.
func (s *Service) desk(ctx context.Context, d *web.Desk) error {
	who := access.From(ctx)
	if !free(who.Active) {
		return nil
	}
	all, err := notify.Of(ctx, storage.Joined(ctx, s.db), who.ID, deskMessages)
	for i := range all {
		m := &all[i]
		if strings.HasPrefix(m.Code, "identity.mail_") { // of the account, not of the work
			continue
		}
		d.Happened = append(d.Happened, web.DeskEvent{At: m.CreatedAt, Text: m.Body(i18n.From(ctx)), Href: m.Href})
	}
	return err
}

// like is a search text as a pattern over folded names.
func like(q string) string { return text.Pattern(text.Fold(q)) }
