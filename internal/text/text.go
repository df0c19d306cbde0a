// Package text is the edge hygiene of words: what may enter, in which form it is stored, and how a search folds it.
//
// # Decisions
//
// 2026-11-24: stored text is NFC, so that equal words are equal bytes. Invalid UTF-8 and NUL are refused, not mended:
// PostgreSQL would store a replacement character, or break the statement.
//
// 2026-11-24: a search finds what was typed, % and _ too: every LIKE takes Pattern or Literal, and a test of the house
// looks for others. Refused: strpos, which no trigram index serves.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"kinhbac/internal/errs"
)

// Refusals of typed text.
var (
	ErrEncoding = errs.New(errs.Invalid, "text.encoding") // bytes that are no UTF-8
	ErrControl  = errs.New(errs.Invalid, "text.control")  // NUL or another character that cannot be seen
)

// Line cleans text of one line: NFC, white space at the ends removed, runs of white space made one space.
func Line(s string) (string, error) {
	if err := check(s); err != nil {
		return "", err
	}
	return strings.Join(strings.Fields(norm.NFC.String(s)), " "), nil
}

// Plain is a number or name of a paper in the one form in which it is compared: wide and joined forms of letters and
// digits made plain (NFKC), runs of white space made one space.
func Plain(s string) string { return strings.Join(strings.Fields(norm.NFKC.String(s)), " ") }

// Reference is a reference of treasury or bank as it is kept: Plain, in capitals, so that typed twice it is the same.
func Reference(s string) string { return norm.NFC.String(strings.ToUpper(Plain(s))) }

// Block cleans text of several lines: NFC, line ends as \n, spaces at line ends and empty lines at both ends removed.
func Block(s string) (string, error) {
	if err := check(s); err != nil {
		return "", err
	}
	s = strings.ReplaceAll(norm.NFC.String(s), "\r\n", "\n")
	lines := strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n"), nil
}

// check refuses what must not be stored. Marks of writing direction are refused too: they can make one text look
// like another.
func check(s string) error {
	if !utf8.ValidString(s) {
		return ErrEncoding
	}
	for _, r := range s {
		switch {
		case r == '\n', r == '\r', r == '\t':
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF, r == utf8.RuneError:
			return ErrControl
		}
	}
	return nil
}

// Fold is what a search compares: lower case without accents. It equals kb.fold of the database for Vietnamese.
func Fold(s string) string {
	bare, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		bare = s // only invalid input fails, and that was refused at the edge
	}
	return strings.ReplaceAll(strings.ToLower(bare), "đ", "d")
}
