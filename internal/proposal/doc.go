// Package proposal keeps the dossiers of applicants (hồ sơ đề nghị hỗ trợ): drafts filled in parts, their teams,
// cost tables and files, the submission with its signed receipt, screening, and what the public may be told.
//
// A dossier moves draft → submitted → screening → eligible or ineligible → under review → recommended or not →
// awarded, reserve or rejected; a supplement may be asked for during screening, and it may be withdrawn until the
// decision. The moves after screening are made by the rooms that decide them, through Move.
//
// # Decisions
//
// 24/11/2026: the number of a dossier, H05.08-yymmdd-nnnn, ends in a secret permutation of the day's serial
// (a Feistel network over 0..9999 whose key is a row of its own), so that a code tells rivals nothing of how
// many have applied. Refused: random numbers with a retry, which slow down as the day fills up.
//
// 24/11/2026: applicants and the public read their own words for a status (PublicStatus): several staff states
// share one public step, and an outcome is shown only once the award set is published.
//
// 24/11/2026: nothing of a dossier exists for staff before the call has closed, not even a count; that is a
// condition of the row (after_close), so lists, counts, search, exports and single reads agree.
//
// 24/11/2026: an organisation has at most three drafts in one call. The law limits applications, not drafts, so this
// is a number of the house and not of the rulebook: it only keeps one applicant from flooding a call. Look again
// when a call allows an organisation more than three projects.
//
// 24/11/2026: a draft stays on the form it was started on when its call publishes another, and may be submitted on it; its
// applicant is told and moves it by an act of their own, seeing first which answers have no place. Refused: moving drafts
// with the addendum, which would change under two people's hands what they are typing.
//
// 24/11/2026: a cost above a verified norm keeps the dossier from being submitted, because the call published the norm and
// the applicant can mend it at once; above an unverified one it is a finding that screening looks at, because nobody is
// refused over a number that was not read in its instrument.
package proposal
