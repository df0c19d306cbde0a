package disbursement_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/audit"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/storage"
	"kinhbac/internal/web/webtest"
)

const changed = "Tài khoản thụ hưởng đã đổi ngày"

// spaced is an account as pages group it.
func spaced(account string) string { return strings.ReplaceAll(account, " ", "\u00a0") }

// amended writes another account into the agreement by an act of the officer, under a new seal.
func (h *house) amended(account string) {
	h.T.Helper()
	a := h.Reload()
	a.PayeeAccount = account
	h.Must(storage.InTx(h.Officer, h.DB, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("UPDATE agreements SET payee_account = ?, digest = ? WHERE id = ?", account, a.Seal(), a.ID).Exec(ctx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Act: "agreement.amend", Actor: access.From(h.Officer).ID, Role: "programme_officer", Kind: "agreement", Object: a.ID, Label: a.No})
	}), "amend the agreement")
}

// TestChangedAccount pays a milestone, changes the account and orders the next: approving needs a remark. To the account
// last paid it needs none.
func TestChangedAccount(t *testing.T) {
	h := running(t, 200, 300, 500)
	first := h.released(0)
	if first.PayeeBefore != "" {
		t.Errorf("the first payment follows one to %s", first.PayeeBefore)
	}
	_, err := h.svc.RecordPaid(h.Finance, first.ID, "KB-1", h.today())
	h.Must(err, "pay the first")
	second := h.toApprove(1)
	_, err = h.svc.ApproveOrder(h.Holder, second.ID, "")
	h.Must(err, "approve to the same account")
	h.amended("220000112233")
	third := h.toApprove(2)
	if third.PayeeBefore != "115500884471 (970436)" {
		t.Errorf("before it was %q", third.PayeeBefore)
	}
	_, err = h.svc.ApproveOrder(h.Holder, third.ID, " ")
	want(t, err, disbursement.ErrRemark)

	w := webtest.New(t, h.DB, h.Access, h.svc.Routes, h.Agreements.Routes)
	page, agreement := "/disbursements/"+third.RequestID.String(), "/agreements/"+h.Agreement.ID.String()
	note := changed + " " + counciltest.Today().Format() + " bởi " + access.From(h.Officer).Name + ", trước đó 115500884471 (970436)"
	w.Get(h.Holder, page).Status(200).Has(note).Has(`name="remark"`).Has(spaced("2200 0011 2233")).Has(spaced("1155 0088 4471"))
	for _, pays := range []context.Context{h.Finance, h.Accountant} {
		w.Get(pays, page).Status(200).Has(note).Has("Người ghi").Lacks(`name="remark"`)
		w.Get(pays, agreement).Status(200).Has(spaced("1155 0088 4471")).Has("Người ghi")
	}
	for _, other := range []context.Context{h.Officer, h.Head, h.Applicant, h.Signatory} {
		w.Get(other, page).Status(200).Lacks(changed + " ").Lacks(spaced("1155 0088 4471")).Lacks("115500884471").Lacks("Người ghi")
		w.Get(other, agreement).Status(200).Lacks(spaced("1155 0088 4471")).Lacks("Người ghi")
	}
	w.Get(h.Officer, page).Status(200).Has("phải ghi ý kiến")
	w.Get(h.Applicant, page).Lacks("phải ghi ý kiến")
	act := "/payments/" + third.ID.String() + "/approve"
	w.Post(h.Holder, act, url.Values{}).Status(422)
	w.Post(h.Holder, act, url.Values{"remark": {"Đã gọi người ký"}}).Location(page)
	w.Get(h.Holder, page).Status(200).Has(note).Has("Đã gọi người ký")
	h.proved()
}

// TestAccountChangedOutside changes the account behind the program's back after the order was made: who approves reads that
// no act did it.
func TestAccountChangedOutside(t *testing.T) {
	h := running(t, 1000)
	o := h.toApprove(0)
	h.Exec("UPDATE agreements SET payee_account = '220000112233' WHERE id = ?", h.Agreement.ID)
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes)
	w.Get(h.Holder, "/disbursements/"+o.RequestID.String()).Status(200).Has("bởi thao tác ngoài chương trình, trước đó 115500884471 (970436)").Has(`name="remark"`)
	_, err := h.svc.ApproveOrder(h.Holder, o.ID, "")
	want(t, err, disbursement.ErrRemark)
}

// TestAccountsHideFromAConflict keeps the accounts from somebody who pays and is in conflict with the agreement.
func TestAccountsHideFromAConflict(t *testing.T) {
	h := running(t, 1000)
	other := h.As(access.FinanceOfficer)
	for _, sees := range []bool{true, false} {
		got, err := agreement.SeesAccounts(other, h.DB, h.Access, h.Agreement)
		h.Must(err, "ask")
		if got != sees {
			t.Errorf("sees the accounts: %v, want %v", got, sees)
		}
		h.Must(access.AddTie(other, h.DB, access.Tie{Kind: "conflict", Who: access.From(other).ID, Object: h.Agreement, Reason: "người thân"}), "tie")
	}
}
