// Package call keeps programmes of the plan and calls for proposals: what is supported, with which money, by
// which rules, between which two instants.
//
// A call moves draft → approved → published → open → closed → evaluating → decided → archived. An officer
// drafts; the head of the department, another person, approves and publishes; the clock opens and closes it.
//
// # Decisions
//
// Everything an applicant relies on freezes at approval: money, criteria, pass mark, required documents, the
// version of the rulebook. What changes later is an addendum beside the call, decided by the head, told to
// everybody who has started a dossier.
//
// The ceiling is compared with what its budget line has available and shown to the approver, not reserved: money
// is reserved by the award decision alone, under the lock of the ledger.
//
// A call is open only in the state open and inside its window: the state says that the office has opened it,
// the window by SQL kb.now() says when the last dossier came. A late job can so never let a late dossier in.
//
// The announced closing and the quiet grace are two numbers: the public reads the first, PostgreSQL's clock refuses at their
// sum. New drafts and extensions end with the announced closing, so that the grace helps only whom a line failed.
//
// A call made from an earlier one takes its form with the keys of its questions, so that answers of two years can be laid
// side by side; its dates are typed anew.
//
// Cost norms are authored by the office: one proposes, another decides, and a decided norm never changes; the next takes its
// place from its own first day. A call is bound at approval to the norms in force on its opening day. The yearly cap is
// held against one dossier: what a beneficiary had from other dossiers of the year is for screening to find. No value of a
// norm comes with the program; one that nobody read in its instrument is marked.
//
// The machine checks of beneficiaries (Screen) are findings with their article, not decisions: an officer decides.
package call
