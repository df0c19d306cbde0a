// Package revision is how the rulebook changes: an officer proposes a value, the head of the department or the chief
// accountant, another person, confirms it with the number of a document. It also shows the book to everybody.
//
// # Decisions
//
// It stands apart from package rulebook because the policies themselves ask the rulebook (limits of amounts), so the
// book may know neither rights nor pages.
//
// A confirmed value is tagged C and opens a new version of the whole book; calls that are bound to an older version
// are not touched.
package revision
