package disbursement_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/agreement/agreementtest"
	"kinhbac/internal/audit"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/file"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// advancing makes a running agreement over amount whose first milestones are advances; the rest is one content.
func advancing(t *testing.T, amount int64, advances ...int64) *house {
	t.Helper()
	h := &house{House: agreementtest.New(t, 10_000, amount)}
	h.svc = disbursement.New(h.DB, h.Access)
	h.svc.KeepFiles(file.NewStore(t.TempDir()))
	h.Agreements.ShowPayments(disbursement.Payments{})
	a, err := h.Agreements.Draft(h.Officer, h.Award, advanceTerms(amount, advances...))
	h.Must(err, "draft the agreement")
	h.Agreement = a
	_, err = h.Agreements.SignGrantee(h.Signatory, a.ID)
	h.Must(err, "sign for the grantee")
	_, err = h.Agreements.SignState(h.Head, a.ID)
	h.Must(err, "sign for the State")
	h.Reload()
	for _, rule := range []string{"act", "day", "payee"} {
		h.limit(rule, 1_000_000)
	}
	return h
}

func advanceTerms(amount int64, advances ...int64) agreement.Terms {
	rest := amount
	for _, a := range advances {
		rest -= a
	}
	t := agreementtest.Terms(append(advances, rest)...)
	for i := range advances {
		t.Milestones[i].Kind = agreement.KindAdvance
	}
	return t
}

// advanced pays advance i.
func (h *house) advanced(i int) *disbursement.Request {
	h.T.Helper()
	o := h.released(i)
	_, err := h.svc.RecordPaid(h.Finance, o.ID, fmt.Sprint("KB-", i), h.today())
	h.Must(err, "record the payment")
	var r disbursement.Request
	h.Must(h.DB.NewSelect().Model(&r).Where("dr.id = ?", o.RequestID).Scan(context.Background()), "read the advance")
	return &r
}

func paper(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (h *house) voucher(advance uuid.UUID, no string, amount int64) (*disbursement.Settlement, error) {
	return h.svc.AddVoucher(h.Applicant, advance, disbursement.NewVoucher{No: no, IssuedOn: counciltest.Today(), Issuer: "2400 000 001", Amount: money.VND(amount),
		FileName: "hoa-don.png", File: bytes.NewReader(paper(h.T.(*testing.T)))})
}

// toConfirm hands in and checks a settlement of one voucher.
func (h *house) toConfirm(advance uuid.UUID, no string, amount int64) uuid.UUID {
	h.T.Helper()
	se, err := h.voucher(advance, no, amount)
	h.Must(err, "add a voucher")
	_, err = h.svc.SubmitSettlement(h.Applicant, se.ID)
	h.Must(err, "hand in")
	_, err = h.svc.CheckSettlement(h.Finance, se.ID)
	h.Must(err, "check")
	return se.ID
}

func (h *house) settled(advance uuid.UUID, no string, amount int64) {
	h.T.Helper()
	_, err := h.svc.ConfirmSettlement(h.Accountant, h.toConfirm(advance, no, amount))
	h.Must(err, "confirm")
}

func holds(t *testing.T, what string, s ledger.State, available, committed, advanced, disbursed, returned int64) {
	t.Helper()
	for _, x := range []struct {
		name string
		has  money.Amount
		want int64
	}{{"available", s.Available, available}, {"committed", s.Committed, committed}, {"advanced", s.Advanced, advanced}, {"disbursed", s.Disbursed, disbursed}, {"returned", s.Returned, returned}} {
		if !x.has.Equal(money.VND(x.want)) {
			t.Errorf("%s: %s %s, want %d", what, x.name, x.has, x.want)
		}
	}
}

// actual is the balance of an account of the book ACTUAL.
func (h *house) actual(account string) (sum money.Amount) {
	h.T.Helper()
	h.Must(h.DB.NewRaw(`SELECT COALESCE(sum(p.amount), 0)::numeric(24,0) FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id
		JOIN ledger.books b ON b.id = a.book_id WHERE b.code = 'ACTUAL' AND a.code = ?`, account).Scan(context.Background(), &sum), "read an account")
	return sum
}

// proved runs the probes of the room.
func (h *house) proved() {
	h.T.Helper()
	tx, err := h.DB.BeginTx(context.Background(), nil)
	h.Must(err, "begin")
	defer tx.Rollback() //nolint:errcheck
	for _, p := range disbursement.Probes() {
		cs, err := p.Run(context.Background(), audit.Look{Tx: tx, Step: func(int64) {}})
		h.Must(err, "probe")
		for _, c := range cs {
			if c.Break != "" {
				h.T.Errorf("%s: %s", c.Code, c.Break)
			}
		}
	}
}

// TestAdvance pays an advance, settles a part by vouchers, has the rest paid back, and pays the content as ever.
func TestAdvance(t *testing.T) {
	h := advancing(t, 1000, 400)
	r := h.advanced(0)
	holds(t, "the line", h.Budget(), 9000, 600, 400, 0, 0)
	holds(t, "the contract", h.Contract(), 600, 0, 400, 0, 0)
	if got := h.actual("advances"); !got.Equal(money.VND(400)) || !h.actual("grant_expense").IsZero() {
		t.Errorf("advances %s, expense %s", got, h.actual("grant_expense"))
	}
	h.proved()
	h.settled(r.ID, "HD-1", 150)
	holds(t, "the line after a part", h.Budget(), 9000, 600, 250, 150, 0)
	holds(t, "the contract after a part", h.Contract(), 600, 0, 250, 150, 0)
	h.proved()

	today := counciltest.Today()
	_, err := h.svc.RecordRefund(h.Finance, r.ID, money.VND(251), "KB-B1", today)
	want(t, err, disbursement.ErrOverAdvance)
	_, err = h.svc.RecordRefund(h.Finance, r.ID, money.VND(250), " ", today)
	want(t, err, disbursement.ErrTreasuryRef)
	_, err = h.svc.RecordRefund(h.Finance, r.ID, money.VND(250), "KB-B1", today.AddDays(1))
	if err == nil {
		t.Error("paid back tomorrow")
	}
	_, err = h.svc.RecordRefund(h.Applicant, r.ID, money.VND(250), "KB-B1", today)
	want(t, err, access.ErrForbidden)
	back, err := h.svc.RecordRefund(h.Finance, r.ID, money.VND(250), " kb-b1 ", today)
	h.Must(err, "record money paid back")
	_, err = h.svc.RecordRefund(h.Finance, r.ID, money.VND(10), "KB-B1", today)
	want(t, err, disbursement.ErrPaidTwice)
	_, err = h.svc.ConfirmSettlement(also(h.Finance, access.ChiefAccountant), back.ID)
	want(t, err, access.ErrNotMaker)
	_, err = h.svc.ConfirmSettlement(h.Accountant, back.ID)
	h.Must(err, "confirm money paid back")
	holds(t, "the line at the end", h.Budget(), 9250, 600, 0, 150, 0)
	holds(t, "the contract at the end", h.Contract(), 600, 0, 0, 150, 250)
	if !h.actual("advances").IsZero() || !h.actual("grant_expense").Equal(money.VND(150)) || !h.actual("cash_treasury").Equal(money.VND(-150)) {
		t.Errorf("advances %s, expense %s, cash %s", h.actual("advances"), h.actual("grant_expense"), h.actual("cash_treasury"))
	}
	h.proved()

	h.Accept(1)
	o := h.released(1)
	_, err = h.svc.RecordPaid(h.Finance, o.ID, "KB-9", h.today())
	h.Must(err, "pay the content")
	holds(t, "the line with the content", h.Budget(), 9250, 0, 0, 750, 0)
	h.proved()
}

// TestRefundOfALaterYear has an advance of a line of last year paid back: it is returned, never available again.
func TestRefundOfALaterYear(t *testing.T) {
	h := advancing(t, 1000, 400)
	r := h.advanced(0)
	h.Exec("UPDATE budget_lines SET year = year - 1 WHERE id = ?", h.Line.ID)
	h.Exec("ALTER TABLE ledger.control_lines DISABLE TRIGGER USER")
	h.Exec("UPDATE ledger.control_lines SET year = year - 1 WHERE id = ?", h.Line.ControlLine)
	back, err := h.svc.RecordRefund(h.Finance, r.ID, money.VND(400), "KB-B2", counciltest.Today())
	h.Must(err, "record money paid back")
	_, err = h.svc.ConfirmSettlement(h.Accountant, back.ID)
	h.Must(err, "confirm money paid back")
	holds(t, "the line", h.Budget(), 9000, 600, 0, 0, 400)
	h.proved()
}

// TestSettlementPeople lets people settle who may not, and who did a step before.
func TestSettlementPeople(t *testing.T) {
	h := advancing(t, 1000, 400)
	r := h.advanced(0)
	_, err := h.svc.AddVoucher(h.Finance, r.ID, disbursement.NewVoucher{})
	want(t, err, access.ErrForbidden)
	se, err := h.voucher(r.ID, "HD-1", 100)
	h.Must(err, "add a voucher")
	_, err = h.voucher(r.ID, " HD-1 ", 100)
	want(t, err, disbursement.ErrVoucherTwice)
	_, err = h.svc.CheckSettlement(h.Finance, se.ID)
	want(t, err, disbursement.ErrSettlementState)
	_, err = h.svc.SubmitSettlement(h.Finance, se.ID)
	want(t, err, access.ErrForbidden)
	_, err = h.svc.SubmitSettlement(h.Applicant, se.ID)
	h.Must(err, "hand in")
	_, err = h.svc.CheckSettlement(also(h.Applicant, access.FinanceOfficer), se.ID)
	want(t, err, access.ErrConflict)
	_, err = h.svc.ConfirmSettlement(h.Accountant, se.ID)
	want(t, err, disbursement.ErrSettlementState) // nobody has checked it
	_, err = h.svc.CheckSettlement(h.Finance, se.ID)
	h.Must(err, "check")
	_, err = h.svc.ConfirmSettlement(h.Finance, se.ID)
	want(t, err, access.ErrForbidden)
	_, err = h.svc.ConfirmSettlement(also(h.Finance, access.ChiefAccountant), se.ID)
	want(t, err, access.ErrNotMaker)
	_, err = h.svc.ReturnSettlement(h.Accountant, se.ID, " ")
	want(t, err, disbursement.ErrReason)
	_, err = h.svc.ReturnSettlement(h.Accountant, se.ID, "Hóa đơn mờ")
	h.Must(err, "return")
	_, err = h.svc.ConfirmSettlement(h.As(access.ChiefAccountant), se.ID)
	want(t, err, disbursement.ErrSettlementState)
	holds(t, "the line", h.Budget(), 9000, 600, 400, 0, 0)
	h.settled(r.ID, "HD-1", 400) // handed in anew
	holds(t, "the line when settled", h.Budget(), 9000, 600, 0, 400, 0)
}

// TestNeverOverTheAdvance settles all that is open and one đồng more, and lets two settlements that each fit meet.
func TestNeverOverTheAdvance(t *testing.T) {
	h := advancing(t, 1000, 400)
	r := h.advanced(0)
	se, err := h.voucher(r.ID, "HD-0", 401)
	h.Must(err, "add a voucher")
	_, err = h.svc.SubmitSettlement(h.Applicant, se.ID)
	want(t, err, disbursement.ErrOverAdvance)
	_, err = h.svc.CancelSettlement(h.Applicant, se.ID)
	h.Must(err, "take it back")

	two := []uuid.UUID{h.toConfirm(r.ID, "HD-1", 201), h.toConfirm(r.ID, "HD-2", 200)}
	accountants := []context.Context{h.Accountant, h.As(access.ChiefAccountant)}
	var wg sync.WaitGroup
	got := make([]error, 2)
	for i := range got {
		wg.Go(func() { _, got[i] = h.svc.ConfirmSettlement(accountants[i], two[i]) })
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("%v and %v", got[0], got[1])
	}
	for _, err := range got {
		if err != nil {
			want(t, err, disbursement.ErrOverAdvance)
		}
	}
	left := int64(200)
	if got[0] == nil {
		left = 199
	}
	holds(t, "the line", h.Budget(), 9000, 600, left, 400-left, 0)
	h.settled(r.ID, "HD-3", left)
	holds(t, "the line when settled", h.Budget(), 9000, 600, 0, 400, 0)
	h.proved()
}

// TestAdvanceLimits tries a first advance of half the support and one đồng more, and a second one when half of the
// first is settled and one đồng less.
func TestAdvanceLimits(t *testing.T) {
	h := &house{House: agreementtest.New(t, 10_000, 1001)}
	_, err := h.Agreements.Draft(h.Officer, h.Award, advanceTerms(1001, 501))
	want(t, err, agreement.ErrAdvanceShare)
	h.Exec("UPDATE calls SET track = 'nd268'")
	_, err = h.Agreements.Draft(h.Officer, h.Award, advanceTerms(1001, 100))
	want(t, err, agreement.ErrNoAdvance)

	h = advancing(t, 1001, 500, 200)
	_, err = h.Agreements.SubmitReport(h.Applicant, h.Agreement.ID, h.Agreement.Milestones[0].ID, "Đã xong", money.VND(1))
	want(t, err, agreement.ErrNoReport)
	first := h.submitted(0)
	h.Exec("UPDATE disbursement_requests SET amount = 501") // somebody widens it behind the program's back
	_, err = h.svc.Check(h.Finance, first.ID, seen)
	want(t, err, agreement.ErrAdvanceShare)
	h.Exec("UPDATE disbursement_requests SET amount = 500")
	_, err = h.svc.Cancel(h.Applicant, first.ID)
	h.Must(err, "cancel")

	early := h.submitted(1) // as the first it would be allowed
	r := h.advanced(0)
	_, err = h.svc.Check(h.Finance, early.ID, seen)
	want(t, err, disbursement.ErrUnsettled)
	h.settled(r.ID, "HD-1", 249)
	_, err = h.svc.Check(h.Finance, early.ID, seen)
	want(t, err, disbursement.ErrUnsettled)
	h.settled(r.ID, "HD-2", 1)
	_, err = h.svc.Check(h.Finance, early.ID, seen)
	h.Must(err, "check the second when half of the first is settled")
}

// TestTwoAdvancesAtOnce has two officers accept the first two advances in the same instant: exactly one is the first.
func TestTwoAdvancesAtOnce(t *testing.T) {
	h := advancing(t, 1000, 300, 300)
	rs := []*disbursement.Request{h.submitted(0), h.submitted(1)}
	officers := []context.Context{h.Finance, h.As(access.FinanceOfficer)}
	var wg sync.WaitGroup
	got := make([]error, 2)
	for i := range got {
		wg.Go(func() { _, got[i] = h.svc.Check(officers[i], rs[i].ID, seen) })
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("%v and %v", got[0], got[1])
	}
	for _, err := range got {
		if err != nil {
			want(t, err, disbursement.ErrUnsettled)
		}
	}
}

// TestAdvancePages settles an advance on the page, and finds it on the agreement and among what keeps the year open.
func TestAdvancePages(t *testing.T) {
	h := advancing(t, 1000, 400)
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes, h.Agreements.Routes)
	w.Get(h.Applicant, "/agreements/"+h.Agreement.ID.String()).Status(200).Has("Chưa tạm ứng").Has("/disbursements/create")
	r := h.advanced(0)
	at := "/disbursements/" + r.ID.String()
	w.Get(h.Applicant, "/agreements/"+h.Agreement.ID.String()).Status(200).Has(`<a href="` + at + `">` + r.No + `</a>`).Lacks("/disbursements/create")
	blockers, err := disbursement.Agreements{}.Blockers(t.Context(), h.DB, r.PaidOn.Year())
	h.Must(err, "read the blockers")
	if len(blockers) != 1 || blockers[0].Code != "advance" || blockers[0].Href != at || !blockers[0].Amount.Equal(money.VND(400)) {
		t.Errorf("blockers %v", blockers)
	}
	w.Post(h.Applicant, at+"/vouchers", url.Values{"no": {"HD-7"}, "issuer": {"Công ty A"}, "issued_on": {counciltest.Today().Format()}, "amount": {"400"}}).Status(422).Has("Chọn tệp chứng từ")
	voucher := url.Values{"no": {"HD-0"}, "issuer": {"Công ty A"}, "issued_on": {"2020-02-30"}, "amount": {"400"}}
	w.APIFile(h.Applicant, at+"/vouchers", voucher, "hoa-don.png", paper(t)).Status(422).Has("issued_on")
	voucher.Set("issued_on", counciltest.Today().String())
	w.APIFile(h.Finance, at+"/vouchers", voucher, "hoa-don.png", paper(t)).Status(403)
	w.APIFile(h.Applicant, at+"/vouchers", voucher, "hoa-don.exe", []byte("MZ")).Status(422)
	w.Upload(h.Applicant, at+"/vouchers", url.Values{"no": {"HD-7"}, "issuer": {"Công ty A"}, "issued_on": {counciltest.Today().Format()}, "amount": {"400"}}, "file", "hoa-don.png", paper(t)).Location(at)
	var se uuid.UUID
	h.Must(h.DB.NewRaw("SELECT id FROM advance_settlements").Scan(t.Context(), &se), "find the settlement")
	w.Get(h.Applicant, at).Status(200).Has("HD-7").Has("Còn 400").Has("Nộp chứng từ")
	w.Post(h.Applicant, "/advance-settlements/"+se.String()+"/submit", nil).Location(at)
	w.Get(h.Finance, at).Status(200).Has("Chấp nhận chứng từ").Has("Ghi tiền nộp trả")
	w.Post(h.Finance, "/advance-settlements/"+se.String()+"/check", nil).Location(at)
	w.Post(h.Accountant, "/advance-settlements/"+se.String()+"/confirm", nil).Location(at)
	w.Get(h.Accountant, at).Status(200).Has("Đã thanh toán hết")
	w.Get(h.Finance, "/agreements/"+h.Agreement.ID.String()).Status(200).Has(at).Has("Đã thanh toán")
	var out []disbursement.SettlementAnswer
	w.API(h.Finance, "GET", at+"/settlements", nil, &out).Status(200)
	if len(out) != 1 || len(out[0].Vouchers) != 1 || out[0].Status != disbursement.SettlementConfirmed {
		t.Errorf("settlements %v", out)
	}
	if list, _ := (disbursement.Agreements{}).Blockers(t.Context(), h.DB, r.PaidOn.Year()); len(list) != 0 {
		t.Errorf("blockers %v", list)
	}
}
