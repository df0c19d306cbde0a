package file

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const maxName = 120 // runes of a name, extension included

// reserved names of Windows, which no file there may have whatever its extension.
var reserved = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true,
	"com1": true, "com2": true, "com3": true, "com4": true, "lpt1": true, "lpt2": true, "lpt3": true}

// clean makes a name safe to show and to download: the last element of a path in NFC, without control, invisible
// or direction marks, not reserved, not hidden, at most 120 characters, with the extension of its content.
func clean(name string, f format) string {
	name = norm.NFC.String(strings.ToValidUTF8(name, ""))
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:] // a drive or a stream
	}
	var b strings.Builder
	marks := 0
	for _, r := range name {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > 2 {
				continue // no writing of ours stacks more
			}
		case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp):
			continue
		case strings.ContainsRune(`<>"|?*/`, r):
			r = '_'
		case unicode.IsSpace(r):
			r = ' '
		default:
			marks = 0
		}
		b.WriteRune(r)
	}
	name = strings.TrimRight(b.String(), ". ")
	stem := strings.TrimSuffix(name, path.Ext(name))
	stem = strings.Trim(strings.Join(strings.Fields(stem), " "), ". ")
	if reserved[strings.ToLower(stem)] {
		stem = "_" + stem
	}
	if stem == "" {
		stem = "tep"
	}
	for utf8.RuneCountInString(stem)+len(f.ext) > maxName {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	return strings.TrimRight(stem, ". ") + f.ext
}
