// Package journey holds the tests that use the whole system the way people do: over HTTP with real sessions and
// in a real browser, on a real database.
package journey
