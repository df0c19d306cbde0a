package access

import "strings"

// builtin are the rows that rights speak of and no room owns: a unit, for acts that create something without a
// parent, and an account.
var builtin = []Noun{
	{Kind: "unit", Table: "units", Alias: "un", Managing: "un.id", Finance: "un.id", Fund: "NULL::uuid"}, // a unit is of no fund: no, not an alarm
	{Kind: "user", Table: "users", Alias: "us", Managing: "us.unit_id", Finance: "us.unit_id",
		When: map[string]string{"not_self": "us.id <> {user}"}},
}

// Register makes a noun known; called once by each room's constructor. The same kind again replaces it.
func (a *Access) Register(n Noun) {
	if n.Kind == "" || n.Table == "" || n.Alias == "" {
		panic("access: a noun needs kind, table and alias: " + n.Kind)
	}
	for _, conditions := range []map[string]string{n.When, n.Acts} {
		for name := range conditions {
			if !judged(name) {
				panic("access: noun " + n.Kind + ": no policy can ask for " + name)
			}
		}
	}
	for _, r := range n.Reading {
		if !a.Known(r.Resource, r.Action) {
			panic("access: noun " + n.Kind + ": no policy line is " + r.Resource + ", " + r.Action)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.nouns[n.Kind] = n
}

func (a *Access) noun(kind string) (Noun, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	n, ok := a.nouns[kind]
	return n, ok
}

// itself is the row as a link.
func (n Noun) itself() Link { return Link{n.Kind, n.Alias + ".id"} }

// with is the row and further links.
func (n Noun) with(more ...[]Link) []Link {
	links := []Link{n.itself()}
	for _, m := range more {
		links = append(links, m...)
	}
	return links
}

func (n Noun) declared() []Link {
	if n.Declared != nil {
		return n.with(n.Declared)
	}
	return n.with(n.Assigned, n.Conflict)
}

// parties are the conflict links in which owning is a conflict by itself.
func (n Noun) parties() (links []Link) {
	for _, l := range n.Conflict {
		if l.Kind == "organisation" || l.Kind == "proposal" {
			links = append(links, l)
		}
	}
	return links
}

// when fills the subject into SQL a noun gave.
func when(sql, user string) string { return strings.ReplaceAll(sql, "{user}", user) }
