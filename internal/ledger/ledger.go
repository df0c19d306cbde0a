// Package ledger is the one ledger engine: books, accounts, control lines and the posting kernel.
//
// The kernel is SQL (migrations/…_ledger…): its functions are the only writers of journal, posting, control_line
// and account_balance. This package calls them in one round trip each and reads back.
//
// # Decisions
//
// 2026-11-24: ceilings are judged by one conditional UPDATE of a control line, last in the call, at read committed; the
// CHECK of the table is the second lock. Sums over postings were refused as the guard: two at once pass them.
//
// 2026-11-24: stage accounts have no row in account_balances; the control line is their running balance, and Verify
// compares it with the postings. Three rows a commitment instead of one would cost more than the journal.
//
// 2026-11-24: postings have no foreign keys. A statement trigger checks all legs of a journal in one query, because
// key locks on the few accounts everybody shares make a queue; what they point at is never deleted.
//
// 2026-11-24: the idempotency key stands on the journal itself, unique per book, with the hash of the request. Voucher
// numbers come from one sequence per book and year: they may have gaps, and nobody waits for a number.
//
// 2026-11-24: periods are calendar months and open by themselves with the first journal of the month; a closed one
// refuses, under a share lock, so that a close and a posting never pass each other.
package ledger

import (
	"time"

	"github.com/google/uuid"

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
	ErrMove         = errs.New(errs.Conflict, "ledger.move")           // such a move is not made on such a line
	ErrSecondPerson = errs.New(errs.Forbidden, "ledger.second_person") // the kind of journal needs an approver
	ErrReversed     = errs.New(errs.Conflict, "ledger.reversed")       // the journal was taken back before
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

// Account is one account of a book's chart. Class is asset, liability, equity, income, expense or stage.
type Account struct{ Code, NameVI, NameEN, Class string }
