package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

const lineColumns = "id, authorised, allocated, reserved, committed, requested, advanced, disbursed, returned, closing, version"

// Line reads one control line; none is errs.ErrNotFound.
func Line(ctx context.Context, db bun.IDB, id int64) (State, error) {
	var s State
	err := db.NewRaw("SELECT "+lineColumns+" FROM ledger.control_lines WHERE id = ?", id).
		Scan(ctx, &s.ID, &s.Authorised, &s.Allocated, &s.Reserved, &s.Committed, &s.Requested, &s.Advanced, &s.Disbursed,
			&s.Returned, &s.Closing, &s.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return State{}, errs.ErrNotFound
	}
	if err != nil {
		return State{}, fmt.Errorf("read control line %d: %w", id, err)
	}
	return s.filled(), nil
}

// Lines reads many control lines by id; an id without a line is not in the map.
func Lines(ctx context.Context, db bun.IDB, ids []int64) (map[int64]State, error) {
	var rows []State
	err := db.NewRaw("SELECT "+lineColumns+" FROM ledger.control_lines WHERE id = ANY(?::bigint[])", pgdialect.Array(ids)).
		Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read control lines: %w", err)
	}
	out := make(map[int64]State, len(rows))
	for _, s := range rows {
		out[s.ID] = s.filled()
	}
	return out, nil
}

// dimRow reads a combination; NULL columns read as empty.
type dimRow struct {
	Year                                                           int
	Level, Chapter, Category, Item, SubItem, Programme, SourceCode string
	OrganisationID, ProjectID, MilestoneID                         *uuid.UUID
	ContractID, UnitID, InvesteeID                                 *uuid.UUID
}

const dimColumns = `coalesce(d.budget_year, 0) AS year, coalesce(d.budget_level, '') AS level, coalesce(d.chapter, '') AS chapter,
	coalesce(d.category, '') AS category, coalesce(d.item, '') AS item, coalesce(d.sub_item, '') AS sub_item,
	coalesce(d.programme_code, '') AS programme, coalesce(d.source_code, '') AS source_code, d.organisation_id, d.project_id,
	d.milestone_id, d.contract_id, d.unit_id, d.investee_id`

func (r dimRow) dim() Dim {
	return Dim{Year: r.Year, Level: r.Level, Chapter: r.Chapter, Category: r.Category, Item: r.Item, SubItem: r.SubItem,
		Programme: r.Programme, SourceCode: r.SourceCode, Organisation: id(r.OrganisationID), Project: id(r.ProjectID), Milestone: id(r.MilestoneID),
		Contract: id(r.ContractID), Unit: id(r.UnitID), Investee: id(r.InvesteeID)}
}

func id(p *uuid.UUID) uuid.UUID {
	if p == nil {
		return uuid.Nil
	}
	return *p
}

// Entry is one journal as a page shows it.
type Entry struct {
	No, Book, Kind string
	On             time.Time // first instant of the effective day
	RecordedAt     time.Time // deciding time
	Document       Ref
	Legs           []Leg
	ActorID        uuid.UUID
	ApproverID     uuid.UUID
	Reason         string
	Reversed       bool // taken back by a later journal
}

// Entries gives the journals behind a document, oldest first.
func Entries(ctx context.Context, db bun.IDB, kind string, id uuid.UUID) ([]Entry, error) {
	return entries(ctx, db, "true", "j.document_kind = ? AND j.document_id = ?", kind, id)
}

// Statement gives the journals that touched a control line, oldest first, with the legs on that line only.
func Statement(ctx context.Context, db bun.IDB, line int64) ([]Entry, error) {
	return entries(ctx, db, "p.line_id = ?0", "j.id IN (SELECT q.journal_id FROM ledger.postings q WHERE q.line_id = ?0)", line)
}

func entries(ctx context.Context, db bun.IDB, legs, where string, args ...any) ([]Entry, error) {
	var rows []struct {
		JournalID          int64
		Number, Book, Kind string
		EffectiveOn        calendar.Date
		At                 time.Time
		DocumentKind       string
		DocumentID         uuid.UUID
		DocumentNo         string
		ActorID            uuid.UUID
		ApproverID         *uuid.UUID
		Reason             string
		Reversed           bool
		Account            string
		Amount             money.Amount
		dimRow             `bun:",extend"`
	}
	err := db.NewRaw(`SELECT j.id AS journal_id, j.number, b.code AS book, j.kind, j.effective_on, j.at, j.document_kind, j.document_id,
			j.document_no, j.actor_id, j.approver_id, j.reason,
			EXISTS (SELECT FROM ledger.journals r WHERE r.reverses_id = j.id) AS reversed,
			a.code AS account, p.amount::numeric(24,0) AS amount, `+dimColumns+`
			FROM ledger.journals j JOIN ledger.books b ON b.id = j.book_id
			JOIN ledger.postings p ON p.journal_id = j.id AND `+legs+`
			JOIN ledger.accounts a ON a.id = p.account_id JOIN ledger.dim_sets d ON d.id = p.dim_id
			WHERE `+where+` ORDER BY j.id, p.leg`, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read journals: %w", err)
	}
	var out []Entry
	last := int64(0)
	for _, r := range rows {
		if r.JournalID != last {
			last = r.JournalID
			out = append(out, Entry{No: r.Number, Book: r.Book, Kind: r.Kind, On: r.EffectiveOn.Start(), RecordedAt: r.At,
				Document: Ref{r.DocumentKind, r.DocumentID, r.DocumentNo}, ActorID: r.ActorID, ApproverID: id(r.ApproverID),
				Reason: r.Reason, Reversed: r.Reversed})
		}
		e := &out[len(out)-1]
		e.Legs = append(e.Legs, Leg{Account: r.Account, Dim: r.dim(), Amount: r.Amount})
	}
	return out, nil
}

// PaidByMonth gives what the control lines of a budget year spent in each calendar month, 1 to 12, in đồng; months without
// a payment are missing. What was booked after the year belongs to month 12.
func PaidByMonth(ctx context.Context, db bun.IDB, year int, lines []int64) (map[int]money.Amount, error) {
	out := map[int]money.Amount{}
	if len(lines) == 0 {
		return out, nil
	}
	var rows []struct {
		Month  int
		Amount money.Amount
	}
	err := db.NewRaw(`SELECT CASE WHEN extract(year FROM j.effective_on) > ? THEN 12 ELSE extract(month FROM j.effective_on)::int END AS month,
			sum(p.amount)::numeric(24,0) AS amount
		FROM ledger.postings p JOIN ledger.accounts a ON a.id = p.account_id AND a.code = 'disbursed'
		JOIN ledger.journals j ON j.id = p.journal_id
		WHERE p.line_id IN (?) GROUP BY 1`, year, bun.List(lines)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read payments by month: %w", err)
	}
	for _, r := range rows {
		out[r.Month] = r.Amount
	}
	return out, nil
}
