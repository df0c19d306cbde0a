package fund

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// Visible are the funds the subject of ctx may read, by code.
func (s *Service) Visible(ctx context.Context) (fs []Fund, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().Model(&fs).OrderExpr("f.code")
	return fs, s.access.Scope(ctx, q, "fund_capital", "read", "fund").Scan(ctx)
}

// Read is a fund the subject of ctx may read, by code; ErrNotFound for any other.
func (s *Service) Read(ctx context.Context, code string) (*Fund, error) {
	return one(ctx, storage.Joined(ctx, s.db), func(q *bun.SelectQuery) *bun.SelectQuery {
		return s.access.Scope(ctx, q.Where("f.code = upper(?)", code), "fund_capital", "read", "fund")
	})
}

// drafts are the charters of the subject's unit, newest first.
func (s *Service) drafts(ctx context.Context) (fs []Fund, err error) {
	q := s.db.NewSelect().Model(&fs).OrderExpr("f.created_at DESC, f.id")
	return fs, s.access.Scope(ctx, q, "fund", "create", "fund").Scan(ctx)
}

// Shown is what the fund's page needs, read in one transaction.
type Shown struct {
	Fund     *Fund
	Today    calendar.Date
	Overview *Overview // nil before the fund is active
	Calls    []CapitalCall
}

// Show reads a fund with its figures of today.
func (s *Service) Show(ctx context.Context, code string) (*Shown, error) {
	out := new(Shown)
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if out.Fund, err = s.Read(ctx, code); err != nil {
			return err
		}
		out.Today = calendar.DateOf(storage.Now(ctx))
		if out.Fund.Status != Active {
			return nil
		}
		if out.Calls, err = calls(ctx, tx, s.access, out.Fund.ID); err != nil {
			return err
		}
		out.Overview, err = s.overview(ctx, tx, out.Fund, out.Today)
		return err
	})
	return out, err
}

// calls are a fund's capital calls with their lines, newest first.
func calls(ctx context.Context, db bun.IDB, acc *access.Access, fund uuid.UUID) (cs []CapitalCall, err error) {
	q := db.NewSelect().Model(&cs).Where("cc.fund_id = ?", fund).OrderExpr("cc.number DESC").Limit(100)
	if err := acc.Scope(ctx, q, "capital_call", "read", "capital_call").Scan(ctx); err != nil {
		return nil, fmt.Errorf("capital calls of fund %s: %w", fund, err)
	}
	if len(cs) == 0 {
		return nil, nil
	}
	ids, at := make([]uuid.UUID, len(cs)), map[uuid.UUID]int{}
	for i := range cs {
		ids[i], at[cs[i].ID] = cs[i].ID, i
	}
	var lines []CallLine
	if err := db.NewSelect().Model(&lines).Where("cl.call_id IN (?)", bun.List(ids)).OrderExpr("cl.position").Scan(ctx); err != nil {
		return nil, fmt.Errorf("lines of the calls of fund %s: %w", fund, err)
	}
	for _, l := range lines {
		c := &cs[at[l.CallID]]
		c.Lines = append(c.Lines, l)
	}
	return cs, nil
}

// listedCall is a capital call on a list, with what was asked and paid over its lines, in đồng.
type listedCall struct {
	bun.BaseModel `bun:"table:capital_calls,alias:cc"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Code          string
	Fund          string
	Purpose       string
	DueOn         calendar.Date `bun:"type:date"`
	Total         money.Amount  `bun:"type:numeric"`
	PaidIn        money.Amount  `bun:"type:numeric"`
	Status        CallStatus
}

var callSorts = web.Sorts{"code": "cc.code", "due_on": "cc.due_on", "status": "cc.status"}

// callRows reads the capital calls of the funds the subject of ctx may see, one page or, with Size 0, all of the filter.
func (s *Service) callRows(ctx context.Context, l *web.List) ([]listedCall, error) {
	rows := []listedCall{}
	q := storage.Joined(ctx, s.db).NewSelect().Model(&rows).ColumnExpr("cc.id, cc.code, f.code AS fund, cc.purpose, cc.due_on, cc.status").
		ColumnExpr("COALESCE((SELECT sum(cl.amount) FROM capital_call_lines cl WHERE cl.call_id = cc.id), 0) AS total").
		ColumnExpr("COALESCE((SELECT sum(cl.paid) FROM capital_call_lines cl WHERE cl.call_id = cc.id), 0) AS paid_in").
		Join("JOIN funds AS f ON f.id = cc.fund_id")
	if v := l.Filter["status"]; v != "" {
		q = q.Where("cc.status = ?", v)
	}
	if v := l.Filter["fund"]; v != "" {
		q = q.Where("f.code = upper(?)", v)
	}
	if l.Q != "" {
		q = q.Where("kb.fold(cc.code || ' ' || cc.purpose) LIKE kb.fold(?)", text.Pattern(l.Q))
	}
	return rows, web.Fetch(ctx, l, s.access.Scope(ctx, q, "capital_call", "read", "capital_call"), callSorts, "cc.id")
}

// ReadCall is a capital call the subject of ctx may read, by its code.
func (s *Service) ReadCall(ctx context.Context, code string) (*CapitalCall, error) {
	return getCall(ctx, storage.Joined(ctx, s.db), func(q *bun.SelectQuery) *bun.SelectQuery {
		return s.access.Scope(ctx, q.Where("cc.code = upper(?)", code), "capital_call", "read", "capital_call")
	})
}

var entrySorts = web.Sorts{"recorded_at": "COALESCE(ce.recorded_at, '-infinity')", "document_on": "ce.document_on", "amount": "ce.amount", "status": "ce.status"}

// Entries are the records of charter capital of a fund, one page or, with Size 0, all of the filter.
func (s *Service) Entries(ctx context.Context, fund uuid.UUID, l *web.List) ([]Entry, error) {
	es := []Entry{}
	q := s.db.NewSelect().Model(&es).Relation("Investor").Where("ce.fund_id = ?", fund)
	if v := l.Filter["status"]; v != "" {
		q = q.Where("ce.status = ?", v)
	}
	if v := l.Filter["kind"]; v != "" {
		q = q.Where("ce.kind = ?", v)
	}
	if l.Q != "" {
		q = q.Where("kb.fold(ce.document_no || ' ' || investor.name) LIKE kb.fold(?)", text.Pattern(l.Q))
	}
	return es, web.Fetch(ctx, l, s.access.Scope(ctx, q, "fund_capital", "read", "fund_capital"), entrySorts, "ce.id")
}

var distributionSorts = web.Sorts{"number": "fd.number", "amount": "fd.amount", "paid_on": "COALESCE(fd.paid_on, '-infinity')", "status": "fd.status"}

// Distributions are the distributions of a fund, one page or, with Size 0, all of the filter.
func (s *Service) Distributions(ctx context.Context, fund uuid.UUID, l *web.List) ([]Distribution, error) {
	ds := []Distribution{}
	q := s.db.NewSelect().Model(&ds).Where("fd.fund_id = ?", fund)
	if v := l.Filter["status"]; v != "" {
		q = q.Where("fd.status = ?", v)
	}
	if v := l.Filter["kind"]; v != "" {
		q = q.Where("fd.kind = ?", v)
	}
	return ds, web.Fetch(ctx, l, s.access.Scope(ctx, q, "distribution", "read", "distribution"), distributionSorts, "fd.id")
}

// budgetLines are the lines a charter may stand on, for the choice in its form.
func budgetLines(ctx context.Context, db bun.IDB) (ls []lineChoice, err error) {
	return ls, db.NewRaw(`SELECT id, code, year, name_vi, name_en FROM budget_lines ORDER BY year DESC, code LIMIT 200`).Scan(ctx, &ls)
}

type lineChoice struct {
	ID     uuid.UUID
	Code   string
	Year   int
	NameVI string `bun:"name_vi"`
	NameEN string `bun:"name_en"`
}
