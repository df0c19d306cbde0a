package agreement

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/allocation"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// Row is one line of the list of agreements.
type Row struct {
	bun.BaseModel `bun:"table:agreements,alias:ag"`
	ID            uuid.UUID    `bun:"type:uuid" json:"id"`
	No            string       `json:"no"`
	Title         string       `json:"title"`
	Organisation  string       `json:"organisation"`
	Amount        money.Amount `json:"amount"`
	Paid          money.Amount `json:"paid"`
	Status        Status       `json:"status"`
	EndsOn        time.Time    `json:"ends_on"`
}

var sorts = web.Sorts{"no": "ag.no", "amount": "ag.amount", "created_at": "ag.created_at", "organisation": "o.name"}

func (s *Service) rows(ctx context.Context, l *web.List, rows *[]Row) error {
	q := storage.Joined(ctx, s.db).NewSelect().Model(rows).
		ColumnExpr("ag.id, ag.no, ag.title, o.name AS organisation, ag.amount, ag.status, ag.ends_on").
		ColumnExpr("COALESCE((SELECT sum(m.amount) FROM agreement_milestones m WHERE m.agreement_id = ag.id AND m.status = 'paid'), 0) AS paid").
		Join("JOIN organisations AS o ON o.id = ag.organisation_id")
	q = s.access.Scope(ctx, q, "agreement", "read", "agreement")
	if v := l.Filter["status"]; v != "" {
		q.Where("ag.status = ?", v)
	}
	if v := l.Filter["q"]; v != "" {
		q.Where("kb.fold(ag.no || ' ' || ag.title || ' ' || o.name) LIKE kb.fold(?)", text.Pattern(v))
	}
	return web.Fetch(ctx, l, q, sorts, "ag.id")
}

// view is an agreement with the names a page needs.
type view struct {
	*Agreement
	Organisation string
	CallCode     string
	ProposalCode string
	BudgetLine   string
	DraftedName  string
	GranteeName  string
	StateName    string
}

func (s *Service) read(ctx context.Context, id uuid.UUID) (*view, error) {
	db := storage.Joined(ctx, s.db)
	q := s.access.Scope(ctx, db.NewSelect().Model((*Agreement)(nil)).Column("ag.id").Where("ag.id = ?", id), "agreement", "read", "agreement")
	var seen uuid.UUID
	if err := q.Scan(ctx, &seen); err != nil {
		return nil, missing(err, "agreement", id)
	}
	a, err := Get(ctx, db, id)
	if err != nil {
		return nil, err
	}
	v := &view{Agreement: a}
	err = db.NewRaw(`SELECT o.name, c.code, p.code, bl.code || ' · ' || bl.name_vi,
			d.name, COALESCE(g.name, ''), COALESCE(st.name, '')
		FROM agreements ag JOIN organisations o ON o.id = ag.organisation_id JOIN calls c ON c.id = ag.call_id
		JOIN proposals p ON p.id = ag.proposal_id JOIN budget_lines bl ON bl.id = ag.budget_line_id
		JOIN users d ON d.id = ag.drafted_by LEFT JOIN users g ON g.id = ag.grantee_signed_by LEFT JOIN users st ON st.id = ag.state_signed_by
		WHERE ag.id = ?`, id).Scan(ctx, &v.Organisation, &v.CallCode, &v.ProposalCode, &v.BudgetLine, &v.DraftedName, &v.GranteeName, &v.StateName)
	return v, err
}

// waiting is an award without an agreement.
type waiting struct {
	ID           uuid.UUID
	Code         string
	Title        string
	Organisation string
	Amount       money.Amount
	Track        string
}

// unsigned lists funded awards that have no agreement yet and whose award set the subject may read.
func (s *Service) unsigned(ctx context.Context) (rows []waiting, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().TableExpr("awards AS aw").
		ColumnExpr("aw.id, p.code, p.title_vi AS title, o.name AS organisation, aw.amount, c.track").
		Join("JOIN proposals AS p ON p.id = aw.proposal_id").Join("JOIN calls AS c ON c.id = p.call_id").Join("JOIN organisations AS o ON o.id = aw.organisation_id").
		Where("aw.outcome = ?", allocation.Funded).Where("NOT EXISTS (SELECT 1 FROM agreements x WHERE x.award_id = aw.id)").OrderExpr("aw.rank")
	err = s.access.Scope(ctx, q, "agreement", "draft", "award").Scan(ctx, &rows)
	return rows, err
}

// Tasks is what waits for the subject: awards to draw up, agreements to sign, reports due and to decide.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	var tasks []web.Task
	awards, err := s.unsigned(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range awards {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "agreement.task_draft", w.Title), Detail: w.Organisation,
			Href: "/awards/" + w.ID.String() + "/agreement", Action: i18n.T(ctx, "agreement.draft")})
	}
	for _, t := range []struct {
		act, state, title, button string
	}{
		{"sign_grantee", "draft", "agreement.task_sign", "agreement.sign"},
		{"sign_state", "signed_grantee", "agreement.task_sign", "agreement.sign"},
	} {
		var as []Agreement
		q := s.access.Scope(ctx, storage.Joined(ctx, s.db).NewSelect().Model(&as).Where("ag.status = ?", t.state), "agreement", t.act, "agreement")
		if err := q.OrderExpr("ag.created_at").Limit(50).Scan(ctx); err != nil {
			return nil, err
		}
		for _, a := range as {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, t.title, a.No), Detail: a.Title, Href: "/agreements/" + a.ID.String(), Action: i18n.T(ctx, t.button)})
		}
	}
	reports, err := s.reportTasks(ctx)
	return append(tasks, reports...), err
}

func (s *Service) reportTasks(ctx context.Context) ([]web.Task, error) {
	var tasks []web.Task
	var due []struct {
		AgreementID uuid.UUID
		No, Name    string
		DueOn       time.Time
	}
	q := storage.Joined(ctx, s.db).NewSelect().TableExpr("agreements AS ag").ColumnExpr("ag.id AS agreement_id, ag.no, m.name, m.due_on").
		Join("JOIN agreement_milestones AS m ON m.agreement_id = ag.id").Where("m.status = 'pending'").Where("m.kind = ?", KindContent)
	if err := s.access.Scope(ctx, q, "progress_report", "submit", "agreement").OrderExpr("m.due_on").Limit(50).Scan(ctx, &due); err != nil {
		return nil, err
	}
	for _, d := range due {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "agreement.task_report", d.Name), Detail: d.No, Due: d.DueOn,
			Href: "/agreements/" + d.AgreementID.String(), Action: i18n.T(ctx, "agreement.report")})
	}
	var open []Report
	q = s.access.Scope(ctx, storage.Joined(ctx, s.db).NewSelect().Model(&open).Where("pr.status = 'submitted'"), "progress_report", "accept", "progress_report")
	if err := q.OrderExpr("pr.submitted_at").Limit(50).Scan(ctx); err != nil {
		return nil, err
	}
	for _, r := range open {
		tasks = append(tasks, web.Task{Title: i18n.T(ctx, "agreement.task_decide"), Detail: firstLine(r.Body),
			Href: "/agreements/" + r.AgreementID.String(), Action: i18n.T(ctx, "agreement.accept_report")})
	}
	return tasks, nil
}

func firstLine(s string) string {
	for i, c := range s {
		if c == '\n' || i > 120 {
			return s[:i]
		}
	}
	return s
}
