package identity

import (
	"context"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/i18n"
	"kinhbac/internal/web"
)

type handler struct{ *Service }

// Routes registers signing in and out, the public form, the profile, rights and accounts.
func (s *Service) Routes(rt *web.Router) {
	h := handler{s}
	web.Page(rt, "/login", web.Everyone, "", "identity/login", h.login)
	web.Action(rt, "/login", web.Everyone, "", "/login", h.signIn)
	web.Action(rt, "/login/demo", web.Everyone, "", "/login", h.signInDemo)
	web.Action(rt, "/session/end", web.SignedIn, "", "", h.signOut)
	web.Action(rt, "/session/end-all", web.SignedIn, "", "", h.signOutEverywhere)
	web.Action(rt, "/session/role", web.SignedIn, "", "", h.switchRole)
	web.Page(rt, "/register", web.Everyone, "", "identity/register", h.register)
	web.Action(rt, "/register", web.Everyone, "", "/register", h.signUp)
	web.Page(rt, "/register/sent", web.Everyone, "", "identity/sent", h.sent)
	web.Page(rt, "/confirm", web.Everyone, "", "identity/confirm", h.confirmPage)
	web.Action(rt, "/register/confirm", web.Everyone, "", "", h.confirmAddress)
	web.Page(rt, "/purpose", web.SignedIn, "", "identity/purpose", h.purpose)
	web.Command(rt, "/purpose", web.SignedIn, "", "/purpose", h.givePurpose)
	web.Page(rt, "/profile", web.SignedIn, "", "identity/profile", h.profile)
	web.Action(rt, "/profile/password", web.SignedIn, "", "/profile", h.changePassword)
	web.Page(rt, "/profile/factor", web.SignedIn, "", "identity/factor", h.factorPage)
	web.Action(rt, "/profile/factor/start", web.SignedIn, "", "", h.startFactor)
	web.Action(rt, "/profile/factor/confirm", web.SignedIn, "", "/profile/factor", h.confirmFactor)
	h.rightsRoutes(rt)
}

type loginPage struct {
	web.Base
	Next   string
	Enter  []demoRole
	People []DemoPerson
}

// demoRole is one button of the demonstration: the first person with that role.
type demoRole struct {
	Role   access.Role
	Person DemoPerson
}

func (h handler) login(ctx context.Context, r web.Req) (*loginPage, error) {
	p := &loginPage{Next: local(r.Query("next"))}
	var err error
	if p.People, err = h.DemoPeople(ctx); err != nil {
		return nil, err
	}
	for _, role := range access.Roles {
		for _, person := range p.People {
			if person.holds(role) {
				p.Enter = append(p.Enter, demoRole{role, person})
				break
			}
		}
	}
	return p, nil
}

func (p DemoPerson) holds(role access.Role) bool {
	for _, r := range p.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// local keeps a path of this site only.
func local(next string) string {
	if u, err := url.Parse(next); err != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, "\\") ||
		u.Host != "" || u.Scheme != "" {
		return ""
	}
	return next
}

type signInIn struct {
	Username string `form:"username" json:"username" kb:"required"`
	Password string `form:"password" json:"password" kb:"required,max=1024"`
	Code     string `form:"code" json:"code"`
	Next     string `form:"next" json:"next" kb:"max=2000"`
}

func (h handler) signIn(ctx context.Context, r web.Req, in signInIn) (web.Done, struct{}, error) {
	cookie, err := h.SignIn(ctx, in.Username, in.Password, in.Code, Client{r.Address(), r.Agent()})
	return h.signedIn(ctx, cookie, in.Next, err)
}

type demoIn struct {
	Login string `form:"login" json:"login" kb:"required"`
	Next  string `form:"next" json:"next" kb:"max=2000"`
}

func (h handler) signInDemo(ctx context.Context, r web.Req, in demoIn) (web.Done, struct{}, error) {
	cookie, err := h.SignInDemo(ctx, in.Login, Client{r.Address(), r.Agent()})
	return h.signedIn(ctx, cookie, in.Next, err)
}

// signedIn ends the session the browser had, if any: nothing of it lives on under the new one.
func (h handler) signedIn(ctx context.Context, cookie, next string, err error) (web.Done, struct{}, error) {
	if err != nil {
		return web.Done{}, struct{}{}, err
	}
	if access.From(ctx).Session != "" {
		if err := h.SignOut(ctx); err != nil {
			return web.Done{}, struct{}{}, err
		}
	}
	if next = local(next); next == "" {
		who, err := h.Load(ctx, cookie)
		if err != nil {
			return web.Done{}, struct{}{}, err
		}
		next = web.Landing(who.Active)
	}
	return web.Done{Location: next, Session: cookie}, struct{}{}, nil
}

func (h handler) signOut(ctx context.Context, _ web.Req, _ struct{}) (web.Done, struct{}, error) {
	return web.Done{Location: "/", Session: "-", Notice: "identity.signed_out"}, struct{}{}, h.SignOut(ctx)
}

func (h handler) signOutEverywhere(ctx context.Context, _ web.Req, _ struct{}) (web.Done, struct{}, error) {
	return web.Done{Location: "/login", Session: "-", Notice: "identity.signed_out_everywhere"}, struct{}{}, h.SignOutEverywhere(ctx)
}

type roleIn struct {
	Role access.Role `form:"role" json:"role" kb:"required"`
}

func (h handler) switchRole(ctx context.Context, _ web.Req, in roleIn) (web.Done, struct{}, error) {
	return web.Done{Location: web.Landing(in.Role)}, struct{}{}, h.SwitchRole(ctx, in.Role)
}

type registerPage struct{ web.Base }

func (h handler) register(context.Context, web.Req) (*registerPage, error) {
	return &registerPage{}, nil
}

type signUpIn struct {
	Name     string `form:"name" json:"name" kb:"required,max=200"`
	Email    string `form:"email" json:"email" kb:"required,max=254"`
	Password string `form:"password" json:"password" kb:"required,max=1024"`
}

func (h handler) signUp(ctx context.Context, r web.Req, in signUpIn) (web.Done, struct{}, error) {
	token, err := h.Register(ctx, SignUp(in), Client{r.Address(), r.Agent()})
	to := "/register/sent"
	if token != "" {
		to += "?token=" + url.QueryEscape(token)
	}
	return web.Done{Location: to}, struct{}{}, err
}

type tokenPage struct {
	web.Base
	Token string
}

func (h handler) sent(_ context.Context, r web.Req) (*tokenPage, error) {
	p := &tokenPage{}
	if h.opts.Demo {
		p.Token = r.Query("token")
	}
	return p, nil
}

func (h handler) confirmPage(_ context.Context, r web.Req) (*tokenPage, error) {
	return &tokenPage{Token: r.Query("token")}, nil
}

type tokenIn struct {
	Token string `form:"token" json:"token" kb:"required"`
}

func (h handler) confirmAddress(ctx context.Context, _ web.Req, in tokenIn) (web.Done, struct{}, error) {
	return web.Done{Location: "/login", Notice: "identity.confirmed"}, struct{}{}, h.Confirm(ctx, in.Token)
}

type purposePage struct {
	web.Base
	Next    string
	Reasons []web.Option
	Given   string
}

func (h handler) purpose(ctx context.Context, r web.Req) (*purposePage, error) {
	p := &purposePage{Next: local(r.Query("next")), Given: access.From(ctx).Purpose}
	for _, reason := range Reasons {
		p.Reasons = append(p.Reasons, web.Option{Value: reason, Label: i18n.T(ctx, "identity.reason."+reason)})
	}
	return p, nil
}

type purposeIn struct {
	Reason string `form:"reason" json:"reason" kb:"required"`
	CaseNo string `form:"case_no" json:"case_no" kb:"required,max=60"`
	Next   string `form:"next" json:"next" kb:"max=2000"`
}

func (h handler) givePurpose(ctx context.Context, _ web.Req, in purposeIn) (web.Done, struct{}, error) {
	next := local(in.Next)
	if next == "" {
		next = "/audit"
	}
	return web.Done{Location: next, Notice: "identity.purpose_given"}, struct{}{}, h.GivePurpose(ctx, in.Reason, in.CaseNo)
}

type heldRole struct {
	Role access.Role
	To   any
}

type profilePage struct {
	web.Base
	Held     []heldRole
	Sessions []SessionRow
	Factor   bool
}

func (h handler) profile(ctx context.Context, _ web.Req) (*profilePage, error) {
	sub := access.From(ctx)
	p := &profilePage{}
	for _, g := range sub.Grants {
		if len(p.Held) == 0 || p.Held[len(p.Held)-1].Role != g.Role {
			p.Held = append(p.Held, heldRole{g.Role, g.To})
		}
	}
	f, err := factorOf(ctx, h.db, sub.ID)
	if err != nil {
		return nil, err
	}
	p.Factor = f != nil && !f.ConfirmedAt.IsZero()
	p.Sessions, err = h.Service.Sessions(ctx)
	return p, err
}

type passwordIn struct {
	Password    string `form:"password" json:"password" kb:"required,max=1024"`
	NewPassword string `form:"new_password" json:"new_password" kb:"required,max=1024"`
}

func (h handler) changePassword(ctx context.Context, _ web.Req, in passwordIn) (web.Done, struct{}, error) {
	return web.Done{Location: "/profile", Notice: "identity.password_changed"}, struct{}{}, h.ChangePassword(ctx, in.Password, in.NewPassword)
}

type factorPage struct {
	web.Base
	Started bool
	Secret  string
	Picture picture
}

func (h handler) factorPage(ctx context.Context, _ web.Req) (*factorPage, error) {
	sub := access.From(ctx)
	f, err := factorOf(ctx, h.db, sub.ID)
	if err != nil || f == nil {
		return &factorPage{}, err
	}
	if !f.ConfirmedAt.IsZero() {
		return nil, errFactorThere
	}
	p := &factorPage{Started: true}
	if p.Secret, err = h.unseal(sub.ID, f.Secret); err != nil {
		return nil, err
	}
	p.Picture, err = draw(provisioning(sub.Login, p.Secret))
	return p, err
}

func (h handler) startFactor(ctx context.Context, _ web.Req, _ struct{}) (web.Done, struct{}, error) {
	_, err := h.StartFactor(ctx)
	return web.Done{Location: "/profile/factor"}, struct{}{}, err
}

type codeIn struct {
	Code string `form:"code" json:"code" kb:"required,max=20"`
}

func (h handler) confirmFactor(ctx context.Context, _ web.Req, in codeIn) (web.Done, struct{}, error) {
	return web.Done{Location: "/profile", Notice: "identity.factor_confirmed"}, struct{}{}, h.ConfirmFactor(ctx, in.Code)
}

type idOut struct {
	ID uuid.UUID `json:"id"`
}
