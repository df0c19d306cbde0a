package agreement

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/call"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
)

// Refusals of advances.
var (
	ErrNoAdvance    = errs.New(errs.Invalid, "agreement.no_advance")    // the track pays after the work only
	ErrKind         = errs.New(errs.Invalid, "agreement.kind_unknown")  // neither content nor advance
	ErrAdvanceShare = errs.New(errs.Invalid, "agreement.advance_share") // Args: amount, share in percent, support
	ErrNoReport     = errs.New(errs.Conflict, "agreement.no_report")    // an advance is settled, not reported
)

// Advance is a paid advance as the page of its agreement shows it. Amounts in whole đồng.
type Advance struct {
	No, Name, Href        string
	PaidOn                calendar.Date
	LastOn                *time.Time // when it was last settled or paid back, nil when never
	Amount, Settled, Open money.Amount
}

// Asked is the request for payment of a milestone that is under way or paid; Draft is not sent yet.
type Asked struct {
	No, Href string
	Draft    bool
}

// Payments knows what was asked for and paid; the room of payments plugs it in.
type Payments interface {
	// Advances are the paid advances of an agreement.
	Advances(ctx context.Context, db bun.IDB, agreement uuid.UUID) ([]Advance, error)
	// Asked are the requests under way or paid of agreements, by milestone.
	Asked(ctx context.Context, db bun.IDB, agreements []uuid.UUID) (map[uuid.UUID]Asked, error)
}

// ShowPayments plugs in who knows of payments; without it the pages show none.
func (s *Service) ShowPayments(p Payments) { s.payments = p }

// asked reads the requests under way or paid of agreements, by milestone.
func (s *Service) asked(ctx context.Context, db bun.IDB, agreements ...uuid.UUID) (map[uuid.UUID]Asked, error) {
	if s.payments == nil || len(agreements) == 0 {
		return nil, nil
	}
	return s.payments.Asked(ctx, db, agreements)
}

func kindOf(c Content) string {
	if c.Kind == "" {
		return KindContent
	}
	return c.Kind
}

// advances refuses an advance where the track of the call has none, and a first one over its share.
func advances(ctx context.Context, tx bun.IDB, a *Agreement) error {
	first := true
	for _, m := range a.Milestones {
		at := fmt.Sprintf("milestones[%d].", m.Position-1)
		switch m.Kind {
		case KindContent:
			continue
		case KindAdvance:
		default:
			return ErrKind.At(errs.Field{Name: at + "kind", Code: "agreement.kind_unknown"})
		}
		c, err := call.Get(ctx, tx, a.CallID)
		if err != nil {
			return err
		}
		if c.Track != call.TrackScience {
			return ErrNoAdvance.At(errs.Field{Name: at + "kind", Code: "agreement.no_advance"})
		}
		if !first {
			continue
		}
		first = false
		if err := FirstAdvance(ctx, tx, a.Amount, m.Amount); err != nil {
			e := errs.From(err)
			return e.At(errs.Field{Name: at + "amount", Code: e.Code, Args: e.Args})
		}
	}
	return nil
}

// FirstAdvance refuses a first advance over its share of the support, at deciding time.
// Source: TTLT 27/2015/TTLT-BKHCN-BTC (science.advance_share).
func FirstAdvance(ctx context.Context, tx bun.IDB, support, amount money.Amount) error {
	v, err := rulebook.Get(ctx, tx, "science.advance_share", storage.Now(ctx))
	if err != nil {
		return err
	}
	share, err := v.Decimal()
	if err != nil {
		return err
	}
	if amount.Decimal().Mul(decimal.NewFromInt(100)).Cmp(share.Mul(support.Decimal())) > 0 {
		return ErrAdvanceShare.With(amount.Format(), v.Text, support.Format()).Because(v.Rule())
	}
	return nil
}
