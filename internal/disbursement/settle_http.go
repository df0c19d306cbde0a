package disbursement

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

func (s *Service) settleRoutes(rt *web.Router) {
	web.JSON(rt, "/disbursements/:id/settlements", "advance_settlement", "read", s.apiSettlements)
	web.Download(rt, "/disbursements/:id/vouchers/:voucher", "advance_settlement", "read", s.voucherFile)
	web.Command(rt, "/disbursements/:id/vouchers", "advance_settlement", "create", "/disbursements/:id", s.postVoucher)
	web.Command(rt, "/disbursements/:id/refunds", "advance_settlement", "record_refund", "/disbursements/:id", s.postRefund)
	web.Command(rt, "/advance-settlements/:id/submit", "advance_settlement", "submit", "", settle(s.SubmitSettlement, "disbursement.settlement_submitted"))
	web.Command(rt, "/advance-settlements/:id/cancel", "advance_settlement", "cancel", "", settle(s.CancelSettlement, "disbursement.settlement_cancelled"))
	web.Command(rt, "/advance-vouchers/:id/remove", "advance_settlement", "remove_voucher", "", settle(s.RemoveVoucher, "disbursement.voucher_removed"))
	web.Command(rt, "/advance-settlements/:id/check", "advance_settlement", "check", "", settle(s.CheckSettlement, "disbursement.settlement_checked"))
	web.Command(rt, "/advance-settlements/:id/confirm", "advance_settlement", "confirm", "", settle(s.ConfirmSettlement, "disbursement.settlement_confirmed"))
	web.Command(rt, "/advance-settlements/:id/return", "advance_settlement", "return", "", s.postSettlementReturn)
}

// advancePart is what the page of an advance shows of its settlement.
type advancePart struct {
	Settled, Open money.Amount
	Settlements   []settlementView
	CanAdd        bool
	CanRefund     bool
}

// settlementView is a settlement with the buttons its reader has.
type settlementView struct {
	Settlement
	Submit, Check, Confirm, Return, Cancel bool

	mine uuid.UUID // the reader, when it may take vouchers off the draft
}

// Removable says whether the reader may take a voucher off.
func (v settlementView) Removable(x Voucher) bool { return v.mine != uuid.Nil && x.AddedBy == v.mine }

// advance is the settlement of a paid advance, nil for other requests.
func (s *Service) advance(ctx context.Context, r *Request) (*advancePart, error) {
	if !r.Advance || r.Status != Paid {
		return nil, nil
	}
	db := storage.Joined(ctx, s.db)
	list, err := settlementsOf(ctx, db, r.ID)
	if err != nil {
		return nil, err
	}
	p := &advancePart{Open: r.Amount}
	for _, x := range list {
		may := func(act string) bool { return s.access.Can(ctx, db, "advance_settlement", act, &x) }
		v := settlementView{Settlement: x}
		switch x.Status {
		case SettlementDraft:
			v.Submit, v.Cancel = may("submit"), x.PreparedBy == access.From(ctx).ID && may("cancel")
			if may("remove_voucher") {
				v.mine = access.From(ctx).ID
			}
		case SettlementSubmitted:
			v.Check, v.Return = may("check"), may("return")
		case SettlementChecked:
			v.Confirm, v.Return = may("confirm"), may("return")
		case SettlementConfirmed:
			p.Settled, p.Open = p.Settled.Add(x.Amount), p.Open.Sub(x.Amount)
		}
		p.Settlements = append(p.Settlements, v)
	}
	p.CanAdd = p.Open.Sign() > 0 && s.access.Can(ctx, db, "advance_settlement", "create", r)
	p.CanRefund = p.Open.Sign() > 0 && s.access.Can(ctx, db, "advance_settlement", "record_refund", r)
	return p, nil
}

// SettlementAnswer is a settlement as the API gives it.
type SettlementAnswer struct {
	ID          uuid.UUID        `json:"id"`
	No          string           `json:"no"`
	Kind        string           `json:"kind"`
	Amount      money.Amount     `json:"amount"`
	Status      SettlementStatus `json:"status"`
	TreasuryRef *string          `json:"treasury_ref"`
	Vouchers    []VoucherAnswer  `json:"vouchers"`
}

// VoucherAnswer is one voucher as the API gives it.
type VoucherAnswer struct {
	ID       uuid.UUID    `json:"id"`
	No       string       `json:"no"`
	IssuedOn string       `json:"issued_on"`
	Issuer   string       `json:"issuer"`
	Amount   money.Amount `json:"amount"`
}

func settlementAnswer(se *Settlement) SettlementAnswer {
	out := SettlementAnswer{se.ID, se.No, se.Kind, se.Amount, se.Status, se.TreasuryRef, []VoucherAnswer{}}
	for _, v := range se.Vouchers {
		out.Vouchers = append(out.Vouchers, VoucherAnswer{v.ID, v.No, v.IssuedOn.String(), v.Issuer, v.Amount})
	}
	return out
}

func (s *Service) apiSettlements(ctx context.Context, r web.Req) ([]SettlementAnswer, error) {
	out := []SettlementAnswer{}
	id, err := r.ID("id")
	if err != nil {
		return out, err
	}
	if _, err := s.read(ctx, id); err != nil {
		return out, err
	}
	list, err := settlementsOf(ctx, storage.Joined(ctx, s.db), id)
	for i := range list {
		out = append(out, settlementAnswer(&list[i]))
	}
	return out, err
}

func (s *Service) voucherFile(ctx context.Context, r web.Req) (web.File, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.File{}, err
	}
	voucher, err := r.ID("voucher")
	if err != nil {
		return web.File{}, err
	}
	if _, err := s.read(ctx, id); err != nil {
		return web.File{}, err
	}
	db := storage.Joined(ctx, s.db)
	list, err := settlementsOf(ctx, db, id)
	if err != nil {
		return web.File{}, err
	}
	for _, se := range list {
		if i := slices.IndexFunc(se.Vouchers, func(v Voucher) bool { return v.ID == voucher }); i >= 0 {
			f, body, err := s.files.Open(ctx, db, se.Vouchers[i].FileID)
			if err != nil {
				return web.File{}, err
			}
			return web.File{Name: f.Name, Type: f.Type, Body: body}, nil
		}
	}
	return web.File{}, errs.ErrNotFound
}

type voucherIn struct {
	web.Attached
	No       string        `form:"no" json:"no" kb:"required,max=60"`
	IssuedOn calendar.Date `form:"issued_on" json:"issued_on" kb:"required"`
	Issuer   string        `form:"issuer" json:"issuer" kb:"required,max=200"`
	Amount   money.Amount  `form:"amount" json:"amount" kb:"required"`
}

func (s *Service) postVoucher(ctx context.Context, r web.Req, in voucherIn) (web.Done, SettlementAnswer, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, SettlementAnswer{}, err
	}
	u, ok := in.File(r)
	if !ok {
		return web.Done{}, SettlementAnswer{}, errs.FieldError("file", "disbursement.file_missing")
	}
	body, err := u.Open()
	if err != nil {
		return web.Done{}, SettlementAnswer{}, fmt.Errorf("open upload: %w", err)
	}
	defer body.Close()
	se, err := s.AddVoucher(ctx, id, NewVoucher{No: in.No, IssuedOn: in.IssuedOn, Issuer: in.Issuer, Amount: in.Amount, FileName: u.Name, File: body})
	if err != nil {
		return web.Done{}, SettlementAnswer{}, err
	}
	return done(id, "disbursement.voucher_added"), settlementAnswer(se), nil
}

type refundIn struct {
	Amount      money.Amount  `form:"refund" json:"refund" kb:"required"`
	TreasuryRef string        `form:"treasury_ref" json:"treasury_ref" kb:"required,max=60"`
	PaidBackOn  calendar.Date `form:"paid_back_on" json:"paid_back_on" kb:"required"`
}

func (s *Service) postRefund(ctx context.Context, r web.Req, in refundIn) (web.Done, SettlementAnswer, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, SettlementAnswer{}, err
	}
	se, err := s.RecordRefund(ctx, id, in.Amount, in.TreasuryRef, in.PaidBackOn)
	if err != nil {
		return web.Done{}, SettlementAnswer{}, err
	}
	return done(id, "disbursement.refund_recorded"), settlementAnswer(se), nil
}

func settle(act func(context.Context, uuid.UUID) (*Settlement, error), notice string) func(context.Context, web.Req, struct{}) (web.Done, SettlementAnswer, error) {
	return func(ctx context.Context, r web.Req, _ struct{}) (web.Done, SettlementAnswer, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.Done{}, SettlementAnswer{}, err
		}
		se, err := act(ctx, id)
		if err != nil {
			return web.Done{}, SettlementAnswer{}, err
		}
		return done(se.RequestID, notice), settlementAnswer(se), nil
	}
}

func (s *Service) postSettlementReturn(ctx context.Context, r web.Req, in reasonIn) (web.Done, SettlementAnswer, error) {
	return settle(func(ctx context.Context, id uuid.UUID) (*Settlement, error) {
		return s.ReturnSettlement(ctx, id, in.Reason)
	},
		"disbursement.settlement_returned")(ctx, r, struct{}{})
}

// settleTasks are the settlements that wait for the subject.
func (s *Service) settleTasks(ctx context.Context) (tasks []web.Task, err error) {
	for _, t := range []struct{ act, state string }{{"submit", "draft"}, {"check", "submitted"}, {"confirm", "checked"}} {
		var list []Settlement
		q := s.access.Scope(ctx, storage.Joined(ctx, s.db).NewSelect().Model(&list).Where("se.status = ?", t.state), "advance_settlement", t.act, "advance_settlement")
		if err := q.OrderExpr("se.created_at").Limit(50).Scan(ctx); err != nil {
			return nil, fmt.Errorf("settlements to %s: %w", t.act, err)
		}
		for _, x := range list {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "disbursement.task_settle_"+t.act, x.No), Detail: x.Amount.Format() + " đ",
				Href: "/disbursements/" + x.RequestID.String(), Action: i18n.T(ctx, "disbursement.settle_"+t.act)})
		}
	}
	return tasks, nil
}
