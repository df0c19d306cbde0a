package budget

import (
	"context"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
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

func (h handler) decide(ctx context.Context, r web.Req, in decisionIn) (web.Done, struct{}, error) {
	id, err := r.ID("act")
	if err == nil {
		err = h.Decide(ctx, id, in.DecisionNo, in.DecidedOn)
	}
	return back(r, "budget.decided_notice"), struct{}{}, err
}

type declineIn struct {
	Reason string `form:"reason" json:"reason" kb:"required"`
}

func (h handler) decline(ctx context.Context, r web.Req, in declineIn) (web.Done, struct{}, error) {
	id, err := r.ID("act")
	if err == nil {
		err = h.Decline(ctx, id, in.Reason)
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
