package budget

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

type decisionIn struct {
	Version    int           `form:"version" json:"version"`
	DecisionNo string        `form:"decision_no" json:"decision_no" kb:"required,max=60"`
	DecidedOn  calendar.Date `form:"decided_on" json:"decided_on"`
}

func (h handler) approve(ctx context.Context, r web.Req, in decisionIn) (web.Done, struct{}, error) {
	id, err := r.ID("id")
	if err == nil {
		err = h.Approve(ctx, id, in.Version, in.DecisionNo, in.DecidedOn)
	}
	return back(r, "budget.approved_notice"), struct{}{}, err
}

type proposeIn struct {
	Kind   string       `form:"kind" json:"kind"` // of the form, shown again; the path decides
	Amount money.Amount `form:"amount" json:"amount"`
	Reason string       `form:"reason" json:"reason" kb:"required"`
	Stage  string       `form:"stage" json:"stage"`
	To     *uuid.UUID   `form:"to_line_id" json:"to_line_id"`
	Less   bool         `form:"less" json:"less"`
	Frees  string       `form:"frees" json:"frees"` // kind:id of the document a release frees
	Basis  string       `form:"basis" json:"basis"`
}

func (in proposeIn) input(kind ActKind) ProposeInput {
	out := ProposeInput{Kind: kind, Amount: in.Amount, Reason: in.Reason, Stage: ledger.Stage(in.Stage), Less: in.Less, Basis: in.Basis}
	if in.To != nil {
		out.To = *in.To
	}
	k, id, _ := strings.Cut(in.Frees, ":")
	if u, err := uuid.Parse(id); err == nil {
		out.FreesKind, out.Frees = k, u
	}
	return out
}

func (h handler) propose(kind ActKind) func(context.Context, web.Req, proposeIn) (web.Done, madeOut, error) {
	return func(ctx context.Context, r web.Req, in proposeIn) (web.Done, madeOut, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.Done{}, madeOut{}, err
		}
		a, err := h.Propose(ctx, id, in.input(kind))
		if err != nil {
			return web.Done{}, madeOut{}, err
		}
		return back(r, "budget.proposed_notice"), madeOut{a.ID}, nil
	}
}

// actPage is the form of a new act, or an act, with what it does to every line it touches.
type actPage struct {
	web.Base
	Line       *Line
	To         *Line
	Act        *Act
	Kind       ActKind
	Kinds      []ActKind
	Effects    []effectRow
	Why        string // words of why the act as typed would be refused; "" when it would not
	Lines      []web.Option
	Frees      []web.Option
	Bases      []web.Option
	Basis      []basisRow
	Decider    string // path of the decision when the reader may take it
	Decline    string
	Maker      string
	Checker    string
	Path       string
	Typed      typedAct
	CanVoucher bool
	Tried      bool // what was typed was judged: Effects and Refused say how
}

// typedAct is what was typed, to be sent with the second step of the form.
type typedAct struct {
	Amount, To, Stage, Frees string
	Less                     bool
}

// Command is the path that proposes the act of the form.
func (p *actPage) Command() string {
	return p.Path + "/propose-" + strings.ReplaceAll(string(p.Kind), "_", "-")
}

// basisRow is a legal basis with the mark of a value that nobody confirmed.
type basisRow struct {
	NameVI, NameEN, Source string
	Unverified             bool
}

type effectRow struct {
	Line  *Line
	Href  string
	Cells []effectCell
	Short bool // something would fall below zero
}

type effectCell struct {
	Stage         string // catalogue code
	Before, After money.Amount
	Changed       bool
}

// told is what a person is told of a refusal; of several fields the first.
func told(ctx context.Context, e *errs.Error) string {
	if len(e.Fields) > 0 && e.Fields[0].Code != "" {
		return i18n.T(ctx, e.Fields[0].Code, e.Fields[0].Args...)
	}
	return i18n.T(ctx, e.Code, e.Args...)
}

func effectRows(effects []Effect) []effectRow {
	out := make([]effectRow, len(effects))
	for i, e := range effects {
		out[i] = effectRow{Line: e.Line, Href: href(e.Line)}
		add := func(code string, before, after money.Amount, always bool) {
			if before.IsZero() && after.IsZero() && !always {
				return
			}
			out[i].Cells = append(out[i].Cells, effectCell{code, before, after, !before.Equal(after)})
			out[i].Short = out[i].Short || after.Sign() < 0
		}
		b, a := e.Before, e.After
		add("budget.assigned", b.Authorised, a.Authorised, true)
		add("budget.stage.allocated", b.Allocated, a.Allocated, false)
		add("budget.stage.reserved", b.Reserved, a.Reserved, false)
		add("budget.stage.committed", b.Committed, a.Committed, false)
		add("budget.stage.requested", b.Requested, a.Requested, false)
		add("budget.stage.advanced", b.Advanced, a.Advanced, false)
		add("budget.stage.disbursed", b.Disbursed, a.Disbursed, false)
		add("budget.stage.closing", b.Closing, a.Closing, false)
		add("budget.stage.available", b.Available, a.Available, true)
	}
	return out
}

// typed is a value of the form: from the refused form, else from the query of the preview.
func typed(r web.Req, name string) string {
	if v := r.Form(name); v != "" {
		return v
	}
	return r.Query(name)
}

// newAct is the form of an act; with an amount in the query it shows what the act would do.
func (h handler) newAct(ctx context.Context, r web.Req) (*actPage, error) {
	l, err := h.line(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &actPage{Line: l, Path: href(l)}
	if l.Status == Open {
		p.Kinds = h.proposals(ctx, l)
	}
	if len(p.Kinds) == 0 {
		return nil, errs.ErrNotFound
	}
	p.Kind = p.Kinds[0]
	for _, k := range p.Kinds {
		if string(k) == typed(r, "kind") {
			p.Kind = k
		}
	}
	if err := h.choices(ctx, r, p); err != nil {
		return nil, err
	}
	p.Typed = typedAct{typed(r, "amount"), typed(r, "to_line_id"), typed(r, "stage"), typed(r, "frees"), typed(r, "less") != ""}
	if p.Tried = r.Form("kind") != "" || r.Query("preview") != ""; !p.Tried {
		return p, nil
	}
	return p, h.preview(ctx, r, p)
}

// choices fills the selects of the form.
func (h handler) choices(ctx context.Context, r web.Req, p *actPage) error {
	now, err := h.now(ctx)
	if err != nil {
		return err
	}
	list, err := bases(ctx, h.db, string(p.Kind), now)
	if err != nil {
		return err
	}
	for _, v := range list {
		p.Bases = append(p.Bases, web.Option{Value: v.ID, Label: v.Source()})
		p.Basis = append(p.Basis, basisRow{v.NameVI, v.NameEN, v.Source(), v.Unverified()})
	}
	switch p.Kind {
	case Transfer, CarryOver:
		year := p.Line.Year
		if p.Kind == CarryOver {
			year++
		}
		rows, err := h.rows(ctx, 500, "bl.year = ? AND bl.status = 'open' AND bl.source_code = ? AND bl.id <> ? AND (? = 'transfer' OR bl.lines = 0)",
			year, p.Line.SourceCode, p.Line.ID, p.Kind)
		if err != nil {
			return err
		}
		p.Lines = []web.Option{{Value: "", Label: "–"}}
		for i := range rows {
			p.Lines = append(p.Lines, web.Option{Value: rows[i].ID.String(), Label: rows[i].Code + " · " + rows[i].Name(r.Lang() == i18n.EN)})
		}
	case Release:
		claims, err := h.Service.Claims(ctx, h.db, p.Line)
		if err != nil {
			return err
		}
		p.Frees = []web.Option{{Value: "", Label: "–"}}
		for _, c := range claims {
			p.Frees = append(p.Frees, web.Option{Value: c.Kind + ":" + c.ID.String(), Label: i18n.T(ctx, "budget.claim_option", c.No,
				i18n.T(ctx, "budget.stage."+string(c.Stage)), c.Held.Format(), c.Free().Format())})
		}
	}
	return nil
}

// preview judges what was typed as the command would, and keeps nothing of it.
func (h handler) preview(ctx context.Context, r web.Req, p *actPage) error {
	in := proposeIn{Reason: typed(r, "reason"), Stage: p.Typed.Stage, Frees: p.Typed.Frees, Basis: typed(r, "basis"), Less: p.Typed.Less}
	if in.Reason == "" {
		in.Reason = "–"
	}
	if id, err := uuid.Parse(p.Typed.To); err == nil {
		in.To = &id
	}
	if s := p.Typed.Amount; s != "" {
		a, err := money.Parse(s)
		if err != nil {
			p.Why = told(ctx, errs.From(err))
			return nil
		}
		in.Amount = a
	}
	effects, refused, err := h.Try(ctx, p.Line.ID, in.input(p.Kind))
	if err != nil {
		return err
	}
	p.Effects = effectRows(effects)
	if refused != nil {
		p.Why = told(ctx, refused)
	}
	return nil
}

func (h handler) showAct(ctx context.Context, r web.Req) (*actPage, error) {
	l, err := h.line(ctx, r)
	if err != nil {
		return nil, err
	}
	id, err := r.ID("act")
	if err != nil {
		return nil, err
	}
	a, err := getAct(ctx, storage.Joined(ctx, h.db), l.ID, id)
	if err != nil {
		return nil, err
	}
	p := &actPage{Line: l, Act: a, Kind: a.Kind, Path: href(l) + "/acts/" + a.ID.String()}
	_, err = h.access.RequireRole(ctx, "ledger_entry", "read")
	p.CanVoucher = err == nil
	who := map[uuid.UUID]bool{a.ProposedBy: true}
	if a.DecidedBy != nil {
		who[*a.DecidedBy] = true
	}
	name, err := names(ctx, h.db, who)
	if err != nil {
		return nil, err
	}
	p.Maker = name[a.ProposedBy]
	if a.DecidedBy != nil {
		p.Checker = name[*a.DecidedBy]
	}
	if a.ToLineID != nil {
		if p.To, err = Get(ctx, h.db, *a.ToLineID); err != nil {
			return nil, err
		}
	}
	if a.Status != Proposed {
		return p, nil
	}
	if h.access.Can(ctx, h.db, "budget_line", a.Decider(), a) {
		p.Decider, p.Decline = p.Path+"/"+strings.ReplaceAll(a.Decider(), "_", "-"), p.Path+"/decline"
		if a.Decider() == "transfer_across" {
			p.Decline += "-across"
		}
	}
	post, err := h.posting(ctx, h.db, a)
	if err != nil {
		p.Why = told(ctx, errs.From(err))
		return p, nil
	}
	effects, err := post.effects(ctx, h.db)
	p.Effects = effectRows(effects)
	return p, err
}

// decide takes the act of one kind under one line of the matrix.
func (h handler) decide(kind ActKind, authority string) func(context.Context, web.Req, decisionIn) (web.Done, struct{}, error) {
	return func(ctx context.Context, r web.Req, in decisionIn) (web.Done, struct{}, error) {
		a, err := h.act(ctx, r)
		if err == nil && (a.Kind != kind || a.Decider() != authority) { // the code was given for another act
			err = errs.ErrNotFound
		}
		if err == nil {
			err = h.Decide(ctx, a.ID, in.DecisionNo, in.DecidedOn)
		}
		return back(r, "budget.decided_notice"), struct{}{}, err
	}
}

// act is the act in the path, on the line and in the year of the path.
func (h handler) act(ctx context.Context, r web.Req) (*Act, error) {
	l, err := h.line(ctx, r)
	if err != nil {
		return nil, err
	}
	id, err := r.ID("act")
	if err != nil {
		return nil, err
	}
	return getAct(ctx, storage.Joined(ctx, h.db), l.ID, id)
}

type declineIn struct {
	Reason string `form:"reason" json:"reason" kb:"required"`
}

func (h handler) decline(ctx context.Context, r web.Req, in declineIn) (web.Done, struct{}, error) {
	a, err := h.act(ctx, r)
	if err == nil {
		err = h.Decline(ctx, a.ID, in.Reason)
	}
	return back(r, "budget.declined_notice"), struct{}{}, err
}

// back is the page of the line in the path.
func back(r web.Req, notice string) web.Done {
	return web.Done{Location: "/budgets/" + r.Param("year") + "/lines/" + r.Param("id"), Notice: notice}
}

type commitIn struct {
	Amount     money.Amount `form:"amount" json:"amount"`
	Approver   uuid.UUID    `form:"approver_id" json:"approver_id"`
	DocumentNo string       `form:"document_no" json:"document_no" kb:"required,max=120"`
	Reason     string       `form:"reason" json:"reason"`
}

func (h handler) commit(ctx context.Context, r web.Req, in commitIn) (web.Done, Committed, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, Committed{}, err
	}
	out, err := h.Commit(ctx, id, CommitInput(in))
	if err != nil || r.API() {
		return web.Done{}, out, err
	}
	l, err := Get(ctx, storage.Joined(ctx, h.db), id)
	if err != nil {
		return web.Done{}, out, err
	}
	return web.Done{Location: href(l), Notice: "budget.committed_notice"}, out, nil
}
