package agreement

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Report says that a milestone is done and what the grantee has spent on it (báo cáo tiến độ).
//
// It is submitted → accepted, which makes the milestone payable, or → returned. Spent is in whole đồng, of all
// sources. Whoever submitted it does not decide it.
type Report struct {
	bun.BaseModel `bun:"table:progress_reports,alias:pr"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	AgreementID   uuid.UUID `bun:"type:uuid"`
	MilestoneID   uuid.UUID `bun:"type:uuid"`
	Body          string
	Spent         money.Amount `bun:"type:numeric"`
	Status        string       // submitted, accepted, returned
	SubmittedBy   uuid.UUID    `bun:"type:uuid"`
	SubmittedAt   time.Time
	DecidedBy     *uuid.UUID `bun:"type:uuid"`
	DecidedAt     *time.Time
	Note          string
}

// AccessKind names the noun in access.
func (*Report) AccessKind() string { return "progress_report" }

// AccessID is the row.
func (r *Report) AccessID() uuid.UUID { return r.ID }

// Refusals of reports.
var (
	ErrReportDecided = errs.New(errs.Conflict, "agreement.report_decided")
	ErrReportEmpty   = errs.New(errs.Invalid, "agreement.report_empty")
)

// Decide accepts or returns the report; returning needs a note that says what to mend. On error r is unchanged.
func (r *Report) Decide(accept bool, by uuid.UUID, at time.Time, note string) error {
	switch {
	case r.Status != "submitted":
		return ErrReportDecided
	case !accept && strings.TrimSpace(note) == "":
		return ErrReportEmpty.At(errs.Field{Name: "note", Code: "agreement.note_needed"})
	}
	r.Status, r.DecidedBy, r.DecidedAt, r.Note = "returned", &by, &at, note
	if accept {
		r.Status = "accepted"
	}
	return nil
}
