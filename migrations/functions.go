package migrations

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Function is a function of the database as the migrations leave it.
type Function struct {
	Name string // with its schema, which is public where the migration names none
	Args string // names, types and defaults, in PostgreSQL's long words
	Head string // what it gives and how it is run
	Body string // as it is kept, byte for byte
}

var (
	functionWord = regexp.MustCompile(`(?m)^(?:CREATE (?:OR REPLACE )?|DROP |ALTER )(?:FUNCTION|PROCEDURE|AGGREGATE) `)
	functionText = regexp.MustCompile(`(?s)^CREATE (?:OR REPLACE )?FUNCTION ([\w.]+)\s*\(([^()]*)\)\s+RETURNS\s+(.*?)\s+AS\s+\$\$(.*?)\$\$`)
	functionGone = regexp.MustCompile(`^DROP FUNCTION ([\w.]+)`)
	castWord     = regexp.MustCompile(`::[a-z]+(?:\[\])?`)
	shortType    = regexp.MustCompile(`\b(?:int|timestamptz)\b`)
	longType     = map[string]string{"int": "integer", "timestamptz": "timestamp with time zone"}
)

// Functions are those that all migrations up leave, by name. What it cannot read is an error: nothing is passed over.
func Functions() ([]Function, error) {
	kept := map[string]Function{}
	err := eachUp(func(file, text string) error {
		for _, at := range functionWord.FindAllStringIndex(text, -1) {
			rest := text[at[0]:]
			if m := functionGone.FindStringSubmatch(rest); m != nil {
				delete(kept, qualified(m[1]))
				continue
			}
			m := functionText.FindStringSubmatch(rest)
			if m == nil {
				line, _, _ := strings.Cut(rest, "\n")
				return fmt.Errorf("%s: a function is made in an unknown way: %s", file, line)
			}
			head, err := Head(m[3])
			if err != nil {
				return fmt.Errorf("%s: %s: %w", file, m[1], err)
			}
			f := Function{qualified(m[1]), Args(m[2]), head, m[4]}
			if old, again := kept[f.Name]; again && old.Args != f.Args {
				return fmt.Errorf("%s: %s takes other arguments than before", file, f.Name)
			}
			kept[f.Name] = f
		}
		return nil
	})
	all := make([]Function, 0, len(kept))
	for _, f := range kept {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// Args writes the arguments of a function one way, whether they come from a migration or from PostgreSQL.
func Args(s string) string {
	return shortType.ReplaceAllStringFunc(castWord.ReplaceAllString(strings.Join(strings.Fields(s), " "), ""), func(t string) string { return longType[t] })
}

// Head writes what stands between RETURNS and the body of a function one way: defaults are left out, the rest is in one
// order. A word it does not know is an error.
func Head(s string) (string, error) {
	result, options, ok := strings.Cut(strings.Join(strings.Fields(s), " "), " LANGUAGE ")
	if !ok {
		return "", fmt.Errorf("no language in %q", s)
	}
	words := strings.Fields(options)
	out := []string{strings.Replace(Args(result), "TABLE (", "TABLE(", 1), words[0]}
	var rest, set []string
	for words = words[1:]; len(words) > 0; {
		switch w := words[0]; w {
		case "VOLATILE":
			words = words[1:]
		case "STABLE", "IMMUTABLE", "STRICT":
			rest, words = append(rest, w), words[1:]
		case "PARALLEL", "SECURITY":
			if len(words) < 2 {
				return "", fmt.Errorf("nothing after %s", w)
			}
			rest, words = append(rest, w+" "+words[1]), words[2:]
		case "SET":
			n := 1
			for n < len(words) && (n < 4 || strings.HasSuffix(words[n-1], ",")) {
				n++
			}
			name, value, _ := strings.Cut(strings.Join(words[1:n], " "), "=")
			set, words = append(set, Setting(name, value)), words[n:]
		default:
			return "", fmt.Errorf("%s is not understood", w)
		}
	}
	slices.Sort(rest)
	slices.Sort(set)
	return strings.Join(slices.Concat(out, rest, set), " "), nil
}

// Setting writes a setting of a function one way.
func Setting(name, value string) string {
	return "SET " + strings.ToLower(strings.TrimSpace(name)) + " = " + strings.Trim(strings.TrimSpace(value), "'")
}

// eachUp gives the migrations up in their order, each as it is sent: without its empty lines.
func eachUp(fn func(file, text string) error) error {
	files, err := fs.Glob(Files, "*.up.sql") // sorted
	if err != nil {
		return err
	}
	for _, f := range files {
		raw, err := Files.ReadFile(f)
		if err != nil {
			return err
		}
		var text strings.Builder
		for line := range strings.Lines(string(raw)) {
			if strings.TrimSpace(line) != "" {
				text.WriteString(strings.TrimRight(line, "\r\n") + "\n")
			}
		}
		if err := fn(f, text.String()); err != nil {
			return err
		}
	}
	return nil
}

func qualified(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return "public." + name
}
