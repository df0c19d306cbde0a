// Package budget is the room of the yearly budget (dự toán): lines by source, programme and call, how they receive
// money, and the statement of each. The amounts themselves stand on control lines of the ledger.
//
// A line is planned by a finance officer. A root line (a source of money) is approved by the chief accountant under
// the number and day of the decision that assigns it; that posts the appropriation. A line below receives money by an
// allocation from its parent, proposed by the officer and decided by the chief accountant; so does every later change
// (adjust, cut, release). Each such change is an Act, and the act is the document behind its journal.
//
// Words on the page are cumulative: Dự toán giao = authorised; Phân bổ = Σ authorised of the leaves; Cam kết =
// reserved + committed + requested + advanced + disbursed; Đã chi = disbursed; Khả dụng = Σ available of the leaves;
// what a parent still holds itself is its own row "Chưa phân bổ".
//
// # Decisions
//
// 2026-11-24: allocation is pushed down (LEDGER §2.2), so that a spend is judged on one leaf line. A line with
// children takes no commitments of its own.
//
// 2026-11-24: a child line is open from its planning on, with nothing on it; only money needs a second person.
//
// 2026-11-24: a cut of a child gives its money back to the parent, a cut of a root gives it back to the source.
//
// 2026-11-24: a transfer stays within one source; who decides it is a value of the rulebook (budget.transfer.authority):
// the chief accountant within one line above, the province between two. Between sources there is no transfer, because
// the source of money is decided by whoever assigned it: one is cut and the other adjusted.
//
// 2026-11-24: a release names the document that holds the money, and the room of that document says under its own lock
// what it still needs (Holder). Refused: a release by stage alone, which could take the money of another award.
//
// 2026-11-24: a carry-over takes all that a line holds, by stage, into a leaf of the next year: out of the old line, into
// the root of the new one, allocated down and held again, in one transaction. The documents follow by their rooms.
//
// 2026-11-24: a year is ended by two people: the chief accountant opens the adjusting period, the account holder closes
// it, when nothing of the list of blockers is left; reopening turns the two round.
//
// 2026-11-24: what is unused of many lines is cancelled by one decision, all of them or none, because it is one document;
// each line has its own act and voucher. Refused: cancelling those that fit, which the decision's list would not say.
// A line waits in one proposal to cancel at a time, since each takes all that is unused.
//
// 2026-11-24: a commitment and the planning of a line below exclude each other by an advisory lock on the line, shared
// by commitments: a row lock would write the line's row with every commitment.
//
// 2026-11-24: the sums of lines with lines below are kept with the snapshot that made them, and a page adds the journals
// which that snapshot did not see, so that it is exact and reads few rows. Refused: running sums on every line above,
// which all commitments would wait for.
//
// 2026-11-24: an estimate is one per year and round; a row belongs to the unit or fund that asks, and its right to draft
// is that unit's. A transition keeps an immutable copy; a return is no step of the chain, so who sent it back may decide.
//
// 2026-11-24: a budget code is judged by its newest edition that has begun, within the budget year: a posting of January
// counts as one of 31/12 of its year, an assignment of December as one of 01/01. A code without stated days holds.
//
// 2026-11-24: an import is checked whole when it is loaded and again when it is confirmed; the same rows are one import.
//
// 2026-11-24: the panel "Cần chú ý" has thresholds of its own (attention.go): they point, and refuse nothing.
package budget
