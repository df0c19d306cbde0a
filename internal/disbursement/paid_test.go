package disbursement_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/council/counciltest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/disbursement"
	"kinhbac/internal/ledger"
	"kinhbac/internal/storage"
	"kinhbac/internal/web/webtest"
)

// noon lets deciding time pass to the noon of a day; it only runs forward.
func (h *house) noon(day calendar.Date) {
	h.T.Helper()
	h.Must(storage.SetShift(h.T.(*testing.T).Context(), dbtest.Owner(h.T, h.DB), time.Until(day.Start().Add(12*time.Hour))), "let time pass")
}

// booked wants three journals of an order, on one day and under one document.
func (h *house) booked(o *disbursement.Order, on calendar.Date, no string) {
	h.T.Helper()
	var rows []struct {
		On calendar.Date
		No string
	}
	h.Must(h.DB.NewRaw("SELECT effective_on AS on, document_no AS no FROM ledger.journals WHERE document_id = ?", o.ID).Scan(h.T.(*testing.T).Context(), &rows), "read the journals")
	if len(rows) != 3 {
		h.T.Errorf("%s: %d journals", o.No, len(rows))
	}
	for _, j := range rows {
		if j.On != on || j.No != o.No+", "+no {
			h.T.Errorf("%s: posted on %s as %q, want %s as %q", o.No, j.On.Format(), j.No, on.Format(), no)
		}
	}
}

// TestPaymentDay records payments on the day of the release and today, and neither a day earlier nor later.
func TestPaymentDay(t *testing.T) {
	h := running(t, 400, 600)
	today := counciltest.Today()
	released := today.AddDays(-10)
	h.noon(released)
	first, second := h.released(0), h.released(1)
	h.Must(storage.SetShift(t.Context(), dbtest.Owner(t, h.DB), 0), "return to the present")
	for _, day := range []calendar.Date{{}, released.AddDays(-1), today.AddDays(1)} {
		_, err := h.svc.RecordPaid(h.Finance, first.ID, "KB-1", day)
		want(t, err, disbursement.ErrPaidDay)
	}
	if s := h.status(first.RequestID); s != disbursement.Ordered {
		t.Errorf("a refusal moved the request to %s", s)
	}
	o, err := h.svc.RecordPaid(h.Finance, first.ID, "KB-1", released)
	h.Must(err, "record the first")
	h.booked(o, released, "KB-1 ngày "+released.Format())
	o, err = h.svc.RecordPaid(h.Finance, second.ID, "KB-2", today)
	h.Must(err, "record the second")
	h.booked(o, today, "KB-2 ngày "+today.Format())
	h.proved()
	for _, set := range []string{"paid_on = paid_on - 1", "paid_on = NULL"} {
		if _, err := h.DB.NewRaw("UPDATE payment_orders SET "+set+" WHERE id = ?", first.ID).Exec(t.Context()); err == nil {
			t.Errorf("the table takes %s", set)
		}
	}
}

// TestPaymentBeforeItsYear releases an order in the last days before the budget year of its line: the year pays from its
// first day.
func TestPaymentBeforeItsYear(t *testing.T) {
	h := running(t, 1000)
	h.noon(calendar.On(2025, 12, 30))
	o := h.released(0)
	h.Must(storage.SetShift(t.Context(), dbtest.Owner(t, h.DB), 0), "return to the present")
	_, err := h.svc.RecordPaid(h.Finance, o.ID, "KB-1", calendar.On(2025, 12, 31))
	want(t, err, disbursement.ErrYearAhead)
	_, err = h.svc.RecordPaid(h.Finance, o.ID, "KB-1", calendar.On(2026, 1, 1))
	h.Must(err, "record on the first day")
	h.proved()
}

// TestPaymentIntoAClosedMonth records a payment of a month that is closed meanwhile: the books take it today, the document
// keeps its day.
func TestPaymentIntoAClosedMonth(t *testing.T) {
	h := running(t, 1000)
	day := counciltest.Today().AddDays(-45)
	h.noon(day)
	o := h.released(0)
	h.Must(storage.SetShift(t.Context(), dbtest.Owner(t, h.DB), 0), "return to the present")
	h.Exec("UPDATE ledger.periods SET state = 'closed' WHERE starts_on <= ?::date AND ends_on >= ?::date", day, day)
	o, err := h.svc.RecordPaid(h.Finance, o.ID, "KB-1", day)
	h.Must(err, "record")
	if *o.PaidOn != day {
		t.Errorf("the order keeps %s", o.PaidOn.Format())
	}
	h.booked(o, counciltest.Today(), "KB-1 ngày "+day.Format())
	h.proved()
}

// TestPaymentYear records in February what the treasury paid around the end of a budget year: an advance of its last day and
// the work paid on the last day of the adjusting period come into the old year, a day later is too late for either.
func TestPaymentYear(t *testing.T) {
	h := advancing(t, 1000, 400)
	year := counciltest.Today().Year() - 2
	h.Exec("UPDATE budget_lines SET year = ? WHERE id = ?", year, h.Line.ID)
	h.Exec("ALTER TABLE ledger.control_lines DISABLE TRIGGER USER")
	h.Exec("UPDATE ledger.control_lines SET year = ? WHERE id = ?", year, h.Line.ControlLine)
	h.noon(calendar.On(year, 12, 30))
	advance := h.released(0)
	h.Accept(1)
	work := h.released(1)
	h.noon(calendar.On(year+1, 2, 5))
	pay := func(o *disbursement.Order, on calendar.Date) (*disbursement.Order, error) {
		return h.svc.RecordPaid(h.Finance, o.ID, "KB "+o.No, on)
	}
	last := calendar.On(year, 12, 31)
	h.state(year, "closed")
	_, err := pay(advance, last)
	want(t, err, ledger.ErrYearClosed)
	h.state(year, "adjusting")
	for o, day := range map[*disbursement.Order]calendar.Date{advance: last, work: calendar.On(year+1, 1, 31)} {
		_, err = pay(o, day.AddDays(1))
		want(t, err, disbursement.ErrYearSpent)
		paid, err := pay(o, day)
		h.Must(err, "record")
		h.booked(paid, day, "KB "+o.No+" ngày "+day.Format())
	}
	var spent int
	h.Must(h.DB.NewRaw("SELECT advance_year FROM disbursement_requests WHERE advance").Scan(t.Context(), &spent), "read the year of the advance")
	if spent != year {
		t.Errorf("advanced in %d", spent)
	}
	holds(t, "the line", h.Budget(), 9000, 0, 400, 600, 0)
	h.proved()
}

// state sets where a year of BUDGET stands, past the procedure of its end.
func (h *house) state(year int, state string) {
	h.T.Helper()
	h.Exec(`INSERT INTO ledger.budget_years (book_id, year, state) SELECT id, ?0, ?1 FROM ledger.books WHERE code = 'BUDGET'
		ON CONFLICT (book_id, year) DO UPDATE SET state = excluded.state`, year, state)
}

// TestPaymentDayOnThePage asks for the day in form and API and shows it afterwards.
func TestPaymentDayOnThePage(t *testing.T) {
	h := running(t, 400, 600)
	w := webtest.New(t, h.DB, h.Access, h.svc.Routes)
	first, second := h.released(0), h.released(1)
	at := func(o *disbursement.Order) (page, act string) {
		return "/disbursements/" + o.RequestID.String(), "/payments/" + o.ID.String() + "/record-paid"
	}
	today := counciltest.Today()
	page, act := at(first)
	w.Get(h.Finance, page).Status(200).Has(`name="paid_on"`)
	w.Post(h.Finance, act, url.Values{"treasury_ref": {"KB-1"}}).Status(422)
	w.Post(h.Finance, act, url.Values{"treasury_ref": {"KB-1"}, "paid_on": {today.AddDays(1).Format()}}).Status(422).Has(today.Format())
	w.Post(h.Finance, act, url.Values{"treasury_ref": {"KB-1"}, "paid_on": {today.Format()}}).Location(page)
	w.Get(h.Finance, page).Status(200).Has("KB-1, " + today.Format())
	w.Get(h.Applicant, page).Status(200).Has(today.Format())
	w.Get(h.Finance, "/payments").Status(200).Has(today.Format())

	_, act = at(second)
	w.API(h.Finance, "POST", act, map[string]string{"treasury_ref": "KB-2"}, nil).Status(422)
	w.API(h.Finance, "POST", act, map[string]string{"treasury_ref": "KB-2", "paid_on": today.AddDays(1).String()}, nil).Status(422)
	var out struct {
		ID     uuid.UUID     `json:"id"`
		PaidOn calendar.Date `json:"paid_on"`
	}
	w.API(h.Finance, "POST", act, map[string]string{"treasury_ref": "KB-2", "paid_on": today.String()}, &out).Status(200)
	if out.PaidOn != today {
		t.Errorf("the API answers %s", out.PaidOn.Format())
	}
}
