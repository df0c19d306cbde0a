package proposal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// Row is one dossier in a list.
type Row struct {
	bun.BaseModel   `bun:"table:proposals,alias:p"`
	ID              uuid.UUID `bun:",pk,type:uuid"`
	Code            string
	TitleVI         string `bun:"title_vi"`
	TitleEN         string `bun:"title_en"`
	Status          Status
	Requested       money.Amount `bun:"type:numeric"`
	SubmittedAt     *time.Time
	PublishedAt     *time.Time
	UpdatedAt       time.Time
	SupplementUntil *time.Time `bun:",scanonly"`
	Organisation    string     `bun:",scanonly"` // "" when the reader may not know it
	CallCode        string     `bun:",scanonly"`
	ClosesAt        time.Time  `bun:",scanonly"`
	NamesRevealed   bool       `bun:",scanonly"`
	CanEdit         bool       `bun:",scanonly"` // a draft that the reader may go on with
	AwaitsDecision  bool       `bun:",scanonly"` // a check of eligibility waits for the department head
}

// rowColumns are the columns of a Row that proposals hold.
const rowColumns = "p.id, p.code, p.title_vi, p.title_en, p.status, p.requested, p.submitted_at, p.published_at, p.updated_at"

// Public is the public word of the row's status.
func (r Row) Public() Public {
	return (&Proposal{Status: r.Status, PublishedAt: r.PublishedAt}).Public()
}

// Totals are the count and the sum of a whole filter, in đồng.
type Totals struct {
	Count     int
	Requested money.Amount `bun:"type:numeric"`
}

var sorts = web.Sorts{
	"code": "COALESCE(p.code, '')", "title": "p.title_vi", "requested": "p.requested",
	"submitted_at": "COALESCE(p.submitted_at, '-infinity')", "status": "p.status", "updated_at": "p.updated_at",
}

var filters = []string{"status", "call", "waiting"}

// list reads the dossiers the reader may list, one page or, with Size 0, all of the filter.
func (s *Service) list(ctx context.Context, l *web.List) ([]Row, error) {
	rows := []Row{}
	db := storage.Joined(ctx, s.db)
	q := db.NewSelect().Model(&rows).ColumnExpr(rowColumns).ColumnExpr("c.code AS call_code, c.closes_at").
		ColumnExpr("EXISTS (SELECT 1 FROM eligibility_checks ec WHERE ec.proposal_id = p.id AND ec.status = 'proposed') AS awaits_decision").
		ColumnExpr("p.status = 'draft' AND (?) AS can_edit", s.mayGoOn(ctx, db)).
		ColumnExpr("(?) AS names_revealed", s.mayKnow(ctx, db)).ColumnExpr("CASE WHEN (?) THEN o.name ELSE '' END AS organisation", s.mayKnow(ctx, db)).
		Join("JOIN calls AS c ON c.id = p.call_id").Join("JOIN organisations AS o ON o.id = p.organisation_id")
	q = s.access.Scope(ctx, q, "proposal", "list", "proposal")
	if err := web.Fetch(ctx, l, s.filter(ctx, db, q, *l), sorts, "p.id"); err != nil {
		return nil, err
	}
	return rows, nil
}

// totals counts and sums the filter for readers who may count.
func (s *Service) totals(ctx context.Context, l web.List) (Totals, error) {
	var t Totals
	db := storage.Joined(ctx, s.db)
	q := db.NewSelect().TableExpr("proposals AS p").ColumnExpr("count(*) AS count").ColumnExpr("COALESCE(sum(p.requested), 0) AS requested").
		Join("JOIN calls AS c ON c.id = p.call_id").Join("JOIN organisations AS o ON o.id = p.organisation_id")
	q = s.access.Free(ctx, s.access.Scope(ctx, q, "proposal", "count", "proposal"), "proposal")
	if err := s.filter(ctx, db, q, l).Scan(ctx, &t); err != nil {
		return t, fmt.Errorf("total dossiers: %w", err)
	}
	return t, nil
}

// mayKnow is a subquery that says whether the reader may know whose dossier p is.
func (s *Service) mayKnow(ctx context.Context, db bun.IDB) *bun.SelectQuery {
	inner := db.NewSelect().TableExpr("(SELECT p.*) AS p").ColumnExpr("1")
	return db.NewSelect().ColumnExpr("EXISTS (?)", s.access.Scope(ctx, inner, "applicant_identity", "read", "proposal"))
}

// mayGoOn is a subquery that says whether the reader may change the draft p.
func (s *Service) mayGoOn(ctx context.Context, db bun.IDB) *bun.SelectQuery {
	inner := db.NewSelect().TableExpr("(SELECT p.*) AS p").ColumnExpr("1")
	return db.NewSelect().ColumnExpr("EXISTS (?)", s.access.Scope(ctx, inner, "proposal", "update_draft", "proposal"))
}

func (s *Service) filter(ctx context.Context, db bun.IDB, q *bun.SelectQuery, l web.List) *bun.SelectQuery {
	if v := l.Filter["status"]; v != "" {
		q = q.Where("p.status = ?", v)
	}
	if v := l.Filter["call"]; v != "" {
		q = q.Where("c.code = upper(?)", v)
	}
	if l.Filter["waiting"] != "" {
		q = q.Where("p.status IN (?)", bun.List([]Status{Submitted, Screening}))
	}
	if l.Q != "" {
		like := text.Pattern(l.Q)
		q = q.Where("(p.folded LIKE kb.fold(?) OR kb.fold(o.name) LIKE kb.fold(?) AND (?))", like, like, s.mayKnow(ctx, db))
	}
	return q
}

// callCodes are the calls whose dossiers the reader may list, newest first.
func (s *Service) callCodes(ctx context.Context) (codes []string, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().TableExpr("proposals AS p").ColumnExpr("DISTINCT c.code").Join("JOIN calls AS c ON c.id = p.call_id")
	q = s.access.Scope(ctx, q, "proposal", "list", "proposal")
	if err := q.Scan(ctx, &codes); err != nil {
		return nil, fmt.Errorf("calls of dossiers: %w", err)
	}
	slices.Sort(codes)
	slices.Reverse(codes)
	return codes, nil
}

// applies says that the reader acts as an applicant, who reads public words only.
func applies(ctx context.Context) bool {
	s := access.From(ctx)
	return s.Active == access.Applicant || s.Active == access.OrgSignatory
}

// Submissions tells calls about their dossiers; it holds nothing.
type Submissions struct{}

// Owners are the people who have started or sent a dossier on the call, withdrawn ones left out.
func (Submissions) Owners(ctx context.Context, db bun.IDB, call uuid.UUID) (owners []uuid.UUID, err error) {
	err = db.NewSelect().Model((*Proposal)(nil)).ColumnExpr("DISTINCT p.owner_id").Where("p.call_id = ?", call).Where("p.status <> ?", Withdrawn).Scan(ctx, &owners)
	if err != nil {
		return nil, fmt.Errorf("owners of dossiers of call %s: %w", call, err)
	}
	return owners, nil
}
