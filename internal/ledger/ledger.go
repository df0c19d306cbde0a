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
// 2026-11-24: a commitment made straight on a line leaves its document in ledger.commitments, one row in the statement that
// posts, and is found from it and back. The table stands here although the act is the budget's: a row written after the
// posting would keep the line locked for one trip more. It is held against the sealed journal, so no version of it is kept.
//
// 2026-11-24: periods are calendar months and open by themselves with the first journal of the month; a closed one
// refuses, under a share lock, so that a close and a posting never pass each other. The lock is an advisory one: a share
// lock on the row itself is a write, and the row of the month is everybody's.
//
// 2026-11-24: in BUDGET a kind of journal makes only the moves listed for it (ledger.kind_moves), and an adjusting year
// takes only the kinds listed (ledger.kinds). A closed year takes nothing, a later refund of it is in ACTUAL only.
// Whether a refund is of the same year is told by the calendar year of its day against the budget year of the line.
//
// 2026-11-24: carry-over and cancelling leave the authorised amount of the old year standing and fill the stage closing,
// so that the year can be read afterwards as it was given. Cutting the old line to nothing was refused for that.
//
// 2026-11-24: a part of a journal is taken back per account, dimensions, line and side, under a lock of the original's row.
// A journal of which a part was taken back is not reversed any more; the rest is corrected likewise.
//
// 2026-11-24: in exported books a stage of a control line is an account of its own, BOOK:stage:code:Lnumber, so that another
// program holds every line and not only sums; the inner number is the one name of a line this floor knows. What the text
// asserts are the kept balances, not sums made while writing: another program then finds a forged balance too. A proof of a
// voucher carries inner numbers for the same reason as its digest covers them; they stand nowhere else outside.
package ledger

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

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
	ErrTooMuch      = errs.New(errs.Conflict, "ledger.too_much")       // more than is left of the journal to take back
	ErrYearClosed   = errs.New(errs.Conflict, "ledger.year_closed")    // Args: the budget year
	ErrYearAdjusts  = errs.New(errs.Conflict, "ledger.year_adjusts")   // not in an adjusting year; Args: the budget year
	ErrCode         = errs.New(errs.Conflict, "ledger.code")           // a budget code does not hold on the day; Args: the day or the codes
	ErrReason       = errs.New(errs.Invalid, "ledger.reason_missing")
	ErrBasis        = errs.New(errs.Invalid, "ledger.basis_missing") // a carry-over names its legal basis
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
	Returned  Stage = "returned" // paid back in a later year, never available again
	Closing   Stage = "closing"  // carried over or cancelled out of the year
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
	Milestone                                       uuid.UUID
}

// Move takes an amount of one control line from one stage to another. Amount is positive. Line is a
// control line id; the kernel locks lines in ascending id, whatever the order here.
type Move struct {
	Line     int64
	From, To Stage
	Amount   money.Amount
}

// The kinds of journal of the book BUDGET; each makes only the moves of ledger.kind_moves. All but Reserve and Request
// need a second person; those that take something back need a reason.
const (
	KindAppropriate  = "appropriate"   // source to available (giao dự toán)
	KindAdjust       = "adjust"        // source to available or back (điều chỉnh)
	KindCut          = "cut"           // available to source (thu hồi)
	KindAllocate     = "allocate"      // available of the parent to allocated, source to available of the child (phân bổ)
	KindTransfer     = "transfer"      // available to source of one line, source to available of another of the year
	KindReserve      = "reserve"       // available to reserved
	KindCommit       = "commit"        // available or reserved to committed (cam kết)
	KindRequest      = "request"       // committed to requested (đề nghị thanh toán)
	KindAdvance      = "advance"       // committed or requested to advanced (tạm ứng)
	KindDisburse     = "disburse"      // requested or committed to disbursed (chi)
	KindClearAdvance = "clear_advance" // advanced to disbursed (thanh toán tạm ứng)
	KindRelease      = "release"       // reserved, committed, requested or advanced to available, requested to committed
	KindRefund       = "refund"        // disbursed to available in the line's year, to returned later (nộp trả)
	KindCancel       = "cancel"        // available to closing (hủy)
	KindCarryOver    = "carry_over"    // stages to closing of the old year, source to the same stages of a later one (chuyển nguồn)
	KindReverse      = "reverse"       // made by Reverse
	KindCorrect      = "correct"       // made by Correct: parts of the legs of a journal taken back
	KindReclassify   = "reclassify"    // made by Correct: taken back here, put there
	KindRevalue      = "fx_revalue"    // made by Revalue
)

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
	Basis    string // code of the legal basis in the rulebook; KindCarryOver demands it
	Moves    []Move
	Legs     []Leg
	Foreign  []ForeignLeg
}

// ForeignLeg is one side of a double entry in a foreign currency, debit positive, worth Amount × the rate in đồng,
// rounded once. Legs of each currency sum to zero; a currency is exchanged through the accounts fx_position of both.
type ForeignLeg struct {
	Account  string
	Currency string // ISO 4217
	Dim      Dim
	Amount   decimal.Decimal
	Rate     int64 // id of the rate row
	By       RateKind
}

// RateKind is which rate of a row is used.
type RateKind string

// The rates of a row: what the bank buys at, sells at, and what the books are kept at.
const (
	Bid        RateKind = "bid"
	Ask        RateKind = "ask"
	Accounting RateKind = "accounting"
)

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
	Returned, Closing                          money.Amount
	Version                                    int64
}

// Account is one account of a book's chart. Class is asset, liability, equity, income, expense or stage.
type Account struct{ Code, NameVI, NameEN, Class string }
