// Package agreement is the room of grant agreements (hợp đồng hỗ trợ): drafted from an award, signed by the
// grantee and by the State over one digest, then run milestone by milestone until payment.
//
// # Words
//
// An Agreement binds one award. A Milestone is one content of the work with its share of the money. A Report
// says that a milestone is done; accepting it makes the milestone payable.
//
// # States
//
//	draft → signed_grantee → running → accepted → settled → liquidated
//	                            └─────→ terminated
//
// Moves after running come with acceptance and settlement.
//
// # Decisions
//
// 2026-11-24: pay per content after the host has spent, no advances: the template contract of the innovation
// track pays only on full papers (NĐ 268/2025/NĐ-CP, Điều 15 khoản 3, Điều 18; mẫu I.14). An agreement of the S&T
// track may have advances: milestones of a kind of their own, part of the signed digest, on which nothing is
// reported. The first takes at most the share of the support that the rulebook allows, judged at drafting, so that
// no agreement is signed that cannot be paid, and again at payment.
//
// 2026-11-24: the payee's account is a term of the agreement and part of the signed digest, so that nobody can
// change where the money goes without both parties signing again.
//
// 2026-11-24: the contract value is a control line of its own in the memo book CONTRACT, so that the stage
// accounts of BUDGET add up to appropriations only.
package agreement
