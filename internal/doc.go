// Package internal is the map of the house; it holds no code of its own.
//
// Decisions and money flow one way, from call to disbursement to report, and the rooms stand in that order:
//
//	party         organisations, people, eligibility facts           ┐
//	budget        years, sources, lines, appropriation               │
//	call          programmes, calls, criteria, submission windows    │
//	proposal      proposals, their versions and cost tables          │ business floor:
//	review        conflicts of interest, assignments, score sheets   │ one room per noun
//	council       seats, quorum, meetings, ballots, minutes          │ of the trade;
//	allocation    ranking, funding line, award decisions             │ each owns its tables,
//	agreement     grant agreements, milestones, acceptance           │ pages and rules
//	disbursement  requests, payment orders, settlement               │
//	mentoring     mentors and their pairing with projects            │
//	fund          the vehicle: charter limits, capital calls, NAV    │
//	investment    deals, decisions, holdings, valuations             │
//	indicator     definitions, targets, measured values              │
//	report        periodic reports, exports; reads all rooms         ┘
//	identity web access notify document file rulebook ledger audit   service floor: used by rooms, knows none of them
//	storage pgserver money calendar clock text i18n job idem errs config form   ground: no business at all
//
// Arrows mean "imports":
//
//	cmd/kinhbac → app, demo → every room below                           roof
//	report → indicator → the rooms it measures
//	disbursement → agreement → allocation → council → review → proposal → call → budget → party
//	investment → fund, council, proposal      fund → budget, party      mentoring → proposal, party
//	identity → web → access → notify → document → file → rulebook → ledger → audit
//
// A room imports any floor below and, on its own floor, rooms upstream of it. Where upstream needs downstream it
// declares a small interface in its own words and app plugs in a stateless type of the other room. Writes are
// private: only a room's store writes its tables; reads may join upstream tables. floors_test.go keeps this true.
//
// audit/trail and rulebook/revision are the pages of two services that stand right of web: they sit above it. dbtest,
// journey and packages named …test are for tests only.
//
// # Decisions
//
// 2026-11-24, rooms, not layers: 14 nouns; in layers one feature touches three packages or more. Look again if a
// second front end appears.
//
// 2026-11-24, one deciding clock: kb.now() in SQL, one value per transaction. Sessions, limits, jobs and leases use the
// machine's clock (package clock). A demo's history is made by real commands under a shifted kb.now(), and the
// database carries the mark for ever.
//
// 2026-11-24, money never passes a float; sums that gate money are judged by the ledger's functions in the database,
// not read and compared.
//
// 2026-11-24, four database roles: the server logs in as kinhbac_app and cannot change the schema, the ledger's or the
// audit's past, or the clock.
//
// 2026-11-24, constraints repeat the noun's invariants on purpose: a second lock for the day somebody uses psql.
package internal
