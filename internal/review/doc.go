// Package review keeps what comes before the council: declarations of interests, assignments of readers, and
// their sheets (phiếu nhận xét).
//
// An assignment is proposed → approved → accepted or declined → submitted → locked. A sheet is advisory and
// sealed until the matter is presented; only ballots of package council make the result.
//
// # Decisions
//
// 24/11/2026: a declaration is about one dossier for readers and seats, and about one call for officers.
// Declaring no conflict writes the tie coi_declared, which lets a reader open the dossier; declaring one writes
// the tie conflict, which hides it everywhere and at once. A conflict is never lifted by its declarer.
package review
