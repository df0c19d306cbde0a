// Package ledger is the one ledger engine: books, accounts, control lines and the posting kernel.
//
// The kernel is SQL (migrations/…_ledger…): its functions are the only writers of journal, posting, control_line
// and account_balance. This package calls them in one round trip each and reads back.
package ledger

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Refusals of the kernel. The catalogue has their words.
var (
	ErrInsufficient = errs.New(errs.Conflict, "ledger.insufficient") // the line has less than asked; Args: available, asked
	ErrClosed       = errs.New(errs.Conflict, "ledger.period_closed")
	ErrSamePerson   = errs.New(errs.Forbidden, "ledger.same_person")
	ErrKeyReused    = errs.New(errs.Conflict, "ledger.key_reused") // same key, other content
	ErrUnbalanced   = errs.New(errs.Internal, "ledger.unbalanced")
)

// Stage is where money of a control line stands.
type Stage string

// The stages; Available is authorised less all others.
const (
	Source    Stage = "source" // outside the line: appropriation comes from here, cuts go back
	Available Stage = "available"
	Allocated Stage = "allocated" // pushed down to child lines
	Reserved  Stage = "reserved"
	Committed Stage = "committed"
	Requested Stage = "requested"
	Advanced  Stage = "advanced"
	Disbursed Stage = "disbursed"
)

// LineKind is what a control line limits.
type LineKind string

// The kinds of control line.
const (
	BudgetLine  LineKind = "budget"
	ContractCap LineKind = "contract"
	AdvanceCap  LineKind = "advance"
	InvesteeCap LineKind = "investee"
	SectorCap   LineKind = "sector"
	LossMeter   LineKind = "loss"
)

// Ref names the document behind a journal.
type Ref struct {
	Kind string // budget_act, award_set, agreement, payment_order, capital_call, …
	ID   uuid.UUID
	No   string // number and date as printed, e.g. 2406/QĐ-UBND ngày 12/12/2025
}

// Dim is an interned combination of budget dimensions; empty fields mean "not applicable".
type Dim struct {
	Year                                            int
	Level, Chapter, Category, Item, SubItem         string
	Programme, SourceCode                           string
	Organisation, Project, Contract, Unit, Investee uuid.UUID
}

// Move takes an amount of one control line from one stage to another. Amount is positive. Line is a
// control line id; the kernel locks lines in ascending id, whatever the order here.
type Move struct {
	Line     int64
	From, To Stage
	Amount   money.Amount
}

// Leg is one side of a double entry: debit positive, credit negative, never zero.
type Leg struct {
	Account string // code within the book
	Dim     Dim
	Amount  money.Amount
}

// Journal is what a document posts to one book. Moves make their own balanced legs on the stage accounts;
// Legs are further entries that must sum to zero. Key makes the posting happen once: the same key with the
// same content gives the first result again, with other content ErrKeyReused.
type Journal struct {
	Book     string    // "BUDGET", "ACTUAL" or "FUND/<code>"
	Kind     string    // appropriate, allocate, reserve, commit, request, disburse, release, …
	On       time.Time // effective day; zero = day of kb.now() in Asia/Ho_Chi_Minh
	Document Ref
	Key      string
	Actor    uuid.UUID
	Approver uuid.UUID // Nil when the kind needs none; equal to Actor is ErrSamePerson
	Reason   string
	Moves    []Move
	Legs     []Leg
}

// Posted is the kernel's answer.
type Posted struct {
	ID     int64  // never in a URL
	No     string // voucher number, per book and year
	Replay bool   // the key was posted before
	Lines  []State
}

// State is a control line now. All amounts in đồng; Available = Authorised − the other stages.
type State struct {
	ID                                         int64
	Authorised, Allocated, Reserved, Committed money.Amount
	Requested, Advanced, Disbursed, Available  money.Amount
	Version                                    int64
}

// Post writes one journal in the caller's transaction and locks the touched control lines until its end, so
// call it last. It refuses with the errors above and then changes nothing (the transaction must be rolled back).
func Post(ctx context.Context, tx bun.IDB, j Journal) (Posted, error) {
	panic("ledger.Post: under construction")
}

// OpenLine makes a control line with nothing authorised and gives its id; an existing one for the same book,
// kind, dim and subject gives that one's id.
func OpenLine(ctx context.Context, tx bun.IDB, book string, kind LineKind, dim Dim, subject uuid.UUID) (int64, error) {
	panic("ledger.OpenLine: under construction")
}

// OpenBook makes a book of double entry with its chart; a book that exists gets the missing accounts.
func OpenBook(ctx context.Context, tx bun.IDB, book string, chart []Account) error {
	panic("ledger.OpenBook: under construction")
}

// Account is one account of a book's chart. Class is asset, liability, equity, income, expense or stage.
type Account struct{ Code, NameVI, NameEN, Class string }

// Line reads one control line.
func Line(ctx context.Context, db bun.IDB, id int64) (State, error) {
	panic("ledger.Line: under construction")
}

// Lines reads many control lines by id.
func Lines(ctx context.Context, db bun.IDB, ids []int64) (map[int64]State, error) {
	panic("ledger.Lines: under construction")
}

// Balance is the balance of one account and dimension combination, debit positive, in đồng.
type Balance struct {
	Account string
	Dim     Dim
	Amount  money.Amount
}

// Balances sums a book up to and including the day asOf (zero = all).
func Balances(ctx context.Context, db bun.IDB, book string, asOf time.Time) ([]Balance, error) {
	panic("ledger.Balances: under construction")
}

// Entry is one journal as a page shows it.
type Entry struct {
	No, Book, Kind string
	On             time.Time
	RecordedAt     time.Time
	Document       Ref
	Legs           []Leg
	ActorID        uuid.UUID
	ApproverID     uuid.UUID
	Reason         string
}

// Entries gives the journals behind a document, oldest first.
func Entries(ctx context.Context, db bun.IDB, kind string, id uuid.UUID) ([]Entry, error) {
	panic("ledger.Entries: under construction")
}

// Statement gives the journals that touched a control line, oldest first.
func Statement(ctx context.Context, db bun.IDB, line int64) ([]Entry, error) {
	panic("ledger.Statement: under construction")
}
