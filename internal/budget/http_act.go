package budget

import (
	"context"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
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
	Amount money.Amount `form:"amount" json:"amount"`
	Reason string       `form:"reason" json:"reason" kb:"required"`
	Stage  string       `form:"stage" json:"stage"`
}

func (h handler) propose(kind ActKind) func(context.Context, web.Req, proposeIn) (web.Done, madeOut, error) {
	return func(ctx context.Context, r web.Req, in proposeIn) (web.Done, madeOut, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.Done{}, madeOut{}, err
		}
		a, err := h.Propose(ctx, id, ProposeInput{Kind: kind, Amount: in.Amount, Reason: in.Reason, Stage: ledger.Stage(in.Stage)})
		if err != nil {
			return web.Done{}, madeOut{}, err
		}
		return back(r, "budget.proposed_notice"), madeOut{a.ID}, nil
	}
}

func (h handler) decide(kind ActKind) func(context.Context, web.Req, decisionIn) (web.Done, struct{}, error) {
	return func(ctx context.Context, r web.Req, in decisionIn) (web.Done, struct{}, error) {
		a, err := h.act(ctx, r)
		if err == nil && a.Kind != kind { // the code was given for another act
			err = errs.ErrNotFound
		}
		if err == nil {
			err = h.Decide(ctx, a.ID, in.DecisionNo, in.DecidedOn)
		}
		return back(r, "budget.decided_notice"), struct{}{}, err
	}
}

// act is the act in the path, on the line in the path.
func (h handler) act(ctx context.Context, r web.Req) (*Act, error) {
	line, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	id, err := r.ID("act")
	if err != nil {
		return nil, err
	}
	return getAct(ctx, storage.Joined(ctx, h.db), line, id)
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
