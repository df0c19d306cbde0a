package budget

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/web"
)

// Forecast is what another ceiling of a line would do to one call that spends it.
type Forecast struct {
	Call, Href     string
	Ceiling, After money.Amount // of the call, now and then
	Lines          []ForecastLine
}

// ForecastLine is one proposal of the ranking or one award: covered by the ceiling now, and then.
type ForecastLine struct {
	Code     string
	Rank     int
	Amount   money.Amount
	Now, New bool
}

// Changed says that the other ceiling decides otherwise.
func (l ForecastLine) Changed() bool { return l.Now != l.New }

// Forecaster is a room downstream that can tell what a ceiling would do to its rankings and awards. free is what the
// line would have for the calls beside what is held by others.
type Forecaster interface {
	Forecast(ctx context.Context, line uuid.UUID, free money.Amount) ([]Forecast, error)
}

// Foresee plugs in the room that knows rankings and awards.
func (s *Service) Foresee(f Forecaster) { s.forecaster = f }

func (h handler) whatIfRoutes(rt *web.Router) {
	web.Page(rt, "/budgets/:year/what-if", "budget_line", "read", "budget/whatif", h.whatIf)
	web.JSON(rt, "/budgets/:year/what-if", "budget_line", "read", h.apiWhatIf)
	web.Command(rt, "/budget-lines/:id/commitments/check", "budget_line", "commit", "", h.check)
}

// A form has so many rows, each with so many lines to choose from; the search finds others.
const (
	whatIfLines   = 5
	whatIfChoices = 100
)

type whatIfPage struct {
	web.Base
	Year    int
	Q       string // narrows the lines to choose from
	Options []web.Option
	Inputs  []whatIfInput
	Results []Outlook
}

// whatIfInput is one row of the form.
type whatIfInput struct {
	No              int
	LineName        string // names of the two fields
	AmountName      string
	Options         []web.Option
	Amount, Problem string
}

// Outlook is a line under another ceiling; nothing of it is kept.
type Outlook struct {
	ID        uuid.UUID    `json:"id"`
	Code      string       `json:"code"`
	NameVI    string       `json:"name_vi"`
	NameEN    string       `json:"name_en"`
	Href      string       `json:"-"`
	Ceiling   money.Amount `json:"ceiling"`
	After     money.Amount `json:"after"`
	Held      money.Amount `json:"held"`      // allocated below, reserved, committed, requested, advanced, paid
	Available money.Amount `json:"available"` // then; below zero when the ceiling would be refused
	Above     money.Amount `json:"above"`     // what the line above would then keep; of a root, what the source would give more
	Root      bool         `json:"root"`
	Forecasts []Forecast   `json:"forecasts"`
}

// Refused says that the ledger would refuse the ceiling.
func (o Outlook) Refused() bool { return o.Available.Sign() < 0 || !o.Root && o.Above.Sign() < 0 }

func (h handler) whatIf(ctx context.Context, r web.Req) (*whatIfPage, error) {
	p := &whatIfPage{}
	var err error
	if p.Year, err = year(r, nil); err != nil {
		return nil, err
	}
	p.Q = r.Query("q")
	rows, err := h.ceilings(ctx, r, p)
	if err != nil {
		return nil, err
	}
	for i := 0; i < whatIfLines; i++ {
		n := strconv.Itoa(i + 1)
		in := whatIfInput{No: i + 1, LineName: "line" + n, AmountName: "ceiling" + n, Amount: r.Query("ceiling" + n)}
		in.Options = append(in.Options, web.Option{Value: "", Label: "–"})
		for j := range rows {
			l := &rows[j].Line
			in.Options = append(in.Options, web.Option{Value: l.ID.String(), Label: l.Code + " · " + l.Name(r.Lang() == i18n.EN),
				Selected: l.ID.String() == r.Query(in.LineName)})
		}
		p.Inputs = append(p.Inputs, in)
	}
	asked, problems := h.asked(r)
	for i, problem := range problems {
		if problem != nil {
			p.Inputs[i].Problem = i18n.T(ctx, problem.Code, problem.Args...)
		}
	}
	p.Results, err = h.outlooks(ctx, p.Year, asked)
	return p, err
}

// ceilings are the lines already chosen and those that match the search.
func (h handler) ceilings(ctx context.Context, r web.Req, p *whatIfPage) ([]lineRow, error) {
	chosen := []uuid.UUID{uuid.Nil}
	for i := range whatIfLines {
		if id, err := uuid.Parse(r.Query("line" + strconv.Itoa(i+1))); err == nil {
			chosen = append(chosen, id)
		}
	}
	rows, err := h.rows(ctx, whatIfLines, "bl.year = ? AND bl.status = 'open' AND bl.id IN (?)", p.Year, in(chosen))
	if err != nil {
		return nil, err
	}
	found, err := h.search(ctx, whatIfChoices, p.Year, p.Q)
	for _, x := range found {
		if !slices.Contains(chosen, x.ID) {
			rows = append(rows, x)
		}
	}
	return rows, err
}

type ceiling struct {
	line   uuid.UUID
	amount money.Amount
}

// asked reads the lines and ceilings of the query.
func (h handler) asked(r web.Req) (list []ceiling, problems [whatIfLines]*errs.Error) {
	for i := range problems {
		n := strconv.Itoa(i + 1)
		id, err := uuid.Parse(r.Query("line" + n))
		if err != nil || r.Query("ceiling"+n) == "" {
			continue
		}
		a, err := money.Parse(r.Query("ceiling" + n))
		if err != nil || a.Sign() < 0 {
			problems[i] = errs.From(err)
			continue
		}
		list = append(list, ceiling{id, a})
	}
	return list, problems
}

// outlooks says what the ceilings would do, all of them together.
func (h handler) outlooks(ctx context.Context, year int, asked []ceiling) ([]Outlook, error) {
	change := map[uuid.UUID]money.Amount{} // what the line's parent would keep less
	var list []Outlook
	var rows []lineRow
	for _, c := range asked {
		found, err := h.rows(ctx, 1, "bl.id = ? AND bl.year = ?", c.line, year)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, errs.ErrNotFound
		}
		rows = append(rows, found[0])
		if p := found[0].ParentID; p != nil {
			change[*p] = change[*p].Add(c.amount.Sub(found[0].Authorised))
		}
	}
	for i, c := range asked {
		l := rows[i]
		o := Outlook{ID: l.ID, Code: l.Code, NameVI: l.NameVI, NameEN: l.NameEN, Href: href(&l.Line), Ceiling: l.Authorised, After: c.amount,
			Held: l.Authorised.Sub(l.Free), Root: l.ParentID == nil}
		o.Available = c.amount.Sub(o.Held).Sub(change[l.ID])
		if o.Root {
			o.Above = c.amount.Sub(l.Authorised)
		} else {
			up, err := h.rows(ctx, 1, "bl.id = ?", *l.ParentID)
			if err != nil {
				return nil, err
			}
			if len(up) == 1 {
				o.Above = up[0].Free.Sub(change[*l.ParentID])
				for j, other := range asked { // the line above may be asked about too
					if other.line == *l.ParentID {
						o.Above = o.Above.Add(other.amount.Sub(rows[j].Authorised))
					}
				}
			}
		}
		if h.forecaster != nil && l.Lines == 0 {
			var err error
			if o.Forecasts, err = h.forecaster.Forecast(ctx, l.ID, o.Available); err != nil {
				return nil, err
			}
		}
		list = append(list, o)
	}
	return list, nil
}

type whatIfOut struct {
	Year  int       `json:"year"`
	Lines []Outlook `json:"lines"`
}

func (h handler) apiWhatIf(ctx context.Context, r web.Req) (*whatIfOut, error) {
	y, err := year(r, nil)
	if err != nil {
		return nil, err
	}
	asked, problems := h.asked(r)
	for _, p := range problems {
		if p != nil {
			return nil, p
		}
	}
	list, err := h.outlooks(ctx, y, asked)
	if list == nil {
		list = []Outlook{}
	}
	return &whatIfOut{y, list}, err
}

// check is the dry run of a commitment: the same judgement, the same codes, nothing kept.
func (h handler) check(ctx context.Context, r web.Req, in commitIn) (web.Done, Verdict, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.Done{}, Verdict{}, err
	}
	v, err := h.CheckCommit(ctx, id, CommitInput(in))
	if err != nil {
		return web.Done{}, Verdict{}, err
	}
	if v.Code != "" {
		v.Detail = i18n.T(ctx, v.Code, v.args...)
	}
	l, err := Get(ctx, h.db, id)
	if err != nil {
		return web.Done{}, Verdict{}, err
	}
	return web.Done{Location: href(l)}, v, nil
}
