package budget

import (
	"context"
	"strconv"

	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// revised is the most lines the form offers at once; the search narrows a larger year.
const revised = 200

// revisePage chooses what to revise (điều chỉnh dự toán): a line, then one of the acts its reader may put forward.
type revisePage struct {
	web.Base
	Year    int
	List    web.List
	Options []web.Option
	Line    *Line // nil until one is chosen
	Path    string
	Kinds   []ActKind
}

func (h handler) revise(ctx context.Context, r web.Req) (*revisePage, error) {
	p := &revisePage{List: r.List("code", "line")}
	var err error
	if p.Year, err = year(r, nil); err != nil {
		return nil, err
	}
	if !h.mayRevise(ctx) {
		return nil, errs.ErrNotFound
	}
	rows, err := h.search(ctx, revised, p.Year, p.List.Q)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		l := &rows[i].Line
		p.Options = append(p.Options, web.Option{Value: l.ID.String(), Label: l.Code + " · " + l.Name(r.Lang() == i18n.EN)})
		if l.ID.String() == p.List.Filter["line"] {
			p.Line, p.Path, p.Kinds = l, href(l), h.proposals(ctx, l)
		}
	}
	return p, nil
}

// search gives the open lines whose code begins with q; without one, those with q in code or name.
func (s *Service) search(ctx context.Context, limit, year int, q string) ([]lineRow, error) {
	rows, err := s.rows(ctx, limit, "bl.year = ? AND bl.status = 'open' AND bl.code LIKE ?", year, text.Literal(q)+"%")
	if err != nil || len(rows) > 0 {
		return rows, err
	}
	return s.rows(ctx, limit, "bl.year = ? AND bl.status = 'open' AND kb.fold(bl.code || ' ' || bl.name_vi || ' ' || bl.name_en) LIKE kb.fold(?)", year, text.Pattern(q))
}

// mayRevise says whether the reader's role may put any change of the estimate forward.
func (h handler) mayRevise(ctx context.Context) bool {
	for _, k := range proposed {
		if _, err := h.access.RequireRole(ctx, "budget_line", "propose_"+string(k)); err == nil {
			return true
		}
	}
	return false
}

// Back is the page of the year.
func (p *revisePage) Back() string { return "/budgets/" + strconv.Itoa(p.Year) }
