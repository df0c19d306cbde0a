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
package budget
