package disbursement

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/money"
)

// SettlementStatus is the state of a settlement.
type SettlementStatus string

// The states of a settlement. Money paid back starts as checked: the treasury's voucher is there already.
const (
	SettlementDraft     SettlementStatus = "draft"
	SettlementSubmitted SettlementStatus = "submitted"
	SettlementChecked   SettlementStatus = "checked"
	SettlementConfirmed SettlementStatus = "confirmed" // posted
	SettlementReturned  SettlementStatus = "returned"
	SettlementCancelled SettlementStatus = "cancelled" // a draft taken back by its maker
)

// Kinds of settlement.
const (
	ByVouchers = "vouchers"
	ByRefund   = "refund"
)

// Settlement takes off a paid advance (thanh toán tạm ứng): what was spent by vouchers, or a remainder paid back.
//
// Amount is in whole đồng, of vouchers their sum, and never more than the advance has open when it is confirmed.
// Whoever prepared it does not check it, and whoever did either does not confirm it. TreasuryRef and PaidBackOn are of
// money paid back.
// Source: TT 26/2026/TT-BTC, Điều 15 khoản 2, Điều 19 khoản 4.
type Settlement struct {
	bun.BaseModel  `bun:"table:advance_settlements,alias:se"`
	ID             uuid.UUID    `bun:",pk,type:uuid"`
	No             string       // TU-2026-0007
	RequestID      uuid.UUID    `bun:"type:uuid"` // the advance
	AgreementID    uuid.UUID    `bun:"type:uuid"`
	OrganisationID uuid.UUID    `bun:"type:uuid"`
	ProposalID     uuid.UUID    `bun:"type:uuid"`
	Kind           string       // vouchers or refund
	Amount         money.Amount `bun:"type:numeric"`
	TreasuryRef    *string
	PaidBackOn     *calendar.Date `bun:"type:date"`
	Status         SettlementStatus
	Reason         string     // why it was returned
	PreparedBy     uuid.UUID  `bun:"type:uuid"`
	SubmittedBy    *uuid.UUID `bun:"type:uuid"`
	SubmittedAt    *time.Time
	CheckedBy      *uuid.UUID `bun:"type:uuid"`
	CheckedAt      *time.Time
	ConfirmedBy    *uuid.UUID `bun:"type:uuid"`
	ConfirmedAt    *time.Time
	ManagingUnitID uuid.UUID `bun:"type:uuid"`
	FinanceUnitID  uuid.UUID `bun:"type:uuid"`
	CreatedAt      time.Time
	Version        int
	Vouchers       []Voucher `bun:"rel:has-many,join:id=settlement_id"`
}

// AccessKind names the noun in access.
func (*Settlement) AccessKind() string { return "advance_settlement" }

// AccessID is the row.
func (s *Settlement) AccessID() uuid.UUID { return s.ID }

// Voucher is one paper of what was spent (chứng từ); Amount is the part charged to the advance, in whole đồng. No,
// IssuedOn and Issuer (who gave it out: a tax code or a name) tell it apart: it is claimed once, in whichever settlement,
// until that one is returned or cancelled.
type Voucher struct {
	bun.BaseModel `bun:"table:advance_vouchers,alias:av"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	SettlementID  uuid.UUID `bun:"type:uuid"`
	No            string
	IssuedOn      calendar.Date `bun:"type:date"`
	Issuer        string
	Amount        money.Amount `bun:"type:numeric"`
	FileID        uuid.UUID    `bun:"type:uuid"`
	AddedBy       uuid.UUID    `bun:"type:uuid"`
	AddedAt       time.Time
	File          *file.File `bun:"rel:belongs-to,join:file_id=id"`
}

// Refusals of settlements.
var (
	ErrNotAdvance      = errs.New(errs.Conflict, "disbursement.not_advance") // not an advance that was paid
	ErrSettlementState = errs.New(errs.Conflict, "disbursement.settlement_state")
	ErrOverAdvance     = errs.New(errs.Conflict, "disbursement.over_advance") // Args: amount, open
	ErrNoVoucher       = errs.New(errs.Conflict, "disbursement.no_voucher")
	ErrVoucherTwice    = errs.New(errs.Conflict, "disbursement.voucher_twice") // Args: no., day, issuer
	ErrNotPreparer     = errs.New(errs.Forbidden, "disbursement.not_preparer")
	ErrAdjustingOver   = errs.New(errs.Conflict, "disbursement.adjusting_over") // Args: the budget year, its last day
	ErrUnsettled       = errs.New(errs.Conflict, "disbursement.unsettled")      // Args: settled, given, share in percent
)

// Submit hands the vouchers in. On error s is unchanged.
func (s *Settlement) Submit(by uuid.UUID, at time.Time, open money.Amount) error {
	switch {
	case s.Status != SettlementDraft:
		return ErrSettlementState
	case s.Amount.IsZero():
		return ErrNoVoucher
	case s.Amount.Cmp(open) > 0:
		return ErrOverAdvance.With(s.Amount.Format(), open.Format())
	}
	s.Status, s.SubmittedBy, s.SubmittedAt = SettlementSubmitted, &by, &at
	return nil
}

// Cancel takes a draft back by who prepared it; its vouchers are free again. On error s is unchanged.
func (s *Settlement) Cancel(by uuid.UUID) error {
	switch {
	case s.Status != SettlementDraft:
		return ErrSettlementState
	case s.PreparedBy != by:
		return ErrNotPreparer
	}
	s.Status = SettlementCancelled
	return nil
}

// TakeOff takes a voucher off a draft by who added it. On error s is unchanged.
func (s *Settlement) TakeOff(v *Voucher, by uuid.UUID) error {
	switch {
	case s.Status != SettlementDraft:
		return ErrSettlementState
	case v.AddedBy != by:
		return ErrNotPreparer
	}
	s.Amount = s.Amount.Sub(v.Amount)
	return nil
}

// Check is the finance officer's agreement to the vouchers. On error s is unchanged.
func (s *Settlement) Check(by uuid.UUID, at time.Time) error {
	switch {
	case s.Status != SettlementSubmitted:
		return ErrSettlementState
	case s.PreparedBy == by || *s.SubmittedBy == by:
		return ErrSamePerson
	}
	s.Status, s.CheckedBy, s.CheckedAt = SettlementChecked, &by, &at
	return nil
}

// Confirm is the chief accountant's agreement, after which it is posted; open is what the advance still has open. On
// error s is unchanged.
func (s *Settlement) Confirm(by uuid.UUID, at time.Time, open money.Amount) error {
	switch {
	case s.Status != SettlementChecked:
		return ErrSettlementState
	case s.PreparedBy == by || *s.SubmittedBy == by || *s.CheckedBy == by:
		return ErrSamePerson
	case s.Amount.Cmp(open) > 0:
		return ErrOverAdvance.With(s.Amount.Format(), open.Format())
	}
	s.Status, s.ConfirmedBy, s.ConfirmedAt = SettlementConfirmed, &by, &at
	return nil
}

// Return gives it back with a reason; the vouchers are handed in anew. On error s is unchanged.
func (s *Settlement) Return(reason string) error {
	switch {
	case s.Status != SettlementSubmitted && s.Status != SettlementChecked:
		return ErrSettlementState
	case strings.TrimSpace(reason) == "":
		return ErrReason.At(errs.Field{Name: "reason", Code: "disbursement.reason_needed"})
	}
	s.Status, s.Reason = SettlementReturned, reason
	return nil
}

// SettlementMoves lists the graph of a settlement: from, act, to.
var SettlementMoves = []Move{
	{"draft", "advance_settlement.submit", "submitted"},
	{"draft", "advance_settlement.cancel", "cancelled"},
	{"submitted", "advance_settlement.check", "checked"},
	{"submitted", "advance_settlement.return", "returned"},
	{"checked", "advance_settlement.return", "returned"},
	{"checked", "advance_settlement.confirm", "confirmed"},
}
