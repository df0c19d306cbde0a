// Package disbursement is the room of payments: a request for an accepted milestone passes four different
// people and is paid with its treasury reference.
//
// # States
//
//	request: draft → submitted → checked → ordered → paid; submitted → returned or rejected; a failed or
//	         cancelled order takes ordered back to checked
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
// 2026-11-24: limits per act, day and payee come from the rulebook and have no default: a missing value refuses
// the approval and says which value an officer must set. A day is the day of approval in Asia/Ho_Chi_Minh; the
// payee's limit counts a calendar year.
package disbursement
