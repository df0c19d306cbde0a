// Package call keeps programmes of the plan and calls for proposals: what is supported, with which money, by
// which rules, between which two instants.
package call
