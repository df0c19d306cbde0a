package policies_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"kinhbac/policies"
)

// TestPolicyEqualsMatrix compares cell by cell, both ways: what the matrix allows for an act that is built has a
// line with the same conditions, and no line allows more.
func TestPolicyEqualsMatrix(t *testing.T) {
	want := map[string]string{} // role,resource,action → conditions
	later := map[string]bool{}
	for _, row := range read(t, "later.csv") {
		later[row["resource"]+","+row["action"]] = true
	}
	acts := map[string]bool{}
	for _, row := range read(t, "testdata/matrix.csv") {
		id := row["resource"] + "," + row["action"]
		acts[id], acts[row["resource"]+",*"] = true, true
		if later[id] || later[row["resource"]+",*"] {
			continue
		}
		for column, conditions := range row {
			if column != "resource" && column != "action" && column != "denied_on_purpose" && conditions != "" {
				want[column+","+id] = conditions
			}
		}
	}
	for _, row := range read(t, "added.csv") {
		id := row["resource"] + "," + row["action"]
		if acts[id] {
			t.Errorf("%s is in the matrix and in added.csv", id)
		}
		if row["reason"] == "" {
			t.Errorf("%s is added without a reason", id)
		}
		want[row["role"]+","+id] = row["conditions"]
	}
	got := lines(t)
	for id, conditions := range want {
		if got[id] != conditions {
			t.Errorf("%s: the matrix says %q, the policy %q", id, conditions, got[id])
		}
	}
	for id, conditions := range got {
		if _, ok := want[id]; !ok {
			t.Errorf("%s: the policy allows %q, the matrix does not", id, conditions)
		}
	}
	for id := range later {
		if !acts[id] {
			t.Errorf("%s is in later.csv but not in the matrix", id)
		}
	}
}

// TestConditionsAreExplained holds every condition against conditions.csv.
func TestConditionsAreExplained(t *testing.T) {
	known := map[string]bool{"yes": true}
	for _, row := range read(t, "testdata/conditions.csv") {
		known[row["condition"]] = true
	}
	for id, conditions := range lines(t) {
		for _, name := range strings.Fields(conditions) {
			if strings.HasPrefix(name, "state:") {
				name = "state:X"
			}
			if !known[name] {
				t.Errorf("%s: nobody explains %s", id, name)
			}
		}
	}
}

// TestCastHoldsNoToxicPair holds the people of the demonstration against the pairs.
func TestCastHoldsNoToxicPair(t *testing.T) {
	pairs := read(t, "sod.csv")
	for _, person := range read(t, "testdata/cast.csv") {
		roles := strings.Fields(person["roles"])
		for _, pair := range pairs {
			if slices.Contains(roles, pair["role_a"]) && slices.Contains(roles, pair["role_b"]) {
				t.Errorf("%s holds %s and %s", person["person"], pair["role_a"], pair["role_b"])
			}
		}
	}
}

func lines(t *testing.T) map[string]string {
	f, err := policies.FS.Open("policy.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.Comment, in.TrimLeadingSpace, in.FieldsPerRecord = '#', true, 5
	all, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, l := range all {
		id := strings.Join(l[1:4], ",")
		if _, twice := got[id]; twice {
			t.Errorf("%s stands twice", id)
		}
		got[id] = l[4]
	}
	return got
}

func read(t *testing.T, name string) []map[string]string {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var rows []map[string]string
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}
