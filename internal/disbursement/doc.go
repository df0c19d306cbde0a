// Package disbursement is the room of payments: a request for an accepted milestone passes four different
// people and is paid with its treasury reference.
//
// # States
//
//	request: draft → submitted → checked → ordered → paid; submitted → returned or rejected; a failed or
//	         cancelled order takes ordered back to checked
//	settlement: draft → submitted → checked → confirmed; submitted or checked → returned; draft → cancelled;
//	         money paid back starts as checked
//	order:   made → checked → approved → released → paid or failed; made or checked → cancelled
//
// # Words
//
// A Request (đề nghị giải ngân) asks to pay one accepted milestone. An Order (lệnh chi) carries it to the State
// Treasury. The four people are the requester, the finance officer who checks the request and makes the order,
// the chief accountant who checks the order, and the account holder who approves it; the outbox releases it.
//
// # Decisions
//
// 2026-11-24: accepting a request moves committed → requested and the treasury's confirmation moves requested →
// disbursed, on the budget line and on the contract's own line, and books expense against treasury cash in the
// same transaction. Nothing in between touches money.
//
// 2026-11-24: a payment is booked on the day the treasury paid, from the release to today; when that month is closed, today,
// with its day kept in the document. The day decides also which budget year takes it: an advance until 31/12, work done by
// then until the adjusting period is over (TT 26/2026, Điều 15 khoản 2), however late it is recorded while the year is not
// closed. The ledger's adjusting year therefore takes advances; the day is judged here.
//
// 2026-11-24: an order whose account differs from the one last paid to the same organisation, or from its agreement's by
// now, is approved with a remark only. What the agreements said before, since when and by whom, comes from the versions of
// their rows, which see changes past the program too; it is shown to who pays, free of conflict, and to nobody else.
//
// 2026-11-24: an advance (tạm ứng) is a milestone of its own kind, paid without a report by the same four people:
// requested → advanced, and in ACTUAL advances against treasury cash. It is settled by vouchers (advanced →
// disbursed, expense against advances) or paid back (advanced → available in the line's year, → returned later; the
// contract line never gets it back). Settlements of one advance wait for its row, so that together they never
// exceed it. A first advance takes at most a share of the support; the next ones wait until a share of the earlier
// ones is settled or paid back (TTLT 27/2015/TTLT-BKHCN-BTC, rulebook, to be verified).
//
// 2026-11-24: a voucher is told apart by number, day and issuer and claimed once over all settlements that stand, by an
// index of the database; it is free again when its settlement is returned or cancelled. A draft, and a voucher on it, is
// taken back by who made it: the settlement stays as cancelled, the voucher goes and the audit row keeps what it said.
//
// 2026-11-24: vouchers come into a budget year until its adjusting period is over (TT 26/2026, Điều 15 khoản 2, Điều 19);
// then an advance is carried over or paid back. Money paid back is posted on its own day, or today when that month is
// closed, with its day kept in the document: the year of the posting decides whether it is available or returned.
//
// 2026-11-24: accepting a request, checking its order and approving it are each decided on the machine checks as they
// stand at that instant; where one is not passed the decider says what was found, which the next ones read. A remark is
// asked for, not a second refusal: what may never pass (money, limits, people) is refused whatever is said.
//
// 2026-11-24: limits per act, day and payee come from the rulebook and have no default: a missing value refuses
// the approval and says which value an officer must set. A day is the day of approval in Asia/Ho_Chi_Minh; the
// payee's limit counts a calendar year.
package disbursement
