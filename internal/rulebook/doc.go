// Package rulebook keeps the law as data: {id, value, legal basis, article, validity, confidence}. Every call,
// council, agreement and fund charter binds one version; a value not confirmed shows "cần xác minh".
//
// # Decisions
//
// A version is a number of the whole book, not of one rule: a case stores one number and every rule it asks for
// is read as the book stood then. Nothing is overwritten; a later version wins where its dates hold.
//
// A rule may have no value (payment limits, the state share of a fund): the law gives none, so none is invented.
// The act that needs it refuses with ErrNoRule until an office proposes one and another confirms it by a document.
//
// The values read in the law are migrations/data/60_rules.csv and 61_rule_values.csv, version 1. A new law is a new
// row there with the next version number; a value confirmed by an officer is a row of a version opened for it.
//
// Proposing, confirming and the pages are in package revision below, because this package is asked by access
// and may not know it.
package rulebook
