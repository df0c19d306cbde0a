package call

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// PartFunding is the kind of support that pays a share of the cost and needs the applicant to pay the rest.
const PartFunding = "part_funding"

// SupportKinds are the forms in which a content is supported; their words are call.support.<kind> in the catalogue.
var SupportKinds = []string{"grant", PartFunding, "expert_hire", "in_kind", "event_cost", "facility_use", "voucher"}

// Content is something that the plan supports (nội dung hỗ trợ), numbered by its activity group and its place there. Kinds are
// the forms that the wording of the plan gives it.
// Source: Kế hoạch 151/KH-UBND, nội dung 1 đến 8.
type Content struct {
	bun.BaseModel `bun:"table:support_contents,alias:sc"`
	Code          string   `bun:",pk"`
	Group         int      `bun:"activity_group"`
	NameVI        string   `bun:"name_vi"`
	NameEN        string   `bun:"name_en"`
	Kinds         []string `bun:",array"`
	Source        string
}

// States of a Norm.
const (
	NormProposed = "proposed"
	NormApproved = "approved"
	NormRefused  = "refused"
)

// Norm is what the grant may pay for one content (định mức hỗ trợ).
//
// Amounts are whole đồng, nil for no cap: CapUnit for one unit, CapYear for one beneficiary and year, of at most
// Beneficiaries of one dossier. MaxShare is the most that the grant pays of a line, in percent. Verified says that the value
// was read in its instrument; others carry "cần xác minh". Both days are included; a zero ValidTo is no end.
type Norm struct {
	bun.BaseModel  `bun:"table:cost_norms,alias:cn"`
	ID             uuid.UUID `bun:",pk,type:uuid"`
	Content        string
	Kind           string
	UnitVI         string        `bun:"unit_vi"`
	UnitEN         string        `bun:"unit_en"`
	CapUnit        *money.Amount `bun:"type:numeric"`
	CapYear        *money.Amount `bun:"type:numeric"`
	Beneficiaries  int
	MaxShare       *decimal.Decimal `bun:"type:numeric"`
	Source         string
	Verified       bool
	ValidFrom      calendar.Date `bun:"type:date"`
	ValidTo        calendar.Date `bun:"type:date,nullzero"`
	Status         string
	ManagingUnitID uuid.UUID `bun:"type:uuid"`
	ProposedBy     uuid.UUID `bun:"type:uuid"`
	ProposedAt     time.Time
	DecidedBy      *uuid.UUID `bun:"type:uuid"`
	DecidedAt      *time.Time
	Remark         string // why it was refused
}

// Refusals of a norm.
var (
	ErrNormDecided = errs.New(errs.Conflict, "call.norm_decided")
	ErrNormSame    = errs.New(errs.Forbidden, "call.norm_same_person")
	ErrNormRemark  = errs.New(errs.Invalid, "call.norm_remark")
)

// AccessKind is "cost_norm".
func (n *Norm) AccessKind() string { return "cost_norm" }

// AccessID is the id of the row.
func (n *Norm) AccessID() uuid.UUID { return n.ID }

// NormTyped is what an officer types of a norm; an amount or share left out is no cap.
type NormTyped struct {
	Content       string          `form:"content" json:"content" kb:"required,max=5"`
	Kind          string          `form:"kind" json:"kind" kb:"required,max=20"`
	UnitVI        string          `form:"unit_vi" json:"unit_vi" kb:"max=60"`
	UnitEN        string          `form:"unit_en" json:"unit_en" kb:"max=60"`
	CapUnit       *money.Amount   `form:"cap_unit" json:"cap_unit"`
	CapYear       *money.Amount   `form:"cap_year" json:"cap_year"`
	Beneficiaries int             `form:"beneficiaries" json:"beneficiaries"`
	MaxShare      decimal.Decimal `form:"max_share" json:"max_share"`
	Source        string          `form:"source" json:"source" kb:"required,max=300"`
	Verified      bool            `form:"verified" json:"verified"`
	ValidFrom     calendar.Date   `form:"valid_from" json:"valid_from" kb:"required"`
	ValidTo       calendar.Date   `form:"valid_to" json:"valid_to"`
}

// Describe takes over what was typed, or names every field to mend and leaves n unchanged.
func (n *Norm) Describe(t NormTyped) error {
	var bad []errs.Field
	mend := func(wrong bool, name, code string, args ...any) {
		if wrong {
			bad = append(bad, errs.Field{Name: name, Code: code, Args: args})
		}
	}
	hundred := decimal.NewFromInt(100)
	count := max(t.Beneficiaries, 1) // nobody typed is the applicant alone
	mend(!slices.Contains(SupportKinds, t.Kind), "kind", "call.choose")
	mend(t.CapUnit != nil && t.CapUnit.Sign() <= 0, "cap_unit", "call.positive")
	mend(t.CapYear != nil && t.CapYear.Sign() <= 0, "cap_year", "call.positive")
	mend(t.CapUnit != nil && t.UnitVI == "", "unit_vi", "call.norm_unit_needed")
	mend(t.CapUnit != nil && t.UnitEN == "", "unit_en", "call.norm_unit_needed")
	mend(t.Beneficiaries < 0 || count > 10_000, "beneficiaries", "call.norm_beneficiaries")
	mend(t.MaxShare.IsNegative() || t.MaxShare.GreaterThan(hundred), "max_share", "call.norm_share")
	mend(t.MaxShare.Exponent() < -2, "max_share", "call.two_decimals")
	mend(t.Kind == PartFunding && t.MaxShare.IsZero(), "max_share", "call.norm_share_needed")
	mend(t.CapUnit == nil && t.CapYear == nil && t.MaxShare.IsZero(), "cap_unit", "call.norm_empty")
	mend(!t.ValidTo.IsZero() && t.ValidFrom.After(t.ValidTo), "valid_to", "call.norm_days")
	if len(bad) > 0 {
		return errs.New(errs.Invalid, "errs.invalid").At(bad...)
	}
	n.Content, n.Kind, n.UnitVI, n.UnitEN, n.CapUnit, n.CapYear = t.Content, t.Kind, t.UnitVI, t.UnitEN, t.CapUnit, t.CapYear
	n.Beneficiaries, n.MaxShare, n.Source, n.Verified, n.ValidFrom, n.ValidTo = count, nil, t.Source, t.Verified, t.ValidFrom, t.ValidTo
	if !t.MaxShare.IsZero() {
		n.MaxShare = &t.MaxShare
	}
	return nil
}

// Decide approves a proposed norm or refuses it with a remark. On error n is unchanged.
func (n *Norm) Decide(approve bool, remark string, by uuid.UUID, at time.Time) error {
	switch {
	case n.Status != NormProposed:
		return ErrNormDecided
	case n.ProposedBy == by:
		return ErrNormSame
	case !approve && remark == "":
		return errs.FieldError("remark", ErrNormRemark.Code)
	}
	n.Status = NormApproved
	if !approve {
		n.Status = NormRefused
	}
	n.Remark, n.DecidedBy, n.DecidedAt = remark, &by, &at
	return nil
}

// Line is what a dossier asks on one line for a content: how many units, what the grant pays, and what it costs in all.
type Line struct {
	Item         string
	Quantity     decimal.Decimal
	Grant, Total money.Amount
}

// Bounds of a norm.
const (
	ByUnit  = "unit"
	ByShare = "share"
	ByYear  = "year"
)

// Overrun is a bound that a dossier oversteps: the grant asked is above what the norm allows. Item is "" where all lines of
// the content are taken together. Uncounted says that the quantity is missing, so that nothing is allowed yet.
type Overrun struct {
	Bound, Item    string
	Allowed, Asked money.Amount
	Uncounted      bool
}

// Over lists where lines that name the norm's content overstep it in a project of so many months; part of a year counts as
// one. What is allowed is rounded down to whole đồng.
func (n *Norm) Over(lines []Line, months int) (over []Overrun) {
	asked := money.VND(0)
	for _, l := range lines {
		asked = asked.Add(l.Grant)
		if n.CapUnit != nil && l.Grant.Sign() > 0 {
			allowed := floor(l.Quantity.Mul(n.CapUnit.Decimal()))
			if l.Grant.Cmp(allowed) > 0 {
				over = append(over, Overrun{ByUnit, l.Item, allowed, l.Grant, l.Quantity.IsZero()})
			}
		}
		if n.MaxShare != nil {
			allowed := floor(l.Total.Decimal().Mul(*n.MaxShare).Shift(-2))
			if l.Grant.Cmp(allowed) > 0 {
				over = append(over, Overrun{ByShare, l.Item, allowed, l.Grant, false})
			}
		}
	}
	if n.CapYear != nil {
		years := int64(max((months+11)/12, 1))
		if allowed := floor(n.CapYear.Decimal().Mul(decimal.NewFromInt(years * int64(n.Beneficiaries)))); asked.Cmp(allowed) > 0 {
			over = append(over, Overrun{ByYear, "", allowed, asked, false})
		}
	}
	return over
}

// floor is d in whole đồng, rounded down, at most the largest amount there is.
func floor(d decimal.Decimal) money.Amount {
	a, err := money.FromDecimal(d.Truncate(0))
	if err != nil {
		return money.Max
	}
	return a
}

// Offer is a content that a call offers with its norm; nil where there is none.
type Offer struct {
	Content
	Norm *Norm
}

// Offers lists what a call offers in the order of the plan. A draft shows the norms in force on its opening day; from its
// approval on a call keeps those it was bound to.
func Offers(ctx context.Context, db bun.IDB, c *Call) ([]Offer, error) {
	if len(c.Contents) == 0 {
		return nil, nil
	}
	var contents []Content
	if err := db.NewSelect().Model(&contents).Where("sc.code IN (?)", bun.List(c.Contents)).OrderExpr("sc.code").Scan(ctx); err != nil {
		return nil, fmt.Errorf("contents of call %s: %w", c.Code, err)
	}
	var norms []Norm
	q := db.NewSelect().Model(&norms)
	if c.Status == Draft {
		day := calendar.DateOf(c.OpensAt)
		q = q.DistinctOn("cn.content").Where("cn.content IN (?) AND cn.status = 'approved' AND cn.valid_from <= ?", bun.List(c.Contents), day).
			Where("cn.valid_to IS NULL OR cn.valid_to >= ?", day).OrderExpr("cn.content, cn.valid_from DESC, cn.decided_at DESC")
	} else {
		q = q.Where("cn.id IN (SELECT norm_id FROM call_norms WHERE call_id = ?)", c.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("norms of call %s: %w", c.Code, err)
	}
	offers := make([]Offer, len(contents))
	for i, x := range contents {
		offers[i].Content = x
		if at := slices.IndexFunc(norms, func(n Norm) bool { return n.Content == x.Code }); at >= 0 {
			offers[i].Norm = &norms[at]
		}
	}
	return offers, nil
}

// bindNorms keeps the norms of a draft for good, at its approval.
func bindNorms(ctx context.Context, tx bun.IDB, c *Call) error {
	offers, err := Offers(ctx, tx, c)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if o.Norm == nil {
			continue
		}
		if _, err := tx.NewRaw("INSERT INTO call_norms (call_id, norm_id) VALUES (?, ?)", c.ID, o.Norm.ID).Exec(ctx); err != nil {
			return fmt.Errorf("bind norm %s to call %s: %w", o.Norm.ID, c.Code, err)
		}
	}
	return nil
}
