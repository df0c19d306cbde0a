package investment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/council"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// deals reads the page of the pipeline that l asks for.
func (s *Service) deals(ctx context.Context, l *web.List) (ds []Deal, err error) {
	q := s.db.NewSelect().Model(&ds).Relation("Organisation")
	if v := l.Filter["status"]; v != "" {
		q = q.Where("d.status = ?", v)
	}
	if l.Q != "" {
		like := text.Pattern(l.Q)
		q = q.Where("(kb.fold(d.code) LIKE kb.fold(?) OR kb.fold(d.title) LIKE kb.fold(?) OR kb.fold(organisation.name) LIKE kb.fold(?))", like, like, like)
	}
	q = s.access.Scope(ctx, q, "deal", "read", "deal")
	return ds, web.Fetch(ctx, l, q, web.Sorts{"code": "d.code", "amount": "d.amount", "status": "d.status"}, "d.id")
}

// readDeal is a deal the subject of ctx may read.
func (s *Service) readDeal(ctx context.Context, id uuid.UUID) (*Deal, error) {
	d := new(Deal)
	q := storage.Joined(ctx, s.db).NewSelect().Model(d).Relation("Organisation").Where("d.id = ?", id)
	return d, found("deal", s.access.Scope(ctx, q, "deal", "read", "deal").Scan(ctx))
}

// matter is the newest matter of a deal before the board; nil when there is none.
func matter(ctx context.Context, db bun.IDB, deal uuid.UUID) (*council.Matter, error) {
	m, err := council.MatterOf(ctx, db, "deal", deal)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nil
	}
	return m, err
}

// tranchesOf reads the tranches of a deal or of a holding, oldest first.
func tranchesOf(ctx context.Context, db bun.IDB, column string, id uuid.UUID) (ts []Tranche, err error) {
	err = db.NewSelect().Model(&ts).Relation("Deal").Where("iv.? = ?", bun.Ident(column), id).OrderExpr("iv.paid_on, iv.tranche").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("tranches of %s %s: %w", column, id, err)
	}
	return ts, nil
}

// waiting lists the recorded payments that the subject may confirm, oldest first.
func (s *Service) waiting(ctx context.Context) (ts []Tranche, err error) {
	if _, err := s.access.RequireRole(ctx, "investment", "confirm"); err != nil {
		return nil, nil
	}
	q := s.db.NewSelect().Model(&ts).Relation("Deal").Where("iv.status = 'recorded'").OrderExpr("iv.paid_on, iv.id").Limit(50)
	if err := s.access.Scope(ctx, q, "investment", "confirm", "investment").Scan(ctx); err != nil {
		return nil, fmt.Errorf("payments to confirm: %w", err)
	}
	return ts, nil
}

// holdings reads the page of the portfolio that l asks for.
func (s *Service) holdings(ctx context.Context, l *web.List) (hs []Holding, err error) {
	q := s.db.NewSelect().Model(&hs).Relation("Organisation")
	if l.Q != "" {
		like := text.Pattern(l.Q)
		q = q.Where("(kb.fold(organisation.name) LIKE kb.fold(?) OR kb.fold(h.sector) LIKE kb.fold(?))", like, like)
	}
	q = s.access.Free(ctx, s.access.Scope(ctx, q, "investment", "read", "holding"), "holding")
	return hs, web.Fetch(ctx, l, q, web.Sorts{"name": "organisation.name", "cost": "h.cost", "fair": "(h.cost + h.adjustment)"}, "h.id")
}

// readHolding is a holding the subject of ctx may read.
func (s *Service) readHolding(ctx context.Context, id uuid.UUID) (*Holding, error) {
	h := new(Holding)
	q := storage.Joined(ctx, s.db).NewSelect().Model(h).Relation("Organisation").Where("h.id = ?", id)
	return h, found("holding", s.access.Free(ctx, s.access.Scope(ctx, q, "investment", "read", "holding"), "holding").Scan(ctx))
}

// valuationsOf reads a holding's valuations, newest first.
func (s *Service) valuationsOf(ctx context.Context, holding uuid.UUID) (vs []Valuation, err error) {
	q := s.db.NewSelect().Model(&vs).Where("va.holding_id = ?", holding).OrderExpr("va.quarter_end DESC")
	return vs, s.access.Free(ctx, s.access.Scope(ctx, q, "valuation", "read", "valuation"), "valuation").Scan(ctx)
}

var valuationSorts = web.Sorts{"firm": "holding__organisation.name", "cost": "va.cost", "fair": "va.fair", "change": "va.fair - va.previous", "status": "va.status"}

// valuationsOn reads the valuations of a quarter with their holdings, one page or, with Size 0, all of the filter.
func (s *Service) valuationsOn(ctx context.Context, end calendar.Date, l *web.List) ([]Valuation, error) {
	vs := []Valuation{}
	q := s.db.NewSelect().Model(&vs).Relation("Holding").Relation("Holding.Organisation").Where("va.quarter_end = ?", end)
	if v := l.Filter["status"]; v != "" {
		q = q.Where("va.status = ?", v)
	}
	return vs, web.Fetch(ctx, l, s.access.Free(ctx, s.access.Scope(ctx, q, "valuation", "read", "valuation"), "valuation"), valuationSorts, "va.id")
}

// quarter is one line of the list of quarters.
type quarter struct {
	End            calendar.Date
	Count, Waiting int
	Name           string `bun:"-"`
}

// quarters counts the valuations of each quarter, newest first.
func (s *Service) quarters(ctx context.Context) (qs []quarter, err error) {
	q := s.db.NewSelect().TableExpr("valuations AS va").ColumnExpr("va.quarter_end AS end, count(*) AS count").
		ColumnExpr("count(*) FILTER (WHERE va.status <> 'locked') AS waiting").GroupExpr("va.quarter_end").OrderExpr("va.quarter_end DESC").Limit(80)
	if err := s.access.Free(ctx, s.access.Scope(ctx, q, "valuation", "read", "valuation"), "valuation").Scan(ctx, &qs); err != nil {
		return nil, fmt.Errorf("quarters of valuations: %w", err)
	}
	for i := range qs {
		qs[i].Name = quarterName(qs[i].End)
	}
	return qs, nil
}

// quarterName is 2026-Q3.
func quarterName(end calendar.Date) string {
	return fmt.Sprintf("%d-Q%d", end.Year(), (int(end.Month())+2)/3)
}

// quarterWords is a quarter as people call it: quý III/2026.
func quarterWords(lang i18n.Lang, end calendar.Date) string {
	return i18n.Text(lang, "investment.quarter_of", [...]string{"I", "II", "III", "IV"}[(int(end.Month())-1)/3], end.Year())
}

// Words is the quarter as people call it.
func (q quarter) Words(language string) string { return quarterWords(i18n.Lang(language), q.End) }

// Words is the quarter as people call it.
func (p *quarterPage) Words(language string) string { return quarterWords(i18n.Lang(language), p.End) }

// parseQuarter reads 2026-Q3 as the quarter's last day; ErrNotFound for anything else.
func parseQuarter(s string) (calendar.Date, error) {
	var y, n int
	if _, err := fmt.Sscanf(s, "%4d-Q%1d", &y, &n); err != nil || n < 1 || n > 4 || y < 2000 || s != fmt.Sprintf("%d-Q%d", y, n) {
		return calendar.Date{}, errs.ErrNotFound
	}
	days := [...]int{31, 30, 30, 31}
	return calendar.On(y, time.Month(n*3), days[n-1]), nil
}

// investee is what everybody may read of a firm the fund has invested in.
type investee struct {
	Name, Sector, Round string
	Since               calendar.Date
	Fund                string
}

// investees are the published holdings, newest first: name, field and day, never amounts.
func (s *Service) investees(ctx context.Context) (is []investee, err error) {
	q := s.db.NewSelect().TableExpr("holdings AS h").Join("JOIN organisations AS o ON o.id = h.organisation_id").Join("JOIN funds AS f ON f.id = h.fund_id").
		ColumnExpr("o.name, h.sector, h.round, f.name_vi AS fund").
		ColumnExpr("(SELECT min(i.paid_on) FROM investments AS i WHERE i.holding_id = h.id AND i.status = 'confirmed') AS since").
		OrderExpr("since DESC, o.name").Limit(500)
	return is, s.access.Scope(ctx, q, "investment", "read_public", "holding").Scan(ctx, &is)
}

// fewInvestees is the least number of firms whose sum is told to everybody: the sum over fewer would tell what one got.
const fewInvestees = 3

// Invested sums what the funds have paid into published holdings, in đồng, and counts the firms; told is false while
// the sum would give away a single firm.
func (s *Service) Invested(ctx context.Context) (sum money.Amount, firms int, told bool, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().TableExpr("holdings AS h").ColumnExpr("COALESCE(sum(h.cost), 0), count(DISTINCT h.organisation_id)")
	if err := s.access.Scope(ctx, q, "investment", "read_public", "holding").Scan(ctx, &sum, &firms); err != nil {
		return sum, 0, false, fmt.Errorf("sum of published holdings: %w", err)
	}
	return sum, firms, firms >= fewInvestees, nil
}
