package disbursement

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/agreement"
	"kinhbac/internal/calendar"
	"kinhbac/internal/i18n"
	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// Routes puts the room on the web.
func (s *Service) Routes(rt *web.Router) {
	web.Page(rt, "/disbursements", "disbursement_request", "read", "disbursement/list", s.list)
	web.Download(rt, "/disbursements.csv", "disbursement_request", "read", s.csv)
	web.Page(rt, "/disbursements/:id", "disbursement_request", "read", "disbursement/show", s.show)
	web.Page(rt, "/payments", "payment_order", "read", "disbursement/payments", s.payments)
	web.Page(rt, "/payments/:id", "payment_order", "read", "disbursement/show", s.showOrder)
	web.Download(rt, "/payments.csv", "payment_order", "read", s.paymentsCSV)
	web.JSON(rt, "/disbursements", "disbursement_request", "read", s.apiList)
	web.JSON(rt, "/disbursements/:id", "disbursement_request", "read", s.apiShow)
	web.JSON(rt, "/payments", "payment_order", "read", s.apiPayments)
	web.Command(rt, "/disbursements/create", "disbursement_request", "create", "", s.postCreate)
	web.Command(rt, "/disbursements/:id/submit", "disbursement_request", "submit", "/disbursements/:id", plain(s.Submit, "disbursement.submitted"))
	web.Command(rt, "/disbursements/:id/check", "disbursement_request", "check", "/disbursements/:id", reasoned(s.Check, "disbursement.checked"))
	web.Command(rt, "/disbursements/:id/cancel", "disbursement_request", "cancel", "/disbursements/:id", plain(s.Cancel, "disbursement.cancelled"))
	web.Command(rt, "/disbursements/:id/return", "disbursement_request", "return", "/disbursements/:id", reasoned(s.Return, "disbursement.returned"))
	web.Command(rt, "/disbursements/:id/reject", "disbursement_request", "reject", "/disbursements/:id", reasoned(s.Reject, "disbursement.rejected"))
	web.Command(rt, "/disbursements/:id/orders", "payment_order", "create", "/disbursements/:id", s.postOrder)
	web.Command(rt, "/payments/:id/check", "payment_order", "check", "/payments/:id", orderReason(s.CheckOrder, "disbursement.order_checked"))
	web.Command(rt, "/payments/:id/approve", "payment_order", "approve", "/payments/:id", s.postApprove)
	web.Command(rt, "/payments/:id/record-paid", "payment_order", "record_paid", "/payments/:id", s.postPaid)
	web.Command(rt, "/payments/:id/record-failed", "payment_order", "record_failed", "/payments/:id", orderReason(s.RecordFailed, "disbursement.order_failed"))
	web.Command(rt, "/payments/:id/cancel", "payment_order", "cancel", "/payments/:id", orderReason(s.CancelOrder, "disbursement.order_cancelled"))
	s.settleRoutes(rt)
	rt.Tasks(s.Tasks)
	rt.Desk(s.desk)
}

type listPage struct {
	web.Base
	Rows     []Row
	List     web.List
	Statuses []web.Option
}

func (s *Service) list(ctx context.Context, r web.Req) (*listPage, error) {
	p := &listPage{List: r.List("-created_at", "status")}
	for _, st := range []Status{Draft, Submitted, Checked, Ordered, Paid, Returned, Rejected, Cancelled} {
		p.Statuses = append(p.Statuses, web.Option{Value: string(st), Label: i18n.T(ctx, "disbursement.status."+string(st))})
	}
	return p, s.rows(ctx, &p.List, &p.Rows)
}

func (s *Service) csv(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-created_at", "status").All()
	var rows []Row
	if err := s.rows(ctx, &l, &rows); err != nil {
		return web.File{}, err
	}
	table := make([][]string, len(rows))
	for i, x := range rows {
		table[i] = []string{x.No, x.AgreementNo, x.Organisation, x.Milestone, x.Amount.String(), i18n.T(ctx, "disbursement.status."+string(x.Status))}
	}
	return r.CSV(ctx, "giai-ngan", i18n.T(ctx, "disbursement.list"), l, heads(ctx, "no", "agreement", "organisation", "milestone", "amount", "state"), table), nil
}

func heads(ctx context.Context, names ...string) (out []string) {
	for _, n := range names {
		out = append(out, i18n.T(ctx, "disbursement."+n))
	}
	return out
}

func (s *Service) apiList(ctx context.Context, r web.Req) ([]Row, error) {
	l := r.List("-created_at", "status")
	rows := []Row{}
	err := s.rows(ctx, &l, &rows)
	return rows, err
}

type paymentsPage struct {
	web.Base
	Rows     []OrderRow
	List     web.List
	Statuses []web.Option
}

func (s *Service) payments(ctx context.Context, r web.Req) (*paymentsPage, error) {
	p := &paymentsPage{List: r.List("-made_at", "status")}
	for _, st := range []OrderStatus{Made, OrderChecked, Approved, Released, OrderPaid, Failed, OrderCancelled} {
		p.Statuses = append(p.Statuses, web.Option{Value: string(st), Label: i18n.T(ctx, "disbursement.order_status."+string(st))})
	}
	return p, s.orderRows(ctx, &p.List, &p.Rows)
}

func (s *Service) paymentsCSV(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-made_at", "status").All()
	var rows []OrderRow
	if err := s.orderRows(ctx, &l, &rows); err != nil {
		return web.File{}, err
	}
	table := make([][]string, len(rows))
	for i, x := range rows {
		ref := ""
		if x.TreasuryRef != nil {
			ref = *x.TreasuryRef
		}
		table[i] = []string{x.No, x.RequestNo, x.Organisation, x.Amount.String(), i18n.T(ctx, "disbursement.order_status."+string(x.Status)), ref, paidDay(x.PaidOn)}
	}
	return r.CSV(ctx, "lenh-chi", i18n.T(ctx, "disbursement.payments"), l, heads(ctx, "order_no", "no", "organisation", "amount", "state", "treasury", "paid_on"), table), nil
}

func (s *Service) apiPayments(ctx context.Context, r web.Req) ([]OrderRow, error) {
	l := r.List("-made_at", "status")
	rows := []OrderRow{}
	err := s.orderRows(ctx, &l, &rows)
	return rows, err
}

type showPage struct {
	web.Base
	R        *view
	Schedule []agreement.Milestone // what the agreement pays, in its order
	After    money.Amount          // left of the contract after this payment
	Checks   []check
	Passed   int
	Look     int
	Remarks  []web.Pair // what those who decided said of the checks
	Orders   []orderView
	Events   []web.Event
	Can      can
	Line     ledger.State
	Advance  *advancePart // of a paid advance, else nil
	Payee    *payeePart
}

// Share is an amount in percent of the agreement.
func (p *showPage) Share(a money.Amount) string { return share(a, p.R.ContractAmount) }

// Need is the option of the field for a remark: who decides must say something of checks that are not passed.
func (p *showPage) Need() string {
	if p.Look > 0 {
		return "required"
	}
	return ""
}

// can says which buttons the reader has.
type can struct{ Submit, Cancel, Check, Order, CheckOrder, Approve, Record bool }

// Open is the order that is still on its way, nil when there is none.
func (p *showPage) Open() *orderView {
	for i := range p.Orders {
		if s := p.Orders[i].Status; s != Failed && s != OrderCancelled {
			return &p.Orders[i]
		}
	}
	return nil
}

func (s *Service) show(ctx context.Context, r web.Req) (*showPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	return s.page(ctx, id)
}

// showOrder is the page of an order: that of its request.
func (s *Service) showOrder(ctx context.Context, r web.Req) (*showPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	var o Order
	q := storage.Joined(ctx, s.db).NewSelect().Model(&o).Column("request_id").Where("po.id = ?", id)
	if err := s.access.Scope(ctx, q, "payment_order", "read", "payment_order").Scan(ctx); err != nil {
		return nil, missing(err, "payment order", id)
	}
	return s.page(ctx, o.RequestID)
}

func (s *Service) page(ctx context.Context, id uuid.UUID) (*showPage, error) {
	v, err := s.read(ctx, id)
	if err != nil {
		return nil, err
	}
	db := storage.Joined(ctx, s.db)
	p := &showPage{R: v, After: v.ContractAmount.Sub(v.ContractPaid)}
	if v.Status != Paid {
		p.After = p.After.Sub(v.Amount)
	}
	a, err := agreement.Get(ctx, db, v.AgreementID)
	if err != nil {
		return nil, err
	}
	p.Schedule = a.Milestones
	if p.Line, err = ledger.Line(ctx, db, v.BudgetControl); err != nil {
		return nil, err
	}
	if p.Advance, err = s.advance(ctx, v.Request); err != nil {
		return nil, err
	}
	if p.Orders, err = s.orders(ctx, id); err != nil {
		return nil, err
	}
	if p.Payee, err = s.payeeOf(ctx, v, a, p.Open()); err != nil {
		return nil, err
	}
	if p.Checks, err = s.checks(ctx, v, a, p.Line, p.Open(), p.Payee); err != nil {
		return nil, err
	}
	for _, c := range p.Checks {
		if c.OK {
			p.Passed++
		} else {
			p.Look++
		}
	}
	if grantee(ctx) { // reads how far the payment has come, not how the office judges it
		p.Checks, p.Passed, p.Look, p.Payee = nil, 0, 0, &payeePart{}
		p.Events = progress(ctx, v)
	} else {
		p.Events, p.Remarks = events(ctx, v, p.Open()), remarks(ctx, v, p.Orders)
	}
	may := func(resource, act string, o interface {
		AccessKind() string
		AccessID() uuid.UUID
	}) bool {
		return s.access.Can(ctx, db, resource, act, o)
	}
	switch v.Status {
	case Draft:
		p.Can.Submit, p.Can.Cancel = may("disbursement_request", "submit", v), may("disbursement_request", "cancel", v)
	case Submitted:
		p.Can.Check, p.Can.Cancel = may("disbursement_request", "check", v), may("disbursement_request", "cancel", v)
	case Checked:
		p.Can.Order = may("payment_order", "create", v)
	}
	if o := p.Open(); o != nil {
		p.Can.CheckOrder = o.Status == Made && may("payment_order", "check", &o.Order)
		p.Can.Approve = o.Status == OrderChecked && may("payment_order", "approve", &o.Order)
		p.Can.Record = o.Status == Released && may("payment_order", "record_paid", &o.Order)
	}
	return p, nil
}

// event is one step of the chain, done when it has an instant.
func event(ctx context.Context, code, name string, at *time.Time) web.Event {
	out := web.Event{Text: i18n.T(ctx, "disbursement."+code), Done: at != nil}
	if name != "" {
		out.Text += ": " + name
	}
	if at != nil {
		out.At = at.In(calendar.Zone).Format("15:04, 02/01/2006")
	}
	return out
}

// grantee says that the reader acts for the payee.
func grantee(ctx context.Context) bool {
	who := access.From(ctx).Active
	return who == access.Applicant || who == access.OrgSignatory
}

// progress is the chain as the payee reads it: the order inside the office is not theirs to see.
func progress(ctx context.Context, v *view) []web.Event {
	return []web.Event{event(ctx, "event_request", v.PreparedName, v.SubmittedAt), event(ctx, "event_check", "", v.CheckedAt),
		event(ctx, "event_paid", paidDay(v.PaidOn), v.PaidAt)}
}

func paidDay(on *calendar.Date) string {
	if on == nil {
		return ""
	}
	return on.Format()
}

func events(ctx context.Context, v *view, o *orderView) []web.Event {
	e := func(code, name string, at *time.Time) web.Event { return event(ctx, code, name, at) }
	out := []web.Event{e("event_request", v.PreparedName, v.SubmittedAt), e("event_check", v.CheckedName, v.CheckedAt)}
	if o == nil {
		o = &orderView{}
		return append(out, e("event_order", "", nil), e("event_order_check", "", nil), e("event_approve", "", nil), e("event_release", "", nil), e("event_paid", "", nil))
	}
	ref := ""
	if o.TreasuryRef != nil {
		ref = *o.TreasuryRef + ", " + paidDay(o.PaidOn)
	}
	return append(out, e("event_order", o.MadeName, &o.MadeAt), e("event_order_check", o.CheckedName, o.CheckedAt),
		e("event_approve", o.ApprovedName, o.ApprovedAt), e("event_release", "", o.ReleasedAt), e("event_paid", ref, o.PaidAt))
}

// remarks are what the office said when it decided, the oldest decision first.
func remarks(ctx context.Context, v *view, orders []orderView) (said []web.Pair) {
	add := func(code, name, remark string) {
		if remark != "" {
			said = append(said, web.Pair{Label: i18n.T(ctx, "disbursement."+code) + ": " + name, Value: remark})
		}
	}
	add("event_check", v.CheckedName, v.Remark)
	for _, o := range slices.Backward(orders) {
		add("event_order_check", o.CheckedName, o.CheckRemark)
		add("event_approve", o.ApprovedName, o.Remark)
	}
	return said
}

// Answer is a request as the API gives it.
type Answer struct {
	ID     uuid.UUID    `json:"id"`
	No     string       `json:"no"`
	Amount money.Amount `json:"amount"`
	Status Status       `json:"status"`
	Reason string       `json:"reason"`
}

// OrderAnswer is a payment order as the API gives it.
type OrderAnswer struct {
	ID          uuid.UUID      `json:"id"`
	No          string         `json:"no"`
	Amount      money.Amount   `json:"amount"`
	Status      OrderStatus    `json:"status"`
	TreasuryRef *string        `json:"treasury_ref"`
	PaidOn      *calendar.Date `json:"paid_on"` // day the treasury paid
}

func answer(r *Request) Answer { return Answer{r.ID, r.No, r.Amount, r.Status, r.Reason} }

func orderAnswer(o *Order) OrderAnswer {
	return OrderAnswer{o.ID, o.No, o.Amount, o.Status, o.TreasuryRef, o.PaidOn}
}

func (s *Service) apiShow(ctx context.Context, r web.Req) (Answer, error) {
	id, err := r.ID("id")
	if err != nil {
		return Answer{}, err
	}
	v, err := s.read(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	return answer(v.Request), nil
}

type createIn struct {
	AgreementID uuid.UUID `form:"agreement_id" json:"agreement_id" kb:"required"`
	MilestoneID uuid.UUID `form:"milestone_id" json:"milestone_id" kb:"required"`
	Note        string    `form:"note" json:"note" kb:"max=2000"`
}

func (s *Service) postCreate(ctx context.Context, _ web.Req, in createIn) (web.Done, Answer, error) {
	x, err := s.Create(ctx, in.AgreementID, in.MilestoneID, in.Note)
	if err != nil {
		return web.Done{}, Answer{}, err
	}
	return done(x.ID, "disbursement.created"), answer(x), nil
}

type reasonIn struct {
	Reason string `form:"reason" json:"reason" kb:"max=2000"`
}

func plain(act func(context.Context, uuid.UUID) (*Request, error), notice string) func(context.Context, web.Req, struct{}) (web.Done, Answer, error) {
	return func(ctx context.Context, r web.Req, _ struct{}) (web.Done, Answer, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.Done{}, Answer{}, err
		}
		x, err := act(ctx, id)
		if err != nil {
			return web.Done{}, Answer{}, err
		}
		return done(id, notice), answer(x), nil
	}
}

func reasoned(act func(context.Context, uuid.UUID, string) (*Request, error), notice string) func(context.Context, web.Req, reasonIn) (web.Done, Answer, error) {
	return func(ctx context.Context, r web.Req, in reasonIn) (web.Done, Answer, error) {
		return plain(func(ctx context.Context, id uuid.UUID) (*Request, error) { return act(ctx, id, in.Reason) }, notice)(ctx, r, struct{}{})
	}
}

func order(act func(context.Context, uuid.UUID) (*Order, error), notice string) func(context.Context, web.Req, struct{}) (web.Done, OrderAnswer, error) {
	return func(ctx context.Context, r web.Req, _ struct{}) (web.Done, OrderAnswer, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.Done{}, OrderAnswer{}, err
		}
		o, err := act(ctx, id)
		if err != nil {
			return web.Done{}, OrderAnswer{}, err
		}
		return done(o.RequestID, notice), orderAnswer(o), nil
	}
}

func orderReason(act func(context.Context, uuid.UUID, string) (*Order, error), notice string) func(context.Context, web.Req, reasonIn) (web.Done, OrderAnswer, error) {
	return func(ctx context.Context, r web.Req, in reasonIn) (web.Done, OrderAnswer, error) {
		return order(func(ctx context.Context, id uuid.UUID) (*Order, error) { return act(ctx, id, in.Reason) }, notice)(ctx, r, struct{}{})
	}
}

func (s *Service) postOrder(ctx context.Context, r web.Req, _ struct{}) (web.Done, OrderAnswer, error) {
	return order(s.MakeOrder, "disbursement.order_made")(ctx, r, struct{}{})
}

type remarkIn struct {
	Remark string `form:"remark" json:"remark" kb:"max=2000"`
}

func (s *Service) postApprove(ctx context.Context, r web.Req, in remarkIn) (web.Done, OrderAnswer, error) {
	return order(func(ctx context.Context, id uuid.UUID) (*Order, error) { return s.ApproveOrder(ctx, id, in.Remark) }, "disbursement.order_approved")(ctx, r, struct{}{})
}

type paidIn struct {
	TreasuryRef string        `form:"treasury_ref" json:"treasury_ref" kb:"required,max=60"`
	PaidOn      calendar.Date `form:"paid_on" json:"paid_on" kb:"required"`
}

func (s *Service) postPaid(ctx context.Context, r web.Req, in paidIn) (web.Done, OrderAnswer, error) {
	return order(func(ctx context.Context, id uuid.UUID) (*Order, error) {
		return s.RecordPaid(ctx, id, in.TreasuryRef, in.PaidOn)
	}, "disbursement.paid_notice")(ctx, r, struct{}{})
}

func done(id uuid.UUID, notice string) web.Done {
	return web.Done{Location: "/disbursements/" + id.String(), Notice: notice}
}
