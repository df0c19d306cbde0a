package disbursement_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web/webtest"
)

// by adds a voucher of an issuer as a person.
func (h *house) by(who context.Context, advance uuid.UUID, no, issuer string, amount int64) (*disbursement.Settlement, error) {
	return h.svc.AddVoucher(who, advance, disbursement.NewVoucher{No: no, IssuedOn: counciltest.Today(), Issuer: issuer, Amount: money.VND(amount),
		FileName: "hoa-don.png", File: bytes.NewReader(paper(h.T.(*testing.T)))})
}

// TestVoucherOnce claims a voucher of one settlement in another one of another advance, and again when the first is
// returned or cancelled.
func TestVoucherOnce(t *testing.T) {
	h := advancing(t, 1000, 400, 200)
	a := h.advanced(0)
	h.settled(a.ID, "HD-0", 200)
	b := h.advanced(1)

	first := h.toConfirm(a.ID, "HD-1", 100)
	_, err := h.voucher(b.ID, " hd-1 ", 50)
	want(t, err, disbursement.ErrVoucherTwice)
	_, err = h.voucher(b.ID, "ＨＤ－１", 50)
	want(t, err, disbursement.ErrVoucherTwice)
	_, err = h.voucher(a.ID, "HD-0", 50) // of a confirmed one
	want(t, err, disbursement.ErrVoucherTwice)
	se, err := h.by(h.Applicant, b.ID, "HD-1", "Công ty B", 50) // the same number of somebody else
	h.Must(err, "add a voucher of another issuer")
	_, err = h.by(h.Applicant, b.ID, "HD-9", " ", 50)
	if err == nil {
		t.Error("a voucher without an issuer is taken")
	}
	_, err = h.DB.NewRaw(`INSERT INTO advance_vouchers (id, settlement_id, no, issued_on, issuer, amount, file_id, added_by, added_at)
		SELECT gen_random_uuid(), ?, v.no, v.issued_on, v.issuer, 1, v.file_id, v.added_by, v.added_at FROM advance_vouchers v WHERE v.settlement_id = ?`, se.ID, first).Exec(t.Context())
	if storage.Constraint(err) != "advance_vouchers_once" {
		t.Errorf("by hand = %v", err)
	}
	_, err = h.svc.ReturnSettlement(h.Accountant, first, "Hóa đơn mờ")
	h.Must(err, "return")
	_, err = h.voucher(b.ID, "HD-1", 50)
	h.Must(err, "claim a returned voucher")
	_, err = h.voucher(a.ID, "HD-1", 50)
	want(t, err, disbursement.ErrVoucherTwice)

	_, err = h.svc.CancelSettlement(h.Signatory, se.ID)
	want(t, err, disbursement.ErrNotPreparer)
	_, err = h.svc.CancelSettlement(h.Finance, se.ID)
	want(t, err, access.ErrForbidden)
	_, err = h.svc.CancelSettlement(h.Applicant, se.ID)
	h.Must(err, "cancel")
	_, err = h.svc.CancelSettlement(h.Applicant, se.ID)
	want(t, err, access.ErrState)
	_, err = h.svc.SubmitSettlement(h.Applicant, se.ID)
	want(t, err, access.ErrState)
	h.settled(a.ID, "HD-1", 50)
	h.proved()
}

// TestVoucherOfTwo has two people claim one voucher in two settlements in the same instant: exactly one passes.
func TestVoucherOfTwo(t *testing.T) {
	h := advancing(t, 1000, 300, 200)
	advances := []uuid.UUID{h.advanced(0).ID}
	h.settled(advances[0], "HD-0", 150)
	advances = append(advances, h.advanced(1).ID)
	people := []context.Context{h.Applicant, h.Signatory}
	for _, no := range []string{"HD-1", "HD-2", "HD-3", "HD-4", "HD-5", "HD-6"} {
		got := make([]error, 2)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { _, got[i] = h.by(people[i], advances[i], no, "Công ty A", 1) })
		}
		wg.Wait()
		if (got[0] == nil) == (got[1] == nil) {
			t.Fatalf("%s: %v and %v", no, got[0], got[1])
		}
		for _, err := range got {
			if err != nil {
				want(t, err, disbursement.ErrVoucherTwice)
			}
		}
	}
	h.proved()
}

// TestTakeVoucherOff takes a voucher off a draft by who added it, and not once it is handed in.
func TestTakeVoucherOff(t *testing.T) {
	h := advancing(t, 1000, 400)
	r := h.advanced(0)
	se, err := h.voucher(r.ID, "HD-1", 100)
	h.Must(err, "add")
	_, err = h.by(h.Signatory, r.ID, "HD-2", "Công ty A", 30)
	h.Must(err, "add by another")
	ids := map[string]uuid.UUID{}
	var list []disbursement.Voucher
	h.Must(h.DB.NewSelect().Model(&list).Scan(t.Context()), "read the vouchers")
	for _, v := range list {
		ids[v.No] = v.ID
	}
	_, err = h.svc.RemoveVoucher(h.Applicant, ids["HD-2"])
	want(t, err, disbursement.ErrNotPreparer)
	_, err = h.svc.RemoveVoucher(h.Finance, ids["HD-1"])
	want(t, err, access.ErrForbidden)
	at := "/disbursements/" + r.ID.String()
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes, h.Agreements.Routes)
	w.Get(h.Applicant, at).Status(200).Has("Hủy bản thanh toán").Has("/advance-vouchers/" + ids["HD-1"].String() + "/remove").Has("2400 000 001")
	w.Post(h.Applicant, "/advance-vouchers/"+ids["HD-1"].String()+"/remove", nil).Location(at)
	var left money.Amount
	var said string
	h.Must(h.DB.NewRaw("SELECT amount FROM advance_settlements WHERE id = ?", se.ID).Scan(t.Context(), &left), "read the draft")
	h.Must(dbtest.Owner(t, h.DB).NewRaw("SELECT state_before->>'no' FROM audit_log WHERE act = 'advance_settlement.remove_voucher'").Scan(t.Context(), &said), "read the record")
	if !left.Equal(money.VND(30)) || said != "HD-1" {
		t.Errorf("left %s, the record says %q", left, said)
	}
	_, err = h.voucher(r.ID, "HD-1", 90)
	h.Must(err, "add it again, mended")
	h.Must(h.DB.NewSelect().Model(&list).Where("av.no = 'HD-1'").Scan(t.Context()), "read the voucher")
	_, err = h.svc.SubmitSettlement(h.Applicant, se.ID)
	h.Must(err, "hand in")
	_, err = h.svc.RemoveVoucher(h.Applicant, list[len(list)-1].ID)
	want(t, err, access.ErrState)
	h.proved()
}

// TestRefundRecordedWrongly returns money recorded as paid back and records its reference again.
func TestRefundRecordedWrongly(t *testing.T) {
	h := advancing(t, 1000, 400)
	r, today := h.advanced(0), counciltest.Today()
	se, err := h.svc.RecordRefund(h.Finance, r.ID, money.VND(40), "KB-B1", today)
	h.Must(err, "record")
	_, err = h.svc.ReturnSettlement(h.Accountant, se.ID, "Thiếu một số 0")
	h.Must(err, "return")
	se, err = h.svc.RecordRefund(h.Finance, r.ID, money.VND(400), "KB-B1", today)
	h.Must(err, "record it rightly")
	_, err = h.svc.ConfirmSettlement(h.Accountant, se.ID)
	h.Must(err, "confirm")
	holds(t, "the line", h.Budget(), 9400, 600, 0, 0, 0)
	h.proved()
}

// TestRefundIntoAClosedMonth records money that came back in a month which is closed meanwhile: the books take it today,
// the document keeps its day.
func TestRefundIntoAClosedMonth(t *testing.T) {
	h := advancing(t, 1000, 400)
	owner := dbtest.Owner(t, h.DB)
	h.Must(storage.SetShift(t.Context(), owner, -45*24*time.Hour), "go back")
	r := h.advanced(0)
	h.Must(storage.SetShift(t.Context(), owner, 0), "return to the present")
	day := *r.PaidOn
	h.Exec("UPDATE ledger.periods SET state = 'closed' WHERE starts_on <= ?::date AND ends_on >= ?::date", day, day)
	se, err := h.svc.RecordRefund(h.Finance, r.ID, money.VND(400), "KB-B1", day)
	h.Must(err, "record")
	_, err = h.svc.ConfirmSettlement(h.Accountant, se.ID)
	h.Must(err, "confirm")
	var rows []struct {
		On calendar.Date
		No string
	}
	h.Must(h.DB.NewRaw("SELECT effective_on AS on, document_no AS no FROM ledger.journals WHERE document_id = ?", se.ID).Scan(t.Context(), &rows), "read the journals")
	if len(rows) != 3 {
		t.Fatalf("%d journals", len(rows))
	}
	for _, j := range rows {
		if j.On != counciltest.Today() || j.No != se.No+", KB-B1 ngày "+day.Format() {
			t.Errorf("posted on %s as %q", j.On.Format(), j.No)
		}
	}
	h.proved()
}

// TestAdjustingEnds settles an advance of last year's line on the last day of its adjusting period and on the day after.
func TestAdjustingEnds(t *testing.T) {
	h := advancing(t, 1000, 400)
	r := h.advanced(0)
	year := counciltest.Today().Year() - 1
	h.Exec("UPDATE budget_lines SET year = year - 1 WHERE id = ?", h.Line.ID)
	h.Exec("ALTER TABLE ledger.control_lines DISABLE TRIGGER USER")
	h.Exec("UPDATE ledger.control_lines SET year = year - 1 WHERE id = ?", h.Line.ControlLine)
	one, two := h.toConfirm(r.ID, "HD-1", 100), h.toConfirm(r.ID, "HD-2", 100)
	_, err := h.svc.ConfirmSettlement(h.Accountant, two)
	want(t, err, disbursement.ErrAdjustingOver)
	last, err := budget.AdjustingEnds(t.Context(), h.DB, year, time.Now())
	h.Must(err, "read the rule")
	owner := dbtest.Owner(t, h.DB)
	h.Must(storage.SetShift(t.Context(), owner, time.Until(last.Day.AddDays(1).Start().Add(-time.Hour))), "go to the last evening")
	_, err = h.svc.ConfirmSettlement(h.Accountant, one)
	h.Must(err, "confirm on the last day")
	h.Must(storage.SetShift(t.Context(), owner, time.Until(last.Day.AddDays(1).Start().Add(time.Hour))), "let the day pass")
	_, err = h.svc.ConfirmSettlement(h.Accountant, two)
	want(t, err, disbursement.ErrAdjustingOver)
	holds(t, "the line", h.Budget(), 9000, 600, 300, 100, 0)
}
