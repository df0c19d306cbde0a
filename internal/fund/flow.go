package fund

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

// FlowKind is what a cash flow is.
type FlowKind string

// The kinds of cash flow. Contributions and proceeds come in, the others go out.
const (
	FlowContribution FlowKind = "contribution" // investor to fund
	FlowDistribution FlowKind = "distribution" // fund to investor
	FlowInvestment   FlowKind = "investment"   // fund to investee
	FlowProceeds     FlowKind = "proceeds"     // investee to fund
	FlowFee          FlowKind = "fee"          // management fee
	FlowExpense      FlowKind = "expense"
)

// Flow is one movement of the fund's cash (dòng tiền), positive whole đồng. The table is only added to and is the
// single source of every multiple and return.
type Flow struct {
	bun.BaseModel `bun:"table:fund_flows,alias:ff"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	FundID        uuid.UUID `bun:"type:uuid"`
	Kind          FlowKind
	InvestorID    *uuid.UUID    `bun:"type:uuid"` // for contributions and distributions
	HoldingID     *uuid.UUID    `bun:"type:uuid"` // for investments and proceeds
	On            calendar.Date `bun:"flow_on"`
	Amount        money.Amount  `bun:"type:numeric"`
	DocumentKind  string
	DocumentID    uuid.UUID `bun:"type:uuid"`
}

// AddFlow writes one flow in the caller's transaction. It gives the flow an id.
func AddFlow(ctx context.Context, tx bun.IDB, f Flow) error {
	f.ID = uuid.New()
	if _, err := tx.NewInsert().Model(&f).Exec(ctx); err != nil {
		return fmt.Errorf("add flow of %s %s: %w", f.DocumentKind, f.DocumentID, err)
	}
	return nil
}

// Flows reads the flows of a fund up to and including a day, oldest first; no day reads all.
func Flows(ctx context.Context, db bun.IDB, fund uuid.UUID, to calendar.Date) (fs []Flow, err error) {
	q := db.NewSelect().Model(&fs).Where("ff.fund_id = ?", fund).OrderExpr("ff.flow_on, ff.id")
	if !to.IsZero() {
		q = q.Where("ff.flow_on <= ?", to)
	}
	return fs, q.Scan(ctx)
}
