package migrations

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Trigger is a trigger of the database as the migrations leave it.
type Trigger struct {
	Table string // with its schema
	Name  string
	Calls string // the function
	Does  string // when it runs and what it calls, written one way
}

var (
	triggerWord = regexp.MustCompile(`(?m)^(?:CREATE (?:OR REPLACE |CONSTRAINT )*|DROP |ALTER )TRIGGER `)
	triggerText = regexp.MustCompile(`(?s)^CREATE (?:OR REPLACE )?TRIGGER (\w+) (BEFORE|AFTER) (.*?) ON ([\w.]+)\s+(?:REFERENCING (.*?) )?(?:FOR EACH (ROW|STATEMENT)\s+)?(?:WHEN \((.*?)\)\s+)?EXECUTE FUNCTION ([\w.]+)\(([^()]*)\)`)
	triggerGone = regexp.MustCompile(`^DROP TRIGGER (\w+) ON ([\w.]+)`)
	tableGone   = regexp.MustCompile(`(?m)^DROP TABLE (?:IF EXISTS )?([\w., ]+)`)
	madeByText  = regexp.MustCompile(`EXECUTE format\('CREATE (?:OR REPLACE )?TRIGGER [^']*EXECUTE FUNCTION ([\w.]+)\(`)
)

// Triggers are those that all migrations up leave, by table and name, but those that call one of inLoops: these functions
// are called by triggers made in a loop, and which of them stand depends on the tables, not on the text.
func Triggers() (all []Trigger, inLoops map[string]bool, err error) {
	inLoops = map[string]bool{}
	kept := map[string]Trigger{}
	err = eachUp(func(file, text string) error {
		for _, m := range madeByText.FindAllStringSubmatch(text, -1) {
			inLoops[qualified(m[1])] = true
		}
		for _, m := range tableGone.FindAllStringSubmatch(text, -1) {
			for table := range strings.SplitSeq(m[1], ",") {
				for key, t := range kept {
					if t.Table == qualified(strings.TrimSpace(table)) {
						delete(kept, key)
					}
				}
			}
		}
		for _, at := range triggerWord.FindAllStringIndex(text, -1) {
			rest := text[at[0]:]
			if m := triggerGone.FindStringSubmatch(rest); m != nil {
				delete(kept, qualified(m[2])+" "+m[1])
				continue
			}
			t, err := ReadTrigger(rest)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			kept[t.Table+" "+t.Name] = t
		}
		return nil
	})
	for _, t := range kept {
		if !inLoops[t.Calls] {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Trigger) int { return strings.Compare(a.Table+" "+a.Name, b.Table+" "+b.Name) })
	return all, inLoops, err
}

// ReadTrigger reads the statement that makes a trigger, a migration's or PostgreSQL's own words for it.
func ReadTrigger(statement string) (Trigger, error) {
	m := triggerText.FindStringSubmatch(statement)
	if m == nil {
		line, _, _ := strings.Cut(statement, "\n")
		return Trigger{}, fmt.Errorf("a trigger is made in an unknown way: %s", line)
	}
	events := strings.Split(strings.Join(strings.Fields(m[3]), " "), " OR ")
	slices.Sort(events)
	level := m[6]
	if level == "" {
		level = "STATEMENT"
	}
	does := []string{m[2], strings.Join(events, " OR "), level}
	if m[5] != "" {
		does = append(does, strings.Join(strings.Fields(m[5]), " "))
	}
	if m[7] != "" {
		does = append(does, "WHEN "+strings.NewReplacer("(", "", ")", "").Replace(strings.ToLower(strings.Join(strings.Fields(m[7]), " "))))
	}
	calls := qualified(m[8])
	return Trigger{qualified(m[4]), m[1], calls, strings.Join(append(does, calls+"("+m[9]+")"), " ")}, nil
}
