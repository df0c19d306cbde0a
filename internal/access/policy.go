package access

import (
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"kinhbac/internal/clock"
)

// Roles are the 21 columns of the matrix, in its order.
var Roles = []Role{Guest, Applicant, OrgSignatory, Reviewer, CouncilMember, CouncilChair, CouncilSecretary, ProgrammeOfficer,
	DepartmentHead, ProvinceLeader, FinanceOfficer, ChiefAccountant, AccountHolder, FundAnalyst, FundManager, InvestmentBoard,
	Auditor, DPO, SystemAdmin, SecurityOfficer, Service}

// act is one row of the matrix.
type act struct{ resource, action string }

// cell is one cell of the matrix that is not blank.
type cell struct {
	role Role
	act
}

// Access is the compiled policy with the nouns it judges.
type Access struct {
	clock clock.Clock
	cells map[cell][]string // conditions; none = yes
	reads map[string][]string

	mu    sync.RWMutex
	nouns map[string]Noun
}

// New compiles model.conf and policy.csv of policies. Any line that casbin would pass over in silence, a role or a
// condition that nobody knows, is an error.
func New(policies fs.FS) (*Access, error) {
	conf, err := fs.ReadFile(policies, "model.conf")
	if err != nil {
		return nil, fmt.Errorf("read the policy model: %w", err)
	}
	f, err := policies.Open("policy.csv")
	if err != nil {
		return nil, fmt.Errorf("read the policies: %w", err)
	}
	defer f.Close()
	rules, err := readRules(f)
	if err != nil {
		return nil, err
	}
	a := &Access{clock: clock.Real{}, cells: map[cell][]string{}, reads: map[string][]string{}, nouns: map[string]Noun{}}
	for resource, lines := range rules {
		if err := a.compile(string(conf), resource, lines); err != nil {
			return nil, fmt.Errorf("compile the policies of %s: %w", resource, err)
		}
	}
	for _, n := range builtin {
		a.Register(n)
	}
	return a, nil
}

// SetClock replaces the machine's clock, by which a proven second factor grows old; before any request.
func (a *Access) SetClock(c clock.Clock) { a.clock = c }

// Known says whether any role may do action on resource.
func (a *Access) Known(resource, action string) bool { return len(a.RolesFor(resource, action)) > 0 }

// RolesFor gives the roles that may do action on resource, under whatever conditions.
func (a *Access) RolesFor(resource, action string) (roles []Role) {
	for _, role := range Roles {
		if _, ok := a.cells[cell{role, act{resource, action}}]; ok {
			roles = append(roles, role)
		}
	}
	return roles
}

// readRules reads policy.csv strictly, by resource; each line is role, resource, action, conditions.
func readRules(r io.Reader) (map[string][][]string, error) {
	in := csv.NewReader(r)
	in.Comment, in.TrimLeadingSpace, in.FieldsPerRecord = '#', true, 5
	all, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the policies: %w", err)
	}
	rules, seen := map[string][][]string{}, map[string]bool{}
	for i, line := range all {
		id := strings.Join(line[1:4], ",")
		switch {
		case line[0] != "p":
			return nil, fmt.Errorf("policy %d: %q is not p", i+1, line[0])
		case !slices.Contains(Roles, Role(line[1])):
			return nil, fmt.Errorf("policy %s: nobody knows the role", id)
		case line[2] == "" || line[3] == "" || seen[id]:
			return nil, fmt.Errorf("policy %s: empty, or there twice", id)
		}
		if _, err := split(line[4]); err != nil {
			return nil, fmt.Errorf("policy %s: %w", id, err)
		}
		seen[id] = true
		rules[line[2]] = append(rules[line[2]], line[1:])
	}
	return rules, nil
}

// split gives the conditions of a cell; yes has none.
func split(text string) ([]string, error) {
	if text == "yes" {
		return []string{}, nil
	}
	names := strings.Fields(text)
	if len(names) == 0 {
		return nil, fmt.Errorf("no condition; write yes to allow without")
	}
	for _, name := range names {
		if !judged(name) {
			return nil, fmt.Errorf("nobody judges the condition %s", name)
		}
	}
	return names, nil
}

// compile asks one enforcer about every role and action of a resource.
func (a *Access) compile(conf, resource string, lines [][]string) error {
	m, err := model.NewModelFromString(conf)
	if err != nil {
		return err
	}
	if err := m.AddPolicies("p", "p", lines); err != nil {
		return err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return err
	}
	actions := map[string]bool{}
	for _, line := range lines {
		actions[line[2]] = true
	}
	for _, action := range slices.Sorted(maps.Keys(actions)) {
		if strings.HasPrefix(action, "read") || action == "list" {
			a.reads[resource] = append(a.reads[resource], action)
		}
		for _, role := range Roles {
			ok, rule, err := e.EnforceEx(string(role), resource, action)
			if err != nil {
				return fmt.Errorf("%s for %s: %w", action, role, err)
			}
			if !ok {
				continue
			}
			names, err := split(rule[3])
			if err != nil {
				return err
			}
			a.cells[cell{role, act{resource, action}}] = names
		}
	}
	return nil
}
