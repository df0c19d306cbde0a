package journey

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/net/html"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/app"
	"kinhbac/internal/audit"
	"kinhbac/internal/budget"
	"kinhbac/internal/calendar"
	"kinhbac/internal/demo"
	"kinhbac/internal/errs"
	"kinhbac/internal/identity"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
)

var raceRounds = flag.Int("race-rounds", 2, "rounds of every race between sessions, at most 9: each ends a year")

const (
	second = "nguoi.thu.hai" // another chief accountant
	third  = "nguoi.thu.ba"  // another account holder
)

// races is a world whose office prepares by the commands and whose people meet over HTTP, each in a session of their own.
type races struct {
	*world
	officer, chief context.Context // who prepares
	year           int             // of the round: one that no round before closed
}

// TestSessionsMeet lets people act on one thing at once, over HTTP and in sessions of their own: what closes against what
// posts, what moves against what spends. Whoever comes too late is refused, and the books stand every time.
func TestSessionsMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-05 09:00")
	w.staff(uuid.Nil)
	for login, role := range map[string]access.Role{second: access.ChiefAccountant, third: access.AccountHolder} {
		if _, _, err := w.app.Identity.AddUser(access.With(t.Context(), access.System()), identity.NewUser{Login: login, Name: login, Password: demo.Password,
			Unit: access.UnitFinance, Factor: true}); err != nil {
			t.Fatal(err)
		}
		w.grant(login, identity.NewGrant{Role: role, Unit: access.UnitFinance})
	}
	as := func(r access.Role) context.Context {
		var ctx context.Context
		err := w.db.RunInTx(t.Context(), nil, func(in context.Context, tx bun.Tx) error { // with the act that verify asks of every row
			ctx = accesstest.As(t, context.Background(), tx, accesstest.Person{Roles: []access.Role{r}})
			return audit.Record(in, tx, audit.Event{Act: "user.create", Object: access.From(ctx).ID, Label: string(r)})
		})
		if err != nil {
			t.Fatal(err)
		}
		who := access.From(ctx)
		who.Proved = who.Proved.Add(24 * time.Hour) // the clock of the sessions runs ahead
		return access.With(ctx, who)
	}
	x := &races{world: w, officer: as(access.FinanceOfficer), chief: as(access.ChiefAccountant)}
	*raceRounds = min(*raceRounds, 9)
	for round := range *raceRounds {
		x.year = 2017 + round // the first with codes
		x.round(round)
	}
	w.verify()
	x.prove()
}

// prove runs the probes of every room, as kinhbac verify does.
func (x *races) prove() {
	x.t.Helper()
	tx, err := x.db.BeginTx(x.t.Context(), nil)
	x.must(err)
	defer tx.Rollback() //nolint:errcheck
	for _, p := range app.Probes() {
		checks, err := p.Run(x.t.Context(), audit.Look{Tx: tx, Step: func(int64) {}})
		x.must(err)
		for _, c := range checks {
			if c.Break != "" {
				x.t.Errorf("%s: %s, %s instead of %s", c.Code, c.Break, c.Stands, c.Wanted)
			}
		}
	}
}

// shot is a command of somebody, ready to be sent.
type shot struct {
	login, path, body string
	req               *http.Request
	status            int
	answer            string
}

// aim makes the request of a command: session, token and a one-time code of its own.
func (x *races) aim(login, path, body string) *shot {
	x.t.Helper()
	v, token := x.as(login).get("/profile").ok(), ""
	walk(v.page.doc, func(n *html.Node) {
		if attr(n, "name") == "_csrf" {
			token = attr(n, "value")
		}
	})
	code, err := x.app.Identity.Code(x.t.Context(), login)
	if err != nil {
		x.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", x.base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json", "Origin": x.base, "X-CSRF-Token": token,
		"Idempotency-Key": uuid.NewString(), "X-Step-Up-Code": code} {
		req.Header.Set(name, value)
	}
	return &shot{login: login, path: path, body: body, req: req}
}

// meet sends all at once. Each is accepted or refused as a conflict; how many were accepted is given back.
func (x *races) meet(what string, shots ...*shot) (accepted int) {
	x.t.Helper()
	var wg sync.WaitGroup
	start := make(chan struct{})
	got := make([]error, len(shots))
	for i, s := range shots {
		wg.Go(func() {
			<-start
			res, err := x.people[s.login].http.Do(s.req)
			if err != nil {
				got[i] = err
				return
			}
			defer res.Body.Close()
			b, err := io.ReadAll(res.Body)
			s.status, s.answer, got[i] = res.StatusCode, string(b), err
		})
	}
	close(start)
	wg.Wait()
	x.clock.Advance(30 * time.Second) // the codes are spent
	if err := errors.Join(got...); err != nil {
		x.t.Fatal(err)
	}
	for _, s := range shots {
		switch s.status {
		case http.StatusOK:
			accepted++
		case http.StatusConflict, http.StatusUnprocessableEntity:
		default:
			x.t.Fatalf("%s: %s of %s answered %d %s", what, s.path, s.login, s.status, s.answer)
		}
	}
	return accepted
}

func (x *races) must(err error) {
	x.t.Helper()
	if err != nil {
		e := errs.From(err)
		x.t.Fatalf("%v %v", err, e.Fields)
	}
}

// line plans a line and gives it money.
func (x *races) line(year int, parent *budget.Line, code, source string, amount int64) *budget.Line {
	x.t.Helper()
	in := budget.PlanInput{Year: year, Code: code, NameVI: code, NameEN: code, SourceCode: source, Amount: money.VND(amount)}
	if parent != nil {
		in.Parent = parent.ID
	}
	l, err := x.app.Budget.Plan(x.officer, in)
	x.must(err)
	switch {
	case parent == nil:
		x.must(x.app.Budget.Approve(x.chief, l.ID, l.Version, "1/QĐ", calendar.On(2025, 12, 1)))
	case amount > 0:
		a, err := x.app.Budget.Propose(x.officer, l.ID, budget.ProposeInput{Kind: budget.Allocate, Amount: money.VND(amount), Reason: "x"})
		x.must(err)
		x.must(x.app.Budget.Decide(x.chief, a.ID, "2/QĐ", calendar.On(2025, 12, 1)))
	}
	l, err = budget.Get(x.t.Context(), x.db, l.ID)
	x.must(err)
	return l
}

func (x *races) propose(l *budget.Line, in budget.ProposeInput) string {
	x.t.Helper()
	in.Reason = "lý do"
	a, err := x.app.Budget.Propose(x.officer, l.ID, in)
	x.must(err)
	return path(l) + "/acts/" + a.ID.String() + "/" + strings.ReplaceAll(string(in.Kind), "_", "-")
}

func (x *races) held(l *budget.Line) ledger.State {
	x.t.Helper()
	s, err := ledger.Line(x.t.Context(), x.db, l.ControlLine)
	x.must(err)
	return s
}

func path(l *budget.Line) string { return fmt.Sprintf("/budgets/%d/lines/%s", l.Year, l.ID) }

const decision = `{"decision_no": "9/QĐ", "decided_on": "2025-12-30"}`

func (x *races) commit(login string, l *budget.Line, amount int64) *shot {
	x.t.Helper()
	return x.aim(login, "/budget-lines/"+l.ID.String()+"/commitments", fmt.Sprintf(`{"amount": "%d", "approver_id": "%s", "document_no": "1/HĐ", "reason": "x"}`, amount, access.From(x.chief).ID))
}

func (x *races) equal(what string, got money.Amount, want int64) {
	x.t.Helper()
	if !got.Equal(money.VND(want)) {
		x.t.Fatalf("%s is %s, want %d", what, got, want)
	}
}

// round is one of every race, on a year of its own.
func (x *races) round(n int) {
	x.t.Helper()
	y := x.year
	root := x.line(y, nil, "NS", budget.StateBudget, 1000)
	a, b := x.line(y, root, "A", "", 300), x.line(y, root, "B", "", 200)

	// Two commitments that do not fit together, and the opening of the adjusting period.
	got := x.meet("commit against the adjusting period", x.commit(finance, a, 200), x.commit(colleague, a, 200), x.aim(accountant, fmt.Sprintf("/budgets/%d/year-end/start-adjusting", y), "{}"))
	if s := x.held(a); got > 2 || got == 0 || !s.Committed.IsZero() && !s.Committed.Equal(money.VND(200)) {
		x.t.Fatalf("%d accepted, committed %s", got, s.Committed)
	}

	// Two carry-overs of one line, a third to where another goes.
	next := x.line(y+50, nil, fmt.Sprint("X", y), budget.StateBudget, 500) // an open year far off
	c, d := x.line(y+50, next, fmt.Sprint("X", y, ".1"), "", 200), x.line(y+50, next, fmt.Sprint("X", y, ".2"), "", 100)
	after := x.line(y+51, nil, fmt.Sprint("Y", y), budget.StateBudget, 10)
	e, f := x.line(y+51, after, fmt.Sprint("Y", y, ".1"), "", 0), x.line(y+51, after, fmt.Sprint("Y", y, ".2"), "", 0)
	one, two := x.propose(c, budget.ProposeInput{Kind: budget.CarryOver, To: e.ID, Amount: money.VND(150)}), x.propose(c, budget.ProposeInput{Kind: budget.CarryOver, To: f.ID, Amount: money.VND(150)})
	if got := x.meet("two carry-overs", x.aim(accountant, one, decision), x.aim(second, two, decision)); got != 1 {
		x.t.Fatalf("%d of two carry-overs accepted", got)
	}
	x.equal("carried", money.Sum(x.held(e).Available, x.held(f).Available), 150)
	// A carry-over of all that is left against a commitment of it.
	three := x.propose(c, budget.ProposeInput{Kind: budget.CarryOver, To: e.ID, Amount: money.VND(50)})
	if got := x.meet("carry-over against commitment", x.aim(accountant, three, decision), x.commit(finance, c, 30)); got != 1 {
		x.t.Fatalf("%d accepted of a carry-over and a commitment of the same money", got)
	}
	// A transfer of what is available against the release that makes more available.
	if got := x.meet("commit", x.commit(finance, d, 60)); got != 1 {
		x.t.Fatal("no commitment to release")
	}
	claims, err := x.app.Budget.Claims(x.t.Context(), x.db, d)
	x.must(err)
	move := x.propose(d, budget.ProposeInput{Kind: budget.Transfer, Amount: money.VND(90), To: c.ID})
	free := x.propose(d, budget.ProposeInput{Kind: budget.Release, Amount: money.VND(60), FreesKind: claims[0].Kind, Frees: claims[0].ID})
	before := x.held(c).Authorised
	got = x.meet("transfer against release", x.aim(accountant, move, decision), x.aim(second, free, decision))
	if s := x.held(d); !money.Sum(s.Authorised, x.held(c).Authorised).Equal(before.Add(money.VND(100))) || !s.Committed.IsZero() || got == 0 {
		x.t.Fatalf("%d accepted, %+v", got, s)
	}

	x.import2(y+50, next)
	x.sponsor(y)
	x.endYear(y, root, a, b)
	x.month(n, d)
}

// import2 has two people confirm one file at once.
func (x *races) import2(year int, root *budget.Line) {
	x.t.Helper()
	file := fmt.Sprintf("code,source_code,name_vi,name_en,parent_code,amount\n%s.9,NS,Thêm,More,%s,10\n", root.Code, root.Code)
	m, err := x.app.Budget.LoadLines(x.officer, year, root.Code+".csv", strings.NewReader(file))
	x.must(err)
	at, body := "/budget-imports/"+m.ID.String()+"/confirm", fmt.Sprintf(`{"version": %d, "decision_no": "9/QĐ", "decided_on": "2025-12-30"}`, m.Version)
	if got := x.meet("two confirm one import", x.aim(accountant, at, body), x.aim(second, at, body)); got != 1 {
		x.t.Fatalf("%d confirmed one import", got)
	}
}

// sponsor lets a receipt be confirmed while it is committed: the commitment passes only after the money is there.
func (x *races) sponsor(y int) {
	x.t.Helper()
	root := x.line(y+50, nil, fmt.Sprint("T", y), budget.Sponsorship, 1)
	l := x.line(y+50, root, fmt.Sprint("T", y, ".1"), "", 0)
	sp, err := x.app.Budget.Pledge(x.officer, l.ID, budget.PledgeInput{Donor: "Công ty", Purpose: "p", DocumentNo: fmt.Sprint(y), DocumentOn: calendar.On(2025, 12, 1), Pledged: money.VND(100)})
	x.must(err)
	r, err := x.app.Budget.RecordReceipt(x.officer, sp.ID, budget.ReceiptInput{Amount: money.VND(100), Account: "cash_treasury", Reference: fmt.Sprint("KB-", y), ReceivedOn: calendar.On(2025, 12, 30)})
	x.must(err)
	got := x.meet("receipt against its commitment", x.aim(accountant, "/sponsorship-receipts/"+r.ID.String()+"/confirm", "{}"), x.commit(finance, l, 100), x.commit(colleague, l, 1))
	s := x.held(l)
	x.equal("received", s.Authorised, 100)
	if got < 1 || s.Committed.Cmp(money.VND(100)) > 0 {
		x.t.Fatalf("%d accepted, %+v", got, s)
	}
}

// endYear closes a year against commitments, and reopens it against an act on it.
func (x *races) endYear(y int, root, a, b *budget.Line) {
	x.t.Helper()
	state, err := ledger.YearOf(x.t.Context(), x.db, "BUDGET", y)
	x.must(err)
	if state.State == ledger.YearOpen {
		x.t.Fatalf("nobody could open the adjusting period of %d", y)
	}
	if held := x.held(a).Committed; !held.IsZero() {
		claims, err := x.app.Budget.Claims(x.t.Context(), x.db, a)
		x.must(err)
		if got := x.meet("release", x.aim(accountant, x.propose(a, budget.ProposeInput{Kind: budget.Release, Amount: held, FreesKind: claims[0].Kind, Frees: claims[0].ID}), decision)); got != 1 {
			x.t.Fatal("the commitment is not released")
		}
	}
	many, err := x.app.Budget.ProposeCancellation(x.officer, y, []uuid.UUID{root.ID, a.ID, b.ID}, "hết năm")
	x.must(err)
	if got := x.meet("cancel", x.aim(accountant, fmt.Sprintf("/budgets/%d/cancellations/%s/decide", y, many.ID), decision)); got != 1 {
		x.t.Fatal("the unused is not cancelled")
	}
	x.sealed(y)
	board := fmt.Sprintf("/budgets/%d/year-end/", y)
	closing := x.aim(holder, board+"close", "{}")
	x.meet("close against commitments", closing, x.commit(finance, a, 1), x.commit(colleague, b, 1))
	if closing.status != http.StatusOK || !x.held(a).Committed.IsZero() || !x.held(b).Committed.IsZero() {
		x.t.Fatalf("close %d %s, committed %s %s", closing.status, closing.answer, x.held(a).Committed, x.held(b).Committed)
	}
	if got := x.meet("ask", x.aim(accountant, board+"ask-reopen", `{"reason": "sót chứng từ"}`)); got != 1 {
		x.t.Fatal("reopening is not asked for")
	}
	reopen := x.aim(holder, board+"reopen", "{}")
	x.meet("reopen against a posting", reopen, x.commit(finance, a, 1), x.aim(colleague, path(a)+"/propose-cancel", `{"amount": "1", "reason": "x"}`))
	if reopen.status != http.StatusOK || !x.held(a).Committed.IsZero() {
		x.t.Fatalf("reopen %d %s", reopen.status, reopen.answer)
	}
	var late []uuid.UUID // proposed after the reopening; the year waits for its end
	x.must(x.db.NewRaw("SELECT id FROM budget_acts WHERE line_id = ? AND status = 'proposed'", a.ID).Scan(x.t.Context(), &late))
	for _, id := range late {
		x.must(x.app.Budget.Decline(x.chief, id, "không còn"))
	}
	x.sealed(y)
	if got := x.meet("close again", x.aim(third, board+"close", "{}"), x.aim(holder, board+"close", "{}")); got != 1 {
		x.t.Fatalf("closed %d times", got)
	}
}

// sealed waits until nothing of a year is left to be sealed: the sealer stays below the oldest transaction of the server,
// which other programs share.
func (x *races) sealed(y int) {
	x.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		x.settle()
		left, err := x.app.Budget.Blockers(x.t.Context(), y)
		x.must(err)
		if len(left) == 0 {
			return
		}
		if left[0].Code != "unsealed" || time.Now().After(end) {
			x.t.Fatalf("%d is kept open by %+v", y, left)
		}
	}
}

// month closes the month at hand against a commitment in it; then the next month begins.
func (x *races) month(n int, l *budget.Line) {
	x.t.Helper()
	x.settle()
	m := n + 1
	closing := x.aim(accountant, "/budgets/2026/year-end/close-month", fmt.Sprintf(`{"book": "BUDGET", "month": "2026-%02d-01"}`, m))
	before := x.held(l).Committed
	c, d := x.commit(finance, l, 1), x.commit(colleague, l, 2)
	x.meet("close of a month against commitments", closing, c, d)
	sum := before
	for i, s := range []*shot{c, d} {
		if s.status == http.StatusOK {
			sum = sum.Add(money.VND(int64(i) + 1))
		}
	}
	if !x.held(l).Committed.Equal(sum) {
		x.t.Fatalf("committed %s, acknowledged %s", x.held(l).Committed, sum)
	}
	x.at(fmt.Sprintf("2026-%02d-05 09:00", m+1))
}
