package web

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kinhbac/internal/errs"
)

var errCharacters = errs.New(errs.Invalid, "web.characters")

// clean gives text in NFC without spaces around it; bytes that are not UTF-8, NUL, other control characters than
// line breaks and tabs, and direction overrides are refused.
func clean(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errCharacters
	}
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
		case unicode.IsControl(r), r == utf8.RuneError, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r >= 0xe0000 && r <= 0xe007f:
			return "", errCharacters
		}
	}
	return strings.TrimSpace(norm.NFC.String(strings.ReplaceAll(s, "\r\n", "\n"))), nil
}
