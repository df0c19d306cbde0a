package fund

import (
	"context"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

// Portfolio is what the fund's page asks the room of investments for.
type Portfolio interface {
	// Holdings are the fund's confirmed holdings on a day, largest cost first.
	Holdings(ctx context.Context, db bun.IDB, fund uuid.UUID, on calendar.Date) ([]Holding, error)
	// Seen leaves the holdings the subject of ctx is in no conflict with.
	Seen(ctx context.Context, db bun.IDB, holdings []uuid.UUID) ([]uuid.UUID, error)
	// Pipeline counts the deals that wait in each stage, in the order of the stages.
	Pipeline(ctx context.Context, db bun.IDB, fund uuid.UUID) ([]Stage, error)
}

// Holding is one firm the fund has put money into. Fair is the value last locked by the day asked for, else the
// cost. Ownership is percent with two decimals, nil when unknown.
type Holding struct {
	ID         uuid.UUID
	Name       string
	Sector     string
	Round      string
	Ownership  *decimal.Decimal
	Cost, Fair money.Amount
	ValuedOn   calendar.Date
}

// Multiple is the fair value over the cost (MOIC) with two decimals.
func (h Holding) Multiple() *decimal.Decimal { return ratio(h.Fair.Decimal(), h.Cost.Decimal(), 2) }

// Watch says how the holding stands against its cost: new (never valued), ok, or below.
func (h Holding) Watch() string {
	switch {
	case h.ValuedOn.IsZero():
		return "new"
	case h.Fair.Cmp(h.Cost) < 0:
		return "below"
	}
	return "ok"
}

// Stage is one step of the pipeline with the number of deals in it; Name is the state of the deal.
type Stage struct {
	Name  string
	Count int
}
