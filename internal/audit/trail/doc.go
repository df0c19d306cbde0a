// Package trail shows the audit log to those who may read it, and its proof. It stands beside the pages of the house,
// because package audit itself knows neither pages nor rights.
//
// # Decisions
//
// 2026-11-24: a record is named in links by its instant and the start of its digest. The numbers of the log never
// leave the server, and a digest also proves that the page shows the record that was written.
//
// 2026-11-24: the page shows the newest signed head and how many records wait; recomputing everything is its own page,
// because it reads the whole log.
package trail
