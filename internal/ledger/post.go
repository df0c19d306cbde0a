package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"kinhbac/internal/calendar"
	"kinhbac/internal/money"
)

// answer is one row of what the kernel gives back.
type answer struct {
	JournalID int64
	Number    string
	Replay    bool
	LineID    *int64

	Authorised, Allocated, Reserved, Committed, Requested, Advanced, Disbursed, Returned, Closing *money.Amount

	Version *int64
}

// Post writes one journal in the caller's transaction and locks the touched control lines until its end, so
// call it last. It refuses with the errors above and then changes nothing (the transaction must be rolled back).
func Post(ctx context.Context, tx bun.IDB, j Journal) (Posted, error) {
	if len(j.Foreign) > 0 {
		return postForeign(ctx, tx, j)
	}
	return post(ctx, tx, j, "")
}

// Correction takes back a part of the journal Number. Kind is KindCorrect, whose moves and legs all mirror some of
// the original's, or KindReclassify, which puts elsewhere what it takes back. Never more in sum than the original.
type Correction struct {
	Book, Number string
	Kind         string
	On           time.Time // zero is today
	Document     Ref
	Key          string
	Actor        uuid.UUID
	Approver     uuid.UUID // not the actor
	Reason       string    // must say why
	Moves        []Move
	Legs         []Leg
}

// Correct posts a correction. More than is left of the journal is ErrTooMuch, of a reversed one ErrReversed, of a leg
// that it has not ErrMove; otherwise it refuses as Post does. Two at once wait for each other.
func Correct(ctx context.Context, tx bun.IDB, c Correction) (Posted, error) {
	return post(ctx, tx, Journal{Book: c.Book, Kind: c.Kind, On: c.On, Document: c.Document, Key: c.Key, Actor: c.Actor,
		Approver: c.Approver, Reason: c.Reason, Moves: c.Moves, Legs: c.Legs}, c.Number)
}

func post(ctx context.Context, tx bun.IDB, j Journal, adjusts string) (Posted, error) {
	lines, from, to, moved := []int64{}, []string{}, []string{}, []string{} // an empty array, where nil would be NULL
	for _, m := range j.Moves {
		lines, from, to, moved = append(lines, m.Line), append(from, string(m.From)), append(to, string(m.To)), append(moved, m.Amount.String())
	}
	accounts, dims, amounts := []string{}, []int64{}, []string{}
	for _, l := range j.Legs {
		d, err := intern(ctx, tx, l.Dim)
		if err != nil {
			return Posted{}, fmt.Errorf("post %s %s: %w", j.Kind, j.Key, err)
		}
		accounts, dims, amounts = append(accounts, l.Account), append(dims, d), append(amounts, l.Amount.String())
	}
	var rows []answer
	err := tx.NewRaw(`SELECT * FROM ledger.post(?, ?, ?::date, ?, ?, ?, ?, ?, ?::uuid, ?, ?, ?::text,
			?::bigint[], ?::text[], ?::text[], ?::numeric[], ?::text[], ?::bigint[], ?::numeric[])`,
		j.Book, j.Kind, day(j.On), j.Document.Kind, j.Document.ID, j.Document.No, j.Key, j.Actor, known(j.Approver), j.Reason, j.Basis, text(adjusts),
		pgdialect.Array(lines), pgdialect.Array(from), pgdialect.Array(to), pgdialect.Array(moved),
		pgdialect.Array(accounts), pgdialect.Array(dims), pgdialect.Array(amounts)).Scan(ctx, &rows)
	if err != nil {
		return Posted{}, fmt.Errorf("post %s %s: %w", j.Kind, j.Key, refusal(err))
	}
	return posted(rows), nil
}

// Commitment is the plain act of committing an amount of a budget line, with its audit row, in one round trip.
type Commitment struct {
	Line     int64     // control line
	Budget   uuid.UUID // the budget line, for the audit row
	Amount   money.Amount
	Document Ref // source document
	Key      string
	Actor    uuid.UUID
	Role     string    // under which Actor acts
	Approver uuid.UUID // signer of the source document, never the actor
	Reason   string
}

// Commit moves an amount of a budget line from available to committed. It refuses as Post does.
func Commit(ctx context.Context, db bun.IDB, c Commitment) (Posted, error) {
	var rows []answer
	err := db.NewRaw("SELECT * FROM ledger.commitment(?, ?::numeric, ?, ?, ?::uuid, ?, ?, ?, ?, ?, ?)",
		c.Line, c.Amount, c.Key, c.Actor, known(c.Approver), c.Role, c.Budget, c.Document.Kind, c.Document.ID, c.Document.No,
		c.Reason).Scan(ctx, &rows)
	if err != nil {
		return Posted{}, fmt.Errorf("commit %s: %w", c.Key, refusal(err))
	}
	return posted(rows), nil
}

// Reversal takes a journal back whole. Number is its voucher number; On zero is today.
type Reversal struct {
	Number   string
	On       time.Time
	Key      string
	Actor    uuid.UUID
	Approver uuid.UUID // not the actor
	Reason   string    // must say why
}

// Reverse posts the mirror of a journal. Twice is ErrReversed, after a correction ErrTooMuch; when what it gave was used meanwhile, ErrInsufficient.
func Reverse(ctx context.Context, tx bun.IDB, r Reversal) (Posted, error) {
	var rows []answer
	err := tx.NewRaw("SELECT * FROM ledger.reverse(?, ?::date, ?, ?, ?::uuid, ?)",
		r.Number, day(r.On), r.Key, r.Actor, known(r.Approver), r.Reason).Scan(ctx, &rows)
	if err != nil {
		return Posted{}, fmt.Errorf("reverse %s: %w", r.Number, refusal(err))
	}
	return posted(rows), nil
}

// OpenLine makes a control line with nothing authorised and gives its id; an existing one for the same book,
// kind, dim and subject gives that one's id.
func OpenLine(ctx context.Context, tx bun.IDB, book string, kind LineKind, dim Dim, subject uuid.UUID) (id int64, err error) {
	d, err := intern(ctx, tx, dim)
	if err == nil {
		err = tx.NewRaw("SELECT ledger.open_line(?, ?, ?, ?::uuid)", book, string(kind), d, known(subject)).Scan(ctx, &id)
	}
	if err != nil {
		return 0, fmt.Errorf("open %s line in %s: %w", kind, book, refusal(err))
	}
	return id, nil
}

// OpenBook makes a book of double entry with its chart; a book that exists gets the missing accounts. Every book
// has the stage accounts besides.
func OpenBook(ctx context.Context, tx bun.IDB, book string, chart []Account) error {
	codes, vi, en, classes := []string{}, []string{}, []string{}, []string{}
	for _, a := range chart {
		codes, vi, en, classes = append(codes, a.Code), append(vi, a.NameVI), append(en, a.NameEN), append(classes, a.Class)
	}
	_, err := tx.NewRaw("SELECT ledger.open_book(?, ?, ?::text[], ?::text[], ?::text[], ?::text[])", book, prefix(book),
		pgdialect.Array(codes), pgdialect.Array(vi), pgdialect.Array(en), pgdialect.Array(classes)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("open book %s: %w", book, refusal(err))
	}
	return nil
}

// prefix is what the voucher numbers of a book start with: FUND/BN1 gives Q.BN1.
func prefix(book string) string {
	if code, ok := strings.CutPrefix(book, "FUND/"); ok {
		return "Q." + code
	}
	return book
}

// none is the number of the empty combination.
const none = 1

func intern(ctx context.Context, tx bun.IDB, d Dim) (id int64, err error) {
	if d == (Dim{}) {
		return none, nil
	}
	var year *int
	if d.Year != 0 {
		year = &d.Year
	}
	err = tx.NewRaw(`SELECT ledger.dim(?::int, ?::text, ?::text, ?::text, ?::text, ?::text, ?::text, ?::text,
			?::uuid, ?::uuid, ?::uuid, ?::uuid, ?::uuid, ?::uuid)`, year, text(d.Level), text(d.Chapter), text(d.Category), text(d.Item),
		text(d.SubItem), text(d.Programme), text(d.SourceCode), known(d.Organisation), known(d.Project), known(d.Contract),
		known(d.Unit), known(d.Investee), known(d.Milestone)).Scan(ctx, &id)
	return id, err
}

func posted(rows []answer) Posted {
	p := Posted{ID: rows[0].JournalID, No: rows[0].Number, Replay: rows[0].Replay}
	for _, r := range rows {
		if r.LineID != nil {
			s := State{ID: *r.LineID, Authorised: *r.Authorised, Allocated: *r.Allocated, Reserved: *r.Reserved,
				Committed: *r.Committed, Requested: *r.Requested, Advanced: *r.Advanced, Disbursed: *r.Disbursed,
				Returned: *r.Returned, Closing: *r.Closing, Version: *r.Version}
			p.Lines = append(p.Lines, s.filled())
		}
	}
	return p
}

func (s State) filled() State {
	s.Available = s.Authorised.Sub(money.Sum(s.Allocated, s.Reserved, s.Committed, s.Requested, s.Advanced, s.Disbursed, s.Returned, s.Closing))
	return s
}

func day(t time.Time) *calendar.Date {
	if t.IsZero() {
		return nil
	}
	d := calendar.DateOf(t)
	return &d
}

func known(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
