package disbursement

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// check is one machine check before payment, with the basis it was made on.
type check struct {
	OK          bool
	What, Basis string
}

// accepted is the accepted report on the milestone that a request asks to pay.
type accepted struct {
	DecidedAt *time.Time
	Decided   string // who accepted it
	Spent     money.Amount
}

// checks are what the program can judge of a request: the agreement, the milestone, the amount, the money behind it,
// what the grantee spent, the account, whether it changed, and the people. o is the open order, nil before there
// is one.
func (s *Service) checks(ctx context.Context, v *view, a *agreement.Agreement, line ledger.State, o *orderView, to *payeePart) ([]check, error) {
	report, err := s.report(ctx, v.MilestoneID)
	if err != nil {
		return nil, err
	}
	t := func(code string, args ...any) string { return i18n.T(ctx, "disbursement."+code, args...) }
	day, err := s.judged(ctx, v)
	if err != nil {
		return nil, err
	}
	cs := []check{{v.AgreementStatus == string(agreement.Running) && !day.After(a.EndsOn), t("check_agreement"), t("check_agreement_basis", v.AgreementNo, a.EndsOn.Format())}}

	if v.Advance {
		return s.advanceChecks(ctx, t, v, a, line, o, to, cs)
	}
	milestone := check{What: t("check_milestone", v.Position), Basis: v.Milestone}
	if report != nil {
		milestone.OK = v.MilestoneStatus == agreement.MilestoneAccepted || v.MilestoneStatus == agreement.MilestonePaid
		milestone.Basis = t("check_milestone_basis", v.Milestone, calendar.DateOf(*report.DecidedAt).Format(), report.Decided)
	}
	cs = append(cs, milestone, schedule(t, v, a), held(t, v, line))

	var spent money.Amount
	if report != nil {
		spent = report.Spent
	}
	own, need := spent.Sub(v.Amount), ownShare(a, v.Amount)
	co := check{own.Cmp(need) >= 0, t("check_own"), t("check_own_basis", positive(own).Format(), need.Format())}
	if a.CoFunding.IsZero() {
		co.Basis = t("check_own_none")
	}
	cs = append(cs, co, check{spent.Cmp(v.Amount) >= 0, t("check_spent"), t("check_spent_basis", spent.Format(), v.Amount.Format())})

	return append(cs, payee(t, v, a, o), to.check(t), people(ctx, t, v, o)), nil
}

// look counts the checks that are not passed now, for who is about to decide on the request or on its open order o.
func (s *Service) look(ctx context.Context, tx bun.IDB, r *Request, o *Order) (n int, err error) {
	v := &view{Request: r}
	if err := v.load(ctx, tx); err != nil {
		return 0, err
	}
	a, err := agreement.Get(ctx, tx, r.AgreementID)
	if err != nil {
		return 0, err
	}
	line, err := ledger.Line(ctx, tx, v.BudgetControl)
	if err != nil {
		return 0, err
	}
	var open *orderView
	if o != nil {
		open = &orderView{Order: *o}
	}
	to, err := s.payeeOf(ctx, v, a, open)
	if err != nil {
		return 0, err
	}
	cs, err := s.checks(ctx, v, a, line, open, to)
	for _, c := range cs {
		if !c.OK {
			n++
		}
	}
	return n, err
}

// advanceChecks are the checks of an advance: nothing is accepted or spent yet, but the rules on advances hold.
func (s *Service) advanceChecks(ctx context.Context, t words, v *view, a *agreement.Agreement, line ledger.State, o *orderView, to *payeePart, cs []check) ([]check, error) {
	given, settled, err := advancesOf(ctx, storage.Joined(ctx, s.db), a.ID, v.ID)
	if err != nil {
		return nil, err
	}
	rule := check{OK: true, What: t("check_advance"), Basis: t("check_advance_first", share(v.Amount, a.Amount))}
	if !given.IsZero() {
		rule.Basis = t("check_advance_next", settled.Format(), given.Format(), share(settled, given))
	}
	if v.Status == Draft || v.Status == Submitted { // what was accepted stays accepted
		err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error { return advanceAllowed(ctx, tx, v.Request) })
		if err != nil && errs.From(err).Kind != errs.Conflict && errs.From(err).Kind != errs.Invalid {
			return nil, err
		}
		rule.OK = err == nil
	}
	cs = append(cs, rule, schedule(t, v, a))
	if v.Status != Paid { // afterwards settlements take it off the stage
		cs = append(cs, held(t, v, line))
	}
	return append(cs, payee(t, v, a, o), to.check(t), people(ctx, t, v, o)), nil
}

// payee compares the account with the one under the signatures.
func payee(t words, v *view, a *agreement.Agreement, o *orderView) check {
	account := check{OK: a.Seal() == a.Digest, What: t("check_account"), Basis: t("check_account_basis", tail(a.PayeeAccount), a.No)}
	if o != nil {
		account.OK = account.OK && o.PayeeAccount == a.PayeeAccount && o.PayeeBank == a.PayeeBank && o.PayeeName == a.PayeeName
		account.Basis = t("check_account_order", tail(o.PayeeAccount), o.No, a.No)
	}
	return account
}

type words func(code string, args ...any) string

// schedule compares the amount with its turn in the agreement and with what the agreement has left.
func schedule(t words, v *view, a *agreement.Agreement) check {
	c := check{What: t("check_amount_schedule")}
	m := a.Milestone(v.MilestoneID)
	if m == nil {
		return c
	}
	left := v.ContractAmount.Sub(v.ContractPaid)
	c.OK = m.Amount.Equal(v.Amount) && (v.Status == Paid || left.Cmp(v.Amount) >= 0)
	c.Basis = t("check_amount_basis", m.Position, share(m.Amount, a.Amount), left.Format())
	return c
}

// held compares the amount with what the budget line holds for it at the stage where the request stands.
func held(t words, v *view, line ledger.State) check {
	in, code := line.Committed, "check_line_committed"
	switch v.Status {
	case Checked, Ordered:
		in, code = line.Requested, "check_line_requested"
	case Paid:
		in, code = line.Disbursed, "check_line_disbursed"
	}
	return check{in.Cmp(v.Amount) >= 0, t("check_line"), t(code, in.Format())}
}

// people finds out whether everyone who has acted is another person, and whether the reader, if to act next, is too.
func people(ctx context.Context, t words, v *view, o *orderView) check {
	requesters := []uuid.UUID{v.PreparedBy}
	if v.SubmittedBy != nil && *v.SubmittedBy != v.PreparedBy {
		requesters = append(requesters, *v.SubmittedBy)
	}
	var office []uuid.UUID
	c := check{OK: true, What: t("check_people"), Basis: t("check_people_request", v.PreparedName)}
	add := func(id *uuid.UUID, code, name string) {
		if id == nil {
			return
		}
		c.OK = c.OK && !slices.Contains(requesters, *id) && !slices.Contains(office, *id)
		office = append(office, *id)
		c.Basis += " · " + t(code, name)
	}
	if o == nil {
		add(v.CheckedBy, "check_people_check", v.CheckedName)
	} else { // whoever checked the request may make its order
		add(&o.MadeBy, "check_people_make", o.MadeName)
		add(o.CheckedBy, "check_people_control", o.CheckedName)
		add(o.ApprovedBy, "check_people_approve", o.ApprovedName)
	}
	if who := access.From(ctx); slices.Contains(requesters, who.ID) {
		c.OK = false
	}
	return c
}

// ownShare is the part of the co-funding that belongs to a payment of amount, rounded half away from zero to the đồng.
func ownShare(a *agreement.Agreement, amount money.Amount) money.Amount {
	if a.Amount.IsZero() {
		return money.Amount{}
	}
	return money.Round(a.CoFunding.Decimal().Mul(amount.Decimal()).DivRound(a.Amount.Decimal(), 4))
}

// share is part of whole in percent, with one decimal and a comma where it is not whole.
func share(part, whole money.Amount) string {
	if whole.IsZero() {
		return "–"
	}
	d := part.Decimal().Mul(decimal.NewFromInt(100)).DivRound(whole.Decimal(), 1)
	return strings.Replace(d.String(), ".", ",", 1) + "%"
}

// judged is the day the checks speak of: that of the payment, else today by the deciding clock.
func (s *Service) judged(ctx context.Context, v *view) (calendar.Date, error) {
	if v.PaidOn != nil {
		return *v.PaidOn, nil
	}
	var now time.Time
	if err := storage.Joined(ctx, s.db).NewRaw("SELECT kb.now()").Scan(ctx, &now); err != nil {
		return calendar.Date{}, fmt.Errorf("deciding time: %w", err)
	}
	return calendar.DateOf(now), nil
}

func positive(a money.Amount) money.Amount {
	if a.Sign() < 0 {
		return money.Amount{}
	}
	return a
}

// tail is the last four digits of an account.
func tail(account string) string { return account[max(0, len(account)-4):] }

// report reads the accepted report on a milestone, nil when there is none.
func (s *Service) report(ctx context.Context, milestone uuid.UUID) (*accepted, error) {
	var rs []accepted
	err := storage.Joined(ctx, s.db).NewRaw(`SELECT pr.decided_at, u.name AS decided, pr.spent FROM progress_reports pr
		JOIN users u ON u.id = pr.decided_by WHERE pr.milestone_id = ? AND pr.status = 'accepted'`, milestone).Scan(ctx, &rs)
	if err != nil {
		return nil, fmt.Errorf("accepted report on milestone %s: %w", milestone, err)
	}
	if len(rs) == 0 {
		return nil, nil
	}
	return &rs[0], nil
}
