// Package i18n holds every word a person reads, by code, in Vietnamese and English. Each room keeps its own
// file catalogue/<room>.csv with the columns code, vi, en; codes start with the room's name.
//
// # Decisions
//
// A plain map instead of a plural-rules library: Vietnamese has one plural form, and the English texts are
// written so that one form serves. Arguments fill %s and %d in order; amounts and dates come formatted.
package i18n

import (
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"io/fs"
	"strings"
)

// Lang is the language of a page: VI, the default, or EN.
type Lang string

// The two languages.
const (
	VI Lang = "vi"
	EN Lang = "en"
)

//go:embed catalogue/*.csv
var files embed.FS

type words struct{ vi, en string }

var catalogue = load()

func load() map[string]words {
	all := map[string]words{}
	names, err := fs.Glob(files, "catalogue/*.csv")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		f, err := files.Open(name)
		if err != nil {
			panic(err)
		}
		r := csv.NewReader(f)
		r.FieldsPerRecord, r.Comment = 3, '#'
		rows, err := r.ReadAll()
		if err != nil {
			panic(fmt.Sprintf("i18n: %s: %v", name, err))
		}
		for _, row := range rows {
			if row[0] == "code" { // a header
				continue
			}
			if _, twice := all[row[0]]; twice {
				panic(fmt.Sprintf("i18n: %s: code %s stands twice", name, row[0]))
			}
			all[row[0]] = words{strings.TrimSpace(row[1]), strings.TrimSpace(row[2])}
		}
	}
	return all
}

// Text gives the words of a code with its arguments filled in. An unknown code is shown as ⟦code⟧, which a
// test of every page and error looks for.
func Text(lang Lang, code string, args ...any) string {
	w, ok := catalogue[code]
	s := w.vi
	if lang == EN {
		s = w.en
	}
	if !ok || s == "" {
		return "⟦" + code + "⟧"
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// Has says whether a code has words in both languages.
func Has(code string) bool { w := catalogue[code]; return w.vi != "" && w.en != "" }

type langKey struct{}

// With puts the language of the reader into ctx.
func With(ctx context.Context, l Lang) context.Context { return context.WithValue(ctx, langKey{}, l) }

// From is the reader's language, VI when none was set.
func From(ctx context.Context) Lang {
	if l, ok := ctx.Value(langKey{}).(Lang); ok {
		return l
	}
	return VI
}

// T is Text in the language of ctx.
func T(ctx context.Context, code string, args ...any) string { return Text(From(ctx), code, args...) }
