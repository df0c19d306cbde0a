package fund

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Status is where a fund stands.
type Status string

// The states: a charter is drafted, then approved by the People's Committee.
const (
	Draft  Status = "draft"
	Active Status = "active"
)

// LegalForm is the vehicle's form under the Enterprise Law, or a contract without legal personality.
type LegalForm string

// The legal forms. Source: NĐ 264/2025/NĐ-CP leaves the form of a local fund open among enterprises.
const (
	LLC LegalForm = "llc" // công ty TNHH hai thành viên trở lên
	JSC LegalForm = "jsc" // công ty cổ phần
	BCC LegalForm = "bcc" // hợp đồng hợp tác
)

// Refusals of the charter.
var (
	ErrNotDraft  = errs.New(errs.Conflict, "fund.not_draft")
	ErrNotActive = errs.New(errs.Conflict, "fund.not_active")
	ErrCodeTaken = errs.New(errs.Invalid, "fund.code_taken")
)

// Charter is what the founders decided (điều lệ). Shares are basis points: 4900 is 49 %.
//
// StateCapBP is the highest share of the State, committed and paid, 1 to 10000. LossCeilingBP is the highest loss
// over one cycle against CharterCapital. InvesteeCapBP limits what one firm may get; 0 sets no limit.
// CallNoticeDays is the notice of a capital call in working days; 0 takes the rulebook's. BlockAtCeiling also stops
// new deals when the loss reaches the ceiling. Source: NĐ 264/2025/NĐ-CP, Điều 7, 9, 10.
type Charter struct {
	LegalForm      LegalForm
	CharterCapital money.Amount `bun:"type:numeric"`
	StateCapBP     int          `bun:"state_cap_bp"`
	LossCeilingBP  int          `bun:"loss_ceiling_bp"`
	InvesteeCapBP  int          `bun:"investee_cap_bp"`
	CycleYears     int
	CallNoticeDays int
	BlockAtCeiling bool
}

// Fund is one venture fund with its charter (quỹ đầu tư mạo hiểm). CashLine and LossLine are control lines of its
// book, 0 before approval. DecisionNo is the decision that founded it.
type Fund struct {
	bun.BaseModel `bun:"table:funds,alias:f"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Code          string
	NameVI        string `bun:"name_vi"`
	NameEN        string `bun:"name_en"`
	Charter
	BudgetLineID   uuid.UUID `bun:"type:uuid"`
	ManagingUnitID uuid.UUID `bun:"type:uuid"`
	FinanceUnitID  uuid.UUID `bun:"type:uuid"`
	Status         Status
	DecisionNo     string        `bun:",nullzero"`
	EstablishedOn  calendar.Date `bun:",nullzero"`
	CashLine       int64         `bun:",nullzero"`
	LossLine       int64         `bun:",nullzero"`
	CreatedBy      uuid.UUID     `bun:"type:uuid"`
	ApprovedBy     *uuid.UUID    `bun:"type:uuid"`
	Version        int
	CreatedAt      time.Time  `bun:",nullzero"`
	Investors      []Investor `bun:"rel:has-many,join:id=fund_id"`
}

// AccessKind names funds in policies and ties.
func (f *Fund) AccessKind() string { return "fund" }

// AccessID is the fund's id.
func (f *Fund) AccessID() uuid.UUID { return f.ID }

// Book is the ledger book of the fund.
func (f *Fund) Book() string { return "FUND/" + f.Code }

// Name is the fund's name in a language.
func (f *Fund) Name(en bool) string {
	if en && f.NameEN != "" {
		return f.NameEN
	}
	return f.NameVI
}

// Share is bp basis points of the charter capital, rounded down, in đồng.
func (f *Fund) Share(bp int) money.Amount {
	n := f.CharterCapital.Decimal().BigInt()
	return floorShare(n, bp)
}

// Class says whether an investor's money is the State's.
type Class string

// The classes of investors.
const (
	State   Class = "state"
	Private Class = "private"
)

// Investor is one contributor of charter capital (nhà đầu tư góp vốn), with the sums of approved records in đồng:
// 0 ≤ Paid ≤ Committed. Position orders investors wherever an amount is split.
type Investor struct {
	bun.BaseModel `bun:"table:fund_investors,alias:fi"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	FundID        uuid.UUID `bun:"type:uuid"`
	Position      int
	Name          string
	Class         Class
	Committed     money.Amount `bun:"type:numeric"`
	Paid          money.Amount `bun:"type:numeric"`
	Distributed   money.Amount `bun:"type:numeric"`
}

// Unfunded is what may still be called.
func (i *Investor) Unfunded() money.Amount { return i.Committed.Sub(i.Paid) }

// Get reads a fund by id; ErrNotFound when there is none. It asks no permission: pages use Scope.
func Get(ctx context.Context, db bun.IDB, id uuid.UUID) (*Fund, error) {
	return one(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("f.id = ?", id) })
}

// Lock reads a fund and locks its row until the end of the transaction: every act that moves the fund's money
// locks it first, so that such acts stand in line.
func Lock(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Fund, error) {
	return one(ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("f.id = ?", id).For("UPDATE OF f") })
}

// ByCode reads a fund by its code, in any case.
func ByCode(ctx context.Context, db bun.IDB, code string) (*Fund, error) {
	return one(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("f.code = upper(?)", code) })
}
