// Package council keeps the councils that judge proposals and deals: seats, sessions, quorum, ballots, the
// count, conclusions and minutes.
//
// A council is proposed → established by a decision. A session (phiên họp) is scheduled → open → ended →
// drafted → signed. A matter in it is waiting → presented → balloting → counted → concluded. A council votes
// on a matter, a kind and an id, so that grants and deals share it.
//
// # Decisions
//
// 24/11/2026: quorum, presiding and completeness of ballots are SQL functions over the seats of the
// establishment decision, used by the policies and by the pages alike. A seat counts when it is marked present
// and is not recused for the matter, by its own recusal or by a conflict of interest on the subject.
//
// 24/11/2026: the numbers of the quorum are bound to the council when it is proposed, out of the rulebook, so
// that a later rule does not change a council that has sat. Other thresholds are read for the day the council
// was proposed.
//
// 24/11/2026: no result is stored or computed before the count: a matter's result columns are NULL until
// then, and the board reads only who has sent a ballot.
//
// 24/11/2026: ballots get their number when they are counted, in the order of a digest of their ids, so that
// the number does not tell the order of casting.
//
// 24/11/2026: a reader in conflict with a matter gets lists, agendas, counts and the choice of an agenda as if there
// were no such matter. Minutes are one text on all of them: who is in conflict with one opens them only to write or
// sign a session they sat in, where the matter was called in their presence before they left. Refused: an extract, a
// document nobody signed; and taking the signature of the scientific secretary away for one matter of many.
//
// 24/11/2026: a chair in conflict with a matter of the minutes neither opens nor signs them when somebody else presided
// over it: the vice chair, or the member the chair authorised, in no conflict with any matter of the session. That seat
// signs the whole text, being the only one that answers for all of it.
//
// 24/11/2026: the administrative secretary of the decision cannot be asked to schedule what they are in conflict with,
// nor told of it. An officer of the unit (or the fund's manager) names another secretary for that subject with a
// reason, and a leader approves it by a numbered document. Whoever replaces has the place of a secretary in the council
// and puts on an agenda only what they were named for. That the secretary is in conflict is not asked for: the answer
// would tell, and illness is a reason too. A dossier that is replaced for is best heard in a session of its own, whose
// minutes then hold nothing else.
package council
