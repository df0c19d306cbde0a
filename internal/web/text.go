package web

import (
	"strings"

	"kinhbac/internal/text"
)

// clean gives typed text as it is stored: one line, or several where line breaks were typed.
func clean(s string) (string, error) {
	if !strings.ContainsAny(s, "\r\n") {
		return text.Line(s)
	}
	s, err := text.Block(s)
	return strings.TrimSpace(s), err
}
