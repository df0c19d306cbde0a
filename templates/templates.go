// Package templates holds the pages, their parts and everything the browser loads, compiled into the program.
package templates

import "embed"

// FS has layouts/, partials/, pages/<room>/<page>.html and static/.
//
//go:embed layouts partials pages static
var FS embed.FS
