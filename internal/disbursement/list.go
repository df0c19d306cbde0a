package disbursement

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/text"
	"kinhbac/internal/web"
)

// Row is one line of the list of requests.
type Row struct {
	bun.BaseModel `bun:"table:disbursement_requests,alias:dr"`
	ID            uuid.UUID    `bun:"type:uuid" json:"id"`
	No            string       `json:"no"`
	AgreementNo   string       `json:"agreement_no"`
	Organisation  string       `json:"organisation"`
	Milestone     string       `json:"milestone"`
	Amount        money.Amount `json:"amount"`
	Status        Status       `json:"status"`
	SubmittedAt   *time.Time   `json:"submitted_at"`
}

var sorts = web.Sorts{"no": "dr.no", "amount": "dr.amount", "created_at": "dr.created_at", "organisation": "o.name"}

func (s *Service) rows(ctx context.Context, l *web.List, rows *[]Row) error {
	q := storage.Joined(ctx, s.db).NewSelect().Model(rows).
		ColumnExpr("dr.id, dr.no, a.no AS agreement_no, o.name AS organisation, m.name AS milestone, dr.amount, dr.status, dr.submitted_at").
		Join("JOIN agreements AS a ON a.id = dr.agreement_id").Join("JOIN organisations AS o ON o.id = dr.organisation_id").
		Join("JOIN agreement_milestones AS m ON m.id = dr.milestone_id")
	q = s.access.Scope(ctx, q, "disbursement_request", "read", "disbursement_request")
	if v := l.Filter["status"]; v != "" {
		q.Where("dr.status = ?", v)
	}
	if v := l.Filter["q"]; v != "" {
		q.Where("kb.fold(dr.no || ' ' || a.no || ' ' || o.name) LIKE kb.fold(?)", text.Pattern(v))
	}
	return web.Fetch(ctx, l, q, sorts, "dr.id")
}

// OrderRow is one line of the list of payment orders.
type OrderRow struct {
	bun.BaseModel `bun:"table:payment_orders,alias:po"`
	ID            uuid.UUID      `bun:"type:uuid" json:"id"`
	RequestID     uuid.UUID      `bun:"type:uuid" json:"request_id"`
	No            string         `json:"no"`
	RequestNo     string         `json:"request_no"`
	Organisation  string         `json:"organisation"`
	Amount        money.Amount   `json:"amount"`
	Status        OrderStatus    `json:"status"`
	TreasuryRef   *string        `json:"treasury_ref"`
	PaidOn        *calendar.Date `json:"paid_on"` // day the treasury paid
	PaidAt        *time.Time     `json:"paid_at"` // when that was recorded
}

var orderSorts = web.Sorts{"no": "po.no", "amount": "po.amount", "made_at": "po.made_at", "organisation": "o.name"}

func (s *Service) orderRows(ctx context.Context, l *web.List, rows *[]OrderRow) error {
	q := storage.Joined(ctx, s.db).NewSelect().Model(rows).
		ColumnExpr("po.id, po.request_id, po.no, dr.no AS request_no, o.name AS organisation, po.amount, po.status, po.treasury_ref, po.paid_on, po.paid_at").
		Join("JOIN disbursement_requests AS dr ON dr.id = po.request_id").Join("JOIN organisations AS o ON o.id = po.organisation_id")
	q = s.access.Scope(ctx, q, "payment_order", "read", "payment_order")
	if v := l.Filter["status"]; v != "" {
		q.Where("po.status = ?", v)
	}
	if v := l.Filter["q"]; v != "" {
		q.Where("kb.fold(po.no || ' ' || dr.no || ' ' || o.name || ' ' || COALESCE(po.treasury_ref, '')) LIKE kb.fold(?)", text.Pattern(v))
	}
	return web.Fetch(ctx, l, q, orderSorts, "po.id")
}

// view is a request with what its page shows.
type view struct {
	*Request
	AgreementNo     string
	AgreementStatus string
	EndsOn          time.Time
	Title           string
	Organisation    string
	Milestone       string
	Position        int
	MilestoneStatus string
	Spent           money.Amount
	ContractAmount  money.Amount
	ContractPaid    money.Amount
	Budget          string
	Chapter         string
	BudgetControl   int64
	PayeeName       string
	PayeeBank       string
	PayeeAccount    string
	PreparedName    string
	CheckedName     string
}

func (s *Service) read(ctx context.Context, id uuid.UUID) (*view, error) {
	db := storage.Joined(ctx, s.db)
	r := new(Request)
	q := s.access.Scope(ctx, db.NewSelect().Model(r).Where("dr.id = ?", id), "disbursement_request", "read", "disbursement_request")
	if err := q.Scan(ctx); err != nil {
		return nil, missing(err, "disbursement request", id)
	}
	v := &view{Request: r}
	return v, v.load(ctx, db)
}

// load reads what stands around the request.
func (v *view) load(ctx context.Context, db bun.IDB) error {
	return db.NewRaw(`SELECT a.no, a.status, a.ends_on, a.title, o.name, m.name, m.position, m.status,
			COALESCE((SELECT pr.spent FROM progress_reports pr WHERE pr.milestone_id = m.id AND pr.status = 'accepted'), 0),
			a.amount, COALESCE((SELECT sum(x.amount) FROM agreement_milestones x WHERE x.agreement_id = a.id AND x.status = 'paid'), 0),
			bl.code || ' · ' || bl.name_vi, bl.control_line, a.payee_name, a.payee_bank, a.payee_account, pu.name, COALESCE(cu.name, '')
		FROM disbursement_requests dr JOIN agreements a ON a.id = dr.agreement_id JOIN organisations o ON o.id = dr.organisation_id
		JOIN agreement_milestones m ON m.id = dr.milestone_id JOIN budget_lines bl ON bl.id = dr.budget_line_id
		JOIN users pu ON pu.id = dr.prepared_by LEFT JOIN users cu ON cu.id = dr.checked_by WHERE dr.id = ?`, v.ID).
		Scan(ctx, &v.AgreementNo, &v.AgreementStatus, &v.EndsOn, &v.Title, &v.Organisation, &v.Milestone, &v.Position, &v.MilestoneStatus,
			&v.Spent, &v.ContractAmount, &v.ContractPaid, &v.Budget, &v.BudgetControl, &v.PayeeName, &v.PayeeBank, &v.PayeeAccount, &v.PreparedName, &v.CheckedName)
}

// orderView is an order with the names of its people.
type orderView struct {
	bun.BaseModel `bun:"table:payment_orders,alias:po"`
	Order         `bun:",extend"`
	MadeName      string
	CheckedName   string
	ApprovedName  string
}

func (s *Service) orders(ctx context.Context, request uuid.UUID) (os []orderView, err error) {
	q := storage.Joined(ctx, s.db).NewSelect().Model(&os).ColumnExpr("po.*, mu.name AS made_name, COALESCE(cu.name, '') AS checked_name, COALESCE(au.name, '') AS approved_name").
		Join("JOIN users AS mu ON mu.id = po.made_by").Join("LEFT JOIN users AS cu ON cu.id = po.checked_by").Join("LEFT JOIN users AS au ON au.id = po.approved_by").
		Where("po.request_id = ?", request).OrderExpr("po.made_at DESC")
	err = s.access.Scope(ctx, q, "payment_order", "read", "payment_order").Scan(ctx)
	return os, err
}

// Tasks is what waits for the subject: drafts to submit, requests to check, orders to make, check, approve, record.
func (s *Service) Tasks(ctx context.Context) ([]web.Task, error) {
	var tasks []web.Task
	for _, t := range []struct{ resource, act, state, code string }{
		{"disbursement_request", "submit", "draft", "submit"},
		{"disbursement_request", "check", "submitted", "check"},
		{"payment_order", "create", "checked", "make_order"},
	} {
		var rs []Request
		q := s.access.Scope(ctx, storage.Joined(ctx, s.db).NewSelect().Model(&rs).Where("dr.status = ?", t.state), t.resource, t.act, "disbursement_request")
		if err := q.OrderExpr("dr.created_at").Limit(50).Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rs {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "disbursement.task_"+t.code, r.No), Detail: r.Amount.Format() + " đ",
				Href: "/disbursements/" + r.ID.String(), Action: i18n.T(ctx, "disbursement."+t.code)})
		}
	}
	for _, t := range []struct{ act, state, code string }{
		{"check", "made", "check_order"}, {"approve", "checked", "approve_order"}, {"record_paid", "released", "record_paid"},
	} {
		var os []Order
		q := s.access.Scope(ctx, storage.Joined(ctx, s.db).NewSelect().Model(&os).Where("po.status = ?", t.state), "payment_order", t.act, "payment_order")
		q = s.access.Scope(ctx, q, "payment_order", "read", "payment_order") // recording a payment asks for no freedom of conflict by itself
		if err := q.OrderExpr("po.made_at").Limit(50).Scan(ctx); err != nil {
			return nil, err
		}
		for _, o := range os {
			tasks = append(tasks, web.Task{Title: i18n.T(ctx, "disbursement.task_"+t.code, o.No), Detail: o.Amount.Format() + " đ",
				Href: "/disbursements/" + o.RequestID.String(), Action: i18n.T(ctx, "disbursement."+t.code)})
		}
	}
	more, err := s.settleTasks(ctx)
	return append(tasks, more...), err
}
