package disbursement_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/agreement/agreementtest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

// seen is what the office says of checks that want a look.
const seen = "Đã đối chiếu"

// house is a running agreement with its milestones accepted, and the service of payments.
type house struct {
	*agreementtest.House
	svc *disbursement.Service
}

// running makes an agreement over the sum of the milestones, on a line that holds 10 000 đồng, with limits that are
// in nobody's way.
func running(t *testing.T, milestones ...int64) *house {
	t.Helper()
	var amount int64
	for _, m := range milestones {
		amount += m
	}
	h := &house{House: agreementtest.New(t, 10_000, amount)}
	h.svc = disbursement.New(h.DB, h.Access)
	h.Run(milestones...)
	for i := range milestones {
		h.Accept(i)
	}
	for _, rule := range []string{"act", "day", "payee"} {
		h.limit(rule, 1_000_000)
	}
	return h
}

// limit sets a limit of payments.
func (h *house) limit(rule string, amount int64) {
	h.T.Helper()
	h.noLimit(rule)
	h.Exec(`INSERT INTO rule_values (rule_id, value, instrument, article, confidence, status, since_version, document_no)
		VALUES (?, ?, 'Quy chế chi', 'Điều 1', 'C', 'in_force', 1, '9/QĐ')`, "payment.limit."+rule, fmt.Sprint(amount))
}

func (h *house) noLimit(rule string) {
	h.T.Helper()
	h.Exec("DELETE FROM rule_values WHERE rule_id = ?", "payment.limit."+rule)
}

// submitted asks for milestone i.
func (h *house) submitted(i int) *disbursement.Request {
	h.T.Helper()
	r, err := h.svc.Create(h.Applicant, h.Agreement.ID, h.Agreement.Milestones[i].ID, "")
	h.Must(err, "create the request")
	r, err = h.svc.Submit(h.Applicant, r.ID)
	h.Must(err, "submit the request")
	return r
}

// toCheck makes the order of milestone i, which waits for the chief accountant.
func (h *house) toCheck(i int) *disbursement.Order {
	h.T.Helper()
	r := h.submitted(i)
	_, err := h.svc.Check(h.Finance, r.ID, seen)
	h.Must(err, "check the request")
	o, err := h.svc.MakeOrder(h.Finance, r.ID)
	h.Must(err, "make the order")
	return o
}

// toApprove has the order of milestone i checked; it waits for the account holder.
func (h *house) toApprove(i int) *disbursement.Order {
	h.T.Helper()
	o, err := h.svc.CheckOrder(h.Accountant, h.toCheck(i).ID, seen)
	h.Must(err, "check the order")
	return o
}

// released takes the order of milestone i to the treasury.
func (h *house) released(i int) *disbursement.Order {
	h.T.Helper()
	o, err := h.svc.ApproveOrder(h.Holder, h.toApprove(i).ID, "Đã xem các mục cần xem.")
	h.Must(err, "approve the order")
	h.release(o.ID)
	return o
}

func (h *house) release(order uuid.UUID) {
	h.T.Helper()
	h.Must(h.svc.Release(access.With(context.Background(), access.System()), order), "release the order")
}

// today is the day of deciding time.
func (h *house) today() (day calendar.Date) {
	h.T.Helper()
	h.Must(h.DB.NewRaw("SELECT (kb.now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date").Scan(context.Background(), &day), "read the clock")
	return day
}

// status reads the state of a request.
func (h *house) status(request uuid.UUID) (s disbursement.Status) {
	h.T.Helper()
	h.Must(h.DB.NewRaw("SELECT status FROM disbursement_requests WHERE id = ?", request).Scan(context.Background(), &s), "read a request")
	return s
}

// also is a person who acts under a second role at the finance office.
func also(ctx context.Context, role access.Role) context.Context {
	s := access.From(ctx)
	s.Grants = append(s.Grants, access.Grant{Role: role, Unit: access.UnitFinance})
	return access.With(ctx, s)
}

func stands(t *testing.T, what string, s ledger.State, committed, requested, disbursed int64) {
	t.Helper()
	if !s.Committed.Equal(money.VND(committed)) || !s.Requested.Equal(money.VND(requested)) || !s.Disbursed.Equal(money.VND(disbursed)) {
		t.Errorf("%s: committed %s, requested %s, disbursed %s; want %d, %d, %d", what, s.Committed, s.Requested, s.Disbursed, committed, requested, disbursed)
	}
}

func TestPayment(t *testing.T) {
	h := running(t, 400, 600)
	r := h.submitted(0)
	stands(t, "the line after the request", h.Budget(), 1000, 0, 0)
	_, err := h.svc.Check(h.Finance, r.ID, seen)
	h.Must(err, "check")
	stands(t, "the line after the check", h.Budget(), 600, 400, 0)
	stands(t, "the contract after the check", h.Contract(), 0, 400, 0)
	o, err := h.svc.MakeOrder(h.Finance, r.ID)
	h.Must(err, "make the order")
	_, err = h.svc.CheckOrder(h.Accountant, o.ID, seen)
	h.Must(err, "check the order")
	_, err = h.svc.RecordPaid(h.Finance, o.ID, "KB-1", h.today())
	want(t, err, disbursement.ErrOrderState) // nobody has approved it
	_, err = h.svc.ApproveOrder(h.Holder, o.ID, "")
	h.Must(err, "approve")
	var jobs int
	h.Must(h.DB.NewRaw("SELECT count(*) FROM jobs WHERE kind = ?", disbursement.ReleaseJob).Scan(t.Context(), &jobs), "count the jobs")
	if jobs != 1 {
		t.Errorf("%d jobs to release", jobs)
	}
	h.release(o.ID)
	h.release(o.ID) // the outbox delivers twice
	stands(t, "the line before the treasury pays", h.Budget(), 600, 400, 0)
	_, err = h.svc.RecordPaid(h.Finance, o.ID, " ", h.today())
	want(t, err, disbursement.ErrTreasuryRef)
	o, err = h.svc.RecordPaid(h.Finance, o.ID, " KB-1 ", h.today())
	h.Must(err, "record the payment")
	if *o.TreasuryRef != "KB-1" || h.status(r.ID) != disbursement.Paid || h.Reload().Milestones[0].Status != agreement.MilestonePaid {
		t.Errorf("paid under %q, request %s, milestone %s", *o.TreasuryRef, h.status(r.ID), h.Agreement.Milestones[0].Status)
	}
	stands(t, "the line after the payment", h.Budget(), 600, 0, 400)
	stands(t, "the contract after the payment", h.Contract(), 0, 0, 400)
	books(t, h, r, o)
	_, err = h.svc.RecordPaid(h.Finance, o.ID, "KB-1", h.today()) // a double click
	want(t, err, disbursement.ErrOrderState)
	stands(t, "the line after a double click", h.Budget(), 600, 0, 400)
	_, err = h.svc.Create(h.Applicant, h.Agreement.ID, h.Agreement.Milestones[0].ID, "")
	want(t, err, disbursement.ErrNotPayable) // a paid milestone is not paid again
}

// books looks at every leg the payment wrote.
func books(t *testing.T, h *house, r *disbursement.Request, o *disbursement.Order) {
	t.Helper()
	type leg struct{ Book, Account, Amount string }
	var got []leg
	h.Must(h.DB.NewRaw(`SELECT b.code AS book, a.code AS account, p.amount::numeric(24,0)::text AS amount
		FROM ledger.journals j JOIN ledger.books b ON b.id = j.book_id JOIN ledger.postings p ON p.journal_id = j.id JOIN ledger.accounts a ON a.id = p.account_id
		WHERE j.document_id IN (?, ?) ORDER BY j.id, p.leg`, r.ID, o.ID).Scan(t.Context(), &got), "read the journals")
	by := map[leg]int{}
	for _, l := range got {
		by[l]++
	}
	for _, l := range []leg{
		{"BUDGET", "committed", "-400"}, {"BUDGET", "requested", "400"}, {"BUDGET", "requested", "-400"}, {"BUDGET", "disbursed", "400"},
		{"CONTRACT", "available", "-400"}, {"CONTRACT", "requested", "400"}, {"CONTRACT", "requested", "-400"}, {"CONTRACT", "disbursed", "400"},
		{"ACTUAL", "grant_expense", "400"}, {"ACTUAL", "cash_treasury", "-400"},
	} {
		if by[l] != 1 {
			t.Errorf("leg %v is there %d times", l, by[l])
		}
	}
	if len(got) != 10 {
		t.Errorf("%d legs: %v", len(got), got)
	}
}

// TestFourPeople lets each of the four try the next one's step, under their own role and under a second one.
func TestFourPeople(t *testing.T) {
	h := running(t, 1000)
	r, err := h.svc.Create(h.Officer, h.Agreement.ID, h.Agreement.Milestones[0].ID, "") // for the grantee
	h.Must(err, "create the request")
	_, err = h.svc.Submit(h.Officer, r.ID)
	h.Must(err, "submit the request")
	_, err = h.svc.Check(h.Officer, r.ID, seen)
	want(t, err, access.ErrForbidden)
	_, err = h.svc.Check(also(h.Applicant, access.FinanceOfficer), r.ID, seen)
	want(t, err, access.ErrConflict) // who is paid does not check either
	_, err = h.svc.Check(also(h.Officer, access.FinanceOfficer), r.ID, seen)
	want(t, err, access.ErrNotMaker)
	_, err = h.svc.Check(h.Finance, r.ID, seen)
	h.Must(err, "check")

	_, err = h.svc.MakeOrder(also(h.Officer, access.FinanceOfficer), r.ID)
	want(t, err, access.ErrNotMaker)
	o, err := h.svc.MakeOrder(h.Finance, r.ID)
	h.Must(err, "make the order")
	for _, c := range []struct {
		name string
		as   context.Context
		want error
	}{
		{"the finance officer", h.Finance, access.ErrForbidden},
		{"the finance officer as chief accountant", also(h.Finance, access.ChiefAccountant), access.ErrNotMaker},
		{"the requester as chief accountant", also(h.Officer, access.ChiefAccountant), access.ErrNotMaker},
	} {
		t.Run("check: "+c.name, func(t *testing.T) {
			_, err := h.svc.CheckOrder(c.as, o.ID, seen)
			want(t, err, c.want)
		})
	}
	_, err = h.svc.CheckOrder(h.Accountant, o.ID, seen)
	h.Must(err, "check the order")
	for _, c := range []struct {
		name string
		as   context.Context
		want error
	}{
		{"the chief accountant", h.Accountant, access.ErrForbidden},
		{"the chief accountant as account holder", also(h.Accountant, access.AccountHolder), access.ErrNotMaker},
		{"the finance officer as account holder", also(h.Finance, access.AccountHolder), access.ErrNotMaker},
		{"the requester as account holder", also(h.Officer, access.AccountHolder), access.ErrNotMaker},
	} {
		t.Run("approve: "+c.name, func(t *testing.T) {
			_, err := h.svc.ApproveOrder(c.as, o.ID, "")
			want(t, err, c.want)
		})
	}
	_, err = h.svc.ApproveOrder(h.Holder, o.ID, "")
	h.Must(err, "approve")
}

// TestFourPeopleInTheDatabase writes past the program: the table refuses the requester in the chain by itself.
func TestFourPeopleInTheDatabase(t *testing.T) {
	h := running(t, 1000)
	o := h.toApprove(0)
	for _, column := range []string{"made_by", "checked_by"} {
		_, err := h.DB.NewRaw("UPDATE payment_orders SET "+column+" = ? WHERE id = ?", access.From(h.Applicant).ID, o.ID).Exec(t.Context())
		if err == nil {
			t.Errorf("the requester stands in %s", column)
		}
	}
	if _, err := h.DB.NewRaw("UPDATE payment_orders SET amount = amount + 1 WHERE id = ?", o.ID).Exec(t.Context()); err == nil {
		t.Error("the order pays one đồng more than the request")
	}
}

// TestOverTheContract asks for what is left of the contract and for one đồng more, while the budget line has plenty.
func TestOverTheContract(t *testing.T) {
	for _, c := range []struct {
		name   string
		second int64
		want   error
	}{
		{"all that is left", 600, nil},
		{"one đồng more", 601, ledger.ErrInsufficient},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := running(t, 400, 600)
			h.plenty(5000)
			_, err := h.svc.Check(h.Finance, h.submitted(0).ID, seen)
			h.Must(err, "check the first")
			h.Exec("UPDATE agreement_milestones SET amount = ? WHERE position = 2", c.second)
			r := h.submitted(1)
			before := h.Contract()
			_, err = h.svc.Check(h.Finance, r.ID, seen)
			if c.want == nil {
				h.Must(err, "check the second")
				stands(t, "the contract", h.Contract(), 0, 1000, 0)
				return
			}
			want(t, err, c.want)
			if after := h.Contract(); after.Version != before.Version || h.status(r.ID) != disbursement.Submitted {
				t.Errorf("the refusal left the request %s and the contract at version %d after %d", h.status(r.ID), after.Version, before.Version)
			}
			stands(t, "the line", h.Budget(), 5600, 400, 0)
		})
	}
}

// plenty commits more on the budget line for another contract, so that the contract's own line is what refuses.
func (h *house) plenty(amount int64) {
	h.T.Helper()
	h.Move("agreement", h.Call.ID, "BUDGET", h.Line.ControlLine, "commit", ledger.Available, ledger.Committed, amount)
}

// TestTwoChecksAtOnce lets two officers check two requests that each fit the contract and together do not: exactly
// one passes, again and again.
func TestTwoChecksAtOnce(t *testing.T) {
	h := running(t, 400, 600)
	h.plenty(5000)
	h.Exec("UPDATE agreement_milestones SET amount = 601 WHERE position = 2")
	h.Reload()
	officers := []context.Context{h.Finance, h.As(access.FinanceOfficer)}
	for round := range 30 {
		rs := []*disbursement.Request{h.submitted(0), h.submitted(1)}
		var wg sync.WaitGroup
		got := make([]error, 2)
		for i, officer := range officers {
			wg.Go(func() { _, got[i] = h.svc.Check(officer, rs[i].ID, seen) })
		}
		wg.Wait()
		if (got[0] == nil) == (got[1] == nil) {
			t.Fatalf("round %d: %v and %v", round, got[0], got[1])
		}
		for i, err := range got {
			if err != nil {
				want(t, err, ledger.ErrInsufficient)
				continue
			}
			amount := h.Agreement.Milestones[i].Amount.Decimal().IntPart()
			h.Move("disbursement_request", rs[i].ID, "BUDGET", h.Line.ControlLine, "release", ledger.Requested, ledger.Committed, amount)
			h.Move("disbursement_request", rs[i].ID, "CONTRACT", *h.Agreement.ContractLine, "release", ledger.Requested, ledger.Available, amount)
		}
		h.Exec("UPDATE disbursement_requests SET status = 'cancelled', checked_by = NULL, checked_at = NULL")
	}
}

// TestDoubleClick sends every step twice in the same instant: the second is refused and nothing is booked twice.
func TestDoubleClick(t *testing.T) {
	h := running(t, 1000)
	r, err := h.svc.Create(h.Applicant, h.Agreement.ID, h.Agreement.Milestones[0].ID, "")
	h.Must(err, "create")
	_, err = h.svc.Create(h.Applicant, h.Agreement.ID, h.Agreement.Milestones[0].ID, "")
	want(t, err, disbursement.ErrOpenRequest)
	twice(t, "submit", func() error { _, err := h.svc.Submit(h.Applicant, r.ID); return err })
	twice(t, "check", func() error { _, err := h.svc.Check(h.Finance, r.ID, seen); return err })
	twice(t, "make the order", func() error { _, err := h.svc.MakeOrder(h.Finance, r.ID); return err })
	var order uuid.UUID
	h.Must(h.DB.NewRaw("SELECT id FROM payment_orders").Scan(t.Context(), &order), "find the order")
	twice(t, "check the order", func() error { _, err := h.svc.CheckOrder(h.Accountant, order, seen); return err })
	twice(t, "approve", func() error { _, err := h.svc.ApproveOrder(h.Holder, order, ""); return err })
	h.release(order)
	h.release(order) // the outbox may deliver twice
	twice(t, "record the payment", func() error { _, err := h.svc.RecordPaid(h.Finance, order, "KB-1", h.today()); return err })
	stands(t, "the line", h.Budget(), 0, 0, 1000)
	stands(t, "the contract", h.Contract(), 0, 0, 1000)
}

// twice does the same at once in two requests: exactly one passes.
func twice(t *testing.T, name string, do func() error) {
	t.Helper()
	var wg sync.WaitGroup
	got := make([]error, 2)
	for i := range got {
		wg.Go(func() { got[i] = do() })
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("%s: %v and %v", name, got[0], got[1])
	}
}

// TestLimits approves an order of exactly a limit and refuses one đồng over it, for each of the three limits, and
// refuses when a limit is not set.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		rule  string
		limit int64 // that the second order of 600 meets, after one of 400
	}{{"act", 600}, {"day", 1000}, {"payee", 1000}} {
		t.Run(c.rule, func(t *testing.T) {
			h := running(t, 400, 600)
			_, err := h.svc.ApproveOrder(h.Holder, h.toApprove(0).ID, "")
			h.Must(err, "approve the first")
			o := h.toApprove(1)
			h.noLimit(c.rule)
			_, err = h.svc.ApproveOrder(h.Holder, o.ID, "")
			want(t, err, rulebook.ErrNoRule)
			h.limit(c.rule, c.limit-1)
			_, err = h.svc.ApproveOrder(h.Holder, o.ID, "")
			want(t, err, disbursement.ErrLimit)
			h.limit(c.rule, c.limit)
			_, err = h.svc.ApproveOrder(h.Holder, o.ID, "")
			h.Must(err, "approve up to the limit")
		})
	}
}

// TestTwoApprovalsAtOnce lets two orders meet the limit of the day: each fits alone, together they do not.
func TestTwoApprovalsAtOnce(t *testing.T) {
	h := running(t, 400, 600)
	h.limit("day", 999)
	orders := []uuid.UUID{h.toApprove(0).ID, h.toApprove(1).ID}
	holders := []context.Context{h.Holder, h.As(access.AccountHolder)}
	for round := range 30 {
		var wg sync.WaitGroup
		got := make([]error, 2)
		for i := range got {
			wg.Go(func() { _, got[i] = h.svc.ApproveOrder(holders[i], orders[i], "") })
		}
		wg.Wait()
		if (got[0] == nil) == (got[1] == nil) {
			t.Fatalf("round %d: %v and %v", round, got[0], got[1])
		}
		for _, err := range got {
			if err != nil {
				want(t, err, disbursement.ErrLimit)
			}
		}
		h.Exec("UPDATE payment_orders SET status = 'checked', approved_by = NULL, approved_at = NULL")
	}
}

// TestPaymentsOfYesterdayDoNotCount moves an approval to another day and to another year.
func TestPaymentsOfYesterdayDoNotCount(t *testing.T) {
	h := running(t, 400, 600)
	_, err := h.svc.ApproveOrder(h.Holder, h.toApprove(0).ID, "")
	h.Must(err, "approve the first")
	o := h.toApprove(1)
	h.limit("day", 600)
	h.limit("payee", 600)
	_, err = h.svc.ApproveOrder(h.Holder, o.ID, "")
	want(t, err, disbursement.ErrLimit)
	h.Exec("UPDATE payment_orders SET approved_at = date_trunc('year', approved_at AT TIME ZONE 'Asia/Ho_Chi_Minh') AT TIME ZONE 'Asia/Ho_Chi_Minh' - interval '1 second' WHERE approved_at IS NOT NULL")
	_, err = h.svc.ApproveOrder(h.Holder, o.ID, "")
	h.Must(err, "approve when the other counts for last year")
}

func TestTreasuryReferenceTwice(t *testing.T) {
	h := running(t, 400, 600)
	first, second := h.released(0), h.released(1)
	_, err := h.svc.RecordPaid(h.Finance, first.ID, "KB-2026-77", h.today())
	h.Must(err, "record the first")
	_, err = h.svc.RecordPaid(h.Finance, second.ID, "KB-2026-77", h.today())
	want(t, err, disbursement.ErrPaidTwice)
	if s := h.status(second.RequestID); s != disbursement.Ordered {
		t.Errorf("the refusal moved the request to %s", s)
	}
	stands(t, "the line", h.Budget(), 0, 600, 400)
	_, err = h.svc.RecordPaid(h.Finance, second.ID, "KB-2026-78", h.today())
	h.Must(err, "record the second")
	stands(t, "the line", h.Budget(), 0, 0, 1000)
}

func TestFailedOrder(t *testing.T) {
	h := running(t, 400, 600)
	h.limit("day", 400)
	o := h.released(0)
	_, err := h.svc.RecordFailed(h.Finance, o.ID, " ")
	want(t, err, disbursement.ErrReason)
	_, err = h.svc.RecordFailed(h.Finance, o.ID, "Sai số tài khoản")
	h.Must(err, "record the failure")
	if s := h.status(o.RequestID); s != disbursement.Checked {
		t.Fatalf("after a failure the request is %s", s)
	}
	stands(t, "the line", h.Budget(), 600, 400, 0)
	_, err = h.svc.RecordPaid(h.Finance, o.ID, "KB-1", h.today())
	want(t, err, disbursement.ErrOrderState)

	again, err := h.svc.MakeOrder(h.Finance, o.RequestID)
	h.Must(err, "order anew")
	_, err = h.svc.CancelOrder(h.Accountant, again.ID, "Sai kỳ")
	h.Must(err, "cancel")
	if s := h.status(o.RequestID); s != disbursement.Checked {
		t.Fatalf("after a cancelled order the request is %s", s)
	}
	again, err = h.svc.MakeOrder(h.Finance, o.RequestID)
	h.Must(err, "order once more")
	_, err = h.svc.CheckOrder(h.Accountant, again.ID, seen)
	h.Must(err, "check it")
	_, err = h.svc.ApproveOrder(h.Holder, again.ID, "") // what failed does not count against the day
	h.Must(err, "approve it")
	h.release(again.ID)
	_, err = h.svc.RecordPaid(h.Finance, again.ID, "KB-2", h.today())
	h.Must(err, "record it")
	stands(t, "the line", h.Budget(), 600, 0, 400)
}

// TestRequestRefusals tries what no step of the procedure allows.
func TestRequestRefusals(t *testing.T) {
	h := running(t, 400, 600)
	h.Exec("UPDATE agreement_milestones SET status = 'pending' WHERE position = 2")
	h.Reload()
	_, err := h.svc.Create(h.Applicant, h.Agreement.ID, h.Agreement.Milestones[1].ID, "")
	want(t, err, disbursement.ErrNotPayable)
	_, err = h.svc.Create(h.Finance, h.Agreement.ID, h.Agreement.Milestones[0].ID, "")
	want(t, err, access.ErrForbidden)
	r := h.submitted(0)
	_, err = h.svc.MakeOrder(h.Finance, r.ID)
	want(t, err, disbursement.ErrNotChecked)
	_, err = h.svc.Return(h.Finance, r.ID, " ")
	want(t, err, disbursement.ErrReason)
	_, err = h.svc.Return(h.Finance, r.ID, "Thiếu hóa đơn")
	h.Must(err, "return")
	_, err = h.svc.Check(h.As(access.FinanceOfficer), r.ID, seen)
	want(t, err, disbursement.ErrNotSubmitted)
	r = h.submitted(0) // a new one for the same milestone
	_, err = h.svc.Reject(h.Finance, r.ID, "Sai đối tượng")
	h.Must(err, "reject")
	r = h.submitted(0)
	_, err = h.svc.Cancel(h.Applicant, r.ID)
	h.Must(err, "cancel")
	_, err = h.svc.Submit(h.Applicant, r.ID)
	want(t, err, access.ErrState)
	stands(t, "the line", h.Budget(), 1000, 0, 0)
}

// TestConflictHidesAPayment keeps a released order from a finance officer in conflict with its call or its firm, in the
// inbox too, and from recording it; a colleague records it.
func TestConflictHidesAPayment(t *testing.T) {
	for _, tie := range []access.Ref{{Kind: "call"}, {Kind: "organisation"}} {
		h := running(t, 400, 600)
		o := h.released(0)
		tie.ID = map[string]uuid.UUID{"call": h.Call.ID, "organisation": h.Dossiers[0].OrganisationID}[tie.Kind]
		other := h.As(access.FinanceOfficer)
		if tasks, err := h.svc.Tasks(other); err != nil || len(tasks) != 1 {
			t.Fatalf("before the conflict the inbox says %v, %v", tasks, err)
		}
		h.Must(access.AddTie(other, h.DB, access.Tie{Kind: "conflict", Who: access.From(other).ID, Object: tie, Reason: "người thân"}), "tie")
		if tasks, err := h.svc.Tasks(other); err != nil || len(tasks) != 0 {
			t.Errorf("in conflict with the %s the inbox says %v, %v", tie.Kind, tasks, err)
		}
		_, err := h.svc.RecordPaid(other, o.ID, "KB-2026-01", h.today())
		want(t, err, access.ErrNotFound)
		_, err = h.svc.RecordPaid(h.Finance, o.ID, "KB-2026-01", h.today())
		h.Must(err, "record the payment")
	}
}
