// Package allocation turns concluded matters into money: the ranking of a call, the funding line, the award
// set and the decision that reserves the money (phân bổ và quyết định hỗ trợ).
//
// A ranking is computed → finalised by the chair. An award set is draft → proposed (Sở KH&CN) → appraised line
// by line (finance officer) → confirmed (chief accountant) → decided (UBND tỉnh) → published.
//
// # Decisions
//
// 24/11/2026: ranking uses the printed mean of two decimals, so that a rank can be checked with a pencil; ties
// go by the rulebook's order, and a tie that the order leaves is broken by the proposal's code and said so.
//
// 24/11/2026: under the ceiling the ranking is walked strictly: the first proposal that no longer fits closes
// the line and everything after it is reserve. Refused: "next that fits", which passes over a better proposal
// for a cheaper one and which no text read so far allows.
//
// 24/11/2026: the ceiling that binds is the ledger's control line of the call's budget line; the sum on the
// page is for reading. The decision posts one journal of one move per funded award.
//
// 24/11/2026: a ranking and a set are signed as one, so whoever is in conflict with one line closes, drafts and signs
// neither: the vice chair presides in place of a chair in conflict, another officer drafts, and the refusal names who
// may, never the line. Refused: signing the set less one line, which no decision says.
//
// 24/11/2026: a reader in conflict with a line gets the page of a ranking or set that has no such line: ranks, running
// sums, counts, chart and totals are of the lines shown, nothing says that there are others, and with none left there
// is no page. Conclusions stay as they are: a reserve line may then seem to fit under the ceiling. Refused: to show
// another conclusion than was made, or to take the whole list from members who judged the rest of it.
package allocation
