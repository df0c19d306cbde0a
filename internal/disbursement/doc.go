// Package disbursement is the room of payments: a request for an accepted milestone passes four different
// people and is paid with its treasury reference.
//
// # States
//
//	request: draft → submitted → checked → ordered → paid; submitted → returned or rejected; a failed or
//	         cancelled order takes ordered back to checked
//	settlement: draft → submitted → checked → confirmed; submitted or checked → returned; money paid back starts
//	         as checked
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
// 2026-11-24: an advance (tạm ứng) is a milestone of its own kind, paid without a report by the same four people:
// requested → advanced, and in ACTUAL advances against treasury cash. It is settled by vouchers (advanced →
// disbursed, expense against advances) or paid back (advanced → available in the line's year, → returned later; the
// contract line never gets it back). Settlements of one advance wait for its row, so that together they never
// exceed it. A first advance takes at most a share of the support; the next ones wait until a share of the earlier
// ones is settled or paid back (TTLT 27/2015/TTLT-BKHCN-BTC, rulebook, to be verified).
//
// 2026-11-24: limits per act, day and payee come from the rulebook and have no default: a missing value refuses
// the approval and says which value an officer must set. A day is the day of approval in Asia/Ho_Chi_Minh; the
// payee's limit counts a calendar year.
package disbursement
