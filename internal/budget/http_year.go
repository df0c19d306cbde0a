package budget

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/audit"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

func (h handler) yearRoutes(rt *web.Router) {
	const board, trial = "/budgets/:year/year-end", "/budgets/:year/trial-balance"
	web.Page(rt, board, "budget_line", "read", "budget/year_end", h.board)
	web.Page(rt, trial, "ledger_entry", "read", "budget/trial", h.trial)
	web.Download(rt, "/budgets/:year/trial-balance.csv", "ledger_entry", "read", h.trialCSV)
	web.Command(rt, board+"/start-adjusting", "budget_line", "start_adjusting", board, h.startAdjusting)
	web.Command(rt, board+"/close", "budget_line", "close_year", board, h.closeYear)
	web.Command(rt, board+"/ask-reopen", "ledger_entry", "propose_reopen", board, h.askReopen)
	web.Command(rt, board+"/reopen", "ledger_entry", "reopen_period", board, h.reopen)
	web.Command(rt, board+"/close-month", "ledger_entry", "close_period", board, h.closeMonth)
	web.Page(rt, "/budgets/:year/spending-plan", "budget_line", "plan", "budget/spending_plan", h.planForm)
	web.JSON(rt, "/budgets/:year/spending-plan", "budget_line", "plan", h.apiPlan)
	web.Command(rt, "/budgets/:year/spending-plan", "budget_line", "plan", "/budgets/:year/spending-plan", h.setPlan)
}

// boardPage is the year-end board.
type boardPage struct {
	web.Base
	Year     int
	State    ledger.YearState
	End      *YearEnd // nil before the adjusting period
	People   map[uuid.UUID]string
	Days     []YearDay
	Blockers []blockerRow
	Checked  bool // the balances were compared with the postings
	Carry    []carryRow
	Months   []monthRow
	Records  []ledger.Record

	Cancellations []Cancellation // of many lines at once

	CanStart, CanClose, CanAsk, CanReopen, CanMonth, CanTrial, CanPropose bool
}

type blockerRow struct {
	Blocker
	HasAmount bool
}

// carryRow is a line that still holds money at year end, with what was proposed for it.
type carryRow struct {
	Line                                  *Line
	Href                                  string
	Reserved, Committed, Advanced, Unused money.Amount
	Requested                             money.Amount
	Proposed                              bool
}

// monthRow is a month of a book; Next says that it is the first one still open.
type monthRow struct {
	ledger.Period
	Next bool
	Hex  string
}

// StartedID is who opened the adjusting period.
func (p *boardPage) StartedID() *uuid.UUID { return &p.End.StartedBy }

// Name is the name behind an id.
func (p *boardPage) Name(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return p.People[*id]
}

func (h handler) board(ctx context.Context, r web.Req) (*boardPage, error) {
	p := &boardPage{}
	var err error
	if p.Year, err = year(r, nil); err != nil {
		return nil, err
	}
	y, err := ledger.YearOf(ctx, h.db, "BUDGET", p.Year)
	if err != nil {
		return nil, err
	}
	p.State = y.State
	now, err := h.now(ctx)
	if err != nil {
		return nil, err
	}
	if p.Days, err = Calendar(ctx, h.db, p.Year, now); err != nil {
		return nil, err
	}
	if err := h.checklist(ctx, r, p); err != nil {
		return nil, err
	}
	if p.Carry, err = h.held(ctx, p.Year); err != nil {
		return nil, err
	}
	q := h.access.Scope(ctx, h.db.NewSelect().Model(&p.Cancellations).Where("bc.year = ?", p.Year).OrderExpr("bc.proposed_at").Limit(blockerSize), "budget_line", "read", "budget_cancellation")
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("cancellations of %d: %w", p.Year, err)
	}
	if err := h.months(ctx, p); err != nil {
		return nil, err
	}
	if p.Records, err = ledger.Records(ctx, h.db, "BUDGET", p.Year); err != nil {
		return nil, err
	}
	return p, h.boardPeople(ctx, p, now)
}

// checklist lists what keeps the year open; the balances of a large year are compared when asked (?check=drift).
func (h handler) checklist(ctx context.Context, r web.Req, p *boardPage) error {
	if p.State == ledger.YearClosed {
		return nil
	}
	list, err := h.Service.Blockers(ctx, p.Year)
	if err != nil {
		return err
	}
	large, err := h.large(ctx, p.Year)
	if err != nil {
		return err
	}
	if p.Checked = !large || r.Query("check") == "drift"; p.Checked {
		drift, err := h.Drift(ctx, p.Year)
		if err != nil {
			return err
		}
		list = append(list, drift...)
	}
	for _, b := range list {
		p.Blockers = append(p.Blockers, blockerRow{b, !b.Amount.IsZero()})
	}
	return nil
}

// held are the lines of a year that still hold money, in the order of their codes.
func (h handler) held(ctx context.Context, year int) ([]carryRow, error) {
	rows, err := h.rows(ctx, blockerSize, `bl.year = ? AND bl.status = 'open' AND (cl.reserved + cl.committed + cl.requested + cl.advanced > 0
		OR cl.authorised > cl.allocated + cl.disbursed + cl.returned + cl.closing)`, year)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	var waiting []uuid.UUID
	err = h.db.NewSelect().Model((*Act)(nil)).ColumnExpr("DISTINCT ba.line_id").Where("ba.line_id IN (?)", in(ids)).
		Where("ba.status = ?", Proposed).Where("ba.kind IN ('carry_over', 'cancel')").Scan(ctx, &waiting)
	if err != nil {
		return nil, fmt.Errorf("proposals of %d: %w", year, err)
	}
	asked := map[uuid.UUID]bool{}
	for _, id := range waiting {
		asked[id] = true
	}
	out := make([]carryRow, len(rows))
	for i := range rows {
		o := rows[i].state()
		out[i] = carryRow{Line: &rows[i].Line, Href: href(&rows[i].Line), Reserved: o.Reserved, Committed: o.Committed, Advanced: o.Advanced,
			Unused: o.Available, Requested: o.Requested, Proposed: asked[rows[i].ID]}
	}
	return out, nil
}

func (h handler) months(ctx context.Context, p *boardPage) error {
	for _, book := range []string{"BUDGET", "ACTUAL"} {
		periods, err := ledger.Periods(ctx, h.db, book, p.Year)
		if err != nil {
			return err
		}
		next := true
		for _, m := range periods {
			row := monthRow{Period: m, Hex: hex.EncodeToString(m.Digest)}
			row.Next = next && m.State != ledger.PeriodClosed
			next = next && !row.Next
			p.Months = append(p.Months, row)
		}
	}
	return nil
}

func (h handler) boardPeople(ctx context.Context, p *boardPage, now time.Time) error {
	p.People = map[uuid.UUID]string{}
	role := func(resource, action string) bool {
		_, err := h.access.RequireRole(ctx, resource, action)
		return err == nil
	}
	p.CanTrial, p.CanPropose = role("ledger_entry", "read"), role("budget_line", "propose_carry_over")
	p.CanMonth = role("ledger_entry", "close_period")
	p.CanStart = p.State == ledger.YearOpen && role("budget_line", "start_adjusting") && len(p.Days) > 1 && calendar.DateOf(now).After(p.Days[1].Day)
	y := new(YearEnd)
	err := one(h.db.NewSelect().Model(y).Where("ye.year = ?", p.Year).Scan(ctx), "end of budget year", uuid.Nil)
	if err == errs.ErrNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	p.End, p.CanStart = y, false
	ids := map[uuid.UUID]bool{y.StartedBy: true}
	for _, id := range []*uuid.UUID{y.ClosedBy, y.ReopenBy} {
		if id != nil {
			ids[*id] = true
		}
	}
	p.CanClose = p.State == ledger.YearAdjusting && h.access.Can(ctx, h.db, "budget_line", "close_year", y)
	p.CanAsk = p.State == ledger.YearClosed && y.ReopenBy == nil && h.access.Can(ctx, h.db, "ledger_entry", "propose_reopen", y)
	p.CanReopen = p.State == ledger.YearClosed && y.ReopenBy != nil && h.access.Can(ctx, h.db, "ledger_entry", "reopen_period", y)
	p.People, err = names(ctx, h.db, ids)
	return err
}

func (h handler) onBoard(r web.Req, notice string, do func(year int) error) (web.Done, struct{}, error) {
	y, err := year(r, nil)
	if err == nil {
		err = do(y)
	}
	return web.Done{Location: "/budgets/" + strconv.Itoa(y) + "/year-end", Notice: notice}, struct{}{}, err
}

func (h handler) startAdjusting(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	return h.onBoard(r, "budget.started_notice", func(y int) error { return h.StartAdjusting(ctx, y) })
}

func (h handler) closeYear(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	return h.onBoard(r, "budget.closed_notice", func(y int) error { return h.CloseYear(ctx, y) })
}

func (h handler) askReopen(ctx context.Context, r web.Req, in declineIn) (web.Done, struct{}, error) {
	return h.onBoard(r, "budget.asked_notice", func(y int) error { return h.AskReopen(ctx, y, in.Reason) })
}

func (h handler) reopen(ctx context.Context, r web.Req, _ struct{}) (web.Done, struct{}, error) {
	return h.onBoard(r, "budget.reopened_notice", func(y int) error { return h.ReopenYear(ctx, y) })
}

type monthIn struct {
	Book  string        `form:"book" json:"book" kb:"required"`
	Month calendar.Date `form:"month" json:"month"`
}

func (h handler) closeMonth(ctx context.Context, r web.Req, in monthIn) (web.Done, struct{}, error) {
	return h.onBoard(r, "budget.month_notice", func(y int) error {
		if in.Book != "BUDGET" && in.Book != "ACTUAL" || in.Month.Year() != y || in.Month.Day() != 1 {
			return errs.ErrNotFound
		}
		return h.CloseMonth(ctx, in.Book, in.Month)
	})
}

// trialPage is the trial balance of a book for a year, stamped with the seal under which it stands.
type trialPage struct {
	web.Base
	Year     int
	Book     string
	From, To calendar.Date
	Rows     []ledger.TrialRow
	Debit    decimal.Decimal // of the rows in đồng
	Credit   decimal.Decimal
	Seal     *audit.Head
	Root     string
	Waiting  int // journals that are not under it yet
	Books    []string
	At       time.Time
}

func (h handler) trial(ctx context.Context, r web.Req) (*trialPage, error) {
	p := &trialPage{Book: "BUDGET", Books: []string{"BUDGET", "CONTRACT", "ACTUAL"}}
	if _, err := h.access.RequireRole(ctx, "budget_line", "read"); err != nil {
		return nil, errs.ErrNotFound
	}
	var err error
	if p.Year, err = year(r, nil); err != nil {
		return nil, err
	}
	for _, b := range p.Books {
		if r.Query("book") == b {
			p.Book = b
		}
	}
	p.From, p.To = calendar.On(p.Year, 1, 1), calendar.On(p.Year, 12, 31)
	if p.Rows, err = h.trials.Of(ctx, h.db, p.Book, p.From, p.To); err != nil {
		return nil, err
	}
	for _, x := range p.Rows {
		if x.Currency == "VND" {
			p.Debit, p.Credit = p.Debit.Add(x.Debit), p.Credit.Add(x.Credit)
		}
	}
	if p.Seal, err = audit.LatestHead(ctx, h.db, "ledger"); err != nil {
		return nil, err
	}
	if p.Seal != nil {
		p.Root = hex.EncodeToString(p.Seal.Root)
	}
	err = h.db.NewRaw(`SELECT count(*) FROM (SELECT FROM ledger.journals j
		WHERE j.recorded_xid >= COALESCE((SELECT h.below FROM seal_heads h WHERE h.tree = 'ledger' ORDER BY h.size DESC LIMIT 1), '0'::xid8)
		AND NOT EXISTS (SELECT FROM seal_leaves s WHERE s.tree = 'ledger' AND s.row_id = j.id) LIMIT 1000) x`).Scan(ctx, &p.Waiting)
	if err != nil {
		return nil, fmt.Errorf("journals that wait for the seal: %w", err)
	}
	p.At, err = h.now(ctx)
	return p, err
}

func (h handler) trialCSV(ctx context.Context, r web.Req) (web.File, error) {
	p, err := h.trial(ctx, r)
	if err != nil {
		return web.File{}, err
	}
	var rows [][]string
	for _, x := range p.Rows {
		name := x.NameVI
		if r.Lang() == i18n.EN {
			name = x.NameEN
		}
		rows = append(rows, []string{x.Account, name, x.Currency, x.Opening.String(), x.Debit.String(), x.Credit.String(), x.Closing.String()})
	}
	if p.Seal != nil {
		rows = append(rows, []string{}, []string{i18n.T(ctx, "budget.seal"), p.Root, strconv.FormatInt(p.Seal.Size, 10), web.Logtime(p.Seal.SealedAt)})
	}
	return r.CSV(ctx, "can-doi-"+p.Book+"-"+strconv.Itoa(p.Year), i18n.T(ctx, "budget.trial_title", p.Book, strconv.Itoa(p.Year)), r.List(""),
		heads(ctx, "account", "name", "currency", "opening", "debit", "credit", "closing_balance"), rows), nil
}

type planPage struct {
	web.Base
	Year    int
	Version int
	Months  []planMonth
}

type planMonth struct {
	Month  int
	Name   string // of the field
	Amount money.Amount
}

func (h handler) planForm(ctx context.Context, r web.Req) (*planPage, error) {
	p := &planPage{}
	var err error
	if p.Year, err = year(r, nil); err != nil {
		return nil, err
	}
	plan, version, err := spendingPlan(ctx, h.db, p.Year)
	if err != nil {
		return nil, err
	}
	p.Version = version
	for i, a := range plan {
		p.Months = append(p.Months, planMonth{i + 1, fmt.Sprintf("months[%d].amount", i), a})
	}
	return p, nil
}

// PlanAnswer is a plan of spending as the API gives it, January first. Version is 0 where there is no plan.
type PlanAnswer struct {
	Version int            `json:"version"`
	Months  []money.Amount `json:"months"`
}

func (h handler) apiPlan(ctx context.Context, r web.Req) (PlanAnswer, error) {
	y, err := year(r, nil)
	if err != nil {
		return PlanAnswer{}, err
	}
	plan, version, err := spendingPlan(ctx, h.db, y)
	return PlanAnswer{version, plan[:]}, err
}

type spendingIn struct {
	Version int             `form:"version" json:"version"`
	Months  []spendingMonth `form:"months" json:"months" kb:"required,max=12"`
}

type spendingMonth struct {
	Month  int          `form:"month" json:"month"`
	Amount money.Amount `form:"amount" json:"amount"`
}

func (h handler) setPlan(ctx context.Context, r web.Req, in spendingIn) (web.Done, PlanAnswer, error) {
	y, err := year(r, nil)
	if err != nil {
		return web.Done{}, PlanAnswer{}, err
	}
	plan, _, err := spendingPlan(ctx, h.db, y) // a month that is not named stays as it is
	if err != nil {
		return web.Done{}, PlanAnswer{}, err
	}
	for i, m := range in.Months {
		if m.Month < 1 || m.Month > 12 || m.Amount.Sign() < 0 {
			return web.Done{}, PlanAnswer{}, errs.FieldError(fmt.Sprintf("months[%d].amount", i), "budget.amount_missing")
		}
		plan[m.Month-1] = m.Amount
	}
	err = h.SetSpendingPlan(ctx, y, in.Version, plan)
	return web.Done{Location: "/budgets/" + strconv.Itoa(y), Notice: "budget.plan_notice"}, PlanAnswer{in.Version + 1, plan[:]}, err
}
