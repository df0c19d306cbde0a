package internal_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The drawing of doc.go.
var (
	ground = []string{"storage", "pgserver", "money", "calendar", "clock", "text", "i18n", "job", "idem", "errs", "config", "form"}

	// service: each may import what stands right of it
	service = []string{"audit/trail", "rulebook/revision", "identity", "web", "access", "notify", "document", "file", "rulebook", "ledger", "audit"}

	// upstream rooms named by the arrows; everything behind them counts too
	upstream = map[string][]string{
		"party":        nil,
		"budget":       {"party"},
		"call":         {"budget"},
		"proposal":     {"call"},
		"review":       {"proposal"},
		"council":      {"review"},
		"allocation":   {"council"},
		"agreement":    {"allocation"},
		"disbursement": {"agreement"},
		"mentoring":    {"proposal", "party"},
		"fund":         {"budget", "party"},
		"investment":   {"fund", "council", "proposal"},
		"indicator":    {"disbursement", "mentoring", "investment"},
		"report":       {"indicator"},
	}

	roof = []string{"app", "demo", "bench"}
	data = []string{"migrations", "policies", "templates"}
)

// forTests says that only tests import p: dbtest, journey, council/counciltest …
func forTests(p string) bool { return p == "journey" || strings.HasSuffix(p, "test") }

const module = "kinhbac/"

// reaches says whether to stands upstream of from, near or far.
func reaches(from, to string) bool {
	return slices.ContainsFunc(upstream[from], func(up string) bool { return up == to || reaches(up, to) })
}

func isRoom(p string) bool { _, ok := upstream[p]; return ok }

// allowed says whether package from may import package to, both named below internal/.
func allowed(from, to string) bool {
	switch {
	case forTests(from):
		return true
	case forTests(to):
		return false
	case slices.Contains(roof, from):
		return true
	case slices.Contains(roof, to):
		return false
	case slices.Contains(ground, to):
		return true
	case isRoom(from) && isRoom(to):
		return reaches(from, to)
	case isRoom(from):
		return slices.Contains(service, to)
	case slices.Contains(service, from) && slices.Contains(service, to):
		return slices.Index(service, from) < slices.Index(service, to)
	}
	return false
}

func known(p string) bool {
	return isRoom(p) || slices.Contains(ground, p) || slices.Contains(service, p) || slices.Contains(roof, p) || forTests(p)
}

func TestFloors(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-e", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(fields[0], module)
		name, inside := strings.CutPrefix(from, "internal/")
		if inside && !known(name) {
			t.Errorf("%s stands on no floor: add it to doc.go and to this test", from)
		}
		for _, imported := range fields[1:] {
			to, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			target, internal := strings.CutPrefix(to, "internal/")
			switch {
			case slices.Contains(data, from):
				t.Errorf("%s is a data folder and imports %s", from, to)
			case slices.Contains(data, to), !inside && internal && !forTests(target):
			case !internal || !allowed(name, target):
				t.Errorf("%s may not import %s", from, to)
			}
		}
	}
}

func TestTheDrawing(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"disbursement", "party", true}, {"party", "disbursement", false}, {"council", "fund", false}, {"investment", "budget", true},
		{"fund", "council", false}, {"report", "party", true}, {"web", "access", true}, {"access", "web", false}, {"audit", "ledger", false},
		{"storage", "audit", false}, {"storage", "pgserver", true}, {"call", "app", false}, {"app", "call", true}, {"call", "dbtest", false},
	} {
		if got := allowed(c.from, c.to); got != c.want {
			t.Errorf("%s → %s: %v, the drawing says %v", c.from, c.to, got, c.want)
		}
	}
}

func TestOnlyHTTPFilesKnowFiber(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "grep", "-rl", "--include=*.go", `"github.com/gofiber/fiber`, ".").Output()
	if err != nil && len(out) > 0 {
		t.Fatal(err)
	}
	for file := range strings.Lines(string(out)) {
		file = strings.TrimPrefix(strings.TrimSpace(file), "./")
		if !strings.HasPrefix(file, "web/") && !strings.HasPrefix(file, "app/") && !strings.HasSuffix(file, "http.go") && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s imports Fiber", file)
		}
	}
}

// TestSearchesAskTextForTheirPattern keeps wildcards of a visitor out of LIKE: a pattern is made by text.Pattern or text.Literal.
func TestSearchesAskTextForTheirPattern(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "grep", "-rnE", "--include=*.go", "--exclude=*_test.go", "--exclude=pattern.go",
		`ILIKE|'%' *\|\||\|\| *'\.?%'|"%" *\+|LIKE '%`, ".").Output()
	if err != nil && len(out) > 0 {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		t.Errorf("%s", strings.TrimSpace(line))
	}
}
