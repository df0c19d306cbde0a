package text

import "strings"

// Pattern is a search text as a pattern of LIKE that finds it anywhere; no character of it is a wildcard.
func Pattern(s string) string { return "%" + Literal(s) + "%" }

// Literal is a search text as it stands inside a pattern of LIKE, where it matches itself, also after kb.fold.
func Literal(s string) string { return literal.Replace(s) }

// literal takes the wildcards and what kb.fold makes of them: it turns wide and small forms into plain ones.
var literal = strings.NewReplacer(`\`, `\\`, "＼", `\\`, "﹨", `\\`, "∖", `\\`, "%", `\%`, "％", `\%`, "﹪", `\%`, "_", `\_`, "＿", `\_`)
