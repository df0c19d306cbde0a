package budget

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web/webtest"
)

// TestNoDayAhead decides and records on the day after today, which every document refuses, and on today, which passes.
// Today is that of deciding time, ten days behind the clock of the machine.
func TestNoDayAhead(t *testing.T) {
	b := openBureau(t)
	if err := storage.SetShift(t.Context(), dbtest.Owner(t, b.db), -10*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	var today calendar.Date
	if err := b.db.NewRaw("SELECT kb.today()").Scan(t.Context(), &today); err != nil {
		t.Fatal(err)
	}
	year := today.Year()
	root, sponsored := b.line(t, year, nil, "A", StateBudget, 1000), b.line(t, year, nil, "B", Sponsorship, 1000)
	child := b.line(t, year, root, "A.1", "", 100)
	plan, err := b.svc.Plan(b.officer, PlanInput{Year: year, Code: "C", NameVI: "a", NameEN: "b", SourceCode: StateBudget, Amount: money.VND(9)})
	if err != nil {
		t.Fatal(err)
	}
	act := b.propose(t, root, ProposeInput{Kind: Adjust, Amount: money.VND(5), Reason: "bổ sung"})
	cancel, err := b.svc.ProposeCancellation(b.officer, year, []uuid.UUID{child.ID}, "hết năm")
	if err != nil {
		t.Fatal(err)
	}
	estimate := b.confirmed(t, b.draft(t, task("Ươm tạo", StateBudget, "CT4", 600)))
	lines, err := b.svc.LoadLines(b.officer, year, "a.csv", strings.NewReader("code,parent_code,name_vi,name_en,source_code,amount\nD,,Ngân sách,Budget,NS,9\n"))
	if err != nil {
		t.Fatal(err)
	}
	codes, err := b.svc.LoadCodes(b.officer, "a.csv", strings.NewReader(newChapters))
	if err != nil {
		t.Fatal(err)
	}
	pledge := PledgeInput{Donor: "Công ty Kinh Bắc", Purpose: "vườn ươm", DocumentNo: "5/TT", DocumentOn: today, Pledged: money.VND(500)}
	sponsor, err := b.svc.Pledge(b.officer, sponsored.ID, pledge)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, field string
		do          func(on calendar.Date) error
	}{
		{"a root", "decided_on", func(on calendar.Date) error { return b.svc.Approve(b.chief, plan.ID, plan.Version, "1/QĐ", on) }},
		{"an act", "decided_on", func(on calendar.Date) error { return b.svc.Decide(b.chief, act.ID, "1/QĐ", on) }},
		{"a cancellation", "decided_on", func(on calendar.Date) error {
			return b.svc.DecideCancellation(b.chief, year, cancel.ID, "1/QĐ", on)
		}},
		{"an estimate", "decided_on", func(on calendar.Date) error {
			return b.svc.Assign(b.leader, estimate.ID, estimate.Version, "1/QĐ", on)
		}},
		{"an import of lines", "decided_on", func(on calendar.Date) error { return b.svc.ConfirmLines(b.chief, lines.ID, lines.Version, "1/QĐ", on) }},
		{"an import of codes", "decided_on", func(on calendar.Date) error { return b.svc.ConfirmCodes(b.chief, codes.ID, codes.Version, "1/QĐ", on) }},
		{"a promise", "document_on", func(on calendar.Date) error {
			in := pledge
			in.DocumentNo, in.DocumentOn = "6/TT", on
			_, err := b.svc.Pledge(b.officer, sponsored.ID, in)
			return err
		}},
		{"a receipt", "received_on", func(on calendar.Date) error {
			_, err := b.svc.RecordReceipt(b.officer, sponsor.ID, ReceiptInput{Amount: money.VND(200), Account: "cash_treasury", Reference: "KB-1", ReceivedOn: on})
			return err
		}},
		{"a sub-source", "signed_on", func(on calendar.Date) error {
			_, err := b.svc.AddSource(b.officer, SubSource{SourceCode: Other, Code: "K1", NameVI: "a", NameEN: "b", DocumentNo: "7/TT", SignedOn: on})
			return err
		}},
	} {
		if e := errs.From(c.do(today.AddDays(1))); e.Kind != errs.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != c.field {
			t.Errorf("%s of tomorrow = %v %v", c.name, e, e.Fields)
		}
		if err := c.do(today); err != nil {
			t.Errorf("%s of today = %v", c.name, err)
		}
	}
	b.proved(t)
}

// TestYearOfThePath decides and declines only under the year that a document belongs to.
func TestYearOfThePath(t *testing.T) {
	o := open(t)
	root := o.line(t, 2025, nil, "A", StateBudget, 1000)
	a := o.line(t, 2025, root, "A.1", "", 300)
	c, err := o.svc.ProposeCancellation(o.officer, 2025, []uuid.UUID{a.ID}, "hết năm")
	if err != nil {
		t.Fatal(err)
	}
	act := o.propose(t, root, ProposeInput{Kind: Adjust, Amount: money.VND(5), Reason: "bổ sung"})
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	decision, why := url.Values{"decision_no": {"9/QĐ"}, "decided_on": {"12/12/2025"}}, url.Values{"reason": {"tính lại"}}
	bulk, single := "/cancellations/"+c.ID.String(), "/lines/"+root.ID.String()+"/acts/"+act.ID.String()
	for path, form := range map[string]url.Values{bulk + "/decide": decision, bulk + "/decline": why, single + "/adjust": decision, single + "/decline": why} {
		w.Post(o.chief, "/budgets/2026"+path, form).Status(404)
	}
	w.API(o.chief, "POST", "/budgets/2026"+bulk+"/decide", map[string]any{"decision_no": "9/QĐ", "decided_on": "2025-12-12"}, nil).Status(404)
	w.Post(o.chief, "/budgets/2025"+bulk+"/decide", decision).Location("/budgets/2025" + bulk)
	w.Post(o.chief, "/budgets/2025"+single+"/adjust", decision).Location("/budgets/2025/lines/" + root.ID.String())
}
