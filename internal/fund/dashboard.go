package fund

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
)

// Overview is everything the fund's page shows on a day.
type Overview struct {
	Metrics         Metrics
	Quarters        []Quarter
	Bridge          Bridge
	Holdings        []Holding
	Accounts        []Account
	Pipeline        []Stage
	Committed, Paid Capital
	Loss            Loss
	Valued          calendar.Date // day of the newest locked valuation; none before the first
}

// Quarter is one point of the J-curve: what was called and distributed in it, and the net gain at its end.
type Quarter struct {
	End                 calendar.Date
	Called, Distributed money.Amount
	Gain                money.Amount // NAV + distributed − paid in, since the beginning
}

// Account is an investor's capital account (tài khoản vốn). NAV is the part of the fund's NAV that falls to what
// the investor has paid in, divided with the largest remainder. Share is percent of the commitments.
type Account struct {
	Investor
	Share *decimal.Decimal
	NAV   money.Amount
}

// Bridge explains the change of NAV between two days; its lines and Open add up to Close.
type Bridge struct {
	From, To    calendar.Date
	Open, Close money.Amount
	Lines       []BridgeLine
}

// BridgeLine is one reason of the change. Code is of the catalogue, Name fills it.
type BridgeLine struct {
	Code, Name string
	Amount     money.Amount
}

// Loss is the loss meter: what was lost against the charter capital. Level is the highest warning share reached,
// 0 below all; Over says that the charter's ceiling is reached. Source: NĐ 264/2025/NĐ-CP, Điều 10.
type Loss struct {
	Unrealised, Realised money.Amount
	Share                *decimal.Decimal // percent with two decimals
	Ceiling              int              // basis points
	Level                int              // percent
	Over                 bool
	Rule                 rulebook.Value
}

// Overview computes what the page of a fund shows on a day, without asking a permission. All figures come from the
// flows, the book and the portfolio, read in one transaction by the caller.
func (s *Service) overview(ctx context.Context, db bun.IDB, f *Fund, on calendar.Date) (*Overview, error) {
	o := new(Overview)
	var err error
	if o.Committed, err = capital(ctx, db, f.ID, "committed"); err != nil {
		return nil, err
	}
	if o.Paid, err = capital(ctx, db, f.ID, "paid"); err != nil {
		return nil, err
	}
	flows, err := Flows(ctx, db, f.ID, on)
	if err != nil {
		return nil, err
	}
	now, err := PositionOn(ctx, db, f, on)
	if err != nil {
		return nil, err
	}
	o.Metrics = Measure(flows, now.NAV, o.Committed.Total, on)
	if o.Holdings, err = s.portfolio.Holdings(ctx, db, f.ID, on); err != nil {
		return nil, err
	}
	if o.Pipeline, err = s.portfolio.Pipeline(ctx, db, f.ID); err != nil {
		return nil, err
	}
	o.Accounts = accounts(f.Investors, now.NAV)
	for _, h := range o.Holdings {
		if h.ValuedOn.After(o.Valued) {
			o.Valued = h.ValuedOn
		}
	}
	if o.Holdings, err = s.seen(ctx, db, o.Holdings); err != nil {
		return nil, err
	}
	if o.Loss, err = lossOf(ctx, db, f, on); err != nil {
		return nil, err
	}
	at := map[calendar.Date]Position{on: now}
	position := func(day calendar.Date) (Position, error) {
		if p, ok := at[day]; ok {
			return p, nil
		}
		p, err := PositionOn(ctx, db, f, day)
		at[day] = p
		return p, err
	}
	if o.Quarters, err = quarters(flows, on, position); err != nil {
		return nil, err
	}
	o.Bridge, err = bridge(flows, o.Holdings, on, o.Valued, position)
	return o, err
}

// seen leaves the holdings the subject of ctx may know one by one.
func (s *Service) seen(ctx context.Context, db bun.IDB, all []Holding) ([]Holding, error) {
	ids := make([]uuid.UUID, len(all))
	for i, h := range all {
		ids[i] = h.ID
	}
	ids, err := s.portfolio.Seen(ctx, db, ids)
	return slices.DeleteFunc(all, func(h Holding) bool { return !slices.Contains(ids, h.ID) }), err
}

// accounts divides NAV among the investors by what each has paid in.
func accounts(investors []Investor, nav money.Amount) []Account {
	paid, committed := make([]money.Amount, len(investors)), make([]money.Amount, len(investors))
	for i := range investors {
		paid[i], committed[i] = investors[i].Paid, investors[i].Committed
	}
	as, all := make([]Account, len(investors)), money.Sum(committed...).Decimal()
	for i := range investors {
		as[i] = Account{Investor: investors[i], Share: ratio(committed[i].Decimal().Shift(2), all, 2)}
	}
	if money.Sum(paid...).Sign() > 0 {
		for i, part := range money.Split(nav, paid) {
			as[i].NAV = part
		}
	}
	return as
}

// quarters gives the points of the J-curve from the first contribution to the day, at most the last twelve.
func quarters(flows []Flow, on calendar.Date, position func(calendar.Date) (Position, error)) (qs []Quarter, err error) {
	var first calendar.Date
	for _, fl := range flows {
		if fl.Kind == FlowContribution {
			first = fl.On
			break
		}
	}
	if first.IsZero() {
		return nil, nil
	}
	for end := QuarterEnd(first); ; end = QuarterEnd(end.AddDays(1)) {
		qs = append(qs, Quarter{End: end})
		if !end.Before(on) {
			break
		}
	}
	var in, out money.Amount
	i := 0
	for k := range qs {
		day := qs[k].End
		if day.After(on) {
			day = on
		}
		for ; i < len(flows) && !flows[i].On.After(day); i++ {
			switch flows[i].Kind {
			case FlowContribution:
				qs[k].Called = qs[k].Called.Add(flows[i].Amount)
			case FlowDistribution:
				qs[k].Distributed = qs[k].Distributed.Add(flows[i].Amount)
			}
		}
		in, out = in.Add(qs[k].Called), out.Add(qs[k].Distributed)
		if len(qs)-k > 12 {
			continue
		}
		p, err := position(day)
		if err != nil {
			return nil, err
		}
		qs[k].Gain = p.NAV.Add(out).Sub(in)
	}
	return qs[max(0, len(qs)-12):], nil
}

// bridge explains NAV from the end of the quarter before the newest valuation to that valuation; without one, from
// the last quarter end to the day.
func bridge(flows []Flow, holdings []Holding, on, valued calendar.Date, position func(calendar.Date) (Position, error)) (b Bridge, err error) {
	b.To = on
	if !valued.IsZero() {
		b.To = valued
	}
	q := QuarterEnd(b.To)
	b.From = calendar.On(q.Year(), q.Month()-2, 1).AddDays(-1)
	open, err := position(b.From)
	if err != nil {
		return b, err
	}
	end, err := position(b.To)
	if err != nil {
		return b, err
	}
	b.Open, b.Close = open.NAV, end.NAV
	var in, out, unnamed money.Amount
	for _, f := range flows {
		if !f.On.After(b.From) || f.On.After(b.To) {
			continue
		}
		switch f.Kind {
		case FlowContribution:
			in = in.Add(f.Amount)
		case FlowDistribution:
			out = out.Add(f.Amount)
		}
	}
	b.add("fund.bridge_in", "", in)
	for _, id := range holdingIDs(open.Unrealised, end.Unrealised) {
		name, gain := nameOf(holdings, id), end.Unrealised[id].Sub(open.Unrealised[id])
		if name == "" {
			unnamed = unnamed.Add(gain)
			continue
		}
		b.add("fund.bridge_revalued", name, gain)
	}
	b.add("fund.bridge_revalued", "", unnamed)
	b.add("fund.bridge_realised", "", end.Realised.Sub(open.Realised))
	b.add("fund.bridge_fee", "", open.Fees.Sub(end.Fees))
	b.add("fund.bridge_expense", "", open.Expenses.Sub(end.Expenses))
	b.add("fund.bridge_out", "", out.Neg())
	return b, nil
}

func (b *Bridge) add(code, name string, a money.Amount) {
	if !a.IsZero() {
		b.Lines = append(b.Lines, BridgeLine{code, name, a})
	}
}

func nameOf(hs []Holding, id uuid.UUID) string {
	for _, h := range hs {
		if h.ID == id {
			return h.Name
		}
	}
	return ""
}

func holdingIDs(maps ...map[uuid.UUID]money.Amount) (ids []uuid.UUID) {
	seen := map[uuid.UUID]bool{}
	for _, m := range maps {
		for id := range m {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i].String() < ids[j].String() })
	return ids
}

// lossOf reads the loss meter and the warning shares in force.
func lossOf(ctx context.Context, db bun.IDB, f *Fund, on calendar.Date) (Loss, error) {
	st, err := ledger.Line(ctx, db, f.LossLine)
	if err != nil {
		return Loss{}, fmt.Errorf("loss meter of fund %s: %w", f.Code, err)
	}
	l := measureLoss(f, st.Reserved, st.Disbursed)
	if l.Rule, err = rulebook.Get(ctx, db, "fund.loss.warn_shares", on.Start()); err != nil {
		return l, err
	}
	for _, word := range l.Rule.List() {
		share, err := decimal.NewFromString(word)
		if err != nil {
			return l, fmt.Errorf("fund.loss.warn_shares %q: %w", word, err)
		}
		if l.Share != nil && l.Share.GreaterThanOrEqual(share) {
			l.Level = max(l.Level, int(share.IntPart()))
		}
	}
	return l, nil
}

func measureLoss(f *Fund, unrealised, realised money.Amount) Loss {
	lost := unrealised.Add(realised)
	return Loss{Unrealised: unrealised, Realised: realised, Ceiling: f.LossCeilingBP,
		Share: ratio(lost.Decimal().Shift(2), f.CharterCapital.Decimal(), 2),
		Over:  lost.Sign() > 0 && lost.Times(10_000).Cmp(f.CharterCapital.Times(int64(f.LossCeilingBP))) >= 0}
}

// LossReached says whether the loss of a fund has reached the charter's ceiling, read with the fund's row locked.
func LossReached(ctx context.Context, tx bun.IDB, f *Fund) (bool, error) {
	st, err := ledger.Line(ctx, tx, f.LossLine)
	if err != nil {
		return false, fmt.Errorf("loss meter of fund %s: %w", f.Code, err)
	}
	return measureLoss(f, st.Reserved, st.Disbursed).Over, nil
}
