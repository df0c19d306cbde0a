package budget

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Refusals of sponsorship.
var (
	ErrNotSponsored  = errs.New(errs.Conflict, "budget.not_sponsored") // the line's source is not sponsorship
	ErrReceiptState  = errs.New(errs.Conflict, "budget.receipt_state") // the receipt was confirmed or declined before
	ErrReference     = errs.New(errs.Conflict, "budget.reference_taken")
	ErrPledged       = errs.New(errs.Conflict, "budget.pledge_taken") // the same document of the same donor on the line
	ErrRestricted    = errs.New(errs.Conflict, "budget.restricted")   // money given for a purpose is not moved; Args: donor
	ErrReceivedLater = errs.New(errs.Invalid, "budget.received_later")
)

// Pledge is what a donor promised to a line (cam kết tài trợ): Pledged is what is expected, in whole đồng.
// Restriction is what the donor allows it for beyond the purpose; "" is none.
type Pledge struct {
	bun.BaseModel `bun:"table:sponsorships,alias:sp"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	LineID        uuid.UUID
	Donor         string
	Purpose       string
	Restriction   string
	DocumentNo    string
	DocumentOn    calendar.Date `bun:"type:date"`
	Pledged       money.Amount  `bun:"type:numeric"`
	RecordedBy    uuid.UUID
	RecordedAt    time.Time
	Version       int
}

// AccessKind is the kind of the row.
func (s *Pledge) AccessKind() string { return "sponsorship" }

// AccessID is the id of the row.
func (s *Pledge) AccessID() uuid.UUID { return s.ID }

// Check says what of a new sponsorship must be mended; nil when nothing. today is the last day its document can have.
func (s *Pledge) Check(today calendar.Date) error {
	var fields []errs.Field
	for name, v := range map[string]string{"donor": s.Donor, "purpose": s.Purpose, "document_no": s.DocumentNo} {
		if strings.TrimSpace(v) == "" {
			fields = append(fields, errs.Field{Name: name, Code: "budget." + name + "_missing"})
		}
	}
	switch {
	case s.DocumentOn.IsZero():
		fields = append(fields, errs.Field{Name: "document_on", Code: "budget.document_on_missing"})
	case s.DocumentOn.After(today):
		fields = append(fields, errs.Field{Name: "document_on", Code: "budget.document_on_ahead"})
	}
	if s.Pledged.Sign() <= 0 || s.Pledged.Cmp(money.Max) > 0 {
		fields = append(fields, errs.Field{Name: "pledged", Code: "budget.amount_missing"})
	}
	if fields == nil {
		return nil
	}
	return errs.New(errs.Invalid, "errs.invalid").At(fields...)
}

// ReceiptStatus is where a receipt stands: Recorded → Confirmed or ReceiptDeclined.
type ReceiptStatus string

// The states of a receipt.
const (
	Recorded        ReceiptStatus = "recorded"
	Confirmed       ReceiptStatus = "confirmed"
	ReceiptDeclined ReceiptStatus = "declined"
)

// Receipt is money of a sponsor that came in (tiền tài trợ nhận được): recorded by a finance officer from the voucher of
// treasury or bank, confirmed by the chief accountant, and then on the sponsor's line. Amount is in whole đồng.
type Receipt struct {
	bun.BaseModel `bun:"table:sponsorship_receipts,alias:sr"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	SponsorshipID uuid.UUID
	Amount        money.Amount  `bun:"type:numeric"`
	Account       string        // cash_treasury or cash_bank
	Reference     string        // of treasury or bank, once
	ReceivedOn    calendar.Date `bun:"type:date"`
	Basis         string
	BasisArticle  string
	Status        ReceiptStatus
	Reason        string // of a refusal
	RecordedBy    uuid.UUID
	RecordedAt    time.Time
	ConfirmedBy   *uuid.UUID
	ConfirmedAt   *time.Time
	Voucher       string
	Version       int
}

// AccessKind is the kind of the row.
func (r *Receipt) AccessKind() string { return "sponsorship_receipt" }

// AccessID is the id of the row.
func (r *Receipt) AccessID() uuid.UUID { return r.ID }

// Check says what of a new receipt must be mended; today is the last day on which money can have come.
func (r *Receipt) Check(today calendar.Date) error {
	var fields []errs.Field
	if r.Amount.Sign() <= 0 || r.Amount.Cmp(money.Max) > 0 {
		fields = append(fields, errs.Field{Name: "amount", Code: "budget.amount_missing"})
	}
	if r.Account != "cash_treasury" && r.Account != "cash_bank" {
		fields = append(fields, errs.Field{Name: "account", Code: "budget.account_missing"})
	}
	if strings.TrimSpace(r.Reference) == "" {
		fields = append(fields, errs.Field{Name: "reference", Code: "budget.reference_missing"})
	}
	switch {
	case r.ReceivedOn.IsZero():
		fields = append(fields, errs.Field{Name: "received_on", Code: "budget.received_on_missing"})
	case r.ReceivedOn.After(today):
		fields = append(fields, errs.Field{Name: "received_on", Code: ErrReceivedLater.Code})
	}
	if fields == nil {
		return nil
	}
	return errs.New(errs.Invalid, "errs.invalid").At(fields...)
}

// Confirm records that by confirmed the receipt. On error r is unchanged.
func (r *Receipt) Confirm(by uuid.UUID, at time.Time) error { return r.end(Confirmed, by, at) }

// Decline records that by refused the receipt with a reason. On error r is unchanged.
func (r *Receipt) Decline(by uuid.UUID, at time.Time, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errs.FieldError("reason", "budget.reason_missing")
	}
	if err := r.end(ReceiptDeclined, by, at); err != nil {
		return err
	}
	r.Reason = reason
	return nil
}

func (r *Receipt) end(to ReceiptStatus, by uuid.UUID, at time.Time) error {
	if r.Status != Recorded {
		return ErrReceiptState
	}
	r.Status, r.ConfirmedBy, r.ConfirmedAt = to, &by, &at
	return nil
}
