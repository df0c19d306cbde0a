package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Dialect is a plain-text accounting language.
type Dialect string

// The languages Export writes.
const (
	HLedger   Dialect = "hledger"
	LedgerCLI Dialect = "ledger"
	Beancount Dialect = "beancount"
)

// Dialects are all languages.
var Dialects = []Dialect{HLedger, Beancount, LedgerCLI}

// dialect is how one language says things.
type dialect struct {
	name     func(p chartRow) string
	head     func(x *export)
	currency func(x *export, code string, decimals int32)
	account  func(x *export, p chartRow, name string)
	entry    func(x *export, e *entry)
	assert   func(x *export, day []assertion)
}

var dialects = map[Dialect]*dialect{
	HLedger: {name: colonName, entry: colonEntry(hledgerTags), assert: colonAssert("=="),
		head: func(x *export) {
			fmt.Fprint(x.out, "; Kinh Bắc, the books. Check: hledger -f FILE check --strict\ndecimal-mark .\n\n")
		},
		currency: func(x *export, code string, decimals int32) {
			fmt.Fprintf(x.out, "commodity 1000.%s %s\n", strings.Repeat("0", int(decimals)), code)
		},
		account: func(x *export, p chartRow, name string) {
			fmt.Fprintf(x.out, "account %s  ; %s\n", name, strings.Join(append(hledgerType(p.Class), x.about(p)...), ", "))
		}},
	LedgerCLI: {name: colonName, entry: colonEntry(ledgerTags), assert: colonAssert("="),
		head: func(x *export) {
			fmt.Fprint(x.out, "; Kinh Bắc, the books. Check: ledger -f FILE --pedantic balance\n\n")
			for _, name := range x.tagNames() {
				x.out.WriteString("tag " + name + "\n")
			}
		},
		currency: func(x *export, code string, _ int32) { fmt.Fprintf(x.out, "commodity %s\n", code) },
		account: func(x *export, p chartRow, name string) {
			fmt.Fprintf(x.out, "account %s\n    note %s\n", name, strings.Join(x.about(p), ", "))
		}},
	Beancount: {name: beanName, entry: beanEntry, assert: beanAssert,
		head: func(x *export) {
			fmt.Fprint(x.out, "; Kinh Bắc, the books. Check: bean-check FILE\noption \"title\" \"Kinh Bắc\"\noption \"operating_currency\" \"VND\"\n\n")
		},
		currency: func(x *export, code string, _ int32) {
			if x.first != "" {
				fmt.Fprintf(x.out, "%s commodity %s\n", x.first, code)
			}
		},
		account: func(x *export, p chartRow, name string) {
			fmt.Fprintf(x.out, "%s open %s %s\n  about: %s\n", x.first, name, p.Currency, quoted(strings.Join(x.about(p), ", ")))
		}},
}

// about says what an account is: its name, and for a stage what its control line limits.
func (x *export) about(p chartRow) []string {
	out := []string{plain(p.Name)}
	if p.LineKind == nil {
		return out
	}
	out = append(out, "line:"+*p.LineKind)
	for _, t := range x.dims[*p.DimID] {
		out = append(out, t.name+":"+plain(t.value))
	}
	if p.SubjectID != nil {
		out = append(out, "subject:"+p.SubjectID.String())
	}
	return out
}

// tagNames are the names of all tags the text may carry.
func (x *export) tagNames() []string {
	names := []string{"document", "document-id", "kind", "takes-back", "worth-vnd"}
	for _, tags := range x.dims {
		for _, t := range tags {
			if !slices.Contains(names, t.name) {
				names = append(names, t.name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// plain makes one line of a text that holds nothing the languages read.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer(";", ".", "|", "/", ",", " ").Replace(s)), " ")
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ").Replace(s) + `"`
}

// colonName is BOOK:class:code, with the currency where it is foreign and the line where it is a stage.
func colonName(p chartRow) string {
	name := p.Book + ":" + p.Class + ":" + p.Code
	if p.Currency != "VND" {
		name += ":" + p.Currency
	}
	if p.Line != 0 {
		name += fmt.Sprintf(":L%d", p.Line)
	}
	return name
}

// hledgerType tells hledger which statement an account belongs to; stages belong to none.
func hledgerType(class string) []string {
	if letter := map[string]string{"asset": "A", "liability": "L", "equity": "E", "income": "R", "expense": "X"}[class]; letter != "" {
		return []string{"type:" + letter}
	}
	return nil
}

func hledgerTags(x *export, indent string, tags []tag) {
	if len(tags) == 0 {
		return
	}
	x.out.WriteString(indent + "; ")
	for i, t := range tags {
		if i > 0 {
			x.out.WriteString(", ")
		}
		x.out.WriteString(t.name + ":" + plain(t.value))
	}
	x.out.WriteByte('\n')
}

func ledgerTags(x *export, indent string, tags []tag) {
	for _, t := range tags {
		x.out.WriteString(indent + "; " + t.name + ": " + plain(t.value) + "\n")
	}
}

func colonEntry(tags func(x *export, indent string, tags []tag)) func(x *export, e *entry) {
	return func(x *export, e *entry) {
		fmt.Fprintf(x.out, "\n%s * (%s) %s", e.On, e.Number, plain(e.DocumentNo))
		if e.Reason != "" {
			x.out.WriteString(" | " + plain(e.Reason))
		}
		x.out.WriteByte('\n')
		tags(x, "    ", e.tags)
		for _, l := range e.legs {
			x.out.WriteString("    " + l.account + "  " + x.amount(l.amount, l.currency) + "\n")
			tags(x, "        ", l.tags)
		}
	}
}

func colonAssert(op string) func(x *export, day []assertion) {
	return func(x *export, day []assertion) {
		fmt.Fprintf(x.out, "\n%s * (BALANCES-%s) balances as kept\n", day[0].on, day[0].on)
		for _, a := range day {
			x.out.WriteString("    " + a.account + "  0 " + a.currency + " " + op + " " + x.amount(a.amount, a.currency) + "\n")
		}
	}
}

// roots are beancount's five.
var roots = map[string]string{"asset": "Assets", "liability": "Liabilities", "equity": "Equity", "income": "Income", "expense": "Expenses", "stage": "Equity"}

// beanName is Root:BOOK:Code; beancount takes letters, digits and hyphens, and a capital or digit in front.
func beanName(p chartRow) string {
	part := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
				return r
			}
			return '-'
		}, s)
		return strings.ToUpper(s[:1]) + s[1:]
	}
	name := roots[p.Class] + ":" + part(p.Book) + ":" + part(p.Code)
	if p.Currency != "VND" {
		name += ":" + p.Currency
	}
	if p.Line != 0 {
		name += fmt.Sprintf(":L%d", p.Line)
	}
	return name
}

func beanEntry(x *export, e *entry) {
	fmt.Fprintf(x.out, "\n%s * %s %s\n  number: %s\n", e.On, quoted(e.DocumentNo), quoted(e.Reason), quoted(e.Number))
	for _, t := range e.tags {
		fmt.Fprintf(x.out, "  %s: %s\n", t.name, quoted(t.value))
	}
	for _, l := range e.legs {
		x.out.WriteString("  " + l.account + "  " + x.amount(l.amount, l.currency) + "\n")
		for _, t := range l.tags {
			fmt.Fprintf(x.out, "    %s: %s\n", t.name, quoted(t.value))
		}
	}
}

// beanAssert: beancount asserts what stands when a day begins, so the day after.
func beanAssert(x *export, day []assertion) {
	on, err := time.Parse(time.DateOnly, day[0].on)
	if err != nil {
		panic("ledger: PostgreSQL wrote a day as " + day[0].on)
	}
	next := on.AddDate(0, 0, 1).Format(time.DateOnly)
	x.out.WriteByte('\n')
	for _, a := range day {
		x.out.WriteString(next + " balance " + a.account + "  " + strings.Replace(x.amount(a.amount, a.currency), " ", " ~ 0 ", 1) + "\n")
	}
}
