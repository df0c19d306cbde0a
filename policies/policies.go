// Package policies holds the table of who may do what, as casbin model and policy, readable without the code.
//
// # Decisions
//
// policy.csv says what matrix.csv of the province says for every act that is built; acts that are not built yet
// are named in later.csv with the reason and have no line, so they are denied. Acts the matrix does not know are
// in added.csv with their reason. sod.csv names the pairs of roles that one person may never hold together; the
// database holds the same rows in sod_pairs.
package policies

import "embed"

// FS has model.conf, policy.csv and sod.csv.
//
//go:embed model.conf policy.csv sod.csv
var FS embed.FS
