// Package fund keeps the provincial venture fund (quỹ đầu tư mạo hiểm của địa phương): its charter and investors,
// the record of charter capital, capital calls, distributions, and the figures that follow from them: NAV, TVPI,
// DPI, RVPI and IRR.
//
// A fund is draft → active. A capital entry (a commitment or a paid contribution) is recorded → approved. A
// capital call is draft → approved → issued → closed; its lines are paid whole, in part or late. A distribution is
// draft → approved.
//
// # Decisions
//
// 24/11/2026: the share of the State is a value of the charter, in basis points, without a default: the law says
// that the People's Committee decides it and names no cap (NĐ 264/2025/NĐ-CP, Điều 9), so pages tag it "cần xác
// minh". It is held on both sides, committed and paid, by the table fund_capitals and its CHECK. So the State
// pays last: a payment that would lift its share of what is paid above the cap is refused until others have paid.
//
// 24/11/2026: an approved commitment of the State takes the money on the fund's budget line from available to
// committed; a paid contribution takes it on to requested and disbursed in the same journal, and ACTUAL shows the
// stake against the treasury's cash. Refused: reserving at the record, because an unapproved record posts nothing.
//
// 24/11/2026: commitments are not assets of the fund and post nothing to its book. Cash is a control line of the
// book as well (paid in is authorised, paid out is disbursed), so that the database refuses to spend what is not
// there.
//
// 24/11/2026: the table fund_flows, written in the transaction of each act, is the one source of paid-in,
// distributed and returns; NAV is read from the balances of the book. A test holds both against each other.
//
// 24/11/2026: what a call asks for fees and expenses is paid over when the call closes, out of the cash it brought.
//
// 24/11/2026: losses do not stop the book: the loss meter is a control line as large as the charter capital, and
// pages warn at the shares of the rulebook. Above the ceiling the fund must restructure the share of the State
// (Điều 10); new deals are blocked only where the charter says so.
//
// 24/11/2026: a rate of return is solved with floating point, inside xirr.go only. It takes amounts and gives a
// rounded ratio; no amount is ever computed from it.
package fund
