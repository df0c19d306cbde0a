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
// 24/11/2026: a set is signed as one, so whoever is in conflict with one of its lines signs nothing on it and reads
// the rest without it: sums, counts and ranks are of the lines shown. Refused: signing the set less one line, which
// no decision says.
package allocation
