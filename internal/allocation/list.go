package allocation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// RankingOf reads the ranking of a call with its lines; errs.ErrNotFound when none was computed. The caller decides
// who may see it.
func RankingOf(ctx context.Context, db bun.IDB, call uuid.UUID) (*Ranking, error) {
	return rankingOf(ctx, db, call)
}

// PublishedCount counts the funded awards in published sets whose decision is of a year; 0 counts all years.
func PublishedCount(ctx context.Context, db bun.IDB, year int) (int, error) {
	q := db.NewSelect().Model((*Award)(nil)).Join("JOIN award_sets AS aws ON aws.id = aw.set_id").
		Where("aws.status = ?", Published).Where("aw.outcome = ?", Funded)
	if year != 0 {
		q = q.Where("extract(year FROM aws.decided_on) = ?", year)
	}
	n, err := q.Count(ctx)
	return int(n), err
}

// Latest gives published funded awards, newest first, for the public home.
func (s *Service) Latest(ctx context.Context, db bun.IDB, n int) ([]web.HomeAward, error) {
	var rows []struct {
		TitleVI                        string `bun:"title_vi"`
		TitleEN                        string `bun:"title_en"`
		Organisation, DecisionNo, Code string
		Amount                         money.Amount
	}
	err := db.NewRaw(`SELECT p.title_vi, p.title_en, o.name AS organisation, s.decision_no, c.code, a.amount
		FROM awards a JOIN award_sets s ON s.id = a.set_id JOIN proposals p ON p.id = a.proposal_id
		JOIN organisations o ON o.id = a.organisation_id JOIN calls c ON c.id = s.call_id
		WHERE s.status = 'published' AND a.outcome = 'funded' ORDER BY s.published_at DESC, a.rank LIMIT ?`, n).Scan(ctx, &rows)
	out := make([]web.HomeAward, len(rows))
	for i, r := range rows {
		out[i] = web.HomeAward{Project: web.Pick(i18n.From(ctx), r.TitleVI, r.TitleEN), Organisation: r.Organisation, Amount: r.Amount, Decision: r.DecisionNo, Href: "/results/" + r.Code}
	}
	return out, err
}

// Named is an award or ranking line with the names a page shows.
type Named struct {
	Dossier      uuid.UUID
	Code         string
	TitleVI      string `bun:"title_vi"`
	TitleEN      string `bun:"title_en"`
	Organisation string
}

func names(ctx context.Context, db bun.IDB, ids []uuid.UUID) (map[uuid.UUID]Named, error) {
	var rows []Named
	err := db.NewRaw(`SELECT p.id AS dossier, p.code, p.title_vi, p.title_en, o.name AS organisation
		FROM proposals p JOIN organisations o ON o.id = p.organisation_id WHERE p.id IN (?)`, bun.List(ids)).Scan(ctx, &rows)
	out := map[uuid.UUID]Named{}
	for _, r := range rows {
		out[r.Dossier] = r
	}
	return out, err
}

// SetRow is an award set on a list. Funded and Sum count the lines its reader may see.
type SetRow struct {
	bun.BaseModel `bun:"table:award_sets,alias:aws" json:"-"`
	ID            uuid.UUID     `json:"id"`
	CallCode      string        `json:"call"`
	TitleVI       string        `bun:"title_vi" json:"title"`
	TitleEN       string        `bun:"title_en" json:"title_en"`
	Status        Status        `json:"status"`
	Funded        int           `json:"funded"`
	Sum           money.Amount  `bun:"type:numeric" json:"sum"`
	DecisionNo    string        `json:"decision_no"`
	DecidedOn     calendar.Date `json:"decided_on"`
}

var setSorts = web.Sorts{"call": "c.code", "status": "aws.status", "decided_on": "COALESCE(aws.decided_on, '-infinity')"}

// sets reads the award sets the subject of ctx may see, one page or, with Size 0, all of the filter.
func (s *Service) sets(ctx context.Context, db bun.IDB, l *web.List) ([]SetRow, error) {
	rows := []SetRow{}
	seen := func(expr string) *bun.SelectQuery {
		return s.access.Scope(ctx, db.NewSelect().TableExpr("awards AS aw").ColumnExpr(expr).Where("aw.set_id = aws.id"), "award", "read", "award")
	}
	q := db.NewSelect().Model(&rows).
		ColumnExpr("aws.id, c.code AS call_code, c.title_vi, c.title_en, aws.status, COALESCE(aws.decision_no, '') AS decision_no, aws.decided_on").
		ColumnExpr("(?) AS funded", seen("count(*) FILTER (WHERE aw.outcome = 'funded')")).
		ColumnExpr("(?) AS sum", seen("COALESCE(sum(CASE WHEN aws.status IN ('decided', 'published') THEN aw.amount ELSE COALESCE(aw.appraised, aw.proposed) END) FILTER (WHERE aw.outcome = 'funded'), 0)")).
		Join("JOIN calls AS c ON c.id = aws.call_id").Where("EXISTS (?)", seen("1"))
	if v := l.Filter["status"]; v != "" {
		q = q.Where("aws.status = ?", v)
	}
	if l.Q != "" {
		q = q.Where("kb.fold(c.code || ' ' || c.title_vi || ' ' || c.title_en || ' ' || COALESCE(aws.decision_no, '')) LIKE kb.fold(?)", text.Pattern(l.Q))
	}
	q = s.access.Scope(ctx, q, "award", "read", "award_set")
	return rows, web.Fetch(ctx, l, q, setSorts, "aws.id")
}

// PublicSet is a published set as the public reads it.
type PublicSet struct {
	ID          uuid.UUID     `json:"-"`
	CallID      uuid.UUID     `json:"-"`
	Code        string        `json:"call"`
	TitleVI     string        `bun:"title_vi" json:"title"`
	TitleEN     string        `bun:"title_en" json:"title_en"`
	DecisionNo  string        `json:"decision_no"`
	DecidedOn   calendar.Date `json:"decided_on"`
	PublishedAt time.Time     `json:"published_at"`
	Funded      int           `json:"funded"`
	Submitted   int           `json:"submitted"`
	Judged      int           `json:"judged"`
	Sum         money.Amount  `bun:"type:numeric" json:"sum"`
	Ceiling     money.Amount  `bun:"type:numeric" json:"ceiling"`
}

func publicSets(ctx context.Context, db bun.IDB, code string) ([]PublicSet, error) {
	var rows []PublicSet
	q := db.NewSelect().Model((*AwardSet)(nil)).
		ColumnExpr("aws.id, aws.call_id, c.code, c.title_vi, c.title_en, aws.decision_no, aws.decided_on, aws.published_at, aws.ceiling").
		ColumnExpr("(SELECT count(*) FROM proposals p WHERE p.call_id = c.id AND p.status <> 'draft') AS submitted").
		ColumnExpr("(SELECT count(*) FROM awards a WHERE a.set_id = aws.id) AS judged").
		ColumnExpr("(SELECT count(*) FROM awards a WHERE a.set_id = aws.id AND a.outcome = 'funded') AS funded").
		ColumnExpr("(SELECT COALESCE(sum(a.amount), 0) FROM awards a WHERE a.set_id = aws.id) AS sum").
		Join("JOIN calls AS c ON c.id = aws.call_id").Where("aws.status = ?", Published).OrderExpr("aws.published_at DESC")
	if code != "" {
		q = q.Where("c.code = ?", code)
	}
	return rows, q.Scan(ctx, &rows)
}

// PublicAward is one published award: name, money, no person and no score.
type PublicAward struct {
	ProposalID   uuid.UUID    `json:"-"`
	AwardID      uuid.UUID    `json:"-"`
	TitleVI      string       `bun:"title_vi" json:"project"`
	TitleEN      string       `bun:"title_en" json:"project_en"`
	Organisation string       `json:"organisation"`
	Amount       money.Amount `bun:"type:numeric" json:"amount"`
	Disbursed    money.Amount `bun:"-" json:"disbursed"`
	Standing     string       `bun:"-" json:"standing"` // "" while nobody tells it
}

func publicAwards(ctx context.Context, db bun.IDB, set uuid.UUID) ([]PublicAward, error) {
	var rows []PublicAward
	err := db.NewRaw(`SELECT a.id AS award_id, a.proposal_id, p.title_vi, p.title_en, o.name AS organisation, a.amount
		FROM awards a JOIN proposals p ON p.id = a.proposal_id JOIN organisations o ON o.id = a.organisation_id
		WHERE a.set_id = ? AND a.outcome = 'funded' ORDER BY a.rank`, set).Scan(ctx, &rows)
	return rows, err
}
