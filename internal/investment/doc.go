// Package investment keeps the fund's deal flow, the decision on each deal, what the fund holds of each firm, and the
// quarterly valuations.
//
// A deal is sourced → screened → due diligence → recommended → voted by the investment board → approved by its chair
// → contracted; a board that votes it down rejects it. A tranche is recorded → confirmed and makes or enlarges a
// holding. A valuation is proposed → approved → locked, by three people, for the end of a quarter.
//
// # Decisions
//
// 24/11/2026: a conflict of interest with a deal reaches what came of it: the firm's holding, its tranches, valuations
// and rows on the fund's pages and in every export, whatever the role. The fund's own sums (NAV, multiple, loss meter)
// stay whole: they are the fund's reported figures, and its investors get them. Refused: a NAV per reader, which would
// let two people sign different ones. Published names of investees stay public.
//
// 24/11/2026: the vote is a matter of room council with kind deal; Matters is its source. The approval is the chair's
// act after the vote and asks for the limit in force (rulebook deal.limit: without a value it refuses).
//
// 24/11/2026: a holding's fair value is its cost plus an adjustment that only a locked valuation changes. So a tranche
// paid after the quarter counts at cost until the next valuation, and the book (cost, fair value adjustment) and the
// page cannot differ. A tranche dated inside a locked quarter is refused.
//
// 24/11/2026: a value below cost feeds the loss meter in the transaction of the lock; the meter warns and never stops
// the lock, because a loss must be booked. Source: NĐ 264/2025/NĐ-CP, Điều 10.
//
// 24/11/2026: a firm is published (name, field, day) once its first tranche is confirmed; amounts are not. Source:
// NĐ 264/2025/NĐ-CP, Điều 3(6), 10: publicity of plan and portfolio.
package investment
